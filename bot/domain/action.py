"""What can be pressed about a decision: one row per button. Who may press it, in words, is told by `permission`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto

from bot.domain.decision import Dossier, Phase
from bot.domain.round import RoundState


class Action(StrEnum):
    """The value is the id that Slack carries: of the button, and of the form that it opens."""

    COMPLETE_CASE = "decision.complete"
    EDIT_CASE = "decision.edit"
    EDIT_URGENCY = "decision.urgency"
    CANCEL = "decision.cancel"
    TAKE_OVER = "decision.take_over"
    EDIT_CRITERIA = "criterion.edit"
    PROPOSE_OPTION = "option.propose"
    EDIT_OPTION = "option.edit"
    START_SCORING = "round.start"
    CLOSE_SCORING = "round.close"
    VOID_ROUND = "round.void"
    EXTEND_ROUND = "round.extend"
    PROCEED = "round.proceed"
    SECOND_ROUND = "round.second"
    SCORE = "evaluation.open"
    RESOLVE = "outcome.resolve"
    CONFIRM_CHOICE = "outcome.confirm"
    RETURN_CHOICE = "outcome.return"
    INFORMED = "outcome.informed"
    CHANGE_CHOICE = "outcome.reopen"
    RECORD_OUTCOME = "outcome.record"
    UNDO_ANSWER = "outcome.undo"
    REPLY = "reply.kit"

    @property
    def row(self) -> "Row":
        return ROWS[self]

    @property
    def label(self) -> str:
        """The words on the button; refusals quote them."""
        return self.row.label

    @property
    def window(self) -> str:
        """The title of the window that it opens, while that loads."""
        return self.row.window or self.label


class Who(Enum):
    """Whom of the team a button is for."""

    TEAM = auto()
    OWNER = auto()
    OWNER_OR_DECIDER = auto()
    DECIDER = auto()
    """Whoever has the authority that at least one of the options takes."""
    ROSTER = auto()
    SECOND = auto()
    """Whoever may confirm a choice that somebody else has proposed; to take it back, also that one."""
    RESOLVER = auto()
    """Whoever resolved it, or has as much authority as they."""
    OWNER_OR_RESOLVER = auto()
    SUCCESSOR = auto()
    """Whoever may carry it on when its owner has left: see `decider.Deciders`."""


@dataclass(frozen=True)
class Confirm:
    """What is asked back before the press counts."""

    title: str
    question: str
    yes: str
    no: str


def _always(dossier: Dossier, now: datetime) -> bool:
    return True


def _is_orphaned(dossier: Dossier, now: datetime) -> bool:
    return dossier.is_orphaned


def _is_collecting(dossier: Dossier, now: datetime) -> bool:
    return dossier.round_state(now) in {RoundState.OPEN, RoundState.DUE}


def _has_quorum(dossier: Dossier, now: datetime) -> bool:
    return _is_collecting(dossier, now) and dossier.round is not None and dossier.round.has_quorum


def _can_be_voided(dossier: Dossier, now: datetime) -> bool:
    # The first result has fixed the options of a second round: there is nothing to go back and edit.
    return _is_collecting(dossier, now) and not dossier.is_second_round


def _is_undecided(dossier: Dossier, now: datetime) -> bool:
    return dossier.round_state(now) is RoundState.UNDECIDED


def _is_published(dossier: Dossier, now: datetime) -> bool:
    return dossier.round_state(now) is RoundState.PUBLISHED


def _is_to_be_decided(dossier: Dossier, now: datetime) -> bool:
    return _is_published(dossier, now) and not _is_proposed(dossier, now)


def _is_proposed(dossier: Dossier, now: datetime) -> bool:
    return dossier.decision.open_proposal(now) is not None


def _invites_second_round(dossier: Dossier, now: datetime) -> bool:
    return _is_to_be_decided(dossier, now) and dossier.invites_second_round


def _can_be_undone(dossier: Dossier, now: datetime) -> bool:
    return dossier.outcome is not None and dossier.outcome.why_not_undone(now=now) is None


def _has_no_result_on_its_way(dossier: Dossier, now: datetime) -> bool:
    if dossier.decision.phase is not Phase.EVALUATE:
        return True
    return any(stands(dossier, now) for stands in (_is_collecting, _is_undecided, _is_published))


@dataclass(frozen=True)
class Row:
    """All that is to be known of a button but its route, its use case and its window's content."""

    label: str
    phases: tuple[Phase, ...]
    who: Who
    when: Callable[[Dossier, datetime], bool] = _always
    """Within those phases: whether the decision offers it now."""
    destroys: bool = False
    """Red, since what it takes away does not come back. Which button leads on is `waiting.leading`'s to say."""
    confirm: Confirm | None = None
    window: str | None = None
    """The title of the window that it opens, while that loads; None where the press alone is all."""
    takes: str | None = None
    """How the refusal of somebody with too little authority begins; None where it quotes the label."""
    again: str | None = None
    """The words on the button from its second time on; None where it is pressed once, or means the same."""


