"""Who may press what, when; every refusal names the state and the way out.

`on_card` says which buttons each of the six phases shows, `check` whether this person may press one now.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from bot.domain.authority import OWN_DECISION_LIMIT, AuthorityTable, least_authority, required_authority
from bot.domain.decision import Decision, Dossier, Status
from bot.domain.option import Option
from bot.domain.round import Round, RoundState, quorum
from bot.domain.team import TOP_AUTHORITY, Member
from bot.errors import Conflict, NotAllowed


class Action(StrEnum):
    """What can be pressed about a decision; the value is the id that Slack carries."""

    COMPLETE_CASE = "decision.complete"
    EDIT_CASE = "decision.edit"
    EDIT_URGENCY = "decision.urgency"
    CANCEL = "decision.cancel"
    EDIT_CRITERIA = "criterion.edit"
    BACK_TO_CRITERIA = "criterion.back"
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
    INFORMED = "outcome.informed"
    CHANGE_CHOICE = "outcome.reopen"
    RECORD_OUTCOME = "outcome.record"


LABELS = {
    Action.COMPLETE_CASE: "Complete the case",
    Action.EDIT_CASE: "Edit case",
    Action.EDIT_URGENCY: "Change urgency",
    Action.CANCEL: "Cancel decision",
    Action.EDIT_CRITERIA: "Edit criteria",
    Action.BACK_TO_CRITERIA: "Back to criteria",
    Action.PROPOSE_OPTION: "Propose option",
    Action.EDIT_OPTION: "Edit my option",
    Action.START_SCORING: "Start scoring",
    Action.CLOSE_SCORING: "Close scoring",
    Action.VOID_ROUND: "Void and edit",
    Action.EXTEND_ROUND: "Extend",
    Action.PROCEED: "Proceed without quorum",
    Action.SECOND_ROUND: "Second round",
    Action.SCORE: "Score",
    Action.RESOLVE: "Resolve",
    Action.INFORMED: "Customer informed",
    Action.CHANGE_CHOICE: "Change the choice",
    Action.RECORD_OUTCOME: "Record outcome",
}
"""The words on the buttons; refusals quote them."""

OWNER_ONLY = {
    Action.COMPLETE_CASE,
    Action.EDIT_CASE,
    Action.EDIT_URGENCY,
    Action.EDIT_CRITERIA,
    Action.BACK_TO_CRITERIA,
    Action.START_SCORING,
}
OWNER_OR_DECIDER = {
    Action.CANCEL,
    Action.CLOSE_SCORING,
    Action.VOID_ROUND,
    Action.EXTEND_ROUND,
    Action.PROCEED,
}


def on_card(dossier: Dossier, now: datetime) -> tuple[Action, ...]:
    """The buttons of the decision's card in the order shown, "Show details" apart."""
    match dossier.decision.status, dossier.decision.phase:
        case Status.CREATED, _:
            return (Action.COMPLETE_CASE, Action.CANCEL)
        case Status.TEAM_INPUT, 2:
            return (Action.EDIT_CRITERIA, Action.EDIT_CASE, Action.CANCEL)
        case Status.TEAM_INPUT, _:
            propose = (Action.PROPOSE_OPTION, Action.EDIT_OPTION, Action.START_SCORING)
            return (*propose, Action.BACK_TO_CRITERIA, Action.EDIT_CASE, Action.CANCEL)
        case Status.EVALUATING, _:
            return _while_evaluating(dossier, now)
        case Status.RESOLVED, 5:
            return (Action.INFORMED, Action.CHANGE_CHOICE)
        case Status.RESOLVED, _:
            return (Action.RECORD_OUTCOME,)
    return ()


def _while_evaluating(dossier: Dossier, now: datetime) -> tuple[Action, ...]:
    match dossier.round_state(now):
        case RoundState.OPEN | RoundState.DUE:
            closing = (Action.CLOSE_SCORING,) if dossier.round and dossier.round.has_quorum else ()
            # The first result has fixed the options of a second round: there is nothing to go back and edit.
            voiding = () if dossier.is_second_round else (Action.VOID_ROUND,)
            return (Action.SCORE, *closing, *voiding, Action.CANCEL)
        case RoundState.UNDECIDED:
            return (Action.EXTEND_ROUND, Action.PROCEED, Action.CANCEL)
        case RoundState.PUBLISHED:
            return (Action.RESOLVE, *_second_round(dossier), Action.CANCEL)
    return ()


