"""The team's decisions as CSV (RFC 4180, UTF-8 with BOM), and the messages around it.

What people typed goes into a cell as text that no spreadsheet takes for a formula; what we computed (numbers, money,
dates) goes as it is, so that -75.00 stays a number.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from bot.domain.decision import DECISION_TYPES, TIERS, Status
from bot.domain.export import Record
from bot.domain.option import Option
from bot.domain.outcome import Answer, Outcome, has_worked
from bot.domain.result import Result, ResultRow
from bot.domain.team import Team
from bot.views.slack import kit, text

BOM = "\ufeff"
"""Without it Excel reads UTF-8 as the machine's own code page."""
SEPARATOR = " | "
MOST_PARTS = 10
"""Messages of one export, where no file may be uploaded."""
_ROOM = kit.MESSAGE_ROOM - 1500
"""Leaves room for the sentences around the table, as they stand on the wire."""

# What makes a spreadsheet compute (OWASP, CSV injection), at the start of a cell and after whatever starts a new one
# for a program that splits at semicolons or that does not honour our quotes. Full-width signs count in Asian locales.
_FORMULA = re.compile(r"""(^|[,;|])([\s"']*)(?=[=+\-@＝＋－＠])""")

Cell = str | int | Decimal | bool | datetime | None


def typed(words: str | None) -> str:
    """What a person typed, on one line; an apostrophe stands before what would start a formula. May be empty."""
    return _FORMULA.sub(r"\1\2'", text.one_line(words or ""))


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%d %H:%M}"
        case _:
            return str(cell)


def _options(record: Record) -> str:
    """Before publication the titles; afterwards with place and total, as published."""
    if record.result and record.result.rows:
        return _ranking(record, record.result)
    return typed(SEPARATOR.join(option.title for option in record.options))


def _ranking(record: Record, result: Result) -> str:
    titles = {option.id: option.title for option in record.options}
    sharing = Counter(row.place for row in result.rows)
    return typed(SEPARATOR.join(_ranked(row, titles.get(row.option_id, ""), sharing[row.place]) for row in result.rows))


def _ranked(row: ResultRow, title: str, sharing: int) -> str:
    if row.place is None:
        return f"not ranked: {title}"
    total = f" ({'about ' if row.is_about else ''}{row.total})" if row.total else ""
    return f"{row.place}{'=' if sharing > 1 else '.'} {title}{total}"


def _titles(options: Iterable[Option]) -> str:
    return typed(SEPARATOR.join(option.title for option in options))


def _first_round(record: Record) -> str:
    return _ranking(record, record.results[0]) if len(record.results) > 1 else ""


def _is_recorded(record: Record) -> bool:
    return record.outcome is not None and record.outcome.recorded_at is not None


def _worked(outcome: Outcome) -> str:
    """How it turned out, as far as somebody has said; of a resolved decision."""
    found = has_worked(outcome.worked, was_escalated=outcome.escalation_occurred, stayed=outcome.customer_retained)
    if found is not None:
        return "worked" if found else "did not work"
    return "too early to say" if outcome.answer is Answer.EARLY else "unknown"


COLUMNS: tuple[tuple[str, Callable[[Record], Cell]], ...] = (
    ("Number", lambda r: r.decision.number),
    ("Title", lambda r: typed(r.decision.case.title)),
    ("Type", lambda r: DECISION_TYPES.get(r.decision.case.decision_type, r.decision.case.decision_type)),
    ("Customer", lambda r: typed(r.decision.case.customer_name)),
    ("Customer id", lambda r: typed(r.decision.case.customer_id)),
    ("Customer tier", lambda r: TIERS.get(r.decision.case.customer_tier, r.decision.case.customer_tier)),
    ("Customer value", lambda r: r.decision.case.customer_value),
    ("Expected financial impact", lambda r: r.decision.case.financial_impact),
    ("Urgency", lambda r: r.decision.case.urgency_level),
    ("Status", lambda r: r.decision.status.value.replace("_", " ")),
    ("Phase", lambda r: f"{r.decision.phase} {r.decision.phase.word}"),
    ("Owner", lambda r: typed(r.owner)),
    ("Opened (UTC)", lambda r: r.decision.created_at),
    ("Expected (UTC)", lambda r: r.decision.case.expected_resolution_date),
    ("Resolved (UTC)", lambda r: r.decision.resolved_at if r.outcome else None),
    ("Scored", lambda r: r.result.ballots if r.result else None),
    ("Asked", lambda r: r.result.people if r.result else None),
    ("Options", _options),
    ("First round", _first_round),
    ("Leader", lambda r: _titles(r.leaders)),
    ("Chosen", lambda r: typed(r.choice.title) if r.choice else None),
    ("Chose the leader", lambda r: r.follows_leader),
    ("Reason", lambda r: typed(r.outcome.reason) if r.outcome else None),
    ("Resolved by", lambda r: typed(r.resolver)),
    ("Hours to resolve", lambda r: r.outcome.resolution_time_hours if r.outcome else None),
    ("Customer informed (UTC)", lambda r: r.outcome.response_sent_at if r.outcome else None),
    ("Satisfaction (1-10)", lambda r: r.outcome.customer_satisfaction_score if r.outcome else None),
    ("Customer stayed", lambda r: r.outcome.customer_retained if r.outcome else None),
    ("Actual financial impact", lambda r: r.outcome.financial_impact_actual if r.outcome else None),
    ("Escalated", lambda r: r.outcome.escalation_occurred if r.outcome and _is_recorded(r) else None),
    ("Follow-up (UTC)", lambda r: r.outcome.follow_up_date if r.outcome else None),
    ("Notes", lambda r: typed(r.outcome.outcome_notes) if r.outcome else None),
    ("Cancelled because", lambda r: typed(r.decision.cancel_reason) if r.decision.status is Status.CANCELLED else None),
    ("Suggested type", lambda r: DECISION_TYPES.get(r.suggested_type or "")),
    ("Confidence of the suggestion (0-1)", lambda r: r.confidence),
    ("Suggested options", lambda r: _titles(o for o in r.options if o.ai_generated)),
    ("Currency", lambda r: r.decision.currency),
    ("Worked", lambda r: _worked(r.outcome) if r.outcome else None),
)
"""(heading, cell). One decision is one line; no column is of a person's ballot."""


