"""Keep reminders as the decisions are, hand out what is due, and say whether it still holds when it is delivered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.authority import AuthorityTable
from bot.domain.by import By
from bot.domain.decision import Dossier, Phase, Status
from bot.domain.preference import Preferences, tomorrow, zone_of
from bot.domain.reminder import Asked, Kind, Waiting, is_allowed, next_at, waiting
from bot.domain.team import Member
from bot.errors import NotFound
from bot.services import closing
from bot.services.isolation import each
from bot.store import decision, dossier, outbox, preference, reminder, team
from bot.store.db import Db, autocommit, run_tx
from bot.store.outbox import Delivery

NUDGE = reminder.NUDGE
FOLLOW = decision.FOLLOW
EMAIL, SMS = "email", "sms"
PLAN_AT_MOST = 500
"""Decisions planned in one tick; what is left is the next one's."""
ROUNDS_AT_MOST = 100


# --- Planning: idempotent, from the state of the moment.


async def plan(db: Db, *, decision_id: UUID, now: datetime, table: AuthorityTable) -> None:
    """Make the reminders of a decision those of its present state. Does nothing where it is gone."""

    async def work(c: AsyncConnection) -> None:
        team_id = await reminder.begin_plan(c, decision_id)
        if team_id:
            await _plan(c, team_id=team_id, decision_id=decision_id, now=now, table=table)

    await run_tx(db, work)


async def plan_each(db: Db, decision_ids: Iterable[UUID], *, now: datetime, table: AuthorityTable) -> int:
    """Plan them one by one; returns how many were. One that cannot be is left to a delivery of its own, by which it is
    given up sooner or later, and seen."""
    found = await each(
        "the reminders of a decision cannot be planned",
        decision_ids,
        lambda decision_id: plan(db, decision_id=decision_id, now=now, table=table),
    )
    for decision_id, error in found.broken.items():
        await run_tx(db, partial(decision.follow_again, decision_id=decision_id, error=error))
    return len(found.done)


async def _plan(c: AsyncConnection, *, team_id: UUID, decision_id: UUID, now: datetime, table: AuthorityTable) -> None:
    """Read without a lock, write under it: whoever presses a button must not wait for a plan.

    A decision that has moved on in between is left to the plan of its newer revision.
    """
    found = await dossier.get(c, team_id=team_id, decision_id=decision_id)
    d = found.decision
    members = await team.members(c, team_id=team_id, workspace_id=d.workspace_id)
    ways = await preference.ways(c, team_id=team_id, workspace_id=d.workspace_id)
    items = waiting(found, members, now=now, table=table)
    if not await reminder.lock_decision(c, decision_id, revision=d.revision):
        return
    rows = await reminder.of_decision(c, decision_id)
    wanted: list[reminder.Row] = []
    heard: list[tuple[Waiting, datetime]] = []
    for item in items:
        before = rows.pop((item.member_id, item.kind.value), None)
        below = [at for other, at in heard if other.kind is item.kind and other.rung < item.rung]
        row = _planned(item, before, ways[item.member_id], now, below)
        heard += [(item, at) for at in (row.last_at, row.next_at) if at]
        if row != before:
            wanted.append(row)
    gone = [row for row in rows.values() if row.waiting_since or row.next_at]
    wanted += [replace(row, waiting_since=None, next_at=None) for row in gone]
    await reminder.put(c, decision_id=decision_id, rows=wanted)
    await reminder.set_planned(c, decision_id, d.revision)


def _planned(
    item: Waiting, row: reminder.Row | None, ways: preference.Ways, now: datetime, below: Sequence[datetime]
) -> reminder.Row:
    asked = _asked(item, row) or Asked(item.since or now)
    zone = zone_of(ways.tz)
    at = next_at(item, asked, now=now, preferences=ways.preferences, zone=zone, below=below)
    return reminder.Row(item.member_id, item.kind.value, asked.since, asked.times, asked.last_at, at)


def _asked(item: Waiting, row: reminder.Row | None) -> Asked | None:
    """What has been said of this very wait, also where it had ended in between, as that of an extended round."""
    if row is None:
        return None
    if row.waiting_since:
        is_same = item.since in (None, row.waiting_since)
        return Asked(row.waiting_since, row.asked, row.last_at) if is_same else None
    goes_on = item.since and row.last_at and row.last_at >= item.since
    return Asked(item.since, row.asked, row.last_at) if item.since and goes_on else None


# --- The tick.


@dataclass(frozen=True)
class Swept:
    """What one tick did, in counts."""

    closed: int
    planned: int
    due: int


async def sweep(db: Db, *, now: datetime, table: AuthorityTable) -> Swept:
    """Close rounds past their closing time, plan what has changed, hand out what is due.

    Any number of replicas may do it at once: each step takes turns on the decision's row or skips what is locked.
    What is due goes out first, so that a decision that cannot be planned holds up nobody's nudge.
    """
    closed = await _close_due_rounds(db, now=now)
    due = await _claim_due(db, now=now)
    planned = await _plan_changed(db, now=now, table=table)
    if planned:
        due += await _claim_due(db, now=now)
    await autocommit(db, reminder.swept)
    return Swept(closed, planned, due)


