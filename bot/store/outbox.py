"""Deliveries that must follow a commit: enqueue, claim, settle (table `outbox`, rows kept 30 days)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t

CHANNEL = "outbox"
KEPT = timedelta(days=30)
MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class Delivery:
    """One claimed row. `payload` carries ids alone: the message is rendered when it is sent, from the state of then."""

    id: int
    token: int
    kind: str
    lane: str
    dedupe_key: str
    payload: Mapping[str, Any]
    attempts: int
    is_ambiguous: bool
    """An earlier claim ended without a verdict: its effect may or may not have happened."""
    created_at: datetime
    """By the database's clock. No message of this delivery is older, so a search for one begins here."""


def slack_lane(workspace_id: str, conversation: str) -> str:
    """Deliveries to one conversation keep their order; other conversations do not wait for it."""
    return f"slack:{workspace_id}:{conversation}"


# NOTIFY is delivered at commit, so the worker never wakes for a row that it cannot see yet.
_ENQUEUE = text(
    """
    WITH added AS (
      INSERT INTO outbox(kind, lane, dedupe_key, payload, run_at)
      VALUES (:kind, :lane, :key, :payload, now() + make_interval(secs => :after_seconds))
      ON CONFLICT (dedupe_key) DO NOTHING RETURNING id)
    SELECT id, pg_notify('outbox', '') FROM added
    """
).bindparams(bindparam("payload", type_=JSONB))

# Only a lane's head can be claimed. It is found by `= (SELECT min ...)`: the obvious "NOT EXISTS an earlier one" took
# quadratic time with 20,000 rows behind one rate-limited head. MATERIALIZED: a join may otherwise evaluate the LIMIT
# twice. A worker holds Slack's token of one workspace, so it leaves the lanes of other workspaces to their workers.
# `token` (of the claim, no secret) stays on the row until a verdict clears it: a row that has one while it is claimed
# was claimed before without a verdict, and is ambiguous.
_CLAIM = text(
    """
    WITH head AS MATERIALIZED (
      SELECT o.id, o.token AS previous FROM outbox o
      WHERE o.state = 'ready' AND o.run_at <= now()
        AND o.id = (SELECT min(p.id) FROM outbox p WHERE p.lane = o.lane AND p.state = 'ready')
        AND (:workspace = '' OR o.lane NOT LIKE 'slack:%' OR starts_with(o.lane, 'slack:' || :workspace || ':'))
      ORDER BY o.run_at LIMIT :at_most FOR UPDATE OF o SKIP LOCKED)
    UPDATE outbox o SET attempts = attempts + 1, token = :token, run_at = now() + make_interval(secs => :lease_seconds)
    FROM head WHERE o.id = head.id
    RETURNING o.id, o.kind, o.lane, o.dedupe_key, o.payload, o.attempts, head.previous IS NOT NULL AS is_ambiguous,
      o.created_at
    """
)
_DONE = text(
    """
    UPDATE outbox SET state = 'done', done_at = now(), token = NULL, last_error = NULL
    WHERE id = :id AND token = :token AND state = 'ready'
    """
)
_LATER = text(
    """
    UPDATE outbox SET run_at = now() + make_interval(secs => :after_seconds), last_error = :error,
      token = CASE WHEN :is_refusal THEN NULL ELSE token END,
      attempts = attempts - CASE WHEN :is_free THEN 1 ELSE 0 END
    WHERE id = :id AND token = :token AND state = 'ready'
    """
)
_DEAD = text(
    """
    UPDATE outbox SET state = 'dead', done_at = now(), last_error = :error,
      token = CASE WHEN :is_refusal THEN NULL ELSE token END
    WHERE id = :id AND token = :token AND state = 'ready'
    """
)


async def enqueue(
    c: AsyncConnection,
    *,
    kind: str,
    lane: str,
    key: str,
    payload: Mapping[str, object],
    after_seconds: float = 0.0,
) -> bool:
    """Add one delivery in the caller's transaction, due after so long. False: one with this key exists already."""
    words = {"kind": kind, "lane": lane, "key": key, "payload": dict(payload), "after_seconds": after_seconds}
    row = await c.execute(_ENQUEUE, words)
    return row.first() is not None