def _second_round(dossier: Dossier) -> tuple[Action, ...]:
    """Once, and only where the first result leaves it open."""
    result = dossier.result
    is_offered = result is not None and result.invites_second_round and not dossier.is_second_round
    return (Action.SECOND_ROUND,) if is_offered else ()


def in_details(dossier: Dossier, now: datetime) -> tuple[Action, ...]:
    """Buttons too rare for the card."""
    return (Action.EDIT_URGENCY,) if dossier.decision.status is Status.EVALUATING else ()


def check(action: Action, dossier: Dossier, member: Member, *, now: datetime, table: AuthorityTable) -> None:
    """Raise Conflict where the state does not offer `action`, NotAllowed where this person may not do it."""
    if action not in on_card(dossier, now) + in_details(dossier, now):
        why = _why_not_offered(action, dossier, now) or standing(dossier, now)
        raise Conflict(f'"{LABELS[action]}" is not possible now. {why}')
    refusal = _who_may_instead(action, dossier, member, table)
    if refusal:
        raise NotAllowed(refusal)


def _why_not_offered(action: Action, dossier: Dossier, now: datetime) -> str | None:
    """What the standing does not tell, about the rounds that there are."""
    if dossier.decision.status is not Status.EVALUATING:
        return None
    name, state = dossier.decision.name, dossier.round_state(now)
    if action is Action.VOID_ROUND and dossier.is_second_round and state is not RoundState.PUBLISHED:
        return (
            f"The options of {name} are fixed by the result of its first round, so its second round cannot be voided. "
            "Let it run, or cancel the decision."
        )
    if action is not Action.SECOND_ROUND or state is not RoundState.PUBLISHED:
        return None
    if dossier.is_second_round:
        return f"{name} had its second round already, and there is no third; a decider can resolve it."
    return f"A second round is for a result that is too close to call or splits the team; that of {name} is neither."


def _who_may_instead(action: Action, dossier: Dossier, member: Member, table: AuthorityTable) -> str | None:
    """The sentence for somebody who may not; None for somebody who may."""
    label, name = LABELS[action], dossier.decision.name
    is_owner = member.id == dossier.decision.created_by
    least = least_authority(dossier.decision.case, dossier.options, table)
    if action in OWNER_ONLY and not is_owner:
        return f'"{label}" on {name} is for its owner, {dossier.owner.name}. Ask them.'
    if action in OWNER_OR_DECIDER and not is_owner and member.authority < least:
        return (
            f'"{label}" on {name} is for its owner, {dossier.owner.name}, or somebody with authority {least} '
            f"or more; you have {member.authority}. Ask them."
        )
    if action is Action.SCORE:
        return _why_not_on_roster(dossier, member)
    if action is Action.SECOND_ROUND and member.authority < least:
        return f"A second round of {name} takes authority {least} or more; you have {member.authority}. {_ASK_HIGHER}"
    if action is Action.RESOLVE and member.authority < least:
        return f"Resolving {name} takes authority {least} or more; you have {member.authority}. {_ASK_HIGHER}"
    if action in {Action.INFORMED, Action.CHANGE_CHOICE}:
        return _why_not_resolver(action, dossier, member)
    if action is Action.RECORD_OUTCOME and not is_owner and not _is_resolver(dossier, member):
        resolver = dossier.resolver.name if dossier.resolver else "whoever resolved it"
        return f'"{label}" on {name} is for its owner, {dossier.owner.name}, or its resolver, {resolver}. Ask them.'
    return None


_ASK_HIGHER = "Ask a teammate with more authority; Show details names them, or says who can give it."


def _why_not_on_roster(dossier: Dossier, member: Member) -> str | None:
    entry = dossier.round.find_member(member.id) if dossier.round else None
    if dossier.is_second_round and (entry is None or entry.is_excused):
        return (
            f"You are not on the roster of {dossier.decision.name}: a second round asks those of the first one who are "
            "still active."
        )
    if entry is None:
        return (
            f"You are not on the roster of {dossier.decision.name}: it was fixed when scoring started. "
            f"{dossier.owner.name} can void the round and start again with you."
        )
    if entry.is_excused:
        return (
            f"You were excused from scoring {dossier.decision.name} when you became inactive. "
            f"{dossier.owner.name} can void the round and start again with you."
        )
    return None


def _is_resolver(dossier: Dossier, member: Member) -> bool:
    return dossier.outcome is not None and dossier.outcome.resolved_by == member.id


