"""Who may press what, when; every refusal names the state and the way out.

`on_card` says which buttons each of the six phases shows, `check` whether this person may press one now.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.domain.action import ROWS, Action, Who
from bot.domain.authority import OWN_DECISION_LIMIT, least_authority, required_authority
from bot.domain.by import By
from bot.domain.decision import Decision, Dossier, Phase, Status
from bot.domain.option import Option
from bot.domain.round import Round, RoundState, quorum
from bot.domain.team import TOP_AUTHORITY, Member
from bot.errors import Conflict, NotAllowed

MOST_NAMED = 3


def on_card(dossier: Dossier, now: datetime) -> tuple[Action, ...]:
    """The buttons of the decision's card in the order shown, "Show details" apart."""
    return tuple(action for action in _offered(dossier, now) if not action.row.is_rare)


def in_details(dossier: Dossier, now: datetime) -> tuple[Action, ...]:
    """Buttons too rare for the card."""
    return tuple(action for action in _offered(dossier, now) if action.row.is_rare)


def _offered(dossier: Dossier, now: datetime) -> Iterator[Action]:
    decision = dossier.decision
    if decision.status is Status.CANCELLED:
        return
    for action, row in ROWS.items():
        if decision.phase in row.phases and row.when(dossier, now):
            yield action


def check(action: Action, dossier: Dossier, by: By) -> None:
    """Raise Conflict where the state does not offer `action`, NotAllowed where this person may not do it."""
    if action not in _offered(dossier, by.now):
        why = _why_not_offered(action, dossier, by.now) or standing(dossier, by.now)
        raise Conflict(f'"{action.label}" is not possible now. {why}')
    refusal = _who_may_instead(action, dossier, by)
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


def _who_may_instead(action: Action, dossier: Dossier, by: By) -> str | None:
    """The sentence for somebody who may not; None for somebody who may."""
    match action.row.who:
        case Who.OWNER if not _is_owner(dossier, by.member):
            return f'"{action.label}" on {dossier.decision.name} is for its owner, {dossier.owner.name}. Ask them.'
        case Who.OWNER_OR_DECIDER if not _is_owner(dossier, by.member):
            return _why_not_owner_or_decider(action, dossier, by)
        case Who.DECIDER:
            return _why_not_decider(action, dossier, by)
        case Who.ROSTER:
            return _why_not_on_roster(dossier, by.member)
        case Who.RESOLVER:
            return _why_not_resolver(action, dossier, by.member)
        case Who.OWNER_OR_RESOLVER if not _is_owner(dossier, by.member):
            return _why_not_owner_or_resolver(action, dossier, by.member)
    return None


def _is_owner(dossier: Dossier, member: Member) -> bool:
    return member.id == dossier.decision.created_by


def _least(dossier: Dossier, by: By) -> int:
    return least_authority(dossier.decision.case, dossier.options, by.rules.authority)


def _why_not_owner_or_decider(action: Action, dossier: Dossier, by: By) -> str | None:
    least, authority = _least(dossier, by), by.member.authority
    if authority >= least:
        return None
    return (
        f'"{action.label}" on {dossier.decision.name} is for its owner, {dossier.owner.name}, or somebody with '
        f"authority {least} or more; you have {authority}. Ask them."
    )


def _why_not_decider(action: Action, dossier: Dossier, by: By) -> str | None:
    least, authority = _least(dossier, by), by.member.authority
    if authority >= least:
        return None
    begins = action.row.takes or f'"{action.label}" on'
    return f"{begins} {dossier.decision.name} takes authority {least} or more; you have {authority}. {_ASK_HIGHER}"


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
        f'"{action.label}" on {dossier.decision.name} is for {resolver}, who resolved it, or somebody with '
        f"authority {needed} or more; you have {member.authority}. Ask them."
    )


def _why_not_owner_or_resolver(action: Action, dossier: Dossier, member: Member) -> str | None:
    if _is_resolver(dossier, member):
        return None
    resolver = dossier.resolver.name if dossier.resolver else "whoever resolved it"
    owner = dossier.owner.name
    return (
        f'"{action.label}" on {dossier.decision.name} is for its owner, {owner}, or its resolver, {resolver}. Ask them.'
    )


def check_own(dossier: Dossier, by: By, members: Sequence[Member]) -> None:
    """Raise NotAllowed, naming who may, where the owner would resolve what no owner may: before anything is typed.

    members: the active ones.
    """
    least = _least(dossier, by)
    if _is_owner(dossier, by.member) and least > OWN_DECISION_LIMIT:
        raise NotAllowed(
            f"You opened {dossier.decision.name}, and a decision of this size is not resolved by whoever opened it. "
            f"{others_in_words(dossier, members, least)}"
        )


def others_in_words(dossier: Dossier, members: Sequence[Member], needed: int) -> str:
    """Who else may resolve what takes authority `needed`; at most three names."""
    names = [m.name for m in members if may_carry(dossier.decision, m, needed)][:MOST_NAMED]
    if not names:
        return "Nobody else in the team may yet; a workspace admin can change that in /decide setup."
    *others, last = names
    return f"Ask {', '.join(others)} or {last}." if others else f"Ask {last}."


def check_resolution(dossier: Dossier, option: Option, by: By) -> None:
    """Raise NotAllowed (field "option") where this person may not resolve with this very option."""
    needed, member = required_authority(dossier.decision.case, option, by.rules.authority), by.member
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
        case Status.TEAM_INPUT, Phase.CRITERIA:
            return f"{decision.name} is getting its criteria (phase 2 of 6); {owner} submits them."
        case Status.TEAM_INPUT, _:
            return f"{decision.name} is collecting options (phase 3 of 6); propose one, or {owner} can start scoring."
        case Status.EVALUATING, _:
            return _standing_of_round(dossier, now)
        case Status.RESOLVED, Phase.ACT:
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
        case RoundState.PUBLISHED if dossier.invites_second_round:
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
