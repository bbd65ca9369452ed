"""Exceptions that a team has granted: to one customer, and how their number moves from quarter to quarter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import sqrt
from uuid import UUID

from bot.domain.choice import GRANTED, Kind

YEAR = timedelta(days=365)
"""Requests of one customer are counted over the twelve months up to the one at hand."""
QUARTERS = 4
"""The last full quarters, in which a line may rise; three are enough where there were no more."""
LEAST_QUARTERS, LEAST_GRANTS = 3, 8
RISING = 1.645
"""Standard deviations: an even line rises so steeply by chance in 5 of 100 cases."""


@dataclass(frozen=True)
class Entry:
    """What a customer was granted, or was not."""

    decision_id: UUID
    number: int
    title: str
    choice: str
    grant: Kind
    cost: Decimal | None
    currency: str
    resolved_at: datetime
    worked: bool | None = None


@dataclass(frozen=True)
class Ledger:
    """One customer's requests."""

    requests: int = 1
    """Within `YEAR` up to the decision at hand, that one too; without those that were cancelled."""
    entries: tuple[Entry, ...] | None = None
    """What came of the earlier ones, newest first; None until the result of the decision at hand is published."""


FIRST = Ledger()
"""Of a customer who has not asked before."""

Quarter = tuple[int, int]
"""(year, 1..4), in UTC."""


def quarter_of(at: datetime) -> Quarter:
    return at.year, (at.month + 2) // 3


def before(quarter: Quarter) -> Quarter:
    year, number = quarter
    return (year, number - 1) if number > 1 else (year - 1, 4)


@dataclass(frozen=True)
class Drift:
    """Exceptions of one type, quarter by quarter, oldest first."""

    decision_type: str
    quarters: tuple[Quarter, ...]
    granted: tuple[int, ...]
    requests: tuple[int, ...]
    """All that were resolved, granted or not."""

    @property
    def is_rising(self) -> bool:
        """Whether the line rises more than chance would have it.

        The quarter's number against its share of all grants: with N grants in k even quarters sum(i x_i) has the mean
        N (k - 1) / 2 and the variance N (k^2 - 1) / 12. Source: the trend test of Armitage 1955, for counts. Not below
        `LEAST_GRANTS` grants.
        """
        total, k = sum(self.granted), len(self.quarters)
        if k < LEAST_QUARTERS or total < LEAST_GRANTS:
            return False
        moved = sum(place * count for place, count in enumerate(self.granted)) - total * (k - 1) / 2
        return moved / sqrt(total * (k * k - 1) / 12) > RISING


def drifts(resolved: Iterable[tuple[str, datetime, Kind]], *, since: datetime | None, now: datetime) -> list[Drift]:
    """By type, those with a grant, most of them first; only quarters that are over, and that the team saw from their
    beginning: the one in which it began, `since`, would make every line rise.

    resolved: type, when, what came of it.
    """
    quarters = _quarters(since, now)
    found: dict[str, Mapping[Quarter, list[Kind]]] = {}
    for kind, at, grant in resolved:
        of_type = found.setdefault(kind, {quarter: [] for quarter in quarters})
        if (quarter := quarter_of(at)) in of_type:
            of_type[quarter].append(grant)
    lines = [_drift(kind, of_type) for kind, of_type in found.items()]
    return sorted((line for line in lines if sum(line.granted)), key=lambda line: -sum(line.granted))


def _quarters(since: datetime | None, now: datetime) -> Sequence[Quarter]:
    """Oldest first."""
    quarters: list[Quarter] = []
    quarter = before(quarter_of(now))
    while since and quarter > quarter_of(since) and len(quarters) < QUARTERS:
        quarters.insert(0, quarter)
        quarter = before(quarter)
    return quarters


def _drift(kind: str, of_type: Mapping[Quarter, list[Kind]]) -> Drift:
    granted = tuple(sum(grant in GRANTED for grant in grants) for grants in of_type.values())
    return Drift(kind, tuple(of_type), granted, tuple(len(grants) for grants in of_type.values()))