def _why_not_resolver(action: Action, dossier: Dossier, member: Member) -> str | None:
    needed = dossier.resolver.authority if dossier.resolver else 1
    if _is_resolver(dossier, member) or member.authority >= needed:
        return None
    resolver = dossier.resolver.name if dossier.resolver else "whoever resolved it"
    return (
        f'"{LABELS[action]}" on {dossier.decision.name} is for {resolver}, who resolved it, or somebody with '
        f"authority {needed} or more; you have {member.authority}. Ask them."
    )


def check_resolution(dossier: Dossier, option: Option, member: Member, *, table: AuthorityTable) -> None:
    """Raise NotAllowed (field "option") where `member` may not resolve with this very option."""
    needed = required_authority(dossier.decision.case, option, table)
    if member.authority < needed:
        raise NotAllowed(
            f"This option takes authority {needed}; you have {member.authority}. {_ASK_HIGHER}", field="option"
        )
    if not may_carry(dossier.decision, member, needed):
        raise NotAllowed(
            f"This option takes authority {needed}, and above {OWN_DECISION_LIMIT} nobody resolves their own "
            f"decision. {_ASK_HIGHER}",
            field="option",
        )


def may_carry(decision: Decision, member: Member, needed: int) -> bool:
    """Whether this person may resolve what takes authority `needed`."""
    is_own = member.id == decision.created_by
    return member.authority >= needed and not (is_own and needed > OWN_DECISION_LIMIT)


def highest_reach(dossier: Dossier, members: Iterable[Member]) -> int:
    """The most authority that somebody of `members`, all active, may resolve this decision with; 0 where nobody may."""
    levels = range(TOP_AUTHORITY, 0, -1)
    everybody = tuple(members)
    return next((level for level in levels if any(may_carry(dossier.decision, m, level) for m in everybody)), 0)


def standing(dossier: Dossier, now: datetime) -> str:
    """Where the decision stands and what can be done there, in one or two sentences."""
    decision, owner = dossier.decision, dossier.owner.name
    match decision.status, decision.phase:
        case Status.CREATED, _:
            return f"{decision.name} is being defined (phase 1 of 6); {owner} can complete the case."
        case Status.TEAM_INPUT, 2:
            return f"{decision.name} is getting its criteria (phase 2 of 6); {owner} submits them."
        case Status.TEAM_INPUT, _:
            return f"{decision.name} is collecting options (phase 3 of 6); propose one, or {owner} can start scoring."
        case Status.EVALUATING, _:
            return _standing_of_round(dossier, now)
        case Status.RESOLVED, 5:
            return f"{decision.name} is resolved (phase 5 of 6); next, the customer is informed."
        case Status.RESOLVED, _ if dossier.is_finished:
            return f"{decision.name} is finished: resolved, the customer informed, the outcome recorded."
        case Status.RESOLVED, _:
            return f"{decision.name} is resolved and the customer informed (phase 6 of 6); the outcome can be recorded."
    return f"{decision.name} is cancelled; open a new one with /decide."


def _standing_of_round(dossier: Dossier, now: datetime) -> str:
    name, round_ = dossier.decision.name, dossier.round
    match dossier.round_state(now):
        case RoundState.OPEN if round_:
            needed = quorum(len(round_.roster))
            times = " a second time" if dossier.is_second_round else ""
            return (
                f"{name} is being scored{times} (phase 4 of 6): {round_.turnout}, "
                f"quorum is {needed}, and scoring closes {_moment(round_.closes_at)}."
            )
        case RoundState.DUE if round_:
            return f"Scoring of {name} ended {_moment(round_.closes_at)} and is being closed; look again in a moment."
        case RoundState.UNDECIDED if round_:
            return _standing_without_quorum(dossier, round_)
        case RoundState.PUBLISHED if _second_round(dossier):
            return (
                f"{name} is scored and its result published (phase 4 of 6); a decider can resolve it, or ask the team "
                "once more."
            )
        case RoundState.PUBLISHED:
            return f"{name} is scored and its result published (phase 4 of 6); a decider can resolve it."
    return f"Scoring of {name} is closed (phase 4 of 6); its result is being published, look again in a moment."


def _standing_without_quorum(dossier: Dossier, round_: Round) -> str:
    # Where too few are left, extending is no way out, and nobody is told that it were one.
    ways_out = (
        "proceed without quorum, or cancel" if round_.is_too_small else "extend it, proceed without quorum, or cancel"
    )
    return (
        f"Scoring of {dossier.decision.name} closed without quorum: {round_.turnout}. "
        f"{dossier.owner.name} or a decider can {ways_out}."
    )


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
