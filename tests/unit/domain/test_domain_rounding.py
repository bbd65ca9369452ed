"""How a score is printed, and what a reader learns from the print."""

from fractions import Fraction

import pytest

from bot.domain.rounding import HALF, TENTH, is_number, number, range_of, rounded


@pytest.mark.parametrize(
    ("score", "step", "printed", "low", "high"),
    [
        ("1", TENTH, "≤ 1.5", "1", "1.5"),
        ("1.5", TENTH, "≤ 1.5", "1", "1.5"),
        ("1.51", TENTH, "1.5", "1.5", "1.55"),
        ("7.449", TENTH, "7.4", "7.35", "7.45"),
        ("7.45", TENTH, "7.5", "7.45", "7.55"),
        ("7.2", HALF, "7.0", "6.75", "7.25"),
        ("9.49", TENTH, "9.5", "9.45", "9.5"),
        ("9.5", TENTH, "≥ 9.5", "9.5", "10"),
        ("10", HALF, "≥ 9.5", "9.5", "10"),
    ],
)
def test_a_print_stands_for_all_scores_that_print_like_it(
    score: str, step: Fraction, printed: str, low: str, high: str
) -> None:
    assert rounded(Fraction(score), step) == printed
    assert range_of(Fraction(score), step) == (Fraction(low), Fraction(high))


def test_a_print_is_read_back_as_a_number_and_an_end_of_the_scale_is_none() -> None:
    assert [number(printed) for printed in ("7.4", "≥ 9.5", "≤ 1.5")] == [Fraction(74, 10), Fraction(19, 2), HALF * 3]
    assert [is_number(printed) for printed in ("7.4", "≥ 9.5", "≤ 1.5", None)] == [True, False, False, False]