ROWS: dict[Action, Row] = {
    Action.TAKE_OVER: Row(
        "Take over",
        tuple(Phase),
        Who.SUCCESSOR,
        when=_is_orphaned,
        confirm=Confirm(
            "Take it over?",
            "You become its owner, and what comes next is yours to do. Owners decide only small amounts themselves: "
            "if it is more, somebody else has to.",
            "Take over",
            "Not me",
        ),
    ),
    Action.COMPLETE_CASE: Row("Fill in the case", (Phase.DEFINE,), Who.OWNER, window="Fill in the case"),
    Action.PROPOSE_OPTION: Row("Add options", (Phase.OPTIONS,), Who.TEAM, window="Add options"),
    Action.EDIT_OPTION: Row("Edit my option", (Phase.OPTIONS,), Who.TEAM, window="My option"),
    Action.START_SCORING: Row("Start scoring", (Phase.OPTIONS,), Who.OWNER, window="Start scoring"),
    Action.EDIT_CRITERIA: Row("Edit criteria", (Phase.CRITERIA, Phase.OPTIONS), Who.OWNER, window="Criteria"),
    Action.EDIT_CASE: Row("Edit case", (Phase.CRITERIA, Phase.OPTIONS), Who.OWNER, window="Edit case"),
    Action.SCORE: Row("Score", (Phase.EVALUATE,), Who.ROSTER, when=_is_collecting, window="Score"),
    Action.CLOSE_SCORING: Row(
        "Close scoring",
        (Phase.EVALUATE,),
        Who.OWNER_OR_DECIDER,
        when=_has_quorum,
        confirm=Confirm(
            "Close scoring now?",
            "Those who have not submitted can no longer score, and the result is published.",
            "Close scoring",
            "Keep open",
        ),
    ),
    Action.VOID_ROUND: Row(
        "Start over",
        (Phase.EVALUATE,),
        Who.OWNER_OR_DECIDER,
        when=_can_be_voided,
        destroys=True,
        confirm=Confirm(
            "Start over?",
            "All scores so far are deleted, options and criteria can be edited, and everybody has to score again.",
            "Say why and start over",
            "Keep it",
        ),
        window="Start over",
    ),
    Action.EXTEND_ROUND: Row(
        "Extend",
        (Phase.EVALUATE,),
        Who.OWNER_OR_DECIDER,
        when=_is_undecided,
        window="Extend scoring",
    ),
    Action.PROCEED: Row(
        "Publish anyway", (Phase.EVALUATE,), Who.OWNER_OR_DECIDER, when=_is_undecided, window="Publish anyway"
    ),
    Action.RESOLVE: Row(
        "Resolve",
        (Phase.EVALUATE,),
        Who.DECIDER,
        when=_is_to_be_decided,
        window="Resolve",
        takes="Resolving",
    ),
    Action.CONFIRM_CHOICE: Row(
        "Confirm the choice",
        (Phase.EVALUATE,),
        Who.SECOND,
        when=_is_proposed,
        confirm=Confirm(
            "Confirm the choice?",
            "The decision is resolved with it, and the card names both of you.",
            "Confirm",
            "Not now",
        ),
    ),
    Action.RETURN_CHOICE: Row("Send it back", (Phase.EVALUATE,), Who.SECOND, when=_is_proposed, window="Send it back"),
    Action.SECOND_ROUND: Row(
        "Second round",
        (Phase.EVALUATE,),
        Who.DECIDER,
        when=_invites_second_round,
        window="Second round",
        takes="A second round of",
    ),
    Action.INFORMED: Row(
        "Customer informed",
        (Phase.ACT,),
        Who.RESOLVER,
        confirm=Confirm(
            "Does the customer know?",
            "This notes that the answer was sent. The choice can no longer be changed after it.",
            "Yes, informed",
            "Not yet",
        ),
    ),
    Action.CHANGE_CHOICE: Row("Change the choice", (Phase.ACT,), Who.RESOLVER, window="Change the choice"),
    Action.RECORD_OUTCOME: Row(
        "Record outcome", (Phase.LEARN,), Who.OWNER_OR_RESOLVER, window="Outcome", again="Amend outcome"
    ),
    Action.UNDO_ANSWER: Row("Take the answer back", (Phase.LEARN,), Who.OWNER_OR_RESOLVER, when=_can_be_undone),
    Action.REPLY: Row("Words to copy", (Phase.ACT, Phase.LEARN), Who.TEAM, window="Words to copy"),
    Action.CANCEL: Row(
        "Cancel decision",
        (Phase.DEFINE, Phase.CRITERIA, Phase.OPTIONS, Phase.EVALUATE),
        Who.OWNER_OR_DECIDER,
        when=_has_no_result_on_its_way,
        destroys=True,
        confirm=Confirm(
            "Cancel this decision?",
            "Everybody keeps seeing it, marked as cancelled.",
            "Say why and cancel",
            "Keep it",
        ),
        window="Cancel decision",
    ),
    Action.EDIT_URGENCY: Row("Change urgency", (Phase.EVALUATE,), Who.OWNER, window="Change urgency"),
}
"""In the order in which the buttons are shown."""