async def go_on(c: AsyncConnection, *, key: str, payload: Mapping[str, object], is_done: bool) -> None:
    """Write down how far a delivery has come that is done in parts. is_done: settled, unless a worker is at it."""
    o = t.outbox
    mine = update(o).where(o.c.dedupe_key == key, o.c.state == "ready")
    await c.execute(mine.values(payload=dict(payload)))
    if is_done:
        await c.execute(mine.where(o.c.token.is_(None)).values(state="done", done_at=func.now()))


async def claim(
    c: AsyncConnection, *, token: int, at_most: int, lease_seconds: float, workspace: str
) -> list[Delivery]:
    """Take the heads of lanes that are due; nobody else gets them for `lease_seconds`. One statement.

    `token`: names this claim; only who knows it may settle its rows. `workspace`: '' for the lanes of every one.
    """
    rows = await c.execute(
        _CLAIM, {"token": token, "at_most": at_most, "lease_seconds": lease_seconds, "workspace": workspace}
    )
    return [
        Delivery(r.id, token, r.kind, r.lane, r.dedupe_key, r.payload, r.attempts, r.is_ambiguous, r.created_at)
        for r in rows
    ]


async def settle_done(c: AsyncConnection, delivery: Delivery) -> None:
    """The effect has happened. Does nothing where another worker has claimed the row since."""
    await c.execute(_DONE, {"id": delivery.id, "token": delivery.token})


async def settle_later(
    c: AsyncConnection,
    delivery: Delivery,
    *,
    after_seconds: float,
    error: str,
    is_refusal: bool,
    is_free: bool,
) -> None:
    """Try again later.

    `is_refusal`: the attempt certainly had no effect, so the row is not ambiguous. `is_free`: it does not count towards
    `MAX_ATTEMPTS`.
    """
    await c.execute(
        _LATER,
        {
            "id": delivery.id,
            "token": delivery.token,
            "after_seconds": after_seconds,
            "error": error,
            "is_refusal": is_refusal,
            "is_free": is_free,
        },
    )


async def settle_dead(c: AsyncConnection, delivery: Delivery, *, error: str, is_refusal: bool) -> None:
    """Give up; the lane goes on with its next row.

    `is_refusal`: certainly without effect. Otherwise the row stays ambiguous if an operator makes it ready again.
    """
    words = {"id": delivery.id, "token": delivery.token, "error": error, "is_refusal": is_refusal}
    await c.execute(_DEAD, words)


async def settle_superseded(c: AsyncConnection, *, kind: str, decision_id: str, up_to_revision: int) -> int:
    """Mark deliveries of this revision and older ones done, unless they were ever tried; returns how many.

    The card that was just sent shows their changes too, so a burst of changes updates the card once.
    """
    rows = await c.execute(
        text(
            """
            UPDATE outbox SET state = 'done', done_at = now(), token = NULL
            WHERE state = 'ready' AND kind = :kind AND payload->>'decision' = :decision
              AND (payload->>'revision')::bigint <= :revision AND token IS NULL
            """
        ),
        {"kind": kind, "decision": decision_id, "revision": up_to_revision},
    )
    return rows.rowcount


async def ready_in_lane(c: AsyncConnection, *, lane: str, kind: str, after: int) -> list[tuple[int, Mapping[str, Any]]]:
    """(id, payload) of the deliveries of one kind that wait behind `after` in its lane and were never tried."""
    o = t.outbox.c
    rows = await c.execute(
        select(o.id, o.payload)
        .where(o.lane == lane, o.kind == kind, o.state == "ready", o.id > after, o.token.is_(None))
        .order_by(o.id)
    )
    return [(row.id, row.payload) for row in rows]


async def is_on_its_way(c: AsyncConnection, *, lane: str, kinds: Sequence[str]) -> bool:
    """Whether a delivery of one of these kinds waits in the lane, is being tried or will be tried again."""
    o = t.outbox.c
    found = await c.execute(select(o.id).where(o.lane == lane, o.kind.in_(kinds), o.state == "ready").limit(1))
    return found.first() is not None


async def is_untried(c: AsyncConnection, *, kinds: Sequence[str], within: timedelta) -> bool:
    """Whether a delivery of one of these kinds, queued in this time, waits for its first attempt to end."""
    o = t.outbox.c
    fresh = o.state == "ready", o.last_error.is_(None), o.created_at > func.now() - within
    return (await c.execute(select(o.id).where(o.kind.in_(kinds), *fresh).limit(1))).first() is not None


