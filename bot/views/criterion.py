"""The modal in which the owner sets the criteria and their weights."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from bot.domain.action import Action
from bot.domain.criterion import (
    DESCRIPTION_LENGTH,
    MAX_CRITERIA,
    MAX_WEIGHT,
    MIN_WEIGHT,
    NAME_LENGTH,
    Criterion,
    CriterionDraft,
)
from bot.domain.decision import Dossier
from bot.errors import Invalid
from bot.views.slack import ids, kit, text
from bot.views.slack.form import View, as_uuid, filled_rows, inputs, metadata, text_in_row, thing_of

DEFAULT_WEIGHT = Decimal(1)
_NEW = "new"


def edit(dossier: Dossier, *, rows: Sequence[CriterionDraft], revision: str, extra: int = 1) -> kit.View:
    """`rows` and `extra` blank ones, 12 at most in all.

    Slack keeps what was typed as long as `revision` stays the same; a new one shows `rows` as they are given.
    """
    decision = dossier.decision
    drafts = [*rows, *(CriterionDraft("", DEFAULT_WEIGHT) for _ in range(extra))][:MAX_CRITERIA]
    explain = (
        f"What the options of *{decision.name} {text.inline(decision.case.title)}* are scored by. "
        "Word each so that 10 is best for us. A weight says how much it matters beside the others. "
        "To remove one, empty its name and description."
    )
    blocks = [kit.section(explain)]
    for number, (key, draft) in enumerate(zip(_keys(drafts), drafts, strict=True), start=1):
        blocks += _row(number, key, draft, revision)
    return kit.modal(
        Action.EDIT_CRITERIA.label,
        blocks + _more(dossier, len(drafts)),
        callback_id=Action.EDIT_CRITERIA,
        submit="Save criteria",
        metadata={"decision": str(decision.id), "rev": revision},
    )


def with_row(dossier: Dossier, view: View) -> kit.View:
    """The form again with one more blank row; what was typed stays, because its blocks keep their ids."""
    return edit(dossier, rows=typed(view), revision=metadata(view).get("rev", ""))


def drafts_of(criteria: Sequence[Criterion]) -> tuple[CriterionDraft, ...]:
    """Saved criteria as rows of the form."""
    return tuple(CriterionDraft(c.name, c.weight, c.description, c.id) for c in criteria)


def _more(dossier: Dossier, rows: int) -> list[kit.Block]:
    if rows >= MAX_CRITERIA:
        return [kit.context(f"{MAX_CRITERIA} criteria are the most that fit.")]
    button = kit.button("Add another criterion", ids.ADD_CRITERION, value=str(dossier.decision.id))
    return [kit.actions([button])]


def _row(number: int, key: str, draft: CriterionDraft, revision: str) -> list[kit.Block]:
    name = kit.text_input("name", initial=draft.name, length=NAME_LENGTH)
    weight = kit.number_input("weight", initial=draft.weight, least=MIN_WEIGHT, most=MAX_WEIGHT, is_decimal=True)
    about = kit.text_input("description", initial=draft.description, length=DESCRIPTION_LENGTH, is_long=True)
    return [
        kit.divider(),
        _input(f"Criterion {number}", name, "name", key, revision),
        _input(f"Weight of criterion {number} (0.1 to 5)", weight, "weight", key, revision),
        _input(f"What criterion {number} means", about, "description", key, revision),
    ]


def _input(label: str, element: kit.Element, field: str, key: str, revision: str) -> kit.Block:
    return kit.input_block(label, element, block_id=kit.block_id(field, key, revision), optional=True)


def _keys(drafts: Sequence[CriterionDraft]) -> list[str]:
    """A name per row that stays when rows are added: the criterion's id, or its number among the new ones."""
    new = iter(range(len(drafts)))
    return [str(draft.id) if draft.id else f"{_NEW}{next(new)}" for draft in drafts]


def parse(view: View) -> tuple[CriterionDraft, ...]:
    """The rows with a name or a description. Raises Invalid (field "weight_<index among these rows>")."""
    return tuple(
        _draft(view, key, _weight(_typed(view, "weight", key), index)) for index, key in enumerate(filled_rows(view))
    )


def typed(view: View) -> tuple[CriterionDraft, ...]:
    """Every row, blank ones too, as far as it can be read: for showing the form again with one more row."""
    keys = dict.fromkeys(thing_of(b["block_id"]) for b in inputs(view))
    return tuple(_draft(view, key, _readable(_typed(view, "weight", key)) or DEFAULT_WEIGHT) for key in keys)


def _draft(view: View, key: str, weight: Decimal) -> CriterionDraft:
    name, about = _typed(view, "name", key), _typed(view, "description", key)
    return CriterionDraft(text.one_line(name), weight, about, as_uuid(key))


def _typed(view: View, field: str, key: str) -> str:
    return text_in_row(view, field, key)


def _weight(typed_weight: str, index: int) -> Decimal:
    weight = _readable(typed_weight)
    if weight is None:
        raise Invalid(
            f"Give this criterion a weight from {MIN_WEIGHT} to {MAX_WEIGHT}, for example 1.5.",
            field=f"weight_{index}",
        )
    return weight


def _readable(typed_weight: str) -> Decimal | None:
    try:
        weight = Decimal(typed_weight.replace(",", "."))
    except InvalidOperation:
        return None
    return weight if weight.is_finite() else None
