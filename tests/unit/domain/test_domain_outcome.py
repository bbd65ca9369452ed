"""How long it took, in whole hours."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain.outcome import resolution_hours

OPENED = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("took", "hours"),
    [
        (timedelta(0), 0),
        (timedelta(microseconds=1), 1),
        (timedelta(minutes=59), 1),
        (timedelta(hours=1), 1),
        (timedelta(hours=1, microseconds=1), 2),
        (timedelta(days=3), 72),
        (timedelta(days=365, seconds=1), 8761),
    ],
)
def test_resolution_takes_whole_hours_rounded_up(took: timedelta, hours: int) -> None:
    assert resolution_hours(OPENED, OPENED + took) == hours


def test_hours_are_counted_across_time_zones() -> None:
    resolved = datetime(2026, 5, 4, 13, 0, tzinfo=timezone(timedelta(hours=2)))

    assert resolution_hours(OPENED, resolved) == 2
