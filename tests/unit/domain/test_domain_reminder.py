"""When a person is told: never outside their hours, never too often, never after the end, in every zone."""

import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.action import Action
from bot.domain.preference import Preferences, next_working, tomorrow, zone_of
from bot.domain.reminder import PACES, Asked, Reminder, is_allowed, next_allowed, next_at
from bot.domain.waiting import Kind, Waiting

NASTY = (
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Chatham",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/Havana",
    "Asia/Beirut",
    "America/Santiago",
    "Antarctica/Troll",
    "Europe/Dublin",
    "America/New_York",
    "Pacific/Kiritimati",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Europe/London",
    "Pacific/Norfolk",
    "UTC",
)
MEMBER = UUID(int=1)
INSTANTS = st.datetimes(
    min_value=datetime(2011, 12, 1),  # noqa: DTZ001 - hypothesis wants them naive
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@st.composite
def some_preferences(draw: st.DrawFn) -> Preferences:
    starts = draw(st.integers(0, 1439))
    ends = draw(st.integers(starts + 1, 1440))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return Preferences(starts=starts, ends=ends, days=days)


def on_the_wall(at: datetime, preferences: Preferences, zone: str) -> bool:
    """Another way to ask whether it is a working hour: by the words of the clock."""
    local = at.astimezone(ZoneInfo(zone))
    minutes = int(local.strftime("%H")) * 60 + int(local.strftime("%M"))
    return (local.isoweekday() - 1) in preferences.days and preferences.starts <= minutes < preferences.ends


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(at=INSTANTS, zone=st.sampled_from(NASTY), preferences=some_preferences())
def test_the_next_working_instant_is_one_by_the_clock_on_the_wall(
    at: datetime, zone: str, preferences: Preferences
) -> None:
    found = next_working(at, preferences, zone_of(zone))

    assert found >= at
    assert found - at <= timedelta(days=15)
    assert on_the_wall(found, preferences, zone)
    if on_the_wall(at, preferences, zone):
        assert found == at


def nights_of_change(zone: str) -> list[datetime]:
    """Hours at which the clocks of the zone change, or at which it skips a day, from 2010 to 2031."""
    at, tz = datetime(2010, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    found = []
    while at.year < 2032:
        later = at + timedelta(days=1)
        if at.astimezone(tz).utcoffset() != later.astimezone(tz).utcoffset():
            found += [at + timedelta(hours=n) for n in range(24) if _changes(at + timedelta(hours=n), tz)]
        at = later
    return found


def _changes(at: datetime, tz: tzinfo) -> bool:
    return at.astimezone(tz).utcoffset() != (at + timedelta(hours=1)).astimezone(tz).utcoffset()


def test_no_nudge_outside_hours_none_twice_none_after_the_end() -> None:
    """A case is an urgency, a zone, hours and days, and a moment, half of them around a night on which clocks change.

    `make property` plays 200,000 of them, `make test` a few thousand.
    """
    cases, dice = int(os.environ.get("PROPERTY_CASES", "4000")), random.Random(os.environ.get("PROPERTY_SEED", "1"))
    nights = {name: nights_of_change(name) for name in NASTY}
    told = silent = at_night = 0
    for _ in range(cases):
        urgency, name = dice.randint(1, 5), dice.choice(NASTY)
        opens = dice.randrange(0, 1380, 5)
        days = frozenset(dice.sample(range(7), dice.randint(1, 7)))
        chosen = Preferences(starts=opens, ends=dice.randint(opens + 60, 1440), days=days)
        since = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(5 * 525_600))
        if nights[name] and dice.random() < 0.5:
            since = dice.choice(nights[name]) + timedelta(minutes=dice.randint(-3000, 600))
        if dice.random() < 0.2:
            chosen = replace(chosen, snoozed_until=since + timedelta(minutes=dice.randint(-600, 6000)))
        pace = PACES[urgency]
        ends = since + timedelta(minutes=dice.randint(60, 30 * 1440))
        score = Waiting(MEMBER, Kind.SCORE, Action.SCORE, since, ends=ends)
        item = Reminder(score, urgency, pace.first, pace.repeat, pace.most)
        asked, now = Asked(since), since
        while (at := next_at(item, asked, now=now, preferences=chosen, zone=zone_of(name))) is not None:
            assert since < at < ends
            assert at >= now
            assert urgency == 5 or on_the_wall(at, chosen, name)
            assert chosen.snoozed_until is None or at >= chosen.snoozed_until
            assert is_allowed(at, urgency=urgency, preferences=chosen, zone=zone_of(name))
            assert asked.last_at is None or at - asked.last_at >= pace.repeat
            told, at_night = told + 1, at_night + (not on_the_wall(at, chosen, name))
            asked = Asked(since, asked.times + 1, at)
            # The tick may be late, by hours where nothing ran, and the wall clock may have been set back.
            now = at + timedelta(minutes=dice.choice((0, 1, 1, 1, 300, -60)))
        assert asked.times <= pace.most
        silent += asked.times == 0
    assert told > cases
    assert at_night > 0
    assert 0 < silent < cases


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(at=INSTANTS, zone=st.sampled_from(NASTY), preferences=some_preferences(), below=st.lists(INSTANTS, max_size=4))
def test_a_higher_rung_hears_a_step_after_each_lower_one_and_waits_for_nobody_who_hears_later(
    at: datetime, zone: str, preferences: Preferences, below: list[datetime]
) -> None:
    step = timedelta(hours=4)
    near = [at + (other - at) / 2000 for other in below]
    item = Reminder(Waiting(MEMBER, Kind.SCORING, None, at), 4, timedelta(0), step, 1, rung=1)
    alone = next_at(item, Asked(at), now=at, preferences=preferences, zone=zone_of(zone))

    found = next_at(item, Asked(at), now=at, preferences=preferences, zone=zone_of(zone), below=near)

    assert alone is not None
    assert found is not None
    assert found >= alone
    assert all(not heard <= found < heard + step for heard in near)
    assert on_the_wall(found, preferences, zone)
    if all(heard > alone or heard + step <= alone for heard in near):
        assert found == alone


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        # Spring in New York: 02:30 does not exist on 8 March 2026, so 02:30-04:00 opens at 03:30 of the wall.
        ("America/New_York", "2026-03-08T06:00+00:00", "2026-03-08T07:30+00:00"),
        # Autumn: 01:30 comes twice; the first of them opens, and nothing comes twice.
        ("America/New_York", "2026-11-01T04:00+00:00", "2026-11-01T07:30+00:00"),
        # Apia skipped 30 December 2011 whole.
        ("Pacific/Apia", "2011-12-30T12:00+00:00", "2011-12-30T12:30+00:00"),
    ],
)
def test_where_clocks_jump_the_window_opens_when_the_wall_says_so(zone: str, at: str, expected: str) -> None:
    night = Preferences(starts=150, ends=240, days=frozenset(range(7)))

    assert next_working(datetime.fromisoformat(at), night, zone_of(zone)) == datetime.fromisoformat(expected)