async def _close_due_rounds(db: Db, *, now: datetime) -> int:
    async def read(c: AsyncConnection) -> Sequence[tuple[UUID, UUID]]:
        return await reminder.due_rounds(c, now=now, at_most=ROUNDS_AT_MOST)

    teams = {decision_id: team_id for team_id, decision_id in await run_tx(db, read)}
    closed = 0

    async def close(decision_id: UUID) -> None:
        nonlocal closed
        closed += await _close_round(db, team_id=teams[decision_id], decision_id=decision_id)

    await each("a round cannot be closed", teams, close)
    return closed


async def _close_round(db: Db, *, team_id: UUID, decision_id: UUID) -> bool:
    async def work(c: AsyncConnection) -> bool:
        found = await dossier.get(c, team_id=team_id, decision_id=decision_id, lock=True)
        return await closing.close(c, found, by=None) == "closed"

    return await run_tx(db, work)


async def _plan_changed(db: Db, *, now: datetime, table: AuthorityTable) -> int:
    """The safety net: what the delivery after a change should have planned, and rows that came another way."""

    async def read(c: AsyncConnection) -> list[UUID]:
        return await reminder.unplanned(c, at_most=PLAN_AT_MOST)

    return await plan_each(db, await run_tx(db, read), now=now, table=table)


async def _claim_due(db: Db, *, now: datetime) -> int:
    total = 0
    while True:
        due, _ = await autocommit(db, lambda c: reminder.claim_due(c, now=now))
        total += due
        if due < reminder.AT_MOST:
            return total


async def sweep_age_seconds(db: Db) -> float | None:
    """How long ago a sweep went through, in any replica; None where none ever did."""
    return await run_tx(db, reminder.sweep_age_seconds)


# --- Delivery.


@dataclass(frozen=True)
class Item:
    """One thing to tell a person, as it stands now."""

    dossier: Dossier
    kind: Kind
    decision_id: UUID


@dataclass(frozen=True)
class Nudge:
    """What one message to one person is to hold, most urgent first. Empty: there is nothing to tell any more."""

    member: Member | None
    preferences: Preferences
    items: tuple[Item, ...]
    merged: Mapping[int, "Wanted | None"]
    """Deliveries of the same lane that this message covers, with what each of them repeats."""
    decision_ids: tuple[UUID, ...]
    """All that were looked at: they are planned anew afterwards."""
    phone: str | None = None


@dataclass(frozen=True)
class Wanted:
    """What a delivery names: ids and a kind."""

    decision_id: UUID
    member_id: UUID
    kind: str
    claimed_at: float
    """Seconds since 1970."""

    @property
    def key(self) -> tuple[UUID, str]:
        return self.decision_id, self.kind

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Wanted":
        ids = UUID(str(payload["decision"])), UUID(str(payload["member"]))
        return cls(*ids, str(payload["kind"]), float(payload["at"]))


async def behind(db: Db, *, delivery_id: int, lane: str, kind: str) -> tuple[int, ...]:
    """Deliveries of the same lane that the one at hand covers, if asked before the state is read."""

    async def work(c: AsyncConnection) -> tuple[int, ...]:
        rows = await outbox.ready_in_lane(c, lane=lane, kind=kind, after=delivery_id)
        return tuple(row_id for row_id, _ in rows)

    return await run_tx(db, work)


async def prepare(db: Db, *, delivery: Delivery, now: datetime, table: AuthorityTable) -> Nudge:
    """Check what the delivery and those behind it in its lane want to say: still so, still missing, allowed now.

    Its first attempt settles which of those it covers: a later one may find the first one's message, or its letters,
    and what has come since stands in neither.
    """

    async def work(c: AsyncConnection) -> Nudge:
        others = await outbox.ready_in_lane(c, lane=delivery.lane, kind=NUDGE, after=delivery.id)
        covers = delivery.payload.get("covers")
        if covers is None:
            await outbox.cover(c, delivery.id, [row_id for row_id, _ in others])
        else:
            others = [(row_id, payload) for row_id, payload in others if row_id in covers]
        # The latest claim of each: those before it were never said.
        wanted = {(one := Wanted.from_payload(delivery.payload)).key: one}
        merged: dict[int, Wanted | None] = {}
        for row_id, payload in others:
            one = Wanted.from_payload(payload)
            merged[row_id] = wanted.get(one.key)
            wanted[one.key] = one
        member: Member | None = None
        preferences = Preferences()
        items: list[Item] = []

        async def check(one: Wanted) -> None:
            nonlocal member, preferences
            checked = await _check(c, one, now=now, table=table)
            if checked:
                member, preferences, item = checked
                items.append(item)

        await each("a nudge cannot be told", wanted.values(), check, away_after=1)
        items.sort(key=_weight)
        decision_ids = tuple(sorted({w.decision_id for w in wanted.values()}))
        return Nudge(member, preferences, tuple(items), merged, decision_ids)

    return await run_tx(db, work)


