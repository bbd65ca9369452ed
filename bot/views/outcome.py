"""The modals in which a decider resolves and in which the outcome is recorded."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.domain.authority import AuthorityTable, required_authority
from bot.domain.decision import Dossier
from bot.domain.option import Option
from bot.domain.outcome import NOTES_LENGTH, REASON_LENGTH, OutcomeDraft
from bot.domain.permission import LABELS, Action
from bot.domain.stability import UNDECIDED
from bot.domain.team import Member
from bot.errors import Invalid
from bot.views import case, headline, reason, result
from bot.views.dossier import buttons, first_leaders, show_button, title_of
from bot.views.reason import parse_reason
from bot.views.slack import kit, notice, text
from bot.views.slack.form import Fields, View, as_uuid

__all__ = ["ResolveForm", "parse_reason", "parse_record", "parse_resolve", "record", "reopen", "resolve"]

SATISFACTION = {
    1: "1 · very unhappy",
    **{number: str(number) for number in range(2, 10)},
    10: "10 · very happy",
}
RETAINED = {"yes": "Yes, the customer stayed", "no": "No, the customer left", "unknown": "Not known yet"}
_RETAINED_VALUE = {"yes": True, "no": False, "unknown": None}


class ResolveForm(BaseModel):
    """The modal "Resolve" as typed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    option_id: UUID
    reason: str


def resolve(dossier: Dossier, *, member: Member, table: AuthorityTable) -> kit.View:
    """Every option, best first, with its place and the authority it takes; the resolver has `member.authority`."""
    decision = dossier.decision
    ranked = _ranked(dossier)
    options = [_choice(dossier, o, member, table) for o in ranked]
    lines = [_line(dossier, o, table) for o in ranked]
    hint = "Mandatory; it appears on the card. Where you do not follow the leader, say why."
    blocks = [
        kit.section(f"*{decision.name} {text.inline(decision.case.title)}*\n{_leader(dossier)}"),
        kit.section(text.fit(lines, 3000)),
        kit.context(f"You have authority {member.authority}."),
        kit.input_block(
            "Option",
            kit.select("option", options, placeholder="Choose the answer to the customer"),
            block_id=kit.block_id("option", decision.id, decision.revision),
        ),
        kit.input_block(
            "Reason",
            kit.text_input("reason", length=REASON_LENGTH, is_long=True),
            block_id=kit.block_id("reason", decision.id, decision.revision),
            hint=hint,
        ),
    ]
    return kit.modal(
        f"Resolve {decision.name}",
        blocks,
        callback_id=Action.RESOLVE,
        submit="Resolve",
        metadata={"decision": str(decision.id)},
    )


def resolved(dossier: Dossier) -> kit.View:
    """Once it is resolved: the customer is to hear of it."""
    decision = dossier.decision
    sentence = f'{decision.name} is resolved. Press "{LABELS[Action.INFORMED]}" once the customer knows.'
    actions = [*buttons(decision, [Action.INFORMED]), show_button(decision.id, decision.number)]
    return notice.done(f"{decision.name} resolved", sentence, actions=actions)


def parse_resolve(view: View) -> ResolveForm:
    """Raises Invalid (fields "option", "reason")."""
    option_id = as_uuid(Fields(view).choice("option"))
    if option_id is None:
        raise Invalid("Choose the option to resolve with.", field="option")
    return ResolveForm(option_id=option_id, reason=parse_reason(view))


