"""Which cell means and totals may be printed together, so that what is withheld cannot be computed from the rest.

A reader knows the weights, every printed total and mean, and the order of the places. For every cell that is withheld
`choose` works out the range which all of that leaves, and withholds more until the range is wide enough.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from operator import mul
from uuid import UUID

from bot.domain.ranking import NO_SCORES, Cell, CellMeans, RankedOption, Ranking, Weights
from bot.domain.rounding import HIGH_END, LOW_END, range_of

LEAST, MOST = Fraction(1), Fraction(10)
OPEN = Fraction(2)
"""A withheld mean stays open by at least so many points of the scale."""

Range = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Shown:
    """What may be printed."""

    cells: frozenset[Cell]
    totals: frozenset[UUID]


NOTHING = Shown(frozenset(), frozenset())


def choose(
    ranking: Ranking,
    *,
    weights: Weights,
    means: CellMeans,
    step: Fraction,
    total_voices: int,
    cell_voices: int | None,
) -> Shown:
    """Choose cells and totals to print; a function of its arguments.

    weights: all above 0. step: to which totals are rounded. total_voices: the fewest people behind each cell of a
    printed total. cell_voices: the fewest people behind a printed cell mean; None prints no cell means.

    A withheld cell takes the next smallest cell of its option with it (among equals one that is not printed as an end
    of the scale, and the heaviest of these). Further ones follow while the range that is left for its mean is narrower
    than `OPEN`, or while a "≥ 9.5" could be told to be more than that; then the option's total. Where all that is not
    enough, nothing but the order of the places is left.
    """
    audit = _Audit(ranking, dict(weights), means, step, total_voices if cell_voices is None else cell_voices)
    shown = audit.with_enough_voices(total_voices, cell_voices)
    for row in ranking.rows:
        if not shown.cells.issuperset(audit.cells_of(row.option_id)):
            shown = audit.withhold_cell(shown, row.option_id) or shown
    while leaking := audit.find_leaking(shown):
        fewer = audit.withhold_cell(shown, leaking) or audit.withhold_total(shown, leaking)
        if fewer is None:
            return NOTHING
        shown = fewer
    return shown


@dataclass(frozen=True)
class _Audit:
    """What a reader could work out from what is shown."""

    ranking: Ranking
    weights: Mapping[UUID, Decimal]
    means: CellMeans = field(repr=False)
    step: Fraction
    protected_below: int
    """Cells of fewer people have to stay open."""

    def cells(self) -> Iterable[Cell]:
        return (cell for row in self.ranking.rows for cell in self.cells_of(row.option_id))

    def cells_of(self, option_id: UUID) -> Sequence[Cell]:
        return [(option_id, criterion) for criterion in self.weights]

    def voices(self, cell: Cell) -> int:
        return self.means.get(cell, NO_SCORES).voices

    def weight(self, cell: Cell) -> Fraction:
        return Fraction(self.weights[cell[1]])

    def with_enough_voices(self, total_voices: int, cell_voices: int | None) -> Shown:
        """What has so many people behind it; no cell at all where cell_voices is None."""
        cells = self.cells() if cell_voices is not None else ()
        return Shown(
            frozenset(cell for cell in cells if self.voices(cell) >= (cell_voices or 0)),
            frozenset(r.option_id for r in self.ranking.rows if r.score is not None and r.voices >= total_voices),
        )

    def withhold_cell(self, shown: Shown, option_id: UUID) -> Shown | None:
        """Withhold the option's smallest printed cell; None where it has none."""
        left = [cell for cell in self.cells_of(option_id) if cell in shown.cells]
        if not left:
            return None
        smallest = min(left, key=lambda cell: (self.voices(cell), self._is_end(cell), -self.weight(cell)))
        return replace(shown, cells=shown.cells - {smallest})

    def withhold_total(self, shown: Shown, option_id: UUID) -> Shown | None:
        return replace(shown, totals=shown.totals - {option_id}) if option_id in shown.totals else None

    def find_leaking(self, shown: Shown) -> UUID | None:
        """The first option of which a withheld mean, or what hides behind an end of the scale, can be told."""
        for row, total in zip(self.ranking.rows, self._total_ranges(shown), strict=True):
            cells = self.cells_of(row.option_id) if row.place is not None else ()
            if any(self._is_told(cell, shown, total) for cell in cells):
                return row.option_id
        return None

    def _is_told(self, cell: Cell, shown: Shown, total: Range) -> bool:
        low, high = self._remaining(cell, shown, total)
        mean = self.means[cell]
        if mean.voices < self.protected_below:
            return high - low < OPEN
        return (mean.value >= HIGH_END and low > HIGH_END) or (mean.value <= LOW_END and high < LOW_END)

    def _remaining(self, cell: Cell, shown: Shown, total: Range) -> Range:
        """The range of a cell's mean, from what is printed of its option and the range of the option's total."""
        own_low, own_high = self._printed(cell, shown)
        others = [other for other in self.cells_of(cell[0]) if other != cell]
        lows, highs = zip(*(self._printed(other, shown) for other in others), strict=True) if others else ((), ())
        masses = [self.weight(other) for other in others]
        everything, weight = sum(masses, self.weight(cell)), self.weight(cell)
        low = (total[0] * everything - _weighted(masses, highs)) / weight
        high = (total[1] * everything - _weighted(masses, lows)) / weight
        return max(own_low, low), min(own_high, high)

    def _printed(self, cell: Cell, shown: Shown) -> Range:
        """What print alone says. Means of few people can be told exactly from a tenth: taken for exactly known."""
        if cell not in shown.cells:
            return LEAST, MOST
        mean = self.means[cell].value
        return (HIGH_END, MOST) if mean >= HIGH_END else (LEAST, LOW_END) if mean <= LOW_END else (mean, mean)

    def _is_end(self, cell: Cell) -> bool:
        return not LOW_END < self.means[cell].value < HIGH_END

    def _total_ranges(self, shown: Shown) -> list[Range]:
        """Of every option, in the ranking's order: from its cells, its printed total, and those before and after."""
        own = [self._own_total(row, shown) for row in self.ranking.rows]
        placed = [(row.place, spread) for row, spread in zip(self.ranking.rows, own, strict=True) if row.place]
        return [
            spread
            if row.place is None
            else (
                max(low for place, (low, _) in placed if place >= row.place),
                min(high for place, (_, high) in placed if place <= row.place),
            )
            for row, spread in zip(self.ranking.rows, own, strict=True)
        ]

    def _own_total(self, row: RankedOption, shown: Shown) -> Range:
        cells = self.cells_of(row.option_id)
        masses = [self.weight(cell) for cell in cells]
        lows, highs = zip(*(self._printed(cell, shown) for cell in cells), strict=True)
        low = _weighted(masses, lows) / sum(masses)
        high = _weighted(masses, highs) / sum(masses)
        total = row.score if row.option_id in shown.totals else None
        if total is not None:
            least, most = range_of(total, self.step)
            low, high = max(low, least), min(high, most)
        return low, high


def _weighted(masses: Sequence[Fraction], values: Sequence[Fraction]) -> Fraction:
    return sum(map(mul, masses, values), Fraction(0))
