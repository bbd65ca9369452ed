"""How generous each person scores, so that means over different people for different options stay fair.

Exact where ties can matter: two options that tie, tie.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from uuid import UUID

from bot.domain.ranking import Cell, Cells, cell_means

Pattern = frozenset[Cell]
"""The cells that a person scored. Sixty people who all scored everything share one pattern, and are solved as one."""
MAX_EXACT = 30
"""Up to so many different patterns the fit is exact (1 s at most); beyond, it is rounded to 1e-12."""
FINE = 10**12


@dataclass(frozen=True)
class Leniency:
    offsets: tuple[Fraction, ...] = field(repr=False)
    """One per ballot, to be subtracted from each of its scores; they add up to 0 in every circle."""
    circles: int
    """How many groups of people there are whom no commonly scored cell connects: Ann and Bo scored only one option,
    Cy only the other. Who is more generous cannot be told across groups; their scores are compared as they stand."""

    def adjust(self, ballots: Sequence[Cells]) -> tuple[Mapping[Cell, Fraction], ...]:
        return tuple(
            {cell: score - offset for cell, score in ballot.items()}
            for ballot, offset in zip(ballots, self.offsets, strict=True)
        )


def find_partial(ballots: Sequence[Cells]) -> tuple[int, ...]:
    """Positions of those who scored only some of a criterion's options; all or none of them is not partial.

    An option counts from the first score on that criterion on: what nobody scored, nobody left out.
    """
    if all(ballot.keys() == ballots[0].keys() for ballot in ballots):
        return ()
    options = _per_criterion({cell for ballot in ballots for cell in ballot})
    return tuple(i for i, ballot in enumerate(ballots) if _is_partial(_per_criterion(ballot), options))


def _per_criterion(cells: Iterable[Cell]) -> Counter[UUID]:
    """How many options of each criterion are among the cells."""
    return Counter(criterion for _, criterion in cells)


def _is_partial(given: Mapping[UUID, int], options: Mapping[UUID, int]) -> bool:
    return any(count < options[criterion] for criterion, count in given.items())


def fit(ballots: Sequence[Cells]) -> Leniency:
    """Fit x_eok = c_ok + a_e by least squares with sum a_e = 0; a ballot without cells gets 0.

    The fitted c_ok are the means of the adjusted scores; on complete ballots these are the plain means.
    Source: additive two-way layout with missing cells, Scheffe 1959, ch. 4.
    """
    patterns = [frozenset(ballot) for ballot in ballots]
    voices = Counter(cell for pattern in patterns for cell in pattern)
    residues = _residues(ballots)
    circles = _circles(patterns)
    # The normal equation of person e: N_e a_e - sum over e's cells of mean_cell(a) = residue_e.
    offsets_sum: defaultdict[Cell, Fraction] = defaultdict(Fraction)
    for circle in circles:
        for pattern, total in _solve(circle, patterns=patterns, residues=residues, voices=voices).items():
            for cell in pattern:
                offsets_sum[cell] += total
    drift = {p: _sum(offsets_sum[cell] / voices[cell] for cell in p) for p in set(patterns)}
    # Of a ballot without cells both are 0.
    offsets = ((residue + drift[p]) / max(len(p), 1) for p, residue in zip(patterns, residues, strict=True))
    return Leniency(tuple(offsets), len(circles))


def _sum(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction(0))


def _residues(ballots: Sequence[Cells]) -> list[Fraction]:
    """Per person: by how much their scores add up to more than the plain means of the same cells."""
    means = {cell: mean.value for cell, mean in cell_means(ballots).items()}
    return [_sum(score - means[cell] for cell, score in ballot.items()) for ballot in ballots]


def _circles(patterns: Sequence[Pattern]) -> list[list[Pattern]]:
    """The different patterns, grouped by whether they overlap, directly or through others."""
    circles: list[tuple[list[Pattern], set[Cell]]] = []
    for pattern in dict.fromkeys(filter(None, patterns)):
        touched = [circle for circle in circles if not circle[1].isdisjoint(pattern)]
        apart = [circle for circle in circles if circle[1].isdisjoint(pattern)]
        members = [member for circle, _ in touched for member in circle]
        circles = [*apart, ([*members, pattern], set(pattern).union(*(cells for _, cells in touched)))]
    return [members for members, _ in circles]


def _solve(
    circle: Sequence[Pattern],
    *,
    patterns: Sequence[Pattern],
    residues: Sequence[Fraction],
    voices: Mapping[Cell, int],
) -> dict[Pattern, Fraction]:
    """The sum of the offsets of all people with the same pattern, for each pattern of one circle.

    The normal equations added up per pattern. One of them follows from the others; sum a = 0 takes its place.
    """
    people = Counter(patterns)
    totals: defaultdict[Pattern, Fraction] = defaultdict(Fraction)
    for pattern, residue in zip(patterns, residues, strict=True):
        totals[pattern] += residue
    right = [*(totals[pattern] for pattern in circle[:-1]), Fraction(0)]
    if len(circle) > MAX_EXACT:
        return _solve_roughly(circle, people=people, right=right, voices=voices)
    rows = []
    for mine in circle[:-1]:
        shared = (_sum(Fraction(1, voices[cell]) for cell in mine & other) for other in circle)
        row = [-people[mine] * share for share in shared]
        row[circle.index(mine)] += len(mine)
        rows.append(row)
    rows.append([Fraction(1)] * len(circle))
    solved = _eliminate([[*row, value] for row, value in zip(rows, right, strict=True)])
    return dict(zip(circle, solved, strict=True))


def _eliminate(rows: list[list[Fraction]]) -> list[Fraction]:
    """Solve the square system `rows` = [A | b] by Gauss-Jordan, exactly. Changes `rows`.

    Rows need not be exchanged: the equations of some patterns of a circle, but not all, are positive definite, so that
    no pivot is 0; and sum a = 0 as the last one makes the system regular.
    """
    for i in range(len(rows)):
        head = rows[i][i]
        rows[i] = [value / head for value in rows[i]]
        for j, row in enumerate(rows):
            if j != i and row[i]:
                rows[j] = _minus(row, rows[i], times=row[i])
    return [row[-1] for row in rows]


def _minus(row: Sequence[Fraction], other: Sequence[Fraction], *, times: Fraction) -> list[Fraction]:
    return [a - times * b if b else a for a, b in zip(row, other, strict=True)]


def _solve_roughly(
    circle: Sequence[Pattern],
    *,
    people: Mapping[Pattern, int],
    right: Sequence[Fraction],
    voices: Mapping[Cell, int],
) -> dict[Pattern, Fraction]:
    """The same system in floating point: exact elimination grows with the fourth power of the patterns."""
    import numpy as np

    cells = {cell: index for index, cell in enumerate(voices)}
    incidence = np.zeros((len(circle), len(cells)))
    for row, pattern in enumerate(circle):
        incidence[row, [cells[cell] for cell in pattern]] = 1
    shared = (incidence / np.array(list(voices.values()))) @ incidence.T
    matrix = np.diag(incidence.sum(axis=1)) - np.array([[people[p]] for p in circle]) * shared
    matrix[-1] = 1
    solved = np.linalg.solve(matrix, np.array([float(value) for value in right]))
    return {p: Fraction(round(total * FINE), FINE) for p, total in zip(circle, solved.tolist(), strict=True)}
