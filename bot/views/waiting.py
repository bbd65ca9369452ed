"""What waits for a person, in a few words, for list and Home tab."""

from bot.domain.action import Action
from bot.domain.waiting import Kind, Waiting
from bot.views.slack import text


def todo(waits: Waiting) -> str:
    """ "score": an invitation to do something, in the middle of a sentence. As mrkdwn."""
    why = f": {text.inline(waits.gone, 80)}, its owner, is no longer active" if waits.gone else ""
    return f"{WORDS[waits.kind, waits.action]}{why}"


WORDS: dict[tuple[Kind, Action | None], str] = {
    (Kind.TAKE_OVER, Action.TAKE_OVER): "take over",
    (Kind.MAY_TAKE_OVER, Action.TAKE_OVER): "take over, unless somebody who was asked first does",
    (Kind.ORPHANED, Action.TAKE_OVER): "take over, since it is urgent and nobody has yet",
    (Kind.COMPLETE, Action.COMPLETE_CASE): "complete the case",
    (Kind.CRITERIA, Action.EDIT_CRITERIA): "set the criteria",
    (Kind.OPTIONS, Action.PROPOSE_OPTION): "propose options, then start scoring",
    (Kind.OPTIONS, Action.START_SCORING): "start scoring once the options are complete",
    (Kind.PROPOSE, Action.PROPOSE_OPTION): "propose an option",
    (Kind.SCORE, Action.SCORE): "score",
    (Kind.TOO_FEW, Action.VOID_ROUND): "void the round or cancel, since too few are left to score",
    (Kind.TOO_FEW, None): "cancel, since too few are left to score",
    (Kind.UNDECIDED, Action.EXTEND_ROUND): "extend, proceed without quorum or cancel",
    (Kind.UNDECIDED, Action.PROCEED): "proceed without quorum or cancel",
    (Kind.RESOLVE, Action.RESOLVE): "resolve",
    (Kind.MAY_RESOLVE, Action.RESOLVE): "resolve, unless somebody who was asked first does",
    (Kind.BEYOND, None): "find somebody with the authority to resolve it, which nobody has",
    (Kind.INFORM, Action.INFORMED): "inform the customer",
    (Kind.OUTCOME, Action.RECORD_OUTCOME): "record the outcome",
    (Kind.MAY_RECORD, Action.RECORD_OUTCOME): "record the outcome, unless its owner does",
    (Kind.FOLLOW_UP, Action.RECORD_OUTCOME): "follow up with the customer, then clear the date or set a new one",
    (Kind.STALLED, None): "ask what keeps it, since it is urgent and half of its time is over",
    (Kind.SCORING, Action.CLOSE_SCORING): "close scoring, since it is urgent and quorum holds",
    (Kind.SCORING, None): "ask what keeps the scoring, since it is urgent and half of its time is over",
    (Kind.NO_QUORUM, Action.EXTEND_ROUND): "extend, proceed without quorum or cancel, since it is urgent",
    (Kind.NO_QUORUM, Action.PROCEED): "proceed without quorum or cancel, since it is urgent",
    (Kind.NO_QUORUM, None): "ask its owner how it goes on, since it is urgent and has no quorum",
    (Kind.UNRESOLVED, Action.RESOLVE): "resolve, since it is urgent and nobody has yet",
}
"""By what waits and the button that leads there: the same thing reads differently where another button does."""
