"""How a score is printed, and what a reader learns from the print. Both ends of the scale are blurred."""

from fractions import Fraction
from math import floor

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
LOW_END, HIGH_END = Fraction(3, 2), Fraction(19, 2)


def rounded(score: Fraction, step: Fraction) -> str:
    """The score as printed: rounded half up to a multiple of `step`; both ends of the scale blurred.

    Else a 10.0 would tell that everybody gave a 10.
    """
    if score >= HIGH_END:
        return "≥ 9.5"
    if score <= LOW_END:
        return "≤ 1.5"
    tenths = int(_nearest(score, step) * 10)
    return f"{tenths // 10}.{tenths % 10}"


def range_of(score: Fraction, step: Fraction) -> tuple[Fraction, Fraction]:
    """All scores that print like this one, as a closed range."""
    if score >= HIGH_END:
        return HIGH_END, Fraction(10)
    if score <= LOW_END:
        return Fraction(1), LOW_END
    middle = _nearest(score, step)
    return max(middle - step / 2, LOW_END), min(middle + step / 2, HIGH_END)


def number(printed: str) -> Fraction:
    """What the print says, as a number: "7.4" -> 7.4, "≥ 9.5" -> 9.5."""
    return Fraction(printed.removeprefix("≥ ").removeprefix("≤ "))


def is_number(printed: str | None) -> bool:
    """Whether it is printed without "≥" or "≤"."""
    return printed is not None and printed[0].isdigit()


def _nearest(score: Fraction, step: Fraction) -> Fraction:
    return floor(score / step + HALF) * step
