"""The ranking against published tables and an independent oracle; what of it survives publication."""

import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ranking import (
    HALF,
    TENTH,
    Cells,
    RankedOption,
    Ranking,
    Result,
    from_body,
    publish,
    rank,
    rounded,
    to_body,
)
from bot.domain.round import Thresholds

USUAL = Thresholds()


def option(index: int) -> UUID:
    return UUID(int=1000 + index)


def criterion(index: int) -> UUID:
    return UUID(int=2000 + index)


def weighted(*weights: str) -> list[tuple[UUID, Decimal]]:
    return [(criterion(k), Decimal(w)) for k, w in enumerate(weights)]


def ballot(rows: Sequence[Sequence[int | None]]) -> Cells:
    """rows[option][criterion], None = abstained."""
    return {
        (option(o), criterion(k)): score
        for o, row in enumerate(rows)
        for k, score in enumerate(row)
        if score is not None
    }


def a_ranking(*scores: str | None, voices: int = 9) -> Ranking:
    """Options in the given order of exact scores, best first; None = not ranked."""
    exact = [None if s is None else Fraction(s) for s in scores]
    return Ranking(
        tuple(
            RankedOption(option(i), None if s is None else exact.index(s) + 1, s, (), voices)
            for i, s in enumerate(exact)
        )
    )


def by_option(ranking: Ranking) -> dict[UUID, RankedOption]:
    return {row.option_id: row for row in ranking.rows}


# Goodwin & Wright, Decision Analysis for Management Judgment, ch. 3, table 3.2: seven offices, scale 0..100.
OFFICE_WEIGHTS = ("32", "26", "23", "10", "6", "3")
OFFICES = (
    (100, 60, 100, 75, 0, 90),
    (20, 80, 10, 30, 100, 30),
    (80, 70, 0, 0, 10, 100),
    (70, 50, 30, 55, 30, 90),
    (40, 60, 90, 100, 60, 70),
    (0, 0, 70, 0, 80, 0),
    (60, 100, 20, 50, 50, 80),
)
OFFICE_SCORES = ("80.8", "39.4", "47.4", "52.3", "64.8", "20.9", "60.2")
OFFICE_PLACES = (1, 6, 5, 4, 2, 7, 3)


def test_ranks_the_offices_of_goodwin_and_wright_as_published() -> None:
    two_alike = [ballot(OFFICES)] * 2

    ranking = rank(option_ids=[option(o) for o in range(7)], weights=weighted(*OFFICE_WEIGHTS), ballots=two_alike)

    rows = by_option(ranking)
    assert [rows[option(o)].score for o in range(7)] == [Fraction(s) for s in OFFICE_SCORES]
    assert tuple(rows[option(o)].place for o in range(7)) == OFFICE_PLACES
    assert [row.place for row in ranking.rows] == [1, 2, 3, 4, 5, 6, 7]


def test_an_exact_tie_shares_the_first_place_and_skips_the_second() -> None:
    # Triantaphyllou 2000. With binary fractions 22.0 and 22.0 may differ in the last bit and one would win.
    values = ((25, 20, 15, 30), (10, 30, 20, 30), (30, 10, 30, 10))

    ranking = rank(
        option_ids=[option(o) for o in range(3)],
        weights=weighted("0.2", "0.15", "0.4", "0.25"),
        ballots=[ballot(values)] * 2,
    )

    assert [(row.option_id, row.place, row.score) for row in ranking.rows] == [
        (option(1), 1, 22),
        (option(2), 1, 22),
        (option(0), 3, Fraction("21.5")),
    ]
    published = publish(ranking, ballots=5, people=5, thresholds=USUAL)
    assert published.leaders == (option(1), option(2))


# Five people, three options (refund, credit, escalate), four criteria (cost, impact, risk, effort).
TEAM_WEIGHTS = ("3.0", "2.0", "2.5", "1.0")
TEAM = (
    ((8, 5, 7, 6), (6, 8, 6, 7), (4, 6, 9, 8)),
    ((9, 6, 2, 6), (7, 7, 8, 6), (5, 6, 8, 7)),
    ((7, 6, 8, 5), (5, 9, 6, 8), (3, 7, 9, 9)),
    ((8, 4, 3, 7), (7, 8, 7, 6), (6, 5, 8, 8)),
    ((9, 7, 8, 6), (6, 7, 6, 7), (5, 6, 7, 6)),
)


def the_team_ranks(people: int = 5) -> Ranking:
    return rank(
        option_ids=[option(o) for o in range(3)],
        weights=weighted(*TEAM_WEIGHTS),
        ballots=[ballot(rows) for rows in TEAM[:people]],
    )