def record(dossier: Dossier) -> kit.View:
    """How it turned out, prefilled with what was recorded before."""
    decision, outcome, currency = dossier.decision, dossier.outcome, dossier.team.currency

    def at(field: str) -> str:
        return kit.block_id(field, decision.id, decision.revision)

    satisfaction = outcome.customer_satisfaction_score if outcome else None
    scale = [kit.option(words, str(number)) for number, words in SATISFACTION.items()]
    escalated = [kit.option("It was escalated", "yes")]
    is_escalated = outcome is not None and outcome.escalation_occurred
    chosen = title_of(dossier, outcome.selected_option_id) if outcome else "nothing"
    blocks = [
        kit.section(f"*{decision.name} {text.inline(decision.case.title)}*\nDecided: {chosen}"),
        kit.input_block(
            "Customer satisfaction",
            kit.select("satisfaction", scale, initial=str(satisfaction) if satisfaction else None),
            block_id=at("satisfaction"),
            optional=True,
        ),
        kit.input_block(
            "Did the customer stay?",
            kit.radio("retained", case.choices(RETAINED), initial=_retained(dossier)),
            block_id=at("retained"),
            optional=True,
        ),
        case.money_input(
            "Actual financial impact",
            "impact",
            outcome.financial_impact_actual if outcome else None,
            currency,
            at("impact"),
        ),
        kit.input_block(
            "Escalation",
            kit.checkboxes("escalation", escalated, initial=["yes"] if is_escalated else []),
            block_id=at("escalation"),
            optional=True,
        ),
        kit.input_block(
            "Notes",
            kit.text_input(
                "notes", initial=outcome.outcome_notes if outcome else None, length=NOTES_LENGTH, is_long=True
            ),
            block_id=at("notes"),
            optional=True,
        ),
        kit.input_block(
            "Follow up",
            kit.datetimepicker("follow_up", initial=outcome.follow_up_date if outcome else None),
            block_id=at("follow_up"),
            optional=True,
        ),
    ]
    return kit.modal(
        LABELS[Action.RECORD_OUTCOME],
        blocks,
        callback_id=Action.RECORD_OUTCOME,
        submit="Save",
        metadata={"decision": str(decision.id)},
    )


def parse_record(view: View, *, currency: str, now: datetime) -> OutcomeDraft:
    """Raises Invalid with the name of the field."""
    fields = Fields(view)
    draft = OutcomeDraft(
        customer_satisfaction_score=_satisfaction(fields),
        customer_retained=_RETAINED_VALUE.get(fields.choice("retained") or "unknown"),
        financial_impact_actual=case.parse_amount(fields, "impact", currency, allow_negative=True),
        escalation_occurred=fields.is_checked("escalation"),
        follow_up_date=case.parse_future(fields, "follow_up", "The follow-up date", now=now),
        outcome_notes=case.parse_text(fields, "notes", "note", NOTES_LENGTH) or None,
    )
    if draft == OutcomeDraft():
        raise Invalid("Tell at least one thing about how it turned out.", field="satisfaction")
    return draft


def _satisfaction(fields: Fields) -> int | None:
    score = fields.integer_choice("satisfaction")
    return score if score in SATISFACTION else None


def reopen(dossier: Dossier) -> kit.View:
    explain = (
        "The choice is open again and a decider resolves anew. The ballots and the result stay as they are: "
        "nobody scores again."
    )
    return reason.modal(dossier, action=Action.CHANGE_CHOICE, explain=explain, submit="Reopen the choice")


def _leader(dossier: Dossier) -> str:
    """What the result says to the one who decides: who leads, how solid that is, what speaks against it."""
    found, first = dossier.result, first_leaders(dossier)
    if found is None or not found.leaders:
        return " ".join(filter(None, ["The ranking has no leader: your reason alone carries the choice.", first]))
    lines = [headline.statement(dossier, found), headline.solidity(found), *headline.warnings(dossier, found), first]
    if found.label in UNDECIDED:
        lines.append("The order says little here: your reason carries the choice.")
    return " ".join(filter(None, lines))


def _ranked(dossier: Dossier) -> list[Option]:
    """The options as the ranking has them; as they were proposed where there is none."""
    rows = dossier.result.rows if dossier.result else ()
    places = {row.option_id: place for place, row in enumerate(rows)}
    return sorted(dossier.options, key=lambda option: places.get(option.id, len(places)))


def _line(dossier: Dossier, option: Option, table: AuthorityTable) -> str:
    place = result.standing_of(dossier.result, option.id) if dossier.result else None
    needed = required_authority(dossier.decision.case, option, table)
    middle = f" · {place}" if place else ""
    return f"• *{text.inline(option.title, 150)}*{middle} · takes authority {needed}"


def _choice(dossier: Dossier, option: Option, member: Member, table: AuthorityTable) -> kit.Element:
    needed = required_authority(dossier.decision.case, option, table)
    own = "" if member.authority >= needed else f"; you have {member.authority}"
    return kit.option(option.title, str(option.id), description=f"takes authority {needed}{own}")


def _retained(dossier: Dossier) -> str | None:
    if dossier.outcome is None or dossier.outcome.recorded_at is None:
        return None
    return next(word for word, value in _RETAINED_VALUE.items() if value is dossier.outcome.customer_retained)
