"""What of an analysis may be stored and shown, by the number of ballots; and how a stored result is read."""

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.agreement import Agreement, CellAgreement
from bot.domain.analysis import Analysis, analyse
from bot.domain.publication import publish
from bot.domain.ranking import CellMean, RankedOption, Ranking
from bot.domain.result import Result, ShownTopic, WeightLimit, from_body, to_body
from bot.domain.round import Thresholds
from bot.domain.rounding import HALF, TENTH, rounded
from bot.domain.stability import StabilityLabel
from tests.support.ballots import ballot, criterion, levels, option, weighted

USUAL = Thresholds()


def published(
    people: Sequence[Sequence[Sequence[int | None]]],
    *weights: str,
    confidences: Sequence[Sequence[Sequence[int | None]]] = (),
    thresholds: Thresholds = USUAL,
    is_second: bool = False,
) -> Result:
    """The result of these ballots: people[person][option][criterion], None = abstained."""
    criteria = weighted(*weights)
    analysis = analyse(
        option_ids=[option(o) for o in range(len(people[0]))],
        weights=criteria,
        ballots=[ballot(rows) for rows in people],
        confidences=[levels(rows) for rows in confidences],
    )
    return publish(
        analysis,
        weights=criteria,
        ballots=len(people),
        people=len(people),
        thresholds=thresholds,
        is_second=is_second,
    )


def of_scores(*scores: str | None, ballots: int = 5, voices: int = 9, thresholds: Thresholds = USUAL) -> Result:
    """The result of options with these exact scores on two criteria, best first; None = not ranked."""
    exact = [None if s is None else Fraction(s) for s in scores]
    criteria = (criterion(0), criterion(1))
    cells = {(option(i), k): CellMean(s or Fraction(5), voices) for i, s in enumerate(exact) for k in criteria}
    analysis = Analysis(
        Ranking(
            tuple(
                RankedOption(option(i), None if s is None else exact.index(s) + 1, s, (), voices)
                for i, s in enumerate(exact)
            )
        ),
        ballots,
        cells,
        agreement=dict.fromkeys(cells, CellAgreement(1.0, Agreement.ALIGNED)),
    )
    return publish(analysis, weights=weighted("1", "1"), ballots=ballots, people=7, thresholds=thresholds)


TEAM_WEIGHTS = ("3.0", "2.0", "2.5", "1.0")
TEAM = (
    ((8, 5, 7, 6), (6, 8, 6, 7), (4, 6, 9, 8)),
    ((9, 6, 2, 6), (7, 7, 8, 6), (5, 6, 8, 7)),
    ((7, 6, 8, 5), (5, 9, 6, 8), (3, 7, 9, 9)),
    ((8, 4, 3, 7), (7, 8, 7, 6), (6, 5, 8, 8)),
    ((9, 7, 8, 6), (6, 7, 6, 7), (5, 6, 7, 6)),
)

TEAM_MEANS = (("8.2", "5.6", "5.6", "6.0"), ("6.2", "7.8", "6.6", "6.8"), ("4.6", "6.0", "8.2", "7.6"))

# --- By the number of ballots ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ballots", "totals"),
    [
        (0, None),
        (1, None),
        (2, None),
        (3, [None, None]),
        (4, ["6.5", "5.0"]),
        (5, ["6.4", "5.1"]),
        (6, ["6.4", "5.1"]),
        (7, ["6.4", "5.1"]),
    ],
)
def test_what_is_published_depends_on_the_number_of_ballots(ballots: int, totals: list[str | None] | None) -> None:
    result = of_scores("6.37", "5.14", ballots=ballots, voices=ballots)

    assert (result.version, result.ballots, result.people, result.thresholds) == (3, ballots, 7, USUAL)
    assert [row.total for row in result.rows] == (totals or [])
    assert result.leaders == ((option(0),) if totals else ())


