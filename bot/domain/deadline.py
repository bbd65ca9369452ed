"""Moments that are proposed: by when to decide, when scoring closes. Whole hours in which the owner works. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from bot.domain.preference import Preferences, is_working, next_working

CRITICAL = 5
WORKING_DAYS = {1: 10, 2: 5, 3: 3, 4: 1}
"""By urgency, how many working days a decision is given; a critical one gets `CRITICAL_HOURS`, at whatever hour."""
CRITICAL_HOURS = 4
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_AROUND = timedelta(days=7)
"""How far from the wanted moment a working hour is looked for."""


@dataclass(frozen=True)
class Clock:
    """The hours in which somebody works, and their zone."""

    preferences: Preferences
    zone: tzinfo


def decide_by(urgency: int, *, now: datetime, clock: Clock) -> datetime:
    """By when a decision of this urgency (1..5) is to be made; aware UTC, a whole hour of the owner's clock."""
    if urgency >= CRITICAL:
        return _whole_hour(now + CRITICAL_HOURS * _HOUR, clock.zone)
    at = next_working(now, clock.preferences, clock.zone).astimezone(clock.zone)
    for _ in range(WORKING_DAYS[urgency]):
        at = _next_working_day(at, clock.preferences)
    return next_working(_whole_hour(at, clock.zone), clock.preferences, clock.zone)


def _next_working_day(at: datetime, preferences: Preferences) -> datetime:
    """The same time of day, on the clock on the wall."""
    at += _DAY
    while at.weekday() not in preferences.days:
        at += _DAY
    return at


def closes_at(now: datetime, expected: datetime | None, *, clock: Clock) -> datetime:
    """When scoring closes: the working hour nearest to three quarters of the way to `expected`, and not after it.

    A working day from now where no date is ahead; the nearest whole hour where nobody works until then.
    """
    if expected is None or expected <= now:
        return decide_by(4, now=now, clock=clock)
    wanted = now + (expected - now) * 3 / 4
    hours = [at for at in _hours_around(wanted, clock.zone) if now < at <= expected]
    working = [at for at in hours if is_working(at, clock.preferences, clock.zone)]
    return min(working or hours or [_whole_hour(wanted, clock.zone)], key=lambda at: abs(at - wanted))


def _hours_around(wanted: datetime, zone: tzinfo) -> Iterator[datetime]:
    start = _whole_hour(wanted - _AROUND, zone)
    return (start + number * _HOUR for number in range(2 * _AROUND // _HOUR))


def _whole_hour(at: datetime, zone: tzinfo) -> datetime:
    """This hour of the clock on the wall if it has just struck, else the next; aware UTC."""
    local = at.astimezone(zone)
    since = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    from_utc = at - since
    return (from_utc if not since else from_utc + _HOUR).astimezone(UTC)
