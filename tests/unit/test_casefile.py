"""A case as a file: what is accepted, and the one sentence for everything that is not."""

import json
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cli import casefile
from bot.cli.casefile import Case, parse
from bot.errors import Invalid


def a_case(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "options": ["Refund", "Credit"],
        "criteria": [{"name": "Cost", "weight": 3.0}, {"name": "Risk", "weight": 0.25}],
        "scores": {
            "Ana": {"Refund": {"Cost": 8, "Risk": 5}, "Credit": {"Cost": 6, "Risk": 7}},
            "Bo": {"Refund": {"Cost": 9, "Risk": 4}, "Credit": {"Cost": 5, "Risk": 8}},
        },
    }
    return usual | changes


def scored(*scores: Any) -> dict[str, Any]:
    """Ana's scores for the Refund on Cost and Risk."""
    return a_case(scores={"Ana": {"Refund": dict(zip(("Cost", "Risk"), scores, strict=False))}})


def read(content: Any) -> Case:
    return parse(json.dumps(content).encode())


def by_name(case: Case, cells: Any) -> dict[tuple[str, str], int]:
    return {(case.options[o], case.criteria[k]): score for (o, k), score in cells.items()}


def test_a_case_has_options_criteria_weights_and_a_ballot_per_person() -> None:
    case = read(a_case())

    assert list(case.options.values()) == ["Refund", "Credit"]
    assert [(case.criteria[k], w) for k, w in case.weights] == [("Cost", 3), ("Risk", Decimal("0.25"))]
    assert case.people == ("Ana", "Bo")
    assert by_name(case, case.ballots[1]) == {
        ("Refund", "Cost"): 9,
        ("Refund", "Risk"): 4,
        ("Credit", "Cost"): 5,
        ("Credit", "Risk"): 8,
    }
    assert (case.confidences, case.unused_keys) == ((), ())


def test_weights_are_read_as_written_not_as_binary_fractions() -> None:
    case = parse(json.dumps(a_case()).replace("0.25", "0.1").encode())

    assert case.weights[1][1] == Decimal("0.1")


def test_cells_may_be_missing_or_null_and_a_whole_number_may_have_a_point() -> None:
    case = read(scored(None, 7.0))

    assert by_name(case, case.ballots[0]) == {("Refund", "Risk"): 7}


def test_confidence_is_per_criterion_or_per_cell() -> None:
    case = read(a_case(confidence={"Bo": {"Cost": 5, "Refund": {"Risk": 1}}}))

    assert [by_name(case, sure) for sure in case.confidences] == [
        {},
        {("Refund", "Cost"): 5, ("Credit", "Cost"): 5, ("Refund", "Risk"): 1},
    ]


def test_spaces_around_names_do_not_matter() -> None:
    case = read(a_case(options=[" Refund", "Store   credit"], scores={"Ana": {"Store credit ": {" Cost": 3}}}))

    assert by_name(case, case.ballots[0]) == {("Store credit", "Cost"): 3}


def per_cent(*weights: Any) -> dict[str, Any]:
    return a_case(criteria=[{"name": n, "weight": w} for n, w in zip(("Cost", "Risk"), weights, strict=True)])


def test_weights_may_be_written_in_per_cent() -> None:
    case = read(per_cent("25%", "7.5 %"))

    assert [weight for _, weight in case.weights] == [25, Decimal("7.5")]
    assert case.is_in_per_cent


def test_per_cent_and_plain_numbers_do_not_mix() -> None:
    with pytest.raises(Invalid) as refused:
        read(per_cent("25%", 3))

    assert refused.value.message == (
        'in "criteria": some weights are in per cent and some are not; write all of them alike.'
    )


def test_scores_on_another_scale_are_stretched_to_the_usual_one_and_read_back_as_written() -> None:
    zero_to_five = {"Refund": {"Cost": 0, "Risk": 5}, "Credit": {"Cost": 1, "Risk": 4}}

    case = read(a_case(scale=[0, 5], scores={"Ana": zero_to_five}))

    assert list(by_name(case, case.ballots[0]).values()) == [1, 10, Fraction(14, 5), Fraction(41, 5)]
    assert [case.as_written(score) for score in case.ballots[0].values()] == [0, 5, 1, 4]


