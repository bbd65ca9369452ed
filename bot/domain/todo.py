"""What waits for a person, in a few words: the same in Slack and on the web."""

from bot.domain.action import Action
from bot.domain.waiting import Kind, Waiting


def button_words(waits: Waiting) -> str | None:
    """What stands on the button that leads there; None where none does."""
    if waits.action is None:
        return None
    is_again = waits.kind is Kind.FOLLOW_UP  # the outcome is recorded: what is left is to say how it went on
    return (is_again and waits.action.row.again) or waits.action.label


WORDS: dict[tuple[Kind, Action | None], str] = {
    (Kind.TAKE_OVER, Action.TAKE_OVER): "take over",
    (Kind.MAY_TAKE_OVER, Action.TAKE_OVER): "take over, unless somebody who was asked first does",
    (Kind.ORPHANED, Action.TAKE_OVER): "take over, since it is urgent and nobody has yet",
    (Kind.COMPLETE, Action.COMPLETE_CASE): "fill in the case",
    (Kind.CRITERIA, Action.EDIT_CRITERIA): "set the criteria",
    (Kind.OPTIONS, Action.PROPOSE_OPTION): "propose options, then start scoring",
    (Kind.OPTIONS, Action.START_SCORING): "start scoring once the options are complete",
    (Kind.PROPOSE, Action.PROPOSE_OPTION): "propose an option",
    (Kind.SCORE, Action.SCORE): "score",
    (Kind.TOO_FEW, Action.VOID_ROUND): "start over or cancel, since too few are left to score",
    (Kind.TOO_FEW, None): "cancel, since too few are left to score",
    (Kind.UNDECIDED, Action.EXTEND_ROUND): "extend, publish anyway or cancel, since too few have scored",
    (Kind.UNDECIDED, Action.PROCEED): "publish anyway or cancel, since too few have scored",
    (Kind.RESOLVE, Action.RESOLVE): "resolve",
    (Kind.MAY_RESOLVE, Action.RESOLVE): "resolve, unless somebody who was asked first does",
    (Kind.CONFIRM, Action.CONFIRM_CHOICE): "confirm the choice, or send it back",
    (Kind.MAY_CONFIRM, Action.CONFIRM_CHOICE): "confirm the choice, unless somebody who was asked first does",
    (Kind.BEYOND, None): "find somebody who may resolve it, since nobody in the team may",
    (Kind.INFORM, Action.INFORMED): "inform the customer",
    (Kind.OUTCOME, Action.RECORD_OUTCOME): "record the outcome",
    (Kind.MAY_RECORD, Action.RECORD_OUTCOME): "record the outcome, unless its owner does",
    (Kind.FOLLOW_UP, Action.RECORD_OUTCOME): "follow up with the customer, then clear the date or set a new one",
    (Kind.PROMISE, None): "see that the customer hears in time, as promised",
    (Kind.STALLED, None): "ask what keeps it, since it is urgent and half of its time is over",
    (Kind.SCORING, Action.CLOSE_SCORING): "close scoring, since it is urgent and enough have scored",
    (Kind.SCORING, None): "ask what keeps the scoring, since it is urgent and half of its time is over",
    (Kind.NO_QUORUM, Action.EXTEND_ROUND): "extend, publish anyway or cancel, since it is urgent",
    (Kind.NO_QUORUM, Action.PROCEED): "publish anyway or cancel, since it is urgent",
    (Kind.NO_QUORUM, None): "ask its owner how it goes on, since it is urgent and too few have scored",
    (Kind.UNRESOLVED, Action.RESOLVE): "resolve, since it is urgent and nobody has yet",
}
"""By what waits and the button that leads there: the same thing reads differently where another button does."""
