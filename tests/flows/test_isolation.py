"""One thing that cannot be read fails alone: the others' rounds close, their nudges and tables arrive."""

from typing import Any

from sqlalchemy import event

from bot import jobs
from bot.services import outbox as deliveries
from bot.services.nudge import PLAN_AT_ONCE
from bot.store import reminder
from bot.store.db import autocommit
from tests.support.hours import ALWAYS
from tests.support.team import Team

HURRY = "UPDATE outbox SET run_at = now() WHERE state = 'ready' AND last_error IS NOT NULL AND token IS NOT NULL"
PLANNED = "SELECT planned_revision IS NOT DISTINCT FROM revision FROM customer_decisions WHERE id = %s"


async def spoil(team: Team, decision_id: Any) -> None:
    """Make the decision's round unreadable, whatever it is read for."""
    await team.settled()
    await team.change("UPDATE rounds SET snapshot = '{}' WHERE decision_id = %s", decision_id)


async def test_a_tick_closes_and_plans_the_others_and_gives_up_what_cannot_be_read_where_an_operator_sees_it(
    team: Team,
) -> None:
    await team.to_scoring(title="Broken")
    broken = team.decision_id
    await team.to_scoring(title="Whole")
    whole = team.decision_id
    await spoil(team, broken)
    await team.change("UPDATE rounds SET closes_at = now() - interval '1 minute'")
    await team.change("UPDATE customer_decisions SET planned_revision = NULL")

    assert await jobs.tick(team.house.bot.deps)
    assert team.value("SELECT closed_at IS NOT NULL FROM rounds WHERE decision_id = %s", whole) is True
    await team.until(PLANNED, True, whole)
    for _ in range(60):
        await team.change(HURRY)
        if given_up := await deliveries.given_up(team.db, at_most=9):
            break
        await team.until("SELECT count(*) FROM outbox WHERE state = 'ready' AND run_at <= now()", 0)
    assert [(row.kind, row.lane, row.error) for row in given_up] == [
        ("decision.changed", f"decision:{broken}", "KeyError")
    ]
    assert await jobs.tick(team.house.bot.deps)
    assert len(await deliveries.given_up(team.db, at_most=9)) == 1
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'ready'") == 0


async def test_what_was_given_up_is_planned_once_it_can_be_read_and_is_put_back(team: Team) -> None:
    await team.to_scoring()
    await team.settled()
    await team.change("UPDATE customer_decisions SET planned_revision = NULL")
    await team.change(
        "UPDATE outbox SET state = 'dead', last_error = 'KeyError' WHERE id = (SELECT max(id) FROM outbox "
        "WHERE kind = 'decision.changed')"
    )
    assert await jobs.tick(team.house.bot.deps)
    assert team.value(PLANNED, team.decision_id) is False

    await deliveries.retry(team.db, ids=[])
    await team.until(PLANNED, True, team.decision_id)


async def test_a_digest_tells_of_the_others_once(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_scoring("lisa", "tom", title="Broken")
    broken = team.decision_id
    await team.to_scoring("lisa", "tom", title="Whole")
    await team.settled()
    for channel in team.house.sandbox.town.workspace.channels.values():
        channel.messages.clear()  # what was told at the start
    await spoil(team, broken)
    await team.change("UPDATE reminders SET next_at = now() WHERE kind = 'score'")
    assert await jobs.tick(team.house.bot.deps)
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'nudge' AND state = 'ready'", 0)

    told = [m.rendered for m in await team.house.person("tom").messages("dm")]
    assert [sum(title in text for text in told) for title in ("Broken", "Whole")] == [0, 1]
    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'nudge' AND state = 'dead'") == 0


async def test_a_table_has_the_lines_of_all_decisions(team: Team) -> None:
    await team.to_result(title="Broken")
    broken = team.decision_id
    await team.to_result(title="Whole")
    await team.settled()
    await team.change(
        "UPDATE round_results SET body = '{}' WHERE round_id = (SELECT id FROM rounds WHERE decision_id = %s)", broken
    )
    assert (await team.house.person("lisa").slash("/decide export")).ok
    await team.settled()

    assert team.value("SELECT count(*) FROM outbox WHERE kind LIKE 'export%' AND state = 'dead'") == 0
    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'export' AND state = 'done'") == 1


async def test_a_result_that_cannot_be_read_leaves_the_ticks_of_all_others_alone(team: Team) -> None:
    await team.to_result(title="Broken")
    await team.settled()
    await team.change("UPDATE round_results SET body = '{}'")
    await team.to_scoring(title="Whole")
    await team.settled()
    await team.change("UPDATE customer_decisions SET planned_revision = NULL")
    assert await jobs.tick(team.house.bot.deps)
    await team.until(PLANNED, True, team.decision_id)


async def test_a_nudge_reads_as_many_statements_for_thirty_waits_as_for_three(team: Team) -> None:
    """Each statement is a round trip, and the time for all of them is bounded."""
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    counts = []
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    for more in (3, 27):
        for _ in range(more):
            await team.open(urgency_level=5)
        await team.settled()
        await team.change("UPDATE reminders SET next_at = now() WHERE waiting_since IS NOT NULL")
        statements: list[str] = []

        @event.listens_for(team.house.bot.deps.db.engine.sync_engine, "before_cursor_execute")
        def note(_1: Any, _2: Any, statement: str, *_: Any, kept: list[str] = statements) -> None:
            kept.append(statement)

        # Not by a tick: it may also plan what a quick delivery has left to it, a decision a statement.
        await autocommit(team.db, lambda c: reminder.claim_due(c, now=team.house.bot.deps.now))
        await team.settled()
        counts.append(sum("FROM response_options" in statement for statement in statements))
    (digest,) = [m.rendered for m in await team.house.person("sarah").messages("dm") if "30 things" in m.rendered]

    assert max(counts) <= 3 + PLAN_AT_ONCE
    assert "and 20 more" in digest
