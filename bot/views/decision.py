"""The decision itself: opening it, editing its case, and the list of those that are open."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable
from bot.domain.classification import Reading
from bot.domain.decision import (
    CUSTOMER_LENGTH,
    DECISION_TYPES,
    DESCRIPTION_LENGTH,
    TITLE_LENGTH,
    Case,
    Decision,
    Dossier,
    Phase,
    Status,
    missing_for_criteria,
)
from bot.domain.draft import Draft
from bot.domain.team import Team
from bot.domain.waiting import Line
from bot.errors import Invalid
from bot.views import authority, case, classification, reason
from bot.views import draft as draft_view
from bot.views.details import details
from bot.views.dossier import line_facts, show_button
from bot.views.reason import parse_reason
from bot.views.slack import element, ids, kit, notice, text
from bot.views.slack.entry import checkbox, optional_channel
from bot.views.slack.field import Answers, Ask, Field, Inputs
from bot.views.slack.form import Fields, View, as_uuid, field_of, metadata
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
    "retold",
    "undone",
    "unfolded",
    "urgency",
]

LIST_PAGE_LINES = 10
PLACE = "Channel of the card"
_NOWHERE = checkbox(
    "nowhere", "Card", "No card in any channel", about="Your team finds it in /decide list and on Home."
)
_FOR_OTHERS = checkbox(
    "for_others",
    "People of another company read it",
    "Show them the card",
    about="Else you are asked in a direct message.",
)
_CHANNEL = Field[str | None](
    "channel",
    PLACE,
    lambda start: element.conversations_select("channel", initial=start),
    lambda fields: fields.conversation("channel"),
    is_optional=True,
)
_SAID, _MORE = "said", "more"
"""Names of the blocks that come and go while somebody types."""


def _later_channel(hint: str | None = None) -> Field[str | None]:
    """For a decision that has no channel: by default where the button is pressed."""
    return optional_channel("channel", PLACE, hint=hint)


class NewDecision(BaseModel):
    """The modal "New decision" as typed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    case: Case
    channel_id: str | None = None
    """None: no card is posted."""
    permalink: str | None = None
    draft_id: UUID | None = None
    """What it is opened of."""
    is_for_others: bool = False
    """Another company reads that channel, and shall see the card."""


def new_decision(
    *,
    team: Team,
    title: str = "",
    description: str = "",
    channel_id: str | None = None,
    permalink: str | None = None,
    proposals: Mapping[int, datetime] | None = None,
    reading: Reading | None = None,
    once: str | None = None,
    draft: Draft | None = None,
    is_foreign: bool = False,
) -> kit.View:
    """What every case needs; "More fields" unfolds the rest.

    channel_id: where the person is, if that is a channel. proposals: by urgency, the date to decide by that it begins
    with. reading: what the text suggests, which the form begins with. once: see `press.press`. draft: of which it is
    opened; what does not fit into a field stands above them. is_foreign:
    another company reads that channel, and nobody of the team has said yet that it may see the team's cards.
    """
    dates = proposals or {}
    start = draft.content.case if draft else replace(case.BLANK, title=title, description=description)
    start = classification.prefilled(start, reading)
    start = replace(start, expected_resolution_date=dates.get(start.urgency_level))
    inputs = Inputs("new", 1)
    case.basics(inputs, start, currency=team.currency, tells=ids.NEW_TYPED)
    if channel_id is None:
        inputs(_later_channel("Left empty, no card is posted."), None)
    elif is_foreign:
        inputs(_FOR_OTHERS, False)
    place = [kit.context(f"The card appears in <#{channel_id}>.")] if channel_id else []
    metadata = {
        "permalink": permalink if text.is_link(permalink or "") else None,
        "currency": team.currency,
        "team": str(team.id),
        "channel": channel_id,
        "dates": _packed(dates),
        "began": str(start.urgency_level),
        "once": once,
        "draft": str(draft.id) if draft else None,
    }
    suggested = classification.suggested(reading, currency=team.currency)
    said = draft_view.said(draft) if draft else []
    more = _folded(start, draft, currency=team.currency, channel_id=channel_id)
    return _frame([*said, *classification.inserted(inputs.blocks, suggested), *place, *more], metadata)


