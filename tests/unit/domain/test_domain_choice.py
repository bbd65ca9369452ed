"""Which kind of answer a title is."""

from decimal import Decimal

import pytest

from bot.domain.choice import Kind, kind_of


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Full refund", Kind.FULL),
        ("Pay it back", Kind.FULL),
        ("Waive the fee", Kind.FULL),
        ("Refund 100 %", Kind.FULL),
        ("Partial refund of 50 %", Kind.PARTIAL),
        ("Half of the whole amount", Kind.PARTIAL),
        ("Credit on the next invoice", Kind.PARTIAL),
        ("20% off for a year", Kind.PARTIAL),
        ("No refund, but an apology", Kind.NONE),
        ("Do not pay all of it", Kind.NONE),
        ("Keep to the policy", Kind.NONE),
        ("Decline", Kind.NONE),
        ("Volle Erstattung", Kind.FULL),
        ("Teilweise Gutschrift", Kind.PARTIAL),
        ("Keine Erstattung", Kind.NONE),
        ("Send Bob", Kind.OTHER),
        ("Nonesuch fullness", Kind.OTHER),
        ("Dismiss the claim", Kind.NONE),
        ("No full refund", Kind.NONE),
        ("A talk", Kind.OTHER),
    ],
)
def test_a_title_tells_its_kind(title: str, kind: Kind) -> None:
    assert kind_of(title, cost=None, amount=None) is kind


@pytest.mark.parametrize(
    ("cost", "amount", "kind"),
    [
        ("1000", "1000", Kind.FULL),
        ("950", "1000", Kind.FULL),
        ("949", "1000", Kind.PARTIAL),
        ("1", "1000", Kind.PARTIAL),
        ("0", "1000", Kind.NONE),
        (None, "1000", Kind.OTHER),
        ("5", None, Kind.OTHER),
        ("5", "0", Kind.OTHER),
        ("-5", "1000", Kind.OTHER),
        ("700", "-500", Kind.FULL),
    ],
)
def test_where_the_title_does_not_the_cost_may(cost: str | None, amount: str | None, kind: Kind) -> None:
    known = [None if value is None else Decimal(value) for value in (cost, amount)]

    assert kind_of("Send Bob", cost=known[0], amount=known[1]) is kind


def test_words_count_more_than_the_cost() -> None:
    """What is at stake may be more than was asked for, and what gives nothing may cost something."""
    assert kind_of("Half of it", cost=Decimal(1000), amount=Decimal(1000)) is Kind.PARTIAL
    assert kind_of("Full refund", cost=Decimal(300), amount=Decimal(5000)) is Kind.FULL
    assert kind_of("No refund, send an engineer", cost=Decimal(200), amount=Decimal(1000)) is Kind.NONE
