"""A customer decision: its facts, its six phases, and what it takes to move from one to the next."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from uuid import UUID

from bot.domain.criterion import Criterion
from bot.domain.ledger import FIRST, Ledger
from bot.domain.option import Option
from bot.domain.outcome import Outcome, Proposal
from bot.domain.result import Result
from bot.domain.round import Round, RoundState
from bot.domain.team import Member, Team
from bot.errors import Conflict

TITLE_LENGTH, DESCRIPTION_LENGTH, CUSTOMER_LENGTH = 150, 3000, 150
REASON_LENGTH = 1000

DECISION_TYPES = {
    "refund_request": "Refund request",
    "billing_dispute": "Billing dispute",
    "service_escalation": "Service escalation",
    "policy_exception": "Policy exception",
    "contract_modification": "Contract modification",
    "churn_prevention": "Churn prevention",
}
ABOUT_MONEY = frozenset({"refund_request", "billing_dispute", "policy_exception", "contract_modification"})
TIERS = {"basic": "Basic", "standard": "Standard", "premium": "Premium", "enterprise": "Enterprise"}
URGENCY = {1: "1 · whenever", 2: "2 · low", 3: "3 · normal", 4: "4 · high", 5: "5 · critical"}


class Status(StrEnum):
    CREATED = "created"
    TEAM_INPUT = "team_input"
    EVALUATING = "evaluating"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"


class Phase(IntEnum):
    """The six phases; the number is what the database holds and what people read: "phase 3 of 6"."""

    DEFINE = 1
    CRITERIA = 2
    OPTIONS = 3
    EVALUATE = 4
    ACT = 5
    LEARN = 6

    @property
    def word(self) -> str:
        return self.name.capitalize()


State = tuple[Status, Phase]
"""(status, current_phase); only the pairs of VALID_STATES exist, in here and in a CHECK of the database."""

VALID_STATES: frozenset[State] = frozenset(
    {
        (Status.CREATED, Phase.DEFINE),
        (Status.TEAM_INPUT, Phase.CRITERIA),
        (Status.TEAM_INPUT, Phase.OPTIONS),
        (Status.EVALUATING, Phase.EVALUATE),
        (Status.RESOLVED, Phase.ACT),
        (Status.RESOLVED, Phase.LEARN),
        *((Status.CANCELLED, phase) for phase in (Phase.DEFINE, Phase.CRITERIA, Phase.OPTIONS, Phase.EVALUATE)),
    }
)


class Transition(Enum):
    """A move from one state to the next; the value is its number in the method's own table."""

    OPEN = "T1"
    DEFINE = "T2"
    SET_CRITERIA = "T3"
    REOPEN_CRITERIA = "T3b"
    START_SCORING = "T4"
    VOID_ROUND = "T4b"
    CLOSE_SCORING = "T5"
    PUBLISH = "T6"
    RESOLVE = "T7"
    INFORM_CUSTOMER = "T8"
    RECORD_OUTCOME = "T9"
    REOPEN_CHOICE = "T10"
    CANCEL_IN_DEFINE = "T11a"
    CANCEL_IN_CRITERIA = "T11b"
    CANCEL_IN_OPTIONS = "T11c"
    CANCEL_IN_EVALUATE = "T11d"


TRANSITIONS: dict[Transition, tuple[State | None, State]] = {
    Transition.OPEN: (None, (Status.CREATED, Phase.DEFINE)),
    Transition.DEFINE: ((Status.CREATED, Phase.DEFINE), (Status.TEAM_INPUT, Phase.CRITERIA)),
    Transition.SET_CRITERIA: ((Status.TEAM_INPUT, Phase.CRITERIA), (Status.TEAM_INPUT, Phase.OPTIONS)),
    Transition.REOPEN_CRITERIA: ((Status.TEAM_INPUT, Phase.OPTIONS), (Status.TEAM_INPUT, Phase.CRITERIA)),
    Transition.START_SCORING: ((Status.TEAM_INPUT, Phase.OPTIONS), (Status.EVALUATING, Phase.EVALUATE)),
    Transition.VOID_ROUND: ((Status.EVALUATING, Phase.EVALUATE), (Status.TEAM_INPUT, Phase.OPTIONS)),
    Transition.CLOSE_SCORING: ((Status.EVALUATING, Phase.EVALUATE), (Status.EVALUATING, Phase.EVALUATE)),
    Transition.PUBLISH: ((Status.EVALUATING, Phase.EVALUATE), (Status.EVALUATING, Phase.EVALUATE)),
    Transition.RESOLVE: ((Status.EVALUATING, Phase.EVALUATE), (Status.RESOLVED, Phase.ACT)),
    Transition.INFORM_CUSTOMER: ((Status.RESOLVED, Phase.ACT), (Status.RESOLVED, Phase.LEARN)),
    Transition.RECORD_OUTCOME: ((Status.RESOLVED, Phase.LEARN), (Status.RESOLVED, Phase.LEARN)),
    Transition.REOPEN_CHOICE: ((Status.RESOLVED, Phase.ACT), (Status.EVALUATING, Phase.EVALUATE)),
    Transition.CANCEL_IN_DEFINE: ((Status.CREATED, Phase.DEFINE), (Status.CANCELLED, Phase.DEFINE)),
    Transition.CANCEL_IN_CRITERIA: ((Status.TEAM_INPUT, Phase.CRITERIA), (Status.CANCELLED, Phase.CRITERIA)),
    Transition.CANCEL_IN_OPTIONS: ((Status.TEAM_INPUT, Phase.OPTIONS), (Status.CANCELLED, Phase.OPTIONS)),
    Transition.CANCEL_IN_EVALUATE: ((Status.EVALUATING, Phase.EVALUATE), (Status.CANCELLED, Phase.EVALUATE)),
}
"""The DECIDE model's moves (Guo 2008); their guards live where the facts are, in `permission` and in the services."""

