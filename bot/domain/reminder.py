"""Who is told of what waits for them, how often, and when it stops. Pure: `now` and the zone are arguments.

`waiting` says what waits for whom, from the state of the decision alone; `next_at` says when to say so again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from uuid import UUID

from bot.domain.action import Action
from bot.domain.authority import OWN_DECISION_LIMIT, AuthorityTable, least_authority
from bot.domain.decision import Dossier, Phase, Status
from bot.domain.option import MIN_OPTIONS
from bot.domain.preference import Preferences, is_working, next_working
from bot.domain.round import Round, RoundState
from bot.domain.team import Member

CRITICAL, URGENT = 5, 4
"""From URGENT on a decision is escalated; a CRITICAL one is told at any hour."""


class Kind(StrEnum):
    """What a reminder is about; with decision and member it names a row."""

    COMPLETE = "complete"
    CRITERIA = "criteria"
    OPTIONS = "options"
    SCORE = "score"
    TOO_FEW = "too_few"
    UNDECIDED = "undecided"
    RESOLVE = "resolve"
    INFORM = "inform"
    OUTCOME = "outcome"
    FOLLOW_UP = "follow_up"
    STALLED = "escalation.stalled"
    SCORING = "escalation.scoring"
    NO_QUORUM = "escalation.no_quorum"
    UNRESOLVED = "escalation.unresolved"


ESCALATIONS = (Kind.STALLED, Kind.SCORING, Kind.NO_QUORUM, Kind.UNRESOLVED)
"""To deciders, each with its reason."""
EXACT = (*ESCALATIONS, Kind.FOLLOW_UP)
"""Their moment has a meaning, so no digest takes them along before it."""


@dataclass(frozen=True)
class Pace:
    first: timedelta
    repeat: timedelta
    most: int
    """How often at most, however long it waits: who has not reacted by then will not to one more."""
    along: timedelta
    """A message that goes out anyhow takes along what is due so soon."""


PACES = {
    5: Pace(timedelta(minutes=15), timedelta(hours=1), 24, timedelta(minutes=30)),
    4: Pace(timedelta(hours=1), timedelta(hours=4), 12, timedelta(hours=2)),
    3: Pace(timedelta(days=1), timedelta(days=1), 10, timedelta(hours=4)),
    2: Pace(timedelta(days=2), timedelta(days=2), 10, timedelta(hours=4)),
    1: Pace(timedelta(weeks=1), timedelta(weeks=1), 10, timedelta(hours=4)),
}
"""By urgency."""
OUTCOME_PACE = Pace(timedelta(days=3), timedelta(weeks=1), 5, timedelta(hours=4))
"""How it turned out shows after days, whatever the urgency was."""


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for one person."""

    member_id: UUID
    kind: Kind
    urgency: int
    first: timedelta
    """From the beginning of the wait to the first nudge."""
    repeat: timedelta
    most: int
    since: datetime | None = None
    """When it began; None: when it was first noticed."""
    ends: datetime | None = None
    """No nudge from here on."""
    rung: int = 0
    """How high on the ladder of an escalation."""


@dataclass(frozen=True)
class Asked:
    """What has been said of it so far."""

    since: datetime
    times: int = 0
    last_at: datetime | None = None


def next_at(
    item: Waiting,
    asked: Asked,
    *,
    now: datetime,
    preferences: Preferences,
    zone: tzinfo,
    below: Iterable[datetime] = (),
) -> datetime | None:
    """When to nudge next: never before `now`, outside working hours (unless critical), in a snooze or after the end.

    `below`: when lower rungs hear, or heard, of it. Each gets a step's time to act before the next one is told; for
    somebody who hears of it only later, because they sleep, nobody waits.
    """
    if asked.times >= item.most:
        return None
    due = asked.since + item.first if asked.last_at is None else asked.last_at + item.repeat
    allowed = next_allowed(max(due, now), urgency=item.urgency, preferences=preferences, zone=zone)
    for heard in sorted(below):
        if heard <= allowed < heard + item.repeat:
            allowed = next_allowed(heard + item.repeat, urgency=item.urgency, preferences=preferences, zone=zone)
    return None if item.ends is not None and allowed >= item.ends else allowed


def next_allowed(at: datetime, *, urgency: int, preferences: Preferences, zone: tzinfo) -> datetime:
    """The first instant from `at` on at which this person may be told of something of this urgency."""
    awake = max(at, preferences.snoozed_until) if preferences.snoozed_until else at
    return awake if urgency >= CRITICAL else next_working(awake, preferences, zone)


