"""Owns charts: a data_visualization block as a drawing, with its numbers for those who cannot see it.

Colours are classes of the style sheet, so that they follow dark mode.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

WIDEST, NARROWEST, HEIGHT = 560, 280, 300
SLOT, MANY = 72, 440
"""Room for one category: few of them make a drawing that fits a thread or a phone. Wider than MANY it scrolls there."""
PIE = 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 16, 58
_LETTER = 6.6
"""About how wide a letter is, in the drawing's units."""
_LINES = 3
"""Of a category's name, at most."""

Chart = Mapping[str, Any]


def drawing(chart: Chart, *, title: str) -> Markup | None:
    """Draw a pie, bar, line or area chart; None for a kind that is not known here, or for numbers that are none."""
    try:
        kind = chart.get("type")
        if kind == "pie":
            inner = _pie(chart.get("segments") or ())
        elif kind in ("bar", "line", "area"):
            inner = _axes(chart, str(kind))
        else:
            return None
    except (TypeError, ValueError, KeyError):
        return None
    width, height = (PIE, PIE) if kind == "pie" else (_width(len(_categories(chart))), HEIGHT)
    return Markup('<svg viewBox="0 0 {} {}" width="{}" class="chart {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, width, f"{kind} many" if width > MANY else kind, f"{title}: {spoken(chart)}", inner
    )


def spoken(chart: Chart) -> str:
    """All numbers in words."""
    segments = [f"{segment.get('label')} {number(segment.get('value'))}" for segment in chart.get("segments") or ()]
    for series in chart.get("series") or ():
        points = ", ".join(f"{p.get('label')} {number(p.get('value'))}" for p in series.get("data") or ())
        segments.append(f"{series.get('name')}: {points}")
    return "; ".join(segments)


def rows(chart: Chart) -> list[list[str]]:
    """The numbers as a table, the first row its head."""
    if chart.get("type") == "pie":
        return [["", "Value"], *([str(s.get("label")), number(s.get("value"))] for s in chart.get("segments") or ())]
    series = list(chart.get("series") or ())
    head = ["", *(str(line.get("name")) for line in series)]
    lines = [[name, *(number(_value(line, name)) for line in series)] for name in _categories(chart)]
    return [head, *lines]


def legend(chart: Chart) -> list[str]:
    """Names of the colours, in order."""
    if chart.get("type") == "pie":
        return [str(segment.get("label")) for segment in chart.get("segments") or ()]
    return [str(series.get("name")) for series in chart.get("series") or ()]


def number(value: Any) -> str:
    return f"{value:,.10g}" if isinstance(value, (int, float)) else "–"


def _categories(chart: Chart) -> list[str]:
    given = (chart.get("axis_config") or {}).get("categories")
    series = chart.get("series") or ()
    if given:
        return [str(name) for name in given]
    return [str(point.get("label")) for point in series[0].get("data") or ()] if series else []


def _value(series: Mapping[str, Any], category: str) -> float:
    """The series' point in a category, 0 where it has none."""
    return next((float(p["value"]) for p in series.get("data") or () if str(p.get("label")) == category), 0.0)


def _width(categories: int) -> int:
    return min(max(LEFT + RIGHT + SLOT * categories, NARROWEST), WIDEST)


def _pie(segments: Sequence[Mapping[str, Any]]) -> Markup:
    total = sum(float(segment["value"]) for segment in segments)
    if total <= 0:
        raise ValueError("nothing to divide")
    pieces, turn, x, y, r = [], 0.0, PIE / 2, PIE / 2, PIE / 2 - 14
    for index, segment in enumerate(segments):
        share = float(segment["value"]) / total
        words = f"{segment['label']}: {number(segment['value'])} ({share:.0%})"
        pieces.append(_slice(x, y, r, turn, share, index, words))
        if share >= 0.06:
            at = math.tau * (turn + share / 2)
            pieces.append(
                _text(x + r * 0.68 * math.sin(at), y - r * 0.68 * math.cos(at) + 4, f"{share:.0%}", "on-fill")
            )
        turn += share
    return Markup("").join(pieces)


def _slice(x: float, y: float, r: float, turn: float, share: float, index: int, words: str) -> Markup:
    if share >= 0.9999:
        shape = Markup('<circle cx="{}" cy="{}" r="{}"').format(x, y, r)
    else:
        start, end = math.tau * turn, math.tau * (turn + share)
        path = (
            f"M{x:.1f} {y:.1f}L{x + r * math.sin(start):.1f} {y - r * math.cos(start):.1f}"
            f"A{r:.1f} {r:.1f} 0 {int(share > 0.5)} 1 {x + r * math.sin(end):.1f} {y - r * math.cos(end):.1f}Z"
        )
        shape = Markup('<path d="{}"').format(path)
    return shape + Markup(' class="fill s{} slice"><title>{}</title></{}>').format(
        index % 6, words, "circle" if share >= 0.9999 else "path"
    )


def _axes(chart: Chart, kind: str) -> Markup:
    categories = _categories(chart)
    series = [[_value(line, name) for name in categories] for line in chart["series"]]
    ticks = _ticks(series)
    scale = _Scale(ticks[0], ticks[-1], len(categories))
    draw = {"bar": _bars, "line": _lines, "area": _areas}[kind]
    names = legend(chart)
    config = chart.get("axis_config") or {}
    parts = [
        _grid(ticks, scale),
        draw(series, names, categories, scale),
        _names(categories, scale),
        _labels(config.get("x_label"), config.get("y_label"), scale.width),
    ]
    return Markup("").join(parts)


