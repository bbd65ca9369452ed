"""The modal in which the owner sets the criteria and their weights."""

from collections.abc import Sequence
from decimal import Decimal

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
from bot.views.slack import element, ids, kit, text
from bot.views.slack.field import Answers, Ask, Field, Inputs
from bot.views.slack.form import Fields, View, as_uuid, filled_rows, inputs, metadata, thing_of
from bot.views.window import decision_modal

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
        row = Inputs(key, revision)
        _draft(row, draft, number=number)
        blocks += [kit.divider(), *row.blocks]
    blocks += _more(dossier, len(drafts))
    return decision_modal(dossier, Action.EDIT_CRITERIA, blocks, submit="Save criteria", rev=revision)


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


def _keys(drafts: Sequence[CriterionDraft]) -> list[str]:
    """A name per row that stays when rows are added: the criterion's id, or its number among the new ones."""
    new = iter(range(len(drafts)))
    return [str(draft.id) if draft.id else f"{_NEW}{next(new)}" for draft in drafts]


def parse(view: View) -> tuple[CriterionDraft, ...]:
    """The rows with a name or a description. Raises Invalid (field "weight_<index among these rows>")."""
    return tuple(_read(view, key, index=index) for index, key in enumerate(filled_rows(view)))


def typed(view: View) -> tuple[CriterionDraft, ...]:
    """Every row, blank ones too, as far as it can be read: for showing the form again with one more row."""
    keys = dict.fromkeys(thing_of(block["block_id"]) for block in inputs(view))
    return tuple(_read(view, key, otherwise=DEFAULT_WEIGHT) for key in keys)


def _read(view: View, key: str, *, index: int = 0, otherwise: Decimal | None = None) -> CriterionDraft:
    blank = CriterionDraft("", DEFAULT_WEIGHT, id=as_uuid(key))
    return _draft(Answers(view, thing=key), blank, index=index, otherwise=otherwise)


def _draft(
    ask: Ask, start: CriterionDraft, *, number: int = 0, index: int = 0, otherwise: Decimal | None = None
) -> CriterionDraft:
    """The form of one row. number: counted from 1 while it is shown; index, otherwise: see `_weight`."""
    return CriterionDraft(
        name=ask(_name(number), start.name),
        weight=ask(_weight(number, index, otherwise), start.weight),
        description=ask(_meaning(number), start.description),
        id=start.id,
    )


def _name(number: int) -> Field[str]:
    return Field(
        "name",
        f"Criterion {number}",
        lambda start: element.text_input("name", initial=start, length=NAME_LENGTH),
        lambda fields: text.one_line(fields.text("name")),
        is_optional=True,
    )


def _meaning(number: int) -> Field[str]:
    return Field(
        "description",
        f"What criterion {number} means",
        lambda start: element.text_input("description", initial=start, length=DESCRIPTION_LENGTH, is_long=True),
        lambda fields: fields.text("description"),
        is_optional=True,
    )


def _weight(number: int, index: int, otherwise: Decimal | None) -> Field[Decimal]:
    """index: the row's position among the filled ones, which a refusal names; otherwise: what to take for a weight that
    cannot be read, instead of refusing it."""

    def draw(start: Decimal | None) -> kit.Element:
        return element.number_input("weight", initial=start, least=MIN_WEIGHT, most=MAX_WEIGHT, is_decimal=True)

    def read(fields: Fields) -> Decimal:
        weight = fields.decimal("weight")
        if otherwise is not None:
            return weight or otherwise
        if weight is None:
            raise Invalid(
                f"Give this criterion a weight from {MIN_WEIGHT} to {MAX_WEIGHT}, for example 1.5.",
                field=f"weight_{index}",
            )
        return weight

    return Field("weight", f"Weight of criterion {number} (0.1 to 5)", draw, read, is_optional=True)