CANCELLING = {
    Phase.DEFINE: Transition.CANCEL_IN_DEFINE,
    Phase.CRITERIA: Transition.CANCEL_IN_CRITERIA,
    Phase.OPTIONS: Transition.CANCEL_IN_OPTIONS,
    Phase.EVALUATE: Transition.CANCEL_IN_EVALUATE,
}
"""By the phase in which a decision is cancelled: it keeps that phase."""


@dataclass(frozen=True)
class Case:
    """What is typed about the customer and the problem. Money in the decision's currency; dates aware, UTC."""

    decision_type: str
    customer_name: str
    title: str
    description: str = ""
    customer_tier: str = "standard"
    customer_value: Decimal | None = None
    customer_email: str | None = None
    customer_id: str | None = None
    relationship_duration_months: int = 0
    urgency_level: int = 3
    financial_impact: Decimal | None = None
    expected_resolution_date: datetime | None = None
    promised_by: datetime | None = None
    """By when the customer was promised a reply."""

    @property
    def is_contract(self) -> bool:
        return self.decision_type == "contract_modification"

    @property
    def is_about_money(self) -> bool:
        return self.decision_type in ABOUT_MONEY

    def changes(self, before: "Case") -> dict[str, list[object]]:
        """[before, now] of each amount, and of the urgency, that is another one now; amounts as texts, None unknown."""
        pairs = {name: (getattr(before, name), getattr(self, name)) for name in WATCHED}
        return {name: [_told(value) for value in pair] for name, pair in pairs.items() if pair[0] != pair[1]}


WATCHED = ("financial_impact", "customer_value", "urgency_level")
"""What says how much is at stake: a change of it is kept in the trail, and shown beside the new value."""


def _told(value: Decimal | int | None) -> object:
    return str(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True)
class Decision:
    id: UUID
    team_id: UUID
    number: int
    revision: int
    created_by: UUID
    created_at: datetime
    status: Status
    phase: Phase
    case: Case
    workspace_id: str | None = None
    channel_id: str | None = None
    permalink: str | None = None
    cancel_reason: str | None = None
    resolved_at: datetime | None = None
    currency: str = "USD"
    """Of all its amounts: its team's when it was opened, whatever that is now."""
    taken_from: UUID | None = None
    """The owner before this one, who had left: somebody took the decision over."""
    ladder: tuple[UUID, ...] = ()
    """Who is asked to decide it, in that order, as planned last; see `decider.ladder`."""
    financial_impact_before: Decimal | None = None
    """What it was at first, where it was changed since; likewise the next two."""
    customer_value_before: Decimal | None = None
    urgency_level_before: int | None = None
    called_off: tuple[UUID, ...] = ()
    """Whom something was waiting for, as they had been told, when it was called off."""
    proposal: Proposal | None = None
    """A choice that a second person has to confirm, or has sent back."""
    unheard: str | None = None
    """The news (a `Kind`) that was not shown to the whole channel, so that who was asked is told in person."""

    @property
    def state(self) -> State:
        return (self.status, self.phase)

    def open_proposal(self, now: datetime) -> Proposal | None:
        """The choice that waits for a second person."""
        return self.proposal if self.proposal and self.proposal.is_open(now) else None

    @property
    def name(self) -> str:
        """What people call it: "#42"."""
        return f"#{self.number}"

    def moved(self, transition: Transition) -> "Decision":
        """Return the decision after the move. Raises Conflict, naming the state, where the move does not start here."""
        start, end = TRANSITIONS[transition]
        if start != self.state:
            raise Conflict(f"{self.name} has moved on: it is now in {self.place}. Use /decide show {self.number}.")
        return replace(self, status=end[0], phase=end[1])

    def moved_to_by(self, transition: Transition) -> bool:
        """Whether it stands where the move leads."""
        return self.state == TRANSITIONS[transition][1]

    @property
    def awaits_reply(self) -> bool:
        """Whether its customer has not heard what was decided."""
        return self.status is not Status.CANCELLED and self.phase is not Phase.LEARN

    @property
    def place(self) -> str:
        """Its state in words, for sentences: "phase 3 of 6 (Options)"."""
        if self.status is Status.CANCELLED:
            return "the cancelled ones"
        return f"phase {self.phase} of 6 ({self.phase.word})"


