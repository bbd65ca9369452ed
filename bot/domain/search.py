"""What somebody looks for among the team's decisions, and what a line of the list shows."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

PAGE_LINES = 25


class State(StrEnum):
    """As people tell decisions apart."""

    OPEN = "open"
    SCORING = "scoring"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Wanted:
    """All that is given has to hold; nothing given: every decision of the team."""

    words: str = ""
    """All of them, in title, customer or description; "-word" for none of it, quotes around a phrase."""
    state: State | None = None
    decision_type: str | None = None
    customer: str | None = None
    """The whole name, in whatever case."""
    urgency: int | None = None
    owner: UUID | None = None
    since: date | None = None
    """Opened on this day or later, in UTC; `until` likewise or earlier."""
    until: date | None = None
    before: int | None = None
    """The page after this number: newer decisions have higher ones."""


@dataclass(frozen=True)
class Found:
    """One line of the list."""

    number: int
    title: str
    customer: str
    decision_type: str
    status: str
    phase: int
    urgency: int
    owner: str
    opened_at: datetime
    resolved_at: datetime | None
    amount: Decimal | None
    currency: str
    choice: str | None
    """The option that was chosen; None while it is open."""


@dataclass(frozen=True)
class Results:
    """One page, newest first."""

    lines: tuple[Found, ...]
    before: int | None
    """Where the next page begins; None where this is the last."""
