"""An owner leaves: somebody is asked to take the decision over, everywhere alike, until somebody has."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.action import Action
from bot.domain.outcome import Answer
from bot.services import sweep as sweeps
from bot.views.slack import ids
from tests.support.hours import ALWAYS
from tests.support.plans import plan, waiting
from tests.support.steps import (
    Step,
    cancelled,
    criteria,
    defining,
    does,
    edited_by_sarah,
    informed,
    no_quorum,
    options,
    resolved,
    scoring,
)
from tests.support.team import Team

FASTER = "Mike Chen was faster: #1 is theirs now, taken over from Lisa Rodriguez."
GONE = "#1 is for its owner, and Lisa Rodriguez is no longer active."


async def cancelled_in_scoring(team: Team) -> None:
    await scoring(team)
    await cancelled(team)


async def finished(team: Team) -> None:
    await informed(team)
    await does(team, "lisa", ids.ANSWERS[Answer.WORKED])


async def lisa_leaves(team: Team) -> None:
    await edited_by_sarah(team, "lisa", {"Active": False})
    await team.settled()


@pytest.mark.parametrize(
    ("prepare", "action", "next_kind"),
    [
        (defining, Action.COMPLETE_CASE, "complete"),
        (criteria, Action.EDIT_CRITERIA, "criteria"),
        (options, Action.START_SCORING, "options"),
        (no_quorum, None, "undecided"),
        (informed, None, "outcome"),
    ],
)
async def test_what_an_owner_who_left_had_to_do_waits_for_a_decider_until_they_take_over(
    team: Team, prepare: Step, action: Action | None, next_kind: str
) -> None:
    await prepare(team)
    await lisa_leaves(team)
    await plan(team)

    assert waiting(team) == {"Mike Chen": {"take_over"}}
    assert "[ Take over ]" in await team.card()
    assert "no longer active" in await team.card()
    mike = team.house.person("mike")
    await mike.slash("/decide list")
    await mike.see("take over: Lisa Rodriguez, its owner, is no longer active")
    if action:
        assert f'"{action.label}" on {GONE} Ask Mike Chen to take it over.' in await team.told("tom", action)
        assert f'"{action.label}" on {GONE} Press "Take over" first: then it is yours.' in await team.told(
            "mike", action
        )

    assert "#1 is yours now; Lisa Rodriguez was its owner." in await team.told("mike", Action.TAKE_OVER)
    await team.settled()
    await plan(team)

    assert waiting(team) == {"Mike Chen": {next_kind}}
    assert "took over from Lisa Rodriguez" in await team.card()
    assert "[ Take over ]" not in await team.card()


@pytest.mark.parametrize("over", [cancelled_in_scoring, finished])
async def test_what_is_over_says_nothing_of_an_owner_who_left(team: Team, over: Step) -> None:
    """So no old card is drawn anew when somebody leaves, and none is out of date."""
    await over(team)
    card = await team.card()
    await lisa_leaves(team)

    details = await team.window("sarah", ids.SHOW)
    assert "Owner: @lisa" in details.text
    assert "no longer active" not in details.text
    assert await team.card() == card


async def test_of_two_who_take_over_at_once_the_second_is_told_who_was_faster(team: Team) -> None:
    await criteria(team)
    await lisa_leaves(team)

    said = await asyncio.gather(team.told("mike", Action.TAKE_OVER), team.told("sarah", Action.TAKE_OVER))

    ((details, who),) = team.sql(
        "SELECT details, m.name FROM audit_logs a JOIN team_members m ON m.id = a.user_id "
        "WHERE action = 'owner.changed'"
    )
    slower = next(words for words in said if "was faster" in words)
    assert f"{who} was faster: #1 is theirs now, taken over from Lisa Rodriguez." in slower
    assert details["owner"][0] == str(team.actors["lisa"].member.id)


async def test_whoever_presses_twice_is_told_that_it_is_theirs_and_it_is_taken_over_once(team: Team) -> None:
    await criteria(team)
    await lisa_leaves(team)

    for _ in range(2):
        assert "#1 is yours now" in await team.told("mike", Action.TAKE_OVER)

    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'owner.changed'") == 1
    assert FASTER in await team.told("sarah", Action.TAKE_OVER)


async def test_nobody_takes_over_without_the_authority_or_while_the_owner_is_there(team: Team) -> None:
    await criteria(team)
    told = await team.told("mike", Action.TAKE_OVER)
    assert '"Take over" is not possible now. #1 is getting its criteria (phase 2 of 6); Lisa Rodriguez submits' in told

    await lisa_leaves(team)

    told = await team.told("tom", Action.TAKE_OVER)
    assert (
        '"Take over" on #1 is for those who may resolve it, or come closest to that; you may decide up to USD 100. '
        "Ask Mike Chen."
    ) in told


async def test_an_owner_who_comes_back_owns_it_again_and_nobody_is_asked_any_more(team: Team) -> None:
    await criteria(team)
    await lisa_leaves(team)

    await edited_by_sarah(team, "lisa", {"Active": True})
    await team.settled()
    await plan(team)

    assert waiting(team) == {"Lisa Rodriguez": {"criteria"}}
    assert "[ Take over ]" not in await team.card()


async def test_an_owner_whom_slack_deactivates_is_followed_as_well(team: Team) -> None:
    await criteria(team)
    await team.settled()
    await team.change("UPDATE team_members SET is_active = false WHERE name = 'Lisa Rodriguez'")
    await plan(team)

    assert waiting(team) == {"Mike Chen": {"take_over"}}


async def test_where_the_resolver_has_left_the_customer_is_informed_by_somebody_of_their_authority(team: Team) -> None:
    await resolved(team)
    await edited_by_sarah(team, "mike", {"Active": False})
    await team.settled()
    await plan(team)

    assert waiting(team) == {"Sarah Johnson": {"inform"}, "Lisa Rodriguez": {"news.resolved"}}
    told = await team.told("tom", Action.INFORMED)
    assert (
        '"Customer informed" on #1 is for Mike Chen, who resolved it and is no longer active. Ask Sarah Johnson.'
    ) in told
    await does(team, "sarah", Action.INFORMED)


# --- A hundred people ------------------------------------------------------------------------------------------------


@pytest.fixture
async def hundred(team: Team) -> Team:
    """A hundred more of authority 1, who may all decide what is cheap."""
    team.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role, expertise_areas) "
        "SELECT id, 'm' || n || '@techcorp.com', 'Member ' || to_char(n, 'FM000'), '!', 'sales_manager', "
        "CASE WHEN n = 77 THEN ARRAY['refund_request'] END FROM teams, generate_series(1, 100) n"
    )
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    return team


def told_first(team: Team) -> list[str]:
    rows = team.sql(
        "SELECT m.name FROM reminders r JOIN team_members m ON m.id = r.member_id WHERE r.decision_id = %s "
        "AND r.kind = 'escalation.stalled' AND r.waiting_since IS NOT NULL ORDER BY r.next_at, m.name LIMIT 3",
        team.decision_id,
    )
    return [name for (name,) in rows]


async def test_an_urgent_cheap_decision_is_said_to_three_of_a_hundred_and_the_next_one_to_others(hundred: Team) -> None:
    cheap: Any = {"financial_impact": 50, "urgency_level": 5}
    await hundred.open(by="lisa", **cheap)
    await hundred.settled()
    await plan(hundred)

    ladder = "SELECT count(*) FROM reminders WHERE kind LIKE 'escalation.%%' AND decision_id = %s"
    assert hundred.value(ladder, hundred.decision_id) == 11
    first = told_first(hundred)  # then Mike, then Sarah, then six more
    assert "Member 077" in first  # whose expertise fits
    half = hundred.now + timedelta(days=3) / 2 + timedelta(minutes=1)
    await sweeps.sweep(hundred.db, now=half, rules=hundred.rules)
    told = "SELECT count(*) FROM outbox WHERE kind = 'nudge' AND payload ->> 'kind' = 'escalation.stalled'"
    assert hundred.value(told) == 3

    await plan(hundred)
    assert hundred.value(ladder, hundred.decision_id) == 11
    await hundred.open(by="lisa", **cheap)
    await plan(hundred)
    assert set(told_first(hundred)) & set(first) == {"Member 077"}
