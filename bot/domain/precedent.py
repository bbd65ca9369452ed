"""Earlier cases like the one at hand: which come first, what of them may be seen, what they speak for.

Until a case's result is published nobody sees from it what was chosen before: people first, then the machine. So what
may always be seen (`Precedent`) and what was chosen (`Answer`) are different values, and `is_told` says when the second
may be read at all.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any, TypeVar
from uuid import UUID

from bot.domain.choice import KINDS, NOUNS, Kind
from bot.domain.decision import Dossier, Phase, Status
from bot.domain.option import MAX_OPTIONS, TITLE_LENGTH, Option, OptionDraft

RRF = 60
"""The constant of reciprocal rank fusion. Source: Cormack, Clarke, Buettcher 2009."""
MOST = 50
"""So many cases a search brings."""
SHOWN = 3
LEAST_SHARED = 3
"""Different words that a case shares with one that is called "like this"; all of them where it has fewer."""
LEAST_OF_BEST = 0.4
"""Of the best one's score."""
LEAST_COSINE = 0.4
"""Of a hundred pairs that have nothing to do with each other one or two lie above it (`benchmarks.retrieval`)."""
HALF_LIFE = timedelta(days=730)
LEAST_RESOLVED, LEAST_LIKE = 30, 3
"""Decided cases of the team, and those like this one, below which nothing is recommended."""
SUGGESTED = 6
PRIOR = 4
"""So many imagined cases, spread evenly over the three kinds, draw a recommendation's confidence towards a third."""
OLD = timedelta(days=365)
SCALED = "The cost is scaled from an earlier case to the amount at stake here."
T = TypeVar("T")
# An amount of another case in a title would be taken for one of this.
_AMOUNT = re.compile(r"\d{3}|\d[.,]\d{3}|[$€£¥₹]")


@dataclass(frozen=True)
class Precedent:
    """A decided case, as it may be seen from any other of its team at any time."""

    decision_id: UUID
    number: int
    title: str
    customer: str
    decision_type: str
    decided_at: datetime
    amount: Decimal | None
    """At stake, in `currency`."""
    currency: str


@dataclass(frozen=True)
class Hit:
    """What a search found."""

    decision_id: UUID
    score: float = field(repr=False)
    """Of that search: more is nearer."""
    shared: int = 0
    """Different words that both cases have; 0 of a search by meaning."""


@dataclass(frozen=True)
class Answer:
    """What was chosen in a decided case, and how it turned out."""

    decision_id: UUID
    kind: Kind
    cost: Decimal | None
    currency: str
    decided_at: datetime
    stayed: bool | None = None
    """None: not known."""
    was_escalated: bool = False


@dataclass(frozen=True)
class Recommendation:
    """Which kind of option the precedents favour."""

    kind: Kind
    noun: str
    counts: Mapping[Kind, int]
    known: int
    """Of those that chose this kind: of how many it is known whether the customer stayed, and how many did."""
    stayed: int
    against: tuple[str, ...]
    """What speaks against it, in sentences."""
    confidence: float = field(repr=False)
    """0..1: the share of the favoured kind, drawn towards a third by `PRIOR` cases."""

    def body(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "version": 1,
            "kind": self.kind.value,
            "counts": {kind.value: count for kind, count in self.counts.items()},
            "known": self.known,
            "stayed": self.stayed,
            "against": list(self.against),
            "confidence": round(self.confidence, 2),
        }


@dataclass(frozen=True)
class Suggestion:
    """An option of an earlier case, as it would read here, or one that a language model drafted."""

    source: UUID
    """The option's id."""
    draft: OptionDraft
    is_scaled: bool = False
    """Whether its cost is."""
    is_drafted: bool = False


@dataclass(frozen=True)
class Precedents:
    """The decided cases like one case, nearest first."""

    cases: tuple[Precedent, ...] = ()
    answers: tuple[Answer, ...] | None = None
    """Of the same cases in the same order; None until the case's own result is published."""
    recommendation: Recommendation | None = None

    @property
    def since(self) -> datetime | None:
        return min((case.decided_at for case in self.cases), default=None)


def is_told(dossier: Dossier) -> bool:
    """Whether it may be seen from this case what was chosen before: once its latest round is published.

    A second round hides it again, a round that was started over as well.
    """
    return dossier.round is not None and dossier.round.published_at is not None


def may_suggest(dossier: Dossier) -> bool:
    """Whether options are still collected, and there is room for one."""
    state = (dossier.decision.status, dossier.decision.phase)
    return state == (Status.TEAM_INPUT, Phase.OPTIONS) and len(dossier.options) < MAX_OPTIONS


def nearest(
    by_words: Sequence[Hit],
    by_meaning: Sequence[Hit],
    cases: Mapping[UUID, Precedent],
    *,
    words: int,
    amount: Decimal | None,
    currency: str,
    now: datetime,
) -> tuple[Precedent, ...]:
    """Those like the case, nearest first; newer ones and similar amounts come before others.

    words: how many different ones the case has. amount: at stake in it, in `currency`.
    """

    def weighed(hits: Iterable[Hit]) -> list[UUID]:
        known = [(hit, cases[hit.decision_id]) for hit in hits if hit.decision_id in cases]
        scored = [(hit.score * _recent(one, now) * _near(one, amount, currency), one) for hit, one in known]
        return [one.decision_id for _, one in sorted(scored, key=lambda s: (-s[0], -s[1].number))]

    best = max((hit.score for hit in by_words), default=0.0)
    least = min(LEAST_SHARED, words)
    like = [hit for hit in by_words if hit.shared >= least and hit.score >= LEAST_OF_BEST * best]
    close = [hit for hit in by_meaning if hit.score >= LEAST_COSINE]
    return tuple(cases[id_] for id_, _ in fused(weighed(like), weighed(close)))


