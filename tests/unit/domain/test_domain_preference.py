"""How somebody wants to be told: what may stand in the column, and the hours for which the clock is asked."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from bot.domain.preference import FROM_SLACK, Preferences, next_working, tomorrow

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_who_was_added_from_slack_is_told_by_direct_messages_only() -> None:
    found = Preferences.from_json(FROM_SLACK)

    assert (found.push, found.email, found.sms) == (True, False, False)


@pytest.mark.parametrize(("ends", "minutes"), [("23:59", 1439), ("24:00", 1440), ("24:01", 18 * 60)])
def test_a_day_ends_at_24_and_not_later(ends: str, minutes: int) -> None:
    assert Preferences.from_json({"starts": "09:00", "ends": ends}).ends == minutes


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (MONDAY, datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        (MONDAY.replace(hour=7), datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        (MONDAY.replace(hour=23, minute=59), datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
    ],
)
def test_tomorrow_is_the_day_after_today_at_whatever_hour_it_is_asked(now: datetime, expected: datetime) -> None:
    assert tomorrow(now, Preferences(), UTC) == expected


class Leaping(tzinfo):
    """A zone in which no day has an hour from 9 to 10: at 9 the clocks show 10, and at midnight they are set back."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        return timedelta(hours=1 if at and at.hour >= 10 else 0)

    def dst(self, at: datetime | None) -> timedelta:
        return self.utcoffset(at)

    def tzname(self, at: datetime | None) -> str:
        return "Leaping"

    def fromutc(self, at: datetime) -> datetime:
        return at + timedelta(hours=1 if 9 <= at.hour < 23 else 0)


def test_where_the_hour_at_which_work_begins_never_comes_it_begins_with_the_next_one() -> None:
    early = MONDAY.replace(hour=5, minute=15)
    morning = Preferences(starts=9 * 60, ends=12 * 60)

    found = next_working(early, morning, Leaping())

    assert found == MONDAY.replace(hour=9)
    assert found.astimezone(Leaping()).hour == 10


def test_who_never_works_is_told_after_sixteen_days_rather_than_never() -> None:
    assert next_working(MONDAY, Preferences(days=frozenset()), UTC) == MONDAY + timedelta(days=16)
