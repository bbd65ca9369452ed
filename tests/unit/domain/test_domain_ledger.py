"""Exceptions of one customer, and of a type from quarter to quarter."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.domain.grant import Grant, grant_of
from bot.domain.ledger import Drift, drifts

NOW = datetime(2027, 2, 10, tzinfo=UTC)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "cost", "asked", "expected"),
    [
        ("Full refund", "500", "500", Grant.FULL),
        ("Full refund", None, None, Grant.FULL),
        ("Half refund", "250", "500", Grant.PARTIAL),
        ("Partial credit", None, "500", Grant.PARTIAL),
        ("Refund of 50 %", None, None, Grant.PARTIAL),
        ("No refund", "0", "500", Grant.NONE),
        ("No full refund", None, None, Grant.NONE),
        ("Refund", "700", "-500", Grant.FULL),
        ("An apology", "0", "500", Grant.NONE),
        ("A talk", None, None, Grant.PARTIAL),
    ],
)
def test_an_option_gives_in_full_in_part_or_nothing(
    title: str, cost: str | None, asked: str | None, expected: Grant
) -> None:
    amounts = (None if typed is None else Decimal(typed) for typed in (cost, asked))
    assert grant_of(title, *amounts) is expected


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
    granted = [("refund_request", moment, Grant.FULL) for moment in at]
    refused = [("refund_request", at[3], Grant.NONE), ("churn_prevention", at[3], Grant.NONE)]

    young = drifts([*granted, *refused], since=datetime(2026, 5, 2, tzinfo=UTC), now=NOW)
    old = drifts([*granted, *refused], since=LONG_AGO, now=NOW)

    assert young == [Drift("refund_request", ((2026, 3), (2026, 4)), (2, 1), (2, 2))]
    assert old == [Drift("refund_request", ((2026, 1), (2026, 2), (2026, 3), (2026, 4)), (0, 1, 2, 1), (0, 1, 2, 2))]
    assert drifts([], since=None, now=NOW) == []
