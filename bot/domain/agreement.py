"""Where a team agrees, where it is of two minds, and what it should talk about. Knows scores, not people."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise, product
from math import fsum, log2
from uuid import UUID

from bot.domain.evaluation import MAX_SCORE, MIN_SCORE
from bot.domain.ranking import Cells, Weights

WIDTH = MAX_SCORE - MIN_SCORE
ALIGNED, MIXED = 0.80, 0.60
SPLIT_BELOW, SPLIT_GAP, SPLIT_SIDE = 0.65, 3, 2
MIN_NUMBERED = 5
"""Fewer people than this: a topic is named without a number."""


class Agreement(StrEnum):
    ALIGNED = "aligned"
    MIXED = "mixed"
    SPREAD = "spread"
    SPLIT = "split"


@dataclass(frozen=True)
class CellAgreement:
    consensus: float = field(repr=False)
    label: Agreement
    camps: tuple[int, int] | None = None
    """Where it is split: how many gave less, and how many more."""


@dataclass(frozen=True)
class Topic:
    criterion_id: UUID
    share: Fraction | None = field(repr=False)
    """Of the disagreement about leader or runner-up, 1 = all of it; None = too few people for a number."""
    voices: int
    """How many people scored both options on every criterion; nobody else counts here."""


def agreement(scores: Sequence[int | Fraction]) -> CellAgreement | None:
    """Measure one cell; None below 2 scores: one person neither agrees nor differs."""
    if len(scores) < 2:
        return None
    found = consensus(scores)
    camps = _camps(scores) if found < SPLIT_BELOW else None
    if camps:
        return CellAgreement(found, Agreement.SPLIT, camps)
    if found >= ALIGNED:
        return CellAgreement(found, Agreement.ALIGNED)
    return CellAgreement(found, Agreement.MIXED if found >= MIXED else Agreement.SPREAD)


def consensus(scores: Sequence[int | Fraction], *, width: int = WIDTH) -> float:
    """Cns = 1 + sum p_i log2(1 - |x_i - mean| / width): 1 = all the same, 0 = half at each end of the scale.

    width: last minus first step of the scale, not of the scores seen. Source: Tastle & Wierman 2007.
    """
    total, people = sum(scores, Fraction(0)), len(scores)
    # In exact numbers, so that the ends of the scale give exactly 0 and equal scores exactly 1.
    terms = (
        count / people * log2((width * people - abs(Fraction(score) * people - total)) / (width * people))
        for score, count in Counter(scores).items()
    )
    return 1 + fsum(terms)


def _camps(scores: Sequence[int | Fraction]) -> tuple[int, int] | None:
    """The people on both sides of the widest gap between neighbours, where that parts the team in two.

    The gap is at least 3 wide, wider than every other one (2, 5, 8 are spread evenly: no camps), and has at least 2
    people on each side.
    """
    gaps = [high - low for low, high in pairwise(sorted(scores))]
    widest = max(gaps)
    lower = gaps.index(widest) + 1
    is_split = widest >= SPLIT_GAP and gaps.count(widest) == 1 and SPLIT_SIDE <= lower <= len(scores) - SPLIT_SIDE
    return (lower, len(scores) - lower) if is_split else None


def camp_sizes(camps: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """How large the camps about one criterion are, the larger one first; None where its options part it differently."""
    sizes = {(max(pair), min(pair)) for pair in camps}
    return sizes.pop() if len(sizes) == 1 else None


def find_topics(ballots: Sequence[Cells], *, weights: Weights, leader: UUID, runner_up: UUID) -> tuple[Topic, ...]:
    """What to talk about first: the criteria that make people differ on leader or runner-up, the most so first.

    d_k = leader minus runner-up per person, g = sum_k W_k d_k, share_k = Cov(W_k d_k, g) / Var(g); all shares
    add up to 1; exact. Only positive ones are topics. Of few people the first alone, by name. Counts those who
    scored both options on every criterion; empty where they all see the same gap.
    """
    criteria = [criterion for criterion, _ in weights]
    gaps = _gaps(ballots, criteria, leader, runner_up)
    people = len(gaps[0])
    if people < 2:
        return ()
    shares = zip(_shares(gaps, [Fraction(weight) for _, weight in weights]), criteria, strict=True)
    found = sorted((share for share in shares if share[0] > 0), key=lambda share: share[0], reverse=True)
    if people < MIN_NUMBERED:
        return tuple(Topic(k, None, people) for share, k in found if share == found[0][0])
    return tuple(Topic(k, share, people) for share, k in found)


def _gaps(
    ballots: Sequence[Cells], criteria: Sequence[UUID], leader: UUID, runner_up: UUID
) -> list[list[int | Fraction]]:
    """d_k of those who scored both options on every criterion: (criteria, people)."""
    wanted = set(product((leader, runner_up), criteria))
    whole = [ballot for ballot in ballots if wanted <= ballot.keys()]
    return [[ballot[leader, k] - ballot[runner_up, k] for ballot in whole] for k in criteria]


def _shares(gaps: Sequence[Sequence[int | Fraction]], weights: Sequence[Fraction]) -> list[Fraction]:
    """gaps: (criteria, people). All 0 where the weighted gaps of all people are equal."""
    # Covariances of whole numbers first: the bilinear form then needs few fractions, whatever the team's size.
    codeviations = [
        weight * sum((other * _codeviation(xs, ys) for other, ys in zip(weights, gaps, strict=True)), Fraction(0))
        for weight, xs in zip(weights, gaps, strict=True)
    ]
    total = sum(codeviations, Fraction(0))
    return [part / total if total else Fraction(0) for part in codeviations]


def _codeviation(xs: Sequence[int | Fraction], ys: Sequence[int | Fraction]) -> int | Fraction:
    """n squared times the covariance of the population; the factor cancels in a share."""
    return len(xs) * sum(x * y for x, y in zip(xs, ys, strict=True)) - sum(xs) * sum(ys)
