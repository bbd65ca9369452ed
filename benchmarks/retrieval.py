"""How well similar cases are found: nDCG@5 by words, and by words and meaning, with the interval of their difference.

`python -m benchmarks.retrieval`: every one of our 120 cases asks all others; relevant is a case of the same type that
was answered the same way. `--json` prints the rows of the table for a program. What needs the extra `semantic` is left
out where that is not installed; where it is and the hybrid is not the better one, it exits with 1.
"""

import json
import random
import sys
from collections.abc import Mapping, Sequence
from math import log2
from pathlib import Path
from statistics import mean
from typing import Any

from bot.cli.precedentfile import History, Line, Query, read_history
from bot.semantic import embedder

CASES = Path(__file__).parent / "cases" / "retrieval.jsonl"
TOP, DRAWS = 5, 5_000


def ndcg(found: Sequence[str], asked: Line, lines: Sequence[Line]) -> float:
    """0..1 of the first five. Source: Jarvelin and Kekalainen 2002, gains of 0 and 1."""
    relevant = {one.id for one in lines if one.id != asked.id and (one.type, one.choice) == (asked.type, asked.choice)}
    gains = [1 / log2(place + 2) for place in range(TOP)]
    best = sum(gains[: len(relevant)])
    got = sum(gain for gain, id_ in zip(gains, found, strict=False) if id_ in relevant)
    return got / best if best else 1.0


def each(lines: Sequence[Line], embed: embedder.Embedder | None, *, knows_type: bool = True) -> list[float]:
    """One value per case, which looks for itself among all others."""
    history = History(lines, embed)
    values = []
    for one in lines:
        found = history.search(Query(one.text, one.type if knows_type else None))
        values.append(ndcg([id_ for id_, _ in found if id_ != one.id], one, lines))
    return values


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """95 % of the mean difference, by paired bootstrap."""
    dice = random.Random(1)
    drawn = sorted(mean(dice.choices(differences, k=len(differences))) for _ in range(DRAWS))
    return drawn[int(DRAWS * 0.025)], drawn[int(DRAWS * 0.975)]


def table() -> list[dict[str, object]]:
    """The rows: method, nDCG@5, and for the hybrid its difference to full text with the interval."""
    lines, found = read_history(CASES), embedder.find()
    words = each(lines, None)
    rows: list[dict[str, object]] = [{"method": "full text", "cases": len(lines), "ndcg_at_5": round(mean(words), 3)}]
    if found.embedder:
        both = each(lines, found.embedder)
        differences = [b - a for a, b in zip(words, both, strict=True)]
        low, high = interval(differences)
        more = {"difference": round(mean(differences), 3), "interval": [round(low, 3), round(high, 3)]}
        rows.append({"method": "hybrid", "cases": len(lines), "ndcg_at_5": round(mean(both), 3), **more})
    return rows


def told(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table for people, and in a sentence whether the hybrid is the better one."""
    lines = [f"similar cases, {rows[0]['cases']} asked for{'nDCG@5':>12}   against full text (95 %)"]
    for row in rows:
        low, high = row.get("interval", (0.0, 0.0))
        against = f"   {row['difference']:+.3f} ({low:+.3f} to {high:+.3f})" if "interval" in row else ""
        lines.append(f"{row['method']:<28}{row['ndcg_at_5']:>11.3f}{against}")
    if len(rows) == 1:
        return "\n".join([*lines, f"hybrid: {embedder.find().words}"])
    is_better = is_hybrid_better(rows)
    said = "the interval lies above 0" if is_better else "the interval does not lie above 0"
    return "\n".join([*lines, f"hybrid beats full text: {'yes' if is_better else 'no'}, {said}"])


def is_hybrid_better(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the interval of its difference lies above 0; of what was not measured nothing is asked."""
    return all(row["interval"][0] > 0 for row in rows if "interval" in row)


def main() -> None:
    rows = table()
    sys.stdout.write(f"{json.dumps(rows) if '--json' in sys.argv else told(rows)}\n")
    sys.exit(0 if is_hybrid_better(rows) else 1)


if __name__ == "__main__":
    main()
