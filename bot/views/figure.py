"""A result as figures: the totals as a bar chart, the means per criterion as a list."""

from collections.abc import Sequence
from uuid import UUID

from bot.domain.agreement import Agreement
from bot.domain.decision import Dossier
from bot.domain.result import Result, ShownCell
from bot.domain.rounding import number
from bot.views.dossier import title_of
from bot.views.headline import criterion_name
from bot.views.slack import kit, text
from slack_limits.data import CHART_LABEL

LEAST_BARS = 2
WITHHELD = "not shown"
AGREED = "The scores behind each of them are close together."
MEANINGS = {
    Agreement.MIXED: "some distance",
    Agreement.SPREAD: "far apart",
    Agreement.SPLIT: "two camps",
}
"""How far the scores of a cell lie apart, where it is worth a mark."""


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


def means(dossier: Dossier, result: Result) -> list[str]:
    """The means per criterion, a line of mrkdwn per option: no table, which is wider than a phone.

    Marked is where people differ; that they agree is said once, by `means_legend`. Empty where no mean is shown.
    """
    if not result.cells:
        return []
    return [
        f"*{title_of(dossier, row.option_id, room=80)}*: {_means_of(dossier, result, row.option_id)}"
        for row in result.rows
    ]


def _means_of(dossier: Dossier, result: Result, option_id: UUID) -> str:
    """ "Trust 7.4 · Cost 6.5 (split)", a number on the line of its name; what may not be shown is left out."""
    cells = [cell for criterion in dossier.criteria if (cell := result.cell(option_id, criterion.id))]
    told = (f"{criterion_name(dossier, k.criterion_id, room=40)}\u00a0{_words(k)}" for k in cells)
    return "\u00a0· ".join(told) or WITHHELD


def means_legend(dossier: Dossier, result: Result) -> str | None:
    """What the words beside the means stand for; None where no mean is shown."""
    if not result.cells:
        return None
    used, least = {cell.agreement for cell in result.cells}, result.thresholds.cell
    marks = [f'"{label}" means {meaning}' for label, meaning in MEANINGS.items() if label in used]
    parts = [
        f"Averages per criterion, of at least {least} scores each.",
        f"{', '.join(marks)}; elsewhere the scores are close together." if marks else AGREED,
    ]
    if len(result.cells) < len(result.rows) * len(dossier.criteria):
        parts.append(f"What is missing has fewer than {least} scores, or would give such an average away.")
    return " ".join(parts)


def _words(cell: ShownCell) -> str:
    return f"{cell.mean} ({cell.agreement})" if cell.agreement in MEANINGS else cell.mean


def _labels(dossier: Dossier, option_ids: Sequence[UUID], length: int) -> list[str]:
    """The options' titles on at most `length` characters, no two alike: Slack refuses two bars of one name."""
    options = [dossier.option(option_id) for option_id in option_ids]
    return text.distinct([text.one_line(option.title) if option else "" for option in options], length)