def test_five_people_three_options_four_criteria_rank_as_computed_by_hand() -> None:
    rows = by_option(the_team_ranks())

    scores = [float(rows[option(o)].score or 0) for o in range(3)]
    assert scores == pytest.approx([6.564706, 6.764706, 6.341176], abs=1e-6)
    assert [rows[option(o)].place for o in range(3)] == [2, 1, 3]


def test_five_ballots_publish_totals_to_a_tenth_and_four_to_a_half() -> None:
    five = publish(the_team_ranks(5), ballots=5, people=5, thresholds=USUAL)
    four = publish(the_team_ranks(4), ballots=4, people=5, thresholds=USUAL)

    assert [(r.option_id, r.place, r.total, r.is_about) for r in five.rows] == [
        (option(1), 1, "6.8", False),
        (option(0), 2, "6.6", False),
        (option(2), 3, "6.3", False),
    ]
    assert [(r.option_id, r.place, r.total, r.is_about) for r in four.rows] == [
        (option(1), 1, "7.0", False),
        (option(2), 2, "6.5", False),
        (option(0), 3, "6.0", False),
    ]


SCORES = st.one_of(st.none(), st.integers(1, 10))


@st.composite
def a_round(draw: st.DrawFn) -> tuple[list[UUID], list[tuple[UUID, Decimal]], list[Cells]]:
    """1..5 options, 1..4 criteria, 0..7 people, weights 0.10..5.00, scattered abstentions."""
    options, criteria = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    hundredths = draw(st.lists(st.integers(10, 500), min_size=criteria, max_size=criteria))
    row = st.lists(SCORES, min_size=criteria, max_size=criteria)
    people = draw(st.lists(st.lists(row, min_size=options, max_size=options), max_size=7))
    weights = [(criterion(k), Decimal(w) / 100) for k, w in enumerate(hundredths)]
    return [option(o) for o in range(options)], weights, [ballot(rows) for rows in people]


def oracle(
    options: list[UUID], weights: list[tuple[UUID, Decimal]], ballots: list[Cells]
) -> dict[UUID, tuple[int, Fraction]]:
    """Written another way: integer weights, one common denominator, places by counting who is better."""
    scores: dict[UUID, Fraction] = {}
    for o in options:
        numerator, denominator, complete = 0, 1, True
        for k, w in weights:
            column = [b[o, k] for b in ballots if (o, k) in b]
            if len(column) < 2:
                complete = False
                break
            numerator = numerator * len(column) + int(w * 100) * sum(column) * denominator
            denominator *= len(column)
        if complete:
            scores[o] = Fraction(numerator, denominator * sum(int(w * 100) for _, w in weights))
    return {o: (1 + sum(other > s for other in scores.values()), s) for o, s in scores.items()}


@settings(max_examples=150, deadline=None)
@given(a_round())
def test_ranking_agrees_with_an_independent_oracle(
    played: tuple[list[UUID], list[tuple[UUID, Decimal]], list[Cells]],
) -> None:
    options, weights, ballots = played

    ranking = rank(option_ids=options, weights=weights, ballots=ballots)

    found = {r.option_id: (r.place, r.score) for r in ranking.rows if r.place is not None}
    assert found == oracle(options, weights, ballots)
    assert sorted(r.option_id for r in ranking.rows) == sorted(options)
    assert all(bool(r.needs) == (r.place is None) == (r.score is None) for r in ranking.rows)
    assert all(1 <= r.score <= 10 for r in ranking.rows if r.score is not None)


