"""The published result: the same sentences on the card, in the thread and under Show details."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from bot.domain.decision import Dossier
from bot.domain.result import Result, ResultRow
from bot.views import figure, headline
from bot.views.comment import Comments, comment_sections
from bot.views.dossier import first_leaders, result_title, title_of
from bot.views.slack import kit, text

HOW = (
    "Each option's score is your team's average 1-10 rating on every criterion, weighted by how much that "
    "criterion matters; everyone counts the same. The ranking advises; it does not decide."
)
HOW_RANKED = HOW.replace("Each option's score is", "Options are ranked by")
NO_TOTAL = (
    "A total is left out where fewer than {least} people scored one of the criteria, or where it would give away an "
    "average that is not shown."
)
NO_TOTALS = "With {people} no totals are shown: they would give away what single people scored."
SECOND = "A second round shows the ranking only: two tables of averages could be subtracted from each other."
COMMENT_SECTIONS = 12
COMMENT_ROOMS = (2900, 1800, 900, 450, 250, 0)
"""Characters of a section of comments; the first with which the whole message fits is used."""
MANY_OPTIONS, SHORT_TITLE = 6, 60
SPOKEN = 5


def summary(dossier: Dossier, *, room: int = 150) -> list[kit.Block]:
    """Who leads, how solid that is and the ranking, for the card; nothing before publication."""
    result = dossier.result
    if result is None:
        return []
    ranking = ranking_lines(dossier, result, room=room)
    top = [headline.statement(dossier, result, room=room)] if result.rows else []
    shown = text.fit([*top, *ranking], 2900, more=", see Show details")
    return [kit.section(f"*{result_title(dossier)}*\n{shown}")]


def lines(dossier: Dossier) -> list[kit.Block]:
    """All of the result in words, for a modal: neither chart nor table is shown there. Nothing before publication."""
    result = dossier.result
    if result is None:
        return []
    return [
        kit.section(_top(dossier, result)),
        *_section(ranking_lines(dossier, result) if result.rows else []),
        *_section(headline.notes(dossier, result)),
        *_section(figure.means(dossier, result)),
        kit.context(_fine_print(dossier, result)),
    ]


def messages(dossier: Dossier, *, comments: Comments = ()) -> list[kit.Message]:
    """The result for the thread of the card or a direct message: with a chart, then without.

    Both say the same. Not every workspace has charts yet, and Slack refuses a message with one there. Where there is
    nothing to draw there is one message. Raises ValueError before publication.
    """
    result = dossier.result
    if result is None:
        raise ValueError("a result is told only once it is published")
    chart = figure.totals_chart(dossier, result)
    looks = [chart, None] if chart else [None]
    spoken = _spoken(dossier, result)
    return [kit.message(spoken, _fitting(dossier, result, comments, look)) for look in looks]


def _fitting(dossier: Dossier, result: Result, comments: Comments, chart: kit.Block | None) -> list[kit.Block]:
    """Of many options or long comments as much as a message may hold; what is missing is under Show details."""
    for means in (True, False):
        for room in COMMENT_ROOMS:
            blocks = list(_blocks(dossier, result, comments, chart, room=room, has_means=means))
            if kit.size(blocks) <= kit.MESSAGE_ROOM:
                return blocks
    return blocks


def _blocks(
    dossier: Dossier, result: Result, comments: Comments, chart: kit.Block | None, *, room: int, has_means: bool
) -> Iterator[kit.Block]:
    decision = dossier.decision
    yield kit.header(f"{result_title(dossier)} of {decision.name} · {decision.case.title}")
    yield kit.section(_top(dossier, result))
    if result.rows:
        short = SHORT_TITLE if len(result.rows) > MANY_OPTIONS else 150
        yield from _section(ranking_lines(dossier, result, room=short))
    if chart:
        yield chart
    yield from _section(headline.notes(dossier, result))
    if has_means:
        yield from _section(figure.means(dossier, result))
    first = first_leaders(dossier)
    if first:
        yield kit.context(first)
    yield kit.context(_fine_print(dossier, result, has_means=has_means))
    yield from comment_sections(dossier, comments, sections=COMMENT_SECTIONS, room=room)


def _top(dossier: Dossier, result: Result) -> str:
    """Who leads and what to do next: all that is read before the ranking, in 30 words or less."""
    return "\n".join(filter(None, [headline.statement(dossier, result), headline.next_step(dossier, result)]))


def _fine_print(dossier: Dossier, result: Result, *, has_means: bool = True) -> str:
    legend = figure.means_legend(dossier, result)
    parts = [
        headline.turnout(result),
        why_no_total(dossier, result),
        _how(result),
        legend if has_means or legend is None else "Averages per criterion: see Show details.",
    ]
    return " ".join(filter(None, parts))


def _how(result: Result) -> str | None:
    """How the ranking comes about; without a word of scores where none is shown."""
    if not result.rows:
        return None
    return HOW if any(row.total for row in result.rows) else HOW_RANKED


def why_no_total(dossier: Dossier, result: Result) -> str | None:
    if dossier.round and dossier.round.follows:
        return SECOND
    if result.rows and result.ballots < result.thresholds.halves:
        return NO_TOTALS.format(people=text.count("person", result.ballots))
    if any(row.place is not None and row.total is None for row in result.rows):
        return NO_TOTAL.format(least=result.thresholds.halves)
    return None


def _spoken(dossier: Dossier, result: Result) -> str:
    """The result for those who hear it read out, and for notifications."""
    title = text.inline(dossier.decision.case.title, 200)
    parts = filter(None, [headline.statement(dossier, result), headline.next_step(dossier, result)])
    ranking = ranking_lines(dossier, result, room=SHORT_TITLE)[:SPOKEN] if result.rows else []
    told = " ".join([*parts, *(f"{' '.join(line.split())}." for line in ranking)])
    name = f"{result_title(dossier)} of {dossier.decision.name}"
    return text.unmarked(f"{name} {title}: {told} {headline.turnout(result)}")


def ranking_lines(dossier: Dossier, result: Result, *, room: int = 150) -> list[str]:
    """One line per option: place, title, total, what it needs; one sentence where nothing may be shown."""
    if not result.rows:
        return [headline.nothing(result)]
    sharing = Counter(row.place for row in result.rows)
    return [_row(dossier, row, is_tie=sharing[row.place] > 1, room=room) for row in result.rows]


def standing_of(result: Result, option_id: UUID) -> str | None:
    """ "place 1", "place 2=", "not ranked": where one option stands; None where nothing aggregated is shown."""
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
    names = [headline.criterion_name(dossier, criterion) for criterion in criteria]
    return [*names[:3], f"{len(names) - 3} more"] if len(names) > 4 else names


def _section(paragraph: Sequence[str]) -> list[kit.Block]:
    return [kit.section(text.fit(paragraph, 3000))] if paragraph else []