@dataclass(frozen=True)
class CardMessage:
    """The one message in the channel that shows the decision."""

    channel_id: str
    ts: str
    rendered_revision: int
    permalink: str | None = None


@dataclass(frozen=True)
class Brief:
    """What of a decision tells for whom it waits; a list reads hundreds of them, without results and criteria."""

    decision: Decision
    options: tuple[Option, ...] = ()
    round: Round | None = None
    """The latest round that was not voided."""
    outcome: Outcome | None = None
    """Present while the decision is resolved."""


@dataclass(frozen=True)
class Dossier:
    """One decision with all that anybody of its team may be shown. No ballot and no unpublished number is in it."""

    decision: Decision
    team: Team
    owner: Member
    criteria: tuple[Criterion, ...] = ()
    options: tuple[Option, ...] = ()
    round: Round | None = None
    """The latest round that was not voided."""
    result: Result | None = None
    """Of that round; present once published."""
    first_result: Result | None = None
    """Of the round before, present where that one is a second round: it stays visible, whatever the second says."""
    outcome: Outcome | None = None
    """Present while the decision is resolved."""
    resolver: Member | None = None
    principal: Member | None = None
    """Whose deputy the resolver was, where it took that one's authority."""
    proposer: Member | None = None
    """Who has proposed the choice that waits for a second person, or was sent back."""
    second: Member | None = None
    """Who has confirmed the choice, or sent it back."""
    card: CardMessage | None = None
    predecessor: Member | None = None
    """The owner before, present where the decision was taken over."""
    ledger: Ledger = FIRST
    """How often its customer has asked within a year and, once the result is published, what came of it."""
    colleagues: tuple[Member, ...] = ()
    """The active members of the team, present where owner or resolver are not among them: somebody has to go on."""

    @property
    def is_orphaned(self) -> bool:
        """Whether its owner has left, and nobody has taken it over yet."""
        return not self.owner.is_active

    @property
    def lead(self) -> str:
        """Who moves it on, in words, in the middle of a sentence."""
        return "whoever takes it over" if self.is_orphaned else self.owner.name

    @property
    def brief(self) -> Brief:
        return Brief(self.decision, self.options, self.round, self.outcome)

    def round_state(self, now: datetime) -> RoundState | None:
        return self.round.state(now) if self.round else None

    @property
    def is_second_round(self) -> bool:
        return self.round is not None and self.round.is_second

    @property
    def invites_second_round(self) -> bool:
        """Whether the team may be asked once more: a first result is there, and leaves it open who is ahead."""
        return self.result is not None and self.result.invites_second_round and not self.is_second_round

    @property
    def is_finished(self) -> bool:
        """Resolved, the customer informed, and it is recorded how it turned out."""
        return self.outcome is not None and self.outcome.recorded_at is not None

    @property
    def is_over(self) -> bool:
        """Whether nobody has to go on: cancelled, or finished without a date to look at it once more."""
        is_done = self.is_finished and self.outcome is not None and self.outcome.follow_up_date is None
        return is_done or self.decision.status is Status.CANCELLED

    def option(self, option_id: UUID) -> Option | None:
        return next((o for o in self.options if o.id == option_id), None)

    def criterion(self, criterion_id: UUID) -> Criterion | None:
        return next((c for c in self.criteria if c.id == criterion_id), None)


def missing_for_criteria(case: Case, *, active_members: int) -> tuple[str, ...]:
    """What is still missing before the team may set criteria (guards of T2), in words; empty when nothing is."""
    wanted = {
        "a description of the problem": bool(case.description.strip()),
        "a date to decide by": case.expected_resolution_date is not None,
        "at least 2 active team members": active_members >= 2,
    }
    return tuple(words for words, is_there in wanted.items() if not is_there)
