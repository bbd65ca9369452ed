"""What of a decision waits for whom: the one answer behind nudge, digest, list, Home tab and card.

Pure, from the state of the decision and the people of its team. How often and when it is said aloud: `reminder`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from bot.domain.action import Action
from bot.domain.authority import least_authority
from bot.domain.by import Rules
from bot.domain.decider import RUNG, Deciders, acts_for, authority_on, deciders, seconds, stand_ins
from bot.domain.decision import Brief, Decision, Phase, Status
from bot.domain.option import MAX_OPTIONS, MIN_OPTIONS
from bot.domain.outcome import Outcome, Proposal
from bot.domain.round import Round, RoundState
from bot.domain.team import Member

URGENT = 4
"""From this urgency on, deciders hear of what takes long: see the kinds that begin with "escalation"."""


class Kind(StrEnum):
    """What waits; with decision and member the value names a row of `reminders`, so it stays as it is."""

    TAKE_OVER = "take_over"
    """The owner has left with something to do: for those who may carry it on, until one of them takes it over."""
    MAY_TAKE_OVER = "may_take_over"
    COMPLETE = "complete"
    CRITERIA = "criteria"
    OPTIONS = "options"
    PROPOSE = "propose"
    SCORE = "score"
    TOO_FEW = "too_few"
    """So many are excused that the round cannot reach its quorum: the owner has to say how it goes on."""
    UNDECIDED = "undecided"
    """Scoring closed without quorum."""
    RESOLVE = "resolve"
    MAY_RESOLVE = "may_resolve"
    CONFIRM = "confirm"
    """Somebody has made a choice that a second person has to confirm."""
    MAY_CONFIRM = "may_confirm"
    BEYOND = "beyond"
    """A result is out, and nobody has the authority to resolve with it: for those who come closest."""
    INFORM = "inform"
    OUTCOME = "outcome"
    """How it turned out is to be recorded."""
    MAY_RECORD = "may_record"
    FOLLOW_UP = "follow_up"
    PROMISE = "promise"
    """The customer was promised a reply, and has none when half of the time is over."""
    RESULT = "news.result"
    """A result is out: for those who are not asked to resolve with it."""
    RESOLVED = "news.resolved"
    """Somebody else has decided."""
    CALLED_OFF = "news.called_off"
    """What somebody was asked for is not wanted any more: scoring starts over, or the decision is cancelled."""
    ORPHANED = "escalation.orphaned"
    STALLED = "escalation.stalled"
    SCORING = "escalation.scoring"
    NO_QUORUM = "escalation.no_quorum"
    UNRESOLVED = "escalation.unresolved"

    @property
    def is_invitation(self) -> bool:
        """For those who may, while somebody else is asked: list and Home tab show it, no nudge ever says it."""
        return self in (Kind.MAY_TAKE_OVER, Kind.PROPOSE, Kind.MAY_RESOLVE, Kind.MAY_CONFIRM, Kind.MAY_RECORD)

    @property
    def is_news(self) -> bool:
        """Said once, shown nowhere: there is nothing to do about it that list or Home tab could remind of."""
        return self in (Kind.RESULT, Kind.RESOLVED, Kind.CALLED_OFF)

    @property
    def is_escalation(self) -> bool:
        """For the deciders, about an urgent decision that its owner, or whoever was asked first, has not moved on."""
        return self in (Kind.ORPHANED, Kind.STALLED, Kind.SCORING, Kind.NO_QUORUM, Kind.UNRESOLVED)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for one person."""

    member_id: UUID
    kind: Kind
    action: Action | None
    """The button that leads to what is to be done; None where this person can only look, and talk."""
    since: datetime | None = None
    """When it began; None where the decision does not tell."""
    begins: datetime | None = None
    """Nothing is shown or said of it before; None: it is there now. An escalation begins when half of the time that
    it measures since `since` is over."""
    ends: datetime | None = None
    """Nothing is said of it from here on."""
    rung: int | None = None
    """On the decision's ladder, where this person is asked as one of several who may; 0 is the lowest."""
    gone: str | None = None
    """The name of the owner who has left, where somebody is to take over from them."""
    absent: str | None = None
    """The name of whoever is away, where their deputy is asked in their place, and could not be otherwise."""

    def is_there(self, now: datetime) -> bool:
        return self.begins is None or self.begins <= now