def test_the_thresholds_frozen_with_the_round_decide_not_the_usual_ones() -> None:
    strict = Thresholds(ranking=6, totals=8, cell=8)

    hidden, halves = (of_scores("6.37", ballots=n, thresholds=strict).rows for n in (5, 7))

    assert hidden == ()
    assert [row.total for row in halves] == ["6.5"]


def test_an_option_with_two_people_on_a_cell_keeps_its_place_and_shows_no_total() -> None:
    # The second weight drowns the first: the mean of two people would be readable in the total.
    alone, with_me = ((5, None), (6, None)), ((5, 9), (6, 2))

    result = published([alone, alone, alone, with_me, with_me], "0.1", "5")

    assert [(r.option_id, r.place, r.total) for r in result.rows] == [
        (option(0), 1, None),
        (option(1), 2, None),
    ]
    assert result.cells == ()


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
    unanimous = [((score,),)] * people
    one_differs = [*unanimous[1:], ((nearer_the_middle,),)]

    alike, different = (published(ballots, "1") for ballots in (unanimous, one_differs))

    assert alike == different


def test_equal_rounded_totals_of_different_places_are_about_and_exact_ties_are_not() -> None:
    result = of_scores("7.04", "7.01", "6", "6", "5")

    assert [(r.place, r.total, r.is_about) for r in result.rows] == [
        (1, "7.0", True),
        (2, "7.0", True),
        (3, "6.0", False),
        (3, "6.0", False),
        (5, "5.0", False),
    ]


def test_totals_at_the_ends_are_never_about() -> None:
    result = of_scores("9.9", "9.8", "1.2", "1.1")

    assert [(r.total, r.is_about) for r in result.rows] == [
        ("≥ 9.5", False),
        ("≥ 9.5", False),
        ("≤ 1.5", False),
        ("≤ 1.5", False),
    ]


def test_options_that_are_not_ranked_are_never_about() -> None:
    result = of_scores("7", None, None)

    assert [r.is_about for r in result.rows] == [False, False, False]


def test_of_five_ballots_everything_is_kept_and_all_of_it_is_ready_to_print() -> None:
    result = published(TEAM, *TEAM_WEIGHTS)

    assert [(r.option_id, r.place, r.total, r.is_about) for r in result.rows] == [
        (option(1), 1, "6.8", False),
        (option(0), 2, "6.6", False),
        (option(2), 3, "6.3", False),
    ]
    assert [r.share is not None and r.share % 5 for r in result.rows] == [0, 0, 0]
    assert result.label is StabilityLabel.TOO_CLOSE
    assert result.topics == (
        ShownTopic(criterion(2), 75),
        ShownTopic(criterion(0), 15),
        ShownTopic(criterion(1), 15),
    )
    assert {(c.option_id, c.criterion_id): c.mean for c in result.cells} == {
        (option(o), criterion(k)): mean for o, row in enumerate(TEAM_MEANS) for k, mean in enumerate(row)
    }
    assert [c.option_id for c in result.cells if c.agreement is Agreement.SPLIT] == [option(0)]
    assert result.weight_limits == (
        WeightLimit(criterion(0), "3", "0.75", "3.85"),
        WeightLimit(criterion(1), "2", "1.25", None),
        WeightLimit(criterion(2), "2.5", "0.8", "4.75"),
    )
    assert (result.low, result.dominated, result.confident_leaders) == ((), (), None)


def test_of_four_ballots_places_label_halves_and_the_name_of_a_topic_are_kept() -> None:
    result = published(TEAM[:4], *TEAM_WEIGHTS, confidences=TEAM[:4])

    assert [(r.option_id, r.place, r.total, r.share) for r in result.rows] == [
        (option(1), 1, "7.0", None),
        (option(2), 2, "6.5", None),
        (option(0), 3, "6.0", None),
    ]
    assert result.label is StabilityLabel.LEANING
    assert result.topics == (ShownTopic(criterion(2), None),)
    assert (result.cells, result.low, result.dominated) == ((), (), ())
    assert (result.weight_limits, result.confident_leaders) == (None, None)


