"""Forged buttons and windows: ids of other teams, of other rounds, of other people, after the end."""

from uuid import uuid4

import pytest

from bot.demo.techcorp import globex, techcorp
from bot.domain.action import Action
from tests.support.hours import ALWAYS
from tests.support.house import living
from tests.support.known import known
from tests.support.scoring import COST, field, skips, typed, unfold_comments
from tests.support.team import Team

FULL, PARTIAL = "Full refund", "Partial credit"
NO_MEMBER = "Your team has no such member. /decide setup lists those it has."


def forge(team: Team, user: str, mine: object, foreign: object) -> None:
    """Let the person's window carry another id than the bot gave it."""
    view = known(team.house.sandbox.town.workspace.top(user))
    view.given = {**view.given, "private_metadata": view.given["private_metadata"].replace(str(mine), str(foreign))}


async def filled_in(team: Team, name: str, *scores: int) -> None:
    """The whole ballot, with a comment, but for the submit."""
    await unfold_comments(team, name)
    await team.house.person(name).fill({**typed(*scores), f"Comment on {FULL}": "zqcomment"})


async def test_an_admin_cannot_tell_by_a_forged_id_whether_another_teams_member_is_being_asked(
    database_url: str,
) -> None:
    async with living(database_url, techcorp()) as one, living(database_url, globex()) as two:
        ours = await Team(one).gather("mike", "lisa")
        theirs = await Team(two).gather("homer", "priya", owner="hank")
        await theirs.to_scoring(by="hank")
        answers = set()
        for foreign in (theirs.actors["priya"].member.id, uuid4()):
            sarah = ours.house.person("sarah")
            await sarah.slash("/decide setup")
            await ours.modal("sarah", at_least="Team size")
            await ours.submit("sarah", {})
            await ours.modal("sarah", at_least="Lisa Rodriguez")
            await sarah.click("Edit Lisa Rodriguez")
            await ours.modal("sarah", at_least="May decide")
            forge(ours, "U0SARAH", ours.actors["lisa"].member.id, foreign)
            answers.add((await ours.submit("sarah", {"Active": False})).error)
            await sarah.close(everything=True)
        assert answers == {NO_MEMBER}
        assert theirs.value("SELECT count(*) FROM round_members WHERE excused_at IS NOT NULL") == 0


async def test_only_those_who_may_edit_the_team_page_through_its_addresses(team: Team) -> None:
    assert "sarah@techcorp.com" not in await team.house.person("lisa").screen()
    await team.to_options()
    await team.press("lisa", "decision.show")
    await team.modal("lisa", at_least="Description")
    assert (await team.house.person("lisa").click(team.lay("lisa", "team.page", 0))).ok
    modal = await team.modal("lisa", at_least="CS Team is set up already.")
    assert "@techcorp.com" not in modal.text


async def test_somebody_who_has_left_gets_no_result_though_they_were_on_the_roster(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    team.house.sandbox.kick_bot("customer-decisions")
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name, comment="zqcomment", share=True)
    tom, sarah = team.actors["tom"], team.actors["sarah"]
    team.sql("UPDATE team_members SET is_active = false WHERE id = %s", tom.member.id)
    team.sql("UPDATE round_members SET excused_at = now() WHERE member_id = %s", tom.member.id)
    await team.press("sarah", Action.CLOSE_SCORING)
    await team.house.person("mike").see("Result of #1")
    await team.settled()
    assert "Result of #1" not in await team.house.person("tom").screen()
    assert "zqcomment" not in await team.house.person("tom").screen()
    assert sarah.member.is_active


LISAS_LANE = "slack:T0TECHCORP:U0LISA"


