"""The modals in which members add options and edit their own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.option import (
    DESCRIPTION_LENGTH,
    LEVELS,
    MAX_OPTIONS,
    MIN_OPTIONS,
    MOST_AT_ONCE,
    TITLE_LENGTH,
    Option,
    OptionDraft,
)
from bot.domain.precedent import Suggestion
from bot.domain.team import Member
from bot.errors import Invalid
from bot.views import authority, precedent
from bot.views.dossier import buttons, cost_fact, option_facts, show_button
from bot.views.slack import ids, kit, notice, text
from bot.views.slack.entry import checkbox, choice, line, long_text, money
from bot.views.slack.field import Answers, Ask, Inputs
from bot.views.slack.form import View, field_of, filled_rows, metadata, thing_of
from bot.views.window import decision_modal, heading

_BLANK = OptionDraft("", "")
_MORE = "more"
_REMOVE = checkbox("remove", "Remove", "Remove this option")


class OptionForm(BaseModel):
    """An option as typed; with `remove` the rest does not matter."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    draft: OptionDraft
    remove: bool = False


def propose(
    dossier: Dossier,
    by: By,
    *,
    members: Sequence[Member],
    once: str | None = None,
    suggested: Sequence[Suggestion] = (),
) -> kit.View:
    """Up to three options, by title and cost; "More fields" unfolds the rest of each.

    members: the active ones, whose authority says how much an option may cost. once: see `press.press`. suggested: what
    was proposed in earlier cases.
    """
    explain = (
        "Answers that we could give. Who added which is shown only when scoring has closed. "
        f"{authority.cost_hint(dossier, members, by.rules.authority)}"
    )
    blocks = [heading(dossier.decision, explain)]
    for place in range(1, MOST_AT_ONCE + 1):
        row = Inputs(place, 1)
        _first(row, _BLANK, dossier.decision.currency, place=place)
        blocks += row.blocks
    more = kit.actions([kit.button("More fields", ids.OPTIONS_MORE)], block_id=_MORE)
    carried = {"decision": str(dossier.decision.id), "currency": dossier.decision.currency, "once": once}
    return _frame([*blocks, more, *precedent.suggestions(suggested, dossier.decision)], carried)


def _frame(blocks: Sequence[kit.Block], carried: Mapping[str, str | None]) -> kit.View:
    action = Action.PROPOSE_OPTION
    return kit.modal(action.label, blocks, callback_id=action, submit="Add", metadata=carried)


def unfolded(view: View) -> kit.View:
    """The window with all fields of its options. What was typed stays: its blocks are the same."""
    blocks: list[kit.Block] = []
    for block in view["blocks"]:
        blocks += [block] if block.get("block_id") != _MORE else []
        if field_of(block.get("block_id", "")) == "financial_cost":
            row = Inputs(thing_of(block["block_id"]), 1)
            _rest(row, _BLANK, place=int(thing_of(block["block_id"])))
            blocks += row.blocks
    return _frame(blocks, metadata(view))


def parse_several(view: View, *, currency: str) -> tuple[OptionDraft, ...]:
    """The rows in which something was written. Raises Invalid (field "title_<index among these rows>")."""
    return tuple(_read(view, key, index, currency) for index, key in enumerate(filled_rows(view)))


def _read(view: View, key: str, index: int, currency: str) -> OptionDraft:
    answers = Answers(view, thing=key)
    try:
        draft = _first(answers, _BLANK, currency)
        return _rest(answers, draft) if "description" in answers else draft
    except Invalid as refusal:
        raise Invalid(refusal.message, field=f"{refusal.field}_{index}") from None


def edit(dossier: Dossier, by: By, option: Option, *, members: Sequence[Member]) -> kit.View:
    """One option, prefilled, with a box that removes it. members: as for `propose`."""
    decision = dossier.decision
    inputs = Inputs(option.id, decision.revision)
    _draft(inputs, option, decision.currency, cost_hint=authority.cost_hint(dossier, members, by.rules.authority))
    inputs(_REMOVE, False)
    blocks = [heading(decision, "Options can change until scoring starts."), *inputs.blocks]
    travelling = {"option": str(option.id), "currency": decision.currency}
    return decision_modal(dossier, Action.EDIT_OPTION, blocks, submit="Save", **travelling)


