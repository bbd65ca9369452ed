"""Who may press what, when; every refusal names the state and the way out.

`offered` says what can be pressed in each of the six phases, `allowed` which of it by this person, and `check`
refuses whoever presses something else.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.action import ROWS, Action, Who
from bot.domain.authority import (
    OWN_DECISION_LIMIT,
    decider,
    least_authority,
    reach,
    required_authority,
    second_authority,
    takes_two,
)
from bot.domain.by import By
from bot.domain.decider import RUNG, Deciders, acts_for, authority_on, deciders, may_carry, may_confirm, stand_ins
from bot.domain.decision import Dossier, Phase, Status
from bot.domain.option import MAX_OPTIONS, Option
from bot.domain.outcome import Proposal
from bot.domain.round import Round, RoundState, quorum
from bot.domain.team import TOP_AUTHORITY, Absent, Member
from bot.errors import Conflict, NotAllowed

MOST_NAMED = 3


def offered(dossier: Dossier, now: datetime) -> tuple[Action, ...]:
    """What somebody or other may do about the decision now, in the order in which buttons are shown."""
    decision = dossier.decision
    if decision.status is Status.CANCELLED:
        return ()
    return tuple(action for action, row in ROWS.items() if decision.phase in row.phases and row.when(dossier, now))


def allowed(dossier: Dossier, by: By) -> tuple[Action, ...]:
    """What of it this very person may do: none of these is refused to them."""
    return tuple(action for action in offered(dossier, by.now) if _may(action, dossier, by))


def _may(action: Action, dossier: Dossier, by: By) -> bool:
    """Also whether its window would hold anything for them: a form that refuses whatever is filled in is no offer."""
    match action:
        case Action.RESOLVE if not may_carry(dossier.decision, by.member, _least(dossier, by)):
            return False
        case Action.EDIT_OPTION if not _has_proposed(dossier, by.member):
            return False
        case Action.PROPOSE_OPTION if len(dossier.options) >= MAX_OPTIONS:
            return False
    return _who_may_instead(action, dossier, by) is None


def whom_for(action: Action, dossier: Dossier) -> str | None:
    """ "This is for Mike Chen, who resolved it, or a decider who may decide as much.": for the question that comes back
    before a press counts, on a message that everybody reads. None where anybody of the team may."""
    who = _MAY[action.row.who].format(
        owner=dossier.lead,
        resolver=_resolver(dossier),
        proposer=dossier.proposer.name if dossier.proposer else "whoever proposed it",
    )
    return f"This is for {who}." if who else None


_MAY = {
    Who.TEAM: "",
    Who.OWNER: "{owner}, the owner",
    Who.OWNER_OR_DECIDER: "{owner}, the owner, or a decider",
    Who.DECIDER: "a decider",
    Who.ROSTER: "those who were asked to score",
    Who.SECOND: "a decider other than {proposer}",
    Who.RESOLVER: "{resolver}, who resolved it, or a decider who may decide as much",
    Who.OWNER_OR_RESOLVER: "{owner}, the owner, or {resolver}, who resolved it",
    Who.SUCCESSOR: "those who may resolve it, or come closest to that",
}


def check(action: Action, dossier: Dossier, by: By) -> None:
    """Raise Conflict where the state does not offer `action`, NotAllowed where this person may not do it."""
    if action not in offered(dossier, by.now):
        why = _why_not_offered(action, dossier, by.now) or standing(dossier, by.now)
        raise Conflict(f'"{action.label}" is not possible now. {why}')
    refusal = _who_may_instead(action, dossier, by)
    if refusal:
        raise NotAllowed(refusal)


def _why_not_offered(action: Action, dossier: Dossier, now: datetime) -> str | None:
    """What the standing does not tell: who was faster, and about the rounds that there are."""
    if action is Action.TAKE_OVER:
        return _why_not_orphaned(dossier)
    if action is Action.UNDO_ANSWER and dossier.outcome and dossier.decision.phase is Phase.LEARN:
        return dossier.outcome.why_not_undone(now=now)
    if dossier.decision.status is not Status.EVALUATING:
        return None
    name, state = dossier.decision.name, dossier.round_state(now)
    if action is Action.VOID_ROUND and dossier.is_second_round and state is not RoundState.PUBLISHED:
        return (
            f"The options of {name} are fixed by the result of its first round, so its second round cannot start "
            "over. Let it run, or cancel the decision."
        )
    if action is not Action.SECOND_ROUND or state is not RoundState.PUBLISHED:
        return None
    if dossier.is_second_round:
        return f"{name} had its second round already, and there is no third; a decider can resolve it."
    return f"A second round is for a result that is too close to call or splits the team; that of {name} is neither."


def _why_not_orphaned(dossier: Dossier) -> str | None:
    if dossier.predecessor is None or dossier.decision.status is Status.CANCELLED:
        return None
    name, owner = dossier.decision.name, dossier.owner.name
    return f"{owner} was faster: {name} is theirs now, taken over from {dossier.predecessor.name}."


def _who_may_instead(action: Action, dossier: Dossier, by: By) -> str | None:
    """The sentence for somebody who may not; None for somebody who may."""
    match action.row.who:
        case Who.OWNER if dossier.is_orphaned:
            return _take_over_first(action, dossier, by)
        case Who.OWNER if not _is_owner(dossier, by.member):
            return f'"{action.label}" on {dossier.decision.name} is for its owner, {dossier.owner.name}. Ask them.'
        case Who.SUCCESSOR:
            return _why_not_successor(action, dossier, by)
        case Who.OWNER_OR_DECIDER if not _is_owner(dossier, by.member):
            return _why_not_owner_or_decider(action, dossier, by)
        case Who.DECIDER:
            return _why_not_decider(action, dossier, by)
        case Who.ROSTER:
            return _why_not_on_roster(dossier, by.member)
        case Who.SECOND:
            return _why_not_second(action, dossier, by)
        case Who.RESOLVER:
            return _why_not_resolver(action, dossier, by)
        case Who.OWNER_OR_RESOLVER if not _is_owner(dossier, by.member):
            return _why_not_owner_or_resolver(action, dossier, by)
    return None


def _is_owner(dossier: Dossier, member: Member) -> bool:
    return member.id == dossier.decision.created_by


def _able(dossier: Dossier, by: By) -> Deciders:
    """Among whom a successor is looked for; only of a dossier that has `colleagues`."""
    return deciders(dossier.brief, dossier.colleagues, by.rules)


def _take_over_first(action: Action, dossier: Dossier, by: By) -> str:
    name, owner, able = dossier.decision.name, dossier.owner.name, _able(dossier, by)
    gone = f'"{action.label}" on {name} is for its owner, and {owner} is no longer active.'
    if _is_among(by.member, able.members):
        return f'{gone} Press "{Action.TAKE_OVER.label}" first: then it is yours.'
    return f"{gone} Ask {_names(able.first)} to take it over."


def _why_not_successor(action: Action, dossier: Dossier, by: By) -> str | None:
    able = _able(dossier, by)
    if _is_among(by.member, able.members):
        return None
    return (
        f'"{action.label}" on {dossier.decision.name} is for those who may resolve it, or come closest to that; '
        f"{_yours(dossier, by)}. Ask {_names(able.first)}."
    )


def _names(members: Sequence[Member]) -> str:
    """ "Ana, Bo or Cy": at most one rung, so that it stays a sentence."""
    *others, last = [m.name for m in members] or ["a teammate"]
    return f"{', '.join(others)} or {last}" if others else last


def _is_among(member: Member, members: Sequence[Member]) -> bool:
    """By the id: the same member reads differently in another workspace."""
    return any(m.id == member.id for m in members)


def _has_proposed(dossier: Dossier, member: Member) -> bool:
    return any(option.created_by == member.id for option in dossier.options)


def _least(dossier: Dossier, by: By) -> int:
    return least_authority(dossier.decision.case, dossier.options, by.rules.authority)


def _authority(dossier: Dossier, by: By) -> int:
    return authority_on(dossier.decision, by.member)


def _decider(dossier: Dossier, by: By, needed: int) -> str:
    """ "a decider up to USD 10,000"."""
    return decider(needed, by.rules.authority, dossier.decision.currency)


def _yours(dossier: Dossier, by: By) -> str:
    """ "you may decide up to USD 100"."""
    return f"you may decide {reach(_authority(dossier, by), by.rules.authority, dossier.decision.currency)}"


def _why_not_owner_or_decider(action: Action, dossier: Dossier, by: By) -> str | None:
    least = _least(dossier, by)
    if _authority(dossier, by) >= least:
        return None
    if dossier.is_orphaned:
        return _take_over_first(action, dossier, by)
    return (
        f'"{action.label}" on {dossier.decision.name} is for its owner, {dossier.owner.name}, or '
        f"{_decider(dossier, by, least)}; {_yours(dossier, by)}. Ask them."
    )


def _why_not_decider(action: Action, dossier: Dossier, by: By) -> str | None:
    least = _least(dossier, by)
    if _authority(dossier, by) >= least:
        return None
    begins = action.row.takes or f'"{action.label}" on'
    needed = _decider(dossier, by, least)
    return f"{begins} {dossier.decision.name} needs {needed}; {_yours(dossier, by)}. {_ASK_HIGHER}"


_ASK_HIGHER = "Ask a teammate who may decide more; Show details names them, or says who can change that."


def _why_not_on_roster(dossier: Dossier, member: Member) -> str | None:
    entry = dossier.round.find_member(member.id) if dossier.round else None
    if entry is None or (dossier.is_second_round and entry.is_excused):
        return not_asked(dossier)
    if entry.is_excused:
        return (
            f"You are excused from scoring {dossier.decision.name}: you asked for it, or had become inactive. "
            f"{leads(dossier)} can start over with you."
        )
    return None


def not_asked(dossier: Dossier) -> str:
    """To somebody who would score and is not among those who were asked to."""
    begins = f"You are not asked to score {dossier.decision.name}:"
    if dossier.is_second_round:
        return f"{begins} a second round asks those of the first one who are still active."
    return f"{begins} who scores was settled when scoring started. {leads(dossier)} can start over with you."


def _is_resolver(dossier: Dossier, member: Member) -> bool:
    return dossier.outcome is not None and dossier.outcome.resolved_by == member.id


def _why_not_resolver(action: Action, dossier: Dossier, by: By) -> str | None:
    needed, member = _resolvers_authority(dossier), by.member
    if _is_resolver(dossier, member) or _authority(dossier, by) >= needed:
        return None
    resolver = dossier.resolver
    if resolver and not resolver.is_active:
        return _why_not_stand_in(action, dossier, resolver, member)
    return (
        f'"{action.label}" on {dossier.decision.name} is for {_resolver(dossier)}, who resolved it, or '
        f"{_decider(dossier, by, needed)}; {_yours(dossier, by)}. Ask them."
    )


def _why_not_second(action: Action, dossier: Dossier, by: By) -> str | None:
    proposal, needed = dossier.decision.proposal, _seconds_authority(dossier, by)
    if proposal is None:
        return None
    if action is Action.RETURN_CHOICE and by.member.id == proposal.proposed_by:
        return None
    if may_confirm(dossier.decision, by.member, proposal, needed):
        return None
    who = dossier.proposer.name if dossier.proposer else "Somebody"
    return (
        f"{who} has proposed this choice of {dossier.decision.name}. It is confirmed or sent back by somebody else, "
        f"who does not stand in for them: {_decider(dossier, by, needed)}; {_yours(dossier, by)}."
    )


def _seconds_authority(dossier: Dossier, by: By) -> int:
    proposal = dossier.decision.proposal
    chosen = dossier.option(proposal.option_id) if proposal else None
    return second_authority(dossier.decision.case, chosen, by.rules.authority) if chosen else TOP_AUTHORITY


def check_second(dossier: Dossier, option: Option | None, by: By, members: Sequence[Member]) -> None:
    """Raise NotAllowed where a choice takes two people and there is nobody to confirm it; field "option" of an option.

    option: None before one is chosen, and then only where all of them take two. members: the active ones.
    """
    table, decision = by.rules.authority, dossier.decision
    asked = dossier.options if option is None else (option,)
    if not asked or not all(_lacks_second(dossier, one, by, members) for one in asked):
        return
    needed = min(second_authority(decision.case, one, table) for one in asked)
    raise NotAllowed(
        f"This choice of {decision.name} takes two people, and there is nobody else to confirm it: that needs "
        f"{_decider(dossier, by, needed)}. A workspace admin can give somebody more in /decide setup.",
        field="option" if option else None,
    )


def _lacks_second(dossier: Dossier, option: Option, by: By, members: Sequence[Member]) -> bool:
    """Whether it takes two, and nobody could be the second if this person were the first."""
    decision, table = dossier.decision, by.rules.authority
    if not takes_two(decision.case, option, table):
        return False
    needed, level = second_authority(decision.case, option, table), required_authority(decision.case, option, table)
    absent = acts_for(decision, by.member, level)
    proposal = Proposal(option.id, "", by.member.id, by.now, absent.id if absent else None)
    return not any(may_confirm(decision, m, proposal, needed) for m in members)


def _resolvers_authority(dossier: Dossier) -> int:
    """Of a choice that a deputy made it is the authority of whom they stood for."""
    whose = dossier.principal or dossier.resolver
    return whose.authority if whose else 1


def acting_for(action: Action, dossier: Dossier, by: By) -> Absent | None:
    """For whom a deputy presses; None where they may by themselves."""
    match action.row.who:
        case Who.DECIDER:
            needed = _least(dossier, by)
        case Who.OWNER_OR_DECIDER if not _is_owner(dossier, by.member):
            needed = _least(dossier, by)
        case Who.SECOND:
            needed = _seconds_authority(dossier, by)
        case Who.RESOLVER if not _is_resolver(dossier, by.member):
            needed = _resolvers_authority(dossier)
        case _:
            return None
    return acts_for(dossier.decision, by.member, needed)


def _why_not_stand_in(action: Action, dossier: Dossier, gone: Member, member: Member) -> str | None:
    found = stand_ins(dossier.decision, dossier.principal or gone, dossier.colleagues)
    if _is_among(member, found):
        return None
    return (
        f'"{action.label}" on {dossier.decision.name} is for {gone.name}, who resolved it and is no longer active. '
        f"Ask {_names(found[:RUNG])}."
    )


def _resolver(dossier: Dossier) -> str:
    return dossier.resolver.name if dossier.resolver else "whoever resolved it"


def _why_not_owner_or_resolver(action: Action, dossier: Dossier, by: By) -> str | None:
    if _is_resolver(dossier, by.member):
        return None
    if dossier.is_orphaned:
        return _take_over_first(action, dossier, by)
    return (
        f'"{action.label}" on {dossier.decision.name} is for its owner, {dossier.owner.name}, or its resolver, '
        f"{_resolver(dossier)}. Ask them."
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
    able = [m for m in members if m.away_until is None and may_carry(dossier.decision, m, needed)][:MOST_NAMED]
    if not able:
        return "Nobody else in the team may yet; a workspace admin can change that in /decide setup."
    return f"Ask {_names(able)}."


def check_resolution(dossier: Dossier, option: Option, by: By) -> None:
    """Raise NotAllowed (field "option") where this person may not resolve with this very option."""
    needed, member = required_authority(dossier.decision.case, option, by.rules.authority), by.member
    needs = f"This option needs {_decider(dossier, by, needed)}"
    if _authority(dossier, by) < needed:
        raise NotAllowed(f"{needs}; {_yours(dossier, by)}. {_ASK_HIGHER}", field="option")
    if not may_carry(dossier.decision, member, needed):
        raise NotAllowed(
            f"{needs}, and what takes so much is not resolved by whoever opened the decision. {_ASK_HIGHER}",
            field="option",
        )


def standing(dossier: Dossier, now: datetime) -> str:
    """Where the decision stands and what can be done there, in one or two sentences."""
    decision, lead = dossier.decision, dossier.lead
    match decision.status, decision.phase:
        case Status.CREATED, _:
            return f"{decision.name} is being defined (phase 1 of 6); {lead} can fill in the case."
        case Status.TEAM_INPUT, Phase.CRITERIA:
            return f"{decision.name} is getting its criteria (phase 2 of 6); {lead} submits them."
        case Status.TEAM_INPUT, _:
            return f"{decision.name} is collecting options (phase 3 of 6); propose one, or {lead} can start scoring."
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
                f"at least {needed} must, and scoring closes {utc(round_.closes_at)}."
            )
        case RoundState.DUE if round_:
            return f"Scoring of {name} ended {utc(round_.closes_at)} and is being closed; look again in a moment."
        case RoundState.UNDECIDED if round_:
            return _standing_without_quorum(dossier, round_)
        case RoundState.PUBLISHED if dossier.decision.open_proposal(now):
            return f"{name} has a choice that a second person has to confirm (phase 4 of 6)."
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
        "publish what there is, or cancel" if round_.is_too_small else "extend it, publish what there is, or cancel"
    )
    return (
        f"Scoring of {dossier.decision.name} closed with too few: {round_.turnout}, "
        f"and at least {quorum(len(round_.roster))} must. "
        f"{leads(dossier)} or a decider can {ways_out}."
    )


def leads(dossier: Dossier) -> str:
    """`Dossier.lead` at the beginning of a sentence."""
    return dossier.lead.capitalize() if dossier.is_orphaned else dossier.lead


def utc(at: datetime) -> str:
    """A moment for plain text, which has no zone of its reader."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
