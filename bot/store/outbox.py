"""Deliveries that must follow a commit: enqueue, claim, settle (table `outbox`, rows kept 30 days)."""

import json
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
NOBODY: Mapping[str, int] = {}
GONE_KEPT = timedelta(days=1)
"""How long deliveries wait for a workspace that has taken the app out: it may come back."""


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
    workspace_id: str = ""
    """The workspace that it is for; '' where nobody can tell."""
    traceparent: str | None = None
    """The span that queued it, where spans are exported."""


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

EACH = 20
"""So many heads of one workspace are looked for, unless a claim says otherwise: another worker may take some."""
EVERY = ""
"""For `claim`: whatever workspace a delivery is for."""
INSTALLED = "*"
"""For `claim`: the workspaces that have the app installed now."""

PLACES = 100
"""So many workspaces are looked at by one claim, and the next claim goes on behind them. Each costs some fifteen pages
of the database: with thousands that have something due, as at nine in the morning, a claim would take seconds."""


@dataclass
class Walk:
    """Where a worker's claims have come to, on their way round all workspaces that have something ready."""

    last: str | None = None
    is_over: bool = False
    """The claim has come round: whoever found nothing on the whole way may wait."""


# Only a lane's head can be claimed, and workspaces take turns: the first of each, then the second of each. What a
# worker has under way for a workspace (`busy`) counts, so that nobody's slow Slack takes up all hands. `due_heads`
# looks at so many rows of each, however many there are, and `head` locks one after the other until it has enough.
# IS TRUE: or PostgreSQL may look for each among all that are ready. MATERIALIZED: a join may otherwise evaluate the
# LIMIT twice. A worker with the token of one workspace leaves Slack's lanes of the others to their workers.
# `token` (of the claim, no secret) stays on the row until a verdict clears it: a row that has one while it is claimed
# was claimed before without a verdict, and is ambiguous.
_CLAIM = text(
    """
    WITH place AS MATERIALIZED (
      SELECT r.id, r.n FROM ready_workspaces(CAST(:last AS text), CAST(:places AS int)) AS r),
    turn AS MATERIALIZED (
      SELECT h.id, h.run_at, place.busy + row_number() OVER (PARTITION BY place.id ORDER BY h.run_at, h.id) AS turn
      FROM (
        SELECT p.id, coalesce(CAST(CAST(:busy AS jsonb) ->> p.id AS int), 0) AS busy,
          CASE :workspace WHEN '' THEN true WHEN '*' THEN is_installed(p.id) ELSE p.id = :workspace END AS is_ours
        FROM place p WHERE p.id IS NOT NULL) AS place
      CROSS JOIN LATERAL due_heads(place.id, place.is_ours, CAST(:each AS int) - place.busy) AS h),
    head AS MATERIALIZED (
      SELECT row.id, row.previous FROM (SELECT id FROM turn ORDER BY turn, run_at) AS turn
      CROSS JOIN LATERAL (
        SELECT o.id, o.token AS previous FROM outbox o
        WHERE o.id = turn.id AND (o.state = 'ready') IS TRUE AND o.run_at <= now() FOR UPDATE SKIP LOCKED) AS row
      LIMIT :at_most),
    claimed AS (
      UPDATE outbox o SET attempts = attempts + 1, token = :token,
        run_at = now() + make_interval(secs => :lease_seconds)
      FROM head WHERE o.id = head.id
      RETURNING o.id, o.kind, o.lane, o.dedupe_key, o.payload, o.attempts, head.previous IS NOT NULL AS is_ambiguous,
        o.created_at, o.workspace_id, o.traceparent)
    SELECT walked.last, walked.is_over, claimed.*
    FROM (SELECT p.id AS last, p.n < CAST(:places AS int) OR p.id <= CAST(:last AS text) AS is_over
      FROM place p ORDER BY p.n DESC LIMIT 1) AS walked
    LEFT JOIN claimed ON true
    """
)
_DONE = text(
    """
    UPDATE outbox SET state = 'done', done_at = now(), token = NULL, last_error = NULL, traceparent = NULL
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
    UPDATE outbox SET state = 'dead', done_at = now(), last_error = :error, traceparent = NULL,
      token = CASE WHEN :is_refusal THEN NULL ELSE token END
    WHERE id = :id AND token = :token AND state = 'ready'
    """
)
_DONE_NOW: Mapping[str, Any] = {"state": "done", "done_at": func.now(), "traceparent": None}


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
        await c.execute(mine.where(o.c.token.is_(None)).values(_DONE_NOW))


