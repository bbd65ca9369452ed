"""What was decided, by whom and why, and how it turned out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Self
from uuid import UUID

from bot.errors import Conflict

NOTES_LENGTH = 2000
FOLLOW_UP = timedelta(days=14)
"""After resolving, unless somebody sets another date: then it is asked whether it worked."""
PROPOSAL = timedelta(days=7)
"""So long a second person may confirm a choice; then it is as if nobody had made it."""
UNDO = timedelta(days=7)
"""So long an answer can be taken back."""
SURENESS = (50, 60, 70, 80, 90, 95)
"""Per cent. Below 50 somebody would choose another option; nobody is surer than 95."""
WORKED = "the customer stayed, nothing was escalated, and it cost about what was planned"
"""What "worked" means, in the middle of a sentence."""


class Answer(StrEnum):
    """What one press says on the follow-up date; the value is stored."""

    WORKED = "worked"
    FAILED = "failed"
    EARLY = "early"
    """Too early to say: it is asked once more, later."""
    NEVER = "never"
    """Nobody asks again; how it turned out stays unknown."""


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
    worked: bool | None = None
    """None: nobody has said."""
    is_moved: bool = False
    """Whether the follow-up date was moved because it was too early to say; that works once."""
    answer: Answer | None = None
    """The latest by one press; None where there was none, or it was taken back."""
    answered_at: datetime | None = None
    before: "Before | None" = None
    """What taking the answer back restores."""
    resolved_for: UUID | None = None
    """Whose authority it took, where a deputy resolved it."""
    confirmed_by: UUID | None = None
    """The second person, where it took two."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What can be answered by one press."""
        return tuple(answer for answer in Answer if answer is not Answer.EARLY or not self.is_moved)

    def answered(self, answer: Answer, *, now: datetime) -> Self:
        """Return it with the answer. Raises Conflict where it was too early once before."""
        if answer not in self.answers:
            raise Conflict("The date was moved once already. Say whether it worked, or that nobody shall ask again.")
        before = Before(self.worked, self.follow_up_date, self.recorded_at, self.is_moved)
        after = replace(self, answer=answer, answered_at=now, before=before)
        if answer is Answer.EARLY:
            return replace(after, is_moved=True, follow_up_date=now + FOLLOW_UP)
        worked = {Answer.WORKED: True, Answer.FAILED: False}.get(answer, self.worked)
        return replace(after, worked=worked, follow_up_date=None, recorded_at=self.recorded_at or now)

    def undone(self, *, now: datetime) -> Self:
        """Return it as it was before the answer. Raises Conflict where there is none, or it is older than `UNDO`."""
        why = self.why_not_undone(now=now)
        if self.before is None or why:
            raise Conflict(why or "")
        return replace(self, **vars(self.before), answer=None, answered_at=None, before=None)

    def why_not_undone(self, *, now: datetime) -> str | None:
        if self.before is None or self.answered_at is None:
            return 'There is no answer to take back. "Amend outcome" changes what is recorded.'
        if now - self.answered_at > UNDO:
            return 'An answer can be taken back for 7 days. "Amend outcome" changes what is recorded.'
        return None


@dataclass(frozen=True)
class Before:
    """Of an outcome, what an answer by one press changes; the names are those of the outcome."""

    worked: bool | None
    follow_up_date: datetime | None
    recorded_at: datetime | None
    is_moved: bool

    def to_body(self) -> dict[str, object]:
        """As JSON takes it."""
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in vars(self).items()}

    @classmethod
    def from_body(cls, body: Mapping[str, object]) -> Self:
        def moment(name: str) -> datetime | None:
            return datetime.fromisoformat(str(body[name])) if body[name] else None

        worked = body["worked"]
        known = None if worked is None else bool(worked)
        return cls(known, moment("follow_up_date"), moment("recorded_at"), bool(body["is_moved"]))


@dataclass(frozen=True)
class Proposal:
    """A choice with its reason, as the first of two people has made it; the second confirms it or sends it back."""

    option_id: UUID
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    proposed_for: UUID | None = None
    """Whose authority it took, where a deputy proposed it."""
    returned_by: UUID | None = None
    returned_reason: str | None = None
    """Why it was sent back; then it waits for nobody, and is shown until there is another choice."""

    @property
    def expires_at(self) -> datetime:
        return self.proposed_at + PROPOSAL

    def is_open(self, now: datetime) -> bool:
        return self.returned_by is None and now < self.expires_at

    def to_body(self) -> dict[str, str]:
        """As JSON takes it."""
        return {name: _as_text(value) for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_body(cls, body: Mapping[str, str]) -> Self:
        def person(name: str) -> UUID | None:
            return UUID(body[name]) if name in body else None

        return cls(
            UUID(body["option_id"]),
            body["reason"],
            UUID(body["proposed_by"]),
            datetime.fromisoformat(body["proposed_at"]),
            person("proposed_for"),
            person("returned_by"),
            body.get("returned_reason"),
        )


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@dataclass(frozen=True)
class Forecast:
    """How sure whoever resolved it was; theirs alone."""

    option_id: UUID
    member_id: UUID
    per_cent: int = field(repr=False)
    due: datetime
    """By when it was to have worked."""


@dataclass(frozen=True)
class OutcomeDraft:
    """The outcome as typed."""

    customer_satisfaction_score: int | None = None
    customer_retained: bool | None = None
    financial_impact_actual: Decimal | None = None
    escalation_occurred: bool = False
    follow_up_date: datetime | None = None
    outcome_notes: str | None = None
    worked: bool | None = None


def has_worked(said: bool | None, *, was_escalated: bool, stayed: bool | None) -> bool | None:
    """As it was said, else as far as the rest tells: no, where it was escalated or the customer left; yes, where they
    stayed. The cost does not tell: amounts are typed with either sign."""
    if said is not None:
        return said
    return False if was_escalated else stayed


def resolution_hours(created_at: datetime, resolved_at: datetime) -> int:
    """Whole hours from opening to resolving, rounded up."""
    return ceil((resolved_at - created_at).total_seconds() / 3600)