def test_half_past_five_on_friday_waits_for_monday_nine_in_ones_own_zone() -> None:
    friday = datetime(2026, 11, 27, 18, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    monday = datetime(2026, 11, 30, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))

    assert next_working(friday, Preferences(), zone_of("Europe/Berlin")) == monday


def test_critical_comes_at_any_hour_but_not_into_a_snooze() -> None:
    night = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
    snoozed = Preferences(snoozed_until=night + timedelta(hours=2))

    assert next_allowed(night, urgency=5, preferences=Preferences(), zone=UTC) == night
    assert next_allowed(night, urgency=5, preferences=snoozed, zone=UTC) == snoozed.snoozed_until
    assert is_allowed(night, urgency=5, preferences=Preferences(), zone=UTC)
    assert not is_allowed(night, urgency=5, preferences=snoozed, zone=UTC)
    assert not is_allowed(night, urgency=4, preferences=Preferences(), zone=UTC)


@pytest.mark.parametrize("name", [None, "", "Not/A_Zone", "../etc/passwd", "America"])
def test_a_zone_that_nobody_knows_is_utc(name: str | None) -> None:
    assert zone_of(name) is UTC


@given(preferences=some_preferences(), email=st.booleans(), sms=st.booleans())
def test_preferences_survive_their_json(preferences: Preferences, email: bool, sms: bool) -> None:
    assert Preferences.from_json(preferences.to_json()) == preferences


@pytest.mark.parametrize(
    "body",
    [None, [], "x", {"starts": "25:00", "ends": 3}, {"days": []}, {"days": "all"}, {"starts": "18:00", "ends": "9:00"}],
)
def test_what_makes_no_sense_is_as_by_default(body: object) -> None:
    assert Preferences.from_json(body) == Preferences()


def test_the_given_default_means_slack_and_mail_in_working_hours() -> None:
    found = Preferences.from_json({"email": True, "sms": False, "push": True})

    assert (found.push, found.email, found.sms, found.starts, found.ends) == (True, True, False, 540, 1080)


def test_tomorrow_is_the_next_working_day() -> None:
    friday = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)

    assert tomorrow(friday, Preferences(), UTC) == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def test_missed_nudges_do_not_pile_up() -> None:
    since = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    score = Waiting(MEMBER, Kind.SCORE, Action.SCORE, since)
    item = Reminder(score, 3, timedelta(days=1), timedelta(days=1), 10)
    late = since + timedelta(days=3, hours=2)

    assert next_at(item, Asked(since), now=late, preferences=Preferences(), zone=UTC) == late
    assert next_at(item, Asked(since, 1, late), now=late, preferences=Preferences(), zone=UTC) == datetime(
        2026, 11, 27, 11, 0, tzinfo=UTC
    )


def test_the_kinds_of_a_wait_end_on_their_own() -> None:
    since = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    follow_up = Waiting(MEMBER, Kind.FOLLOW_UP, Action.RECORD_OUTCOME, since)
    once = Reminder(follow_up, 3, timedelta(0), timedelta(days=7), 1)

    assert next_at(once, Asked(since, 1, since), now=since, preferences=Preferences(), zone=UTC) is None
