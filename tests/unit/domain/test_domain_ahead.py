"""A moment that people choose lies ahead, by a year at most."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.ahead import FARTHEST, check_ahead
from bot.errors import Invalid

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (-MOMENT, "The closing time is in the past; choose a later one."),
        (timedelta(0), "The closing time is in the past; choose a later one."),
        (FARTHEST + MOMENT, "The closing time is more than a year ahead; choose an earlier one."),
    ],
)
def test_what_is_past_or_too_far_ahead_is_refused_under_its_field(ahead: timedelta, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_ahead(NOW + ahead, NOW, "closes_at", "The closing time")

    assert (refused.value.message, refused.value.field) == (says, "closes_at")


def test_a_moment_within_a_year_is_taken() -> None:
    for ahead in (MOMENT, FARTHEST):
        check_ahead(NOW + ahead, NOW, "closes_at", "The closing time")
