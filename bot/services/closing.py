"""The first of the two steps that end a round, shared by everybody who may be the one to end it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import Origin
from bot.domain.decision import Dossier
from bot.store import audit, decision, dossier, outbox, round

PUBLISH = "result.publish"


async def close(
    c: AsyncConnection,
    found: Dossier,
    *,
    by: UUID | None,
    more: Mapping[str, object] | None = None,
    origin: Origin | None = None,
) -> str:
    """Close the round if it is due, complete, or `by` may and quorum holds; returns `close_round`'s word.

    more: what else the trail is to say; origin: from where `by` did it.

    The caller holds the decision's lock. Publication is a second, later transaction by way of the outbox: a closing
    that could be rolled back together with a look at the ballots would show every ballot.
    """
    if found.round is None:
        return "voided"
    answer = await round.close(c, found.round.id, by=by)
    if answer == "closed":
        await closed(c, team_id=found.team.id, decision_id=found.decision.id, by=by, more=more, origin=origin)
    return answer


async def closed(
    c: AsyncConnection,
    *,
    team_id: UUID,
    decision_id: UUID,
    by: UUID | None,
    more: Mapping[str, object] | None = None,
    origin: Origin | None = None,
) -> None:
    """What follows a closing, in the same transaction: the trail, the card, and publication if quorum holds."""
    found = await dossier.get(c, team_id=team_id, decision_id=decision_id)
    if found.round is None:
        return
    await audit.write(
        c,
        "round.closed",
        decision_id=decision_id,
        by=by,
        details={
            "cause": found.round.close_cause,
            "ballots": found.round.ballots,
            "roster": len(found.round.roster),
            "round": found.round.number,
            **(more or {}),
        },
        origin=origin,
    )
    if found.round.has_quorum:
        await enqueue_publication(c, found.round.id)
    await decision.changed(c, decision_id)


async def excuse(c: AsyncConnection, *, team_id: UUID, decision_id: UUID, round_id: UUID, member_id: UUID) -> None:
    """Ask them no more; if they were the last one missing, that closes the round. The caller holds the decision's lock
    and has written why into the trail.
    """
    await round.excuse(c, round_id=round_id, member_id=member_id)
    found = await dossier.get(c, team_id=team_id, decision_id=decision_id)
    answer = await close(c, found, by=None)
    if answer == "already" and found.round and found.round.has_quorum:
        # It had closed without quorum, and of those who are left enough have scored.
        await enqueue_publication(c, found.round.id)
    if answer != "closed":
        await decision.changed(c, decision_id)


async def enqueue_publication(c: AsyncConnection, round_id: UUID) -> None:
    await outbox.enqueue(
        c, kind=PUBLISH, lane=f"round:{round_id}", key=f"publish:{round_id}", payload={"round": str(round_id)}
    )
