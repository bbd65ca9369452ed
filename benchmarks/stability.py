"""How much faster the share of a leader is than 10,000 draws in plain Python: `python -m benchmarks.stability`.

8 options x 6 criteria x 6 people, the tests' oracle against the product's integral; runs alternate, medians count.
Exits with 1 where the product is not faster, or the two differ by more than dice explain.
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

import numpy as np

from benchmarks.calibration import Team, first_edition
from bot.domain.ranking import Cells, Ranking, Weights, cell_means, rank_means
from bot.domain.stability import first_shares

OPTIONS, CRITERIA, PEOPLE, RUNS, DRAWS = 8, 6, 6, 7, 10_000
BIG = (200, 12, 12)
"""People, options and criteria of the biggest round that a form allows."""
DICE = 0.02
TWIN = Path(__file__).resolve().parents[1] / "tests" / "support" / "plain_stability.py"


def main() -> None:
    twin, random = _twin(), Random(1)
    scores, weights = _drawn(random, PEOPLE, OPTIONS, CRITERIA)
    ballots, ranking, named = _counted(scores, weights)

    def product() -> list[float]:
        shares = first_shares(ballots, ranking=ranking, weights=named)
        return [shares[UUID(int=o)] for o in range(OPTIONS)]

    def plain() -> list[float]:
        found: list[float] = twin.first_shares(scores, weights=[float(w) for w in weights], draws=DRAWS, seed=1)
        return found

    gap = max(abs(a - b) for a, b in zip(product(), plain(), strict=True))
    exact, drawn = zip(*((_seconds(product), _seconds(plain)) for _ in range(RUNS)), strict=True)
    ratio = median(drawn) / median(exact)
    sys.stdout.write(
        f"{OPTIONS} options x {CRITERIA} criteria x {PEOPLE} people, medians of {RUNS} runs\n"
        f"integral     {median(exact) * 1000:8.1f} ms\n"
        f"{DRAWS} draws {median(drawn) * 1000:8.1f} ms\n"
        f"ratio        {ratio:8.1f}\n"
        f"the shares differ by at most {gap:.3f} (dice)\n"
    )
    sys.exit(ratio < 1 or gap > DICE)


def beside_first_edition(runs: int) -> tuple[list[float], list[float]]:
    """Seconds for the share of the leader among 200 people x 12 x 12: the product's, and the first edition's draws."""
    scores, weights = _drawn(Random(1), *BIG)
    team = Team(np.array(scores, dtype=np.float64), np.array(weights, dtype=np.float64), best=0)
    ballots, ranking, named = _counted(scores, weights)
    random = np.random.default_rng(1)
    pairs = [
        (
            _seconds(lambda: first_shares(ballots, ranking=ranking, weights=named)),
            _seconds(lambda: first_edition(team, random, draws=DRAWS)),
        )
        for _ in range(runs)
    ]
    return [second for second, _ in pairs], [first for _, first in pairs]


def _drawn(random: Random, people: int, options: int, criteria: int) -> tuple[list[list[list[int]]], list[Decimal]]:
    scores = [[[random.randint(1, 10) for _ in range(criteria)] for _ in range(options)] for _ in range(people)]
    return scores, [Decimal(random.randint(10, 500)) / 100 for _ in range(criteria)]


def _counted(scores: list[list[list[int]]], weights: list[Decimal]) -> tuple[list[Cells], Ranking, Weights]:
    ballots: list[Cells] = [
        {(UUID(int=o), UUID(int=k)): score for o, row in enumerate(rows) for k, score in enumerate(row)}
        for rows in scores
    ]
    named = [(UUID(int=k), weight) for k, weight in enumerate(weights)]
    options = [UUID(int=o) for o in range(len(scores[0]))]
    return ballots, rank_means(option_ids=options, weights=named, means=cell_means(ballots)), named


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
