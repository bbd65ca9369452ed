"""The moments that are proposed: by when to decide, when scoring closes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.deadline import Clock, closes_at, decide_by
from bot.domain.preference import Preferences, is_working

OFFICE = Clock(Preferences(), UTC)
NEW_YORK = Clock(Preferences(), ZoneInfo("America/New_York"))
INDIA = Clock(Preferences(), ZoneInfo("Asia/Kolkata"))
FRIDAY = datetime(2026, 11, 27, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("urgency", "expected"),
    [
        (1, datetime(2026, 12, 11, 15, tzinfo=UTC)),
        (2, datetime(2026, 12, 4, 15, tzinfo=UTC)),
        (3, datetime(2026, 12, 2, 15, tzinfo=UTC)),
        (4, datetime(2026, 11, 30, 15, tzinfo=UTC)),
    ],
)
def test_the_urgency_gives_so_many_working_days(urgency: int, expected: datetime) -> None:
    assert decide_by(urgency, now=FRIDAY, clock=OFFICE) == expected


def test_a_critical_decision_does_not_wait_for_monday() -> None:
    assert decide_by(5, now=FRIDAY, clock=OFFICE) == datetime(2026, 11, 27, 19, tzinfo=UTC)


def test_at_the_weekend_the_days_are_counted_from_the_next_working_one() -> None:
    saturday = FRIDAY + timedelta(days=1)

    assert decide_by(4, now=saturday, clock=OFFICE) == datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_scoring_closes_in_a_working_hour_about_three_quarters_of_the_way() -> None:
    thursday = datetime(2026, 11, 26, 10, 5, tzinfo=UTC)

    assert closes_at(thursday, thursday + timedelta(days=1), clock=OFFICE) == datetime(2026, 11, 27, 9, tzinfo=UTC)


def test_scoring_that_would_close_on_sunday_closes_on_monday() -> None:
    monday = datetime(2026, 11, 30, 15, tzinfo=UTC)

    assert closes_at(FRIDAY, monday, clock=OFFICE) == datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize("expected", [None, FRIDAY, FRIDAY - timedelta(days=3)])
def test_scoring_closes_a_working_day_from_now_where_no_date_is_ahead(expected: datetime | None) -> None:
    assert closes_at(FRIDAY, expected, clock=OFFICE) == datetime(2026, 11, 30, 15, tzinfo=UTC)


def test_where_nobody_works_until_then_the_nearest_whole_hour_is_proposed() -> None:
    saturday = FRIDAY + timedelta(days=1)

    assert closes_at(saturday, saturday + timedelta(hours=8), clock=OFFICE) == saturday.replace(hour=20, minute=0)


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=730)).map(lambda later: FRIDAY - timedelta(days=300) + later)


@given(
    MOMENTS,
    st.timedeltas(timedelta(hours=2), timedelta(days=400)),
    st.sampled_from([OFFICE, NEW_YORK, INDIA]),
)
def test_every_proposal_is_a_whole_hour_ahead_on_the_owners_clock(now: datetime, span: timedelta, clock: Clock) -> None:
    closes = closes_at(now, now + span, clock=clock)
    dates = [decide_by(urgency, now=now, clock=clock) for urgency in (1, 2, 3, 4)]

    assert now < closes <= now + span
    assert all(is_working(at, clock.preferences, clock.zone) and at > now for at in dates)
    local = [at.astimezone(clock.zone) for at in (closes, *dates)]
    assert {(at.minute, at.second, at.microsecond) for at in local} == {(0, 0, 0)}


@given(MOMENTS)
def test_scoring_of_an_ordinary_decision_closes_while_its_owner_works(now: datetime) -> None:
    for urgency in (1, 2, 3, 4):
        closes = closes_at(now, decide_by(urgency, now=now, clock=NEW_YORK), clock=NEW_YORK)
        assert is_working(closes, NEW_YORK.preferences, NEW_YORK.zone)
