"""A result as figures: the totals as a bar chart, the means per criterion as a table, and the same table in words."""

from collections.abc import Sequence
from uuid import UUID

from bot.domain.agreement import Agreement
from bot.domain.decision import Dossier
from bot.domain.result import Result, ShownCell
from bot.domain.rounding import number
from bot.views.dossier import short_names, title_of
from bot.views.headline import criterion_name
from bot.views.slack import kit, text
from slack_limits.data import CHART_LABEL

LEAST_BARS = 2
OPTION_ROOM, CRITERION_ROOM = 32, 24
WITHHELD = "not shown"
MEANINGS = {
    Agreement.ALIGNED: "aligned: close together",
    Agreement.MIXED: "mixed: some distance",
    Agreement.SPREAD: "spread: far apart",
    Agreement.SPLIT: "split: two camps",
}


def totals_chart(dossier: Dossier, result: Result) -> kit.Block | None:
    """The totals as bars, best first; None where there is nothing to compare. "≥ 9.5" is drawn as 9.5."""
    totals = [(row.option_id, row.total) for row in result.rows if row.total is not None]
    if len(totals) < LEAST_BARS:
        return None
    labels = _labels(dossier, [option for option, _ in totals], CHART_LABEL)
    points = [{"label": label, "value": float(number(total))} for label, (_, total) in zip(labels, totals, strict=True)]
    return {
        "type": "data_visualization",
        "title": "Score of each option, from 1 to 10",
        "chart": {
            "type": "bar",
            "series": [{"name": "Score", "data": points}],
            "axis_config": {"categories": labels, "y_label": "Score"},
        },
    }


def means_table(dossier: Dossier, result: Result) -> kit.Block | None:
    """A row per option, a column per criterion, "7.4 aligned" in the cells; None where no mean is shown."""
    if not result.cells:
        return None
    criteria = [criterion.id for criterion in dossier.criteria]
    head = ["Option", *(_plain_name(dossier, criterion) for criterion in criteria)]
    titles = _labels(dossier, [row.option_id for row in result.rows], OPTION_ROOM)
    rows = [
        [title, *(_words(result, row.option_id, k) for k in criteria)]
        for title, row in zip(titles, result.rows, strict=True)
    ]
    return {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in (head, *rows)]}


def means_in_words(dossier: Dossier, result: Result) -> list[str]:
    """The same, one line of mrkdwn per option; empty where no mean is shown."""
    if not result.cells:
        return []
    return [
        f"*{title_of(dossier, row.option_id, room=80)}*: "
        + " · ".join(
            f"{criterion_name(dossier, k.id, room=40)} {_words(result, row.option_id, k.id)}" for k in dossier.criteria
        )
        for row in result.rows
    ]


def means_legend(dossier: Dossier, result: Result) -> str | None:
    """What the words in the table mean; None where there is no table."""
    if not result.cells:
        return None
    used = {cell.agreement for cell in result.cells}
    least = result.thresholds.cell
    parts = [
        f"Averages per criterion, of at least {least} scores each.",
        f"{' · '.join(meaning for label, meaning in MEANINGS.items() if label in used)}.",
    ]
    if len(result.cells) < len(result.rows) * len(dossier.criteria):
        parts.append(f"{WITHHELD}: fewer than {least} scores, or it would give such an average away.")
    return " ".join(parts)


def _words(result: Result, option_id: UUID, criterion_id: UUID) -> str:
    cell: ShownCell | None = result.cell(option_id, criterion_id)
    return f"{cell.mean} {cell.agreement}" if cell else WITHHELD


def _labels(dossier: Dossier, option_ids: Sequence[UUID], length: int) -> list[str]:
    """The options' titles on at most `length` characters, no two alike: Slack refuses two bars of one name."""
    options = [dossier.option(option_id) for option_id in option_ids]
    return text.distinct([text.one_line(option.title) if option else "" for option in options], length)


def _plain_name(dossier: Dossier, criterion_id: UUID) -> str:
    return text.cut(text.one_line(short_names(dossier.criteria).get(criterion_id, "")), CRITERION_ROOM) or "–"
