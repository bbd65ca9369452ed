"""The decided cases nearest to a text, by whatever turns texts into vectors: what `benchmarks.ai_eval` compares."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bot.domain.classification import read_part
from bot.domain.lexicon import words
from bot.domain.vocabulary import stems

NEAREST = 9

Vectors = np.ndarray[Any, np.dtype[np.float64]]
Embed = Callable[[Sequence[str]], Vectors]
"""(texts) -> one row each."""
Fit = Callable[[Sequence[str]], Embed]
"""(texts of the decided cases) -> what turns these and other texts into vectors."""


class Nearest:
    """cases: text and type."""

    def __init__(self, cases: Sequence[tuple[str, str]], fit: Fit) -> None:
        texts = [text for text, _ in cases]
        self._types = [about for _, about in cases]
        self._embed = fit(texts)
        self._cases = _units(self._embed(texts))

    def votes(self, text: str) -> Mapping[str, float]:
        """Type -> share of the likeness of the nearest; they add up to 1 where anything is alike."""
        alike = np.maximum(self._cases @ _units(self._embed([text]))[0], 0.0)
        nearest = np.argsort(-alike)[:NEAREST]
        total = float(alike[nearest].sum()) or 1.0
        shares: dict[str, float] = {}
        for place in nearest:
            shares[self._types[place]] = shares.get(self._types[place], 0.0) + float(alike[place]) / total
        return shares


def _units(vectors: Vectors) -> Vectors:
    units: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return units


def by_words(texts: Sequence[str]) -> Embed:
    """TF-IDF, each word counted once. Source: Manning, Raghavan & Schuetze 2008, chapter 6.2."""
    told = [stems(words(read_part(text))) for text in texts]
    places = {stem: place for place, stem in enumerate(sorted(set().union(*told)))}
    weights = {stem: np.log(len(told) / sum(stem in one for one in told)) for stem in places}

    def embed(wanted: Sequence[str]) -> Vectors:
        rows = np.zeros((len(wanted), len(places)))
        for row, text in zip(rows, wanted, strict=True):
            for stem in stems(words(read_part(text))) & places.keys():
                row[places[stem]] = weights[stem]
        return rows

    return embed