def fused(*rankings: Sequence[T]) -> list[tuple[T, float]]:
    """Several rankings as one, best first, by reciprocal rank fusion; each with the sum of 1 / (60 + place)."""
    points: dict[T, float] = {}
    for ranking in rankings:
        for place, one in enumerate(ranking, start=1):
            points[one] = points.get(one, 0.0) + 1 / (RRF + place)
    return sorted(points.items(), key=lambda pair: -pair[1])


def _recent(case: Precedent, now: datetime) -> float:
    """1 of today, towards a half of long ago."""
    halved: float = 0.5 ** (max(now - case.decided_at, timedelta(0)) / HALF_LIFE)
    return 0.5 + 0.5 * halved


def _near(case: Precedent, amount: Decimal | None, currency: str) -> float:
    """1 where as much is at stake, towards a half where it is another order of magnitude or another currency."""
    if amount is None or case.amount is None:
        return 0.75
    low, high = sorted([abs(amount), abs(case.amount)])
    if case.currency != currency:
        return 0.5
    return 0.5 + 0.5 * float(low / high) if high else 1.0


def suggestions(
    dossier: Dossier, cases: Iterable[Precedent], options: Mapping[UUID, Sequence[Option]]
) -> tuple[Suggestion, ...]:
    """Options of similar cases that this one has not, in the order of the alphabet, which tells nothing.

    options: by case; all that were proposed, whichever was chosen.
    """
    there = {_key(option.title) for option in dossier.options}
    found: dict[str, Suggestion] = {}
    for case in cases:
        for option in options.get(case.decision_id, ()):
            if _key(option.title) not in there and _is_general(option.title, case):
                found.setdefault(_key(option.title), suggestion(dossier, case, option))
    return tuple(sorted(list(found.values())[:SUGGESTED], key=lambda one: _key(one.draft.title)))


def _key(title: str) -> str:
    return " ".join(title.casefold().split())


def _is_general(title: str, case: Precedent) -> bool:
    """Whether the title would do for another customer and another amount."""
    return len(title) <= TITLE_LENGTH and case.customer.casefold() not in title.casefold() and not _AMOUNT.search(title)


def suggestion(dossier: Dossier, case: Precedent, option: Option) -> Suggestion:
    """An option of an earlier case, its cost scaled to what is at stake here; unknown where that cannot be said."""
    cost, is_scaled = _scaled(dossier, case, option.financial_cost)
    description = SCALED if is_scaled else ""
    draft = OptionDraft(option.title, description, cost, option.implementation_effort, option.risk_level)
    return Suggestion(option.id, draft, is_scaled)


def _scaled(dossier: Dossier, case: Precedent, cost: Decimal | None) -> tuple[Decimal | None, bool]:
    here, there = dossier.decision.case.financial_impact, case.amount
    if not cost:
        return cost, False
    if case.currency != dossier.decision.currency or not here or not there:
        return None, False
    return (cost, False) if here == there else ((cost * here / there).quantize(Decimal(1)), True)


def recommended(
    answers: Sequence[Answer], *, decision_type: str, resolved: int, now: datetime
) -> Recommendation | None:
    """What most of the similar cases chose; None where they are too few, or of two minds.

    resolved: how many decided cases the team has.
    """
    counts = Counter(answer.kind for answer in answers)
    ranked = sorted(KINDS, key=lambda kind: -counts[kind])
    is_enough = resolved >= LEAST_RESOLVED and len(answers) >= LEAST_LIKE
    if not is_enough or counts[ranked[0]] <= max(counts[ranked[1]], counts[Kind.OTHER]):
        return None
    same = [answer for answer in answers if answer.kind is ranked[0]]
    known = [answer.stayed for answer in same if answer.stayed is not None]
    return Recommendation(
        kind=ranked[0],
        noun=NOUNS.get(decision_type, "answer"),
        counts=dict(counts),
        known=len(known),
        stayed=sum(known),
        against=_against(answers, same, now),
        confidence=(len(same) + PRIOR / len(KINDS)) / (len(answers) + PRIOR),
    )


def _against(answers: Sequence[Answer], same: Sequence[Answer], now: datetime) -> tuple[str, ...]:
    """What speaks against doing the `same` again."""
    others = len(answers) - len(same)
    left = sum(answer.stayed is False for answer in same)
    escalated = sum(answer.was_escalated for answer in same)
    unknown = sum(answer.stayed is None for answer in same)
    old = sum(now - answer.decided_at > OLD for answer in same)
    facts = (
        (left, f"{left} of these customers left"),
        (escalated, f"{escalated} escalated all the same"),
        (others, f"{others} of {len(answers)} were answered otherwise"),
        (unknown, f"how {unknown} turned out is not known"),
        (old, f"{old} {'is' if old == 1 else 'are'} older than a year"),
    )
    return tuple(words for count, words in facts if count)


def costs(answers: Iterable[Answer], kind: Kind, currency: str) -> Decimal | None:
    """The median cost of those that chose this kind, of those in this currency; None where none is known."""
    known = [a.cost for a in answers if a.kind is kind and a.cost is not None and a.currency == currency]
    return median(known) if known else None