@dataclass(frozen=True)
class Line:
    """A decision as one line of a list, and what of it waits for the reader."""

    decision: Decision
    waits: Waiting | None = None
    round: Round | None = None
    """The latest one that was not voided; it tells more exactly where the decision stands."""


def waiting(brief: Brief, members: Sequence[Member], *, now: datetime, rules: Rules) -> tuple[Waiting, ...]:
    """Everything about the decision that waits for somebody; `members` are those of its team, inactive ones too.

    `members`: the least recently asked first, so that deciders take turns. Of several things that wait for one person
    the first is the nearest: what they are asked for themselves, then what is urgent, then what they are invited to.
    """
    team, kind = Crew.of(members), step(brief, now)
    items = (*(_at_step(brief, kind, team, rules) if kind else ()), *_called_off(brief))
    return tuple(_in_whose_place(item, brief, team, rules) for item in items if item.member_id in team.active)


def _in_whose_place(item: Waiting, brief: Brief, team: "Crew", rules: Rules) -> Waiting:
    if not (item.kind.is_escalation or item.kind in (Kind.RESOLVE, Kind.MAY_RESOLVE, Kind.INFORM)):
        return item
    needed = least_authority(brief.decision.case, brief.options, rules.of(brief.decision.team_id).authority)
    if item.kind is Kind.INFORM and brief.outcome:
        if item.member_id == brief.outcome.resolved_by:
            return item
        needed = team.find(brief.outcome.resolved_for or brief.outcome.resolved_by).authority
    absent = acts_for(brief.decision, team.active[item.member_id], needed)
    return replace(item, absent=absent.name) if absent else item


def _at_step(brief: Brief, kind: Kind, team: "Crew", rules: Rules) -> list[Waiting]:
    able = deciders(brief, team.active.values(), rules)
    gone = team.gone.get(brief.decision.created_by)
    if gone and kind in _OWNERS:
        left = _orphaned(brief, kind, able, gone)
        return [*left, *_beside(brief, kind, team, left), *_told(brief, kind, able, left)]
    if kind is Kind.CONFIRM and brief.decision.proposal:
        return _to_confirm(brief, brief.decision.proposal, team, rules)
    asked = _asked(brief, kind, team, able)
    news = _told(brief, kind, able, asked)
    asked += _promised(brief, kind, asked)
    return [*asked, *_escalated(brief, kind, able), *_invited(brief, kind, team, able), *news]


@dataclass(frozen=True)
class Crew:
    """The people of a team by id, apart by whether they are still there."""

    active: Mapping[UUID, Member]
    gone: Mapping[UUID, Member]

    @classmethod
    def of(cls, members: Iterable[Member]) -> Self:
        everybody = tuple(members)
        return cls({m.id: m for m in everybody if m.is_active}, {m.id: m for m in everybody if not m.is_active})

    def find(self, member_id: UUID) -> Member:
        return self.active.get(member_id) or self.gone[member_id]

    def deputies_of(self, absent: UUID) -> list[Member]:
        """While this person is away."""
        return [m for m in self.active.values() if any(one.id == absent for one in m.stands_for)]


def line(brief: Brief, items: Iterable[Waiting], member_id: UUID, *, now: datetime) -> Line:
    """The decision as this member's list shows it; `items`: what of it waits for whomever."""
    theirs = (item for item in items if item.member_id == member_id and item.is_there(now) and not item.kind.is_news)
    return Line(brief.decision, next(theirs, None), brief.round)


