"""When and by which way a person wants to be told: working hours in their own zone, channels, snooze. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

MINUTES = 24 * 60
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HORIZON_DAYS = 16
"""How far ahead a working hour is looked for. A zone may skip a whole day (Samoa had no 30 December 2011): whoever
works on that weekday alone waits two weeks from the last one to the next; and a day at either end for the zone."""

FROM_SLACK = {"push": True, "email": False, "sms": False}
"""The ways of somebody who was added from Slack: direct messages only, until they choose to be told by mail as well."""


@dataclass(frozen=True)
class Preferences:
    """`team_members.notification_preferences`; times of day in minutes since midnight, days Monday = 0."""

    push: bool = True
    """A direct message in Slack."""
    email: bool = True
    sms: bool = False
    news: bool = True
    """Also of what asks for nothing: a result, a decision, what was called off."""
    starts: int = 9 * 60
    ends: int = 18 * 60
    days: frozenset[int] = frozenset(range(5))
    snoozed_until: datetime | None = None

    @classmethod
    def from_json(cls, body: object) -> "Preferences":
        """Read the column. What is missing, or makes no sense, is as by default: a nudge must not fail over it."""
        if not isinstance(body, Mapping):
            return cls()
        usual = cls()
        starts, ends = _hours(body) or (usual.starts, usual.ends)
        return cls(
            push=_flag(body, "push", usual.push),
            email=_flag(body, "email", usual.email),
            sms=_flag(body, "sms", usual.sms),
            news=_flag(body, "news", usual.news),
            starts=starts,
            ends=ends,
            days=_days(body.get("days")) or usual.days,
            snoozed_until=_moment(body.get("snoozed_until")),
        )

    def to_json(self) -> dict[str, object]:
        body: dict[str, object] = {"email": self.email, "sms": self.sms, "push": self.push, "news": self.news}
        body |= {"starts": clock(self.starts), "ends": clock(self.ends), "days": sorted(self.days)}
        return body | ({"snoozed_until": self.snoozed_until.isoformat()} if self.snoozed_until else {})


def _flag(body: Mapping[str, Any], name: str, usual: bool) -> bool:
    value = body.get(name)
    return value if isinstance(value, bool) else usual


def _hours(body: Mapping[str, Any]) -> tuple[int, int] | None:
    starts, ends = _minutes(body.get("starts")), _minutes(body.get("ends"))
    return (starts, ends) if starts is not None and ends is not None and starts < ends else None


def _days(value: object) -> frozenset[int]:
    days = value if isinstance(value, list) else []
    return frozenset(day for day in days if type(day) is int and 0 <= day <= 6)  # not True, which is an int too


def _moment(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo else None


def _minutes(value: object) -> int | None:
    """ "09:30" -> 570; "24:00" is the end of the day."""
    hours, colon, minutes = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        return None
    total = int(hours) * 60 + int(minutes)
    return total if total <= MINUTES else None


def clock(minutes: int) -> str:
    """570 -> "09:30"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@lru_cache(maxsize=1024)
def zone_of(name: str | None) -> tzinfo:
    """The zone that Slack names for a person; UTC where it names none, or one that nobody knows."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):
        return UTC


def is_working(at: datetime, preferences: Preferences, zone: tzinfo) -> bool:
    """Whether the person's own clock shows a working hour at this instant."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return local.weekday() in preferences.days and preferences.starts <= minute < preferences.ends


def next_working(at: datetime, preferences: Preferences, zone: tzinfo) -> datetime:
    """The first instant from `at` on at which the person works; aware UTC.

    Safe where clocks change: a time of day that does not exist, or exists twice, is checked against the clock on the
    wall before it is returned.
    """
    start = at.astimezone(UTC)
    if is_working(start, preferences, zone):
        return start
    today = start.astimezone(zone).date()
    for offset in range(-1, _HORIZON_DAYS):
        opens = _instant(today, offset, preferences.starts, zone)
        if opens is not None and opens >= start and is_working(opens, preferences, zone):
            return opens
    # Only a zone that skips the very hour for two weeks could come here.
    return _whole_day_instead(start, preferences, zone)


def _instant(today: date, offset: int, minutes: int, zone: tzinfo) -> datetime | None:
    try:
        day = today + timedelta(days=offset)
        return datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return None


def _whole_day_instead(start: datetime, preferences: Preferences, zone: tzinfo) -> datetime:
    at = start
    while at < start + timedelta(days=_HORIZON_DAYS) and not is_working(at, preferences, zone):
        at += timedelta(minutes=15)
    return at


def tomorrow(now: datetime, preferences: Preferences, zone: tzinfo) -> datetime:
    """The person's next working hour on a later day than today."""
    local = now.astimezone(zone)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), tzinfo=zone)
    return next_working(max(midnight.astimezone(UTC), now.astimezone(UTC)), preferences, zone)
