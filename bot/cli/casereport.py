"""What `conclave rank` says about a case: as JSON with exact numbers, or as tables and sentences to read.

Applies no secrecy threshold: whoever runs it holds the file with everybody's scores.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from io import TextIOWrapper
from math import ceil, floor
from typing import IO, Any
from uuid import UUID

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.casefile import Case
from bot.domain.agreement import Agreement, camp_sizes
from bot.domain.analysis import LOW, Analysis, Dominated, analyse, find_asides
from bot.domain.criterion import MAX_WEIGHT, MIN_WEIGHT
from bot.domain.ranking import MIN_CELL_SCORES, RankedOption
from bot.domain.round import Thresholds
from bot.domain.stability import Interval, StabilityLabel, shown_share

MAX_LISTED = 6
MAX_DOMINATED = 5
"""Sentences about options that another one dominates."""
LABELS = {
    StabilityLabel.CLEAR: "The lead is clear",
    StabilityLabel.LEANING: "The team leans that way",
    StabilityLabel.TOO_CLOSE: "Too close to call",
    StabilityLabel.SPLIT: "The team is split",
}


def analyse_case(case: Case) -> "Report":
    """One person's matrix ranks as it stands; else an option needs two scores on every criterion."""
    analysis = analyse(
        option_ids=tuple(case.options),
        weights=case.weights,
        ballots=case.ballots,
        confidences=case.confidences,
        least=1 if sum(map(bool, case.ballots)) == 1 else MIN_CELL_SCORES,
    )
    return Report(case, analysis)