def leading(brief: Brief, now: datetime, *, is_orphaned: bool = False) -> Action | None:
    """The button of the card that leads on, whomever it waits for; None where there is nothing to do now."""
    kind = step(brief, now)
    if kind is None:
        return None
    _, begins, _ = _times(brief, kind)
    if begins is not None and begins > now:
        return None
    return Action.TAKE_OVER if is_orphaned and kind in _OWNERS else action_for(kind, brief)


def step(brief: Brief, now: datetime) -> Kind | None:
    """What comes next, whoever is to do it; None where nothing does, or while a round is being closed or published."""
    match brief.decision.status:
        case Status.CREATED:
            return Kind.COMPLETE
        case Status.TEAM_INPUT:
            return Kind.CRITERIA if brief.decision.phase is Phase.CRITERIA else Kind.OPTIONS
        case Status.EVALUATING if brief.round:
            return Kind.CONFIRM if brief.decision.open_proposal(now) else _step_of_round(brief.round, now)
        case Status.RESOLVED if brief.outcome:
            return Kind.INFORM if brief.decision.phase is Phase.ACT else _step_once_informed(brief.outcome)
    return None


def _step_of_round(round_: Round, now: datetime) -> Kind | None:
    match round_.state(now):
        case RoundState.OPEN:
            # Nobody is asked for a score that could not be shown; what to do instead is the owner's to say.
            return Kind.TOO_FEW if round_.is_too_small else Kind.SCORE
        case RoundState.UNDECIDED:
            return Kind.UNDECIDED
        case RoundState.PUBLISHED:
            return Kind.RESOLVE
    return None


def _step_once_informed(outcome: Outcome) -> Kind | None:
    if outcome.recorded_at is None:
        return Kind.OUTCOME
    return Kind.FOLLOW_UP if outcome.follow_up_date else None


_OWNERS = frozenset(
    {
        *(Kind.COMPLETE, Kind.CRITERIA, Kind.OPTIONS, Kind.TOO_FEW, Kind.UNDECIDED),
        *(Kind.OUTCOME, Kind.FOLLOW_UP),
    }
)
"""The steps that wait for the owner."""


def _asked(brief: Brief, kind: Kind, team: Crew, able: Deciders) -> list[Waiting]:
    """For the people whose turn it is."""
    match kind:
        case Kind.SCORE if brief.round:
            return _each(brief, kind, (entry.member_id for entry in brief.round.roster if not entry.submitted))
        case Kind.RESOLVE if able.owner:
            return _each(brief, kind if able.may_resolve else Kind.BEYOND, [able.owner.id])
        case Kind.RESOLVE:
            return _climbing(brief, kind if able.may_resolve else Kind.BEYOND, able.rungs[:1])
        case Kind.INFORM if brief.outcome:
            return _asked_to_inform(brief, brief.outcome, team)
    return _each(brief, kind, [brief.decision.created_by])


def _to_confirm(brief: Brief, proposal: Proposal, team: Crew, rules: Rules) -> list[Waiting]:
    """For three of those who may be the second; the others may as well."""
    rungs = seconds(brief, proposal, team.active.values(), rules)
    others = [m.id for rung in rungs[1:] for m in rung]
    asked = _climbing(brief, Kind.CONFIRM, rungs[:1])
    return [*asked, *_promised(brief, Kind.CONFIRM, asked), *_each(brief, Kind.MAY_CONFIRM, others)]


def _asked_to_inform(brief: Brief, outcome: Outcome, team: Crew) -> list[Waiting]:
    """Whoever resolved it, or their deputy; where they have left, those who may do it in their place."""
    resolver, whose = outcome.resolved_by, team.find(outcome.resolved_for or outcome.resolved_by)
    if resolver not in team.gone:
        deputies = team.deputies_of(resolver)
        able = [m.id for m in deputies if authority_on(brief.decision, m) >= whose.authority]
        return _each(brief, Kind.INFORM, able or [resolver])
    found = stand_ins(brief.decision, whose, team.active.values())
    return _climbing(brief, Kind.INFORM, [found[:RUNG]])


