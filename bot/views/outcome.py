"""The modals in which a decider resolves and in which the outcome is recorded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.domain.action import Action
from bot.domain.authority import OWN_DECISION_LIMIT, AuthorityTable, decider, reach, required_authority
from bot.domain.by import By
from bot.domain.decision import REASON_LENGTH, Decision, Dossier
from bot.domain.option import Option
from bot.domain.outcome import FOLLOW_UP, NOTES_LENGTH, SURENESS, WORKED, Answer, Forecast, Outcome, OutcomeDraft
from bot.domain.permission import others_in_words
from bot.domain.precedent import Precedents
from bot.domain.stability import UNDECIDED
from bot.domain.team import Member
from bot.errors import Invalid
from bot.views import headline, precedent, reason, result
from bot.views.dossier import buttons, first_leaders, show_button, title_of
from bot.views.reason import parse_reason
from bot.views.slack import element, ids, kit, notice, text
from bot.views.slack.entry import checkbox, long_text, money, optional_choice, optional_moment, optional_radio
from bot.views.slack.field import Answers, Ask, Field, Inputs
from bot.views.slack.form import Fields, View, as_uuid
from bot.views.window import decision_modal, heading

__all__ = ["ResolveForm", "parse_reason", "parse_record", "parse_resolve", "record", "reopen", "resolve", "word"]

SATISFACTION = {
    1: "1 · very unhappy",
    **{number: str(number) for number in range(2, 10)},
    10: "10 · very happy",
}
RETAINED = {"yes": "Yes, the customer stayed", "no": "No, the customer left", "unknown": "Not known yet"}
_STAYED = _SAID = {"yes": True, "no": False, "unknown": None}
_HAS_WORKED = optional_choice(
    "worked", "Did it work?", {"yes": "Yes", "no": "No", "unknown": "Not known yet"}, hint=f"Worked: {WORKED}."
)
_REASON_HINT = "It appears on the card. Where you do not follow the leader, say why."


class ResolveForm(BaseModel):
    """The modal "Resolve" as typed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    option_id: UUID
    reason: str
    sure: int | None = None
    """Per cent, of `SURENESS`."""


def word(dossier: Dossier) -> kit.Message:
    """What the thread of the card, and mostly its channel, is told once somebody has decided.

    Raises ValueError where nobody has.
    """
    decision, outcome, resolver = dossier.decision, dossier.outcome, dossier.resolver
    if outcome is None:
        raise ValueError("only what is decided can be told")
    chosen = title_of(dossier, outcome.selected_option_id)
    about = f"Decided: {decision.name} {text.inline(decision.case.title, 150)}"
    by = f", by {text.inline(resolver.name, 80)}" if resolver else ""  # a mention would notify them of their own press
    shown = f"*{about}*\n*{chosen}*{by}\n{text.quote(outcome.reason, REASON_LENGTH)}"
    return kit.message(text.unmarked(f"{text.ended(about)} {chosen}"), [kit.section(shown)])


def resolve(
    dossier: Dossier, by: By, *, members: Sequence[Member] = (), precedents: Precedents | None = None
) -> kit.View:
    """Every option, best first, with its place and whom it needs; `by` is who would resolve.

    members: the active ones, of whom some are named where the owner may not resolve with everything. precedents: the
    cases like this one; None: nothing is said about them.
    """
    decision, ranked = dossier.decision, _ranked(dossier)
    member, table = by.member, by.rules.authority
    offered = [_choice(dossier, option, member, table) for option in ranked]
    own = _own(dossier, by, members)
    blocks = [
        *([kit.section(own)] if own else []),
        heading(decision, _leader(dossier)),
        kit.section(text.fit([_line(dossier, option, table) for option in ranked], 3000)),
        kit.context(f"You may decide {reach(member.authority, table, decision.currency)}."),
        _option(offered).block(thing=decision.id, revision=decision.revision),
        replace(reason.REASON, hint=_REASON_HINT).block(thing=decision.id, revision=decision.revision),
        _sure(by.now + FOLLOW_UP).block(thing=decision.id, revision=decision.revision),
        *([kit.divider(), *precedent.panel(precedents, dossier, now=by.now)] if precedents else []),
    ]
    return decision_modal(dossier, Action.RESOLVE, blocks, submit="Resolve", title=f"Resolve {decision.name}")


