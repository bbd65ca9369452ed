"""The modals in which members propose options and edit their own."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.option import DESCRIPTION_LENGTH, LEVELS, MIN_OPTIONS, TITLE_LENGTH, Option, OptionDraft
from bot.domain.team import Member
from bot.views import authority
from bot.views.dossier import buttons, option_facts, show_button
from bot.views.slack import ids, kit, notice, text
from bot.views.slack.entry import checkbox, choice, line, long_text, money
from bot.views.slack.field import Answers, Ask, Inputs
from bot.views.slack.form import View
from bot.views.window import decision_modal, heading

_BLANK = OptionDraft("", "")
_REMOVE = checkbox("remove", "Remove", "Remove this option")


class OptionForm(BaseModel):
    """An option as typed; with `remove` the rest does not matter."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    draft: OptionDraft
    remove: bool = False


def propose(dossier: Dossier, by: By, *, members: Sequence[Member]) -> kit.View:
    """members: the active ones, whose authority says how much an option may cost."""
    decision = dossier.decision
    explain = "An answer that we could give. Who proposed it is shown only when scoring has closed."
    inputs = Inputs(decision.id, decision.revision)
    _draft(inputs, _BLANK, decision.currency, cost_hint=authority.cost_hint(dossier, members, by.rules.authority))
    blocks = [heading(decision, explain), *inputs.blocks]
    return decision_modal(dossier, Action.PROPOSE_OPTION, blocks, submit="Propose", currency=decision.currency)


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


def proposed(dossier: Dossier, by: By) -> kit.View:
    """What comes after a proposal: another one, the decision itself or, for its owner once there are two, scoring."""
    decision = dossier.decision
    is_enough = len(dossier.options) >= MIN_OPTIONS
    rest = f"one of {len(dossier.options)} now." if is_enough else f"the only one so far; scoring needs {MIN_OPTIONS}."
    sentence = f"Your option for {decision.name} is proposed, {rest}"
    style = None if is_enough else "primary"
    more = kit.button(Action.PROPOSE_OPTION.label, Action.PROPOSE_OPTION, value=str(decision.id), style=style)
    is_owners = is_enough and decision.created_by == by.member.id
    on = buttons(decision, [Action.START_SCORING], leading=Action.START_SCORING) if is_owners else []
    return notice.done(
        f"{decision.name} option", sentence, actions=[more, *on, show_button(decision.id, decision.number)]
    )


def parse(view: View, *, currency: str) -> OptionForm:
    """Raises Invalid with the name of the field. `form.uuid_in(view, "option")` tells which was edited."""
    answers = Answers(view)
    if answers(_REMOVE, False):
        return OptionForm(draft=_BLANK, remove=True)
    return OptionForm(draft=_draft(answers, _BLANK, currency))


def _draft(ask: Ask, start: Option | OptionDraft, currency: str, *, cost_hint: str | None = None) -> OptionDraft:
    """The form of an option. cost_hint: what stands under the cost while it is shown."""
    return OptionDraft(
        title=ask(line("title", "Title", length=TITLE_LENGTH), start.title),
        description=ask(
            long_text(
                "description",
                "Description",
                length=DESCRIPTION_LENGTH,
                missing="Describe the option in a sentence or two.",
                hint="What we would do, so that everybody scores the same thing.",
            ),
            start.description,
        ),
        financial_cost=ask(
            money("financial_cost", "Cost", currency, allow_negative=True, hint=cost_hint),
            start.financial_cost or None,
        )
        or Decimal(0),
        implementation_effort=ask(
            choice("implementation_effort", "Effort", LEVELS, missing="Choose the effort."),
            start.implementation_effort,
        ),
        risk_level=ask(choice("risk_level", "Risk", LEVELS, missing="Choose the risk."), start.risk_level),
    )
