"""What programs send and get, as pydantic checks it and OpenAPI documents it.

Amounts are texts with two decimals, in the decision's currency; moments are RFC 3339 with an offset.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from bot.domain import criterion, decision, option, outcome, webhook
from bot.domain.text import clean, one_line

MOST_MONTHS = 1200


class Sent(BaseModel):
    """What a program sends: an unknown field is a slip, and refused."""

    model_config = ConfigDict(extra="forbid")


def _filled(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None


def _line(most: int) -> Any:
    """One line of 1 to `most` characters that can be seen."""
    schema = WithJsonSchema({"type": "string", "minLength": 1, "maxLength": most, "pattern": r"\S"})
    return Annotated[str, AfterValidator(one_line), AfterValidator(_filled), StringConstraints(max_length=most), schema]


def _text(most: int) -> Any:
    return Annotated[
        str, AfterValidator(lambda typed: clean(typed).strip()), StringConstraints(max_length=most),
        WithJsonSchema({"type": "string", "maxLength": most}),
    ]  # fmt: skip


def _no_number(value: object) -> object:
    if isinstance(value, bool | float):
        raise ValueError('send an amount as a text such as "1200.50", or as a whole number')
    return value


_AMOUNT_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$"},
        {"type": "integer", "minimum": 0, "maximum": 9_999_999_999},
    ]
}
Amount = Annotated[
    Decimal,
    BeforeValidator(_no_number),
    Field(ge=0, max_digits=12, decimal_places=2, allow_inf_nan=False),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema(_AMOUNT_SCHEMA, mode="validation"),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"}, mode="serialization"),
]
Channel = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{1,30}$")]
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Kind = Literal[
    "refund_request",
    "billing_dispute",
    "service_escalation",
    "policy_exception",
    "contract_modification",
    "churn_prevention",
]
Tier = Literal["basic", "standard", "premium", "enterprise"]
Level = Literal["low", "medium", "high"]
Number = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
Reason = _line(decision.REASON_LENGTH)


# --- What programs send.


class NewOption(Sent):
    title: _line(option.TITLE_LENGTH)  # type: ignore[valid-type]
    description: _text(option.DESCRIPTION_LENGTH) = ""  # type: ignore[valid-type]
    cost: Amount | None = Field(default=None, description='None: nobody knows yet. "0": it costs nothing.')
    effort: Level = "medium"
    risk: Level = "medium"


class NewCriterion(Sent):
    name: _line(criterion.NAME_LENGTH)  # type: ignore[valid-type]
    weight: Annotated[Decimal, Field(ge=Decimal("0.1"), le=5, max_digits=3, decimal_places=2)] = Decimal(1)
    description: _text(criterion.DESCRIPTION_LENGTH) = ""  # type: ignore[valid-type]


class NewDecision(Sent):
    type: Kind
    title: _line(decision.TITLE_LENGTH)  # type: ignore[valid-type]
    description: _text(decision.DESCRIPTION_LENGTH) = ""  # type: ignore[valid-type]
    customer: _line(decision.CUSTOMER_LENGTH)  # type: ignore[valid-type]
    customer_tier: Tier = "standard"
    customer_value: Amount | None = None
    customer_email: _line(254) | None = None  # type: ignore[valid-type]
    customer_id: _line(100) | None = None  # type: ignore[valid-type]
    relationship_months: Annotated[int, Field(strict=True, ge=0, le=MOST_MONTHS)] = 0
    urgency: Annotated[int, Field(strict=True, ge=1, le=5)] = 3
    financial_impact: Amount | None = Field(default=None, description="What is at stake. None: nobody knows yet.")
    decide_by: Moment | None = Field(default=None, description="Ahead by a year at most. Needed before options.")
    promised_by: Moment | None = Field(default=None, description="When the customer was promised a reply.")
    channel: Channel | None = Field(
        default=None, description="Slack's id of the channel for the card. Without one there is none."
    )
    options: Annotated[list[NewOption], Field(max_length=option.MOST_AT_ONCE)] = []


class ChangedDecision(Sent):
    """Only what is given changes; null makes an amount or a date unknown."""

    type: Kind | None = None
    title: _line(decision.TITLE_LENGTH) | None = None  # type: ignore[valid-type]
    description: _text(decision.DESCRIPTION_LENGTH) | None = None  # type: ignore[valid-type]
    customer: _line(decision.CUSTOMER_LENGTH) | None = None  # type: ignore[valid-type]
    customer_tier: Tier | None = None
    customer_value: Amount | None = None
    urgency: Annotated[int, Field(strict=True, ge=1, le=5)] | None = None
    financial_impact: Amount | None = None
    decide_by: Moment | None = None
    promised_by: Moment | None = None


class ProposedOption(Sent):
    title: _line(option.TITLE_LENGTH)  # type: ignore[valid-type]
    description: _text(option.DESCRIPTION_LENGTH) = ""  # type: ignore[valid-type]
    cost: Amount | None = Field(default=None, description='None: nobody knows yet. "0": it costs nothing.')


class Proposed(Sent):
    """A draft: whatever is left out, the person fills in."""

    reference: _line(100) = Field(  # type: ignore[valid-type]
        description="Yours for this case, such as the ticket's number. The same one again leaves no second draft."
    )
    title: _line(decision.TITLE_LENGTH)  # type: ignore[valid-type]
    description: _text(decision.DESCRIPTION_LENGTH) = ""  # type: ignore[valid-type]
    customer: _line(decision.CUSTOMER_LENGTH)  # type: ignore[valid-type]
    customer_email: _line(254) | None = None  # type: ignore[valid-type]
    type: Kind | None = None
    urgency: Annotated[int, Field(strict=True, ge=1, le=5)] | None = None
    financial_impact: Amount | None = Field(default=None, description="What is at stake.")
    channel: Channel | None = Field(default=None, description="Slack's id of the channel for the card.")
    options: Annotated[list[ProposedOption], Field(max_length=option.MOST_AT_ONCE)] = []
    owner: _line(254) | None = Field(  # type: ignore[valid-type]
        default=None, description="Whose decision it is to be, by e-mail address. None: the token's owner."
    )


class NewOptions(Sent):
    options: Annotated[list[NewOption], Field(min_length=1, max_length=option.MOST_AT_ONCE)]


class NewCriteria(Sent):
    criteria: Annotated[list[NewCriterion], Field(min_length=1, max_length=12)]


class Start(Sent):
    people: Annotated[list[_line(254)], Field(min_length=1, max_length=500)] = Field(  # type: ignore[valid-type]
        description="Who is asked to score: ids or e-mail addresses of members."
    )
    closes_at: Moment
    confirm_two: bool = Field(default=False, description="With two people no ranking is shown; true goes ahead.")


class Until(Sent):
    closes_at: Moment


class Why(Sent):
    reason: Reason  # type: ignore[valid-type]


class Choose(Sent):
    option: UUID
    reason: Reason  # type: ignore[valid-type]


class RecordedOutcome(Sent):
    worked: bool | None = None
    customer_satisfaction: Annotated[int, Field(strict=True, ge=1, le=10)] | None = None
    customer_retained: bool | None = None
    actual_cost: Amount | None = None
    escalated: bool = False
    notes: _text(outcome.NOTES_LENGTH) | None = None  # type: ignore[valid-type]


WebhookEvent = Literal[
    "decision.created",
    "round.opened",
    "round.closed",
    "result.published",
    "decision.resolved",
    "outcome.recorded",
    "decision.cancelled",
    "decision.overdue",
]


class NewWebhook(Sent):
    label: _line(webhook.LABEL_LENGTH)  # type: ignore[valid-type]
    url: _line(webhook.URL_LENGTH)  # type: ignore[valid-type]
    events: Annotated[list[WebhookEvent], Field(min_length=1, max_length=8)] = list(webhook.Event)


class ChangedWebhook(Sent):
    """Only what is given changes."""

    label: _line(webhook.LABEL_LENGTH) | None = None  # type: ignore[valid-type]
    url: _line(webhook.URL_LENGTH) | None = None  # type: ignore[valid-type]
    events: Annotated[list[WebhookEvent], Field(min_length=1, max_length=8)] | None = None
    enabled: bool | None = None


# --- What programs get.


class Case(BaseModel):
    type: str
    title: str
    description: str
    customer: str
    customer_tier: str
    customer_value: Amount | None
    customer_email: str | None
    customer_id: str | None
    relationship_months: int
    urgency: int
    financial_impact: Amount | None
    decide_by: datetime | None
    promised_by: datetime | None


class OptionOut(BaseModel):
    """Who proposed it is in no answer."""

    id: UUID
    title: str
    description: str
    cost: Amount | None
    effort: str
    risk: str


class CriterionOut(BaseModel):
    id: UUID
    name: str
    description: str
    weight: str


class RoundOut(BaseModel):
    number: int
    state: str = Field(description="open, due, stalled, publishing, published or voided")
    opened_at: datetime
    closes_at: datetime
    asked: int
    scored: int = Field(description="How many have scored. Who scored what is in no answer.")


class ChoiceOut(BaseModel):
    option: UUID
    by: str | None
    reason: str
    limits: list[str] = Field(description="How far the choice reaches, in words. Beyond it, ask again.")
    informed_at: datetime | None


class DecisionOut(BaseModel):
    number: int
    revision: int
    url: str
    status: str
    phase: int
    state: str = Field(description="In words, as people read it.")
    currency: str
    owner: str
    opened_at: datetime
    resolved_at: datetime | None
    case: Case
    criteria: list[CriterionOut]
    options: list[OptionOut]
    missing: list[str] = Field(description="What is still needed before options can be added, in words.")
    round: RoundOut | None
    has_result: bool
    choice: ChoiceOut | None
    cancel_reason: str | None


class Row(BaseModel):
    number: int
    title: str
    customer: str
    type: str
    status: str
    phase: int
    urgency: int
    owner: str
    opened_at: datetime
    resolved_at: datetime | None
    financial_impact: Amount | None
    currency: str
    choice: str | None


class Rows(BaseModel):
    items: list[Row]
    next: int | None = Field(description="Send it as `before` for the next page; null on the last.")


class ResultOut(BaseModel):
    number: int
    statement: str
    next_step: str | None
    notes: list[str]
    result: dict[str, Any] = Field(description="Counts, ids, places, words and printed numbers; docs/results.md.")


class OutcomeOut(BaseModel):
    option: UUID
    worked: bool | None
    customer_satisfaction: int | None
    customer_retained: bool | None
    actual_cost: Amount | None
    escalated: bool
    follow_up_at: datetime | None
    recorded_at: datetime | None
    notes: str | None


class Earlier(BaseModel):
    number: int
    title: str
    customer: str
    type: str
    decided_at: datetime
    financial_impact: Amount | None
    currency: str


class EarlierAnswer(BaseModel):
    number: int
    kind: str
    cost: Amount | None
    currency: str
    customer_retained: bool | None
    escalated: bool


class Favoured(BaseModel):
    kind: str
    noun: str
    known: int
    retained: int
    against: list[str]


class PrecedentsOut(BaseModel):
    cases: list[Earlier]
    answers: list[EarlierAnswer] | None = Field(description="What was chosen; null until the result is published.")
    recommendation: Favoured | None


class LineOut(BaseModel):
    at: datetime
    action: str
    words: str
    who: str | None
    decision: int | None


class Timeline(BaseModel):
    items: list[LineOut]


class AuditOut(BaseModel):
    items: list[LineOut]
    next: int | None


class MemberOut(BaseModel):
    id: UUID
    name: str
    email: str
    role: str
    authority: int
    is_active: bool


class Members(BaseModel):
    items: list[MemberOut]


class Me(BaseModel):
    member: MemberOut
    team: str
    currency: str
    scopes: list[str]
    token_expires_at: datetime


class WebhookOut(BaseModel):
    id: UUID
    label: str
    url: str
    events: list[str]
    enabled: bool
    disabled_at: datetime | None
    disabled_why: str | None = Field(description="gone (410), exhausted, by_hand or key_lost.")
    created_at: datetime
    previous_secret_until: datetime | None = Field(description="Until then two secrets sign.")


class WebhookMade(WebhookOut):
    secret: str = Field(description="whsec_... Shown this once.")


class Webhooks(BaseModel):
    items: list[WebhookOut]


class Message(BaseModel):
    message: str = Field(description="The webhook-id that it bears.")


class AttemptOut(BaseModel):
    message: str = Field(description="Its webhook-id: the same with every attempt.")
    delivery: int
    event: str
    decision: int | None
    attempt: int
    at: datetime
    outcome: str = Field(description="delivered, failed, refused (its address), gone, exhausted or disabled.")
    status: int | None
    milliseconds: int


class Attempts(BaseModel):
    items: list[AttemptOut]
