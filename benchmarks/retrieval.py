"""How well similar cases are found: nDCG@5 by words, and by words and meaning, with the interval of their difference.

`python -m benchmarks.retrieval`: every one of our 120 cases asks all others; relevant is a case of the same type that
was answered the same way. `--json` prints the rows of the table for a program. What needs the extra `semantic` is left
out where that is not installed.
"""

import json
import random
import sys
from collections.abc import Sequence
from math import log2
from pathlib import Path
from statistics import mean

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


def main() -> None:
    rows = table()
    if "--json" in sys.argv:
        print(json.dumps(rows))  # noqa: T201
        return
    for row in rows:
        more = f"; against full text {row['difference']:+}, 95 % {row['interval']}" if "difference" in row else ""
        print(f"{row['method']}: nDCG@{TOP} {row['ndcg_at_5']} of {row['cases']} cases{more}")  # noqa: T201
    if len(rows) == 1:
        print(f"semantic: {embedder.find().words}")  # noqa: T201


if __name__ == "__main__":
    main()