def _folded(start: Case, draft: Draft | None, *, currency: str, channel_id: str | None) -> list[kit.Block]:
    """The button that unfolds the rest, or the rest itself where a draft fills something in there."""
    if draft and draft.content.has_more:
        return _rest(start, currency=currency, channel_id=channel_id)
    return [kit.actions([kit.button("More fields", ids.NEW_MORE)], block_id=_MORE)]


def _rest(start: Case, *, currency: str, channel_id: str | None) -> list[kit.Block]:
    """The fields that may stay folded; where there is a channel also another one, and none."""
    inputs = Inputs("new", 1)
    case.rest(inputs, start, currency=currency)
    if channel_id:
        inputs(_CHANNEL, channel_id)
        inputs(_NOWHERE, False)
    return inputs.blocks


def team_in(view: View) -> UUID | None:
    """The team that the window was opened for."""
    return as_uuid(metadata(view).get("team"))


def full(why: str, *, typed: str) -> kit.View:
    """In place of the form, where the plan leaves no room. typed: what stood behind the command, not to be lost."""
    kept = [kit.paragraph(f"What you typed, to copy: {typed}")] if typed else []
    return notice.done("No room", why, more=kept)


def _frame(blocks: Sequence[kit.Block], metadata: Mapping[str, str | None]) -> kit.View:
    return kit.modal("New decision", blocks, callback_id=ids.NEW_DECISION, submit="Create", metadata=metadata)


def unfolded(view: View) -> kit.View:
    """The window "New decision" with all its fields. What was typed stays: its blocks are the same."""
    carried = metadata(view)
    rest = _rest(case.BLANK, currency=carried.get("currency", ""), channel_id=carried.get("channel"))
    kept = [block for block in view["blocks"] if block.get("block_id") != _MORE]
    return _frame([*kept, *rest], carried)


def undone(view: View) -> kit.View:
    """The window without what the text suggested: fields that were changed since stay as they are."""
    carried = metadata(view)
    blank = replace(case.BLANK, expected_resolution_date=_dates(carried).get(case.BLANK.urgency_level))
    inputs = Inputs("new", 2)  # under another id Slack forgets what the field was prefilled with
    case.basics(inputs, blank, currency=carried.get("currency", ""), tells=ids.NEW_TYPED)
    return _frame(classification.emptied(view, inputs.blocks), {**carried, "began": None})


def retold(view: View, table: AuthorityTable) -> kit.View:
    """The window once type, amount or urgency were entered: what the amount takes, and which date the urgency brings.

    No field is touched, only what is said between them: somebody may be filling one in.
    """
    carried, typed = metadata(view), Fields(view)
    said = {
        "financial_impact": _said(typed, table, carried.get("currency", "")),
        "urgency": _dated(typed, carried),
    }
    blocks: list[kit.Block] = []
    for block in view["blocks"]:
        name = field_of(block.get("block_id", ""))
        blocks += [block] if name != _SAID else []
        if words := said.get(name):
            blocks.append({**kit.context(words), "block_id": kit.block_id(_SAID, name, 1)})
    return _frame(blocks, carried)


def _said(typed: Fields, table: AuthorityTable, currency: str) -> str | None:
    """The line under the amount."""
    try:
        amount = case.at_stake(currency).read(typed)
    except Invalid as refusal:
        return text.safe(refusal.message, 300)
    known = replace(case.BLANK, decision_type=typed.choice("decision_type") or "", financial_impact=amount)
    return authority.stake(known, table, currency)


def _dated(typed: Fields, carried: Mapping[str, str]) -> str | None:
    """The line under the urgency, where it brings another date than the form began with."""
    at = _brought(typed.moment("expected_date"), int(typed.choice("urgency") or 0), carried)
    return f"Then it is to be decided by {text.moment(at)}, unless you choose another date." if at else None


def _brought(chosen: datetime | None, urgency: int, carried: Mapping[str, str]) -> datetime | None:
    """The date that the urgency brings: in place of the one that the form began with, not of one that was chosen."""
    dates, began = _dates(carried), int(carried.get("began", case.BLANK.urgency_level))
    return None if chosen != dates.get(began) or urgency == began else dates.get(urgency)


