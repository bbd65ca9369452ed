"""The decision itself: opening it, editing its case, and the list of those that are open."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from bot.domain.action import Action
from bot.domain.decision import (
    CUSTOMER_LENGTH,
    DESCRIPTION_LENGTH,
    TITLE_LENGTH,
    Case,
    Decision,
    Dossier,
    Phase,
    Status,
    missing_for_criteria,
)
from bot.domain.team import Team
from bot.domain.waiting import Line
from bot.views import case, reason
from bot.views.details import details
from bot.views.dossier import line_facts, show_button
from bot.views.reason import parse_reason
from bot.views.slack import ids, kit, notice, text
from bot.views.slack.entry import channel, optional_channel
from bot.views.slack.field import Answers, Ask, Field, Inputs
from bot.views.slack.form import Fields, View, metadata
from bot.views.waiting import todo
from bot.views.window import decision_modal, heading

__all__ = [
    "NewDecision",
    "cancel",
    "complete_case",
    "created",
    "criteria_set",
    "decision_list",
    "details",
    "edit_case",
    "edited",
    "new_decision",
    "parse_case",
    "parse_channel",
    "parse_new",
    "parse_reason",
    "parse_urgency",
    "urgency",
]

LIST_PAGE_LINES = 10
_CHANNEL = channel(
    "channel",
    "Channel of the card",
    missing="Choose the channel in which the card appears.",
    hint="Everybody in the channel sees the card. Who scored what stays secret.",
)


def _later_channel(hint: str | None = None) -> Field[str | None]:
    """For a decision that was not opened in Slack: by default where the button is pressed."""
    return optional_channel("channel", "Channel of the card", hint=hint)


class NewDecision(BaseModel):
    """The modal "New decision" as typed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    case: Case
    channel_id: str
    permalink: str | None = None


def new_decision(
    *,
    team: Team,
    title: str = "",
    description: str = "",
    channel_id: str | None = None,
    permalink: str | None = None,
    expected: datetime | None = None,
) -> kit.View:
    """channel_id: where the person is, kept only if it is a channel. expected: default date to resolve by."""
    start = replace(case.BLANK, title=title, description=description, expected_resolution_date=expected)
    inputs = Inputs("new", 1)
    _new(inputs, NewDecision(case=start, channel_id=channel_id or ""), currency=team.currency)
    return kit.modal(
        "New decision",
        inputs.blocks,
        callback_id=ids.NEW_DECISION,
        submit="Create",
        metadata={
            "permalink": permalink if permalink and text.is_link(permalink) else None,
            "currency": team.currency,
        },
    )


def parse_new(view: View, *, currency: str, now: datetime) -> NewDecision:
    """Raises Invalid with the name of the field."""
    start = NewDecision(case=case.BLANK, channel_id="", permalink=metadata(view).get("permalink"))
    return _new(Answers(view), start, currency=currency, now=now)


def _new(ask: Ask, start: NewDecision, *, currency: str, now: datetime | None = None) -> NewDecision:
    """The form of a new decision. now: see `case.problem`."""
    about = case.customer(ask, start.case, currency=currency)
    about = case.problem(ask, about, currency=currency, now=now)
    return start.model_copy(update={"case": about, "channel_id": ask(_CHANNEL, start.channel_id)})


def created(decision: Decision, *, missing: Sequence[str] = ()) -> kit.View:
    """Once the decision exists. missing: what still keeps it from its criteria, in words."""
    return _next_step(decision, f"{decision.name} created", missing)


def edited(decision: Decision, *, missing: Sequence[str] = ()) -> kit.View:
    """Once the case was saved; like `created`."""
    return _next_step(decision, f"{decision.name} saved", missing)


def criteria_set(decision: Decision) -> kit.View:
    """Once the criteria were submitted: the team may propose options."""
    sentence = f"The criteria of {decision.name} are set. Next: propose the options, at least two."
    return notice.done(f"{decision.name} criteria", sentence, actions=_buttons(decision, Action.PROPOSE_OPTION))


def _next_step(decision: Decision, done: str, missing: Sequence[str]) -> kit.View:
    match decision.status, decision.phase:
        case Status.CREATED, _:
            action = Action.COMPLETE_CASE
            step = f"Next: fill in the case. Still missing: {text.listing(missing)}."
        case Status.TEAM_INPUT, Phase.CRITERIA:
            action, step = Action.EDIT_CRITERIA, "Next: set the criteria."
        case _:
            action, step = Action.PROPOSE_OPTION, "Next: propose the options, at least two."
    return notice.done(done, f"{done}. {step}", actions=_buttons(decision, action))


def _buttons(decision: Decision, action: Action) -> list[kit.Element]:
    leading = kit.button(action.label, action, value=str(decision.id), style="primary")
    return [leading, show_button(decision.id, decision.number)]


