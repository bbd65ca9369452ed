"""The decision's card: the one message in its channel, and what the owner reads where it cannot be posted."""

from datetime import datetime

from bot.domain.decision import DECISION_TYPES, Dossier, Status
from bot.domain.permission import offered
from bot.domain.round import RoundState
from bot.domain.waiting import leading
from bot.views import result, second_round
from bot.views.dossier import (
    buttons,
    closing_line,
    criteria_line,
    due_line,
    facts_line,
    more_button,
    option_lines,
    outcome_summary,
    proposal_lines,
    round_lines,
    show_button,
    state,
    state_in_words,
)
from bot.views.ledger import before_on_card
from bot.views.slack import ids, kit, text

ROOMS = (150, 90, 60, 40, 20)
"""How many characters a title may take; the first with which the whole card fits is used."""
EXCERPT, REASON = 300, 300


def card(dossier: Dossier, *, now: datetime) -> kit.Message:
    """The card, the same for the channel and for `/decide show`. Never holds the customer's e-mail."""
    for room in ROOMS:
        blocks = _blocks(dossier, now, room)
        if kit.size(blocks) <= kit.MESSAGE_ROOM:
            break
    return kit.message(_summary(dossier, now), blocks)


def _blocks(dossier: Dossier, now: datetime, room: int) -> list[kit.Block]:
    decision = dossier.decision
    is_over = decision.status in (Status.RESOLVED, Status.CANCELLED)
    return [
        kit.header(f"{decision.name} · {decision.case.title}"),
        kit.context(state_in_words(dossier, now), closing_line(dossier, now) if is_over else due_line(dossier, now)),
        kit.section(facts_line(dossier, room=room)),
        *(_ending(dossier, room) if is_over else _underway(dossier, now, room)),
        kit.actions(_buttons(dossier, now), block_id=kit.block_id("card", decision.id, decision.revision)),
    ]


def _buttons(dossier: Dossier, now: datetime) -> list[kit.Element]:
    """What leads on, the details and, where somebody may do something else, the way to that: three at most."""
    decision, pressable, first = (
        dossier.decision,
        offered(dossier, now),
        leading(dossier.brief, now, is_orphaned=dossier.is_orphaned),
    )
    shown = [action for action in pressable if action is first]
    rest = [more_button(decision.id, decision.number)] if len(pressable) > len(shown) else []
    return [
        *buttons(decision, shown, leading=first, is_again=dossier.is_finished, for_all=dossier),
        show_button(decision.id, decision.number),
        *rest,
    ]


def _summary(dossier: Dossier, now: datetime) -> str:
    """The card for those who hear it read out."""
    decision = dossier.decision
    kind = DECISION_TYPES.get(decision.case.decision_type, "Decision")
    about = text.ended(f"{decision.name} {text.inline(decision.case.title, 300)}")
    customer = text.inline(decision.case.customer_name, 300)
    # Without the lines on who may do what, which the buttons beneath lead to.
    scored = [text.unmarked(line) for line in round_lines(dossier, now)[:1] if _is_being_scored(dossier, now)]
    where = ": ".join([state(dossier.decision, dossier.round, now), *scored])
    return f"{about} {kind}, customer {text.ended(customer)} {text.ended(where)}"


def _underway(dossier: Dossier, now: datetime, room: int) -> list[kit.Block]:
    """The result first, once there is one; what happened is told until then."""
    about = [] if dossier.result else _about(dossier, room)
    results = [*result.summary(dossier, room=room), *second_round.first_on_card(dossier, room=room)]
    proposed = proposal_lines(dossier, title_room=room, reason_room=REASON)
    return [
        *([kit.section("\n".join(proposed))] if proposed else []),
        *about,
        *results,
        *before_on_card(dossier),
        *_options(dossier, room),
        *_criteria(dossier, room),
        *_scoring(dossier, now),
    ]