def _packed(dates: Mapping[int, datetime]) -> str | None:
    """What `_dates` reads."""
    return ",".join(f"{urgency}:{int(at.timestamp())}" for urgency, at in dates.items()) or None


def _dates(carried: Mapping[str, str]) -> dict[int, datetime]:
    """By urgency, what the form proposes."""
    pairs = (pair.split(":") for pair in carried.get("dates", "").split(",") if pair)
    return {int(urgency): datetime.fromtimestamp(int(epoch), UTC) for urgency, epoch in pairs}


def parse_new(view: View, *, currency: str, now: datetime) -> NewDecision:
    """Raises Invalid with the name of the field."""
    answers, carried = Answers(view), metadata(view)
    about = case.basics(answers, case.BLANK, currency=currency, now=now)
    if case.UNFOLDED in answers:
        about = case.rest(answers, about, currency=currency)
    brought = _brought(about.expected_resolution_date, about.urgency_level, carried)
    about = replace(about, expected_resolution_date=brought or about.expected_resolution_date)
    place = _place(answers, carried)
    # Asked of the channel where the window was opened, not of one that was chosen in its place.
    is_for_others = _FOR_OTHERS.name in answers and place == carried.get("channel") and answers(_FOR_OTHERS, False)
    return NewDecision(
        case=about,
        channel_id=place,
        permalink=carried.get("permalink"),
        draft_id=as_uuid(carried.get("draft")),
        is_for_others=is_for_others,
    )


def _place(answers: Answers, carried: Mapping[str, str]) -> str | None:
    """The channel of the card: as chosen, else where the window was opened."""
    if _NOWHERE.name in answers and answers(_NOWHERE, False):
        return None
    return answers(_CHANNEL, None) if _CHANNEL.name in answers else carried.get("channel")


def created(decision: Decision, *, currency: str, criteria: int, missing: Sequence[str] = ()) -> kit.View:
    """Once the decision exists. criteria: how many its type's template gave it. missing: what keeps it from them."""
    amount = decision.case.financial_impact
    said = f", {text.money(amount, currency)} at stake" if amount is not None else ""
    kind = DECISION_TYPES[decision.case.decision_type].lower()
    edit = kit.button("Edit", Action.EDIT_CRITERIA, value=str(decision.id), label="Edit the criteria")
    template = kit.section(f"{text.count('criterion', criteria)} from the {kind} template.", accessory=edit)
    more = [template] if decision.phase is Phase.OPTIONS else []
    return _next_step(decision, f"{decision.name} created", missing, said=said, more=more)


def edited(decision: Decision, *, missing: Sequence[str] = ()) -> kit.View:
    """Once the case was saved; like `created`."""
    return _next_step(decision, f"{decision.name} saved", missing)


def criteria_set(decision: Decision) -> kit.View:
    """Once the criteria were submitted: the team may propose options."""
    sentence = f"The criteria of {decision.name} are set. Next: add the options, at least two."
    return notice.done(f"{decision.name} criteria", sentence, actions=_buttons(decision, Action.PROPOSE_OPTION))


def _next_step(
    decision: Decision, done: str, missing: Sequence[str], *, said: str = "", more: Sequence[kit.Block] = ()
) -> kit.View:
    match decision.status, decision.phase:
        case Status.CREATED, _:
            action = Action.COMPLETE_CASE
            step = f"Next: fill in the case. Still missing: {text.listing(missing)}."
        case Status.TEAM_INPUT, Phase.CRITERIA:
            action, step = Action.EDIT_CRITERIA, "Next: set the criteria."
        case _:
            action, step = Action.PROPOSE_OPTION, "Next: add the options, at least two."
    return notice.done(done, f"{done}{said}. {step}", actions=_buttons(decision, action), more=more)


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
    """The form of a case that exists. now: see `case.basics`."""
    about = case.basics(ask, start, currency=currency, now=now)
    return case.rest(ask, about, currency=currency)


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
        "Scores of a round that is still open will never be counted."
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
        f"*{d.name} {text.inline(d.case.title, 160)}*\n{line_facts(d, line.round, now)}{waits}",
        accessory=show_button(d.id, d.number, words="Show"),
    )
