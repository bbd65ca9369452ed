"""How well texts are read and similar cases found: `python -m benchmarks.ai_eval`; `--short` with few resamples.

Reading is measured on texts held out. History is drawn from rounds of our texts that are then left out of the word
counts, so that it tells something new, as a team's own cases do. Whatever goes by meaning needs the extra `semantic`:
`make semantic-test` installs it, and `make ai-eval` prints the whole table from then on. Exits with 1 where the default
misses a goal.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import fmean
from time import process_time
from tomllib import loads

import numpy as np

from benchmarks import retrieval
from benchmarks.nearest import Fit, Nearest, Vectors, by_words
from benchmarks.words import TEXTS, counted, texts
from bot.domain.classification import Classifier, Reading
from bot.domain.decision import DECISION_TYPES
from bot.domain.lexicon import Lexicon
from bot.domain.vocabulary import Vocabulary
from bot.lexicon import authored
from bot.semantic import embedder
from bot.semantic.vectors import DIMENSIONS

GOALS = {"accuracy": 0.80, "surest half": 0.93, "abstains off topic": 0.90}
HISTORY_ROUNDS = frozenset({"round 3", "round 4"})
HISTORY = (0, 40, 160)
DRAWS, RESAMPLES = 10, 2000
SHORT_DRAWS, SHORT_RESAMPLES = 2, 200
SHIPPED = "lexicon, as shipped"
NO_COUNTS = Vocabulary({}, (0,) * 7)

Row = Mapping[str, str]
Reader = Callable[[str], Reading]


@dataclass(frozen=True)
class Answer:
    wanted: str
    best: str
    confidence: float

    @property
    def is_right(self) -> bool:
        return self.best == self.wanted


@dataclass(frozen=True)
class Measured:
    """One way of reading: what it answered to each text, as often as there were draws of history."""

    name: str
    draws: tuple[tuple[Answer, ...], ...]
    off_topic: float
    """Share of texts without a case of which it says that it does not know."""
    p95_ms: float
    """Of the processor, so that what else the machine does counts nothing."""

    def mean(self, measure: Callable[[Sequence[Answer]], float]) -> float:
        return fmean(measure(answers) for answers in self.draws)

    def rights(self) -> list[float]:
        """By text, how often it was right: 0..1."""
        return [fmean(answer.is_right for answer in answers) for answers in zip(*self.draws, strict=True)]


def accuracy(answers: Sequence[Answer]) -> float:
    return fmean(answer.is_right for answer in answers)


def macro_f1(answers: Sequence[Answer]) -> float:
    return fmean(_f1(answers, about) for about in DECISION_TYPES)


def _f1(answers: Sequence[Answer], about: str) -> float:
    hits = sum(answer.is_right for answer in answers if answer.wanted == about)
    named = sum((answer.best == about) + (answer.wanted == about) for answer in answers)
    return 2 * hits / named if named else 0.0


def surest(share: float) -> Callable[[Sequence[Answer]], float]:
    """Accuracy on the share of which it is surest."""

    def measure(answers: Sequence[Answer]) -> float:
        return accuracy(_by_confidence(answers)[: max(1, int(share * len(answers)))])

    return measure


def risk_coverage_area(answers: Sequence[Answer]) -> float:
    """Mean share of wrong answers over all coverages, the surest first; 0 is best. Source: Geifman & El-Yaniv 2017."""
    ordered = _by_confidence(answers)
    return fmean(1 - accuracy(ordered[:kept]) for kept in range(1, len(ordered) + 1))


def _by_confidence(answers: Sequence[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda answer: -answer.confidence)


MEASURES: dict[str, Callable[[Sequence[Answer]], float]] = {
    "accuracy": accuracy,
    "macro-F1": macro_f1,
    "surest half": surest(0.5),
    "surest 80 %": surest(0.8),
    "risk-coverage": risk_coverage_area,
}


def measure(name: str, readers: Sequence[Reader], rows: Sequence[Row], off_topic: Sequence[Row]) -> Measured:
    """readers: one for each draw of history."""
    seconds: list[float] = []

    def answer(read: Reader, row: Row) -> Answer:
        start = process_time()
        reading = read(row["text"])
        seconds.append(process_time() - start)
        return Answer(row["type"], reading.best, reading.confidence)

    draws = tuple(tuple(answer(read, row) for row in rows) for read in readers)
    abstained = fmean(read(row["text"]).type is None for read in readers for row in off_topic)
    return Measured(name, draws, abstained, 1000 * float(np.percentile(seconds, 95)))


def difference(one: Measured, other: Measured, *, resamples: int) -> str:
    """Accuracy of one minus that of the other on the same texts, with its 95 % interval by paired bootstrap."""
    gains = np.array(one.rights()) - np.array(other.rights())
    picks = np.random.default_rng(1).integers(0, len(gains), size=(resamples, len(gains)))
    low, high = np.percentile(gains[picks].mean(axis=1), [2.5, 97.5])
    return f"{gains.mean():+.3f} ({low:+.3f} to {high:+.3f})"


def main() -> None:
    draws, resamples = (SHORT_DRAWS, SHORT_RESAMPLES) if "--short" in sys.argv else (DRAWS, RESAMPLES)
    rows, off_topic = texts("english", part="held_out"), texts("off_topic", part="held_out")
    found = measured(rows, off_topic, draws=draws)
    shipped = next(one for one in found if one.name == SHIPPED)
    sys.stdout.write(f"{len(rows)} English cases held out, {len(off_topic)} texts without a case\n\n")
    sys.stdout.write(_line("", [*MEASURES, "abstains off topic", "p95 ms of CPU", "accuracy against shipped"]))
    for one in found:
        against = "" if one is shipped else difference(one, shipped, resamples=resamples)
        sys.stdout.write(_line(one.name, [*_numbers(one), against]))
    sys.stdout.write(f"\n{_elsewhere()}by meaning: {embedder.find().words}\n")
    similar = retrieval.table()
    sys.stdout.write(f"\n{retrieval.told(similar)}\n")
    worse = [] if retrieval.is_hybrid_better(similar) else ["similar cases: hybrid is not better than full text"]
    sys.exit("\n".join([*missed(shipped), *worse]) or 0)


def _numbers(one: Measured) -> list[str]:
    values = (*(one.mean(measure) for measure in MEASURES.values()), one.off_topic)
    return [*(f"{value:.3f}" for value in values), f"{one.p95_ms:.1f}"]


def missed(shipped: Measured) -> list[str]:
    """A sentence for each goal that is not reached."""
    reached = {name: shipped.mean(m) for name, m in MEASURES.items()} | {"abstains off topic": shipped.off_topic}
    short = {name: reached[name] for name, goal in GOALS.items() if reached[name] < goal}
    return [f"{name}: {value:.3f}, below {GOALS[name]:.2f}" for name, value in short.items()]


def measured(rows: Sequence[Row], off_topic: Sequence[Row], *, draws: int) -> list[Measured]:
    """Every way of reading that is compared."""
    untuned = Classifier(Lexicon.from_dict(loads((TEXTS / "untuned.toml").read_text(encoding="utf-8"))), NO_COUNTS)
    shipped = authored()
    found = [
        measure("phrases, untuned", [untuned.read], rows, off_topic),
        measure("phrases, tuned", [replace(shipped, vocabulary=NO_COUNTS).read], rows, off_topic),
        measure("counts alone", [replace(shipped, lexicon=_MUTE).read], rows, off_topic),
        measure(SHIPPED, [shipped.read], rows, off_topic),
    ]
    apart = replace(shipped, vocabulary=counted(without=HISTORY_ROUNDS))
    for size in HISTORY:
        histories = [history(size, seed) for seed in range(draws if size else 1)]
        readers = [apart.taught(cases).read for cases in histories]
        found.append(measure(f"fewer counts, history {size}", readers, rows, off_topic))
        for name, fit in _fits().items() if size else ():
            nearest = [Nearest(cases, fit) for cases in histories]
            alone = [replace(apart, lexicon=_MUTE, vocabulary=NO_COUNTS).read] * len(nearest)
            found.append(measure(f"{name} alone, {size}", _with(alone, nearest), rows, off_topic))
            found.append(measure(f"{name} + history {size}", _with(readers, nearest), rows, off_topic))
    return found


_MUTE = Lexicon("", (), authored().lexicon.signs, 0.0)


def _with(readers: Sequence[Callable[..., Reading]], nearest: Sequence[Nearest]) -> list[Reader]:
    """Each reader with the votes of the cases nearest to its text."""
    return [_voting(read, near) for read, near in zip(readers, nearest, strict=True)]


def _voting(read: Callable[..., Reading], near: Nearest) -> Reader:
    return lambda text: read(text, votes=near.votes(text))


def _fits() -> dict[str, Fit]:
    found = by_meaning()
    return {"nearest by words": by_words} | ({"nearest by meaning": found} if found else {})


def by_meaning() -> Fit | None:
    """The optional model, which knows the texts beforehand; None where the extra `semantic` is not installed."""
    found = embedder.find().embedder
    if found is None:
        return None

    def embed(wanted: Sequence[str]) -> Vectors:
        rows = np.frombuffer(found.embed(wanted), dtype="<f2").reshape(-1, DIMENSIONS)
        return rows.astype(np.float64)

    return lambda _: embed


def history(size: int, seed: int) -> list[tuple[str, str]]:
    """So many decided cases, drawn from the rounds that the counts leave out."""
    pool = [row for row in texts("english") if row["written"] in HISTORY_ROUNDS]
    return [(row["text"], row["type"]) for row in Random(seed).sample(pool, size)]


def _elsewhere() -> str:
    read = authored().read
    rows = {name: texts(name) for name in ("german", "spanish")}
    shares = {name: fmean(read(row["text"]).best == row["type"] for row in rows[name]) for name in rows}
    return "".join(f"{name}, {len(rows[name])} cases: accuracy {share:.3f}\n" for name, share in shares.items())


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:<32}{''.join(f'{cell:>{max(15, len(cell) + 2)}}' for cell in cells)}".rstrip() + "\n"


if __name__ == "__main__":
    main()
