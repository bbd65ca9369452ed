"""What waits for whom, through the database: read for many decisions as for one, and the same in list and reminders."""

from typing import Any

from sqlalchemy import event

from bot.domain.by import By
from bot.domain.waiting import Kind
from bot.services import decision as decisions
from bot.services import dossier as dossiers
from bot.services import reminder as reminders
from bot.store import dossier
from bot.store.db import run_tx
from tests.support.team import Team


async def play(team: Team) -> None:
    """A decision in nearly every state."""
    await team.open(title="To be defined", description="")
    await team.open(title="Without criteria")
    await team.change("UPDATE customer_decisions SET current_phase = 2 WHERE id = %s", team.decision_id)
    await team.to_options(["Only one"], title="Without options", urgency_level=4)
    await team.to_scoring("lisa", "tom", "mike", title="Being scored", urgency_level=5)
    await team.ballot("lisa")
    await team.to_scoring("lisa", "tom", "mike", title="Without quorum", urgency_level=4)
    await team.end_round_now()
    await dossiers.close_due_and_get(team.db, team.by("sarah"), team.decision_id)
    team._decision_id = None
    await team.to_result("lisa", "tom", "mike", title="With a result")
    await team.to_resolved("lisa", "tom", "mike", title="Resolved")
    await team.settled()


async def test_what_a_list_reads_of_many_is_what_is_read_of_each_alone(team: Team) -> None:
    await play(team)

    async def many(c: Any) -> list[Any]:
        return await dossier.open_briefs(c, team_id=team.actors["sarah"].team.id, now=team.now)

    async def alone(c: Any) -> list[Any]:
        team_id = team.actors["sarah"].team.id
        return [(await dossier.get(c, team_id=team_id, decision_id=b.decision.id)).brief for b in found]

    async def some(c: Any) -> dict[Any, Any]:
        return await dossier.get_briefs(c, [b.decision.id for b in found])

    found = await run_tx(team.db, many)

    assert len(found) == 7
    assert found == await run_tx(team.db, alone)
    assert {b.decision.id: b for b in found} == await run_tx(team.db, some)
    assert [b.decision.case.urgency_level for b in found] == [5, 4, 4, 3, 3, 3, 3]


async def test_a_list_takes_the_same_statements_for_many_decisions_as_for_a_few(team: Team) -> None:
    statements: list[str] = []

    @event.listens_for(team.db.engine.sync_engine, "before_cursor_execute")
    def note(_1: Any, _2: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    async def listed() -> tuple[int, list[str]]:
        await team.settled()
        statements.clear()
        lines = await decisions.unfinished(team.db, By(team.actors["tom"], team.now, team.rules))
        return len(lines), [statement for statement in statements if statement.startswith("SELECT")]

    await team.to_scoring("sarah", "lisa", "tom")
    few, asked = await listed()
    for _ in range(4):
        await team.to_scoring("sarah", "lisa", "tom")
        await team.open()

    assert (few, len(asked)) == (1, 5)
    assert await listed() == (9, asked)


async def test_who_is_reminded_finds_it_on_their_list_and_who_finds_it_there_is_reminded_or_invited(team: Team) -> None:
    team.give("tom", 3)
    await play(team)
    for (decision_id,) in team.sql("SELECT id FROM customer_decisions"):
        await reminders.plan(team.db, decision_id=decision_id, now=team.now, rules=team.rules)
    planned = set(team.sql("SELECT decision_id, member_id, kind FROM reminders WHERE waiting_since IS NOT NULL"))
    later = {Kind.STALLED.value, Kind.SCORING.value}  # half of the time is not over

    shown = set()
    for actor in team.actors.values():
        for line in await decisions.unfinished(team.db, By(actor, team.now, team.rules)):
            if line.waits and not line.waits.kind.is_invitation:
                shown.add((line.decision.id, actor.member.id, line.waits.kind.value))

    assert shown == {row for row in planned if row[2] not in later and not row[2].startswith("news.")}
    assert {kind for _, _, kind in shown} >= {
        "complete",
        "criteria",
        "options",
        "score",
        "undecided",
        "resolve",
        "inform",
    }
