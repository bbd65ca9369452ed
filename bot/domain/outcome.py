"""What was decided, by whom and why, and how it turned out."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil
from uuid import UUID

NOTES_LENGTH = 2000


@dataclass(frozen=True)
class Outcome:
    decision_id: UUID
    selected_option_id: UUID
    reason: str
    resolved_by: UUID
    response_sent_at: datetime | None = None
    resolution_time_hours: int | None = None
    customer_satisfaction_score: int | None = None
    customer_retained: bool | None = None
    financial_impact_actual: Decimal | None = None
    escalation_occurred: bool = False
    follow_up_date: datetime | None = None
    outcome_notes: str | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class OutcomeDraft:
    """The outcome as typed."""

    customer_satisfaction_score: int | None = None
    customer_retained: bool | None = None
    financial_impact_actual: Decimal | None = None
    escalation_occurred: bool = False
    follow_up_date: datetime | None = None
    outcome_notes: str | None = None


def resolution_hours(created_at: datetime, resolved_at: datetime) -> int:
    """Whole hours from opening to resolving, rounded up."""
    return ceil((resolved_at - created_at).total_seconds() / 3600)
