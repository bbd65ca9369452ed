"""Several people at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bot.domain.action import Action
from bot.domain.decision import Case
from bot.domain.evaluation import Comments
from bot.domain.press import Press
from bot.domain.team import SlackUser
from bot.errors import Conflict
from bot.services import decision as decisions
from bot.services import evaluation as evaluations
from bot.services import export as exports
from bot.services import outcome as outcomes
from bot.services import round as rounds
from bot.services import team as teams
from tests.support.team import Team


async def last_page(team: Team, *names: str) -> None:
    """Everybody has a complete ballot before them."""
    for name in names:
        await team.save_pages(name)
        await team.window(name, Action.SCORE)


async def closed_once_and_published_once(team: Team) -> None:
    await team.published()
    await team.settled()
    for action in ("round.closed", "round.published"):
        assert team.value("SELECT count(*) FROM audit_logs WHERE action = %s", action) == 1
    assert team.value("SELECT count(*) FROM round_results") == 1
    assert team.value("SELECT round_order(id) FROM rounds") == "sealed"
    seen = await team.house.person("lisa").messages()
    assert sum("Result of #1" in m.rendered for m in seen) == 1
    assert {d.status for d in team.house.sandbox.deliveries()} == {200}


async def test_the_last_two_submitting_at_once_close_once_and_publish_once(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike"):
        await team.ballot(name)
    await last_page(team, "lisa", "tom")
    answers = await asyncio.gather(*(team.house.person(name).submit() for name in ("lisa", "tom")))
    assert [a.status for a in answers] == ["ok", "ok"]
    await closed_once_and_published_once(team)
    assert team.value("SELECT ballots FROM round_results") == 4


async def test_everybody_submitting_at_once_and_thrice_each_counts_each_ballot_once(team: Team) -> None:
    await team.to_scoring()
    await last_page(team, *team.actors)
    await asyncio.gather(*(team.house.person(name).submit(copies=3) for name in team.actors))
    await closed_once_and_published_once(team)
    assert team.value("SELECT ballots FROM round_results") == 4
    assert team.value("SELECT count(*) FROM evaluations") == 16


async def test_two_people_closing_at_once_close_once(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "lisa", "tom"):
        await team.ballot(name)
    await asyncio.gather(*(team.press(name, Action.CLOSE_SCORING) for name in ("sarah", "mike")))
    await closed_once_and_published_once(team)
    assert team.value("SELECT ballots FROM round_results") == 3


async def test_a_ballot_submitted_while_scoring_is_closed_counts_wholly_or_not_at_all(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await last_page(team, "tom")
    answer, _ = await asyncio.gather(team.house.person("tom").submit(), team.press("sarah", Action.CLOSE_SCORING))
    await closed_once_and_published_once(team)
    ballots = team.value("SELECT ballots FROM round_results")
    assert ballots == (4 if answer.ok else 3)
    assert team.value("SELECT count(*) FROM evaluations") == 4 * ballots
    assert team.value("SELECT count(*) FROM round_members WHERE submitted") == ballots


async def test_a_round_that_is_due_is_closed_once_by_everybody_who_clicks(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.end_round_now()
    await asyncio.gather(*(team.press(name, "decision.show") for name in team.actors))
    await closed_once_and_published_once(team)


async def test_voiding_and_submitting_at_once_leaves_no_ballot_behind(team: Team) -> None:
    await team.to_scoring()
    await last_page(team, "tom", "lisa")
    await team.window("sarah", Action.VOID_ROUND)
    await team.house.person("sarah").fill({"Reason": "Again."})
    await asyncio.gather(*(team.house.person(name).submit() for name in ("tom", "sarah", "lisa")))
    assert team.state == ("team_input", 3)
    for table in ("evaluations", "ballot_pages"):
        assert team.value(f"SELECT count(*) FROM {table}") == 0
    team.check_deliveries()


async def test_numbers_are_given_once_each_however_many_decisions_are_opened_at_once(team: Team) -> None:
    values = {"Type of decision": "Refund request", "Customer": "ABC", "What happened": "All.", "Title": "At once"}
    for name in team.actors:
        await team.house.person(name).slash("/decide at once")
        await team.modal(name, at_least="Decide by")
        await team.house.person(name).fill(values)
    answers = await asyncio.gather(*(team.house.person(name).submit() for name in team.actors))
    assert all(a.ok for a in answers)
    assert [n for (n,) in team.sql("SELECT number FROM customer_decisions ORDER BY 1")] == [1, 2, 3, 4]


async def test_options_proposed_at_once_never_exceed_what_fits(team: Team) -> None:
    await team.to_options([f"Option {n}" for n in range(10)])
    for name in team.actors:
        await team.window(name, Action.PROPOSE_OPTION)
        await team.house.person(name).fill({"Option 1": f"By {name}"})
    answers = await asyncio.gather(*(team.house.person(name).submit() for name in team.actors))
    assert sum(a.ok for a in answers) == 2
    assert team.value("SELECT count(*) FROM response_options") == 12


async def test_making_the_last_one_inactive_while_they_submit_closes_once(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await last_page(team, "tom")
    member = team.actors["tom"].member.id
    await team.house.person("sarah").slash("/decide setup")
    await team.modal("sarah", at_least="Team size")
    await team.house.person("sarah").submit()
    await team.modal("sarah", at_least="Tom Becker")
    await team.house.person("sarah").click("Edit Tom Becker")
    await team.modal("sarah", at_least="May decide")
    await team.house.person("sarah").fill({"Active": False})
    await asyncio.gather(*(team.house.person(name).submit() for name in ("tom", "sarah")))
    await closed_once_and_published_once(team)
    assert team.value("SELECT is_active FROM team_members WHERE id = %s", member) is False


# --- Made by hand: one of the two is held at the very moment that matters -------------------------------------------


@asynccontextmanager
async def paused_while_recording(team: Team, press: Press) -> AsyncIterator[None]:
    """Whoever does this press has done all but remember it and commit, until this ends."""
    with psycopg.connect(team.house.database_url) as someone:
        someone.execute(
            "INSERT INTO submissions (view_id, hash, digest, created_kind, created_id) VALUES (%s, %s, '', '', '')",
            [press.view_id, press.hash],
        )
        yield
        someone.rollback()


@asynccontextmanager
async def held_back(team: Team, lane: str) -> AsyncIterator[None]:
    """Nothing of this lane is delivered until this ends."""
    later = "INSERT INTO outbox (kind, lane, dedupe_key, run_at) VALUES ('none', %s, %s, now() + interval '1 hour')"
    team.sql(later, lane, f"none:{lane}")
    yield
    team.sql("DELETE FROM outbox WHERE kind = 'none'")


async def while_tom_leaves(team: Team, doing: Callable[[Press], Coroutine[Any, Any, Any]]) -> None:
    """Do it; before its commit, Tom is gone from Slack."""
    press = Press("V1", "1", "a")
    async with paused_while_recording(team, press):
        task = asyncio.create_task(doing(press))
        await team.waiting_for_locks(1)
        leaving = asyncio.create_task(leaves(team, "tom"))
        await asyncio.wait({leaving}, timeout=0.3)
    await asyncio.gather(task, leaving)


async def leaves(team: Team, name: str) -> None:
    actor = team.actors[name]
    await teams.deactivate(team.db, user=SlackUser(actor.workspace_id, actor.user_id), cause="test")


TIE = (("sarah", (9, 3)), ("mike", (3, 9)), ("lisa", (6, 6)), ("tom", (5, 5)))
NOT_EXCUSED = (
    "SELECT count(*) FROM round_members r JOIN team_members m ON m.id = r.member_id "
    "WHERE r.round_id = %s AND NOT m.is_active AND r.excused_at IS NULL"
)


async def test_who_leaves_while_scoring_is_being_started_is_not_waited_for(team: Team) -> None:
    await team.to_options()
    await team.settled()
    # As before the first plan: no rows yet that whoever leaves would wait for.
    team.sql("DELETE FROM reminders")
    await while_tom_leaves(
        team,
        lambda press: rounds.start(
            team.db,
            team.by("sarah", press),
            team.decision_id,
            member_ids=[who.member.id for who in team.actors.values()],
            closes_at=team.now + timedelta(days=1),
            is_two_confirmed=False,
        ),
    )
    assert team.value(NOT_EXCUSED, team.round_id) == 0


async def test_who_leaves_while_a_second_round_is_being_opened_is_not_waited_for(team: Team) -> None:
    await team.to_scoring()
    for name, scores in TIE:
        await team.ballot(name, *scores)
    await team.published()
    await team.settled()
    team.sql("DELETE FROM reminders")
    await while_tom_leaves(
        team,
        lambda press: rounds.second(
            team.db,
            team.by("mike", press),
            team.decision_id,
            closes_at=team.now + timedelta(days=1),
        ),
    )
    assert team.value("SELECT count(*) FROM rounds") == 2
    assert team.value(NOT_EXCUSED, team.round_id) == 0


async def test_who_leaves_while_the_result_is_published_is_not_excused_from_it(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.settled()
    team.sql("DELETE FROM reminders")
    with psycopg.connect(team.house.database_url) as someone:
        someone.execute("SELECT FROM customer_decisions FOR UPDATE")
        someone.execute("UPDATE rounds SET closed_at = now(), close_cause = 'closed_early', published_at = now()")
        leaving = asyncio.create_task(leaves(team, "tom"))
        await team.waiting_for_locks(1)
    await leaving
    assert team.value("SELECT is_active FROM team_members WHERE id = %s", team.actors["tom"].member.id) is False
    assert team.value("SELECT count(*) FROM round_members WHERE excused_at IS NOT NULL") == 0
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'round.excused'") == 0


async def test_a_person_whom_slack_says_twice_to_be_gone_leaves_once(team: Team) -> None:
    await team.to_scoring()
    await team.settled()
    with psycopg.connect(team.house.database_url) as someone:
        someone.execute("SELECT FROM customer_decisions FOR UPDATE")
        leaving = [asyncio.create_task(leaves(team, "tom")) for _ in range(2)]
        await team.waiting_for_locks(2)
    await asyncio.gather(*leaving)
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'member.changed'") == 1
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'round.excused'") == 1


async def test_changing_somebody_inactive_excuses_them_no_second_time(team: Team) -> None:
    await team.to_scoring()
    await leaves(team, "tom")
    tom = team.actors["tom"].member
    fields = teams.MemberFields("Thomas Becker", tom.email, tom.role, 1, (), is_active=False)
    await teams.edit_member(team.db, team.by("sarah"), tom.id, fields=fields, is_workspace_admin=True)
    assert team.value("SELECT name FROM team_members WHERE id = %s", tom.id) == "Thomas Becker"
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'round.excused'") == 1


async def test_saving_a_page_while_somebody_is_made_inactive_deadlocks_with_nobody(team: Team) -> None:
    await team.to_scoring()
    await team.settled()
    tom = team.actors["tom"].member
    page = {"scores": {str(team.option_id("Full refund")): 7}, "confidence": None, "abstain": False}
    criterion = team.value("SELECT id FROM decision_criteria ORDER BY position LIMIT 1")
    fields = teams.MemberFields(tom.name, tom.email, tom.role, 1, (), is_active=False)
    with psycopg.connect(team.house.database_url, options="-c deadlock_timeout=100ms") as lisa:
        lisa.execute("SELECT FROM rounds FOR SHARE")  # where `save_page` begins
        edit = asyncio.create_task(
            teams.edit_member(team.db, team.by("sarah"), tom.id, fields=fields, is_workspace_admin=True)
        )
        await team.waiting_for_locks(1)
        asked = [team.round_id, team.actors["lisa"].member.id, criterion, Jsonb(page)]
        saved = await asyncio.to_thread(lisa.execute, "SELECT save_page(%s, %s, %s, %s)", asked)
        assert saved.fetchone() == ("saved",)
    await edit
    assert team.value("SELECT count(*) FROM round_members WHERE excused_at IS NOT NULL") == 1


async def test_a_choice_edited_after_a_lost_answer_leaves_somebody_elses_alone(team: Team) -> None:
    await team.to_result()
    db, decision_id = team.db, team.decision_id
    full, partial = team.option_id("Full refund"), team.option_id("Partial credit")
    first, edited = team.by("mike", Press("V1", "1", "a")), team.by("mike", Press("V1", "1", "b"))
    await outcomes.resolve(db, first, decision_id, option_id=full, reason="First.")
    await outcomes.reopen(db, team.by("sarah"), decision_id, reason="Too dear.")
    await outcomes.resolve(db, team.by("sarah"), decision_id, option_id=partial, reason="Enough.")
    with pytest.raises(Conflict, match="is resolved"):
        await outcomes.resolve(db, edited, decision_id, option_id=full, reason="Second.")
    assert team.sql("SELECT reason FROM decision_outcomes") == [("Enough.",)]


async def test_a_window_about_a_voided_round_does_not_void_the_next_one(team: Team) -> None:
    await team.to_scoring()
    await team.window("mike", Action.VOID_ROUND)
    await team.window("sarah", Action.VOID_ROUND)
    assert (await team.submit("sarah", {"Reason": "An option was missing."})).ok
    await team.window("sarah", Action.START_SCORING)
    assert (await team.house.person("sarah").submit()).ok
    await team.ballot("lisa")
    refused = await team.submit("mike", {"Reason": "An option was missing."})
    assert "This window is about an earlier round of #1. #1 is being scored" in str(refused.error)
    assert team.value("SELECT count(*) FROM evaluations") == 4
    assert team.state == ("evaluating", 4)


ALWAYS = '{"starts": "00:00", "ends": "24:00", "days": [0, 1, 2, 3, 4, 5, 6]}'


async def test_a_result_that_waited_until_after_the_second_round_is_told_once(team: Team) -> None:
    team.house.sandbox.kick_bot("customer-decisions")
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_scoring()
    await team.settled()
    lisa = team.actors["lisa"]
    told = (
        "SELECT count(*) FROM outbox WHERE kind = 'nudge' AND payload ->> 'kind' = 'news.result'"
        " AND payload ->> 'member' = %s"
    )
    async with held_back(team, f"slack:{lisa.workspace_id}:{lisa.user_id}"):
        for name, scores in TIE:
            await team.ballot(name, *scores)
        await team.until(told, 1, str(lisa.member.id))
        await rounds.second(
            team.db,
            team.by("mike"),
            team.decision_id,
            closes_at=team.now + timedelta(days=1),
        )
        for name, _ in TIE:
            await team.ballot(name)
        await team.until(told, 2, str(lisa.member.id))
    await team.settled()
    seen = [m.rendered for m in await team.house.person("lisa").messages("dm")]
    assert sum("Result of #1" in text for text in seen) == 1, seen


async def test_a_reason_edited_after_a_lost_answer_replaces_the_first_until_the_result_is_published(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("mike")
    await team.end_round_now()
    await team.told("lisa", Action.SCORE)
    await team.window("mike", Action.PROCEED)
    await team.house.person("mike").fill({"Reason": "First."})
    async with held_back(team, f"round:{team.round_id}"):
        await team.house.person("mike").submit(lose_answer=True)
        await team.until("SELECT override_reason FROM rounds", "First.")
        await team.house.person("mike").fill({"Reason": "Second."})
        await team.house.person("mike").submit(lose_answer=True)
        await team.until("SELECT override_reason FROM rounds", "Second.")
    await team.published()
    refused = await team.submit("mike", {"Reason": "Third."})
    assert "It went on with the reason that you gave first. #1 is scored and its result published" in str(refused.error)
    assert team.value("SELECT override_reason FROM rounds") == "Second."


async def test_two_exports_asked_for_at_once_send_one(team: Team) -> None:
    await team.open()
    await team.settled()
    lisa = team.actors["lisa"]
    async with held_back(team, f"slack:{lisa.workspace_id}:{lisa.user_id}"):
        with psycopg.connect(team.house.database_url) as someone:
            someone.execute("LOCK TABLE audit_logs IN EXCLUSIVE MODE")  # where the first one is held, its file queued
            asked = [asyncio.create_task(exports.request(team.db, team.by("lisa"))) for _ in range(3)]
            await team.waiting_for_locks(3)
        assert sorted(await asyncio.gather(*asked)) == [False, False, True]


async def test_the_last_one_missing_whose_press_comes_twice_at_once_learns_that_the_ballot_counts(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.save_pages("tom")
    await team.settled()
    with psycopg.connect(team.house.database_url) as someone:
        someone.execute("SELECT FROM customer_decisions FOR UPDATE")
        tom, round_id, comments = team.by("tom"), team.round_id, Comments({}, False)
        presses = [evaluations.submit(team.db, tom, round_id, pages={}, comments=comments) for _ in range(2)]
        both = [asyncio.create_task(press) for press in presses]
        await team.waiting_for_locks(2)
    answers = await asyncio.gather(*both, return_exceptions=True)
    counted, refused = sorted(answers, key=lambda answer: isinstance(answer, Exception))
    assert isinstance(counted, evaluations.Submitted)
    assert counted.is_closed
    assert "What you had submitted before counts. Scoring of #1 is closed" in str(refused)


async def test_two_admins_who_make_each_other_inactive_at_once_leave_one_to_run_the_team(team: Team) -> None:
    team.give("mike", 5)
    await team.to_scoring()
    await team.settled()

    def leaving(member: Any) -> Any:
        return teams.MemberFields("Somebody", member.email, member.role, 5, (), is_active=False)

    with psycopg.connect(team.house.database_url) as someone:
        someone.execute("SELECT FROM customer_decisions FOR UPDATE")
        edits = [
            asyncio.create_task(
                teams.edit_member(
                    team.db,
                    team.by(who),
                    team.actors[whom].member.id,
                    fields=leaving(team.actors[whom].member),
                    is_workspace_admin=False,
                )
            )
            for who, whom in (("sarah", "mike"), ("mike", "sarah"))
        ]
        await team.waiting_for_locks(2)
    answers = await asyncio.gather(*edits, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Member", "NotAllowed"]
    assert team.value("SELECT count(*) FROM team_members WHERE escalation_authority = 5 AND is_active") == 1


async def test_a_channel_changed_before_the_card_was_posted_gets_one_card(team: Team) -> None:
    first, second = (channel.id for channel in team.house.sandbox.spec.channels[:2])
    workspace = team.actors["sarah"].workspace_id
    press, edited = Press("V1", "1", "a"), team.by("sarah", Press("V1", "1", "b"))
    case = Case("refund_request", "ABC Corporation", "Refund for the outage")
    how: dict[str, Any] = {"case": case, "permalink": None}
    team.house.sandbox.invite_bot("general")
    async with held_back(team, f"slack:{workspace}:{first}"), held_back(team, f"slack:{workspace}:{second}"):
        await decisions.open_decision(team.db, team.by("sarah", press), channel_id=first, **how)
        await decisions.open_decision(team.db, edited, channel_id=second, **how)
    await team.settled()
    posted = [call for call in team.house.sandbox.calls("chat.postMessage") if call.answer and call.answer["ok"]]
    assert [call.arguments["channel"] for call in posted] == [second]


async def test_a_channel_changed_while_the_card_is_being_posted_leaves_the_card_in_the_new_one(team: Team) -> None:
    first, second = (channel.id for channel in team.house.sandbox.spec.channels[:2])
    press, edited = Press("V1", "1", "a"), team.by("sarah", Press("V1", "1", "b"))
    case = Case("refund_request", "ABC Corporation", "Refund for the outage")
    how: dict[str, Any] = {"case": case, "permalink": None}
    team.house.sandbox.invite_bot("general")
    team.house.sandbox.fail("chat.postMessage", "slow", seconds=2)
    await decisions.open_decision(team.db, team.by("sarah", press), channel_id=first, **how)
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'card' AND token IS NOT NULL", 1)
    await asyncio.sleep(0.3)  # on its way to Slack
    await decisions.open_decision(team.db, edited, channel_id=second, **how)
    await team.settled()
    assert team.sql("SELECT channel_id FROM card_messages") == [(second,)]
    (card,) = await team.cards("mike")
    assert card.channel == "#general"
    (old,) = await team.house.person("mike").messages("customer-decisions")
    assert old.rendered.strip() == "#1 has moved: its card is in #general now."
