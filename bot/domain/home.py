"""What one person's Home tab holds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.domain.team import Actor
from bot.domain.waiting import Line


@dataclass(frozen=True)
class Decided:
    """A resolved decision as one line."""

    decision_id: UUID
    number: int
    title: str
    choice: str
    resolved_at: datetime


@dataclass(frozen=True)
class Home:
    """A member's tab."""

    actor: Actor
    lines: tuple[Line, ...]
    """All that is open, what waits for the member first."""
    recent: tuple[Decided, ...]
    members: int
    """Active ones."""
    known: int = 0
    """Of the decisions of the last twelve months, `resolved`, those whose outcome is known."""
    resolved: int = 0
    page: int = 0
    is_first: bool = False


@dataclass(frozen=True)
class Stranger:
    """The tab of somebody who is in no team here, or inactive in it."""

    has_team: bool
    admins: tuple[str, ...]
    sentence: str | None = None
    """Why, where it is not that nobody knows them."""
