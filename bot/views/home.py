"""The Home tab: what waits for me, what is open, what was decided; a welcome, and words for strangers. Paged."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from bot.domain.home import Decided, Home, Stranger
from bot.domain.team import Team
from bot.domain.waiting import Line
from bot.views import help as help_view
from bot.views.dossier import line_facts, show_button
from bot.views.slack import ids, kit, text
from bot.views.waiting import todo

PAGE_LINES = 25
"""Two blocks a line and a dozen around them stay below Slack's 100."""


def home(found: Home | Stranger, *, now: datetime) -> kit.View:
    """The tab as Slack takes it."""
    return _stranger(found) if isinstance(found, Stranger) else _member(found, now)


def digest(view: kit.View) -> str:
    """Tells whether two tabs look the same."""
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()


def _member(found: Home, now: datetime) -> kit.View:
    team, lines = found.actor.team, found.lines
    last = max((len(lines) - 1) // PAGE_LINES, 0)
    page = min(max(found.page, 0), last)
    shown = lines[page * PAGE_LINES : (page + 1) * PAGE_LINES]
    others = [line for line in shown if not line.waits]
    blocks = [
        kit.header(f"{team.name}, {team.company_name}"),
        kit.context(_team_line(team, found.members)),
        *_welcome(found),
        kit.actions([_new_button(), _settings_button()], block_id="home:top:1"),
        *_waiting([line for line in shown if line.waits], sum(line.waits is not None for line in lines), now),
        *_open(others, len(lines), now),
        *([kit.context(f"Page {page + 1} of {last + 1}")] if last else []),
        *kit.paging(ids.HOME_PAGE, back=page - 1 if page else None, on=page + 1 if page < last else None),
        *_recent(found.recent),
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
    size = f"{text.count('active member', members)}, team size given as {team.team_size}"
    industry = f" · {text.inline(team.industry, 100)}" if team.industry else ""
    return f"{size}{industry} · {text.inline(team.currency, 3)}"


def _welcome(found: Home) -> list[kit.Block]:
    if found.lines or found.recent:
        if not found.is_first:
            return []
        step = "Here you find what waits for you; each button leads right there."
    else:
        step = (
            "Next step: open your team's first decision. Its case, criteria and options come from you and your "
            "team; then everybody scores in secret, and whoever has the authority decides."
        )
    return [kit.section(f"*Welcome, {text.inline(found.actor.member.name, 80)}.* {step}")]


def _new_button() -> kit.Element:
    return kit.button("New decision", ids.HOME_NEW, style="primary")


def _settings_button() -> kit.Element:
    return kit.button("My settings", ids.OPEN_SETTINGS)


def _waiting(lines: Sequence[Line], total: int, now: datetime) -> list[kit.Block]:
    if not lines:
        return [] if total else [kit.section("*Nothing waits for you.*")]
    blocks = [kit.header(f"Waiting for you: {total}")]
    for line in lines:
        words = f"\nTo do: {todo(line.waits)}" if line.waits else ""
        blocks += [kit.section(f"{_title(line)}\n{line_facts(line.decision, now)}{words}"), kit.actions(_buttons(line))]
    return blocks


def _open(lines: Sequence[Line], total: int, now: datetime) -> list[kit.Block]:
    if not lines:
        return []
    rows = [kit.section(f"{_title(line)}\n{line_facts(line.decision, now)}", accessory=_show(line)) for line in lines]
    return [kit.header("Open decisions"), kit.context(f"{total} open in the team, by urgency"), *rows]


def _title(line: Line) -> str:
    return f"*{line.decision.name} {text.inline(line.decision.case.title, 160)}*"


def _buttons(line: Line) -> list[kit.Element]:
    action = line.waits.action if line.waits else None
    if action is None:
        return [_show(line)]
    d = line.decision
    label = f"{action.label}: {d.name} {d.case.title}"
    return [kit.button(action.label, action, value=str(d.id), style="primary", label=label), _show(line)]


def _show(line: Line) -> kit.Element:
    return show_button(line.decision.id, line.decision.number, words="Show")


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