@pytest.mark.parametrize(
    ("scale", "sentence"),
    [
        ([5], 'in "scale": a scale is a list of its two ends, like [0, 5].'),
        ("0-5", 'in "scale": a scale is a list of its two ends, like [0, 5].'),
        (None, 'in "scale": a scale is a list of its two ends, like [0, 5].'),
        ([5, 0], 'in "scale": the lower end comes first; 0 is the worst of [0, 5].'),
        ([3, 3], 'in "scale": the lower end comes first; 0 is the worst of [0, 5].'),
        ([0, 0.5], 'in "scale" > number 2: an end is a whole number from -1000 to 1000.'),
        ([0, 1e9], 'in "scale" > number 2: an end is a whole number from -1000 to 1000.'),
        ([True, 5], 'in "scale" > number 1: an end is a whole number from -1000 to 1000.'),
    ],
)
def test_a_scale_is_two_whole_numbers_the_lower_first(scale: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(a_case(scale=scale))

    assert refused.value.message == sentence


def test_a_score_lies_on_the_files_own_scale() -> None:
    with pytest.raises(Invalid) as refused:
        read(scored(0, 6) | {"scale": [0, 5]})

    assert refused.value.message == 'in "scores" > "Ana" > "Refund" > "Risk": a score is a whole number from 0 to 5.'


def test_a_key_that_means_nothing_is_told_and_a_byte_order_mark_is_not() -> None:
    case = parse(b"\xef\xbb\xbf" + json.dumps(a_case(confidences={})).encode())

    assert case.unused_keys == ("confidences",)


MANY = [f"Option {i}" for i in range(51)]
CRITERIA = a_case()["criteria"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "this has to be an object, in curly brackets."),
        ("text", "this has to be an object, in curly brackets."),
        ({}, '"options" is missing; it has "options", "criteria" and "scores".'),
        ({"options": ["A", "B"]}, '"criteria" is missing; it has "options", "criteria" and "scores".'),
        (a_case(options="Refund"), 'in "options": this has to be a list, in square brackets.'),
        (a_case(options=[]), 'in "options": there are 0, but 2 to 50 are possible.'),
        (a_case(options=["Refund"]), 'in "options": there are 1, but 2 to 50 are possible.'),
        (a_case(options=MANY), 'in "options": there are 51, but 2 to 50 are possible.'),
        (a_case(options=["Refund", 7]), 'in "options" > number 2: a name is a text, in quotes.'),
        (a_case(options=["Refund", "  "]), 'in "options" > number 2: a name has 1 to 200 printable characters.'),
        (a_case(options=["A", "\u200b\x1b"]), 'in "options" > number 2: a name has 1 to 200 printable characters.'),
        (a_case(options=["Refund", "Re\u200bfund"]), 'in "options" > number 2: the name "Refund" appears twice.'),
        (a_case(options=["A", "\ud800"]), 'in "options" > number 2: a name has 1 to 200 printable characters.'),
        (a_case(options=["A", "B" * 201]), 'in "options" > number 2: a name has 1 to 200 printable characters.'),
        (a_case(options=["Refund", "refund "]), 'in "options" > number 2: the name "refund" appears twice.'),
        (a_case(criteria=[]), 'in "criteria": there are 0, but 1 to 50 are possible.'),
        (a_case(criteria=["Cost"]), 'in "criteria" > number 1: this has to be an object, in curly brackets.'),
        (a_case(criteria=[{"weight": 1}]), 'in "criteria" > number 1: "name" is missing.'),
        (a_case(criteria=[{"name": "Cost"}]), 'in "criteria" > number 1: "weight" is missing.'),
        (a_case(criteria=[*CRITERIA, CRITERIA[0]]), 'in "criteria" > number 3: the name "Cost" appears twice.'),
        (a_case(scores=[]), 'in "scores": this has to be an object, in curly brackets.'),
        (a_case(scores={}), 'in "scores": 0 people scored, but 1 to 1000 are possible.'),
        (
            a_case(scores={str(i): {} for i in range(1001)}),
            'in "scores": 1001 people scored, but 1 to 1000 are possible.',
        ),
        (a_case(scores={"Ana": 7}), 'in "scores" > "Ana": this has to be an object, in curly brackets.'),
        (
            a_case(scores={"Ana": {"Refund": 7}}),
            'in "scores" > "Ana" > "Refund": this has to be an object, in curly brackets.',
        ),
        (a_case(scores={"Ana": {"Refnd": {}}}), 'in "scores" > "Ana": there is no option "Refnd".'),
        (
            a_case(scores={"Ana": {"Refund": {"Legal": 7}}}),
            'in "scores" > "Ana" > "Refund": there is no criterion "Legal".',
        ),
        (a_case(scores={"Ana": {}, "Ana ": {}}), 'in "scores": the name "Ana" appears twice.'),
        (a_case(scores={"": {}}), 'in "scores" > "": a name has 1 to 200 printable characters.'),
        (
            a_case(scores={"Ana": {"Refund": {}, "Refund ": {}}}),
            'in "scores" > "Ana": the name "Refund " appears twice.',
        ),
        (a_case(confidence={"Cy": {"Cost": 3}}), 'in "confidence": there is no person with scores "Cy".'),
        (
            a_case(confidence={"Ana": {"Cost": 6}}),
            'in "confidence" > "Ana" > "Cost": a confidence is a whole number from 1 to 5.',
        ),
        (a_case(confidence={"Ana": 3}), 'in "confidence" > "Ana": this has to be an object, in curly brackets.'),
    ],
)
def test_a_file_that_cannot_be_used_says_what_and_where(content: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(content)

    assert refused.value.message == sentence


@pytest.mark.parametrize("score", [0, 11, -3, 7.5, 1e300, 10**30, "7", True, [7], {"x": 7}])
def test_a_score_is_a_whole_number_from_one_to_ten_and_is_never_repeated(score: Any) -> None:
    with pytest.raises(Invalid) as refused:
        read(scored(5, score))

    assert refused.value.message == 'in "scores" > "Ana" > "Refund" > "Risk": a score is a whole number from 1 to 10.'


@pytest.mark.parametrize("weight", [0, -1, 1001, 0.0001, "3", "0%", "x%", "%", "2000%", None, False, 1e300, [1]])
def test_a_weight_is_a_number_above_nothing(weight: Any) -> None:
    with pytest.raises(Invalid) as refused:
        read(a_case(criteria=[{"name": "Cost", "weight": weight}]))

    assert refused.value.message == (
        'in "criteria" > "Cost" > "weight": a weight is a number from 0.001 to 1000, or a text like "25%".'
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty."),
        (b" \n", "the file is empty."),
        (b'{"options": [', "this is not JSON: Expecting value, line 1, column 14."),
        (b"\xff\xfe{", "the file is not text in UTF-8."),
        (b"[" * 200_000, "the brackets are nested too deeply."),
        (b'{"options": [NaN]}', "NaN is not a number that JSON knows."),
        (b'{"options": [-Infinity]}', "-Infinity is not a number that JSON knows."),
        (b'{"scores": {"Ana": 1, "Ana": 2}}', 'the name "Ana" appears twice in the same place.'),
        (b" " * 10_000_001, "the file is larger than 10 MB. Is it the right one?"),
    ],
)
def test_what_is_not_a_json_file_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(content)

    assert refused.value.message == sentence


