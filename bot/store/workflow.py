"""Runs of Workflow Builder's step: which decision each waits for, and whether its answer is on its way."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import outbox
from bot.store import tables as t

END = "workflow.end"
_RUNS = t.workflow_runs


async def add(c: AsyncConnection, execution_id: str, *, workspace_id: str) -> bool:
    """False: this run is known. Slack sends an event again that was not answered in time."""
    run = upsert(_RUNS).values(execution_id=execution_id, workspace_id=workspace_id).on_conflict_do_nothing()
    return (await c.execute(run.returning(_RUNS.c.execution_id))).first() is not None


async def wait_for(c: AsyncConnection, execution_id: str, decision_id: UUID) -> None:
    await c.execute(update(_RUNS).where(_RUNS.c.execution_id == execution_id).values(decision_id=decision_id))


async def end(c: AsyncConnection, decision_id: UUID) -> None:
    """The decision is over: queue the answer of every run that waits for it, each once."""
    waiting = update(_RUNS).where(_RUNS.c.decision_id == decision_id, _RUNS.c.ended_at.is_(None))
    for row in (await c.execute(waiting.values(ended_at=func.now()).returning(_RUNS))).all():
        await _answer(c, row.workspace_id, row.execution_id, {"decision": str(decision_id)})


async def refuse(c: AsyncConnection, execution_id: str, *, workspace_id: str, error: str) -> None:
    """Nothing was opened: queue the sentence that says why."""
    if await add(c, execution_id, workspace_id=workspace_id):
        await c.execute(update(_RUNS).where(_RUNS.c.execution_id == execution_id).values(ended_at=func.now()))
        await _answer(c, workspace_id, execution_id, {"error": error})


async def reopen(c: AsyncConnection, execution_id: str) -> None:
    """The choice was taken back before Slack was told of it: it waits again."""
    await c.execute(update(_RUNS).where(_RUNS.c.execution_id == execution_id).values(ended_at=None))


async def _answer(c: AsyncConnection, workspace_id: str, execution_id: str, payload: Mapping[str, object]) -> None:
    lane = outbox.slack_lane(workspace_id, f"workflow-{execution_id}")
    key = f"{END}:{execution_id}:{uuid4()}"
    await outbox.enqueue(c, kind=END, lane=lane, key=key, payload={"execution": execution_id, **payload})
