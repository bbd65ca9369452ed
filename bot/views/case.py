"""The fields of a case: those that every case needs, and the rest, which the window "New decision" unfolds."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from bot.domain.decision import (
    CUSTOMER_LENGTH,
    DECISION_TYPES,
    DESCRIPTION_LENGTH,
    TIERS,
    TITLE_LENGTH,
    URGENCY,
    Case,
)
from bot.errors import Invalid
from bot.views.slack.entry import choice, line, long_text, money, number, optional_email, optional_line, optional_moment
from bot.views.slack.field import Ask, Field
from bot.views.slack.form import Fields

MAX_MONTHS, CUSTOMER_ID_LENGTH = 1200, 100
BLANK = Case(decision_type="", customer_name="", title="")
"""What the empty form starts from."""
HOW_URGENT = choice("urgency", "Urgency", URGENCY, missing="Choose how urgent it is, from 1 to 5.")


T = TypeVar("T")
UNFOLDED = "customer_tier"
"""Of the fields that a window may leave folded, the one that tells whether it has them."""


def basics(ask: Ask, case: Case, *, currency: str, now: datetime | None = None, tells: str | None = None) -> Case:
    """Return `case` with the answers that every case needs.

    now: when they are read; None while the form is only shown. tells: the id under which type, amount and urgency are
    told of while they are entered.
    """

    def told(field: Field[T]) -> Field[T]:
        return replace(field, tells=tells)

    return replace(
        case,
        title=ask(line("title", "Title", length=TITLE_LENGTH), case.title),
        description=ask(_HAPPENED, case.description),
        decision_type=ask(told(_TYPE), case.decision_type),
        customer_name=ask(
            line("customer_name", "Customer", called="customer's name", length=CUSTOMER_LENGTH), case.customer_name
        ),
        financial_impact=ask(told(at_stake(currency)), case.financial_impact),
        urgency_level=ask(told(HOW_URGENT), case.urgency_level),
        expected_resolution_date=ask(_decide_by(now), case.expected_resolution_date),
    )


_TYPE = choice("decision_type", "Type of decision", DECISION_TYPES, missing="Choose the type of decision.")
_HAPPENED = long_text(
    "description",
    "What happened",
    length=DESCRIPTION_LENGTH,
    called="description",
    missing="Say in a sentence or two what happened.",
    hint="And what the customer asks for.",
)


def at_stake(currency: str) -> Field[Decimal | None]:
    return money("financial_impact", "Amount at stake", currency, allow_negative=True)


def _decide_by(now: datetime | None) -> Field[datetime | None]:
    """One that was prefilled and not touched may have passed meanwhile; none at all is refused."""
    field = optional_moment("expected_date", "Decide by", called="The date to decide by", now=now)

    def read(fields: Fields) -> datetime | None:
        at = field.read(fields)
        if at is None:
            raise Invalid("Choose by when it has to be decided.", field=field.name)
        return at

    return replace(field, read=read, is_optional=False)


def rest(ask: Ask, case: Case, *, currency: str) -> Case:
    """Return `case` with the answers about the customer that may wait, or stay away."""
    return replace(
        case,
        customer_tier=ask(
            choice(UNFOLDED, "Customer tier", TIERS, missing="Choose the customer's tier."), case.customer_tier
        ),
        customer_value=ask(money("customer_value", "Customer value", currency), case.customer_value),
        customer_email=ask(
            optional_email(
                "customer_email",
                "Customer e-mail",
                hint="Only members of your team see it, under Show details. It is never on the card.",
            ),
            case.customer_email,
        ),
        customer_id=ask(optional_line("customer_id", "Customer id", length=CUSTOMER_ID_LENGTH), case.customer_id),
        promised_by=ask(
            optional_moment(
                "promised_by",
                "Reply promised by",
                called="The promised date",
                now=None,
                hint="When the customer was told that they hear from you.",
            ),
            case.promised_by,
        ),
        relationship_duration_months=ask(
            number("relationship_months", "Customer for (months)", called="months", least=0, most=MAX_MONTHS, empty=0),
            case.relationship_duration_months,
        ),
    )
