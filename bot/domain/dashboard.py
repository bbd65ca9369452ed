"""What a team's decisions look like from afar: how long their parts take, what came of them. Pure values."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.domain import choice
from bot.domain.ledger import Entry

LEAST_FOR_MEDIAN = 3
"""Of fewer decisions a median tells about one."""
MOST_CUSTOMERS = 12


@dataclass(frozen=True)
class Pace:
    """How long one part of the way takes."""

    name: str
    count: int
    """Decisions of the last 12 months that have gone through it."""
    hours: float | None
    """The median; None below `LEAST_FOR_MEDIAN`."""


@dataclass(frozen=True)
class Kind:
    """What came of the decisions of one type within 12 months."""

    decision_type: str
    worked: int
    failed: int
    unknown: int
    """Resolved, and nobody has said."""
    open: int
    cancelled: int

    @property
    def total(self) -> int:
        return self.worked + self.failed + self.unknown + self.open + self.cancelled


@dataclass(frozen=True)
class Customer:
    """What one customer was granted."""

    name: str
    full: int
    partial: int
    refused: int
    cost: tuple[tuple[str, Decimal], ...]
    """(currency, what the granted options cost), where it is known."""

    @property
    def granted(self) -> int:
        return self.full + self.partial


def by_customer(entries: Iterable[tuple[str, Entry]]) -> list[Customer]:
    """Those who were granted most, first; names that differ in their case only are one."""
    names: dict[str, str] = {}
    found: dict[str, list[Entry]] = {}
    for name, entry in entries:
        names.setdefault(name.casefold(), name)
        found.setdefault(name.casefold(), []).append(entry)
    customers = [_customer(names[key], of_one) for key, of_one in found.items()]
    return sorted(customers, key=lambda one: (-one.granted, -one.refused, one.name))


def _customer(name: str, entries: list[Entry]) -> Customer:
    grants = Counter(entry.grant for entry in entries)
    costs: dict[str, Decimal] = {}
    for entry in entries:
        if entry.grant in choice.GRANTED and entry.cost is not None:
            costs[entry.currency] = costs.get(entry.currency, Decimal(0)) + entry.cost
    return Customer(
        name,
        grants[choice.Kind.FULL],
        grants[choice.Kind.PARTIAL],
        grants[choice.Kind.NONE],
        tuple(sorted(costs.items())),
    )
