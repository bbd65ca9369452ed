"""How much faster the stability share is than its plain Python twin: `python -m benchmarks.stability`.

Both re-draw the same number of teams of 8 options x 6 criteria x 6 people; runs alternate, medians count.
"""

import importlib.util
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from types import ModuleType
from uuid import UUID

from bot.domain.stability import DRAWS, first_shares

OPTIONS, CRITERIA, PEOPLE, RUNS = 8, 6, 6, 7
TWIN = Path(__file__).resolve().parents[1] / "tests" / "unit" / "domain" / "plain_stability.py"


def main() -> None:
    twin, random = _twin(), Random(1)
    scores = [[[random.randint(1, 10) for _ in range(CRITERIA)] for _ in range(OPTIONS)] for _ in range(PEOPLE)]
    weights = [Decimal(random.randint(10, 500)) / 100 for _ in range(CRITERIA)]

    def product() -> list[float]:
        return list(_product(scores, weights).values())

    def plain() -> list[float]:
        found: list[float] = twin.first_shares(scores, weights=[float(w) for w in weights], draws=DRAWS, seed=1)
        return found

    gap = max(abs(a - b) for a, b in zip(product(), plain(), strict=True))
    fast, slow = zip(*((_seconds(product), _seconds(plain)) for _ in range(RUNS)), strict=True)
    sys.stdout.write(
        f"{OPTIONS} options x {CRITERIA} criteria x {PEOPLE} people, {DRAWS} draws, medians of {RUNS} runs\n"
        f"numpy        {median(fast) * 1000:8.1f} ms\n"
        f"plain Python {median(slow) * 1000:8.1f} ms\n"
        f"ratio        {median(slow) / median(fast):8.1f}\n"
        f"the shares differ by at most {gap:.3f} (other dice)\n"
    )


def _product(scores: list[list[list[int]]], weights: list[Decimal]) -> dict[UUID, float]:
    ballots = [
        {(UUID(int=o), UUID(int=k)): score for o, row in enumerate(rows) for k, score in enumerate(row)}
        for rows in scores
    ]
    return first_shares(
        ballots,
        option_ids=[UUID(int=o) for o in range(OPTIONS)],
        weights=[(UUID(int=k), weight) for k, weight in enumerate(weights)],
        decision_id=UUID(int=1),
    )


def _seconds(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def _twin() -> ModuleType:
    """Tests have no packages, so the twin is loaded by its file."""
    spec = importlib.util.spec_from_file_location("plain_stability", TWIN)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{TWIN} is missing; run this from a checkout.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
