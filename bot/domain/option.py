"""An answer that the team could give to the customer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from bot.errors import BotError, Conflict, Invalid

MIN_OPTIONS, MAX_OPTIONS = 2, 12
MOST_AT_ONCE = 3
"""So many options fit into one window, and so into one press."""
TITLE_LENGTH, DESCRIPTION_LENGTH = 150, 2000
LEVELS = {"low": "Low", "medium": "Medium", "high": "High"}


@dataclass(frozen=True)
class OptionDraft:
    """An option as typed."""

    title: str
    description: str
    financial_cost: Decimal | None = None
    """None: nobody knows; a typed 0 is 0."""
    implementation_effort: str = "medium"
    risk_level: str = "medium"


@dataclass(frozen=True)
class Option:
    id: UUID
    decision_id: UUID
    created_by: UUID | None
    title: str
    description: str
    financial_cost: Decimal | None
    implementation_effort: str
    risk_level: str
    ai_generated: bool = False
    """Suggested by earlier cases, and added by a press; `created_by` pressed."""


def check_drafts(drafts: Sequence[OptionDraft], *, others: Sequence[Option] = ()) -> tuple[OptionDraft, ...]:
    """`check_option` for several that come together; the field bears the draft's place: "title_1" is the second's."""
    if not drafts:
        raise Invalid("Write the title of at least one option.", field="title")
    checked: list[OptionDraft] = []
    for place, draft in enumerate(drafts):
        try:
            checked.append(check_option(draft, others=(*others, *checked)))
        except BotError as refusal:
            raise type(refusal)(refusal.message, field=f"{refusal.field or 'title'}_{place}") from None
    return tuple(checked)


def check_option(draft: OptionDraft, *, others: Sequence[Option | OptionDraft] = ()) -> OptionDraft:
    """Return it as it is stored, spaces collapsed. `others`: the decision's options but the one being edited.

    Raises Conflict where no more fit, else Invalid with the draft's attribute as field; never repeats what
    was typed.
    """
    if len(others) >= MAX_OPTIONS:
        raise Conflict(f"There are {MAX_OPTIONS} options already; no more fit into the form. Edit one instead.")
    title, description = " ".join(draft.title.split()), draft.description.strip()
    if not title:
        raise Invalid("An option needs a title. Say in a few words what the customer gets.", field="title")
    if len(title) > TITLE_LENGTH:
        sentence = f"The title has {len(title)} characters; {TITLE_LENGTH} fit. Move the rest to the description."
        raise Invalid(sentence, field="title")
    if len(description) > DESCRIPTION_LENGTH:
        sentence = f"The description has {len(description)} characters; {DESCRIPTION_LENGTH} fit. Shorten it."
        raise Invalid(sentence, field="description")
    if title.casefold() in {" ".join(other.title.split()).casefold() for other in others}:
        raise Invalid("An option has this title already. Say in the title what is different.", field="title")
    for name in ("implementation_effort", "risk_level"):
        if getattr(draft, name) not in LEVELS:
            raise Invalid("Choose low, medium or high.", field=name)
    return replace(draft, title=title, description=description)


def check_options(options: Sequence[Option]) -> None:
    """Raise Conflict, with the way out, where scoring cannot start with so few or so many (guard of T4)."""
    there = "is 1" if len(options) == 1 else f"are {len(options)}"
    if len(options) < MIN_OPTIONS:
        raise Conflict(f"Scoring needs at least {MIN_OPTIONS} options; there {there}. Propose another one.")
    if len(options) > MAX_OPTIONS:
        raise Conflict(f"At most {MAX_OPTIONS} options fit into the form; there {there}. Merge or remove some.")
