"""What a team's outcomes teach it: how often its decisions worked, and what told so beforehand. Never about a person.

Pure, from the decisions that are resolved. What so few cases do not support is not computed: see `rate`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from statistics import fmean
from uuid import UUID

from bot.domain.choice import Kind
from bot.domain.rate import MANY, Rate, Separation, base_of, rate, separation

MOST = 1000
"""The latest resolved decisions that are learnt from, and of the latest opened those that are counted: those of more
would take seconds. A range of so many cases is 4 per cent wide."""
LEAST_RESOLVERS = 3
"""What fewer people have decided is about them: nothing is said of it."""
LEAST_SPLIT = 3
"""A part of the decisions has at least so many."""
BATCH = 5
"""Stated probabilities count in groups of so many or more, by the moment at which their outcomes became known."""


@dataclass(frozen=True)
class Past:
    """A resolved decision, as far as it teaches."""

    decision_id: UUID
    number: int
    title: str
    decision_type: str
    resolved_at: datetime
    grant: Kind
    resolved_by: UUID = field(repr=False)
    """Only counted: how many people there are."""
    amount: Decimal | None = None
    """At stake, of either sign."""
    currency: str = "USD"
    worked: bool | None = None
    """None: nobody knows yet, or nobody says."""
    known_at: datetime | None = None
    """Since when `worked` is known."""
    follows: bool | None = None
    """Whether the leader of the ranking was chosen; None where nobody led."""
    total: float | None = field(default=None, repr=False)
    """Of the chosen option, as published; None where no totals were."""
    means: Mapping[str, float] = field(default_factory=dict, repr=False)
    """Of the chosen option, as published, by the criterion's name."""
    sure: int | None = field(default=None, repr=False)
    """Per cent: how sure whoever resolved it was that it would work."""


@dataclass(frozen=True)
class Forecasts:
    """Stated probabilities against what happened."""

    happened: Rate
    said: float | None = field(default=None, repr=False)
    """What was said on average, 0..1; this and what follows None below `MANY`."""
    brier: float | None = field(default=None, repr=False)
    """The mean of (said - happened)^2: 0 is best, 0.25 is a coin. Source: Brier 1950."""
    skill: float | None = field(default=None, repr=False)
    """1 - brier / that of saying always the base rate: above 0 is better than that. Source: Murphy 1973. None
    also where everything worked, or nothing did: then no forecast is better than the base rate."""


@dataclass(frozen=True)
class Lessons:
    """The learning page."""

    known: int
    """Decisions whose outcome is known, of `total` that are resolved."""
    total: int
    team: Rate | None
    """None where fewer than `LEAST_RESOLVERS` people have decided; likewise in all that follows."""
    types: Mapping[str, Rate | None]
    """By type, of those with at least `LEAST_SPLIT` decisions."""
    followed: Rate | None
    """Where the leader of the ranking was chosen."""
    overridden: Rate | None
    """Where another option was."""
    forecasts: Forecasts | None
    forecasts_by_type: Mapping[str, Forecasts]
    totals: Separation | None
    """The chosen options' totals against what worked."""
    criterion: tuple[str, Separation] | None
    """The one whose averages tell best what worked, where one does without doubt."""


def learn(cases: Sequence[Past]) -> Lessons:
    """cases: all that the team has resolved, in no order."""
    known = _known(cases)
    base = base_of(_worked(known), len(known))
    stated = [case for case in known if case.sure is not None]
    settled = settle(stated)
    return Lessons(
        known=len(known),
        total=len(cases),
        team=_rate(cases, None),
        types={kind: _rate(part, base) for kind, part in _split(cases).items()},
        followed=_part(cases, base, follows=True),
        overridden=_part(cases, base, follows=False),
        forecasts=_forecasts(settled) if _is_of_many(settled) else None,
        forecasts_by_type={kind: _forecasts(part) for kind, part in _by_type(stated).items()},
        totals=_separation(known, lambda case: case.total),
        criterion=_criterion(known),
    )


def _known(cases: Iterable[Past]) -> list[Past]:
    return [case for case in cases if case.worked is not None]


