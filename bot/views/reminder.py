"""Nudges: one direct message about what waits for one person, alone or as a digest. Never a name of who is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.action import Action
from bot.domain.decision import Dossier
from bot.domain.option import MIN_OPTIONS
from bot.domain.reminder import ESCALATIONS, Kind, action_for
from bot.domain.round import Round, quorum
from bot.views import dossier as pieces
from bot.views.slack import ids, kit, text

MOST_LINES = 12
"""A digest that grows longer is cut; the list has the rest."""


@dataclass(frozen=True)
class Told:
    """One thing to tell."""

    dossier: Dossier
    kind: Kind
    takes: int = 1
    """The least authority with which it can be resolved."""

    def is_beyond(self, authority: int) -> bool:
        """Whether it reaches the reader only because nobody has the authority that resolving takes."""
        return self.kind in (Kind.RESOLVE, Kind.UNRESOLVED) and authority < self.takes


def nudge(items: Sequence[Told], *, authority: int) -> kit.Message:
    """`items`: one or more, most urgent first; `authority` is the reader's."""
    return _single(items[0], authority) if len(items) == 1 else _digest(items, authority)


def _single(item: Told, authority: int) -> kit.Message:
    heading, reason = headline(item), reason_for(item, authority)
    blocks = [
        kit.section(f"*{heading}*\n{reason}"),
        kit.actions([_button(item, authority), snooze_button()]),
        kit.context(_settings_line()),
    ]
    return kit.message(f"{heading}. {reason}", blocks)


def _digest(items: Sequence[Told], authority: int) -> kit.Message:
    top = f"{text.count('thing', len(items))} wait for you"
    shown = items[:MOST_LINES]
    blocks = [kit.section(f"*{top}*")]
    blocks += [
        kit.section(f"*{headline(i, room=100)}*\n{reason_for(i, authority)}", accessory=_button(i, authority))
        for i in shown
    ]
    if len(items) > len(shown):
        blocks.append(kit.context(f"… and {len(items) - len(shown)} more: `{ids.COMMAND} list`"))
    blocks += [kit.actions([snooze_button()]), kit.context(_settings_line())]
    spoken = ". ".join(headline(i, room=100) for i in shown[:3])
    return kit.message(f"{top}. {spoken}", blocks)


def headline(item: Told, *, room: int = 150) -> str:
    """ "Score #42 Refund for the outage", as mrkdwn."""
    d = item.dossier.decision
    verb = "Start scoring" if action_for(item.kind, item.dossier) is Action.START_SCORING else _VERBS[item.kind]
    return f"{verb} {d.name} {text.inline(d.case.title, room)}"


_VERBS = {
    Kind.COMPLETE: "Complete the case of",
    Kind.CRITERIA: "Set the criteria of",
    Kind.OPTIONS: "Find options for",
    Kind.SCORE: "Score",
    Kind.TOO_FEW: "Too few left to score",
    Kind.UNDECIDED: "No quorum:",
    Kind.RESOLVE: "Resolve",
    Kind.INFORM: "Tell the customer:",
    Kind.OUTCOME: "Record the outcome of",
    Kind.FOLLOW_UP: "Follow up on",
    Kind.STALLED: "Urgent and waiting:",
    Kind.SCORING: "Urgent and still being scored:",
    Kind.NO_QUORUM: "Urgent and without quorum:",
    Kind.UNRESOLVED: "Urgent and not resolved:",
}


def reason_for(item: Told, authority: int) -> str:
    """Why this reaches the reader, with counts and dates only."""
    if item.is_beyond(authority):
        return (
            f"The result is published, but resolving takes authority {item.takes}, which nobody who may resolve it "
            f"has; you come closest with {authority}. A workspace admin can give it in {ids.COMMAND} setup."
        )
    why = _why(item)
    if item.kind in ESCALATIONS:
        return f"{why} You hear of it because your authority is {authority}."
    return why


