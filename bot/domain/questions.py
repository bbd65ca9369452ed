"""What a round asks, the same of everybody on its roster: enough to show a page of it, and nothing about anybody."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from bot.domain.criterion import Criterion
from bot.domain.decision import Dossier
from bot.domain.option import Option
from bot.domain.round import Thresholds
from bot.errors import Invalid


@dataclass(frozen=True, eq=False)
class Questions:
    """A round's questions at one revision of its decision: what changes them makes the revision grow.

    Compared by identity, so that what is drawn of them can be kept by them.
    """

    round_id: UUID
    revision: int
    name: str
    """What people call the decision: "#42"."""
    title: str
    customer_name: str
    currency: str
    closes_at: datetime
    option_ids: tuple[UUID, ...]
    weights: tuple[tuple[UUID, Decimal], ...]
    """(criterion id, weight) in the order of the pages, as frozen at the start."""
    thresholds: Thresholds
    is_second: bool
    criteria: tuple[Criterion, ...]
    options: tuple[Option, ...]

    @property
    def criterion_ids(self) -> tuple[UUID, ...]:
        return tuple(criterion for criterion, _ in self.weights)

    def option(self, option_id: UUID) -> Option | None:
        return next((o for o in self.options if o.id == option_id), None)

    def criterion(self, criterion_id: UUID) -> Criterion | None:
        return next((c for c in self.criteria if c.id == criterion_id), None)


def questions_of(dossier: Dossier) -> Questions:
    """Raises Invalid where nothing is being asked."""
    decision, live = dossier.decision, dossier.round
    if live is None:
        raise Invalid(f"Scoring of {decision.name} has not started.")
    return Questions(
        round_id=live.id,
        revision=decision.revision,
        name=decision.name,
        title=decision.case.title,
        customer_name=decision.case.customer_name,
        currency=decision.currency,
        closes_at=live.closes_at,
        option_ids=live.option_ids,
        weights=live.weights,
        thresholds=live.thresholds,
        is_second=live.is_second,
        criteria=dossier.criteria,
        options=dossier.options,
    )
