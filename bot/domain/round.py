"""A round of scoring: who is asked, until when, and when it may end. Knows who has scored, never what."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil
from uuid import UUID

from bot.domain.team import Member

MIN_EVALUATORS = 2
LEFT_ALONE = timedelta(days=14)
"""So long a round may lie closed without quorum; then its ballots, which bear names till publication, are deleted."""
MOST_SUGGESTED = 12
"""So many people are chosen beforehand where scoring starts: a larger round is somebody's own wish."""


@dataclass(frozen=True)
class Thresholds:
    """From how many ballots on what is shown; frozen when scoring starts and told in every scoring window."""

    ranking: int = 3
    halves: int = 4
    """Totals rounded to the nearest half. Rounds frozen before this was a threshold have none: they get this one."""
    totals: int = 5
    cell: int = 5


@dataclass(frozen=True)
class RoundMember:
    member_id: UUID
    name: str
    slack_user_id: str | None
    submitted: bool
    is_excused: bool


class RoundState(StrEnum):
    OPEN = "open"
    DUE = "due"  # past its closing time, not closed yet: the next click closes it
    UNDECIDED = "undecided"  # closed without quorum: extend, proceed or cancel
    CLOSED = "closed"  # closed with quorum or an override; the result is on its way
    PUBLISHED = "published"
    VOIDED = "voided"


@dataclass(frozen=True)
class Round:
    id: UUID
    decision_id: UUID
    number: int
    opened_at: datetime
    closes_at: datetime
    option_ids: tuple[UUID, ...]
    weights: tuple[tuple[UUID, Decimal], ...]
    """(criterion id, weight) in the order of the pages, as frozen at the start."""
    thresholds: Thresholds
    members: tuple[RoundMember, ...]
    closed_at: datetime | None = None
    close_cause: str | None = None
    override_by: UUID | None = None
    override_reason: str | None = None
    published_at: datetime | None = None
    voided_at: datetime | None = None
    follows: UUID | None = None
    """The published round that this one repeats: then it is a second round."""
    opened_by: UUID | None = None

    @property
    def is_second(self) -> bool:
        return self.follows is not None

    @property
    def roster(self) -> tuple[RoundMember, ...]:
        """Those who are asked: everybody of the round who is not excused."""
        return tuple(m for m in self.members if not m.is_excused)

    @property
    def ballots(self) -> int:
        """Submitted ballots; one of a person excused afterwards stays and counts."""
        return sum(m.submitted for m in self.members)

    @property
    def people(self) -> int:
        """The roster and those excused after submitting, whose ballots count: else it would read "3 of 2"."""
        return sum(m.submitted or not m.is_excused for m in self.members)

    @property
    def turnout(self) -> str:
        return turnout(self.ballots, self.people)

    @property
    def has_quorum(self) -> bool:
        return self.ballots >= quorum(len(self.roster))

    @property
    def is_too_small(self) -> bool:
        return is_too_small(self.ballots, len(self.roster))

    def state(self, now: datetime) -> RoundState:
        if self.voided_at:
            return RoundState.VOIDED
        if self.published_at:
            return RoundState.PUBLISHED
        if self.closed_at:
            return RoundState.CLOSED if self.has_quorum or self.override_reason else RoundState.UNDECIDED
        return RoundState.DUE if now >= self.closes_at else RoundState.OPEN

    def may_take_in(self, now: datetime) -> bool:
        """Whether more people may still be asked: nobody has scored, and nobody was excused, which counts on who there
        were. A second round asks those of the first."""
        is_untouched = not self.ballots and len(self.roster) == len(self.members)
        return self.state(now) is RoundState.OPEN and is_untouched and not self.is_second

    def find_member(self, member_id: UUID) -> RoundMember | None:
        return next((m for m in self.members if m.member_id == member_id), None)


def joined(round_: Round, members: Iterable[Member], people: Collection[str]) -> tuple[Member, ...]:
    """Active members who are among `people` (Slack ids, of a user group) and are not asked to score."""
    return tuple(m for m in members if m.is_active and m.slack_user_id in people and not round_.find_member(m.id))


def quorum(people: int) -> int:
    """How many ballots suffice: half of the people rounded up, never below 3; of two, both."""
    return max(3, ceil(people / 2)) if people >= 3 else 2


def is_too_small(ballots: int, roster: int) -> bool:
    """So many were excused that those who are left can never make a quorum."""
    return roster < MIN_EVALUATORS and ballots < quorum(roster)


def turnout(ballots: int, people: int) -> str:
    return f"{ballots} of {people} {'has' if ballots == 1 else 'have'} scored"


def by_expertise(members: Iterable[Member], decision_type: str) -> tuple[Member, ...]:
    """Those who know about such decisions (`expertise_areas`) first; the others as they were."""
    return tuple(sorted(members, key=lambda member: decision_type not in member.expertise_areas))
