"""Nudges on their way: whether what they were to say still holds, what one message says, what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import Rules
from bot.domain.decision import Brief, Phase, Status
from bot.domain.preference import Preferences, zone_of
from bot.domain.reminder import Reminder, is_allowed, reminders
from bot.domain.team import Member
from bot.domain.waiting import Waiting
from bot.services import reminder as plans
from bot.store import dossier, outbox, preference, reminder, team
from bot.store.db import Db, run_tx
from bot.store.outbox import Delivery

NUDGE = reminder.NUDGE
EMAIL, SMS = "email", "sms"


@dataclass(frozen=True)
class Item:
    """One thing to tell a person, as it stands now."""

    brief: Brief
    waits: Waiting


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


async def prepare(db: Db, *, delivery: Delivery, now: datetime, rules: Rules) -> Nudge:
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
        for one in wanted.values():
            checked = await _check(c, one, now=now, rules=rules)
            if checked is None:
                continue
            member, preferences, item = checked
            items.append(item)
        items.sort(key=_weight)
        decision_ids = tuple(sorted({w.decision_id for w in wanted.values()}))
        return Nudge(member, preferences, tuple(items), merged, decision_ids)

    return await run_tx(db, work)


def _weight(item: Item) -> tuple[bool, int, int]:
    """Most urgent first; what the customer does not wait for any more comes last."""
    d = item.brief.decision
    return d.status is Status.RESOLVED and d.phase is Phase.LEARN, -d.case.urgency_level, d.number


async def _check(
    c: AsyncConnection, wanted: Wanted, *, now: datetime, rules: Rules
) -> tuple[Member, Preferences, Item] | None:
    """What is to be told, and to whom; None where it does not wait for them any more, or they may not be told now."""
    brief = (await dossier.get_briefs(c, [wanted.decision_id])).get(wanted.decision_id)
    if brief is None:
        return None
    d = brief.decision
    members = {m.id: m for m in await team.members(c, team_id=d.team_id, workspace_id=d.workspace_id)}
    found = _find(reminders(brief, list(members.values()), now=now, rules=rules), wanted)
    if found is None:
        await _take_back(c, wanted, due_since=now)
        return None
    if found.item.ends is not None and now >= found.item.ends:
        return None
    ways = await preference.find_ways(c, member_id=wanted.member_id, workspace_id=d.workspace_id)
    if not is_allowed(now, urgency=found.urgency, preferences=ways.preferences, zone=zone_of(ways.tz)):
        await _take_back(c, wanted, due_since=now - found.repeat)
        return None
    return members[wanted.member_id], ways.preferences, Item(brief, found.item)


def _find(found: Sequence[Reminder], wanted: Wanted) -> Reminder | None:
    return next((one for one in found if one.key == (wanted.member_id, wanted.kind)), None)


async def _take_back(c: AsyncConnection, wanted: Wanted, *, due_since: datetime) -> None:
    """The tick counted this nudge when it handed it out, but the person was not told: count one less.

    It is due again a step after `due_since`, should it still wait then.
    """
    await reminder.postpone(
        c,
        decision_id=wanted.decision_id,
        member_id=wanted.member_id,
        kind=wanted.kind,
        claimed_at=wanted.claimed_at,
        due_since=due_since,
    )


async def told(db: Db, *, nudge: Nudge, now: datetime, rules: Rules) -> None:
    """After the message: its other deliveries are done, what they repeat counts once, the next nudges are planned."""

    async def work(c: AsyncConnection) -> None:
        for row_id in sorted(await outbox.settle_merged(c, tuple(nudge.merged))):
            again = nudge.merged[row_id]
            if again:
                await reminder.count_once(c, decision_id=again.decision_id, member_id=again.member_id, kind=again.kind)

    if nudge.merged:
        await run_tx(db, work)
    await plans.plan_each(db, nudge.decision_ids, now=now, rules=rules)


async def write_letters(db: Db, *, nudge: Nudge, key: str, ways: Sequence[str]) -> None:
    """Queue the message's letters by the ways that the person chose and this installation has, each in its lane."""
    member = nudge.member
    if member is None:
        return
    chosen = [way for way in (EMAIL, SMS) if way in ways and getattr(nudge.preferences, way)]
    items = [{"decision": str(i.brief.decision.id), "kind": i.waits.kind.value} for i in nudge.items]

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
    rules: Rules,
) -> Nudge:
    """What of it still waits for the person, who may be told now. Takes nothing back: the message has counted."""

    async def work(c: AsyncConnection) -> Nudge:
        nudge = Nudge(None, Preferences(), (), {}, ())
        for decision_id, kind in wanted:
            one = Wanted(decision_id, member_id, kind, claimed_at=0.0)  # names no claim, so none is taken back
            checked = await _check(c, one, now=now, rules=rules)
            if checked:
                member, preferences, item = checked
                nudge = replace(nudge, member=member, preferences=preferences, items=(*nudge.items, item))
        if nudge.member:
            phone = (await preference.find_ways(c, member_id=member_id, workspace_id=None)).phone
            nudge = replace(nudge, phone=phone)
        return nudge

    return await run_tx(db, work)
