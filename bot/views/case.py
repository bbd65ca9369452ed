"""The inputs about the customer and the problem: shared by the modals "New decision" and "Edit case"."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from bot.domain.decision import (
    CUSTOMER_LENGTH,
    DECISION_TYPES,
    DESCRIPTION_LENGTH,
    TIERS,
    TITLE_LENGTH,
    URGENCY,
    Case,
)
from bot.domain.money import format_money, parse_money
from bot.errors import Invalid
from bot.views.slack import kit
from bot.views.slack.form import Fields
from bot.views.slack.text import one_line

MAX_MONTHS = 1200
CUSTOMER_ID_LENGTH, EMAIL_LENGTH, MONEY_LENGTH = 100, 254, 40
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;.\"]+\Z")


def blank(*, title: str = "", description: str = "", expected: datetime | None = None) -> Case:
    """What the empty form starts from."""
    return Case("", "", title=title, description=description, expected_resolution_date=expected)


def customer_inputs(case: Case, *, currency: str, thing: object, revision: object) -> list[kit.Block]:
    def at(field: str) -> str:
        return kit.block_id(field, thing, revision)

    months = kit.number_input(
        "relationship_months", initial=case.relationship_duration_months or None, least=0, most=MAX_MONTHS
    )
    return [
        kit.input_block(
            "Type of decision",
            kit.select("decision_type", choices(DECISION_TYPES), initial=case.decision_type),
            block_id=at("decision_type"),
        ),
        kit.input_block(
            "Customer",
            kit.text_input("customer_name", initial=case.customer_name, length=CUSTOMER_LENGTH),
            block_id=at("customer_name"),
        ),
        kit.input_block(
            "Customer tier",
            kit.select("customer_tier", choices(TIERS), initial=case.customer_tier),
            block_id=at("customer_tier"),
        ),
        money_input("Customer value", "customer_value", case.customer_value, currency, at("customer_value")),
        kit.input_block(
            "Customer e-mail",
            kit.email_input("customer_email", initial=case.customer_email),
            block_id=at("customer_email"),
            hint="Only members of your team see it, under Show details. It is never on the card.",
            optional=True,
        ),
        kit.input_block(
            "Customer id",
            kit.text_input("customer_id", initial=case.customer_id, length=CUSTOMER_ID_LENGTH),
            block_id=at("customer_id"),
            optional=True,
        ),
        kit.input_block("Customer for (months)", months, block_id=at("relationship_months"), optional=True),
    ]


def problem_inputs(case: Case, *, currency: str, thing: object, revision: object) -> list[kit.Block]:
    def at(field: str) -> str:
        return kit.block_id(field, thing, revision)

    return [
        kit.input_block(
            "Title", kit.text_input("title", initial=case.title, length=TITLE_LENGTH), block_id=at("title")
        ),
        kit.input_block(
            "Description",
            kit.text_input("description", initial=case.description, length=DESCRIPTION_LENGTH, is_long=True),
            block_id=at("description"),
            hint="What happened, and what the customer asks for. You may complete it later.",
            optional=True,
        ),
        urgency_input(case.urgency_level, block_id=at("urgency")),
        money_input(
            "Financial impact",
            "financial_impact",
            case.financial_impact,
            currency,
            at("financial_impact"),
            hint="What is at stake for us. It decides how much authority resolving takes.",
        ),
        kit.input_block(
            "Resolve by",
            kit.datetimepicker("expected_date", initial=case.expected_resolution_date),
            block_id=at("expected_date"),
            hint="It may wait, but is needed before criteria can be set.",
            optional=True,
        ),
    ]


def urgency_input(level: int, *, block_id: str) -> kit.Block:
    options = [kit.option(words, str(number)) for number, words in URGENCY.items()]
    return kit.input_block("Urgency", kit.select("urgency", options, initial=str(level)), block_id=block_id)


def money_input(
    label: str, field: str, amount: Decimal | None, currency: str, block_id: str, *, hint: str | None = None
) -> kit.Block:
    """A text field for an optional amount in `currency`."""
    typed = format_money(amount, currency).removeprefix(currency).strip() if amount is not None else None
    element = kit.text_input(field, initial=typed, length=MONEY_LENGTH, placeholder="for example 1,200.50")
    return kit.input_block(f"{label} ({currency})", element, block_id=block_id, hint=hint, optional=True)


def choices(words: Mapping[str, str]) -> list[kit.Element]:
    return [kit.option(label, value) for value, label in words.items()]


def parse_case(fields: Fields, *, currency: str, now: datetime) -> Case:
    """Read both groups of inputs. Raises Invalid with the field's name."""
    return Case(
        decision_type=parse_choice(fields, "decision_type", DECISION_TYPES, "Choose the type of decision."),
        customer_name=parse_line(fields, "customer_name", "customer's name", CUSTOMER_LENGTH),
        title=parse_line(fields, "title", "title", TITLE_LENGTH),
        description=parse_text(fields, "description", "description", DESCRIPTION_LENGTH),
        customer_tier=parse_choice(fields, "customer_tier", TIERS, "Choose the customer's tier."),
        customer_value=parse_amount(fields, "customer_value", currency),
        customer_email=parse_email(fields, "customer_email"),
        customer_id=parse_text(fields, "customer_id", "customer id", CUSTOMER_ID_LENGTH) or None,
        relationship_duration_months=_months(fields),
        urgency_level=parse_urgency(fields),
        financial_impact=parse_amount(fields, "financial_impact", currency, allow_negative=True),
        expected_resolution_date=parse_future(fields, "expected_date", "The date to resolve by", now=now),
    )