async def claim(
    c: AsyncConnection,
    *,
    token: int,
    at_most: int,
    lease_seconds: float,
    workspace: str,
    each: int = EACH,
    busy: Mapping[str, int] = NOBODY,
    walk: Walk | None = None,
) -> list[Delivery]:
    """Take the heads of lanes that are due; nobody else gets them for `lease_seconds`. One statement.

    `token`: names this claim; only who knows it may settle its rows. `workspace`: whose lanes of Slack, or `EVERY`, or
    `INSTALLED`. `each`: so many of one workspace at most, with those that are under way already (`busy`). `walk`: of
    the claims before, which goes on here; None: from the first workspace on.
    """
    walk = walk or Walk()
    words = {"token": token, "at_most": at_most, "lease_seconds": lease_seconds, "workspace": workspace, "each": each}
    words |= {"busy": json.dumps(dict(busy)), "last": walk.last, "places": PLACES}
    rows = (await c.execute(_CLAIM, words)).all()
    walk.last, walk.is_over = rows[0].last, bool(rows[0].is_over)
    return [
        Delivery(r.id, token, r.kind, r.lane, r.dedupe_key, r.payload, r.attempts, r.is_ambiguous, r.created_at,
                 r.workspace_id, r.traceparent)
        for r in rows if r.id is not None
    ]  # fmt: skip


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
        update(o).where(o.c.id.in_(ids), o.c.state == "ready", o.c.token.is_(None)).values(_DONE_NOW).returning(o.c.id)
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
        AND (o.lane NOT LIKE 'slack:%' OR
          CASE :workspace WHEN '' THEN true WHEN '*' THEN is_installed(o.workspace_id)
            ELSE o.workspace_id = :workspace END))
    SELECT count(*) FILTER (WHERE state = 'ready') AS ready, count(*) FILTER (WHERE state = 'dead') AS dead,
      count(*) FILTER (WHERE state = 'ready' AND last_error = ANY (:refusals)) AS refused,
      (array_agg(last_error ORDER BY run_at DESC) FILTER (WHERE state = 'ready' AND last_error = ANY (:refusals)))[1]
        AS refusal,
      coalesce(extract(epoch FROM now() - (SELECT since FROM due)), 0) AS oldest
    FROM outbox WHERE state <> 'done'
    """
)


async def standing(c: AsyncConnection, *, workspace: str, refusals: Iterable[str]) -> Standing:
    """One statement. `workspace`: as for `claim`; refusals: names of errors that an operator mends."""
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


async def give_up_gone(c: AsyncConnection) -> int:
    """Give up what waits for more than a day for a workspace that has taken the app out. Returns how many."""
    o, i, w = t.outbox, t.workspace_installations.c, t.enterprise_workspaces.c
    ended_then = (i.status != "active") & (i.ended_at < func.now() - GONE_KEPT)
    of_org = (i.enterprise_id == w.enterprise_id) & i.team_id.is_(None)
    ours = select(w.workspace_id).join(t.workspace_installations, of_org)
    left_then = w.left_at < func.now() - GONE_KEPT
    gone = select(i.team_id).where(ended_then, i.team_id.is_not(None)).union(ours.where(ended_then | left_then))
    waits = (o.c.state == "ready", o.c.lane.like("slack:%"), o.c.created_at < func.now() - GONE_KEPT)
    there = (o.c.workspace_id.in_(gone), func.is_installed(o.c.workspace_id).is_(False))
    ended = update(o).where(*waits, *there).values({**_DONE_NOW, "state": "dead", "last_error": "not_installed"})
    return (await c.execute(ended)).rowcount


async def purge(c: AsyncConnection, *, at_most: int) -> int:
    """Delete what was settled more than 30 days ago, oldest first. Returns how many."""
    o = t.outbox.c
    old = select(o.id).where(o.state != "ready", o.done_at < func.now() - KEPT).order_by(o.done_at).limit(at_most)
    return (await c.execute(delete(t.outbox).where(o.id.in_(old.with_for_update(skip_locked=True))))).rowcount
