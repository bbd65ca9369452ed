"""Where the marks of a chart stand: numbers in, coordinates out. Templates draw them, with the table beside."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.dashboard import Customer, Kind, Pace
from bot.domain.learning import Forecasts, Lessons
from bot.domain.rate import Rate
from bot.views.slack.text import cut
from web.views.decision import Place
from web.views.words import hours, kind, per_cent

WIDTH = 420
"""Drawn a quarter smaller on a phone, where it can be read all the same."""
LABELS = 160
"""The part on the left in which the labels stand."""
VALUES = 82
"""The part on the right in which values stand: "13.9 days"."""
ROW = 34
LABEL_LENGTH = 23


@dataclass(frozen=True)
class Segment:
    x: float
    width: float
    look: str
    """The class of the bar: "bar", "bar-2", "bar-3"."""


@dataclass(frozen=True)
class Bar:
    y: float
    label: str
    segments: tuple[Segment, ...]
    value: str
    low: float | None = None
    """Of an interval: its ends, as coordinates."""
    high: float | None = None
    mark: float | None = None
    """Where something that was said stands beside what happened."""


@dataclass(frozen=True)
class Bars:
    """A chart of horizontal bars."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...] = ()
    """(coordinate, label) of the lines behind the bars."""
    width: int = WIDTH

    @property
    def height(self) -> int:
        return len(self.bars) * ROW + (28 if self.ticks else 6)

    @property
    def bottom(self) -> int:
        return len(self.bars) * ROW + 4


def _x(value: float, most: float) -> float:
    return round(LABELS + (WIDTH - LABELS - VALUES) * (value / most if most else 0), 1)


def _bars(rows: Sequence[tuple[str, Sequence[tuple[float, str]], str]], most: float) -> tuple[Bar, ...]:
    """rows: label, (value, look) of each segment, words at the end."""
    return tuple(
        Bar(place * ROW + 6.0, cut(label, LABEL_LENGTH), _segments(parts, most), words)
        for place, (label, parts, words) in enumerate(rows)
    )


def _segments(parts: Sequence[tuple[float, str]], most: float) -> tuple[Segment, ...]:
    found, at = [], 0.0
    for value, look in parts:
        left, right = _x(at, most), _x(at + value, most)
        if value:
            found.append(Segment(left, round(right - left, 1), look))
        at += value
    return tuple(found)


def totals(places: Sequence[Place]) -> Bars:
    """The score of each option, from 1 to 10; "≥ 9.5" is drawn as 9.5."""
    rows = [(p.title, ((p.value or 0.0, "bar" if p.is_leader else "bar-2"),), p.total) for p in places if p.value]
    return Bars(_bars(rows, 10), tuple((_x(value, 10), str(value)) for value in (0, 2, 4, 6, 8, 10)))


def paces(found: Sequence[Pace]) -> Bars:
    """How long each part takes; parts of which too little is known are left out."""
    known = [pace for pace in found if pace.hours is not None]
    most = max((pace.hours or 0.0 for pace in known), default=0.0)
    return Bars(_bars([(p.name, ((p.hours or 0.0, "bar"),), hours(p.hours)) for p in known], most))


def kinds(found: Sequence[Kind]) -> Bars:
    """Decisions by type: those that worked, that did not, and all others."""
    most = max((one.total for one in found), default=0)
    rows = [
        (
            kind(one.decision_type),
            ((one.worked, "bar"), (one.failed, "bar-3"), (one.total - one.worked - one.failed, "bar-2")),
            str(one.total),
        )
        for one in found
    ]
    return Bars(_bars(rows, most))


def customers(found: Sequence[Customer]) -> Bars:
    """What customers were granted, in full and in part."""
    some = [one for one in found if one.granted]
    most = max((one.granted for one in some), default=0)
    return Bars(_bars([(c.name, ((c.full, "bar"), (c.partial, "bar-2")), str(c.granted)) for c in some], most))


SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def overrides(lessons: Lessons) -> Bars:
    """How often it worked to follow the ranking and not to; nothing where so few cases say nothing."""
    found = (("With the ranking", lessons.followed), ("Against the ranking", lessons.overridden))
    return _rates([(label, rate, None) for label, rate in found if rate])


def calibration(lessons: Lessons) -> Bars:
    """What happened, with its interval, beside what was said."""
    return _rates([(label, found.happened, said(found)) for label, found in forecasts(lessons)])


def forecasts(lessons: Lessons) -> list[tuple[str, Forecasts]]:
    """Of all decisions and of each type; nothing where few people have said anything."""
    if lessons.forecasts is None:
        return []
    return [("All", lessons.forecasts), *((kind(name), one) for name, one in lessons.forecasts_by_type.items())]


def said(found: Forecasts) -> float | None:
    """What was said on average, in steps of 5 %: nobody's own number can be read from it."""
    return None if found.said is None else round(found.said * 20) / 20


def _rates(rows: Sequence[tuple[str, Rate, float | None]]) -> Bars:
    bars = [_rate(place * ROW + 6.0, *row) for place, row in enumerate(r for r in rows if r[1].share is not None)]
    return Bars(tuple(bars), tuple((_x(share, 1), per_cent(share)) for share in SHARES) if bars else ())


def _rate(y: float, label: str, rate: Rate, said: float | None) -> Bar:
    """Without an interval no number is said: so few cases support none."""
    share = rate.share or 0.0
    has_range = rate.low is not None and rate.high is not None
    return Bar(
        y,
        label,
        (Segment(float(LABELS), round(_x(share, 1) - LABELS, 1), "bar" if has_range else "bar-2"),),
        per_cent(share) if has_range else "few",
        _x(rate.low, 1) if rate.low is not None else None,
        _x(rate.high, 1) if rate.high is not None else None,
        _x(said, 1) if said is not None else None,
    )