def test_of_three_ballots_places_label_and_the_name_of_a_topic_are_kept_and_no_totals() -> None:
    result = published(TEAM[:3], *TEAM_WEIGHTS, confidences=TEAM[:3])

    assert [(r.option_id, r.place, r.total, r.share) for r in result.rows] == [
        (option(1), 1, None, None),
        (option(0), 2, None, None),
        (option(2), 3, None, None),
    ]
    assert result.label is StabilityLabel.TOO_CLOSE
    assert result.topics == (ShownTopic(criterion(2), None),)
    assert (result.cells, result.low, result.dominated) == ((), (), ())


def test_of_four_ballots_an_option_that_somebody_did_not_judge_shows_no_total() -> None:
    """A criterion that three people scored is as open to the three as a round of three is."""
    without_effort = tuple((*row[:3], None) for row in TEAM[3])

    result = published([*TEAM[:3], without_effort], *TEAM_WEIGHTS)

    assert [r.place for r in result.rows] == [1, 2, 3]
    assert [r.total for r in result.rows] == [None, None, None]


@pytest.mark.parametrize("people", [3, 4])
@pytest.mark.parametrize(("weights", "is_dominated"), [(("4.01", "1"), True), (("4", "1"), False), (("1",), True)])
def test_below_five_ballots_a_criterion_that_drowns_the_others_leaves_places_and_label(
    people: int, weights: Sequence[str], is_dominated: bool
) -> None:
    seen = [[row[: len(weights)] for row in rows] for rows in TEAM[:people]]

    result = published(seen, *weights)

    is_bare = all(r.total is None for r in result.rows) and not result.topics
    assert is_bare == is_dominated
    assert (len(result.rows), result.label is not None) == (3, True)


def test_from_five_ballots_on_a_heavy_criterion_changes_nothing() -> None:
    assert all(row.total for row in published([rows[:2] for rows in TEAM], "5", "0.1").rows)


@pytest.mark.parametrize("people", [1, 2])
def test_of_two_ballots_nothing_is_kept(people: int) -> None:
    result = published(TEAM[:people], *TEAM_WEIGHTS)

    assert result == Result(3, people, people, USUAL)


@pytest.mark.parametrize("people", [2, 3, 5])
def test_a_second_round_keeps_places_and_the_label_only(people: int) -> None:
    first, second = (published(TEAM[:people], *TEAM_WEIGHTS, is_second=s) for s in (False, True))

    assert [(r.option_id, r.place) for r in second.rows] == [(r.option_id, r.place) for r in first.rows]
    assert second == Result(
        3, people, people, USUAL, tuple(replace(r, total=None, share=None) for r in second.rows), first.label
    )


# --- The team is split ---------------------------------------------------------------------------------

CAMPS = (*[((9, 6), (6, 6))] * 3, *[((3, 6), (6, 6))] * 2)
"""On the first criterion of the first option three and two are far apart."""


def test_a_split_team_is_called_split_and_told_how_large_its_camps_are() -> None:
    result = published(CAMPS, "1", "1")

    assert result.label is StabilityLabel.SPLIT
    assert [(c.option_id, c.criterion_id, c.camps) for c in result.cells if c.camps] == [
        (option(0), criterion(0), (2, 3))
    ]
    assert result.invites_second_round
    assert from_body(json.loads(json.dumps(to_body(result)))) == result


def test_a_split_on_a_cell_that_is_not_shown_is_not_told() -> None:
    """Four of five judged the first criterion, two against two: its cells are withheld, and how they look is too."""
    seen = [*CAMPS[1:], ((None, 6), (None, 6))]

    first, second = (published(seen, "1", "1", is_second=s) for s in (False, True))

    assert (first.label, second.label) == (StabilityLabel.TOO_CLOSE, StabilityLabel.TOO_CLOSE)
    assert published(CAMPS, "1", "1", is_second=True).label is StabilityLabel.SPLIT


# --- What follows from the means -----------------------------------------------------------------------

CLEAR = ((9, 3), (4, 8), (3, 7))
"""The first leads, though low on the second criterion; the third is nowhere better than the second."""