def _worked(cases: Iterable[Past]) -> int:
    return sum(case.worked is True for case in cases)


def _is_of_many(cases: Iterable[Past]) -> bool:
    return len({case.resolved_by for case in cases}) >= LEAST_RESOLVERS


def _split(cases: Iterable[Past]) -> dict[str, list[Past]]:
    """By type, the most frequent first, without those that are too few to be a part."""
    found: dict[str, list[Past]] = {}
    for case in cases:
        found.setdefault(case.decision_type, []).append(case)
    return {
        kind: found[kind] for kind in sorted(found, key=lambda k: -len(found[k])) if len(found[kind]) >= LEAST_SPLIT
    }


def _part(cases: Iterable[Past], base: float, *, follows: bool) -> Rate | None:
    part = [case for case in cases if case.follows is follows]
    return _rate(part, base) if len(part) >= LEAST_SPLIT else None


def _rate(cases: Sequence[Past], base: float | None) -> Rate | None:
    known = _known(cases)
    return rate(_worked(known), len(known), len(cases), base=base) if _is_of_many(known) else None


# --- Probabilities. Each is its person's alone, so none may be found by subtracting yesterday's page from today's.


def settle(cases: Iterable[Past]) -> list[Past]:
    """Those that count already: in the order in which their outcomes became known, in whole batches only.

    A batch is over with `BATCH` decisions of `LEAST_RESOLVERS` people: what a page says changes by a batch at once,
    so its change tells of none of them. Price: the latest few do not count yet.
    """
    done: list[Past] = []
    batch: list[Past] = []
    for case in sorted(cases, key=lambda one: (str(one.known_at), one.number)):
        batch.append(case)
        if len(batch) >= BATCH and _is_of_many(batch):
            done, batch = done + batch, []
    return done


def _by_type(cases: Sequence[Past]) -> dict[str, list[Past]]:
    """The types that may be shown beside the whole: of `LEAST_RESOLVERS` people each; what is left over is of as many,
    or nothing, since it can be found by subtraction."""
    parts: dict[str, list[Past]] = {}
    for case in cases:
        parts.setdefault(case.decision_type, []).append(case)
    shown = {kind: settled for kind, part in parts.items() if _is_of_many(settled := settle(part))}
    while shown:
        rest = [case for kind, part in parts.items() if kind not in shown for case in part]
        if not rest or _is_of_many(rest):
            break
        shown.popitem()
    return shown


def _forecasts(cases: Sequence[Past]) -> Forecasts:
    """cases: known ones with a probability."""
    pairs = [((case.sure or 0) / 100, float(case.worked is True)) for case in cases]
    worked = sum(happened for _, happened in pairs)
    happened = rate(int(worked), len(pairs), len(pairs))
    if len(pairs) < MANY:
        return Forecasts(happened)
    brier = fmean((said - came) ** 2 for said, came in pairs)
    base = worked / len(pairs) * (1 - worked / len(pairs))
    return Forecasts(happened, fmean(said for said, _ in pairs), brier, 1 - brier / base if base else None)


# --- Scores against outcomes.


def _separation(
    known: Sequence[Past], score: Callable[[Past], float | None], *, compared: int = 1
) -> Separation | None:
    scored = [(case, found) for case in known if (found := score(case)) is not None]
    if not _is_of_many(case for case, _ in scored):
        return None
    worked = [found for case, found in scored if case.worked]
    return separation(worked, [found for case, found in scored if not case.worked], compared=compared)


def _criterion(known: Sequence[Past]) -> tuple[str, Separation] | None:
    """The one with the widest gap among those that have enough on each side; None where no gap is beyond chance."""
    often = Counter(name for case in known for name in case.means)
    able = [name for name in often if _separation(known, _average(name))]
    found = [(name, _separation(known, _average(name), compared=len(able))) for name in able]
    clear = [(name, one) for name, one in found if one and one.is_clear]
    return max(clear, key=lambda pair: abs(pair[1].correlation), default=None)


def _average(criterion: str) -> Callable[[Past], float | None]:
    return lambda case: case.means.get(criterion)
