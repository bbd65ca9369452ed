"""Exceptions of one customer, and of a type from quarter to quarter."""

from datetime import UTC, datetime

import pytest

from bot.domain.choice import Kind
from bot.domain.ledger import Drift, drifts

NOW = datetime(2027, 2, 10, tzinfo=UTC)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def line(*granted: int) -> Drift:
    quarters = tuple((2026, number + 1) for number in range(len(granted)))
    return Drift("refund_request", quarters, granted, tuple(2 * one for one in granted))


@pytest.mark.parametrize(
    ("granted", "is_rising"),
    [
        ((1, 2, 4, 6), True),
        ((1, 3, 6), True),
        ((4, 4, 4, 4), False),
        ((6, 4, 2, 1), False),
        ((0, 1, 2, 4), False),  # 7 grants are too few
        ((2, 9), False),  # two quarters are no line
    ],
)
def test_a_line_rises_only_where_its_numbers_support_it(granted: tuple[int, ...], is_rising: bool) -> None:
    assert line(*granted).is_rising is is_rising


def test_only_quarters_that_are_over_and_that_the_team_saw_whole_make_a_line() -> None:
    at = [datetime(2026, month, 5, tzinfo=UTC) for month in (5, 8, 8, 11)] + [datetime(2027, 2, 1, tzinfo=UTC)]
    granted = [("refund_request", moment, Kind.FULL) for moment in at]
    refused = [("refund_request", at[3], Kind.NONE), ("churn_prevention", at[3], Kind.NONE)]

    young = drifts([*granted, *refused], since=datetime(2026, 5, 2, tzinfo=UTC), now=NOW)
    old = drifts([*granted, *refused], since=LONG_AGO, now=NOW)

    assert young == [Drift("refund_request", ((2026, 3), (2026, 4)), (2, 1), (2, 2))]
    assert old == [Drift("refund_request", ((2026, 1), (2026, 2), (2026, 3), (2026, 4)), (0, 1, 2, 1), (0, 1, 2, 2))]
    assert drifts([], since=None, now=NOW) == []
