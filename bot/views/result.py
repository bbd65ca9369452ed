"""The published result: the same lines on the card, in the thread and under Show details."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from bot.domain.decision import Dossier
from bot.domain.result import Result, ResultRow
from bot.views import kit, text
from bot.views.dossier import first_leaders, result_title, title_of

HOW = (
    "Each option's score is your team's average 1-10 rating on every criterion, weighted by how much that "
    "criterion matters; everyone counts the same."
)
COMMENT_ROOM = 500
COMMENT_SECTIONS = 12
COMMENT_ROOMS = (2900, 1800, 900, 450, 250, 0)
"""Characters of a section of comments; the first with which the whole message fits is used."""
Comments = Sequence[tuple[UUID, str]]


def summary(dossier: Dossier, *, room: int = 150) -> list[kit.Block]:
    """The ranking for the card; nothing before publication."""
    if dossier.result is None:
        return []
    more = ", see Show details"
    return [
        kit.section(
            f"*{result_title(dossier)}*\n{text.fit(ranking_lines(dossier, dossier.result, room=room), 2900, more=more)}"
        )
    ]


def lines(dossier: Dossier) -> list[kit.Block]:
    """Ranking, how many scored, how scores are made; nothing before publication."""
    result = dossier.result
    if result is None:
        return []
    return [
        kit.section(text.fit(ranking_lines(dossier, result), 3000)),
        kit.context(turnout(result) + (f" {HOW}" if result.rows else "")),
    ]


def message(dossier: Dossier, *, comments: Comments = ()) -> kit.Message:
    """The result for the thread of the card or a direct message. Raises ValueError before publication."""
    decision, result = dossier.decision, dossier.result
    if result is None:
        raise ValueError("a result is told only once it is published")
    for room in COMMENT_ROOMS:
        blocks = [
            kit.header(f"{result_title(dossier)} of {decision.name} · {decision.case.title}"),
            *lines(dossier),
            *([kit.context(first)] if (first := first_leaders(dossier)) else []),
            *comment_sections(dossier, comments, sections=COMMENT_SECTIONS, room=room),
            kit.section(_next(result)),
        ]
        if kit.size(blocks) <= kit.MESSAGE_ROOM:
            break
    top = text.listing([title_of(dossier, o) for o in result.leaders[:3]])
    told = f"{top} {'leads' if len(result.leaders) == 1 else 'share the first place'}." if top else _nothing(result)
    title = text.inline(decision.case.title, 200)
    name = result_title(dossier)
    return kit.message(f"{name} of {decision.name} {title}: {told} {turnout(result)}", blocks)


def ranking_lines(dossier: Dossier, result: Result, *, room: int = 150) -> list[str]:
    """One line per option: place, title, total, what it needs; one sentence where nothing may be shown."""
    if not result.rows:
        return [_nothing(result)]
    sharing = Counter(row.place for row in result.rows)
    return [_row(dossier, row, is_tie=sharing[row.place] > 1, room=room) for row in result.rows]


def standing_of(result: Result, option_id: UUID) -> str | None:
    """ "1st", "2nd=", "not ranked": where one option stands; None where nothing aggregated is shown."""
    row = next((row for row in result.rows if row.option_id == option_id), None)
    if row is None:
        return None
    if row.place is None:
        return "not ranked"
    is_tie = sum(other.place == row.place for other in result.rows) > 1
    return f"place {row.place}{'=' if is_tie else ''}"


def _row(dossier: Dossier, row: ResultRow, *, is_tie: bool, room: int) -> str:
    title = title_of(dossier, row.option_id, room=room)
    if row.place is None:
        return f"–  {title} · not ranked: needs scores on {text.listing(_names(dossier, row.needs))}"
    place = f"{row.place}{'=' if is_tie else '.'}"
    total = f" · {'about ' if row.is_about else ''}{row.total}" if row.total else ""
    return f"{place}  *{title}*{total}"


def _names(dossier: Dossier, criteria: Iterable[UUID]) -> list[str]:
    found = (dossier.criterion(c) for c in criteria)
    names = [text.inline(c.name, 60) for c in found if c]
    return [*names[:3], f"{len(names) - 3} more"] if len(names) > 4 else names


def turnout(result: Result) -> str:
    return f"{result.ballots} of {result.people} scored."


def _nothing(result: Result) -> str:
    least = result.thresholds.ranking
    return (
        f"Nothing aggregated is shown: {text.count('ballot', result.ballots)}, and below {least} a ranking "
        "would give away who scored what. A decider resolves by reason only."
    )


def _next(result: Result) -> str:
    if result.rows:
        return "*Next:* a decider resolves, with a reason. The ranking advises; it does not decide."
    return "*Next:* a decider resolves, with a reason."


def comment_sections(dossier: Dossier, comments: Comments, *, sections: int, room: int) -> list[kit.Block]:
    """Comments by option, in at most `sections` blocks of `room` characters; what does not fit is counted.

    The order given carries no information, and stays.
    """
    by_option: dict[UUID, list[str]] = {}
    for option_id, comment in comments:
        by_option.setdefault(option_id, []).append(comment)
    if not by_option:
        return []
    most, room = sections // len(by_option), min(room, 2900)
    if most < 1 or room < 120:
        return [kit.context(f"{text.count('comment', len(comments))}, see Show details")]
    return [block for option, texts in by_option.items() for block in _of_option(dossier, option, texts, most, room)]


def _of_option(dossier: Dossier, option_id: UUID, comments: Sequence[str], most: int, room: int) -> list[kit.Block]:
    """Whole comments, as many to a section as fit; the last section says how many are missing."""
    pages = [f"*Comments on {title_of(dossier, option_id, room=min(150, room // 2))}*"]
    for told, comment in enumerate(comments):
        line = f"\n> {text.inline(comment, min(COMMENT_ROOM, max(room // 2 - 40, 60)))}"
        if len(pages[-1]) + len(line) <= room - 40:
            pages[-1] += line
        elif len(pages) < most:
            pages.append(line.strip())
        else:
            pages[-1] += f"\n{text.SIGN} and {text.count('more comment', len(comments) - told)}"
            break
    return [kit.section(page) for page in pages]
