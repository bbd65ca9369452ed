"""The modals in which members propose options and edit their own."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.option import DESCRIPTION_LENGTH, LEVELS, MIN_OPTIONS, TITLE_LENGTH, Option, OptionDraft
from bot.domain.team import Member
from bot.errors import Invalid
from bot.views import authority, case
from bot.views.dossier import buttons, option_facts, show_button
from bot.views.slack import ids, kit, notice, text
from bot.views.slack.form import Fields, View

_BLANK = OptionDraft("", "")


class OptionForm(BaseModel):
    """An option as typed; with `remove` the rest does not matter."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    draft: OptionDraft
    remove: bool = False


def propose(dossier: Dossier, by: By, *, members: Sequence[Member]) -> kit.View:
    """members: the active ones, whose authority says how much an option may cost."""
    decision = dossier.decision
    blocks = [
        _about(dossier, "An answer that we could give. Who proposed it is shown only when scoring has closed."),
        *_inputs(_BLANK, dossier, decision.id, authority.cost_hint(dossier, members, by.rules.authority)),
    ]
    return kit.modal(
        Action.PROPOSE_OPTION.label,
        blocks,
        callback_id=Action.PROPOSE_OPTION,
        submit="Propose",
        metadata={"decision": str(decision.id)},
    )


def edit(dossier: Dossier, by: By, option: Option, *, members: Sequence[Member]) -> kit.View:
    """One option, prefilled, with a box that removes it. members: as for `propose`."""
    decision = dossier.decision
    remove = kit.checkboxes("remove", [kit.option("Remove this option", "yes")])
    blocks = [
        _about(dossier, "Options can change until scoring starts."),
        *_inputs(option, dossier, option.id, authority.cost_hint(dossier, members, by.rules.authority)),
        kit.input_block("Remove", remove, block_id=kit.block_id("remove", option.id, decision.revision), optional=True),
    ]
    return kit.modal(
        Action.EDIT_OPTION.label,
        blocks,
        callback_id=Action.EDIT_OPTION,
        submit="Save",
        metadata={"decision": str(decision.id), "option": str(option.id)},
    )


def mine(dossier: Dossier, options: Sequence[Option]) -> kit.View:
    """The options that this person may edit, each with a button; for somebody with several."""
    blocks = [_about(dossier, "Which one?")]
    for option in options:
        title = text.inline(option.title)
        button = kit.button("Edit", ids.CHOOSE_OPTION, value=str(option.id), label=f"Edit {option.title}")
        facts = option_facts(option, dossier.team.currency)
        blocks.append(kit.section(f"*{title}*\n{facts}", accessory=button))
    return kit.modal(
        Action.EDIT_OPTION.label,
        blocks,
        callback_id=ids.CHOOSE_OPTION,
        close="Close",
        metadata={"decision": str(dossier.decision.id)},
    )


def proposed(dossier: Dossier, by: By) -> kit.View:
    """Once an option was proposed: one more, on to the card or, for the owner of enough options, to the scoring."""
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
    """Raises Invalid with the name of the field. `state.uuid_in(view, "option")` tells which was edited."""
    fields = Fields(view)
    if fields.is_checked("remove"):
        return OptionForm(draft=_BLANK, remove=True)
    description = case.parse_text(fields, "description", "description", DESCRIPTION_LENGTH)
    title = case.parse_line(fields, "title", "title", TITLE_LENGTH)
    if not description:
        raise Invalid("Describe the option in a sentence or two.", field="description")
    draft = OptionDraft(
        title=title,
        description=description,
        financial_cost=case.parse_amount(fields, "financial_cost", currency, allow_negative=True) or Decimal(0),
        implementation_effort=case.parse_choice(fields, "implementation_effort", LEVELS, "Choose the effort."),
        risk_level=case.parse_choice(fields, "risk_level", LEVELS, "Choose the risk."),
    )
    return OptionForm(draft=draft)


def _about(dossier: Dossier, sentence: str) -> kit.Block:
    decision = dossier.decision
    return kit.section(f"*{decision.name} {text.inline(decision.case.title)}*\n{sentence}")


def _inputs(start: Option | OptionDraft, dossier: Dossier, thing: object, cost_hint: str) -> list[kit.Block]:
    def at(field: str) -> str:
        return kit.block_id(field, thing, dossier.decision.revision)

    levels = case.choices(LEVELS)
    cost = start.financial_cost or None
    return [
        kit.input_block(
            "Title", kit.text_input("title", initial=start.title, length=TITLE_LENGTH), block_id=at("title")
        ),
        kit.input_block(
            "Description",
            kit.text_input("description", initial=start.description, length=DESCRIPTION_LENGTH, is_long=True),
            block_id=at("description"),
            hint="What we would do, so that everybody scores the same thing.",
        ),
        case.money_input(
            "Cost",
            "financial_cost",
            cost,
            dossier.team.currency,
            at("financial_cost"),
            hint=cost_hint,
        ),
        kit.input_block(
            "Effort",
            kit.select("implementation_effort", levels, initial=start.implementation_effort),
            block_id=at("implementation_effort"),
        ),
        kit.input_block("Risk", kit.select("risk_level", levels, initial=start.risk_level), block_id=at("risk_level")),
    ]