def edit_case(dossier: Dossier, *, action: Action = Action.EDIT_CASE) -> kit.View:
    """The case, prefilled. `action` is the button that opened it: Edit case or Fill in the case."""
    decision = dossier.decision
    # Of the case itself; that a team has too few people is said once it is saved.
    missing = missing_for_criteria(decision.case, active_members=2) if action is Action.COMPLETE_CASE else ()
    still = f"*Still missing before criteria can be set:* {text.listing(missing)}."
    inputs = Inputs(decision.id, decision.revision)
    _edited(inputs, decision.case, currency=decision.currency)
    if not decision.channel_id:
        inputs(_later_channel(f"Left empty, there is no card, only {ids.COMMAND} show {decision.number}."), None)
    blocks = [*([kit.section(still)] if missing else []), *inputs.blocks]
    return decision_modal(dossier, action, blocks, submit="Save", currency=decision.currency)


def complete_case(dossier: Dossier) -> kit.View:
    """The same form, for a decision whose case lacks something."""
    return edit_case(dossier, action=Action.COMPLETE_CASE)


def _edited(ask: Ask, start: Case, *, currency: str, now: datetime | None = None) -> Case:
    """The form of a case that exists. now: see `case.problem`."""
    about = case.problem(ask, start, currency=currency, now=now)
    return case.customer(ask, about, currency=currency)


def parse_channel(view: View) -> str | None:
    """The channel for the card, where one was asked for and chosen."""
    return Answers(view)(_later_channel(), None)


def parse_case(view: View, *, currency: str, now: datetime, before: Case) -> Case:
    """Raises Invalid with the name of the field. A date that was not touched may have passed meanwhile."""
    parsed = _edited(Answers(view), case.BLANK, currency=currency, now=now)
    return replace(
        parsed,
        title=_kept(parsed.title, before.title, TITLE_LENGTH),
        customer_name=_kept(parsed.customer_name, before.customer_name, CUSTOMER_LENGTH),
        description=_kept(parsed.description, before.description, DESCRIPTION_LENGTH),
    )


def _kept(typed: str, before: str, length: int) -> str:
    """What was there before, where the form could only show a cut of it and that cut was not touched."""
    return before if len(before) > length and typed == text.cut(text.clean(before), length).strip() else typed


def urgency(dossier: Dossier) -> kit.View:
    decision = dossier.decision
    level = case.HOW_URGENT.block(decision.case.urgency_level, thing=decision.id, revision=decision.revision)
    return decision_modal(dossier, Action.EDIT_URGENCY, [heading(decision), level], submit="Save")


def parse_urgency(view: View) -> int:
    """1..5. Raises Invalid (field "urgency")."""
    return case.HOW_URGENT.read(Fields(view))


def cancel(dossier: Dossier) -> kit.View:
    explain = (
        "A cancelled decision stays visible, with its reason, and cannot be taken up again. "
        "Ballots of a round that is still open will never be counted."
    )
    return reason.modal(dossier, action=Action.CANCEL, explain=explain, submit="Cancel decision")


def decision_list(lines: Sequence[Line], *, total: int, offset: int, now: datetime) -> kit.Message:
    """One page of the team's open decisions, in the order given; buttons carry the offset they lead to.

    lines: all of them (`total`), or only those of the page that starts at `offset`.
    """
    if not lines:
        empty = "No open decisions. Open one with /decide."
        return kit.message(empty, [kit.paragraph(empty)])
    offset = offset if 0 <= offset < total else 0
    shown = (lines[offset:] if len(lines) == total else lines)[:LIST_PAGE_LINES]
    waiting = sum(line.waits is not None for line in shown)
    part = f", {offset + 1} to {offset + len(shown)} shown" if len(shown) < total else ""
    top = f"{text.count('open decision', total)}{part}"
    blocks = [kit.header("Open decisions"), kit.context(top), *(_line(line, now) for line in shown)]
    following = offset + len(shown)
    back = max(offset - LIST_PAGE_LINES, 0) if offset else None
    blocks += kit.paging(ids.LIST_PAGE, back=back, on=following if following < total else None)
    first = shown[0].decision
    summary = f"{top}; {waiting} waiting for you. First: {first.name} {text.inline(first.case.title, 150)}"
    return kit.message(summary, blocks)


def _line(line: Line, now: datetime) -> kit.Block:
    d = line.decision
    waits = f"\n*Waiting for you: {todo(line.waits)}*" if line.waits else ""
    return kit.section(
        f"*{d.name} {text.inline(d.case.title, 160)}*\n{line_facts(d, now)}{waits}",
        accessory=show_button(d.id, d.number, words="Show"),
    )
