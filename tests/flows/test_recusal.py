"""Whoever should not score a decision leaves its round: nothing of theirs counts, and nobody is told why."""

from bot.domain.action import Action
from tests.support.steps import RECUSE, recuses
from tests.support.team import Team

DRAFTS = "SELECT count(*) FROM ballot_pages"


async def test_whoever_leaves_is_excused_and_the_round_goes_on_without_them(team: Team) -> None:
    await team.to_scoring("lisa", "tom", "sarah", "mike")
    await team.save_pages("tom")

    await recuses(team, "tom")

    assert "0 of 3 have scored" in await team.card("lisa")
    assert "excused from scoring #1: you asked for it" in await team.told("tom", Action.SCORE)
    details = (await team.window("lisa", "decision.show")).text
    assert "Excused\nTom Becker" in details
    await team.house.person("tom").slash("/decide list")
    await team.house.person("tom").see_no("To do: score")
    for name in ("lisa", "sarah", "mike"):
        await team.ballot(name)
    await team.published()
    assert team.value("SELECT ballots FROM round_results") == 3
    assert team.value(DRAFTS) == 0
    team.check_deliveries()


async def test_the_last_one_missing_who_leaves_closes_the_round(team: Team) -> None:
    await team.to_scoring("lisa", "tom", "sarah", "mike")
    for name in ("lisa", "sarah", "mike"):
        await team.ballot(name)

    await recuses(team, "tom")

    await team.published()
    assert "[ Resolve ]" in await team.card("mike")


async def test_whose_ballot_is_in_cannot_leave_any_more(team: Team) -> None:
    await team.to_scoring("lisa", "tom", "sarah")
    tom = team.house.person("tom")
    await team.window("tom", Action.SCORE)
    await team.ballot("tom")

    assert (await tom.click(RECUSE)).ok

    await tom.see("Your scores of #1 are in, and count. Until scoring closes you can change them.")
    assert "1 of 3 has scored" in await team.card("lisa")
    assert RECUSE not in (await team.window("tom", Action.SCORE)).text


async def test_a_second_round_does_not_ask_whoever_left_the_first(team: Team) -> None:
    await team.to_scoring("lisa", "tom", "sarah", "mike")
    await recuses(team, "tom")
    for name, scores in (("lisa", (9, 3)), ("mike", (3, 9)), ("sarah", (6, 6))):
        await team.ballot(name, *scores)
    await team.published()

    await team.window("mike", Action.SECOND_ROUND)
    assert (await team.house.person("mike").submit()).ok

    await team.settled()
    asked = "SELECT count(*) FROM round_members m JOIN rounds r ON r.id = m.round_id WHERE r.number = 2"
    assert team.value(asked) == 3