def _why(item: Told) -> str:
    d, found = item.dossier.decision, item.dossier.round
    customer = text.inline(d.case.customer_name, 80)
    match item.kind:
        case Kind.COMPLETE:
            return f"The case of {customer} still lacks something before the team can set criteria."
        case Kind.CRITERIA:
            return "Options can be proposed once its criteria are submitted."
        case Kind.OPTIONS:
            options = item.dossier.options
            if len(options) < MIN_OPTIONS:
                return f"It has {text.count('option', len(options))} so far, and scoring takes two."
            return f"It has {len(options)} options. Once the list is complete, scoring starts when you say so."
        case Kind.SCORE if found:
            again = "A second round, with a fresh ballot. " if found.follows else ""
            return f"{again}{found.turnout}; scoring closes {text.moment(found.closes_at)}. It takes a few minutes."
        case Kind.TOO_FEW if found:
            way_out = (
                "A second round cannot start again: cancel the decision, or proceed with a reason once it has closed."
                if found.follows
                else "Void the round to start it again with other people, or cancel the decision."
            )
            return (
                f"{len(found.roster)} of {len(found.members)} people can still score, since the rest became inactive, "
                f"and it takes two. {way_out} Nobody is asked to score meanwhile."
            )
        case Kind.UNDECIDED | Kind.NO_QUORUM if found and found.is_too_small:
            return (
                f"Scoring has closed with {text.count('ballot', found.ballots)}. The others became inactive, so "
                "extending it brings no more: proceed with a reason, or cancel."
            )
        case Kind.UNDECIDED | Kind.NO_QUORUM if found:
            return f"{_quorum(found)} Scoring has closed: extend it, proceed with a reason, or cancel."
        case Kind.RESOLVE:
            return f"The result is published, and you have the authority to decide. {customer} waits for the answer."
        case Kind.INFORM:
            return f"It is resolved. Press the button once {customer} has the answer."
        case Kind.OUTCOME:
            return "How did it turn out? A minute now teaches the next decision."
        case Kind.FOLLOW_UP:
            outcome = item.dossier.outcome
            day = f" for {text.day(outcome.follow_up_date)}" if outcome and outcome.follow_up_date else ""
            return f"You noted a follow-up with {customer}{day}."
        case Kind.STALLED:
            expected = d.case.expected_resolution_date
            until = f" until it is to be resolved, {text.moment(expected)}" if expected else ""
            return f"More than half of the time{until} is over, and it is still in {d.place}."
        case Kind.SCORING if found:
            way_out = "that is enough to close it now" if found.has_quorum else "ask in its thread what keeps it"
            return (
                f"More than half of the time to its closing, {text.moment(found.closes_at)}, is over. "
                f"{_quorum(found).removesuffix('.')}: {way_out}."
            )
        case Kind.UNRESOLVED:
            return "The result is published, and nobody has resolved it yet."
    return f"It is in {d.place}."


def _quorum(found: Round) -> str:
    return f"{found.turnout}; quorum is {quorum(len(found.roster))}."


def _button(item: Told, authority: int) -> kit.Element:
    action = None if item.is_beyond(authority) else action_for(item.kind, item.dossier)
    d = item.dossier.decision
    if action is None:
        return pieces.show_button(d.id, d.number)
    (button,) = pieces.buttons(d, [action])
    return {**button, "text": kit.plain_text(action.label, kit.BUTTON)}


def snooze_button() -> kit.Element:
    return kit.button("Snooze until tomorrow", ids.SNOOZE, value="tomorrow")


def _settings_line() -> str:
    return f"Working hours, days and channels: `{ids.COMMAND} settings`"


def snoozed(until: datetime) -> kit.Message:
    """Only the person who pressed reads it."""
    sentence = f"Quiet until {text.moment(until)}. What waits is on your Home tab and in `{ids.COMMAND} list`."
    return kit.message("Quiet until your next working day.", [kit.section(sentence)])
