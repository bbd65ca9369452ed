"""What was found, and what it means: ratios per round, verdicts, the table, the JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.goals import BY_KEY, GOALS, Goal

MET, MISSED, SKIPPED = "met", "MISSED", "MISSED (skipped)"
"""A contender that was skipped is a must that was missed: nobody knows."""
HEAD = ("#", "measure", "min", "median", "max", "must", "aim", "verdict")


@dataclass(frozen=True)
class Found:
    """One number, once per round. note: why it does not count, as a contender could not run, or not as it should."""

    key: str
    rounds: tuple[float, ...]
    note: str = ""

    @property
    def goal(self) -> Goal:
        return BY_KEY[self.key]

    @property
    def verdict(self) -> str:
        if self.note or not self.rounds:
            return SKIPPED
        return MET if self.goal.is_met(median(self.rounds)) else MISSED


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Round by round: what a neighbour takes from one round, it takes from both sides of it."""
    return tuple(our / their for our, their in zip(ours, theirs, strict=True))


def skipped(keys: Iterable[str], why: str) -> list[Found]:
    return [Found(key, (), why) for key in keys]


def is_below_must(found: Iterable[Found]) -> bool:
    return any(one.verdict != MET for one in found)


def in_order(found: Iterable[Found]) -> list[Found]:
    places = [goal.key for goal in GOALS]
    return sorted(found, key=lambda one: places.index(one.key))


def rows(found: Iterable[Found]) -> list[tuple[str, ...]]:
    """The cells of the table, one row a number."""
    return [
        (one.key, one.goal.says, *_spread(one), one.goal.asked, f"{one.goal.aim:g}", one.verdict)
        for one in in_order(found)
    ]


def _spread(one: Found) -> tuple[str, str, str]:
    if not one.rounds:
        return ("-", one.note or "-", "-")
    return (_shown(min(one.rounds)), _shown(median(one.rounds)), _shown(max(one.rounds)))


def _shown(number: float) -> str:
    return f"{number:.3g}"


def markdown(report: Mapping[str, Any]) -> str:
    """The table as docs/performance.md shows it, from what `as_json` wrote."""
    found = [Found(key, tuple(one["rounds"]), one["note"]) for key, one in report["found"].items()]
    lines = [HEAD, ("---",) * len(HEAD), *(_bold(row) for row in rows(found))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _bold(row: tuple[str, ...]) -> tuple[str, ...]:
    return (*row[:3], f"**{row[3]}**", *row[4:])


def as_json(
    found: Iterable[Found], *, effort: Mapping[str, object], machine: Mapping[str, object], notes: Sequence[str]
) -> dict[str, Any]:
    return {
        "effort": dict(effort),
        "machine": dict(machine),
        "found": {one.key: _one_as_json(one) for one in in_order(found)},
        "notes": list(notes),
    }


def _one_as_json(one: Found) -> dict[str, Any]:
    spread = {"min": min(one.rounds), "median": median(one.rounds), "max": max(one.rounds)} if one.rounds else {}
    goal = one.goal
    asked = {"says": goal.says, "must": goal.must, "aim": goal.aim, "is_least": goal.is_least}
    return {**asked, **spread, "rounds": list(one.rounds), "verdict": one.verdict, "note": one.note}
