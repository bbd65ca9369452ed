"""What an option is judged by, and how much it matters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from bot.errors import Invalid

MAX_CRITERIA = 12
MIN_WEIGHT, MAX_WEIGHT = Decimal("0.1"), Decimal("5")
HUNDREDTH = Decimal("0.01")
NAME_LENGTH, DESCRIPTION_LENGTH = 100, 500


@dataclass(frozen=True)
class Criterion:
    id: UUID
    name: str
    description: str
    weight: Decimal
    """0.1..5.0 in hundredths; relative to the other criteria of the same decision."""
    position: int = 0


@dataclass(frozen=True)
class CriterionDraft:
    """A criterion as typed; `id` is None for a new one."""

    name: str
    weight: Decimal
    description: str = ""
    id: UUID | None = None


def check_criteria(drafts: Sequence[CriterionDraft]) -> tuple[CriterionDraft, ...]:
    """Return 1..12 criteria as they are stored: spaces collapsed, weights in hundredths, names unique (T3).

    Raises Invalid at the first thing wrong, with field "name_2", "weight_2" or "description_2", counted
    from 0 in `drafts`. The sentences count from 1 and never repeat what was typed.
    """
    if not drafts:
        raise Invalid("A decision needs at least 1 criterion. Fill in a name and a weight.", field="name_0")
    if len(drafts) > MAX_CRITERIA:
        surplus = len(drafts) - MAX_CRITERIA
        raise Invalid(
            f"At most {MAX_CRITERIA} criteria fit into the scoring form. Merge or clear {surplus} of them.",
            field=f"name_{MAX_CRITERIA}",
        )
    checked = tuple(_checked(draft, index) for index, draft in enumerate(drafts))
    first: dict[str, int] = {}
    for index, draft in enumerate(checked):
        twin = first.setdefault(draft.name.casefold(), index)
        if twin != index:
            raise Invalid(
                f"Criterion {index + 1} has the same name as criterion {twin + 1}. Rename or clear one.",
                field=f"name_{index}",
            )
    return checked


def _checked(draft: CriterionDraft, index: int) -> CriterionDraft:
    name, description = " ".join(draft.name.split()), draft.description.strip()
    if not name:
        raise Invalid(f"Criterion {index + 1} has no name. Name it, or clear its row.", field=f"name_{index}")
    if len(name) > NAME_LENGTH:
        raise Invalid(
            f"The name has {len(name)} characters; {NAME_LENGTH} fit. Move the rest to the description.",
            field=f"name_{index}",
        )
    if len(description) > DESCRIPTION_LENGTH:
        raise Invalid(
            f"The description has {len(description)} characters; {DESCRIPTION_LENGTH} fit. Shorten it.",
            field=f"description_{index}",
        )
    return replace(draft, name=name, description=description, weight=_weight(draft.weight, index))


def _weight(weight: Decimal, index: int) -> Decimal:
    if not weight.is_finite() or not MIN_WEIGHT <= weight <= MAX_WEIGHT:
        sentence = f"A weight is a number from {MIN_WEIGHT} to {MAX_WEIGHT}. Type it like 1.5."
        raise Invalid(sentence, field=f"weight_{index}")
    hundredths = weight.quantize(HUNDREDTH)
    if hundredths != weight:
        raise Invalid("A weight has at most 2 decimals. Type it like 1.25.", field=f"weight_{index}")
    return hundredths
