"""Owns the limits of tables, charts and rich text."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from slack_limits.check import Check, Json
from slack_limits.elements import ALT_TEXT

RICH_TEXT_ELEMENTS = 100
TABLE_ROWS = 100
# Of a data_table too, beside its header: docs.slack.dev/reference/block-kit/blocks/data-table-block has 101 rows and
# 10,000 characters. slackblocks 3.0.0 takes 201 and 20,000; the stricter reading passes either way.
TABLE_COLUMNS = 20
TABLE_CHARS = 10_000
CHART_LABEL = 20
CHART_TITLE = 50
# Of series and of segments: docs.slack.dev/reference/block-kit/blocks/data-visualization-block has "Min 1, max 6".
# slackblocks 3.0.0 takes 12 of both; again the stricter.
CHART_SERIES = 6
CHART_POINTS = 20


def check_table(check: Check, block: Json, at: str) -> None:
    data = block.get("type") == "data_table"
    if data:
        check.string(block.get("caption"), f"{at}/caption", ALT_TEXT, required=True)
        if block.get("page_size", 5) not in range(1, 101):
            check.add(f"{at}/page_size", "must be 1 to 100")
    rows = check.items(block.get("rows"), f"{at}/rows", TABLE_ROWS + data, least=1 + data)
    chars = sum(_row(check, row, f"{at}/rows/{y}", header=data and y == 0) for y, row in enumerate(rows))
    if len({len(row) for row in rows if isinstance(row, (list, tuple))}) > 1:
        check.add(f"{at}/rows", "must all have the same number of cells")
    if chars > TABLE_CHARS:
        check.add(f"{at}/rows", f"must be at most {TABLE_CHARS} characters together, is {chars}")
    if block.get("column_settings") is not None:
        check.items(block["column_settings"], f"{at}/column_settings", TABLE_COLUMNS, least=0)


def _row(check: Check, row: Any, at: str, *, header: bool) -> int:
    """Check one row and return how many characters it holds."""
    cells = check.items(row, at, TABLE_COLUMNS)
    return sum(_cell(check, cell, f"{at}/{x}", header=header) for x, cell in enumerate(cells))


def _cell(check: Check, cell: Any, at: str, *, header: bool) -> int:
    """Check one cell and return how many characters it holds."""
    kind = cell.get("type") if isinstance(cell, Mapping) else None
    if kind == "rich_text" and not header:
        check_rich_text(check, cell, at)
        return json_chars(cell)
    if kind == "raw_number":
        if not _is_number(cell.get("value")):
            check.add(f"{at}/value", "must be a number")
        check.string(cell.get("text"), f"{at}/text", TABLE_CHARS)
    elif kind == "raw_text":
        check.string(cell.get("text"), f"{at}/text", TABLE_CHARS, required=True)
    else:
        check.add(f"{at}/type", "unsupported cell type")
        return 0
    return len(str(cell.get("text") or cell.get("value") or ""))


def check_chart(check: Check, block: Json, at: str) -> None:
    check.string(block.get("title"), f"{at}/title", CHART_TITLE, required=True)
    chart, at = block.get("chart"), f"{at}/chart"
    kind = chart.get("type") if isinstance(chart, Mapping) else None
    if kind == "pie":
        _pie(check, chart or {}, at)
    elif kind in ("bar", "line", "area"):
        _axes(check, chart or {}, at)
    else:
        check.add(f"{at}/type", "must be one of pie, bar, line, area")


def _pie(check: Check, chart: Json, at: str) -> None:
    for index, segment in enumerate(check.items(chart.get("segments"), f"{at}/segments", CHART_SERIES)):
        where = f"{at}/segments/{index}"
        _point(check, segment, where)
        if isinstance(segment, Mapping) and _is_number(segment.get("value")) and segment["value"] <= 0:
            check.add(f"{where}/value", "must be more than 0")


def _axes(check: Check, chart: Json, at: str) -> None:
    axes = chart.get("axis_config")
    axes = axes if isinstance(axes, Mapping) else {}
    where = f"{at}/axis_config"
    categories = check.items(axes.get("categories"), f"{where}/categories", CHART_POINTS)
    for index, category in enumerate(categories):
        check.string(category, f"{where}/categories/{index}", CHART_LABEL, required=True)
    for part in ("x_label", "y_label"):
        check.string(axes.get(part), f"{where}/{part}", CHART_TITLE)
    series = list(check.items(chart.get("series"), f"{at}/series", CHART_SERIES))
    for index, line in enumerate(series):
        _series(check, line if isinstance(line, Mapping) else {}, f"{at}/series/{index}", categories)
    if len({str(line.get("name")) for line in series if isinstance(line, Mapping)}) < len(series):
        check.add(f"{at}/series", "must have unique names")


def _series(check: Check, line: Json, at: str, categories: Sequence[Any]) -> None:
    check.string(line.get("name"), f"{at}/name", CHART_LABEL, required=True)
    points = check.items(line.get("data"), f"{at}/data", CHART_POINTS)
    for index, point in enumerate(points):
        _point(check, point, f"{at}/data/{index}")
    labels = [point.get("label") for point in points if isinstance(point, Mapping)]
    if sorted(map(str, labels)) != sorted(map(str, categories)):
        check.add(f"{at}/data", "must have one point for each category")


def _point(check: Check, point: Any, at: str) -> None:
    if not isinstance(point, Mapping):
        check.add(at, "must be an object")
        return
    check.string(point.get("label"), f"{at}/label", CHART_LABEL, required=True)
    if not _is_number(point.get("value")):
        check.add(f"{at}/value", "must be a number")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) != float("inf")


def check_rich_text(check: Check, block: Json, at: str) -> None:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    for index, part in enumerate(check.items(block.get("elements"), f"{at}/elements", RICH_TEXT_ELEMENTS)):
        if not isinstance(part, Mapping) or part.get("type") not in kinds:
            check.add(f"{at}/elements/{index}/type", "unsupported rich text element")


def json_chars(value: Any) -> int:
    """Count the characters of a value written as compact JSON."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str))