class _Scale:
    """Where a value and a category stand in the drawing."""

    def __init__(self, least: float, most: float, count: int) -> None:
        self.least, self.most, self.count = least, most, max(count, 1)
        self.width = _width(self.count)
        self.slot = (self.width - LEFT - RIGHT) / self.count

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - self.least) / (self.most - self.least)

    def x(self, index: int) -> float:
        return LEFT + self.slot * (index + 0.5)


def _ticks(series: Sequence[Sequence[float]]) -> list[float]:
    """Four to six round steps that hold zero and every value."""
    values = [value for line in series for value in line] or [0.0]
    least, most = min(0.0, *values), max(0.0, *values)
    if most == least:
        most = least + 1
    step = 10 ** math.floor(math.log10((most - least) / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if (most - least) / (step * factor) <= 5)
    first, last = math.floor(least / step), math.ceil(most / step)
    return [round(step * n, 10) for n in range(first, last + 1)]


def _grid(ticks: Sequence[float], scale: _Scale) -> Markup:
    lines = []
    for tick in ticks:
        y = round(scale.y(tick), 1)
        kind = "zero" if tick == 0 else "grid"
        lines.append(
            Markup('<line x1="{}" x2="{}" y1="{}" y2="{}" class="{}"/>').format(LEFT, scale.width - RIGHT, y, y, kind)
        )
        lines.append(_text(LEFT - 8, y + 4, number(tick), "tick end"))
    return Markup("").join(lines)


def _names(categories: Sequence[str], scale: _Scale) -> Markup:
    """Category names under their place: in up to three lines, and slanted where that is too wide."""
    room, parts = int(scale.slot / _LETTER), []
    wrapped = [_wrapped(name, room) for name in categories]
    slanted = any(len(lines) > _LINES or len(line) > room + 1 for lines in wrapped for line in lines)
    for index, lines in enumerate(wrapped):
        x, y = scale.x(index), HEIGHT - BOTTOM + 16
        if slanted:
            turn = Markup(' transform="rotate(-30 {} {})"').format(round(x, 1), y)
            parts.append(_text(x + 4, y, categories[index], "tick end", turn))
        else:
            parts += [_text(x, y + 13 * row, line, "tick") for row, line in enumerate(lines)]
    return Markup("").join(parts)


def _wrapped(name: str, room: int) -> list[str]:
    return textwrap.wrap(name, max(room, 1), break_long_words=False, break_on_hyphens=False) or [name]


def _labels(x_label: Any, y_label: Any, width: int) -> Markup:
    below = _text((LEFT + width - RIGHT) / 2, HEIGHT - 6, str(x_label), "axis") if x_label else Markup("")
    turn = Markup(' transform="rotate(-90 12 {})"').format((HEIGHT - BOTTOM + TOP) / 2)
    beside = _text(12, (HEIGHT - BOTTOM + TOP) / 2, str(y_label), "axis", turn) if y_label else Markup("")
    return below + beside


def _bars(series: Sequence[Sequence[float]], names: Sequence[str], categories: Sequence[str], scale: _Scale) -> Markup:
    parts, width = [], min(scale.slot * 0.76 / max(len(series), 1), 56)
    for index, values in enumerate(series):
        for place, value in enumerate(values):
            x = scale.x(place) + (index - len(series) / 2) * width
            top, foot = sorted((scale.y(value), scale.y(0)))
            words = f"{names[index]}, {categories[place]}: {number(value)}"
            parts.append(
                Markup(
                    '<rect x="{}" y="{}" width="{}" height="{}" rx="2" class="fill s{}"><title>{}</title></rect>'
                ).format(round(x + 1, 1), round(top, 1), round(width - 2, 1), round(foot - top, 1), index % 6, words)
            )
            if width >= 18:
                parts.append(_text(x + width / 2, top - 4, number(value), "value"))
    return Markup("").join(parts)


def _lines(series: Sequence[Sequence[float]], names: Sequence[str], categories: Sequence[str], scale: _Scale) -> Markup:
    parts = []
    for index, values in enumerate(series):
        points = _points(values, scale)
        parts.append(Markup('<polyline points="{}" class="stroke s{}"/>').format(points, index % 6))
        parts += [
            Markup('<circle cx="{}" cy="{}" r="3.5" class="fill s{}"><title>{}</title></circle>').format(
                round(scale.x(place), 1),
                round(scale.y(value), 1),
                index % 6,
                f"{names[index]}, {categories[place]}: {number(value)}",
            )
            for place, value in enumerate(values)
        ]
    return Markup("").join(parts)


def _areas(series: Sequence[Sequence[float]], names: Sequence[str], categories: Sequence[str], scale: _Scale) -> Markup:
    floor = round(scale.y(0), 1)
    areas = [
        Markup('<polygon points="{},{} {} {},{}" class="area s{}"/>').format(
            round(scale.x(0), 1), floor, _points(values, scale), round(scale.x(len(values) - 1), 1), floor, index % 6
        )
        for index, values in enumerate(series)
        if values
    ]
    return Markup("").join([*areas, _lines(series, names, categories, scale)])


def _points(values: Sequence[float], scale: _Scale) -> str:
    return " ".join(f"{scale.x(place):.1f},{scale.y(value):.1f}" for place, value in enumerate(values))


def _text(x: float, y: float, words: str, kind: str, more: Markup | str = "") -> Markup:
    return Markup('<text x="{}" y="{}" class="{}"{}>{}</text>').format(round(x, 1), round(y, 1), kind, more, words)