def _about(dossier: Dossier, room: int) -> list[kit.Block]:
    description = text.inline(dossier.decision.case.description, min(EXCERPT, room * 3))
    return [kit.section(description)] if description else []


def _options(dossier: Dossier, room: int) -> list[kit.Block]:
    if not dossier.options:
        return []
    lines = option_lines(dossier.options, dossier.decision.currency, room=room)
    return [kit.section(f"*Options*\n{text.fit(lines, 2800, more=', see Show details')}")]


def _criteria(dossier: Dossier, room: int) -> list[kit.Block]:
    line = criteria_line(dossier.criteria, room=room)
    return [kit.context(f"Criteria: {line}")] if line else []


def _scoring(dossier: Dossier, now: datetime) -> list[kit.Block]:
    """How many have scored, and what comes of it; of a published round the result tells."""
    lines = round_lines(dossier, now) if _is_being_scored(dossier, now) else []
    return [kit.section(text.fit(lines, 3000))] if lines else []


def _is_being_scored(dossier: Dossier, now: datetime) -> bool:
    return dossier.decision.status is Status.EVALUATING and dossier.round_state(now) is not RoundState.PUBLISHED


def _ending(dossier: Dossier, room: int) -> list[kit.Block]:
    """What was decided, by whom, why, and how it turned out; all that led there is in the thread and the details."""
    if dossier.decision.status is Status.CANCELLED:
        why = text.quote(text.one_line(dossier.decision.cancel_reason or "No reason was given."), REASON)
        return [kit.section(f"*Cancelled*\n{why}")]
    lines = outcome_summary(dossier, title_room=room, reason_room=REASON)
    return [kit.section("\n".join(lines))] if lines else []


WHY = {
    "not_in_channel": "I am not in {channel} yet.",
    "channel_not_found": "I cannot see {channel}: it is private, or it is gone.",
    "is_archived": "{channel} is archived.",
    "shared": "People of another company read {channel}.",
}
WAY_OUT = {
    "is_archived": "Unarchive it, then press the button.",
    "shared": "Press the button to show it to them all the same; of this channel you are asked once.",
    "given_up": "Press the button to let me try again; whoever runs me finds more in `conclave outbox list`.",
}


def moved(dossier: Dossier) -> kit.Message:
    """What is left of a card in a channel that is not the decision's any more: no fact of the case."""
    decision = dossier.decision
    place = f"<#{decision.channel_id}>" if decision.channel_id else "another channel"
    sentence = f"{decision.name} has moved: its card is in {place} now."
    return kit.message(f"{decision.name} has moved to another channel.", [kit.section(sentence)])


def unreachable(dossier: Dossier, *, reason: str, bot_name: str = "Conclave") -> kit.Message:
    """To the owner: why the card is not in its channel, how to get it there. reason: Slack's error name."""
    decision = dossier.decision
    channel = f"<#{decision.channel_id}>" if decision.channel_id else "the channel"
    why = text.sentence_case(WHY.get(reason, "Slack did not let me post in {channel}.").format(channel=channel))
    way_out = WAY_OUT.get(
        reason, f"Type `/invite @{text.inline(bot_name, 80)}` in that channel, then press the button."
    )
    title = text.inline(decision.case.title, 300)
    meanwhile = f"Until then everything works from `{ids.COMMAND} show {decision.number}`."
    is_shared = reason == "shared"
    words, action = ("Show it to them", ids.SHOW_TO_OTHERS) if is_shared else ("Post the card", ids.POST_CARD)
    button = kit.button(
        words, action, value=str(decision.id), style="primary", label=f"{words}: the card of {decision.name}"
    )
    sentences = f"The card of *{decision.name} {title}* could not be posted. {why} {way_out}"
    blocks = [
        kit.section(f"{sentences}\n{meanwhile}"),
        kit.actions([button, show_button(decision.id, decision.number)]),
    ]
    return kit.message(f"The card of {decision.name} {title} could not be posted. {why} {way_out}", blocks)