def is_allowed(now: datetime, *, urgency: int, preferences: Preferences, zone: tzinfo) -> bool:
    """Whether this person may be told right now."""
    if preferences.snoozed_until and now < preferences.snoozed_until:
        return False
    return urgency >= CRITICAL or is_working(now, preferences, zone)


def waiting(
    dossier: Dossier, members: Sequence[Member], *, now: datetime, table: AuthorityTable
) -> tuple[Waiting, ...]:
    """Everything about the decision that waits for somebody; `members` are those of its team, inactive ones too."""
    active = {m.id for m in members if m.is_active}
    items = (*_steps(dossier, members, now, table), *_escalations(dossier, members, now, table))
    return tuple(item for item in items if item.member_id in active)


def _steps(dossier: Dossier, members: Sequence[Member], now: datetime, table: AuthorityTable) -> Iterator[Waiting]:
    owner = dossier.decision.created_by
    match dossier.decision.status, dossier.decision.phase:
        case Status.CREATED, _:
            yield _paced(dossier, owner, Kind.COMPLETE)
        case Status.TEAM_INPUT, Phase.CRITERIA:
            yield _paced(dossier, owner, Kind.CRITERIA)
        case Status.TEAM_INPUT, _:
            yield _paced(dossier, owner, Kind.OPTIONS)
        case Status.EVALUATING, _:
            yield from _of_round(dossier, members, now, table)
        case Status.RESOLVED, _:
            yield from _after_the_choice(dossier)


def _paced(dossier: Dossier, member_id: UUID, kind: Kind, *, since: datetime | None = None) -> Waiting:
    urgency = dossier.decision.case.urgency_level
    pace = PACES[urgency]
    return Waiting(member_id, kind, urgency, pace.first, pace.repeat, pace.most, since)


def _of_round(dossier: Dossier, members: Sequence[Member], now: datetime, table: AuthorityTable) -> Iterator[Waiting]:
    found = dossier.round
    match dossier.round_state(now):
        case RoundState.OPEN if found and found.is_too_small:
            # Nobody is asked for a score that could not be shown; what to do instead is the owner's to say.
            yield _at_once(_paced(dossier, dossier.decision.created_by, Kind.TOO_FEW))
        case RoundState.OPEN if found:
            yield from _missing_scores(dossier, found)
        case RoundState.UNDECIDED if found:
            item = _paced(dossier, dossier.decision.created_by, Kind.UNDECIDED, since=found.closed_at)
            yield _at_once(item)
        case RoundState.PUBLISHED if found:
            for member in _first_to_resolve(dossier, members, table):
                yield _as_news(_paced(dossier, member.id, Kind.RESOLVE))


def _missing_scores(dossier: Dossier, found: Round) -> Iterator[Waiting]:
    """By the pace of its urgency; first at the latest when three quarters of the time to the closing are over."""
    urgency = dossier.decision.case.urgency_level
    pace = PACES[urgency]
    first = min(pace.first, (found.closes_at - found.opened_at) * 3 / 4)
    for entry in found.roster:
        if not entry.submitted:
            yield Waiting(
                entry.member_id, Kind.SCORE, urgency, first, pace.repeat, pace.most, found.opened_at, found.closes_at
            )


def _at_once(item: Waiting) -> Waiting:
    return replace(item, first=timedelta(0))


def _as_news(item: Waiting) -> Waiting:
    """A result is out: said within the hour, and only then at the pace of what can wait."""
    return replace(item, first=min(item.first, PACES[URGENT].first))


def _after_the_choice(dossier: Dossier) -> Iterator[Waiting]:
    outcome, decision = dossier.outcome, dossier.decision
    if outcome is None:
        return
    if decision.phase is Phase.ACT:
        yield _paced(dossier, outcome.resolved_by, Kind.INFORM)
    elif outcome.recorded_at is None:
        yield _slow(dossier, Kind.OUTCOME, OUTCOME_PACE.first, OUTCOME_PACE.most, since=outcome.response_sent_at)
    elif outcome.follow_up_date:
        yield _slow(dossier, Kind.FOLLOW_UP, timedelta(0), 1, since=outcome.follow_up_date)


def _slow(dossier: Dossier, kind: Kind, first: timedelta, most: int, *, since: datetime | None) -> Waiting:
    # The customer has the answer: nothing about it is critical any more, whatever the decision was.
    urgency = min(dossier.decision.case.urgency_level, CRITICAL - 1)
    return Waiting(dossier.decision.created_by, kind, urgency, first, OUTCOME_PACE.repeat, most, since)


