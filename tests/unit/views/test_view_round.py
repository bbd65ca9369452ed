"""Starting, extending and ending a round."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from bot.domain.round import Thresholds
from bot.errors import Invalid
from bot.views import promise, round
from bot.views.slack.form import errors_for
from tests.support import dossiers, payloads


@pytest.fixture
def start() -> dict[str, Any]:
    found = dossiers.situations()["options"]
    return round.start(found, dossiers.by(dossiers.SARAH), members=dossiers.PEOPLE, closes_at=dossiers.TOMORROW)


def test_everybody_is_asked_by_default(start: dict[str, Any]) -> None:
    form = round.parse_start(payloads.submitted(start), now=dossiers.NOW)

    assert form.member_ids == tuple(m.id for m in dossiers.PEOPLE)
    assert form.closes_at == dossiers.TOMORROW
    assert not form.confirmed_two


def test_two_people_are_enough_once_confirmed(start: dict[str, Any]) -> None:
    two = [str(m.id) for m in dossiers.PEOPLE[:2]]

    form = round.parse_start(payloads.submitted(start, roster=two, confirm_two=["yes"]), now=dossiers.NOW)

    assert form.confirmed_two


@pytest.mark.parametrize(
    ("people", "typed", "field", "sentence"),
    [
        (1, {}, "roster", "Choose at least two people: one opinion needs no scoring."),
        (0, {}, "roster", "Choose at least two people: one opinion needs no scoring."),
        (
            2,
            {},
            "confirm_two",
            "With two people no ranking will be shown. Tick the box if that is enough, or add people.",
        ),
        (3, {"closes_at": None}, "closes_at", "Choose when scoring closes."),
    ],
)
def test_a_start_is_refused_under_its_field(
    start: dict[str, Any],
    people: int,
    typed: dict[str, Any],
    field: str,
    sentence: str,
) -> None:
    view = payloads.submitted(start, roster=[str(m.id) for m in dossiers.PEOPLE[:people]], **typed)

    with pytest.raises(Invalid) as refusal:
        round.parse_start(view, now=dossiers.NOW)

    assert errors_for(view, refusal.value) == {f"{field}:{UUID(int=9)}:7": sentence}


def test_a_closing_time_in_the_past_is_refused(start: dict[str, Any]) -> None:
    extend = round.extend(dossiers.situations()["undecided"], closes_at=dossiers.TOMORROW)
    sentence = r"The closing time is in the past; choose a later one\."

    with pytest.raises(Invalid, match=sentence):
        round.parse_start(payloads.submitted(start, closes_at=dossiers.NOW), now=dossiers.NOW)
    with pytest.raises(Invalid, match=sentence):
        round.parse_extend(payloads.submitted(extend), now=dossiers.TOMORROW + timedelta(seconds=1))


def test_a_closing_time_more_than_a_year_ahead_is_refused(start: dict[str, Any]) -> None:
    extend = round.extend(dossiers.situations()["undecided"], closes_at=dossiers.TOMORROW)
    slip = datetime(2286, 11, 20, tzinfo=UTC)
    sentence = r"The closing time is more than a year ahead; choose an earlier one\."

    with pytest.raises(Invalid, match=sentence):
        round.parse_start(payloads.submitted(start, closes_at=slip), now=dossiers.NOW)
    with pytest.raises(Invalid, match=sentence):
        round.parse_extend(payloads.submitted(extend, closes_at=slip), now=dossiers.NOW)


def test_a_new_closing_time_comes_back() -> None:
    extend = round.extend(dossiers.situations()["undecided"], closes_at=dossiers.TOMORROW)

    assert round.parse_extend(payloads.submitted(extend), now=dossiers.NOW) == dossiers.TOMORROW


def test_of_many_people_twelve_are_suggested_and_all_can_be_chosen() -> None:
    people = [dossiers.a_member(n, f"Person {n}") for n in range(250)]
    view = round.start(
        dossiers.situations()["options"], dossiers.by(dossiers.SARAH), members=people, closes_at=dossiers.TOMORROW
    )

    form = round.parse_start(payloads.submitted(view), now=dossiers.NOW)

    assert len(form.member_ids) == 12
    assert "12 of your 250 people are chosen, those who know about such decisions first." in json.dumps(view)


def test_whoever_knows_about_such_decisions_is_suggested_before_others() -> None:
    expert = dossiers.a_member(40, "Expert", expertise_areas=("refund_request",))
    people = [*(dossiers.a_member(n, f"Person {n}") for n in range(20)), expert]
    view = round.start(
        dossiers.situations()["options"], dossiers.by(dossiers.SARAH), members=people, closes_at=dossiers.TOMORROW
    )

    chosen = round.parse_start(payloads.submitted(view), now=dossiers.NOW).member_ids

    assert expert.id in chosen
    assert people[11].id not in chosen


def test_the_closing_time_is_said_on_the_owners_clock() -> None:
    view = round.start(
        dossiers.situations()["options"],
        dossiers.by(dossiers.SARAH),
        members=dossiers.PEOPLE,
        closes_at=dossiers.NOW + timedelta(hours=27),
        zone=ZoneInfo("America/New_York"),
    )

    assert "Closes Tuesday 10 AM, in 1 day, unless you choose another time." in json.dumps(view)


def test_the_promise_names_the_thresholds() -> None:
    assert promise.thresholds_in_words(Thresholds()) == (
        "What the team sees after scoring closes: of fewer than 3 people nothing, and the decider resolves by reason "
        "only. "
        "With 3: the ranking and how solid it is, the criterion to talk about, and comments only of those who share "
        "them. With 4: also totals to the nearest half. From 5 on also totals and averages to one decimal (averages "
        "only of 5 scores or more), how far the scores agree, and all comments, without names. Where one criterion has "
        "more than 80 % of the weight, there are below 5 neither totals nor a criterion to talk about."
    )
    late = promise.thresholds_in_words(Thresholds(ranking=6, totals=8))
    assert "With 6 or 7: the ranking and how" in late
    assert "With 6 or 7: also totals" in late


def test_starting_over_says_that_all_scores_are_deleted() -> None:
    shown = round.void(dossiers.situations()["open"])

    assert "*All scores so far are deleted*" in json.dumps(shown)
    assert (shown["callback_id"], shown["close"]["text"]) == ("round.void", "Back")


def test_proceeding_says_how_many_scored_and_what_will_not_be_shown() -> None:
    said = json.dumps(round.proceed(dossiers.situations()["undecided"]))

    assert "2 of 5 have scored, and at least 3 must." in said
    assert "Of fewer than 3 people's scores no ranking is shown." in said
