"""Words and phrases that tell what a customer's case is about, and where they stand in a text. Pure.

What follows from them is `classification`'s.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bot.domain.decision import DECISION_TYPES

NONE = "none"
"""What a text is about that is no case of the six types."""
CLASSES = (*DECISION_TYPES, NONE)
LANGUAGES = ("german", "spanish")
"""In which a few words are known; all others are English."""
MONEY = "$"
GAP, GAP_WORDS = "..", 4
"""In a phrase, and how many words may stand there."""
_SET = re.compile(r"\{(\w+)\}")
_AMOUNT = re.compile(
    r"\{?(?:[$€£¥₹]|\b(?:usd|eur|gbp)) ?[0-9][0-9.,]*[km]?\b\}?"
    r"|\b[0-9][0-9.,]*[km]? ?(?:[$€£¥₹]|(?:usd|eur|gbp|dollars?|euros?|pounds)\b)"
)
_AWAY = re.compile(r"https?://\S+|<[^>\s]*>|@\w+|\bx{2,}(?:/x{2,})*(?:/\d+)?\b|(?<=n)['’`´](?=t\b)")
"""Links, handles, what a publisher has blacked out as XX/XX/XXXX, and the apostrophe of "don't"."""
_WORD = re.compile(r"[^\W_]+|\$")


def words(text: str) -> list[str]:
    """The text's words, folded: lower case, without accents; `$` in place of an amount of money."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return _WORD.findall(_AMOUNT.sub(f" {MONEY} ", _AWAY.sub("", plain)))


@dataclass(frozen=True)
class Phrase:
    """Words in this order. about: the class, urgency, tier or risk that they speak for, by `weight`."""

    written: str
    about: str
    weight: float = 0.0

    @cached_property
    def steps(self) -> tuple[tuple[str, ...], ...]:
        """Word by word its alternatives; (`GAP`,) where other words may stand between."""
        return tuple(tuple(step.split("|")) for step in self.written.split())


@dataclass(frozen=True)
class Found:
    """A phrase in a text: from this word up to, and without, that one."""

    phrase: Phrase
    start: int
    end: int

    def lies_over(self, others: Iterable["Found"]) -> bool:
        return any(self.start < other.end and other.start < self.end for other in others)


class Index:
    """Phrases by the two letters that they begin with: a text is compared with a few of them only."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._by_beginning: dict[str, list[Phrase]] = defaultdict(list)
        for phrase in phrases:
            for beginning in {first[:2] for first in phrase.steps[0]}:
                self._by_beginning[beginning].append(phrase)

    def find(self, text: Sequence[str]) -> Iterator[Found]:
        for start, word in enumerate(text):
            for phrase in self._by_beginning.get(word[:2], ()):
                end = _end(phrase.steps, text, start)
                if end is not None:
                    yield Found(phrase, start, end)


def _end(steps: Sequence[Sequence[str]], text: Sequence[str], at: int) -> int | None:
    """Where the steps end that start at this word; None where they do not stand there."""
    for place, step in enumerate(steps):
        if step[0] == GAP:
            ends = (_end(steps[place + 1 :], text, at + skipped) for skipped in range(GAP_WORDS + 1))
            return next((end for end in ends if end is not None), None)
        if at >= len(text) or not any(_is(written, text[at]) for written in step):
            return None
        at += 1
    return at


def _is(written: str, word: str) -> bool:
    return word.startswith(written[:-1]) if written.endswith("*") else word == written


LEAST_BEGINNING = 5
"""Letters, with the star: shorter beginnings are those of too many words."""


@dataclass(frozen=True)
class Lexicon:
    """phrases: of `CLASSES`; signs: what else is read, by "urgency", "tier", "risk", "person", "negation"."""

    version: str
    phrases: tuple[Phrase, ...]
    signs: Mapping[str, Index]
    added_weight: float
    """Of a phrase that a team adds."""

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Lexicon":
        """raw: as bot/lexicon.toml holds it."""
        reading = {"person": {"": raw["reading"]["persons"]}, "negation": {"": raw["reading"]["negations"]}}
        signs = {name: raw[name] for name in ("urgency", "tier", "risk")} | reading
        return cls(
            version=raw["version"],
            phrases=(*_english(raw), *_other_languages(raw)),
            signs={name: Index(_signs(listed)) for name, listed in signs.items()},
            added_weight=raw["weights"]["decisive"],
        )

    def with_words(self, added: Mapping[str, Sequence[str]]) -> "Lexicon":
        """The lexicon with a team's own words. added: type -> words or phrases as typed, which nothing stands for."""
        pairs = ((about, " ".join(words(one))) for about, typed in added.items() for one in typed)
        own = tuple(Phrase(written, about, self.added_weight) for about, written in pairs if written)
        return replace(self, phrases=(*self.phrases, *own)) if own else self

    def has(self, word: str) -> bool:
        """Whether some phrase has the word, in whatever language."""
        return word in self._written or any(word.startswith(beginning) for beginning in self._beginnings)

    @cached_property
    def _written(self) -> frozenset[str]:
        return frozenset(one for phrase in self.phrases for step in phrase.steps for one in step)

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        return tuple({one[:-1] for one in self._written if one.endswith("*") and len(one) > LEAST_BEGINNING})

    @cached_property
    def index(self) -> Index:
        return Index(self.phrases)


def _english(raw: Mapping[str, Any]) -> Iterator[Phrase]:
    for about in CLASSES:
        for strength, listed in raw[about].items():
            for written in listed:
                filled = _SET.sub(lambda found: str(raw["sets"][found[1]]), written)
                yield Phrase(filled, about, raw["weights"][strength])


def _other_languages(raw: Mapping[str, Any]) -> Iterator[Phrase]:
    for language in LANGUAGES:
        for about, listed in raw[language].items():
            yield from (Phrase(written, about, raw["weights"]["strong"]) for written in listed)


def _signs(listed: Mapping[str, Sequence[str]]) -> Iterator[Phrase]:
    return (Phrase(written, about) for about, phrases in listed.items() for written in phrases)