def _promised(brief: Brief, kind: Kind, asked: Sequence[Waiting]) -> list[Waiting]:
    """For those who are to tell the customer what was decided, before that for the owner."""
    if brief.decision.case.promised_by is None or not brief.decision.awaits_reply:
        return []
    whom = [item.member_id for item in asked] if kind is Kind.INFORM else [brief.decision.created_by]
    return _each(brief, Kind.PROMISE, whom)


def _orphaned(brief: Brief, kind: Kind, able: Deciders, gone: Member) -> list[Waiting]:
    """For those who may carry on what its owner left behind; `kind` is the step that waits for an owner.

    Once the customer has the answer nothing is urgent any more.
    """
    since, begins, _ = _times(brief, kind)
    is_climbing = _is_urgent(brief) and brief.decision.status is not Status.RESOLVED
    later = able.rungs[1:] if is_climbing else ()
    items = [*_climbing(brief, Kind.TAKE_OVER, able.rungs[:1]), *_climbing(brief, Kind.ORPHANED, later, lowest=1)]
    asked = {item.member_id for item in items}
    items += _each(brief, Kind.MAY_TAKE_OVER, (m.id for m in able.members if m.id not in asked))
    return [replace(item, since=since, begins=begins, gone=gone.name) for item in items]


def _beside(brief: Brief, kind: Kind, team: Crew, left: Iterable[Waiting]) -> list[Waiting]:
    """What everybody else may do meanwhile."""
    asked = {item.member_id for item in left}
    return [item for item in _proposals(brief, team) if item.member_id not in asked] if kind is Kind.OPTIONS else []


def _invited(brief: Brief, kind: Kind, team: Crew, able: Deciders) -> list[Waiting]:
    """For the people who may do it as well."""
    owner = brief.decision.created_by
    match kind:
        case Kind.OPTIONS:
            return _proposals(brief, team)
        case Kind.RESOLVE if able.may_resolve:
            told = _later_rungs(able) if _is_urgent(brief) else ()
            hear = {m.id for rung in told for m in rung}
            return _each(brief, Kind.MAY_RESOLVE, (m.id for m in able.others if m.id not in hear))
        case Kind.OUTCOME if brief.outcome and brief.outcome.resolved_by != owner:
            return _each(brief, Kind.MAY_RECORD, [brief.outcome.resolved_by])
    return []


def _told(brief: Brief, kind: Kind, able: Deciders, asked: Iterable[Waiting]) -> list[Waiting]:
    """News of the step for those whom nothing else tells: not for who is asked to act on it, or has done it."""
    if kind is Kind.RESOLVE:
        return _told_the_result(brief, able, asked)
    if kind in (Kind.INFORM, Kind.OUTCOME) and brief.outcome:
        people = [brief.decision.created_by, *_unheard(brief, Kind.RESOLVED, able)]
        known = {brief.outcome.resolved_by, *(item.member_id for item in asked if kind is Kind.INFORM)}
        return _each(brief, Kind.RESOLVED, (m for m in dict.fromkeys(people) if m not in known))
    return []


def _told_the_result(brief: Brief, able: Deciders, asked: Iterable[Waiting]) -> list[Waiting]:
    """The owner who may not resolve; where the owner may, the lowest rung, which may as well."""
    beside = [m.id for rung in able.rungs[:1] for m in rung] if able.owner and able.may_resolve else []
    people = dict.fromkeys([*beside, brief.decision.created_by, *_unheard(brief, Kind.RESULT, able)])
    items = _each(brief, Kind.RESULT, (m for m in people if m not in {item.member_id for item in asked}))
    # On the ladder like those who are asked: when it is planned anew, the same are told, not whose turn it is by then.
    return [replace(item, action=Action.RESOLVE, rung=0) if item.member_id in beside else item for item in items]