def test_a_low_mean_of_the_leader_and_a_dominated_option_are_said_from_five_ballots_on() -> None:
    five, four = published([CLEAR] * 5, "3", "1"), published([CLEAR] * 4, "3", "1")

    assert five.leaders == (option(0),)
    assert five.low == ((option(0), criterion(1)),)
    assert five.dominated == ((option(2), (option(1),)),)
    assert (four.low, four.dominated) == ((), ())


def test_nothing_is_said_of_a_mean_that_is_withheld() -> None:
    abstained = tuple((a, None) for a, _ in CLEAR)

    result = published([*[CLEAR] * 4, abstained], "3", "1", confidences=[CLEAR] * 5)

    assert result.leaders == (option(0),)
    assert (result.cells, result.low, result.dominated) == ((), (), ())
    assert (result.weight_limits, result.confident_leaders) == (None, None)


def test_no_weight_that_a_form_accepts_ends_the_lead_of_who_is_better_everywhere() -> None:
    result = published([((8, 7), (6, 5))] * 5, "3", "1")

    assert result.weight_limits == ()


@pytest.mark.parametrize("scores", [((10, 7), (6, 9)), ((7, 6), (6, 7))])
def test_of_hidden_ends_and_of_ties_no_weight_is_told(scores: Sequence[Sequence[int]]) -> None:
    assert published([scores] * 5, "1", "1").weight_limits is None


def test_who_would_lead_with_confidence_weighting_is_kept_from_five_ballots_on() -> None:
    people = [((9,), (2,)), ((3,), (6,)), ((3,), (6,)), ((6,), (5,)), ((6,), (5,))]
    sure = [((1,), (1,)), ((5,), (5,)), ((5,), (5,)), ((1,), (1,)), ((1,), (1,))]

    result = published(people, "1", confidences=sure)

    assert result.leaders == (option(0),)
    assert result.confident_leaders == (option(1),)


def test_a_topic_of_fewer_than_five_whole_ballots_has_no_number_and_of_two_no_name() -> None:
    def team(whole: int) -> list[list[tuple[int | None, ...]]]:
        """The topic rests on who scored both criteria; the others abstain from the second."""
        seen: list[list[tuple[int | None, ...]]] = [[(5 + i % 3, 9 - 3 * (i % 2)), (6, 5)] for i in range(whole)]
        return seen + [[(6, None), (6, None)]] * (6 - whole)

    topics = {whole: published(team(whole), "1", "3").topics for whole in (2, 4, 6)}

    assert topics[2] == ()
    assert topics[4] == (ShownTopic(criterion(1), None),)
    assert topics[6][0].criterion_id == criterion(1)
    assert topics[6][0].share


def test_a_share_is_printed_where_two_or_more_are_ranked_and_only_of_these() -> None:
    two = published([((8, 7), (5, 6), (7, None))] * 5, "1", "1")
    one = published([((8, 7), (5, None))] * 5, "1", "1")

    assert [row.share is None for row in two.rows] == [False, False, True]
    assert [row.share for row in one.rows] == [None, None]


def test_a_single_criterion_is_never_the_one_to_talk_about() -> None:
    apart = [((8 + i % 3,), (5,)) for i in range(5)]

    assert published(apart, "1").topics == ()
    assert published([(*rows, rows[1]) for rows in apart], "1").topics == ()
    assert published([tuple((*row, 5) for row in rows) for rows in apart], "1", "1").topics != ()


def test_a_topic_whose_share_rounds_to_nothing_is_left_out() -> None:
    people = [((1 + 2 * (i % 5), 5 + i % 2), (5, 5)) for i in range(10)]

    assert [topic.criterion_id for topic in published(people, "1", "0.1").topics] == [criterion(0)]


# --- Stored and read ------------------------------------------------------------------------------------

VERSION_1 = {
    "version": 1,
    "ballots": 5,
    "people": 6,
    "thresholds": {"ranking": 3, "totals": 5, "cell": 5},
    "rows": [
        {"option": str(option(1)), "place": 1, "total": "6.8", "is_about": False, "needs": []},
        {"option": str(option(0)), "place": None, "total": None, "is_about": False, "needs": [str(criterion(2))]},
    ],
}
"""As version 1 stored it."""