def parse_line(fields: Fields, field: str, name: str, length: int) -> str:
    """A text that must be there, on one line."""
    text = one_line(parse_text(fields, field, name, length))
    if not text:
        raise Invalid(f"Write the {name}.", field=field)
    return text


def parse_text(fields: Fields, field: str, name: str, length: int) -> str:
    text = fields.text(field)
    if len(text) > length:
        raise Invalid(f"The {name} is too long: {length} characters at most.", field=field)
    return text


def parse_choice(fields: Fields, field: str, allowed: Mapping[str, str], refusal: str) -> str:
    value = fields.choice(field)
    if value is None or value not in allowed:
        raise Invalid(refusal, field=field)
    return value


def parse_amount(fields: Fields, field: str, currency: str, *, allow_negative: bool = False) -> Decimal | None:
    text = fields.text(field)
    return parse_money(text, currency=currency, allow_negative=allow_negative, field=field) if text else None


def parse_email(fields: Fields, field: str) -> str | None:
    text = fields.text(field)
    if text and (len(text) > EMAIL_LENGTH or not _EMAIL.match(text)):
        raise Invalid("That is no e-mail address. One looks like name@example.com.", field=field)
    return text or None


def parse_urgency(fields: Fields) -> int:
    level = fields.integer_choice("urgency")
    if level not in URGENCY:
        raise Invalid("Choose how urgent it is, from 1 to 5.", field="urgency")
    return level


def parse_future(fields: Fields, field: str, name: str, *, now: datetime) -> datetime | None:
    """A date and time ahead of `now`, aware UTC; one that was prefilled and not touched may have passed."""
    at = fields.moment(field)
    if at and at <= now and not fields.is_unchanged(field):
        raise Invalid(f"{name} is in the past; choose a later one.", field=field)
    return at


def _months(fields: Fields) -> int:
    if not fields.text("relationship_months"):
        return 0
    months = fields.integer("relationship_months")
    if months is None or not 0 <= months <= MAX_MONTHS:
        raise Invalid(f"Write the months as a whole number from 0 to {MAX_MONTHS}.", field="relationship_months")
    return months
