"""A second round: offered once, where the first result leaves it open; same people, fresh ballots, ranking alone."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bot.domain.action import Action
from bot.services import result as results
from bot.services import team as teams
from bot.views.slack import ids
from tests.support.scoring import ADD_COMMENT, scores_in, typed
from tests.support.team import Team

TIE = (("sarah", (9, 3)), ("mike", (3, 9)), ("lisa", (6, 6)), ("tom", (5, 5)))
AHEAD = (("sarah", (4, 8)), ("mike", (3, 9)), ("lisa", (6, 7)), ("tom", (5, 8)))
LAST_ROUND = "SELECT number, follows IS NOT NULL FROM rounds WHERE decision_id = %s ORDER BY number DESC LIMIT 1"


async def to_tie(team: Team, **case: Any) -> None:
    """A published first round in which both options share the first place."""
    await team.to_scoring(**case)
    for name, scores in TIE:
        await team.ballot(name, *scores, comment=f"Word of {name}", share=True)
    await team.published()
    await team.settled()


async def to_second(team: Team, **case: Any) -> None:
    await to_tie(team, **case)
    await team.window("mike", Action.SECOND_ROUND)
    answer = await team.house.person("mike").submit()
    assert answer.ok, answer
    await team.house.person("mike").close(everything=True)


async def to_second_result(team: Team, ballots: Any = AHEAD) -> None:
    await to_second(team)
    for name, scores in ballots:
        await team.ballot(name, *scores)
    await team.published()
    await team.settled()


def rounds(team: Team) -> int:
    found: int = team.value("SELECT count(*) FROM rounds WHERE decision_id = %s", team.decision_id)
    return found


# --- Offered ----------------------------------------------------------------------------------------------------


async def test_it_is_offered_on_the_card_where_the_first_place_is_shared(team: Team) -> None:
    await to_tie(team)
    card = await team.card()
    assert "[ Resolve ] [ Show details ] [ More ]" in card
    modal = await team.window("mike", Action.SECOND_ROUND)
    assert "Full refund and Partial credit share the first place." in modal.text
    assert "Those of the first round's 4 people who are still active score anew" in modal.text
    assert (
        "of fewer than 3 people nothing; else the ranking and how solid it is. No totals, no averages, no comments"
        in modal.text
    )
    assert "There is one second round, and no third." in modal.text
    assert modal.inputs["Scoring closes"]


async def test_a_clear_result_offers_none_and_says_why(team: Team) -> None:
    await team.to_result()
    assert "[ Second round ]" not in await team.card()
    told = await team.told("mike", Action.SECOND_ROUND)
    assert (
        '"Second round" is not possible now. A second round is for a result that is too close to call or splits the '
        "team; that of #1 is neither."
    ) in told


async def test_two_ballots_that_show_nothing_offer_none(team: Team) -> None:
    await team.to_scoring("sarah", "mike")
    await team.ballot("sarah", 9, 3)
    await team.ballot("mike", 3, 9)
    await team.published()
    assert "[ Second round ]" not in await team.card()


async def test_it_is_a_deciders_not_the_owners_as_such(team: Team) -> None:
    team.give("lisa", 1)
    await to_tie(team)
    told = await team.told("lisa", Action.SECOND_ROUND)
    assert (
        "A second round of #1 needs a decider up to USD 1,000; you may decide up to USD 100. Ask a teammate who "
        "may decide more; Show details "
        "names them, or says who can change that."
    ) in told
    team.give("sarah", 1)
    assert "needs a decider up to USD 1,000; you may decide up to USD 100" in await team.told(
        "sarah", Action.SECOND_ROUND
    )
    assert rounds(team) == 1


@pytest.mark.parametrize("step", ["options", "scoring", "resolved"])
async def test_before_and_after_its_moment_the_sentence_names_the_state(team: Team, step: str) -> None:
    steps: dict[str, Callable[[], Awaitable[Team]]] = {
        "options": team.to_options,
        "scoring": team.to_scoring,
        "resolved": team.to_resolved,
    }
    await steps[step]()
    told = await team.told("mike", Action.SECOND_ROUND)
    assert '"Second round" is not possible now. #1 is ' in told


# --- Opened -----------------------------------------------------------------------------------------------------


async def test_the_same_people_get_fresh_ballots_and_the_first_result_stays_visible(team: Team) -> None:
    await to_tie(team)
    await team.window("mike", Action.SECOND_ROUND)
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    assert (await team.submit("mike", {"Scoring closes": later})).ok
    assert "The second round of #1 has started. 4 people can score it." in (await team.modal("mike")).text

    card = await team.card()
    assert "0 of 4 have scored in the second round" in card
    assert "First round\n1=  Full refund" in card
    assert "[ Start over ]" not in card
    assert "[ Score ] [ Show details ] [ More ]" in card
    assert team.value("SELECT closes_at FROM rounds WHERE number = 2") == later
    page = await team.window("sarah", Action.SCORE)
    assert "Second round: the same options afresh." in page.text
    assert {page.inputs[label] for label in scores_in(page.inputs)} == {""}
    assert (await team.house.person("sarah").click("What will be shown?")).ok
    await team.modal("sarah", at_least="No totals, no averages, no comments")
    await team.press("lisa", "decision.show")
    details = (await team.modal("lisa", at_least="Description")).text
    assert "Result of the first round" in details
    assert "4 of 4 scored. Comments are of this round." in details
    for name, _ in TIE:
        assert f"Word of {name}" in details, "comments of the first round stay readable"
    (first, second) = team.sql(
        "SELECT details ->> 'number', (details ->> 'roster')::int FROM audit_logs WHERE action = 'round.opened' "
        "ORDER BY created_at"
    )
    assert first == (None, 4)
    assert second == ("2", 4)
    team.check_deliveries()


async def test_its_ballot_asks_for_no_comment_and_publishes_places_alone(team: Team) -> None:
    await to_second(team)
    for name, scores in AHEAD[1:]:
        await team.ballot(name, *scores)
    await team.window("sarah", Action.SCORE)
    assert ADD_COMMENT not in (await team.modal("sarah")).buttons
    assert (await team.submit("sarah", typed(4, 8))).ok
    assert "Everybody has scored" in (await team.modal("sarah", at_least="Submitted")).text
    await team.published()

    card = await team.card()
    assert "Result of the second round\nPartial credit leads, and the lead is clear.\n" in card
    assert "\n1.  Partial credit\n2.  Full refund\n" in card
    assert "First round\n1=  Full refund" in card
    (body,) = team.sql(
        "SELECT body -> 'rows' FROM round_results r JOIN rounds o ON o.id = r.round_id WHERE number = 2"
    )[0]
    assert [(row["place"], row["total"]) for row in body] == [(1, None), (2, None)]
    told = await team.house.person("lisa").see("Result of the second round of #1")
    assert "In the first round Full refund and Partial credit shared the first place." in told
    messages = [m for m in await team.house.person("lisa").messages() if "Result of the second round" in m.rendered]
    (message,) = [m for m in messages if m.thread_ts]
    assert "Word of" not in message.rendered, "told with the first result"


async def test_scores_set_aside_are_in_no_screen_and_do_not_count_again(team: Team) -> None:
    await to_second(team)
    assert team.value("SELECT count(*) FROM evaluations") == 0
    assert team.value("SELECT count(*) FROM sealed_cells") == 16
    for name, scores in AHEAD:
        await team.ballot(name, *scores)
    await team.published()
    assert team.value("SELECT count(*) FROM evaluations") == 16
    assert team.value("SELECT count(*) FROM sealed_cells") == 16
    verified = await results.verify(team.db, number=1, team_name=None)
    assert (verified.order, verified.is_as_published) == ("sealed", True), verified


async def test_a_late_decision_resolves_as_usual_with_both_results_in_sight(team: Team) -> None:
    await to_second_result(team)
    modal = await team.window("mike", Action.RESOLVE)
    assert "Partial credit leads, and the lead is clear." in modal.text
    assert "In the first round Full refund and Partial credit shared the first place." in modal.text
    assert (await team.submit("mike", {"Option": "Full refund", "Reason": "They were promised it."})).ok
    await team.house.person("mike").close(everything=True)

    assert "This is not the leader of the ranking, which is Partial credit." in await team.card()
    details = (await team.window("tom", ids.SHOW)).text
    assert "Result of the second round" in details
    assert "Result of the first round" in details
    await team.window("mike", Action.CHANGE_CHOICE)
    assert (await team.submit("mike", {"Reason": "Too early."})).ok
    card = await team.card()
    assert "[ Resolve ] [ Show details ] [ More ]" in card, "the choice is open again, the ballots are not"
    assert rounds(team) == 2


async def test_there_is_no_third(team: Team) -> None:
    await to_second_result(team, TIE)
    assert "[ Second round ]" not in await team.card()
    told = await team.told("mike", Action.SECOND_ROUND)
    assert (
        '"Second round" is not possible now. #1 had its second round already, and there is no third; a decider can '
        "resolve it."
    ) in told


# --- While it collects ------------------------------------------------------------------------------------------


async def test_it_cannot_be_voided(team: Team) -> None:
    await to_second(team)
    await team.ballot("lisa", 2, 9)
    told = await team.told("mike", Action.VOID_ROUND)
    assert (
        '"Start over" is not possible now. The options of #1 are fixed by the result of its first round, so its '
        "second round cannot start over. Let it run, or cancel the decision."
    ) in told
    assert "#1 is being scored a second time (phase 4 of 6): 1 of 4 has scored" in await team.told(
        "mike", Action.START_SCORING
    )
    assert team.value("SELECT count(*) FROM evaluations") == 4


async def test_those_who_are_missing_are_nudged_anew(team: Team) -> None:
    await to_second(team, urgency_level=5)
    await team.ballot("mike", 2, 9)
    await team.settled()
    waiting = "SELECT member_id FROM reminders WHERE kind = 'score' AND next_at IS NOT NULL"
    missing = {team.actors[name].member.id for name in ("sarah", "lisa", "tom")}
    assert {member for (member,) in team.sql(waiting)} == missing
    assert team.value("SELECT max(asked) FROM reminders WHERE kind = 'score' AND next_at IS NOT NULL") == 1


async def test_below_quorum_it_is_extended_or_goes_on_without_and_shows_nothing_aggregated(team: Team) -> None:
    await to_second(team)
    await team.ballot("lisa", 2, 9)
    await team.end_round_now()
    await team.told("tom", Action.SCORE)
    card = await team.card()
    assert "1 of 4 has scored in the second round, and at least 3 of 4 must" in card
    assert "First round\n1=  Full refund" in card
    await team.window("mike", Action.EXTEND_ROUND)
    assert (await team.submit("mike", {"Scoring closes": datetime.now(UTC) + timedelta(days=1)})).ok
    await team.ballot("tom", 3, 9)
    await team.end_round_now()
    await team.told("tom", Action.SCORE)
    await team.house.person("mike").close(everything=True)
    await team.window("mike", Action.PROCEED)
    assert (await team.submit("mike", {"Reason": "It cannot wait."})).ok
    await team.published()

    card = await team.card()
    assert "No ranking: 2 people scored" in card
    assert "First round\n1=  Full refund" in card
    assert (
        team.value("SELECT body -> 'rows' FROM round_results r JOIN rounds o ON o.id = r.round_id WHERE number = 2")
        == []
    )
    await team.house.person("mike").close(everything=True)
    modal = await team.window("mike", Action.RESOLVE)
    assert "The ranking has no leader: your reason alone carries the choice." in modal.text
    assert "In the first round Full refund and Partial credit shared the first place." in modal.text


async def test_cancelling_in_it_deletes_its_ballots_and_leaves_the_first_result(team: Team) -> None:
    await to_second(team)
    await team.ballot("lisa", 2, 9)
    await team.window("mike", Action.CANCEL)
    assert (await team.submit("mike", {"Reason": "The customer left."})).ok

    assert "Cancelled" in await team.card()
    details = (await team.window("tom", ids.SHOW)).text
    assert "Result\nToo close to call: Full refund and Partial credit share the first place." in details
    assert team.value("SELECT count(*) FROM evaluations") == 0
    assert team.value("SELECT count(*) FROM ballot_pages") == 0
    verified = await results.verify(team.db, number=1, team_name=None)
    assert (verified.order, verified.is_as_published) == ("sealed", True), verified


async def test_a_page_of_the_first_round_is_refused_in_the_second(team: Team) -> None:
    await team.to_scoring()
    modal = await team.window("lisa", Action.SCORE)
    await team.house.person("lisa").fill(typed(7, 7))
    assert modal.title == "Score #1"
    for name, scores in TIE:
        if name != "lisa":
            await team.ballot(name, *scores)
    await team.end_round_now()
    await team.told("tom", Action.SCORE)
    await team.published()
    await team.window("mike", Action.SECOND_ROUND)
    assert (await team.house.person("mike").submit()).ok

    answer = await team.house.person("lisa").submit()

    assert answer.error == "This page belongs to an earlier round of #1, which is over. Press Score again."
    assert team.value("SELECT count(*) FROM ballot_pages") == 0


async def test_somebody_who_joined_since_is_not_asked(team: Team) -> None:
    await to_tie(team)
    await teams.add_people(team.db, team.by("sarah"), profiles=[team.profile("ana")], role="support_manager")
    await team.window("mike", Action.SECOND_ROUND)
    assert (await team.house.person("mike").submit()).ok

    told = await team.told("ana", Action.SCORE)

    assert "You are not asked to score #1: a second round asks those of the first one who are still active." in told
    assert "0 of 4 have scored in the second round" in await team.card()


async def test_who_left_since_is_not_asked_and_below_three_it_is_refused(team: Team) -> None:
    await to_tie(team)
    modal = await team.window("mike", Action.SECOND_ROUND)
    assert modal.submit == "Ask once more"
    await team.change("UPDATE team_members SET is_active = false WHERE name IN ('Lisa Rodriguez', 'Tom Becker')")
    answer = await team.house.person("mike").submit()
    assert answer.error == (
        "A second round of #1 takes at least 3 of those who were asked in the first one, and fewer are still active. A "
        "decider can resolve it as it is."
    )
    assert rounds(team) == 1
    assert team.value("SELECT count(*) FROM sealed_cells") == 0

    await team.change("UPDATE team_members SET is_active = true WHERE name = 'Tom Becker'")
    await team.house.person("mike").close(everything=True)
    await team.window("mike", Action.SECOND_ROUND)
    assert (await team.house.person("mike").submit()).ok
    assert "0 of 3 have scored in the second round" in await team.card()


# --- Pressed at once, pressed again ------------------------------------------------------------------------------


async def test_two_deciders_who_press_at_once_open_one(team: Team) -> None:
    await to_tie(team)
    for name in ("mike", "sarah"):
        await team.window(name, Action.SECOND_ROUND)
    answers = await asyncio.gather(*(team.house.person(name).submit() for name in ("mike", "sarah")))
    assert all(answer.status in ("ok", "errors") for answer in answers)
    windows = [(await team.modal(name)).text for name in ("mike", "sarah")]
    assert sum("The second round of #1 has started." in text for text in windows) == 1
    assert sum('"Second round" is not possible now. #1 is being scored a second time' in text for text in windows) == 1
    assert team.sql(LAST_ROUND, team.decision_id) == [(2, True)]
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'round.opened'") == 2
    team.check_deliveries()


async def test_resolving_and_asking_again_at_once_do_one_of_the_two(team: Team) -> None:
    await to_tie(team)
    await team.window("mike", Action.SECOND_ROUND)
    await team.window("sarah", Action.RESOLVE)
    await team.house.person("sarah").fill({"Option": "Full refund", "Reason": "It is fair."})
    await asyncio.gather(*(team.house.person(name).submit() for name in ("mike", "sarah")))
    await team.settled()
    is_resolved = team.state == ("resolved", 5)
    assert team.state in (("resolved", 5), ("evaluating", 4))
    assert rounds(team) == (1 if is_resolved else 2)
    assert team.value("SELECT count(*) FROM decision_outcomes") == int(is_resolved)


async def test_the_press_sent_twice_opens_one(team: Team) -> None:
    await to_tie(team)
    await team.window("mike", Action.SECOND_ROUND)
    assert (await team.house.person("mike").submit(copies=2)).ok
    assert rounds(team) == 2
    assert (await team.house.person("mike").again()).ok
    assert rounds(team) == 2


async def test_a_lost_answer_pressed_again_says_it_has_started(team: Team) -> None:
    await to_tie(team)
    await team.window("mike", Action.SECOND_ROUND)
    await team.house.person("mike").submit(lose_answer=True)
    await team.until("SELECT count(*) FROM rounds", 2)
    assert (await team.house.person("mike").submit()).ok
    assert "The second round of #1 has started." in (await team.modal("mike")).text
    assert rounds(team) == 2


async def test_a_closing_time_edited_after_a_lost_answer_counts_until_somebody_has_scored(team: Team) -> None:
    await to_tie(team)
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    await team.window("mike", Action.SECOND_ROUND)
    await team.house.person("mike").submit(lose_answer=True)
    await team.until("SELECT count(*) FROM rounds", 2)
    assert (await team.submit("mike", {"Scoring closes": later})).ok
    assert team.value("SELECT closes_at FROM rounds WHERE number = 2") == later
    assert rounds(team) == 2


async def test_a_closing_time_in_the_past_is_refused_under_its_field(team: Team) -> None:
    await to_tie(team)
    await team.window("mike", Action.SECOND_ROUND)
    answer = await team.submit("mike", {"Scoring closes": datetime(2020, 1, 1, tzinfo=UTC)})
    assert answer.error == "The closing time is in the past; choose a later one."
    assert rounds(team) == 1


async def test_the_vault_has_the_last_word(team: Team) -> None:
    await to_tie(team)
    for word, sentence in (
        ("followed", "A second round is not possible now. #1 is scored and its result published"),
        ("past", "The closing time is in the past. Choose a later one."),
    ):
        await team.change(
            "CREATE OR REPLACE FUNCTION open_second_round(p_decision uuid, p_by uuid, p_closes_at timestamptz, "
            "OUT answer text, OUT round_id uuid) RETURNS SETOF record LANGUAGE sql "
            f"AS $$ SELECT '{word}', NULL::uuid $$"
        )
        await team.window("mike", Action.SECOND_ROUND)
        answer = await team.house.person("mike").submit()
        said = f"{answer.error}\n{(await team.modal('mike')).text}"
        assert sentence in said
        await team.house.person("mike").close(everything=True)
    assert rounds(team) == 1


# --- What an operator sees, and what leaves ------------------------------------------------------------------------


async def test_verify_looks_at_both_rounds(team: Team) -> None:
    await to_second(team)
    assert await verdict(team) == (2, "#1: scoring is open")
    for name, scores in AHEAD:
        await team.ballot(name, *scores)
    await team.published()
    assert await verdict(team) == (0, "#1: sealed")
    with psycopg.connect(team.house.database_url, autocommit=True) as connection:
        connection.execute("UPDATE sealed_cells SET score = 11 - score WHERE score IN (3, 9)")
    assert await verdict(team) == (1, "#1: NOT sealed")


async def verdict(team: Team) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "verify", "1",
        env={**os.environ, "DATABASE_URL": team.house.database_url}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    words = out.decode()
    return process.returncode or 0, next(
        w for w in ("#1: scoring is open", "#1: sealed", "#1: NOT sealed") if w in words
    )


async def test_nothing_of_a_second_round_moves_before_it_is_published(team: Team) -> None:
    await to_second(team)
    await team.settled()

    def published() -> list[Any]:
        return list(team.sql("SELECT round_id, body::text FROM round_results ORDER BY 1"))

    before = published()
    for name, scores in AHEAD[:3]:
        await team.ballot(name, *scores)
        await team.settled()
        assert published() == before
        screen = await team.house.person("tom").screen()
        assert "Result of the second round" not in screen
    assert len(before) == 1