async def test_somebody_who_leaves_while_the_result_is_on_its_way_does_not_get_it(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    team.sql("UPDATE teams SET broadcasts = false")
    await team.to_scoring("sarah", "mike", "lisa")
    await team.settled()
    held = "INSERT INTO outbox (kind, lane, dedupe_key, run_at) VALUES ('held', %s, 'held', now() + interval '1 hour')"
    team.sql(held, LISAS_LANE)
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    hers = "SELECT count(*) FROM outbox WHERE lane = %s AND kind = 'nudge' AND payload ->> 'kind' = 'news.result'"
    await team.until(hers, 1, LISAS_LANE)
    team.sql("UPDATE team_members SET is_active = false WHERE id = %s", team.actors["lisa"].member.id)
    team.sql("UPDATE outbox SET state = 'done', done_at = now() WHERE kind = 'held'")
    await team.settled()
    assert [m for m in await team.house.person("lisa").messages("dm") if "leads" in m.rendered] == []
    assert len([m for m in await team.house.person("mike").messages("dm") if "leads" in m.rendered]) == 1


async def test_a_ballot_of_a_voided_round_is_refused_and_leaves_nothing_behind(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    await filled_in(team, "lisa", 9, 3)
    await team.window("sarah", Action.VOID_ROUND)
    assert (await team.submit("sarah", {"Reason": "A criterion was wrong."})).ok
    answer = await team.house.person("lisa").submit()
    assert "Scoring is closed; this page was not saved." in str(answer.error)
    assert team.value("SELECT count(*) FROM evaluations") + team.value("SELECT count(*) FROM ballot_pages") == 0
    assert team.value("SELECT bool_or(submitted) FROM round_members") is False


async def test_a_ballot_replayed_after_publication_changes_neither_the_seal_nor_the_result(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    await team.window("lisa", Action.SCORE)
    await filled_in(team, "lisa", 10, 1)
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.published()
    stored = "SELECT md5(string_agg(e::text, '|' ORDER BY e.id)) FROM evaluations e"
    before, body = team.value(stored), team.value("SELECT body FROM round_results")
    answer = await team.house.person("lisa").submit(copies=2)
    assert "Scoring is closed; this page was not saved." in str(answer.error)
    assert team.value(stored) == before
    assert team.value("SELECT body FROM round_results") == body
    assert team.value("SELECT count(*) FROM ballot_pages") == 0
    assert team.value("SELECT round_order(id) FROM rounds") == "sealed"


async def test_a_window_borrowed_from_a_colleague_shows_and_saves_only_ones_own(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    await team.house.person("lisa").fill(typed(10, 1))
    await team.house.person("lisa").click(skips(COST))
    await team.modal("lisa", at_least="You can't judge Cost")
    workspace = team.house.sandbox.town.workspace
    workspace.stacks["U0TOM"] = [workspace.stacks["U0LISA"].pop()]
    await team.house.person("tom").click("I can judge Cost")
    modal = await team.modal("tom", at_least=skips(COST))
    assert modal.inputs[field(FULL, on=COST)] == "", "what Lisa has typed there is hers"
    rows = team.sql("SELECT m.name, count(*) FROM ballot_pages p JOIN team_members m ON m.id = p.member_id GROUP BY 1")
    assert dict(rows) == {"Lisa Rodriguez": 3, "Tom Becker": 3}


async def test_an_option_of_another_decision_is_no_choice(team: Team) -> None:
    await team.to_options()
    foreign = team.option_id(FULL)
    await team.to_result()
    await team.window("mike", Action.RESOLVE)
    view = known(team.house.sandbox.town.workspace.top("U0MIKE"))
    ours = team.option_id(FULL)
    assert ours != foreign
    await team.house.person("mike").fill({"Option": FULL, "Reason": "Mine."})
    for held in view.states.values():
        if (held.get("selected_option") or {}).get("value") == str(ours):
            held["selected_option"] = {**held["selected_option"], "value": str(foreign)}
    answer = await team.house.person("mike").submit()
    assert answer.error == "Choose one of the options of #2."
    assert team.state == ("evaluating", 4)


@pytest.mark.parametrize("people", [("sarah", "mike"), ("sarah", "mike", "lisa")])
async def test_two_ballots_tell_nothing_whoever_looks_wherever_and_leave_no_row(
    team: Team, people: tuple[str, ...]
) -> None:
    """Of two, each could work out the other's; of three where one is excused, likewise."""
    await team.to_scoring(*people)
    await team.ballot("sarah", 10, 1, comment="zqcomment", share=True)
    await team.ballot("mike", 9, 2, comment="zqcomment", share=True)
    if len(people) == 3:
        lisa = team.actors["lisa"].member.id
        team.sql("UPDATE team_members SET is_active = false WHERE id = %s", lisa)
        team.sql("UPDATE round_members SET excused_at = now() WHERE member_id = %s", lisa)
        await team.press("sarah", Action.CLOSE_SCORING)
    await team.published()
    await team.settled()
    await team.press("mike", "decision.show")
    await team.modal("mike", at_least="No ranking: ")
    await team.house.person("mike").close(everything=True)
    await team.window("mike", Action.RESOLVE)
    said = [str(call.arguments) for call in team.house.sandbox.calls()]
    for word in ("zqcomment", "leads", "share the first place", "place 1", "1.  *"):
        assert not [text for text in said if word in text], word
    assert team.value("SELECT count(*) FROM evaluations") + team.value("SELECT count(*) FROM ballot_pages") == 0
    assert team.value("SELECT body::text FROM round_results").count("place") == 0
    trail = [str(details) for (details,) in team.sql("SELECT details FROM audit_logs WHERE details IS NOT NULL")]
    assert not [line for line in trail if "comment" in line or "total" in line or "'is_leader': True" in line]


async def test_somebody_excused_neither_changes_nor_adds_to_a_ballot_by_a_window_still_open(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("lisa", 9, 3)
    await team.window("lisa", Action.SCORE)
    lisa = team.actors["lisa"].member.id
    team.sql("UPDATE round_members SET excused_at = now() WHERE member_id = %s", lisa)
    before = team.sql("SELECT page::text FROM ballot_pages ORDER BY 1"), team.sql("SELECT score FROM evaluations")
    answer = await team.submit("lisa", typed(1, 10))
    assert "You are not asked to score #1" in str(answer.error)
    assert (
        team.sql("SELECT page::text FROM ballot_pages ORDER BY 1"),
        team.sql("SELECT score FROM evaluations"),
    ) == before
    assert "You are excused from scoring #1" in await team.told("lisa", Action.SCORE)


async def test_somebody_made_inactive_is_refused_everything_with_one_sentence(team: Team) -> None:
    await team.to_result("sarah", "mike", "lisa")
    team.sql("UPDATE team_members SET is_active = false WHERE id = %s", team.actors["lisa"].member.id)
    for action in [*Action, "decision.show", "card.post", "team.edit_member"]:
        assert "You are an inactive member of CS Team." in await team.told("lisa", action)
    lisa = team.house.person("lisa")
    await lisa.slash("/decide show 1")
    await lisa.open_home()
    assert "Refund for the outage" not in await lisa.home()