async def cover(c: AsyncConnection, delivery_id: int, ids: Sequence[int]) -> None:
    """Write down which deliveries of its lane this one's message covers, so that a repeated attempt covers the same."""
    o = t.outbox
    covers = cast({"covers": list(ids)}, JSONB)
    await c.execute(update(o).where(o.c.id == delivery_id).values(payload=o.c.payload.op("||")(covers)))


async def settle_merged(c: AsyncConnection, ids: Sequence[int]) -> set[int]:
    """Mark deliveries done that another one of their lane has covered. Returns those that were not done yet."""
    o = t.outbox
    rows = await c.execute(
        update(o)
        .where(o.c.id.in_(ids), o.c.state == "ready", o.c.token.is_(None))
        .values(state="done", done_at=func.now())
        .returning(o.c.id)
    )
    return set(rows.scalars())


@dataclass(frozen=True)
class Standing:
    """How the deliveries stand."""

    ready: int
    dead: int
    oldest_due_seconds: float
    """For how long the head of a lane has been due, at most; 0 where none is. Above a minute something is wrong.

    Rows behind a head do not count, nor heads that wait for their next attempt.
    """
    refused: int
    """Of those that are ready: how many failed last with an error that only an operator can mend."""
    refusal: str | None
    """Slack's name of that error, of the one whose next attempt is the latest."""


# Heads as `_CLAIM` finds them, each lane's by one look into the index.
_STANDING = text(
    """
    WITH due AS (
      SELECT min(o.run_at) AS since FROM outbox o WHERE o.state = 'ready' AND o.run_at <= now()
        AND o.id = (SELECT min(p.id) FROM outbox p WHERE p.lane = o.lane AND p.state = 'ready')
        AND (:workspace = '' OR o.lane NOT LIKE 'slack:%' OR starts_with(o.lane, 'slack:' || :workspace || ':')))
    SELECT count(*) FILTER (WHERE state = 'ready') AS ready, count(*) FILTER (WHERE state = 'dead') AS dead,
      count(*) FILTER (WHERE state = 'ready' AND last_error = ANY (:refusals)) AS refused,
      (array_agg(last_error ORDER BY run_at DESC) FILTER (WHERE state = 'ready' AND last_error = ANY (:refusals)))[1]
        AS refusal,
      coalesce(extract(epoch FROM now() - (SELECT since FROM due)), 0) AS oldest
    FROM outbox WHERE state <> 'done'
    """
)


async def standing(c: AsyncConnection, *, workspace: str, refusals: Iterable[str]) -> Standing:
    """One statement. `workspace` '' = every workspace's lanes; refusals: names of errors that an operator mends."""
    row = (await c.execute(_STANDING, {"workspace": workspace, "refusals": sorted(refusals)})).one()
    return Standing(row.ready, row.dead, float(row.oldest), row.refused, row.refusal)


@dataclass(frozen=True)
class GivenUp:
    id: int
    kind: str
    lane: str
    attempts: int
    error: str
    at: datetime


async def given_up(c: AsyncConnection, *, at_most: int) -> list[GivenUp]:
    """Dead deliveries, newest first."""
    o = t.outbox.c
    rows = await c.execute(
        select(o.id, o.kind, o.lane, o.attempts, o.last_error, o.done_at)
        .where(o.state == "dead")
        .order_by(o.id.desc())
        .limit(at_most)
    )
    return [GivenUp(r.id, r.kind, r.lane, r.attempts, r.last_error or "", r.done_at) for r in rows]


async def retry(c: AsyncConnection, *, ids: Sequence[int]) -> int:
    """Make dead deliveries ready again, with all `MAX_ATTEMPTS` before them; every dead one where `ids` is empty.

    Returns how many.
    """
    o = t.outbox
    query = update(o).where(o.c.state == "dead").values(state="ready", attempts=0, run_at=func.now(), done_at=None)
    done = await c.execute(query.where(o.c.id.in_(ids)) if ids else query)
    await c.execute(select(func.pg_notify(CHANNEL, "")))
    return done.rowcount


async def purge(c: AsyncConnection) -> int:
    """Delete what was settled more than 30 days ago."""
    old = delete(t.outbox).where(t.outbox.c.state != "ready", t.outbox.c.done_at < func.now() - KEPT)
    return (await c.execute(old)).rowcount
