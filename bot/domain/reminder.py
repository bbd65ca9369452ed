"""How often, and at which hours, people are told of what waits for them, and when that stops.

Pure: `now` and the zone are arguments. What waits for whom is `waiting`'s to say; `reminders` adds the pace, `next_at`
says when to say it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from bot.domain.by import Rules
from bot.domain.decision import Brief, Decision, Phase
from bot.domain.preference import Preferences, is_working, next_working
from bot.domain.team import Member
from bot.domain.waiting import URGENT, Kind, Waiting, waiting

CRITICAL = 5
"""Scoring and resolving a decision of this urgency is told of at any hour, everything else in the working hours of
whoever is told: nobody is woken to write down criteria."""
_WAKES = frozenset(
    {
        Kind.SCORE,
        Kind.TOO_FEW,
        Kind.UNDECIDED,
        Kind.RESOLVE,
        Kind.BEYOND,
        Kind.CONFIRM,
        Kind.SCORING,
        Kind.NO_QUORUM,
        Kind.UNRESOLVED,
        Kind.RESULT,
        Kind.RESOLVED,
        Kind.CALLED_OFF,
    }
)
"""Kinds that are about a round that runs or is stuck, about a result, and news."""
EXACT = (*(kind for kind in Kind if kind.is_escalation), Kind.FOLLOW_UP, Kind.PROMISE)
"""These come at the moment that was set for them, for example the day noted for a follow-up. Other nudges may come a
little early, in a message that goes to the same person anyhow (`Pace.along`); these never do."""


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
class Reminder:
    """Something that waits for one person, and at what pace they are told of it."""

    item: Waiting
    urgency: int
    """At which hours it is told; that of the decision, but below `CRITICAL` for what wakes nobody."""
    first: timedelta
    """From the beginning of the wait to the first nudge."""
    repeat: timedelta
    most: int
    rung: int = 0
    """Of an escalation: 0 for those who hear of it first, 1 for the next rung, and so on."""

    @property
    def key(self) -> tuple[UUID, str]:
        """Names it among those of its decision."""
        return self.item.member_id, self.item.kind.value


@dataclass(frozen=True)
class Asked:
    """What has been said of it so far."""

    since: datetime
    times: int = 0
    last_at: datetime | None = None


def next_at(
    reminder: Reminder,
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
    if asked.times >= reminder.most or (reminder.item.kind.is_news and not preferences.news):
        return None
    due = asked.since + reminder.first if asked.last_at is None else asked.last_at + reminder.repeat
    allowed = next_allowed(max(due, now), urgency=reminder.urgency, preferences=preferences, zone=zone)
    for heard in sorted(below):
        if heard <= allowed < heard + reminder.repeat:
            allowed = next_allowed(
                heard + reminder.repeat, urgency=reminder.urgency, preferences=preferences, zone=zone
            )
    ends = reminder.item.ends
    return None if ends is not None and allowed >= ends else allowed


def next_allowed(at: datetime, *, urgency: int, preferences: Preferences, zone: tzinfo) -> datetime:
    """The first instant from `at` on at which this person may be told of something of this urgency."""
    awake = max(at, preferences.snoozed_until) if preferences.snoozed_until else at
    return awake if urgency >= CRITICAL else next_working(awake, preferences, zone)


def is_allowed(now: datetime, *, urgency: int, preferences: Preferences, zone: tzinfo) -> bool:
    """Whether this person may be told right now."""
    if preferences.snoozed_until and now < preferences.snoozed_until:
        return False
    return urgency >= CRITICAL or is_working(now, preferences, zone)


def reminders(brief: Brief, members: Sequence[Member], *, now: datetime, rules: Rules) -> tuple[Reminder, ...]:
    """All that is said aloud of what waits for somebody, a lower rung before a higher one.

    `members`: those of the decision's team, inactive ones too, the least recently asked first.
    """
    items = [item for item in waiting(brief, members, now=now, rules=rules) if not item.kind.is_invitation]
    lowest = min((item.rung or 0 for item in items if item.kind.is_escalation), default=0)
    told = [_reminder(item, brief, lowest) for item in items]
    return tuple(sorted(told, key=lambda reminder: reminder.rung))


def _reminder(item: Waiting, brief: Brief, lowest: int) -> Reminder:
    """`lowest`: the first rung that is told of an escalation; another may have been asked before."""
    decision = brief.decision
    urgency = decision.case.urgency_level
    if item.kind.is_escalation:
        return _escalation(item, urgency, (item.rung or 0) - lowest)
    if _is_slow(item, decision):
        return _slow(item, urgency, brief)
    if item.kind is Kind.PROMISE:
        return _promised(item, urgency, decision)
    pace = PACES[urgency]
    most = 1 if item.kind.is_news else pace.most
    repeat = _repeat(item, pace)
    is_known = item.kind is Kind.SCORE and brief.round is not None and brief.round.opened_by == item.member_id
    first = min(pace.first, repeat) if is_known else _first(item, pace)
    return Reminder(item, _hours(item, urgency), first, repeat, most)


def _hours(item: Waiting, urgency: int) -> int:
    return urgency if item.kind in _WAKES else min(urgency, CRITICAL - 1)


_AT_ONCE = frozenset(
    {
        Kind.SCORE,
        Kind.TOO_FEW,
        Kind.UNDECIDED,
        Kind.RESOLVE,
        Kind.BEYOND,
        Kind.CONFIRM,
        *(kind for kind in Kind if kind.is_news),
    }
)
"""What has just happened in the decision, and is news to whoever is told: the first word of it is no reminder."""


def _first(item: Waiting, pace: Pace) -> timedelta:
    """By the urgency's pace, but at once what is news, and within the hour what somebody else left behind.

    Whoever has started a scoring knows of it: they are reminded alone.
    """
    if item.kind in _AT_ONCE:
        return timedelta(0)
    return min(pace.first, PACES[URGENT].first) if item.kind is Kind.TAKE_OVER else pace.first


def _repeat(item: Waiting, pace: Pace) -> timedelta:
    """By the urgency's pace; a score is asked for again at the latest when three quarters of the time are over."""
    if item.kind is Kind.SCORE and item.since and item.ends:
        return min(pace.repeat, (item.ends - item.since) * 3 / 4)
    return pace.repeat


