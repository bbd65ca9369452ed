"""What a customer's text is about: type, urgency, amount, with how sure that is, and by which words. Pure.

It suggests and never decides; it reads the text alone, and a team's decided cases, never a ballot. Where it does not
know it says so: `type` is None.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import exp

from bot.domain.decision import DECISION_TYPES
from bot.domain.lexicon import CLASSES, NONE, Found, Lexicon, words
from bot.domain.money import parse_money
from bot.domain.vocabulary import LITTLE_WORDS, Vocabulary
from bot.errors import Invalid

TITLE_LENGTH, BODY_LENGTH = 200, 400
"""So much of a text is read, in characters: whole long complaints mislead."""
MOST_WHY = 5
NEGATED_WORDS = 4
FADING = 0.7
"""What the second phrase of a type counts, against the first; many weak hints are no proof."""
VOCABULARY_WEIGHT = 0.6
VOTE_WEIGHT = 3.0
"""Of a share of all votes of similar cases, where somebody brings them."""
LEAST_SAID = 1.0
"""The lexicon's own words must say so much, or it abstains: a type nobody can see the reason of is none."""
SURE_ENOUGH = 0.8
"""Below this confidence it abstains."""
SLOPE, OFFSET = 0.75, -0.2
"""Of the confidence over the margin, by `benchmarks.ai_eval` on texts that the lexicon had not seen."""
NO_PERSON_WORDS, NO_PERSON = 9, 2.5
CODE, CODE_SIGNS, CODE_SHARE = 4.0, 4, 0.04
_CODE = re.compile(r"[(){};=<>\[\]]")
_MONEY = re.compile(
    r"(?<![\w.,])(?:[$€£¥₹]|[A-Z]{3}(?= ?[0-9])) ?[0-9][0-9.,']*[0-9kKmM]?(?![\w%])"
    r"|(?<![\w.,])[0-9][0-9.,']*[kKmM]? ?(?:[$€£¥₹]|(?:USD|EUR|GBP|CHF)\b)"
)


@dataclass(frozen=True)
class Reading:
    """best: the type that fits best, always; type: the same, or None where it abstains. confidence: 0..1, of `best`."""

    best: str
    type: str | None
    confidence: float
    why: tuple[str, ...]
    """Words of the text that speak for `best`, the strongest first."""
    urgency: int | None
    amount: Decimal | None
    """None where no amount, or more than one, is named in the currency asked for."""
    tier: str | None
    risks: tuple[str, ...]
    method: str
    version: str

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to suggest."""
        return self.type is None and self.urgency is None and self.amount is None

    def to_json(self) -> dict[str, object]:
        """As `customer_decisions.ai_classification` keeps it; the confidence has a column of its own."""
        amount = None if self.amount is None else str(self.amount)
        found = {"tier": self.tier, "risks": list(self.risks)} if self.type else {}
        return {
            "type": self.type,
            "urgency": self.urgency,
            "amount": amount,
            "why": list(self.why),
            "method": self.method,
            "version": self.version,
            **found,
        }


@dataclass(frozen=True)
class Choices:
    """What a team has chosen about suggestions. words: type -> what it adds to the lexicon, as typed."""

    is_on: bool = True
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asks_model: bool = True
    """Whether a language model may read its cases, where the installation has one."""

    def differs_in(self, other: "Choices") -> list[str]:
        """The types whose words are others."""
        return [about for about in DECISION_TYPES if self.words.get(about, ()) != other.words.get(about, ())]


@dataclass(frozen=True)
class Classifier:
    lexicon: Lexicon
    vocabulary: Vocabulary
    method: str = "lexicon"

    def taught(self, cases: Iterable[tuple[str, str]]) -> "Classifier":
        """It with a team's own history. cases: text and type of decided ones; other types are skipped."""
        told = [(words(read_part(text)), about) for text, about in cases if about in DECISION_TYPES]
        if not told:
            return self
        return replace(self, vocabulary=self.vocabulary.joined(Vocabulary.of(told)), method="lexicon+history")

    def with_words(self, added: Mapping[str, Sequence[str]]) -> "Classifier":
        """It with the words that a team has chosen for each type."""
        return replace(self, lexicon=self.lexicon.with_words(added))

    def knows(self, word: str) -> bool:
        """Whether it is an ordinary word of such texts, in any form: what is capitalised and none is a name."""
        return all(
            part in LITTLE_WORDS or part.isdigit() or self.vocabulary.has(part) or self.lexicon.has(part)
            for part in words(word)
        )

    def read(self, text: str, *, currency: str = "USD", votes: Mapping[str, float] | None = None) -> Reading:
        """What the text is about. Any text will do, an empty one too: it abstains.

        votes: type -> share of the most similar decided cases that were of it, where somebody looked for such.
        """
        part = read_part(text)
        told = words(part)
        said = _Said(self.lexicon, told)
        scores = _scores(said, self.vocabulary, told, votes or {})
        scores[NONE] += _is_no_case(part, told, self.lexicon)
        best = max(DECISION_TYPES, key=lambda about: scores[about])
        margin = scores[best] - max(scores[about] for about in CLASSES if about != best)
        confidence = 1 / (1 + exp(-(OFFSET + SLOPE * max(min(margin, 50.0), -50.0))))
        is_sure = confidence >= SURE_ENOUGH and said.score(best) >= LEAST_SAID
        return Reading(
            best=best,
            type=best if is_sure else None,
            confidence=confidence,
            why=said.why(best),
            urgency=_urgency(self.lexicon, told),
            amount=amount_in(part, currency),
            tier=next(iter(_signs(self.lexicon, "tier", told)), None),
            risks=tuple(sorted(_signs(self.lexicon, "risk", told))),
            method=self.method if votes is None else f"{self.method}+similar",
            version=self.lexicon.version,
        )


