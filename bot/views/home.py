"""The Home tab: what waits for me, what is open, what was decided; a welcome, and words for strangers. Paged."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.home import Decided, Home, Stranger
from bot.domain.team import Member, Team
from bot.domain.waiting import Line
from bot.views import help as help_view
from bot.views import web
from bot.views.dossier import line_facts, show_button
from bot.views.slack import ids, kit, text
from bot.views.waiting import button_words, todo

PAGE_LINES = 25
"""Two blocks a line and a dozen around them stay below Slack's 100."""


def home(found: Home | Stranger, *, now: datetime, has_web: bool = False) -> kit.View:
    """The tab as Slack takes it. has_web: whether there are pages to open."""
    return _stranger(found) if isinstance(found, Stranger) else _member(found, now, has_web)


def digest(view: kit.View) -> str:
    """Tells whether two tabs look the same."""
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()


def _member(found: Home, now: datetime, has_web: bool) -> kit.View:
    team, lines = found.actor.team, found.lines
    last = max((len(lines) - 1) // PAGE_LINES, 0)
    page = min(max(found.page, 0), last)
    waiting = sum(line.waits is not None for line in lines)
    blocks = [
        kit.header(f"{team.name}, {team.company_name}"),
        kit.context(_team_line(team, found.members)),
        *_absences(found.actor.member),
        *_welcome(found),
        kit.actions([_new_button(), _settings_button(), *([web.button()] if has_web else [])], block_id="home:top:1"),
        *_waiting(_Part.of(lines, 0, waiting, page), now),
        *_open(_Part.of(lines, waiting, len(lines), page), now),
        *([kit.context(f"Page {page + 1} of {last + 1}")] if last else []),
        *kit.paging(ids.HOME_PAGE, back=page - 1 if page else None, on=page + 1 if page < last else None),
        *_recent(found.recent),
        *_learnt(found),
    ]
    return kit.home(blocks)


def _stranger(found: Stranger) -> kit.View:
    """Why, and the next step. Nothing of anybody's decisions."""
    words = found.sentence or help_view.not_a_member(found.admins, has_team=found.has_team)
    blocks = [
        kit.header("Conclave"),
        kit.section("Customer decisions, made together in Slack, scored in secret."),
        kit.paragraph(words),
    ]
    if not found.has_team:
        blocks.append(kit.actions([kit.button("Set up your team", ids.OPEN_SETUP, style="primary")]))
    return kit.home(blocks)


def _team_line(team: Team, members: int) -> str:
    industry = f" · {text.inline(team.industry, 100)}" if team.industry else ""
    return f"{text.count('active member', members)}{industry} · {text.inline(team.currency, 3)}"


def _absences(member: Member) -> list[kit.Block]:
    lines = [f"You stand in for {text.inline(a.name, 80)} until {text.moment(a.until)}" for a in member.stands_for[:5]]
    if member.away_until:
        lines.append(f"You are away until {text.moment(member.away_until)}: your deputy decides in your place")
    return [kit.context(*lines)] if lines else []


def _welcome(found: Home) -> list[kit.Block]:
    if found.lines or found.recent:
        if not found.is_first:
            return []
        step = "Here you find what waits for you; each button leads right there."
    else:
        step = (
            "Next step: open your team's first decision. Its case, criteria and options come from you and your "
            "team; then everybody scores in secret, and whoever may decide that much resolves it."
        )
    return [kit.section(f"*Welcome, {text.inline(found.actor.member.name, 80)}.* {step}")]


def _new_button() -> kit.Element:
    return kit.button("New decision", ids.HOME_NEW, style="primary")


def _settings_button() -> kit.Element:
    return kit.button("My settings", ids.OPEN_SETTINGS)


@dataclass(frozen=True)
class _Part:
    """What one page shows of the lines under one header."""

    lines: Sequence[Line]
    before: int
    """So many of the header's lines are on earlier pages."""
    total: int

    @classmethod
    def of(cls, lines: Sequence[Line], first: int, end: int, page: int) -> "_Part":
        """The header's lines are those from `first` to before `end` of all `lines`."""
        begin = max(first, page * PAGE_LINES)
        return cls(lines[begin : min(end, (page + 1) * PAGE_LINES)], begin - first, end - first)

    def header(self, words: str) -> list[kit.Block]:
        """ "Waiting for you: 3"; "Waiting for you: 26 to 50 of 60" where the others are on other pages."""
        is_whole = len(self.lines) == self.total
        count = f"{self.total}" if is_whole else f"{self.before + 1} to {self.before + len(self.lines)} of {self.total}"
        return [kit.divider(), kit.header(f"{words}: {count}")]


def _waiting(part: _Part, now: datetime) -> list[kit.Block]:
    if not part.lines:
        return [] if part.total else [kit.section("*Nothing waits for you.*")]
    blocks = part.header("Waiting for you")
    for line in part.lines:
        words = f"\nTo do: {todo(line.waits)}" if line.waits else ""
        blocks += [
            kit.section(f"{_title(line)}\n{line_facts(line.decision, line.round, now)}{words}"),
            kit.actions(_buttons(line)),
        ]
    return blocks


def _open(part: _Part, now: datetime) -> list[kit.Block]:
    if not part.lines:
        return []
    rows = [
        kit.section(f"{_title(line)}\n{line_facts(line.decision, line.round, now)}", accessory=_show(line))
        for line in part.lines
    ]
    return [*part.header("Also open in the team"), *rows]


def _title(line: Line) -> str:
    return f"*{line.decision.name} {text.inline(line.decision.case.title, 160)}*"


def _buttons(line: Line) -> list[kit.Element]:
    words = button_words(line.waits) if line.waits else None
    if not (words and line.waits and line.waits.action):
        return [_show(line)]
    d = line.decision
    label = f"{words}: {d.name} {d.case.title}"
    return [kit.button(words, line.waits.action, value=str(d.id), style="primary", label=label), _show(line)]


def _show(line: Line) -> kit.Element:
    return show_button(line.decision.id, line.decision.number, words="Show")


def _learnt(found: Home) -> list[kit.Block]:
    if not found.resolved:
        return []
    words = f"Outcome known for {found.known} of {text.count('decision', found.resolved)} of the last 12 months"
    return [kit.section(words, accessory=kit.button("What outcomes teach", ids.LEARN))]


def _recent(recent: Sequence[Decided]) -> list[kit.Block]:
    if not recent:
        return []
    rows = [
        kit.section(
            f"*#{r.number} {text.inline(r.title, 160)}*\n{text.inline(r.choice, 160)} · {text.day(r.resolved_at)}",
            accessory=show_button(r.decision_id, r.number, words="Show"),
        )
        for r in recent
    ]
    return [kit.divider(), kit.header("Recently decided"), *rows]
