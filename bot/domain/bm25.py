"""Search by words without a database: BM25 over stems, for files of old cases.

The database does the same by its own full text search (`store.precedent`). Source of the formula: Robertson and
Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond"; k1 = 1.2, b = 0.75.
"""

import re
from collections import Counter
from collections.abc import Sequence
from math import log

K1, B = 1.2, 0.75
_WORD = re.compile(r"[^\W\d_]{2,}")
_STOP_WORDS = """
    about above after again all also am an and any are as at be because been before being below between both but by can
    could did do does doing done down during each few for from further get got had has have having he her here hers him
    his how if in into is it its just me more most my no nor not now of off on once only or other our ours out over own
    please same she should so some still such than that the their theirs them then there these they this those through
    to too under until up us very was we were what when where which while who whom why will with would you your yours
"""
_IS_STOP_WORD = frozenset(_STOP_WORDS.split())
_ENDINGS = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ings",
    "ing",
    "ions",
    "ion",
    "edly",
    "ed",
    "ers",
    "er",
    "ly",
    "es",
    "s",
)
_SHORTEST = 3
"""Letters that an ending leaves."""


def stem(word: str) -> str:
    """An English word without its endings, light: "charges", "charged", "charging" -> "charg". `word` in lower case."""
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= _SHORTEST), "")
    bare = word if word.endswith("ss") else word.removesuffix(ending)
    bare = bare[:-1] if len(bare) > _SHORTEST and bare[-1] == bare[-2] else bare
    return bare.removesuffix("e") if len(bare) > _SHORTEST else bare


def stems(text: str) -> list[str]:
    """The words of a text that tell something, in their order."""
    words = _WORD.findall(text.casefold().replace("\u2019", "'"))
    return [stem(word) for word in words if word not in _IS_STOP_WORD]


class Bm25:
    """Texts, ready to be searched."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(stems(text)) for text in texts]
        self._sizes = [counts.total() for counts in self._counts]
        self._mean = sum(self._sizes) / max(len(self._sizes), 1) or 1.0
        self._often = Counter(word for counts in self._counts for word in counts)

    def scores(self, text: str) -> list[float]:
        """One per text that was given, 0 where no word is shared."""
        words = set(stems(text))
        return [self._score(words, counts, size) for counts, size in zip(self._counts, self._sizes, strict=True)]

    def _score(self, words: set[str], counts: Counter[str], size: int) -> float:
        damping = K1 * (1 - B + B * size / self._mean)
        # In the order of the words, not of the set: a sum of floats depends on it, and a set's order on the process.
        shared = sorted(words & counts.keys())
        return sum(self._rarity(word) * counts[word] * (K1 + 1) / (counts[word] + damping) for word in shared)

    def _rarity(self, word: str) -> float:
        return log(1 + (len(self._counts) - self._often[word] + 0.5) / (self._often[word] + 0.5))
