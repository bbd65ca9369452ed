"""What a member has chosen about being told: read it, change it, and plan their reminders anew."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.preference import Preferences, next_working, tomorrow, zone_of
from bot.store import audit, preference, reminder, team
from bot.store.db import Db, run_tx


@dataclass(frozen=True)
class Chosen:
    """A member's choices and their zone as Slack named it."""

    preferences: Preferences
    zone: str | None
    phone: str | None


async def get(db: Db, by: By, *, tz: str | None = None) -> Chosen:
    """The actor's choices. `tz`: what Slack says their zone is now; it is kept."""

    async def work(c: AsyncConnection) -> Chosen:
        if tz:
            await team.set_zone(c, workspace_id=by.actor.workspace_id, user_id=by.actor.user_id, tz=tz)
        ways = await preference.find_ways(c, member_id=by.member.id, workspace_id=by.actor.workspace_id)
        return Chosen(ways.preferences, ways.tz, ways.phone)

    return await run_tx(db, work)


async def change(db: Db, by: By, *, preferences: Preferences, phone: str | None, snooze: str) -> datetime | None:
    """Save hours, days, ways and snooze ('no' | 'tomorrow' | 'week' | 'keep'). Returns until when it is quiet.

    Nothing is said until what waits is planned anew by them, within one tick. `phone` None: leave the number alone.
    """

    async def work(c: AsyncConnection) -> datetime | None:
        await reminder.replan_member(c, by.member.id, team_id=by.team.id)
        before = await preference.find_ways(c, member_id=by.member.id, workspace_id=by.actor.workspace_id, lock=True)
        until = _until(snooze, replace(preferences, snoozed_until=before.preferences.snoozed_until), before.tz, by.now)
        values = preferences.to_json() | {"snoozed_until": until.isoformat() if until else None}
        if phone is not None:
            values["phone"] = phone
        await preference.set_preferences(c, by.member.id, values)
        changes = _changes(before, values)
        if changes:
            await audit.write(c, "settings.changed", by=by.member.id, details=changes, origin=by.origin)
        return until

    return await run_tx(db, work)


def _changes(before: preference.Ways, values: Mapping[str, object]) -> dict[str, object]:
    """[before, after] of each choice that is another one now; of a phone number, only that it is."""
    old = {"snoozed_until": None, "phone": before.phone or ""} | before.preferences.to_json()
    changed: dict[str, object] = {name: [old[name], new] for name, new in values.items() if new != old[name]}
    return changed | ({"phone": "changed"} if "phone" in changed else {})


def _until(snooze: str, preferences: Preferences, tz: str | None, now: datetime) -> datetime | None:
    zone = zone_of(tz)
    match snooze:
        case "tomorrow":
            return tomorrow(now, preferences, zone)
        case "week":
            return next_working(now + timedelta(days=7), preferences, zone)
        case "keep":
            return preferences.snoozed_until
    return None
