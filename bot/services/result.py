"""Publish a closed round, once: analyse, keep what the thresholds allow, seal the rest."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.analysis import analyse
from bot.domain.decision import Dossier
from bot.domain.publication import publish as publishable
from bot.domain.publication import with_sentences
from bot.domain.result import Result
from bot.domain.round import Round
from bot.errors import Conflict
from bot.store import audit, decision, dossier, outbox, result, round, team
from bot.store.db import Db, run_tx

RESULT, REDRAWN = "result", "result.redrawn"
_ALREADY = "CV003"
PUBLISH_SECONDS = 17.0
"""Enough for a round of 1,000 people on a slow day; less than the worker gives a delivery, so that the transaction has
ended, one way or the other, before anybody else may try."""


async def publish(db: Db, *, round_id: UUID) -> None:
    """The second step of closing. Safe to repeat: a round that is published or voided is left alone.

    Raises Conflict where the round is not closed or lacks quorum and override.
    """
    try:
        await run_tx(db, lambda c: _publish(c, round_id), budget_seconds=PUBLISH_SECONDS)
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", "") or ""
        if state == _ALREADY:
            return
        if state.startswith("CV"):
            raise Conflict(f"Round {round_id} cannot be published yet ({state}).") from None
        raise


async def _publish(c: AsyncConnection, round_id: UUID) -> None:
    place = await round.find_decision(c, round_id)
    if place is None:
        return
    team_id, decision_id = place
    found = await dossier.get(c, team_id=team_id, decision_id=decision_id, lock=True)
    live = found.round
    if live is None or live.id != round_id:
        return
    handed_out = await result.publish(
        c, round_id, option_ids=live.option_ids, criterion_ids=[criterion for criterion, _ in live.weights]
    )
    # In a thread: a big round takes a second or more, in which nobody else would be answered.
    published = await asyncio.to_thread(_result, live, handed_out)
    await result.store(c, round_id, published)
    details = {"round": str(round_id), "ballots": published.ballots}
    await audit.write(c, "round.published", decision_id=decision_id, details=details)
    await decision.set_unheard(c, decision_id, None)
    await decision.changed(c, decision_id)
    await _enqueue_results(c, found, round_id)


def _result(live: Round, handed_out: result.HandedOut) -> Result:
    """Pure, and slow for a big round."""
    analysis = analyse(
        option_ids=live.option_ids,
        weights=live.weights,
        ballots=handed_out.ballots,
        confidences=handed_out.confidences,
    )
    return publishable(
        analysis,
        weights=live.weights,
        ballots=len(handed_out.ballots),
        people=live.people,
        thresholds=live.thresholds,
        is_second=live.follows is not None,
    )


async def _enqueue_results(c: AsyncConnection, found: Dossier, round_id: UUID) -> None:
    """The result message goes to the card's thread, after the card of this revision, in the same lane."""
    d = found.decision
    if d.workspace_id:
        await outbox.enqueue(
            c,
            kind=RESULT,
            lane=outbox.slack_lane(d.workspace_id, d.channel_id or f"decision-{d.id}"),
            key=f"result:{round_id}",
            payload={"decision": str(d.id), "round": str(round_id)},
        )


async def redraw(c: AsyncConnection, found: Dossier) -> None:
    """Have the message with the result drawn anew within another use case: what comes next is not what it says."""
    d = found.decision
    if found.result and d.workspace_id:
        await outbox.enqueue(
            c,
            kind=REDRAWN,
            lane=outbox.slack_lane(d.workspace_id, d.channel_id or f"decision-{d.id}"),
            key=f"{REDRAWN}:{d.id}:{d.revision}",
            payload={"decision": str(d.id)},
        )


async def comments(db: Db, *, found: Dossier) -> list[tuple[UUID, str]]:
    """(option id, comment) as published; empty before, and where none may be shown. A second round asks for none: those
    of the first stay."""
    live = found.round
    round_id = None if live is None else live.follows or (live.id if live.published_at else None)
    if round_id is None:
        return []

    async def work(c: AsyncConnection) -> list[tuple[UUID, str]]:
        return await result.comments(c, round_id)

    return await run_tx(db, work)


@dataclass(frozen=True)
class Verified:
    """What `conclave verify` found of a decision."""

    order: str
    """'none' | 'open' | 'closed' | 'voided' | 'sealed' | 'unsealed': of all its rounds. 'unsealed' where any
    published round is; else as the latest round that was not voided."""
    findings: tuple[tuple[str, str], ...] = ()
    """(what of a published round was looked at, 'same' or what is wrong with it), round by round."""

    @property
    def is_as_published(self) -> bool:
        return all(answer in FINE for _, answer in self.findings)


FINE = ("same", "none", "renamed")
"""Nothing wrong: alike, nothing of the kind, or an option that only got another name."""


async def verify(db: Db, *, number: int, team_name: str | None) -> Verified:
    """Compare what was published of a decision with the sealed scores and what was frozen when scoring started.

    Raises NotFound where there is no such team or decision, Invalid where several teams match.
    """

    async def work(c: AsyncConnection) -> Verified:
        found = await team.get_by_name(c, team_name)
        decision_id = await decision.get_id(c, team_id=found.id, number=number)
        looks = [await _look(c, round_id) for round_id in await round.of_decision(c, decision_id)]
        orders = [look.pop("order") for look in looks]
        findings = tuple(pair for look in looks for pair in look.items())
        if "unsealed" in orders:
            return Verified("unsealed", findings)
        kept = [order for order in orders if order != "voided"] or orders
        return Verified(kept[-1] if kept else "none", findings)

    return await run_tx(db, work)


async def _look(c: AsyncConnection, round_id: UUID) -> dict[str, str]:
    """What the vault says, and whether the sentences follow from the printed means: that takes no scores."""
    told = await result.verify(c, round_id)
    if told["order"] not in ("sealed", "unsealed") or told.get("result") == "missing":
        return told
    weights = await round.weights_of(c, round_id)
    try:
        published = await result.find(c, round_id)
        is_same = published is not None and (published.version < 2 or with_sentences(published, weights) == published)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):  # somebody wrote into the stored body
        return told | {"sentences": "unreadable"}
    return told | {"sentences": "same" if is_same else "differ"}
