"""What customers were granted, from afar."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from bot.domain.choice import Kind
from bot.domain.dashboard import Customer, by_customer
from bot.domain.dashboard import Kind as OfType
from bot.domain.ledger import Entry

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def an_entry(grant: Kind, cost: str | None = None, currency: str = "USD") -> Entry:
    amount = None if cost is None else Decimal(cost)
    return Entry(uuid4(), 1, "Refund", "Half", grant, amount, currency, NOON)


def test_who_was_granted_most_comes_first_and_one_name_is_one_customer() -> None:
    found = by_customer(
        [
            ("Acme", an_entry(Kind.NONE, "50")),
            ("ABC", an_entry(Kind.FULL, "100")),
            ("abc", an_entry(Kind.PARTIAL, "20")),
            ("ABC", an_entry(Kind.FULL, "5", "EUR")),
            ("ABC", an_entry(Kind.OTHER, "7")),
            ("Zeta", an_entry(Kind.FULL)),
        ]
    )

    assert found == [
        Customer("ABC", 2, 1, 0, (("EUR", Decimal(5)), ("USD", Decimal(120)))),
        Customer("Zeta", 1, 0, 0, ()),
        Customer("Acme", 0, 0, 1, ()),
    ]
    assert [one.granted for one in found] == [3, 1, 0]


def test_of_a_type_everything_is_counted_once() -> None:
    assert OfType("refund_request", worked=1, failed=2, unknown=3, open=4, cancelled=5).total == 15