def _unheard(brief: Brief, news: Kind, able: Deciders) -> list[UUID]:
    """Who was asked for anything, where the channel was not told."""
    if brief.decision.unheard != news.value or brief.round is None:
        return []
    scorers = [m.member_id for m in brief.round.members if m.submitted or not m.is_excused]
    return [*scorers, *(m.id for rung in able.rungs[:1] for m in rung)]


def _called_off(brief: Brief) -> list[Waiting]:
    """For who had been asked, and told so, and had not done it yet; nothing once they are asked anew."""
    is_off = brief.decision.status in (Status.TEAM_INPUT, Status.CANCELLED)
    return _each(brief, Kind.CALLED_OFF, brief.decision.called_off) if is_off else []


def _proposals(brief: Brief, team: Crew) -> list[Waiting]:
    """For everybody but the owner, while another option fits."""
    if len(brief.options) >= MAX_OPTIONS:
        return []
    return _each(brief, Kind.PROPOSE, (m for m in team.active if m != brief.decision.created_by))


_LATE = {
    Kind.COMPLETE: Kind.STALLED,
    Kind.CRITERIA: Kind.STALLED,
    Kind.OPTIONS: Kind.STALLED,
    Kind.SCORE: Kind.SCORING,
    Kind.TOO_FEW: Kind.SCORING,
    Kind.UNDECIDED: Kind.NO_QUORUM,
    Kind.RESOLVE: Kind.UNRESOLVED,
}
"""The step that an urgent decision has before it -> what its deciders hear of."""


def _escalated(brief: Brief, kind: Kind, able: Deciders) -> list[Waiting]:
    """For the deciders of an urgent decision, but not for its owner, who knows, or whoever is asked to resolve it."""
    about = _LATE.get(kind)
    if about is None or not _escalates(brief, about, able):
        return []
    if about is not Kind.UNRESOLVED:
        return _climbing(brief, about, able.rungs, may_act=able.may_resolve)
    return _climbing(brief, about, _later_rungs(able), lowest=0 if able.owner else 1)


def _later_rungs(able: Deciders) -> Sequence[Sequence[Member]]:
    """Those above whoever is asked first."""
    return able.rungs if able.owner else able.rungs[1:]


def _escalates(brief: Brief, about: Kind, able: Deciders) -> bool:
    if about is Kind.STALLED and brief.decision.case.expected_resolution_date is None:
        return False  # half of no time is never over
    if about is Kind.UNRESOLVED and not able.may_resolve:
        return False  # those who come closest are told as much already
    return _is_urgent(brief)


def _is_urgent(brief: Brief) -> bool:
    return brief.decision.case.urgency_level >= URGENT


def _each(brief: Brief, kind: Kind, member_ids: Iterable[UUID], *, may_act: bool = True) -> list[Waiting]:
    """The same thing for each of these people. `may_act`: whether the button that leads there would let them in."""
    since, begins, ends = _times(brief, kind)
    action = action_for(kind, brief) if may_act else None
    return [Waiting(member_id, kind, action, since, begins, ends) for member_id in member_ids]


def _climbing(
    brief: Brief, kind: Kind, rungs: Sequence[Sequence[Member]], *, lowest: int = 0, may_act: bool = True
) -> list[Waiting]:
    """`_each`, for some rungs of the decision's ladder, of which the first is the one numbered `lowest`."""
    return [
        replace(item, rung=number)
        for number, rung in enumerate(rungs, lowest)
        for item in _each(brief, kind, (m.id for m in rung), may_act=may_act)
    ]


_Times = tuple[datetime | None, datetime | None, datetime | None]
"""`since`, `begins` and `ends` of what waits."""
_ANY_TIME: _Times = (None, None, None)