@dataclass(frozen=True)
class Report:
    case: Case
    analysis: Analysis

    def as_json(self, *, file: str | None = None) -> str:
        """The full result, unrounded, on one line; null = not measured, or that nothing bounds a weight.

        Scores are on the file's own scale. file: its name, where there are several.
        """
        return json.dumps(({"file": file} if file else {}) | self._body())

    def write(self, out: IO[str]) -> None:
        """Tables and sentences; on a terminal with rules and emphasis, else plain lines without wrapping."""
        console = Console(file=out, highlight=False, markup=False, emoji=False)
        if isinstance(out, TextIOWrapper):
            out.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to fail
        parts: list[Table | Text] = [self._ranking_table(), *self._sentences(), self._cell_table()]
        for part in (*parts, *map(_warning, self.warnings())):
            if not console.is_terminal:
                out.writelines(f"{line}\n" for line in _plain_lines(part))
            else:
                console.print(part)

    # --- JSON -------------------------------------------------------------------------------------------

    def _body(self) -> dict[str, Any]:
        found, options, criteria = self.analysis, self.case.options, self.case.criteria
        return {
            "ranking": [
                {
                    "option": options[row.option_id],
                    "score": None if row.score is None else float(self.case.as_written(row.score)),
                    "rank": row.place,
                    "ranked": row.place is not None,
                }
                for row in found.ranking.rows
            ],
            "weight_intervals": {
                criteria[k]: [_exact(bounds.low), _exact(bounds.high)] for k, bounds in found.intervals.items()
            },
            "stability": {options[o]: share for o, share in found.shares.items()},
            "label": found.label,
            "consensus": self._by_cell("consensus"),
            "agreement": self._by_cell("label"),
            "discuss": {criteria[topic.criterion_id]: _exact(topic.share) for topic in found.topics},
            "dominated": {options[o]: [options[b] for b in by] for o, by in found.dominated.items()},
            "warnings": list(self.warnings()),
        }

    def _by_cell(self, name: str) -> dict[str, dict[str, Any]]:
        return {
            title: {
                criterion: getattr(self.analysis.agreement.get((o, k)), name, None)
                for k, criterion in self.case.criteria.items()
            }
            for o, title in self.case.options.items()
        }

    # --- Sentences --------------------------------------------------------------------------------------

    def warnings(self) -> Iterator[str]:
        """What to know before believing the ranking."""
        found, options, criteria = self.analysis, self.case.options, self.case.criteria
        if found.people < Thresholds().ranking:
            yield f"{found.people} {'person' if found.people == 1 else 'people'} scored: too few to speak of a team."
        yield from self._unranked()
        if len(found.leaders) > 1:
            yield f"{_listed([options[o] for o in found.leaders])} tie for the first place."
        low = f"{float(self.case.as_written(Fraction(LOW))):.2g}"
        for o, k in found.low:
            yield f"{options[o]} leads, but averages {low} or less on {criteria[k]}."
        yield from self._confidence_warning()
        yield from self._leniency_warnings()
        yield from self._unusual_weights()
        for key in self.case.unused_keys:
            yield f"The file's {json.dumps(key)} is not used."

    def _unranked(self) -> Iterator[str]:
        for row in self.analysis.ranking.rows:
            if row.needs:
                title, needs = self.case.options[row.option_id], _listed(self._criteria(row.needs))
                yield f"{title} is not ranked: needs scores on {needs}."

    def _unusual_weights(self) -> Iterator[str]:
        for k, weight in self.case.weights:
            if not (self.case.is_in_per_cent or MIN_WEIGHT <= weight <= MAX_WEIGHT):
                name, limits = self.case.criteria[k], f"{MIN_WEIGHT} to {MAX_WEIGHT}"
                yield f"{name} weighs {_plain(weight)}; Conclave's form takes {limits}."

    def _confidence_warning(self) -> Iterator[str]:
        sure = self.analysis.confident_leaders
        if sure and set(sure) != set(self.analysis.leaders):
            yield f"With confidence weighting, {_listed(self._options(sure))} would lead."

    def _leniency_warnings(self) -> Iterator[str]:
        partial = [self.case.people[i] for i in self.analysis.partial]
        if partial:
            yield (
                f"{_listed(_few(partial))} scored only some of the options: how generous each person scores is "
                "subtracted, so that nobody's absence lifts or lowers an option."
            )
        if self.analysis.circles > 1:
            yield (
                f"The people fall into {self.analysis.circles} groups that scored nothing in common; between these "
                "groups generosity is unknown and stays in the scores."
            )

    def _sentences(self) -> Iterator[Text]:
        if not self.analysis.leaders:
            yield Text("Nothing can be ranked yet.", style="bold")
            return
        yield from self._solidity()
        yield from self._topic()
        yield from self._dominated()
        if self.analysis.confident_leaders and set(self.analysis.confident_leaders) == set(self.analysis.leaders):
            yield Text("With confidence weighting: same leader.")

    def _topic(self) -> Iterator[Text]:
        """What parts people most, unless they all agree there about the options in question."""
        found = self.analysis
        first = [topic for topic in found.topics if topic.share == found.topics[0].share]
        names = [self.case.criteria[topic.criterion_id] for topic in first if not self._is_agreed(topic.criterion_id)]
        if names:
            share = found.topics[0].share
            about = f" ({round(share * 100)} % of the disagreement)" if share else ""
            yield Text(f"Talk about {_listed(names)} first{about}.")

    def _is_agreed(self, criterion: UUID) -> bool:
        found = self.analysis
        return all(found.agreement[o, criterion].label is Agreement.ALIGNED for o in found.ranking.contested)

    def _dominated(self) -> Iterator[Text]:
        worse = self._asides()
        told = worse if len(worse) <= MAX_DOMINATED else worse[: MAX_DOMINATED - 1]
        for option, by in told:
            better = _listed(_few(self._options(by)))
            yield Text(f"{self.case.options[option]} is nowhere better than {better}, and somewhere worse.")
        if len(told) < len(worse):
            yield Text(f"Likewise another one is at least as good everywhere as each of {len(worse) - len(told)} more.")

    def _asides(self) -> list[Dominated]:
        found = self.analysis
        split = {option for (option, _), cell in found.agreement.items() if cell.label is Agreement.SPLIT}
        return find_asides(found.dominated.items(), label=found.label, leaders=found.leaders, split=split)

    def _solidity(self) -> Iterator[Text]:
        found = self.analysis
        if found.label is None:
            return
        if len(found.leaders) > 1:
            tie = f"{_listed(self._options(found.leaders))} tie"
            yield Text(f"{LABELS[found.label]}{self._split_on()}: {tie}.", style="bold")
            return
        leader, share = self.case.options[found.leaders[0]], self._share(found.leaders[0])
        again = f"had other colleagues scored, {leader} would lead in about {share} of 100 cases"
        yield Text(f"{LABELS[found.label]}{self._split_on()}: {again}.", style="bold")
        for k, bounds in found.intervals.items():
            limits = _limits(bounds)
            if limits:
                yield Text(
                    f"{leader} stays first unless {self.case.criteria[k]} {limits} (now {_plain(bounds.weight)})."
                )

    def _share(self, option: UUID) -> int:
        return shown_share(self.analysis.shares[option], people=self.analysis.people)

    def _split_on(self) -> str:
        """ " on Trust (3 and 2) and Cost (4 and 2)": where that makes the team split; else ""."""
        found = self.analysis
        if found.label is not StabilityLabel.SPLIT:
            return ""
        camps: dict[UUID, list[tuple[int, int]]] = {}
        for cell in found.splits:
            camps.setdefault(cell[1], []).append(found.agreement[cell].camps or (0, 0))
        named = [(self.case.criteria[criterion], camp_sizes(pairs)) for criterion, pairs in camps.items()]
        return f" on {_listed([f'{name} ({s[0]} and {s[1]})' if s else name for name, s in named])}"

    # --- Tables -----------------------------------------------------------------------------------------

    def _ranking_table(self) -> Table:
        table = _table("Place", "Option", "Score", "First in")
        for row in self.analysis.ranking.rows:
            share = self._share(row.option_id) if row.option_id in self.analysis.shares else None
            table.add_row(
                self._place(row),
                Text(self.case.options[row.option_id]),
                "" if row.score is None else f"{float(self.case.as_written(row.score)):.2f}",
                "" if share is None else f"about {share} %",
            )
        return table

    def _place(self, row: RankedOption) -> str:
        if row.place is None:
            return "-"
        is_tied = sum(other.place == row.place for other in self.analysis.ranking.rows) > 1
        return f"{row.place}{'=' if is_tied else '.'}"

    def _cell_table(self) -> Table:
        table = _table("Mean per criterion", *self.case.criteria.values())
        for row in self.analysis.ranking.rows:
            cells = [self._cell(row.option_id, criterion) for criterion in self.case.criteria]
            table.add_row(Text(self.case.options[row.option_id]), *cells)
        return table

    def _cell(self, option: UUID, criterion: UUID) -> str:
        mean = self.analysis.means.get((option, criterion))
        measured = self.analysis.agreement.get((option, criterion))
        if mean is None:
            return "no scores"
        return f"{float(self.case.as_written(mean.value)):.1f} {measured.label if measured else '(1 score)'}"

    def _options(self, ids: Sequence[UUID]) -> list[str]:
        return [self.case.options[id_] for id_ in ids]

    def _criteria(self, ids: Sequence[UUID]) -> list[str]:
        return [self.case.criteria[id_] for id_ in ids]