def heading() -> str:
    return _line([name for name, _ in COLUMNS])


def line(record: Record) -> str:
    """One decision, with its line end."""
    return _line([_written(cell(record)) for _, cell in COLUMNS])


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()


def file_name(team: Team, now: datetime) -> str:
    """ "cs-team-decisions-2026-11-27.csv": letters and digits of ASCII only, whatever the team is called."""
    name = "-".join(re.findall(r"[a-z0-9]+", team.name.lower())) or "team"
    return f"{name[:60]}-decisions-{now.astimezone(UTC):%Y-%m-%d}.csv"


_ABOUT = (
    "Amounts are in the currency that stands last in their line, times in UTC. It holds published results and "
    "outcomes, no scores of single people, no comments."
)


def on_its_way(*, is_new: bool) -> kit.Message:
    """The private answer to the command."""
    coming = "Your team's decisions are on their way: look at your direct messages with me in a moment."
    waiting = "Your last export is still on its way; it comes as a direct message."
    return kit.message(sentence := coming if is_new else waiting, [kit.section(sentence)])


def file_comment(team: Team, decisions: int) -> str:
    """What stands beside the file; mrkdwn."""
    return f"{text.count('decision', decisions)} of {text.inline(team.name, 80)} as CSV. {_ABOUT}"


def part(
    team: Team, records: Sequence[Record], *, number: int, decisions: int, has_more: bool
) -> tuple[kit.Message, int, bool]:
    """One message of an export by messages: (it, how many of `records` it holds, whether another one follows).

    records: what comes next, newest first; has_more: there are others behind them. A single decision that is too long
    for a message is cut with a sign; the file, where one may be uploaded, has it whole.
    """
    lines = [heading()] if number == 1 else []
    took = 0
    for record in records:
        added = line(record)
        if _wire([*lines, added]) > _ROOM:
            break
        lines.append(added)
        took += 1
    if records and not took:
        lines.append(_cut_to_fit(line(records[0]), after=lines))
        took = 1
    is_left = has_more or took < len(records)
    goes_on = is_left and number < MOST_PARTS
    above = _above(team, number=number, decisions=decisions)
    below = [] if goes_on else [kit.section(_below(team, records[:took], is_whole=not is_left))]
    return kit.message(above, [kit.section(above), _preformatted(lines), *below]), took, goes_on


def _preformatted(lines: Sequence[str]) -> kit.Block:
    """As it stands: nothing in it comes alive, and nothing ends it early as three backticks would in mrkdwn."""
    words = [{"type": "text", "text": "".join(lines).replace("\r\n", "\n").rstrip("\n")}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": words}]}


def _wire(lines: Sequence[str]) -> int:
    return kit.size([_preformatted(lines)])


def _cut_to_fit(one: str, *, after: Sequence[str]) -> str:
    length = len(one)
    while _wire([*after, text.cut(one, length)]) > _ROOM:
        length = length * 9 // 10
    return text.cut(one, length)


def _above(team: Team, *, number: int, decisions: int) -> str:
    name = text.inline(team.name, 80)
    if number > 1:
        return f"Decisions of {name}, part {number}."
    return f"{text.count('decision', decisions)} of {name} as CSV, newest first; I may not upload files here. {_ABOUT}"


def _below(team: Team, records: Sequence[Record], *, is_whole: bool) -> str:
    if is_whole:
        return "That is all. Copy the blocks one below the other into a file whose name ends in `.csv`."
    last = records[-1].decision.name if records else ""
    command = text.inline(f'conclave export --team "{team.name}"', 120)
    return (
        f"As much as fits into {MOST_PARTS} messages: down to {last}. For all of them as one file, whoever "
        f"runs Conclave can grant the bot `files:write`, or run `{command}`."
    )
