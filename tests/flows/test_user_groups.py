"""User groups of Slack: their people are added to the team, or asked to score, by one choice; nobody by itself."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from bot.usergroup import AWAY
from bot.views.slack import ids
from sandbox.spec import GroupSpec
from tests.support.house import House, living
from tests.support.team import Team, sarahs_team

CARE = GroupSpec("S0CARE", "care", "Customer care", ("lisa", "tom", "eve"))
GONE = GroupSpec("S0GONE", "gone", "Nobody uses it", ("lisa",), disabled=True)
OTHERS = GroupSpec("S0OTHERS", "others", "Strangers", ("eve",))
CHOICE = "Or take the people of a user group"
OFFER = "Until somebody has scored you can add them."
TWO = {"Only if you choose exactly two people": True}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with living(database_url, replace(techcorp(), groups=(CARE, GONE, OTHERS))) as house:
        yield house


@pytest.fixture
async def team(house: House) -> Team:
    return await sarahs_team(house)


async def choose(team: Team, handle: str = "@care") -> str:
    """Lisa's window to start scoring, once she has chosen a group in it."""
    await team.to_options(by="lisa")
    await team.window("lisa", Action.START_SCORING)
    assert (await team.house.person("lisa").click(handle)).ok
    return (await team.modal("lisa", at_least=f"{handle}:")).text


async def started(team: Team) -> None:
    """Scoring by Lisa and Tom, who are the group's people in the team."""
    await choose(team)
    answer = await team.submit("lisa", TWO)
    assert answer.ok, answer
    await team.house.person("lisa").close(everything=True)
    await team.settled()


async def roster(team: Team) -> list[str]:
    asked = "SELECT m.name FROM round_members r JOIN team_members m ON m.id = r.member_id ORDER BY m.name"
    return [name for (name,) in team.sql(asked)]


async def test_a_group_names_those_who_score_and_who_of_it_is_not_in_the_team(team: Team) -> None:
    said = await choose(team)

    assert "Lisa Rodriguez and Tom Becker are chosen. Not in your team, and so not asked:" in said
    assert "eve" in said.lower()
    answer = await team.submit("lisa", TWO)
    assert answer.ok, answer
    assert await roster(team) == ["Lisa Rodriguez", "Tom Becker"]
    assert team.value("SELECT roster_group ->> 'handle' FROM customer_decisions") == "care"


async def test_people_can_be_changed_after_a_group_was_chosen(team: Team) -> None:
    await choose(team)

    answer = await team.submit("lisa", {**TWO, "Who scores": ["Lisa Rodriguez", "Mike Chen"]})

    assert answer.ok, answer
    assert await roster(team) == ["Lisa Rodriguez", "Mike Chen"]


async def test_a_group_of_which_nobody_is_in_the_team_chooses_nobody(team: Team) -> None:
    said = await choose(team, "@others")

    assert "nobody of it is in your team, so nobody is chosen." in said
    answer = await team.house.person("lisa").submit()
    assert not answer.ok
    assert await roster(team) == []


async def test_a_group_that_slack_does_not_tell_of_is_said_and_what_was_chosen_stays(team: Team) -> None:
    await team.to_options(by="lisa")
    await team.window("lisa", Action.START_SCORING)
    team.house.sandbox.fail("usergroups.users.list", "error", error="no_such_subteam")
    lisa = team.house.person("lisa")

    assert (await lisa.click("@care")).ok

    await team.modal("lisa", at_least=AWAY)
    await lisa.close()
    assert "Mike Chen" in (await team.modal("lisa", at_least="Who scores")).inputs["Who scores"]


async def test_a_group_that_is_not_in_use_is_not_offered(team: Team) -> None:
    await team.to_options(by="lisa")
    await team.window("lisa", Action.START_SCORING)

    with pytest.raises(AssertionError):
        await team.house.person("lisa").click("@gone")


async def test_without_the_scope_there_is_no_such_choice(database_url: str) -> None:
    spec = techcorp()
    spec = replace(spec, groups=(CARE,), scopes=tuple(s for s in spec.scopes if s != "usergroups:read"))
    async with living(database_url, spec) as house:
        team = await sarahs_team(house)
        await team.to_options(by="lisa")

        assert CHOICE not in (await team.window("lisa", Action.START_SCORING)).text


async def test_whoever_joins_later_is_offered_to_the_owner_and_asked_by_one_press(team: Team) -> None:
    await started(team)
    assert OFFER not in (await team.window("lisa", ids.SHOW)).text

    team.house.sandbox.town.regroup("care", ["lisa", "tom", "mike", "eve"])

    assert await roster(team) == ["Lisa Rodriguez", "Tom Becker"]
    assert OFFER not in (await team.window("mike", ids.SHOW)).text
    window = await team.window("lisa", ids.SHOW)
    assert "In @care, and not asked to score: Mike Chen." in window.text
    lisa = team.house.person("lisa")
    assert (await lisa.click("Ask them too")).ok
    await team.modal("lisa", at_least="3 people are asked to score #1 now.")
    assert await roster(team) == ["Lisa Rodriguez", "Mike Chen", "Tom Becker"]
    assert "0 of 3 have scored" in await team.card()
    ((who, details),) = team.sql("SELECT user_id, details FROM audit_logs WHERE action = 'round.joined'")
    assert who == team.actors["lisa"].member.id
    assert details["members"] == [str(team.actors["mike"].member.id)]


async def test_once_somebody_has_scored_nobody_is_offered_and_the_press_is_refused(team: Team) -> None:
    await started(team)
    team.house.sandbox.town.regroup("care", ["lisa", "tom", "mike"])
    await team.ballot("tom")
    await team.settled()

    assert OFFER not in (await team.window("lisa", ids.SHOW)).text
    assert "Nobody can be added to those who score #1 now." in await team.told("lisa", ids.TAKE_IN)
    assert await roster(team) == ["Lisa Rodriguez", "Tom Becker"]


async def test_who_scores_is_for_the_owner_to_say(team: Team) -> None:
    await started(team)

    assert "Who scores #1 is for its owner to say, Lisa Rodriguez." in await team.told("mike", ids.TAKE_IN)


async def test_people_chosen_one_by_one_are_followed_by_no_group(team: Team) -> None:
    await team.to_scoring("lisa", "tom", by="lisa")
    calls = len(team.house.sandbox.calls("usergroups.users.list"))

    assert OFFER not in (await team.window("lisa", ids.SHOW)).text
    assert len(team.house.sandbox.calls("usergroups.users.list")) == calls


async def test_setup_adds_the_people_of_a_group_beside_those_who_were_chosen(team: Team) -> None:
    team.house.sandbox.town.regroup("care", ["tom", "eve"])
    sarah = team.house.person("sarah")
    assert (await sarah.slash("/decide setup")).ok
    await team.modal("sarah", at_least=CHOICE)
    await sarah.fill({"People to add": ["ana"]})

    assert (await sarah.click("@care")).ok

    await team.modal("sarah", at_least="2 people of @care are among them now. Nobody who joins it later is added")
    answer = await team.submit("sarah", {"Role of these people": "Sales manager"})
    assert answer.ok, answer
    said = (await team.modal("sarah", at_least="active of")).text
    assert "Ana Silva" in said
    assert "Eve Novak" in said
    assert team.value("SELECT count(*) FROM team_members WHERE is_active") == 6
