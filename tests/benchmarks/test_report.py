"""The arithmetic of the benchmarks, and that they cannot be passed by not measuring."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import write
from benchmarks.goals import GOALS
from benchmarks.report import Found, as_json, is_below_must, markdown, ratios, rows, skipped


def test_a_ratio_is_made_within_its_round() -> None:
    assert ratios([10, 30], [100, 100]) == (0.1, 0.3)


def test_rounds_that_lack_their_other_half_are_no_ratios() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([10, 30], [100])


@pytest.mark.parametrize(
    ("key", "rounds", "verdict"),
    [
        ("P1", (0.1, 0.31, 0.9), "met"),
        ("P1", (0.1, 0.29, 0.9), "MISSED"),
        ("P6", (1.0, 2.9, 9.0), "met"),
        ("P6", (1.0, 3.1, 9.0), "MISSED"),
        ("P7r", (0.0, 0.0, 0.0), "met"),
        ("rows", (1.0,), "MISSED"),
    ],
)
def test_the_median_decides_on_the_side_that_the_goal_asks_for(
    key: str, rounds: tuple[float, ...], verdict: str
) -> None:
    assert Found(key, rounds).verdict == verdict


def test_what_was_skipped_is_missed() -> None:
    found = [Found("P1", (0.9,)), *skipped(("P4",), "no node")]

    assert is_below_must(found)
    assert [one.verdict for one in found] == ["met", "MISSED (skipped)"]


def test_a_number_beside_a_contender_that_lacked_something_is_missed_however_good() -> None:
    assert is_below_must([Found("P1", (0.9,), "the limit without uvloop")])


def test_all_met_is_not_below_must() -> None:
    assert not is_below_must([Found("P1", (0.9,)), Found("rows", (0.0,))])


def test_the_table_has_least_median_and_most_in_the_order_of_the_goals() -> None:
    first, second = rows([Found("P6", (1.5, 9.0, 2.5)), Found("P1", (0.5, 0.25, 0.75))])

    assert first[0] == "P1"
    assert first[2:] == ("0.25", "0.5", "0.75", "≥ 0.3", "0.7", "met")
    assert second[2:] == ("1.5", "2.5", "9", "≤ 3", "1.5", "met")


def test_every_goal_aims_beyond_its_must() -> None:
    assert [goal.key for goal in GOALS if not goal.is_met(goal.aim)] == []
    assert len({goal.key for goal in GOALS}) == len(GOALS)


def test_the_document_keeps_what_is_around_its_table(tmp_path: Path) -> None:
    machine = {"cores": 2, "load": [0.5], "load_after": [2.0]}
    effort = {"rounds": 3, "people": 200, "big": 100_000}
    report = as_json([Found("P1", (0.5,))], effort=effort, machine=machine, notes=[])
    (tmp_path / "found.json").write_text(json.dumps(report))
    document = tmp_path / "performance.md"
    document.write_text("Before\n<!-- made by python -m benchmarks --write -->\nold\n<!-- until here -->\nAfter\n")

    write(tmp_path / "found.json", document)
    write(tmp_path / "found.json", document)

    written = document.read_text()
    assert written.startswith("Before\n")
    assert written.endswith("After\n")
    assert "old" not in written
    assert written.count(markdown(report)) == 1
    assert "| 0.5 | **0.5** | 0.5 |" in written