def _times(brief: Brief, kind: Kind) -> _Times:
    match kind:
        case Kind.STALLED:
            return _stalled(brief.decision)
        case Kind.OUTCOME if brief.outcome:
            return brief.outcome.follow_up_date or brief.outcome.response_sent_at, None, None
        case Kind.PROMISE:
            half = _promise(brief.decision)
            return half, half, None
        case Kind.RESOLVED:
            return brief.decision.resolved_at, None, None
        case Kind.CONFIRM if brief.decision.proposal:
            return brief.decision.proposal.proposed_at, None, brief.decision.proposal.expires_at
        case Kind.FOLLOW_UP if brief.outcome:
            return brief.outcome.follow_up_date, brief.outcome.follow_up_date, None
    return _times_of_round(brief.round, kind) if brief.round else _ANY_TIME


def _promise(decision: Decision) -> datetime | None:
    """When half of the time to the promised reply is over."""
    at, opened = decision.case.promised_by, decision.created_at
    return opened + max(at - opened, timedelta(0)) / 2 if at else None


def _stalled(decision: Decision) -> _Times:
    """From half of the time that the customer was given."""
    expected = decision.case.expected_resolution_date or decision.created_at
    whole = max(expected - decision.created_at, timedelta(0))
    return decision.created_at, decision.created_at + whole / 2, None


def _times_of_round(round_: Round, kind: Kind) -> _Times:
    match kind:
        case Kind.SCORE:
            return round_.opened_at, None, round_.closes_at
        case Kind.SCORING:
            return round_.opened_at, round_.opened_at + (round_.closes_at - round_.opened_at) / 2, None
        case Kind.UNDECIDED | Kind.NO_QUORUM:
            return round_.closed_at, None, None
        case Kind.RESOLVE | Kind.BEYOND | Kind.RESULT:
            return round_.published_at, None, None
    return _ANY_TIME


def action_for(kind: Kind, brief: Brief) -> Action | None:
    """The button that leads to what is to be done; None where only looking helps."""
    match kind:
        case Kind.OPTIONS:
            return Action.PROPOSE_OPTION if len(brief.options) < MIN_OPTIONS else Action.START_SCORING
        case Kind.UNDECIDED | Kind.NO_QUORUM if brief.round and brief.round.is_too_small:
            return Action.PROCEED
        case Kind.TOO_FEW if brief.round and brief.round.is_second:
            return None
        case Kind.SCORING:
            return Action.CLOSE_SCORING if brief.round and brief.round.has_quorum else None
    return _ACTIONS.get(kind)


_ACTIONS = {
    Kind.TAKE_OVER: Action.TAKE_OVER,
    Kind.MAY_TAKE_OVER: Action.TAKE_OVER,
    Kind.ORPHANED: Action.TAKE_OVER,
    Kind.COMPLETE: Action.COMPLETE_CASE,
    Kind.CRITERIA: Action.EDIT_CRITERIA,
    Kind.PROPOSE: Action.PROPOSE_OPTION,
    Kind.SCORE: Action.SCORE,
    Kind.TOO_FEW: Action.VOID_ROUND,
    Kind.UNDECIDED: Action.EXTEND_ROUND,
    Kind.NO_QUORUM: Action.EXTEND_ROUND,
    Kind.RESOLVE: Action.RESOLVE,
    Kind.MAY_RESOLVE: Action.RESOLVE,
    Kind.UNRESOLVED: Action.RESOLVE,
    Kind.CONFIRM: Action.CONFIRM_CHOICE,
    Kind.MAY_CONFIRM: Action.CONFIRM_CHOICE,
    Kind.INFORM: Action.INFORMED,
    Kind.OUTCOME: Action.RECORD_OUTCOME,
    Kind.MAY_RECORD: Action.RECORD_OUTCOME,
    Kind.FOLLOW_UP: Action.RECORD_OUTCOME,
}
"""Of the kinds that always lead to the same button; with none are BEYOND, PROMISE, STALLED and, at times, others."""