def _weight(item: Item) -> tuple[bool, int, int]:
    """Most urgent first; what the customer does not wait for any more comes last."""
    d = item.dossier.decision
    return d.status is Status.RESOLVED and d.phase is Phase.LEARN, -d.case.urgency_level, d.number


async def _check(
    c: AsyncConnection, wanted: Wanted, *, now: datetime, table: AuthorityTable
) -> tuple[Member, Preferences, Item] | None:
    try:
        team_id = await decision.get_team_id(c, wanted.decision_id)
    except NotFound:
        return None
    found = await dossier.get(c, team_id=team_id, decision_id=wanted.decision_id)
    workspace_id = found.decision.workspace_id
    members = await team.members(c, team_id=team_id, workspace_id=workspace_id)
    items = waiting(found, members, now=now, table=table)
    item = next((i for i in items if (i.member_id, i.kind.value) == (wanted.member_id, wanted.kind)), None)
    member = next((m for m in members if m.id == wanted.member_id), None)
    if item is None or member is None:
        await _take_back(c, wanted, due_since=now)
        return None
    ways = await preference.find_ways(c, member_id=member.id, workspace_id=workspace_id)
    zone = zone_of(ways.tz)
    is_over = item.ends is not None and now >= item.ends
    if is_over:
        return None
    if not is_allowed(now, urgency=item.urgency, preferences=ways.preferences, zone=zone):
        await _take_back(c, wanted, due_since=now - item.repeat)
        return None
    return member, ways.preferences, Item(found, item.kind, found.decision.id)


async def _take_back(c: AsyncConnection, wanted: Wanted, *, due_since: datetime) -> None:
    """What is not said does not count."""
    await reminder.postpone(
        c,
        decision_id=wanted.decision_id,
        member_id=wanted.member_id,
        kind=wanted.kind,
        claimed_at=wanted.claimed_at,
        due_since=due_since,
    )


async def told(db: Db, *, nudge: Nudge, now: datetime, table: AuthorityTable) -> None:
    """After the message: its other deliveries are done, what they repeat counts once, the next nudges are planned."""

    async def work(c: AsyncConnection) -> None:
        for row_id in sorted(await outbox.settle_merged(c, tuple(nudge.merged))):
            again = nudge.merged[row_id]
            if again:
                await reminder.count_once(c, decision_id=again.decision_id, member_id=again.member_id, kind=again.kind)

    if nudge.merged:
        await run_tx(db, work)
    await plan_each(db, nudge.decision_ids, now=now, table=table)


async def write_letters(db: Db, *, nudge: Nudge, key: str, ways: Sequence[str]) -> None:
    """Queue the message's letters by the ways that the person chose and this installation has, each in its lane."""
    member = nudge.member
    if member is None:
        return
    chosen = [way for way in (EMAIL, SMS) if way in ways and getattr(nudge.preferences, way)]
    items = [{"decision": str(i.decision_id), "kind": i.kind.value} for i in nudge.items]

    async def work(c: AsyncConnection) -> None:
        for way in chosen:
            payload = {"member": str(member.id), "items": items}
            await outbox.enqueue(c, kind=way, lane=f"{way}:{member.id}", key=f"{way}:{key}", payload=payload)

    if chosen and items:
        await run_tx(db, work)


async def still_waiting(
    db: Db,
    *,
    member_id: UUID,
    wanted: Sequence[tuple[UUID, str]],
    now: datetime,
    table: AuthorityTable,
) -> Nudge:
    """What of it still waits for the person, who may be told now. Takes nothing back: the message has counted."""

    async def work(c: AsyncConnection) -> Nudge:
        nudge = Nudge(None, Preferences(), (), {}, ())

        async def check(what: tuple[UUID, str]) -> None:
            nonlocal nudge
            one = Wanted(what[0], member_id, what[1], claimed_at=0.0)  # names no claim, so none is taken back
            checked = await _check(c, one, now=now, table=table)
            if checked:
                member, preferences, item = checked
                nudge = replace(nudge, member=member, preferences=preferences, items=(*nudge.items, item))

        await each("a letter cannot tell of it", wanted, check, away_after=1)
        if nudge.member:
            phone = (await preference.find_ways(c, member_id=member_id, workspace_id=None)).phone
            nudge = replace(nudge, phone=phone)
        return nudge

    return await run_tx(db, work)


# --- Snooze.


async def snooze(db: Db, by: By) -> datetime:
    """Silence, at once, until the actor's next working day. Returns its first working minute."""

    async def work(c: AsyncConnection) -> datetime:
        await reminder.replan_member(c, by.member.id, team_id=by.team.id)
        ways = await preference.find_ways(c, member_id=by.member.id, workspace_id=by.actor.workspace_id, lock=True)
        until = tomorrow(by.now, ways.preferences, zone_of(ways.tz))
        await preference.set_preferences(c, by.member.id, {"snoozed_until": until.isoformat()})
        return until

    return await run_tx(db, work)