def _own(dossier: Dossier, by: By, members: Sequence[Member]) -> str | None:
    """To the owner, first of all: which options somebody else has to resolve with."""
    takes = [(o, required_authority(dossier.decision.case, o, by.rules.authority)) for o in dossier.options]
    beyond = [(o, needed) for o, needed in takes if needed > OWN_DECISION_LIMIT]
    if by.member.id != dossier.decision.created_by or not beyond:
        return None
    named = text.listing([f'"{text.inline(o.title, 60)}"' for o, _ in beyond], last="or")
    who = text.safe(others_in_words(dossier, members, max(needed for _, needed in beyond)), 300)
    return f"*This is your own decision: you cannot resolve it with {named}.* {who}"


def _option(offered: Sequence[kit.Element] = ()) -> Field[UUID]:
    """Which option it is resolved with. offered: what may be chosen while it is shown."""

    def read(fields: Fields) -> UUID:
        chosen = as_uuid(fields.choice("option"))
        if chosen is None:
            raise Invalid("Choose the option to resolve with.", field="option")
        return chosen

    select = element.select("option", offered, placeholder="Choose the answer to the customer")
    return Field("option", "Option", lambda _: select, read)


def _sure(due: datetime | None = None) -> Field[int | None]:
    """The one probability that is asked for. due: when it is asked whether it worked; None where the form is read."""
    by = f" by {due:%-d %B}" if due else ""
    return optional_choice(
        "sure",
        f"How sure are you that this will have worked{by}?",
        {per_cent: f"{per_cent} %" for per_cent in SURENESS},
        hint=f"Only you will ever see it. Worked: {WORKED}.",
    )


def stated(forecast: Forecast) -> kit.Block:
    """To whoever stated it, and to nobody else."""
    sure = text.per_cent(forecast.per_cent)
    return kit.context(f"Only you see this: you were {sure} sure that it will have worked by {text.day(forecast.due)}.")


def resolved(dossier: Dossier) -> kit.View:
    """Once it is resolved: the customer is to hear of it."""
    decision = dossier.decision
    sentence = f'{decision.name} is resolved. Press "{Action.INFORMED.label}" once the customer knows.'
    actions = [
        *buttons(decision, [Action.INFORMED, Action.REPLY], leading=Action.INFORMED),
        show_button(decision.id, decision.number),
    ]
    return notice.done(f"{decision.name} resolved", sentence, actions=actions)


def parse_resolve(view: View) -> ResolveForm:
    """Raises Invalid (fields "option", "reason")."""
    fields = Fields(view)
    return ResolveForm(option_id=_option().read(fields), reason=reason.REASON.read(fields), sure=_sure().read(fields))


def record(dossier: Dossier) -> kit.View:
    """How it turned out, prefilled with what was recorded before."""
    decision, outcome = dossier.decision, dossier.outcome
    chosen = title_of(dossier, outcome.selected_option_id) if outcome else "nothing"
    inputs = Inputs(decision.id, decision.revision)
    # The date that resolving set asks for what is told here: only one that somebody chose is offered again.
    start = outcome if outcome and outcome.recorded_at else OutcomeDraft()
    _draft(inputs, start, decision.currency, stayed=_stayed(outcome))
    blocks = [heading(decision, f"Decided: {chosen}"), *inputs.blocks]
    return decision_modal(dossier, Action.RECORD_OUTCOME, blocks, submit="Save", currency=decision.currency)


def parse_record(view: View, *, currency: str, now: datetime) -> OutcomeDraft:
    """Raises Invalid with the name of the field."""
    draft = _draft(Answers(view), OutcomeDraft(), currency, now=now)
    if draft == OutcomeDraft():
        raise Invalid("Tell at least one thing about how it turned out.", field="satisfaction")
    return draft


