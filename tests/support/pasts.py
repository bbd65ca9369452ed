"""Resolved decisions as the learning page reads them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from bot.domain.choice import Kind
from bot.domain.learning import Past

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
PEOPLE = tuple(UUID(int=number) for number in (1, 2, 3, 4))


def past(number: int, **changed: Any) -> Past:
    """The decision of this number, one a day, by people in turn."""
    at = START + timedelta(days=number)
    usual: dict[str, Any] = {
        "decision_id": UUID(int=1000 + number),
        "number": number,
        "title": f"Refund for the outage of week {number}",
        "decision_type": "refund_request",
        "resolved_at": at,
        "grant": Kind.PARTIAL,
        "resolved_by": PEOPLE[number % 3],
        "amount": Decimal(10 * number),
        "worked": True,
        "known_at": at + timedelta(days=14),
    }
    return Past(**{**usual, **changed})


def pasts(outcomes: Sequence[bool | None], *, start: int = 1, **changed: Any) -> list[Past]:
    """One for each outcome."""
    return [
        past(number, worked=worked, known_at=None if worked is None else START + timedelta(days=number), **changed)
        for number, worked in enumerate(outcomes, start)
    ]
