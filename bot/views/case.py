"""The fields about the customer and the problem: shared by the windows "New decision" and "Edit case"."""

from dataclasses import replace
from datetime import datetime

from bot.domain.decision import (
    CUSTOMER_LENGTH,
    DECISION_TYPES,
    DESCRIPTION_LENGTH,
    TIERS,
    TITLE_LENGTH,
    URGENCY,
    Case,
)
from bot.views.slack.entry import choice, line, long_text, money, number, optional_email, optional_line, optional_moment
from bot.views.slack.field import Ask

MAX_MONTHS, CUSTOMER_ID_LENGTH = 1200, 100
BLANK = Case(decision_type="", customer_name="", title="")
"""What the empty form starts from."""
HOW_URGENT = choice("urgency", "Urgency", URGENCY, missing="Choose how urgent it is, from 1 to 5.")


def customer(ask: Ask, case: Case, *, currency: str) -> Case:
    """Return `case` with the answers about the customer."""
    return replace(
        case,
        decision_type=ask(
            choice("decision_type", "Type of decision", DECISION_TYPES, missing="Choose the type of decision."),
            case.decision_type,
        ),
        customer_name=ask(
            line("customer_name", "Customer", called="customer's name", length=CUSTOMER_LENGTH), case.customer_name
        ),
        customer_tier=ask(
            choice("customer_tier", "Customer tier", TIERS, missing="Choose the customer's tier."), case.customer_tier
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
        relationship_duration_months=ask(
            number("relationship_months", "Customer for (months)", called="months", least=0, most=MAX_MONTHS, empty=0),
            case.relationship_duration_months,
        ),
    )


def problem(ask: Ask, case: Case, *, currency: str, now: datetime | None = None) -> Case:
    """Return `case` with the answers about the problem. now: when they are read; None while the form is only shown."""
    return replace(
        case,
        title=ask(line("title", "Title", length=TITLE_LENGTH), case.title),
        description=ask(
            long_text(
                "description",
                "Description",
                length=DESCRIPTION_LENGTH,
                hint="What happened, and what the customer asks for. You may complete it later.",
            ),
            case.description,
        ),
        urgency_level=ask(HOW_URGENT, case.urgency_level),
        financial_impact=ask(
            money(
                "financial_impact",
                "Financial impact",
                currency,
                allow_negative=True,
                hint="What is at stake for us. It decides how much authority resolving takes.",
            ),
            case.financial_impact,
        ),
        expected_resolution_date=ask(
            optional_moment(
                "expected_date",
                "Resolve by",
                called="The date to resolve by",
                now=now,
                hint="It may wait, but is needed before criteria can be set.",
            ),
            case.expected_resolution_date,
        ),
    )