def _is_slow(item: Waiting, decision: Decision) -> bool:
    """What the customer does not wait for any more."""
    is_left = item.kind is Kind.TAKE_OVER and decision.phase is Phase.LEARN
    return is_left or item.kind in (Kind.OUTCOME, Kind.FOLLOW_UP)


def _slow(item: Waiting, urgency: int, brief: Brief) -> Reminder:
    """On the follow-up date where there is one: for that it waits since then."""
    hours, most = _hours(item, urgency), 1 if item.kind is Kind.FOLLOW_UP else OUTCOME_PACE.most
    is_dated = brief.outcome is not None and brief.outcome.follow_up_date is not None
    first = timedelta(0) if is_dated else OUTCOME_PACE.first
    return Reminder(item, hours, first, OUTCOME_PACE.repeat, most)


def _promised(item: Waiting, urgency: int, decision: Decision) -> Reminder:
    """When half of the time is over, and once more when all of it is."""
    at, half = decision.case.promised_by, item.begins
    rest = max(at - half, timedelta(hours=1)) if at and half else timedelta(hours=1)
    return Reminder(item, _hours(item, urgency), timedelta(0), rest, 2)


def _escalation(item: Waiting, urgency: int, rung: int) -> Reminder:
    """Said once to each; first when it begins and those who are nudged before had their time, then rung by rung."""
    pace = PACES[urgency]
    begins = item.begins - item.since if item.begins and item.since else timedelta(0)
    asked_before = pace.first + pace.repeat
    grace = {Kind.NO_QUORUM: pace.first, Kind.UNRESOLVED: asked_before, Kind.ORPHANED: asked_before}
    first = begins + grace.get(item.kind, timedelta(0)) + rung * pace.repeat
    return Reminder(item, _hours(item, urgency), first, pace.repeat, 1, rung)