def _exact(number: Fraction | None) -> float | None:
    return None if number is None else float(number)


def _limits(bounds: Interval) -> str:
    """Which weights, in hundredths that still keep the leader, end the lead; "" where no likely weight does."""
    low, high = bounds.clipped()
    parts = []
    if bounds.low is not None and bounds.low == low:
        parts.append(f"drops below {ceil(low * 100) / 100:g}")
    if bounds.high is not None and bounds.high == high:
        parts.append(f"rises above {floor(high * 100) / 100:g}")
    return " or ".join(parts)


def _plain(weight: Decimal) -> str:
    return f"{float(weight):g}"


def _few(names: Sequence[str]) -> list[str]:
    return [*names] if len(names) <= MAX_LISTED else [*names[: MAX_LISTED - 1], "others"]


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _warning(sentence: str) -> Text:
    return Text(f"! {sentence}")


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(Text(column))
    return table


def _plain_lines(part: Table | Text) -> Iterator[str]:
    """A sentence is one line, a row is one line; columns two spaces apart, a blank line around tables."""
    if isinstance(part, Text):
        yield part.plain
        return
    columns = [[str(column.header), *map(str, column.cells)] for column in part.columns]
    widths = [max(map(len, column)) for column in columns]
    yield ""
    for row in zip(*columns, strict=True):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
