"""How often a word stands in cases of each type: what the lexicon's authors did not think of. Pure.

Counts come from the texts that were written to tune by (bot/words.toml), and from a team's own decided cases.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from bot.domain.lexicon import CLASSES

ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "ly", "s", "e")
"""The longest first."""
SHORTEST_STEM = 3
_LITTLE = """
    a about an and are as at be been but by can could did do does dont for from had has have he her here him his i if in
    is it its just me my no not of on or our she so that the their them there these they this those to us very was we
    were will with would you your
"""
LITTLE_WORDS = frozenset(_LITTLE.split())
LEAST_TEXTS = 2
"""A word of fewer texts tells nothing."""


def stems(words: Iterable[str]) -> set[str]:
    """The words that may tell something, without their endings."""
    return {_stem(word) for word in words if word not in LITTLE_WORDS and not word.isdigit()}


def _stem(word: str) -> str:
    long = len(word) - SHORTEST_STEM
    ending = next((ending for ending in ENDINGS if word.endswith(ending) and len(ending) <= long), "")
    return word.removesuffix(ending)


@dataclass(frozen=True)
class Vocabulary:
    """counts: stem -> in how many texts of each class it stands; texts: how many of each there are; as `CLASSES`."""

    counts: Mapping[str, Sequence[int]]
    texts: Sequence[int]

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Vocabulary":
        """raw: as bot/words.toml holds it."""
        return cls(raw["counts"], raw["texts"])

    def has(self, word: str) -> bool:
        """In any of its forms. Three letters and an e are too little to go by: "Jane" is no form of "Jan"."""
        stem = _stem(word)
        return stem in self.counts and not (word == f"{stem}e" and len(stem) == SHORTEST_STEM)

    @classmethod
    def of(cls, told: Iterable[tuple[Iterable[str], str]]) -> "Vocabulary":
        """told: the words of each text, and its class. Raises ValueError for a class that is none."""
        by_class = [Counter[str]() for _ in CLASSES]
        texts = [0] * len(CLASSES)
        for words, about in told:
            texts[CLASSES.index(about)] += 1
            by_class[CLASSES.index(about)].update(stems(words))
        everything = sorted(set().union(*by_class))
        return cls({stem: [counter[stem] for counter in by_class] for stem in everything}, texts)

    def joined(self, other: "Vocabulary") -> "Vocabulary":
        """Both, as if their texts had been counted together."""
        own = {stem: _sum(self.counts.get(stem, _NEVER), counts) for stem, counts in other.counts.items()}
        return Vocabulary({**self.counts, **own}, _sum(self.texts, other.texts))

    def evidence(self, words: Iterable[str]) -> dict[str, float]:
        """Class -> how much the words speak for it, in nats above the mean of all classes.

        Naive Bayes with the rule of succession; absent words count nothing. Source: Manning, Raghavan & Schuetze 2008,
        chapter 13.3.
        """
        sums = dict.fromkeys(CLASSES, 0.0)
        for stem in stems(words):
            counts = self.counts.get(stem, _NEVER)
            if sum(counts) < LEAST_TEXTS:
                continue
            logs = [log((count + 1) / (texts + 2)) for count, texts in zip(counts, self.texts, strict=True)]
            mean = sum(logs) / len(logs)
            for about, value in zip(CLASSES, logs, strict=True):
                sums[about] += value - mean
        return sums


_NEVER = (0,) * len(CLASSES)


def _sum(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]
