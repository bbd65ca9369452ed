"""How soon, how often and how many times somebody is told: the table of the product, and its borders."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.decision import Brief
from bot.domain.preference import Preferences
from bot.domain.reminder import EXACT, OUTCOME_PACE, PACES, Asked, Pace, Reminder, next_at, reminders
from bot.domain.team import Member
from bot.domain.waiting import Kind, Waiting
from tests.support.dossiers import LISA, NOW, PEOPLE, SARAH, by, situations

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SITUATIONS = situations()


@pytest.mark.parametrize(
    ("pace", "first", "repeat", "most", "along"),
    [
        (PACES[5], 15 * MINUTE, HOUR, 24, 30 * MINUTE),
        (PACES[4], HOUR, 4 * HOUR, 12, 2 * HOUR),
        (PACES[3], DAY, DAY, 10, 4 * HOUR),
        (PACES[2], 2 * DAY, 2 * DAY, 10, 4 * HOUR),
        (PACES[1], 7 * DAY, 7 * DAY, 10, 4 * HOUR),
        (OUTCOME_PACE, 3 * DAY, 7 * DAY, 5, 4 * HOUR),
    ],
)
def test_the_more_urgent_the_sooner_and_the_more_often(
    pace: Pace, first: timedelta, repeat: timedelta, most: int, along: timedelta
) -> None:
    assert pace == Pace(first, repeat, most, along)


def test_escalations_and_follow_ups_come_at_their_own_moment_and_never_with_another_message() -> None:
    assert set(EXACT) == {
        *(Kind.STALLED, Kind.SCORING, Kind.NO_QUORUM, Kind.UNRESOLVED, Kind.ORPHANED),
        *(Kind.FOLLOW_UP, Kind.PROMISE),
    }


def told(found: Brief, kind: Kind, people: Sequence[Member] = PEOPLE) -> list[Reminder]:
    return [one for one in reminders(found, people, now=NOW, rules=by(SARAH).rules) if one.item.kind is kind]


def at_urgency(name: str, urgency: int) -> Brief:
    found = SITUATIONS[name].brief
    return replace(found, decision=replace(found.decision, case=replace(found.decision.case, urgency_level=urgency)))


@pytest.mark.parametrize(("hours", "repeat"), [(1, 45 * MINUTE), (4, 3 * HOUR), (400, 4 * HOUR)])
def test_a_score_is_asked_for_at_once_and_again_at_the_latest_when_three_quarters_of_the_time_are_over(
    hours: int, repeat: timedelta
) -> None:
    found = at_urgency("open", 4)
    assert found.round is not None
    short = replace(found, round=replace(found.round, opened_at=NOW, closes_at=NOW + hours * HOUR))

    assert {(one.first, one.repeat) for one in told(short, Kind.SCORE)} == {(timedelta(0), repeat)}


def test_news_is_told_at_once_and_once_and_not_to_who_does_not_want_it() -> None:
    found = at_urgency("act", 3)

    (news,) = told(found, Kind.RESOLVED)

    assert (news.item.member_id, news.first, news.most) == (SARAH.id, timedelta(0), 1)

    def at(asked: Asked, preferences: Preferences) -> datetime | None:
        return next_at(news, asked, now=NOW, preferences=preferences, zone=UTC)

    assert at(Asked(NOW), HALF_OPEN) == NOW
    assert at(Asked(NOW), replace(HALF_OPEN, news=False)) is None
    assert at(Asked(NOW, 1, NOW), HALF_OPEN) is None


def test_the_outcome_is_asked_for_slowly_whatever_the_urgency_was_and_a_follow_up_once() -> None:
    informed = at_urgency("learn", 5)
    assert informed.outcome is not None
    open_ = replace(informed, outcome=replace(informed.outcome, recorded_at=None))
    undated = replace(open_, outcome=replace(informed.outcome, recorded_at=None, follow_up_date=None))

    (outcome,), (follow_up,) = told(undated, Kind.OUTCOME), told(informed, Kind.FOLLOW_UP)
    (dated,) = told(open_, Kind.OUTCOME)

    assert (outcome.urgency, outcome.first, outcome.repeat, outcome.most) == (4, 3 * DAY, 7 * DAY, 5)
    assert (dated.item.since, dated.first, dated.most) == (informed.outcome.follow_up_date, timedelta(0), 5)
    assert (follow_up.urgency, follow_up.first, follow_up.most) == (4, timedelta(0), 1)


@pytest.mark.parametrize("situation", ["open", "act"])
def test_a_promised_reply_is_asked_for_at_half_of_the_time_and_at_its_end(situation: str) -> None:
    found = at_urgency(situation, 5)
    opened = found.decision.created_at
    promised = replace(found.decision.case, promised_by=opened + 8 * HOUR)

    (one,) = told(replace(found, decision=replace(found.decision, case=promised)), Kind.PROMISE)

    assert (one.item.begins, one.first, one.repeat, one.most) == (opened + 4 * HOUR, timedelta(0), 4 * HOUR, 2)
    assert one.urgency == 4
    whom = SITUATIONS[situation].outcome
    assert one.item.member_id == (whom.resolved_by if whom else found.decision.created_by)


def test_nothing_is_said_of_a_promise_once_the_customer_knows() -> None:
    found = at_urgency("learn", 3)
    promised = replace(found.decision.case, promised_by=NOW)

    assert told(replace(found, decision=replace(found.decision, case=promised)), Kind.PROMISE) == []


def test_an_escalation_is_told_once_and_to_each_higher_authority_a_step_later() -> None:
    two = replace(LISA, authority=4), replace(PEOPLE[3], authority=5)

    lower, higher = told(at_urgency("undecided", 4), Kind.NO_QUORUM, [SARAH, *two])

    assert (lower.item.member_id, higher.item.member_id) == (two[0].id, two[1].id)
    assert (lower.rung, lower.first, lower.most) == (0, HOUR, 1)
    assert (higher.rung, higher.first, higher.most) == (1, HOUR + 4 * HOUR, 1)


# --- The borders of `next_at`.

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HALF_OPEN = Preferences(starts=0, ends=24 * 60, days=frozenset(range(7)))


def next_of(ends: datetime | None = None, *, below: Sequence[datetime] = (), asked: int = 0) -> datetime | None:
    """Of something that waits since Monday, is said an hour later, and then every four, twice at most."""
    item = Waiting(LISA.id, Kind.SCORING, None, MONDAY, ends=ends)
    reminder = Reminder(item, 4, HOUR, 4 * HOUR, 2)
    said = Asked(MONDAY, asked, MONDAY + HOUR if asked else None)
    return next_at(reminder, said, now=MONDAY, preferences=HALF_OPEN, zone=UTC, below=below)


def test_what_ends_is_not_said_at_its_end_any_more() -> None:
    assert next_of(MONDAY + HOUR + MINUTE) == MONDAY + HOUR
    assert next_of(MONDAY + HOUR) is None


def test_what_was_said_often_enough_is_not_said_again() -> None:
    assert next_of(asked=1) == MONDAY + 5 * HOUR
    assert next_of(asked=2) is None


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (MONDAY + HOUR, MONDAY + 5 * HOUR),  # at the very moment
        (MONDAY - 2 * HOUR, MONDAY + 2 * HOUR),
        (MONDAY - 3 * HOUR, MONDAY + HOUR),  # a whole step ago
        (MONDAY + HOUR + MINUTE, MONDAY + HOUR),  # later: nobody waits for that
    ],
)
def test_the_next_rung_hears_a_step_after_the_one_below(heard: datetime, expected: datetime) -> None:
    assert next_of(below=[heard]) == expected
