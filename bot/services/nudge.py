"""Nudges on their way: whether what they were to say still holds, what one message says, what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import Rules
from bot.domain.decision import Brief, Phase, Status
from bot.domain.preference import Preferences, zone_of
from bot.domain.reminder import Reminder, is_allowed, reminders
from bot.domain.team import Member
from bot.domain.waiting import Kind, Waiting
from bot.errors import told as told_of
from bot.services import reminder as plans
from bot.store import card, dossier, outbox, preference, reminder, team
from bot.store.db import Db, run_tx
from bot.store.outbox import Delivery
from bot.store.reminder import Claim

log = structlog.get_logger(__name__)
NUDGE = reminder.NUDGE
EMAIL, SMS = "email", "sms"
PLAN_AT_ONCE = 10
"""Decisions planned by the delivery that told of them."""


@dataclass(frozen=True)
class Item:
    """One thing to tell a person, as it stands now."""

    brief: Brief
    waits: Waiting
    is_first: bool = False
    """Whether it is the first word of it to this person."""
    link: str | None = None
    """To the card, where there is one."""


@dataclass(frozen=True)
class Nudge:
    """What one message to one person is to hold, most urgent first. Empty: there is nothing to tell any more."""

    member: Member | None
    preferences: Preferences
    items: tuple[Item, ...]
    merged: Mapping[int, "Claim | None"]
    """Deliveries of the same lane that this message covers, with what each of them repeats."""
    decision_ids: tuple[UUID, ...]
    """All that were looked at: they are planned anew afterwards."""
    phone: str | None = None


async def prepare(db: Db, *, delivery: Delivery, now: datetime, rules: Rules) -> Nudge:
    """Check what the delivery and those behind it in its lane want to say: still so, still missing, allowed now.

    Its first attempt settles which of those it covers: a later one may find the first one's message, or its letters,
    and what has come since stands in neither. Reads as many statements for a hundred of them as for one.
    """

    async def work(c: AsyncConnection) -> Nudge:
        others = await _covered(c, delivery)
        # The latest claim of each: those before it were never said.
        wanted = {(one := Claim.from_payload(delivery.payload)).key: one}
        merged: dict[int, Claim | None] = {}
        for row_id, payload in others:
            one = Claim.from_payload(payload)
            merged[row_id] = wanted.get(one.key)
            wanted[one.key] = one
        found = await _check(c, list(wanted.values()), now=now, rules=rules)
        await reminder.postpone(c, found.taken_back)
        decision_ids = tuple(sorted({one.decision_id for one in wanted.values()}))
        return replace(found.nudge, merged=merged, decision_ids=decision_ids)

    return await run_tx(db, work)


async def _covered(c: AsyncConnection, delivery: Delivery) -> list[tuple[int, Mapping[str, Any]]]:
    """(id, payload) of the deliveries behind this one that it covers; written down by its first attempt."""
    others = await outbox.ready_in_lane(c, lane=delivery.lane, kind=NUDGE, after=delivery.id)
    covers = delivery.payload.get("covers")
    if covers is None:
        await outbox.cover(c, delivery.id, [row_id for row_id, _ in others])
        return others
    return [(row_id, payload) for row_id, payload in others if row_id in covers]


def _weight(item: Item) -> tuple[bool, bool, int, int]:
    """Most urgent first; what the customer does not wait for any more comes last, and news after all of it."""
    d = item.brief.decision
    is_late = d.status is Status.RESOLVED and d.phase is Phase.LEARN
    return item.waits.kind.is_news, is_late, -d.case.urgency_level, d.number


@dataclass
class _Checked:
    """What is to be told now, and the claims that were handed out for nothing: each with since when it is due again."""

    nudge: Nudge
    taken_back: list[tuple[Claim, datetime | None]]


async def _check(c: AsyncConnection, wanted: Sequence[Claim], *, now: datetime, rules: Rules) -> _Checked:
    """Of what the claims name: what still waits for the person, who may be told now. Reads, and changes nothing."""
    briefs = await dossier.get_briefs(c, [one.decision_id for one in wanted])
    places = {(brief.decision.team_id, brief.decision.workspace_id) for brief in briefs.values()}
    crews = {place: await _crew(c, *place) for place in sorted(places, key=str)}
    links = await card.permalinks(c, list(briefs))
    found = _Checked(Nudge(None, Preferences(), (), {}, ()), [])
    for one in wanted:
        brief = briefs.get(one.decision_id)
        if brief is None:
            continue  # gone, or not to be read
        try:
            _check_one(found, one, brief, crews[brief.decision.team_id, brief.decision.workspace_id], now, rules)
        except Exception as error:
            log.error("a nudge cannot be told", decision=str(one.decision_id), kind=one.kind, **told_of(error))
    items = tuple(replace(i, link=links.get(i.brief.decision.id)) for i in sorted(found.nudge.items, key=_weight))
    return replace(found, nudge=replace(found.nudge, items=items))


@dataclass(frozen=True)
class _Crew:
    """A team as one of its workspaces knows it, by member."""

    members: Mapping[UUID, Member]
    ways: Mapping[UUID, preference.Ways]


async def _crew(c: AsyncConnection, team_id: UUID, workspace_id: str | None) -> _Crew:
    members = await team.in_turn(c, team_id=team_id, workspace_id=workspace_id)
    ways = await preference.ways(c, [m.id for m in members], workspace_id=workspace_id)
    return _Crew({m.id: m for m in members}, ways)


def _check_one(found: _Checked, one: Claim, brief: Brief, crew: _Crew, now: datetime, rules: Rules) -> None:
    """Add it to what is told, or to what is taken back: the tick counted it, but the person is not told."""
    due = _find(reminders(brief, list(crew.members.values()), now=now, rules=rules), one)
    if due is None:
        found.taken_back.append((one, now))
        return
    if due.item.ends is not None and now >= due.item.ends:
        return
    ways = crew.ways[one.member_id]
    if not is_allowed(now, urgency=due.urgency, preferences=ways.preferences, zone=zone_of(ways.tz)):
        found.taken_back.append((one, now - due.repeat))
        return
    items = (*found.nudge.items, Item(brief, due.item, one.is_first))
    member = crew.members[one.member_id]
    found.nudge = replace(found.nudge, member=member, preferences=ways.preferences, phone=ways.phone, items=items)


def _find(found: Sequence[Reminder], wanted: Claim) -> Reminder | None:
    return next((one for one in found if one.key == (wanted.member_id, wanted.kind)), None)


async def told(db: Db, *, nudge: Nudge, now: datetime, rules: Rules) -> None:
    """After the message: its other deliveries are done, what they repeat counts once, the next nudges are planned.

    Of a long digest the sweep plans them: one by one they would take longer than a delivery may.
    """

    async def work(c: AsyncConnection) -> None:
        done = await outbox.settle_merged(c, tuple(nudge.merged))
        await reminder.count_once(c, [again for row_id in sorted(done) if (again := nudge.merged[row_id])])
        if is_long:
            await reminder.leave_to_sweep(c, nudge.decision_ids)

    is_long = len(nudge.decision_ids) > PLAN_AT_ONCE
    if nudge.merged:
        await run_tx(db, work)
    if not is_long:
        await plans.plan_each(db, nudge.decision_ids, now=now, rules=rules)
        await plans.hand_out(db, nudge.decision_ids, now=now)


async def write_letters(db: Db, *, nudge: Nudge, key: str, ways: Sequence[str]) -> None:
    """Queue the message's letters by the ways that the person chose and this installation has, each in its lane."""
    member = nudge.member
    if member is None:
        return
    chosen = [way for way in (EMAIL, SMS) if way in ways and getattr(nudge.preferences, way)]
    # News comes by Slack alone, but for what was decided: that ends what the letters before it were about.
    items = [
        {"decision": str(i.brief.decision.id), "kind": i.waits.kind.value}
        for i in nudge.items
        if not i.waits.kind.is_news or i.waits.kind is Kind.RESOLVED
    ]

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
    claims = [Claim(decision_id, member_id, kind, at=0.0) for decision_id, kind in wanted]

    async def work(c: AsyncConnection) -> Nudge:
        return (await _check(c, claims, now=now, rules=rules)).nudge

    return await run_tx(db, work)