def mine(dossier: Dossier, options: Sequence[Option]) -> kit.View:
    """The options that this person may edit, each with a button; for somebody with several."""
    blocks = [heading(dossier.decision, "Which one?")]
    for option in options:
        title = text.inline(option.title)
        button = kit.button("Edit", ids.CHOOSE_OPTION, value=str(option.id), label=f"Edit {option.title}")
        facts = option_facts(option, dossier.decision.currency)
        blocks.append(kit.section(f"*{title}*\n{facts}", accessory=button))
    return kit.modal(
        Action.EDIT_OPTION.label,
        blocks,
        callback_id=ids.CHOOSE_OPTION,
        close="Close",
        metadata={"decision": str(dossier.decision.id)},
    )


def proposed(dossier: Dossier, by: By, *, drafts: Sequence[OptionDraft]) -> kit.View:
    """What comes next: more options, the decision itself or, for its owner once there are two, scoring.

    drafts: what was added, said again as it was understood; none where all came from earlier cases.
    """
    decision = dossier.decision
    there, is_enough = len(dossier.options), len(dossier.options) >= MIN_OPTIONS
    sofar = f"there are {there} now" if there > 1 else f"it is the only one so far; scoring needs {MIN_OPTIONS}"
    sentence = f"{text.count('option', len(drafts))} added to {decision.name}; {sofar}."
    if not drafts:
        needs = "" if is_enough else f"; scoring needs {MIN_OPTIONS}"
        sentence = f"{decision.name} has {text.count('option', there)} now{needs}."
    lines = [f"• *{text.inline(d.title)}* · {cost_fact(d.financial_cost, dossier.team.currency)}" for d in drafts]
    label = "Add more options"
    more = kit.button(label, Action.PROPOSE_OPTION, value=str(decision.id), style=None if is_enough else "primary")
    is_owners = is_enough and decision.created_by == by.member.id
    on = buttons(decision, [Action.START_SCORING], leading=Action.START_SCORING) if is_owners else []
    room = [more] if there < MAX_OPTIONS else []
    return notice.done(
        f"{decision.name} options",
        sentence,
        more=[kit.section("\n".join(lines))] if lines else [],
        actions=[*on, *room, show_button(decision.id, decision.number)],
    )


def parse(view: View, *, currency: str) -> OptionForm:
    """Raises Invalid with the name of the field. `form.uuid_in(view, "option")` tells which was edited."""
    answers = Answers(view)
    if answers(_REMOVE, False):
        return OptionForm(draft=_BLANK, remove=True)
    return OptionForm(draft=_draft(answers, _BLANK, currency))


def _draft(ask: Ask, start: Option | OptionDraft, currency: str, *, cost_hint: str | None = None) -> OptionDraft:
    """The form of one option. cost_hint: what stands under the cost while it is shown."""
    return _rest(ask, _first(ask, start, currency, cost_hint=cost_hint), start)


def _first(
    ask: Ask, start: Option | OptionDraft, currency: str, *, place: int = 0, cost_hint: str | None = None
) -> OptionDraft:
    """What every option needs. place: of several in one window, counted from 1."""
    title = line("title", f"Option {place}" if place else "Title", length=TITLE_LENGTH, called="title")
    cost = f"Cost of option {place}" if place else "Cost"
    return OptionDraft(
        title=ask(replace(title, is_optional=place > 1), start.title),
        description=start.description,
        financial_cost=ask(
            money("financial_cost", cost, currency, allow_negative=True, hint=cost_hint), start.financial_cost
        ),
        implementation_effort=start.implementation_effort,
        risk_level=start.risk_level,
    )


def _rest(ask: Ask, draft: OptionDraft, start: Option | OptionDraft | None = None, *, place: int = 0) -> OptionDraft:
    """`draft` with what may stay as it is proposed."""
    of = f" of option {place}" if place else ""
    shown = start or draft
    return replace(
        draft,
        description=ask(
            long_text(
                "description",
                f"Description{of}",
                length=DESCRIPTION_LENGTH,
                hint="What we would do, so that everybody scores the same thing.",
            ),
            shown.description,
        ),
        implementation_effort=ask(
            choice("implementation_effort", f"Effort{of}", LEVELS, missing="Choose the effort."),
            shown.implementation_effort,
        ),
        risk_level=ask(choice("risk_level", f"Risk{of}", LEVELS, missing="Choose the risk."), shown.risk_level),
    )
