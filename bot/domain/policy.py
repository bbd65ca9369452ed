"""When the team answers the same question the same way again and again, it may as well write a policy.

A proposal is no policy: it is opened as a decision like any other, with criteria, options and secret scores.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile

from bot.domain.choice import Kind
from bot.domain.decision import DECISION_TYPES, Case
from bot.domain.learning import Past
from bot.domain.ledger import Drift
from bot.domain.money import format_money

EVERYBODY = "All customers"
"""Whom a policy is about."""
ENOUGH = 6
"""So many similar cases went one way, and worked."""
RECENT = timedelta(days=365)
MOST_NAMED = 12
WORD = re.compile(r"[^\W\d_]{4,}")
NO_MARK = frozenset(
    [
        "about",
        "after",
        "again",
        "also",
        "been",
        "before",
        "case",
        "client",
        "could",
        "customer",
        "customers",
        "decision",
        "does",
        "every",
        "from",
        "have",
        "into",
        "need",
        "needs",
        "over",
        "request",
        "requests",
        "should",
        "some",
        "that",
        "their",
        "them",
        "they",
        "this",
        "want",
        "wants",
        "were",
        "what",
        "when",
        "which",
        "will",
        "with",
        "would",
        "your",
    ]
)
"""Words of four letters and more that make no two cases similar."""


@dataclass(frozen=True)
class Proposal:
    """To write a policy, or to look at one again."""

    key: str
    """Tells it from the team's other proposals; the same cases have the same key tomorrow."""
    decision_type: str
    grant: Kind | None
    """What was answered each time; None: exceptions of the type rise."""
    word: str = ""
    """What the cases have in common beside the type; empty: nothing is needed."""
    up_to: Decimal | None = None
    currency: str = "USD"
    cases: tuple[Past, ...] = field(default=(), repr=False)

    @property
    def about(self) -> str:
        """ "refund requests about an outage up to USD 100", in the middle of a sentence."""
        kind = DECISION_TYPES[self.decision_type].lower() + "s"
        about = f' about "{self.word}"' if self.word else ""
        return f"{kind}{about}{f' up to {format_money(self.up_to, self.currency)}' if self.up_to is not None else ''}"

    @property
    def case(self) -> Case:
        """As what it is opened. Its cases by their numbers alone: what was chosen in them must not sway who scores."""
        again = "Review the policy for" if self.grant is None else "A policy for"
        numbers = ", ".join(f"#{case.number}" for case in self.cases[:MOST_NAMED])
        evidence = f" The cases: {numbers}. Each can be read under its own number." if numbers else ""
        why = "Exceptions have become more frequent." if self.grant is None else "Similar cases keep coming up."
        return Case(
            decision_type="policy_exception",
            customer_name=EVERYBODY,
            title=f"{again} {self.about}",
            description=f"{why} Should there be a rule for {self.about}, and which?{evidence}",
        )


def proposals(cases: Sequence[Past], lines: Iterable[Drift], *, now: datetime) -> list[Proposal]:
    """One for each type at most, and one for each rising line. cases: all that are resolved; lines: see `drifts`.

    Similar cases are of one type and one currency, within a year, up to an amount at stake (or all without one); where
    the type as a whole went several ways, those with one word in common.
    """
    recent = [case for case in cases if now - case.resolved_at <= RECENT]
    found = [one for kind in DECISION_TYPES if (one := _of_type(kind, [c for c in recent if c.decision_type == kind]))]
    rising = [line for line in lines if line.is_rising]
    return found + [
        Proposal(f"review:{line.decision_type}:{line.quarters[-1]}", line.decision_type, None) for line in rising
    ]


def _of_type(kind: str, cases: Sequence[Past]) -> Proposal | None:
    """The first group that went one way: the whole type, else the word that most of them share."""
    able = takewhile(lambda pair: len(pair[1]) >= ENOUGH, _groups(cases))
    return next(filter(None, (_one_way(kind, word, group) for word, group in able)), None)


def _groups(cases: Sequence[Past]) -> Iterator[tuple[str, list[Past]]]:
    """Word -> the cases with it; all of them come first, then the most frequent word."""
    yield "", list(cases)
    by_word: dict[str, list[Past]] = {}
    for case in cases:
        for word in sorted({found.casefold() for found in WORD.findall(case.title)} - NO_MARK):
            by_word.setdefault(word, []).append(case)
    yield from sorted(by_word.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def _one_way(kind: str, word: str, cases: Sequence[Past]) -> Proposal | None:
    """The first of the groups by currency, with an amount and without one, in which enough went one way and worked."""
    by_money: dict[tuple[str, bool], list[Past]] = {}
    for case in cases:
        by_money.setdefault((case.currency, case.amount is None), []).append(case)
    for (currency, _), group in sorted(by_money.items()):
        alike = _alike(group)
        if sum(case.worked is True for case in alike) >= ENOUGH:
            grant, up_to = alike[-1].grant, None if alike[-1].amount is None else _size(alike[-1])
            return Proposal(f"write:{kind}:{grant}:{word}:{currency}", kind, grant, word, up_to, currency, alike)
    return None


def _alike(cases: Sequence[Past]) -> tuple[Past, ...]:
    """From the smallest amount up to the first that was answered otherwise, or did not work; all at that amount are
    beyond the bound."""
    ordered = sorted(cases, key=lambda case: (_size(case), case.number))
    first = ordered[0].grant
    odd = next((case for case in ordered if _is_other(case, first) or case.worked is False), None)
    return tuple(ordered) if odd is None else tuple(case for case in ordered if _size(case) < _size(odd))


def _is_other(case: Past, kind: Kind) -> bool:
    """Of what nobody can tell nobody can say that it was answered the same way."""
    return case.grant is not kind or kind is Kind.OTHER


def _size(case: Past) -> Decimal:
    return abs(case.amount or Decimal(0))
