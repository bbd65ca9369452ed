"""What outcomes teach: nothing that so few do not support, and nothing about a person."""

import itertools
import random
from collections import Counter
from dataclasses import fields

import pytest

from bot.domain.learning import Lessons, Past, learn, settle
from bot.domain.rate import Voice
from tests.support.pasts import PEOPLE, past, pasts

MIXED = [True, False] * 12


def test_unknown_outcomes_are_counted_and_never_guessed() -> None:
    found = learn(pasts([True] * 8 + [None] * 14))

    assert (found.known, found.total) == (8, 22)
    assert found.team
    assert (found.team.known, found.team.total) == (8, 22)


def test_what_fewer_than_three_people_decided_is_not_told() -> None:
    of_two = learn([*pasts([True] * 40, resolved_by=PEOPLE[0])[:39], past(40, resolved_by=PEOPLE[1])])

    assert of_two.team is None
    assert of_two.types == {"refund_request": None}
    assert of_two.forecasts is None


def test_a_part_of_fewer_than_three_decisions_is_not_told() -> None:
    found = learn(pasts([True] * 5) + pasts([True] * 2, start=6, decision_type="churn_prevention"))

    assert set(found.types) == {"refund_request"}
    assert found.overridden is None


def test_choices_with_and_against_the_ranking_stand_side_by_side() -> None:
    found = learn(pasts([True] * 20, follows=True) + pasts([False] * 20, start=21, follows=False))

    assert found.followed
    assert found.overridden
    assert found.followed.share
    assert found.overridden.share
    assert found.followed.share > 0.8 > 0.2 > found.overridden.share


def test_probabilities_are_held_against_what_happened_from_twenty_on() -> None:
    few, many = learn(pasts([True] * 19, sure=90)), learn(pasts(MIXED, sure=50))

    assert few.forecasts
    assert few.forecasts.brier is None
    assert few.forecasts.happened.known == 15
    assert many.forecasts
    assert many.forecasts.brier == pytest.approx(0.25)
    assert many.forecasts.skill == pytest.approx(0)


def test_a_forecast_without_a_better_base_rate_has_no_skill() -> None:
    found = learn(pasts([True] * 24, sure=90)).forecasts

    assert found
    assert found.skill is None
    assert found.brier == pytest.approx(0.01)


def test_one_more_outcome_never_changes_what_is_said_of_probabilities_by_one() -> None:
    draw = random.Random(3)
    cases = [past(n, resolved_by=draw.choice(PEOPLE), sure=draw.choice((50, 60, 70, 80, 90, 95))) for n in range(1, 80)]
    sizes = [len(settle(cases[:count])) for count in range(len(cases) + 1)]
    steps = {after - before for before, after in itertools.pairwise(sizes)} - {0}

    assert min(steps) >= 5
    for before, after in itertools.pairwise(sizes):
        new = cases[before:after]
        assert not new or len({case.resolved_by for case in new}) >= 3


def test_a_type_is_not_told_where_the_rest_could_be_found_by_subtraction() -> None:
    big = pasts(MIXED, sure=80)
    alone = pasts([True] * 6, start=30, sure=80, decision_type="churn_prevention", resolved_by=PEOPLE[0])

    assert set(learn(big).forecasts_by_type) == {"refund_request"}
    assert learn(big + alone).forecasts_by_type == {}


def test_the_criterion_that_parts_good_from_bad_is_named_only_with_ten_on_each_side() -> None:
    good = pasts([True] * 10, means={"Trust": 8.0, "Cost": 5.0}, total=7.0)
    bad = pasts([False] * 10, start=11, means={"Trust": 3.0, "Cost": 5.0}, total=5.0)

    assert learn(good[:9] + bad).criterion is None
    found = learn(good + bad)
    assert found.criterion
    assert found.criterion[0] == "Trust"
    assert found.totals
    assert found.totals.correlation > 0.9


@pytest.mark.slow
def test_scores_without_any_meaning_seldom_name_a_criterion() -> None:
    """Of four criteria without meaning one looks good by chance: the interval is wide enough for that."""
    draw, named = random.Random(11), Counter[bool]()
    for _ in range(300):
        cases = [
            past(n, worked=draw.random() < 0.6, means={name: round(draw.gauss(7, 1), 1) for name in "ABCD"})
            for n in range(1, 51)
        ]
        named[learn(cases).criterion is not None] += 1

    assert named[True] / named.total() < 0.25


@pytest.mark.slow
def test_of_a_thousand_random_teams_none_hears_more_than_its_numbers_support() -> None:
    draw = random.Random(29)
    for _ in range(1000):
        people = PEOPLE[: draw.randint(1, 4)]
        cases = [_any(n, draw, people) for n in range(1, draw.choice((3, 8, 25, 60)))]
        _check(learn(cases), cases)


def _any(number: int, draw: random.Random, people: tuple[object, ...]) -> Past:
    return past(
        number,
        decision_type=draw.choice(("refund_request", "billing_dispute", "churn_prevention")),
        resolved_by=draw.choice(people),
        worked=draw.choice((True, True, False, None)),
        follows=draw.choice((True, False, None)),
        sure=draw.choice((None, 60, 90)),
        total=draw.choice((None, 6.5, 7.5)),
    )


def _check(found: Lessons, cases: list[Past]) -> None:
    known = [case for case in cases if case.worked is not None]
    rates = [found.team, *found.types.values(), found.followed, found.overridden]
    for one in filter(None, rates):
        assert one.known <= one.total
        assert (one.share is not None) == (one.known >= 5) == (one.voice is not Voice.NOTHING)
        assert (one.low is not None) == (one.known >= 20)
    for forecasts in filter(None, [found.forecasts, *found.forecasts_by_type.values()]):
        assert (forecasts.brier is not None) == (forecasts.happened.known >= 20)
    sides = Counter(case.worked for case in known if case.total is not None)
    assert found.totals is None or min(sides[True], sides[False]) >= 10
    if len({case.resolved_by for case in known}) < 3:
        assert not any(rates)
        assert found.forecasts is None
        assert found.totals is None


def test_nobody_is_named_where_a_decision_is_printed() -> None:
    hidden = {field.name for field in fields(Past) if not field.repr}

    assert hidden == {"resolved_by", "sure", "total", "means"}
    assert "95" not in repr(past(1, sure=95))