def read_part(text: str) -> str:
    """Title and the first characters of the rest: of a text in lines the first is the title, if it is short enough."""
    title, _, rest = text.strip().partition("\n")
    if len(title) > TITLE_LENGTH:
        return title[:BODY_LENGTH]
    return f"{title}\n{rest[:BODY_LENGTH]}"


class _Said:
    """What of the lexicon stands in a text: by class the phrases that count, heaviest first."""

    def __init__(self, lexicon: Lexicon, told: Sequence[str]) -> None:
        self._told = told
        unwanted = list(lexicon.signs["negation"].find(told))
        by_class: dict[str, list[Found]] = defaultdict(list)
        for found in lexicon.index.find(told):
            # From its own first word on: "want a refund" begins within "not want a refund".
            is_unwanted = any(no.start <= found.start < no.end + NEGATED_WORDS for no in unwanted)
            if found.phrase.about == NONE or not is_unwanted:
                by_class[found.phrase.about].append(found)
        self._for = {about: _counted(found) for about, found in by_class.items()}
        self._against = {about: _against(found) for about, found in by_class.items()}

    def score(self, about: str) -> float:
        weights = [found.phrase.weight for found in self._for.get(about, ())]
        return sum(weight * FADING**place for place, weight in enumerate(weights)) + self._against.get(about, 0.0)

    def why(self, about: str) -> tuple[str, ...]:
        found = self._for.get(about, [])[:MOST_WHY]
        return tuple(" ".join(self._told[one.start : one.end]) for one in found)


def _counted(found: Iterable[Found]) -> list[Found]:
    """Each phrase once, and of those that lie over each other the heaviest, then the shortest."""
    once = {one.phrase.written: one for one in found if one.phrase.weight > 0}
    return _apart(sorted(once.values(), key=lambda one: (-one.phrase.weight, one.end - one.start)))


def _apart(found: Iterable[Found]) -> list[Found]:
    """Without those that lie over one before them."""
    kept: list[Found] = []
    for one in found:
        kept += [] if one.lies_over(kept) else [one]
    return kept


def _against(found: Iterable[Found]) -> float:
    return sum({one.phrase.written: one.phrase.weight for one in found if one.phrase.weight < 0}.values())


def _scores(said: _Said, vocabulary: Vocabulary, told: Sequence[str], votes: Mapping[str, float]) -> dict[str, float]:
    evidence = vocabulary.evidence(told)
    return {
        about: said.score(about) + VOCABULARY_WEIGHT * evidence[about] + VOTE_WEIGHT * votes.get(about, 0.0)
        for about in CLASSES
    }


def _is_no_case(part: str, told: Sequence[str], lexicon: Lexicon) -> float:
    """What the look of a text adds to its being no case: code, or many words and nobody in them."""
    signs = len(_CODE.findall(part))
    code = CODE if signs >= CODE_SIGNS and signs >= CODE_SHARE * len(part) else 0.0
    is_long = len(told) >= NO_PERSON_WORDS
    return code + (NO_PERSON if is_long and next(lexicon.signs["person"].find(told), None) is None else 0.0)


def _signs(lexicon: Lexicon, name: str, told: Sequence[str]) -> dict[str, None]:
    """What the text shows of this kind, each once: "not urgent" counts in place of the "urgent" in it."""
    longest_first = sorted(lexicon.signs[name].find(told), key=lambda one: one.start - one.end)
    return dict.fromkeys(found.phrase.about for found in _apart(longest_first))


def _urgency(lexicon: Lexicon, told: Sequence[str]) -> int | None:
    return max(map(int, _signs(lexicon, "urgency", told)), default=None)


def amount_in(text: str, currency: str) -> Decimal | None:
    """The one amount of money that the title names, else the one that the whole text names.

    None where it names none in this currency, or several: which of them is at stake would be a guess.
    """
    for part in (text.strip().partition("\n")[0], text):
        amounts = {amount for typed in _MONEY.findall(part) if (amount := _amount(typed, currency)) is not None}
        if amounts:
            return amounts.pop() if len(amounts) == 1 else None
    return None


def _amount(typed: str, currency: str) -> Decimal | None:
    try:
        return parse_money(typed.rstrip(".,'"), currency=currency)
    except Invalid:
        return None