def test_a_result_of_version_1_is_read_without_what_it_lacks() -> None:
    read = from_body(VERSION_1)

    assert (read.version, read.ballots, read.people, read.leaders) == (1, 5, 6, (option(1),))
    assert [(r.place, r.total, r.needs) for r in read.rows] == [(1, "6.8", ()), (None, None, (criterion(2),))]
    absent = Result(1, 5, 6, USUAL, tuple(replace(r, share=None) for r in read.rows))
    assert read == absent


def test_totals_of_three_ballots_that_were_stored_before_are_not_read() -> None:
    rows = [row | {"total": "6.5", "is_about": True} for row in VERSION_1["rows"]]  # type: ignore[attr-defined]

    three, four = (from_body({**VERSION_1, "ballots": n, "rows": rows}) for n in (3, 4))

    assert [(r.total, r.is_about) for r in three.rows] == [(None, False)] * 2
    assert [(r.total, r.is_about) for r in four.rows] == [("6.5", True)] * 2


def test_a_body_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    result = published(TEAM, *TEAM_WEIGHTS)
    later = json.loads(json.dumps(to_body(result))) | {"version": 7, "mood": "good", "label": "crystal clear"}
    later["rows"][0]["colour"] = "blue"
    later["cells"][0]["agreement"] = "harmonious"

    read = from_body(later)

    assert read == replace(result, version=7, label=None, cells=result.cells[1:])


SCORES = st.one_of(st.none(), st.integers(1, 10))


@st.composite
def a_team(draw: st.DrawFn) -> tuple[list[list[list[int | None]]], list[str]]:
    """1..4 options, 1..3 criteria, 1..7 people, each abstaining from whole criteria now and then."""
    options, criteria, people = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 7))
    hundredths = draw(st.lists(st.integers(10, 500), min_size=criteria, max_size=criteria))
    rows = st.lists(st.lists(SCORES, min_size=criteria, max_size=criteria), min_size=options, max_size=options)
    seen = draw(st.lists(rows, min_size=people, max_size=people))
    for person in seen:
        for k in range(criteria):
            if any(row[k] is None for row in person):
                for row in person:
                    row[k] = None
    return seen, [str(Decimal(w) / 100) for w in hundredths]


@settings(max_examples=60, deadline=None)
@given(a_team(), st.booleans())
def test_a_result_survives_being_stored_as_json(
    played: tuple[list[list[list[int | None]]], list[str]], is_second: bool
) -> None:
    people, weights = played
    result = published(people, *weights, confidences=people, is_second=is_second)

    stored = json.loads(json.dumps(to_body(result)))

    assert from_body(stored) == result


@settings(max_examples=60, deadline=None)
@given(a_team())
def test_no_number_is_stored_but_counts_places_and_steps_of_five(
    played: tuple[list[list[list[int | None]]], list[str]],
) -> None:
    people, weights = played

    body = to_body(published(people, *weights, confidences=people))

    printed = {"version", "ballots", "people", "thresholds"}
    assert all(
        isinstance(found, int) and (name in ("place", "camps") or found % 5 == 0)
        for name, found in numbers({key: part for key, part in body.items() if key not in printed})
    )
    assert {f.name for f in fields(Result)} == set(body)


def numbers(part: object, name: str = "") -> list[tuple[str, float]]:
    """Every number in a body with the key it stands under."""
    if isinstance(part, dict):
        return [found for key, inner in part.items() for found in numbers(inner, key)]
    if isinstance(part, list):
        return [found for inner in part for found in numbers(inner, name)]
    return [(name, part)] if isinstance(part, (int, float)) and not isinstance(part, bool) else []


def test_exact_numbers_do_not_show_in_a_traceback() -> None:
    result = published(TEAM, *TEAM_WEIGHTS)

    assert "Fraction" not in repr(result)