@settings(max_examples=100, deadline=None)
@given(a_round(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_options_and_criteria_changes_no_place(
    played: tuple[list[UUID], list[tuple[UUID, Decimal]], list[Cells]], random: object
) -> None:
    options, weights, ballots = played
    shuffled = [list(options), list(weights), list(ballots)]
    for items in shuffled:
        random.shuffle(items)  # type: ignore[attr-defined]

    one = rank(option_ids=options, weights=weights, ballots=ballots)
    other = rank(option_ids=shuffled[0], weights=shuffled[1], ballots=shuffled[2])  # type: ignore[arg-type]

    assert {o: (r.place, r.score, frozenset(r.needs)) for o, r in by_option(one).items()} == {
        o: (r.place, r.score, frozenset(r.needs)) for o, r in by_option(other).items()
    }


def test_ties_keep_the_given_order_and_the_unranked_come_last() -> None:
    rows = ((None, 5), (7, 7), (9, 9), (7, 7))

    ranking = rank(option_ids=[option(o) for o in range(4)], weights=weighted("1", "1"), ballots=[ballot(rows)] * 3)

    assert [(r.option_id, r.place) for r in ranking.rows] == [
        (option(2), 1),
        (option(1), 2),
        (option(3), 2),
        (option(0), None),
    ]


def test_an_option_with_a_cell_of_one_score_is_not_ranked_and_names_the_criterion() -> None:
    full, abstains = ballot([(8, 8, 8), (5, 5, 5)]), ballot([(8, None, 8), (5, None, 5)])

    ranking = rank(
        option_ids=[option(0), option(1)],
        weights=weighted("1", "2", "3"),
        ballots=[full, abstains, abstains, abstains, abstains],
    )

    assert [(r.place, r.score, r.needs) for r in ranking.rows] == [(None, None, (criterion(1),))] * 2
    published = publish(ranking, ballots=5, people=5, thresholds=USUAL)
    assert [(r.place, r.total, r.needs) for r in published.rows] == [(None, None, (criterion(1),))] * 2
    assert published.leaders == ()


def test_who_abstains_leaves_the_mean_of_the_others_alone() -> None:
    ballots = [ballot([(10, 4)]), ballot([(10, 6)]), ballot([(10, None)])]

    ranking = rank(option_ids=[option(0)], weights=weighted("1", "1"), ballots=ballots)

    assert ranking.rows[0].score == Fraction("7.5")


def test_cells_of_options_outside_the_round_do_not_count() -> None:
    stray = {(option(9), criterion(0)): 10, (option(0), criterion(9)): 10, (option(0), criterion(0)): 4}

    ranking = rank(option_ids=[option(0)], weights=weighted("1"), ballots=[stray, stray])

    assert [(r.option_id, r.score) for r in ranking.rows] == [(option(0), Fraction(4))]


@pytest.mark.parametrize("weights", [(), ("0", "0")])
def test_weights_that_add_up_to_nothing_are_a_programming_error(weights: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="weights above 0"):
        rank(option_ids=[option(0)], weights=weighted(*weights), ballots=[])


@pytest.mark.parametrize(
    ("ballots", "totals"),
    [
        (0, None),
        (1, None),
        (2, None),
        (3, ["6.5", "5.0"]),
        (4, ["6.5", "5.0"]),
        (5, ["6.4", "5.1"]),
        (6, ["6.4", "5.1"]),
        (7, ["6.4", "5.1"]),
    ],
)
def test_what_is_published_depends_on_the_number_of_ballots(ballots: int, totals: list[str] | None) -> None:
    ranking = a_ranking("6.37", "5.14", voices=ballots)

    result = publish(ranking, ballots=ballots, people=7, thresholds=USUAL)

    assert (result.version, result.ballots, result.people, result.thresholds) == (1, ballots, 7, USUAL)
    assert [row.total for row in result.rows] == (totals or [])
    assert result.leaders == ((option(0),) if totals else ())


def test_the_thresholds_frozen_with_the_round_decide_not_the_usual_ones() -> None:
    strict = Thresholds(ranking=6, totals=8, cell=8)

    hidden, halves = (publish(a_ranking("6.37"), ballots=n, people=9, thresholds=strict).rows for n in (5, 7))

    assert hidden == ()
    assert [row.total for row in halves] == ["6.5"]


def test_an_option_with_two_people_on_a_cell_keeps_its_place_and_shows_no_total() -> None:
    # The second weight drowns the first: the mean of two people would be readable in the total.
    alone, with_me = ballot([(5, None), (6, None)]), ballot([(5, 9), (6, 2)])

    ranking = rank(
        option_ids=[option(0), option(1)],
        weights=weighted("0.1", "5"),
        ballots=[alone, alone, alone, with_me, with_me],
    )
    result = publish(ranking, ballots=5, people=5, thresholds=USUAL)

    assert [(r.option_id, r.place, r.total) for r in result.rows] == [
        (option(0), 1, None),
        (option(1), 2, None),
    ]


@pytest.mark.parametrize(
    ("exact", "half", "tenth"),
    [
        ("1", "≤ 1.5", "≤ 1.5"),
        ("3/2", "≤ 1.5", "≤ 1.5"),
        ("1.51", "1.5", "1.5"),
        ("1.7499", "1.5", "1.7"),
        ("1.75", "2.0", "1.8"),
        ("6.25", "6.5", "6.3"),
        ("6.2499", "6.0", "6.2"),
        ("6.45", "6.5", "6.5"),
        ("19/3", "6.5", "6.3"),
        ("20/3", "6.5", "6.7"),
        ("6.75", "7.0", "6.8"),
        ("9.2499", "9.0", "9.2"),
        ("9.4999", "9.5", "9.5"),
        ("19/2", "≥ 9.5", "≥ 9.5"),
        ("29/3", "≥ 9.5", "≥ 9.5"),
        ("10", "≥ 9.5", "≥ 9.5"),
    ],
)
def test_totals_round_half_up_on_the_exact_value_and_blur_the_ends(exact: str, half: str, tenth: str) -> None:
    assert (rounded(Fraction(exact), HALF), rounded(Fraction(exact), TENTH)) == (half, tenth)


@given(st.fractions(min_value=Fraction(3, 2), max_value=Fraction(19, 2)), st.sampled_from([HALF, TENTH]))
def test_a_printed_total_is_never_further_off_than_half_a_step(score: Fraction, step: Fraction) -> None:
    text = rounded(score, step)

    assert abs(Fraction(text.removeprefix("≥ ").removeprefix("≤ ")) - score) <= step / 2


@pytest.mark.parametrize("score", [1, 10])
@pytest.mark.parametrize("people", [3, 4, 5, 7])
def test_an_extreme_total_never_tells_that_everybody_gave_the_same(score: int, people: int) -> None:
    nearer_the_middle = score + 1 if score == 1 else score - 1
    unanimous = [ballot([(score,)])] * people
    one_differs = [*unanimous[1:], ballot([(nearer_the_middle,)])]

    alike, different = (
        publish(
            rank(option_ids=[option(0)], weights=weighted("1"), ballots=ballots),
            ballots=people,
            people=people,
            thresholds=USUAL,
        )
        for ballots in (unanimous, one_differs)
    )

    assert alike == different


def test_equal_rounded_totals_of_different_places_are_about_and_exact_ties_are_not() -> None:
    result = publish(a_ranking("7.04", "7.01", "6", "6", "5"), ballots=5, people=5, thresholds=USUAL)

    assert [(r.place, r.total, r.is_about) for r in result.rows] == [
        (1, "7.0", True),
        (2, "7.0", True),
        (3, "6.0", False),
        (3, "6.0", False),
        (5, "5.0", False),
    ]


def test_totals_at_the_ends_are_never_about() -> None:
    result = publish(a_ranking("9.9", "9.8", "1.2", "1.1"), ballots=5, people=5, thresholds=USUAL)

    assert [(r.total, r.is_about) for r in result.rows] == [
        ("≥ 9.5", False),
        ("≥ 9.5", False),
        ("≤ 1.5", False),
        ("≤ 1.5", False),
    ]


def test_options_that_are_not_ranked_are_never_about() -> None:
    result = publish(a_ranking("7", None, None), ballots=5, people=5, thresholds=USUAL)

    assert [r.is_about for r in result.rows] == [False, False, False]


@settings(max_examples=100, deadline=None)
@given(a_round())
def test_a_result_survives_being_stored_as_json(
    played: tuple[list[UUID], list[tuple[UUID, Decimal]], list[Cells]],
) -> None:
    options, weights, ballots = played
    ranking = rank(option_ids=options, weights=weights, ballots=ballots)
    result = publish(ranking, ballots=len(ballots), people=7, thresholds=USUAL)

    stored = json.loads(json.dumps(to_body(result)))

    assert from_body(stored) == result


def test_a_stored_body_holds_counts_ids_places_and_printed_totals_only() -> None:
    body = to_body(publish(the_team_ranks(), ballots=5, people=6, thresholds=USUAL))

    assert body["rows"][0] == {
        "option": str(option(1)),
        "place": 1,
        "total": "6.8",
        "is_about": False,
        "needs": [],
    }
    assert {k: v for k, v in body.items() if k != "rows"} == {
        "version": 1,
        "ballots": 5,
        "people": 6,
        "thresholds": {"ranking": 3, "totals": 5, "cell": 5},
    }


def test_a_body_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    result = publish(the_team_ranks(), ballots=5, people=5, thresholds=USUAL)
    later = to_body(result) | {"version": 7, "stability": "leaning"}
    later["rows"][0]["cells"] = {"a": "7.1"}
    later["thresholds"]["shares"] = 9

    read = from_body(later)

    assert read == Result(7, 5, 5, USUAL, result.rows)


def test_neither_exact_scores_nor_voices_show_in_what_is_published() -> None:
    ranking = the_team_ranks()

    result = publish(ranking, ballots=5, people=5, thresholds=USUAL)

    assert "Fraction" not in repr(ranking)
    assert "Fraction" not in repr(result)
    assert {type(row.total) for row in result.rows} == {str}
