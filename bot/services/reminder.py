"""Keep the reminders of a decision as the decision is, and silent for who asks for silence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Rules
from bot.domain.preference import tomorrow, zone_of
from bot.domain.reminder import Asked, Reminder, next_at, reminders
from bot.domain.team import SlackUser
from bot.domain.waiting import Kind, Waiting
from bot.services.isolation import each
from bot.store import audit, decision, dossier, preference, reminder, team
from bot.store.db import Db, autocommit, direct, run_tx

FOLLOW = decision.FOLLOW


async def plan(db: Db, *, decision_id: UUID, now: datetime, rules: Rules) -> None:
    """Make the reminders of a decision those of its present state. Does nothing where it is gone.

    Planning twice changes nothing, so whoever is in doubt plans again.
    """

    async def work(c: AsyncConnection) -> None:
        team_id = await reminder.begin_plan(c, decision_id)
        if team_id:
            await _plan(c, team_id=team_id, decision_id=decision_id, now=now, rules=rules)

    await run_tx(db, work)


async def tell(db: Db, *, decision_id: UUID, now: datetime, rules: Rules) -> None:
    """Plan, and hand out at once what of it is due: whoever is at work hears of a change within seconds."""
    await plan(db, decision_id=decision_id, now=now, rules=rules)
    await hand_out(db, [decision_id], now=now)


async def hand_out(db: Db, decision_ids: Sequence[UUID], *, now: datetime) -> None:
    """Hand out what is due of these decisions. To be called after every plan, with its `now`.

    A plan puts off to its own `now` what is due: if it did not hand that out itself, whoever has planned just before
    would find nothing to hand out, and the person would wait for the tick.
    """

    async def work(c: AsyncConnection) -> None:
        # Until the sweep has caught up with a long pause; then it hands out all that is due.
        if not await reminder.is_catching_up(c):
            await reminder.claim_due_of(c, decision_ids, now=now)

    await autocommit(db, work)


async def missed(db: Db, *, decision_id: UUID, news: Kind) -> None:
    """The channel was not shown this news: tell it to who was asked. Safe to repeat: nobody is told twice."""

    async def work(c: AsyncConnection) -> None:
        await decision.set_unheard(c, decision_id, news.value)
        # A revision of its own: a plan that has read the decision before must not be the last one.
        await decision.changed(c, decision_id)

    await run_tx(db, work)


async def plan_each(db: Db, decision_ids: Iterable[UUID], *, now: datetime, rules: Rules) -> int:
    """Plan them one by one; returns how many were. One that cannot be is left to a delivery of its own, by which it is
    given up sooner or later, and seen."""
    found = await each(
        "the reminders of a decision cannot be planned",
        decision_ids,
        lambda decision_id: plan(db, decision_id=decision_id, now=now, rules=rules),
    )
    for decision_id, error in found.broken.items():
        await run_tx(db, partial(decision.follow_again, decision_id=decision_id, error=error))
    return len(found.done)


async def _plan(c: AsyncConnection, *, team_id: UUID, decision_id: UUID, now: datetime, rules: Rules) -> None:
    """Read without a lock, write under it: whoever presses a button must not wait for a plan.

    A decision that has moved on in between is left to the plan of its newer revision.
    """
    brief = await dossier.find_brief(c, decision_id)
    if brief is None:
        return
    workspace_id, revision = brief.decision.workspace_id, brief.decision.revision
    members = await team.in_turn(c, team_id=team_id, workspace_id=workspace_id)
    wanted = reminders(brief, members, now=now, rules=rules)
    # Of these alone: who is asked are a few, and a team may have hundreds.
    ways = await preference.ways(c, {one.item.member_id for one in wanted}, workspace_id=workspace_id)
    if not await reminder.lock_decision(c, decision_id, revision=revision):
        return
    before = await reminder.of_decision(c, decision_id)
    planned = _planned(wanted, before, ways, now)
    over = [replace(row, waiting_since=None, next_at=None) for key, row in before.items() if key not in planned]
    changed = [row for row in (*planned.values(), *over) if row != before.get((row.member_id, row.kind))]
    await reminder.put(c, decision_id=decision_id, rows=changed)
    await reminder.set_planned(c, decision_id, revision, ladder=_on_ladder(wanted) or brief.decision.ladder)


def _on_ladder(wanted: Sequence[Reminder]) -> tuple[UUID, ...]:
    """Who is asked, or told, as one of several, from the lowest rung up."""
    places = sorted((one.item.rung, place) for place, one in enumerate(wanted) if one.item.rung is not None)
    return tuple(dict.fromkeys(wanted[place].item.member_id for _, place in places))


_Rows = Mapping[tuple[UUID, str], reminder.Row]
"""By member and kind."""


def _planned(wanted: Sequence[Reminder], before: _Rows, ways: Mapping[UUID, preference.Ways], now: datetime) -> _Rows:
    """`wanted`: lower rungs before higher ones, which hear a step after those below were told, or will be."""
    planned: dict[tuple[UUID, str], reminder.Row] = {}
    heard: list[tuple[Reminder, datetime]] = []
    for one in wanted:
        below = [at for other, at in heard if other.item.kind is one.item.kind and other.rung < one.rung]
        row = _row(one, before.get(one.key), ways[one.item.member_id], now, below)
        heard += [(one, at) for at in (row.last_at, row.next_at) if at]
        planned[one.key] = row
    return planned


def _row(
    wanted: Reminder, before: reminder.Row | None, ways: preference.Ways, now: datetime, below: Sequence[datetime]
) -> reminder.Row:
    asked = _asked(wanted.item, before) or Asked(wanted.item.since or now)
    zone = zone_of(ways.tz)
    at = next_at(wanted, asked, now=now, preferences=ways.preferences, zone=zone, below=below)
    return reminder.Row(*wanted.key, asked.since, asked.times, asked.last_at, at)


def _asked(item: Waiting, row: reminder.Row | None) -> Asked | None:
    """What has been said of this very wait, also where it had ended in between, as that of an extended round."""
    if row is None:
        return None
    if row.waiting_since:
        is_same = item.since in (None, row.waiting_since)
        return Asked(row.waiting_since, row.asked, row.last_at) if is_same else None
    goes_on = item.since and row.last_at and row.last_at >= item.since
    return Asked(item.since, row.asked, row.last_at) if item.since and goes_on else None


async def snooze_at_once(db: Db, user: SlackUser, now: datetime) -> datetime | None:
    """`snooze` in two statements; None where this is no ordinary case, and `snooze` knows what to say.

    The second one does nothing where the hours, by which the first counted, have changed in between. It is written
    together with those of the team who press at the same time: alone, each would wait for the commits of the others,
    since a team's plans are changed by one at a time.
    """
    own = preference.own_of(await direct(db, preference.FIND_OWN, (user.workspace_id, user.user_id)))
    if own is None:
        return None
    team_id, until = own.team_id, tomorrow(now, own.ways.preferences, zone_of(own.ways.tz))

    async def write(silences: Sequence[preference.Silence], seconds: float) -> list[bool]:
        asked = (team_id, preference.as_silences(silences))
        done = dict(await direct(db, preference.SNOOZE, asked, budget_seconds=seconds))
        return [done[place] for place in range(len(silences))]

    silence = preference.Silence(own, until)
    is_done = await db.silences.add(team_id, own.member_id, silence, write, seconds=db.budget_seconds)
    return until if is_done else None


async def snooze(db: Db, by: By) -> datetime:
    """Silence, at once, until the actor's next working day. Returns its first working minute."""

    async def work(c: AsyncConnection) -> datetime:
        await reminder.replan_member(c, by.member.id, team_id=by.team.id)
        ways = await preference.find_ways(c, member_id=by.member.id, workspace_id=by.actor.workspace_id, lock=True)
        until = tomorrow(by.now, ways.preferences, zone_of(ways.tz))
        await preference.set_preferences(c, by.member.id, {"snoozed_until": until.isoformat()})
        details = {"until": until.isoformat()}
        await audit.write(c, "reminders.snoozed", by=by.member.id, details=details, origin=by.origin)
        return until

    return await run_tx(db, work)