def _draft(
    ask: Ask, start: Outcome | OutcomeDraft, currency: str, *, stayed: str | None = None, now: datetime | None = None
) -> OutcomeDraft:
    """The form of an outcome. stayed: the answer shown as chosen, of RETAINED; now: when it is read."""
    return OutcomeDraft(
        worked=_SAID[ask(_HAS_WORKED, _word(start.worked)) or "unknown"],
        customer_satisfaction_score=ask(
            optional_choice("satisfaction", "Customer satisfaction", SATISFACTION), start.customer_satisfaction_score
        ),
        customer_retained=_STAYED[
            ask(optional_radio("retained", "Did the customer stay?", RETAINED), stayed) or "unknown"
        ],
        financial_impact_actual=ask(
            money("impact", "Actual financial impact", currency, allow_negative=True), start.financial_impact_actual
        ),
        escalation_occurred=ask(checkbox("escalation", "Escalation", "It was escalated"), start.escalation_occurred),
        outcome_notes=ask(long_text("notes", "Notes", length=NOTES_LENGTH, called="note"), start.outcome_notes or "")
        or None,
        follow_up_date=ask(
            optional_moment("follow_up", "Follow up", called="The follow-up date", now=now), start.follow_up_date
        ),
    )


def reopen(dossier: Dossier) -> kit.View:
    explain = (
        "The choice is open again and a decider resolves anew. The scores and the result stay as they are: "
        "nobody scores again."
    )
    return reason.modal(dossier, action=Action.CHANGE_CHOICE, explain=explain, submit="Reopen the choice")


def _leader(dossier: Dossier) -> str:
    """What the result says to the one who decides: who leads, how solid that is, what speaks against it."""
    found, first = dossier.result, first_leaders(dossier)
    if found is None or not found.leaders:
        return " ".join(filter(None, ["The ranking has no leader: your reason alone carries the choice.", first]))
    lines = [
        headline.statement(dossier, found),
        headline.solidity(dossier, found),
        *headline.warnings(dossier, found),
        first,
    ]
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
    return f"• *{text.inline(option.title, 150)}*{middle} · needs {decider(needed, table, dossier.decision.currency)}"


def _choice(dossier: Dossier, option: Option, member: Member, table: AuthorityTable) -> kit.Element:
    needed = required_authority(dossier.decision.case, option, table)
    needs = f"needs {decider(needed, table, dossier.decision.currency)}"
    return element.option(option.title, str(option.id), description=needs)


def _word(worked: bool | None) -> str | None:
    return next((word for word, value in _SAID.items() if value is worked and worked is not None), None)


ANSWERS = {
    Answer.WORKED: "Worked",
    Answer.FAILED: "Did not work",
    Answer.EARLY: "Too early to say",
    Answer.NEVER: "Never ask again",
}
_NOTED = {
    Answer.WORKED: "that it worked",
    Answer.FAILED: "that it did not work",
    Answer.EARLY: "that it is too early to say",
    Answer.NEVER: "that nobody asks again; how it turned out stays unknown",
}


def answer_buttons(decision: Decision, outcome: Outcome) -> list[kit.Element]:
    """How it turned out, by one press each."""
    return [
        kit.button(
            ANSWERS[answer], ids.ANSWERS[answer], value=str(decision.id), label=f"{ANSWERS[answer]}: {decision.name}"
        )
        for answer in outcome.answers
    ]


def noted(dossier: Dossier) -> str:
    """What one press has done, as a plain sentence."""
    decision, outcome = dossier.decision, dossier.outcome
    if outcome is None or outcome.answer is None:
        return f"Taken back: it is open again how {decision.name} turned out."
    at = outcome.follow_up_date
    again = f"; you are asked once more on {at:%-d %B}" if at else ""
    return f"Noted for {decision.name}: {_NOTED[outcome.answer]}{again}."


def answered(dossier: Dossier) -> kit.Message:
    """The same with the way back."""
    sentence, is_noted = noted(dossier), dossier.outcome is not None and dossier.outcome.answer is not None
    then = [Action.UNDO_ANSWER, Action.RECORD_OUTCOME] if is_noted else [Action.RECORD_OUTCOME]
    actions = buttons(dossier.decision, then, leading=None, is_again=dossier.is_finished)
    return kit.message(sentence, [kit.paragraph(sentence), kit.actions(actions)])


def _stayed(outcome: Outcome | None) -> str | None:
    """The answer that was recorded; None where nothing was yet."""
    if outcome is None or outcome.recorded_at is None:
        return None
    return next(word for word, value in _STAYED.items() if value is outcome.customer_retained)