@pytest.mark.parametrize("number", ["1" * 5_000, "1e99999999999999999999", "-1e-99999999999999999999", "1e-400000000"])
def test_monstrous_numbers_are_refused_at_once(number: str) -> None:
    score, weight = (json.dumps(case).replace('"N"', number) for case in (scored("N"), a_case(criteria=CRITERIA)))

    with pytest.raises(Invalid):
        parse(score.encode())
    with pytest.raises(Invalid):
        parse(weight.replace("0.25", number).encode())


def test_a_weight_with_endless_decimals_is_refused() -> None:
    with pytest.raises(Invalid, match="at most 20 decimals"):
        parse(json.dumps(a_case()).replace("0.25", "0." + "3" * 100).encode())


def test_a_long_name_is_shortened_and_control_characters_are_spelled_out() -> None:
    with pytest.raises(Invalid) as long:
        read(a_case(scores={"Ana": {"x" * 10_000: {}}}))
    with pytest.raises(Invalid) as odd:
        read(a_case(scores={"Ana": {"\x1b[2J": {}}}))

    assert len(long.value.message) < 200
    assert "\\u001b" in odd.value.message
    assert "\x1b" not in odd.value.message


def test_reading_names_the_file(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.json", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(Invalid, match=reason) as refused:
            casefile.read(path)
        assert str(path) in refused.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["options", "criteria", "scores", "confidence"]), JSON))
def test_whatever_the_file_holds_the_answer_is_a_case_or_a_refusal(changes: dict[str, Any]) -> None:
    with suppress(Invalid):
        assert read(a_case(**changes)).options
