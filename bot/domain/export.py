"""A decision as it leaves the product in a table: its case, its published result, its outcome.

Holds no ballot, no comment, and no count of ballots before publication: whoever keeps two exports, taken at two
moments of an open round, has nothing to subtract.
"""

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.decision import Decision
from bot.domain.option import Option
from bot.domain.outcome import Outcome
from bot.domain.result import Result


@dataclass(frozen=True)
class Record:
    """One decision of the table."""

    decision: Decision
    owner: str
    options: tuple[Option, ...]
    """In the order in which they were proposed."""
    results: tuple[Result, ...] = ()
    """As published, oldest first: none, one, or that of a second round after it."""
    outcome: Outcome | None = None
    """Present while the decision is resolved."""
    resolver: str = ""
    principal: str = ""
    """In whose place the resolver decided, as their deputy."""
    second: str = ""
    """Who has confirmed the choice, where it took two people."""
    suggested_type: str | None = None
    """What its text alone read like when it was opened; None where that was not clear, or not asked."""
    confidence: Decimal | None = None
    """0..1, of that reading; None where nothing was read."""

    @property
    def result(self) -> Result | None:
        """What stands: the latest published."""
        return self.results[-1] if self.results else None

    @property
    def leaders(self) -> tuple[Option, ...]:
        """Who is first; empty before publication and where nothing aggregated may be shown."""
        first = self.result.leaders if self.result else ()
        return tuple(option for option in self.options if option.id in first)

    @property
    def choice(self) -> Option | None:
        chosen = self.outcome.selected_option_id if self.outcome else None
        return next((option for option in self.options if option.id == chosen), None)

    @property
    def follows_leader(self) -> bool | None:
        """Whether the choice was (one of) the first; None where there is no choice or nothing was first."""
        return self.choice in self.leaders if self.choice and self.leaders else None