def rungs(dossier: Dossier, members: Sequence[Member], table: AuthorityTable) -> tuple[tuple[Member, ...], ...]:
    """The deciders by authority, those with the least that suffices first. At most five rungs, as there are levels.

    Where nobody has enough, those who have the most. The owner is among them only where owners may resolve.
    """
    least = least_authority(dossier.decision.case, dossier.options, table)
    owner = dossier.decision.created_by
    able = [m for m in members if m.is_active and (m.id != owner or least <= OWN_DECISION_LIMIT)]
    levels = sorted({m.authority for m in able if m.authority >= least})
    levels = levels or sorted({m.authority for m in able})[-1:]
    return tuple(tuple(m for m in able if m.authority == level) for level in levels)


def _first_to_resolve(dossier: Dossier, members: Sequence[Member], table: AuthorityTable) -> tuple[Member, ...]:
    """The owner, where owners may; else the lowest rung. Asking everybody who may would be asking nobody."""
    ladder = rungs(dossier, members, table)
    owner = tuple(m for rung in ladder for m in rung if m.id == dossier.decision.created_by)
    return owner or next(iter(ladder), ())


@dataclass(frozen=True)
class _Delay:
    """What keeps an urgent decision, and from when on deciders hear of it."""

    kind: Kind
    since: datetime | None
    first: timedelta
    nudged: tuple[Member, ...] = ()
    """Those who are nudged about it anyhow, and come before the first rung."""


def _escalations(
    dossier: Dossier, members: Sequence[Member], now: datetime, table: AuthorityTable
) -> Iterator[Waiting]:
    """One message to each decider, rung by rung, a step of the urgency's pace apart. The owner knows anyhow."""
    delay = _delay(dossier, members, now, table)
    urgency = dossier.decision.case.urgency_level
    if delay is None or urgency < URGENT:
        return
    step = PACES[urgency].repeat
    knowing = {dossier.decision.created_by, *(m.id for m in delay.nudged)}
    ladder = [[m for m in rung if m.id not in knowing] for rung in rungs(dossier, members, table)]
    for rung, people in enumerate(people for people in ladder if people):
        for member in people:
            first = delay.first + rung * step
            yield Waiting(member.id, delay.kind, urgency, first, step, 1, delay.since, rung=rung)


def _delay(dossier: Dossier, members: Sequence[Member], now: datetime, table: AuthorityTable) -> _Delay | None:
    """Past half of the time to the closing time: the round's own while it collects, the expected date before that.

    Where somebody is asked first, a step after them.
    """
    decision, found = dossier.decision, dossier.round
    pace = PACES[decision.case.urgency_level]
    match decision.status:
        case Status.CREATED | Status.TEAM_INPUT if decision.case.expected_resolution_date:
            whole = decision.case.expected_resolution_date - decision.created_at
            return _Delay(Kind.STALLED, decision.created_at, max(whole / 2, timedelta(0)))
        case Status.EVALUATING if found:
            match found.state(now):
                case RoundState.OPEN:
                    return _Delay(Kind.SCORING, found.opened_at, (found.closes_at - found.opened_at) / 2)
                case RoundState.UNDECIDED:
                    return _Delay(Kind.NO_QUORUM, found.closed_at, pace.first)
                case RoundState.PUBLISHED:
                    asked = _first_to_resolve(dossier, members, table)
                    return _Delay(Kind.UNRESOLVED, None, pace.first + pace.repeat, asked)
    return None


def action_for(kind: Kind, dossier: Dossier) -> Action | None:
    """The button that leads to what is to be done; None where only looking helps."""
    match kind:
        case Kind.OPTIONS:
            return Action.PROPOSE_OPTION if len(dossier.options) < MIN_OPTIONS else Action.START_SCORING
        case Kind.UNDECIDED | Kind.NO_QUORUM if dossier.round and dossier.round.is_too_small:
            return Action.PROCEED
        case Kind.TOO_FEW if dossier.is_second_round:
            return None
        case Kind.SCORING:
            return Action.CLOSE_SCORING if dossier.round and dossier.round.has_quorum else None
    return _ACTIONS.get(kind)


_ACTIONS = {
    Kind.COMPLETE: Action.COMPLETE_CASE,
    Kind.CRITERIA: Action.EDIT_CRITERIA,
    Kind.SCORE: Action.SCORE,
    Kind.TOO_FEW: Action.VOID_ROUND,
    Kind.UNDECIDED: Action.EXTEND_ROUND,
    Kind.NO_QUORUM: Action.EXTEND_ROUND,
    Kind.RESOLVE: Action.RESOLVE,
    Kind.UNRESOLVED: Action.RESOLVE,
    Kind.INFORM: Action.INFORMED,
    Kind.OUTCOME: Action.RECORD_OUTCOME,
    Kind.FOLLOW_UP: Action.RECORD_OUTCOME,
}
