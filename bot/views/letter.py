"""Nudges as letters: HTML for mail, one line for SMS. The same words as the direct message, and never a score."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from bot.views.reminder import Told, headline, reason_for, top
from bot.views.slack import ids, text

SMS_LENGTH = 320
"""Two parts of a long text message; the rest is in Slack."""


@dataclass(frozen=True)
class Letter:
    """`html` for mail, `plain` for whatever takes text only."""

    subject: str
    html: str
    plain: str


def letter(items: Sequence[Told], *, name: str, authority: int) -> Letter:
    """`items`: one or more, most urgent first."""
    lines = [
        {
            "headline": text.plain(headline(item)),
            "reason": text.plain(reason_for(item, authority)),
            "link": _link(item),
        }
        for item in items
    ]
    subject = str(lines[0]["headline"]) if len(lines) == 1 else top(items)
    words = {"name": text.one_line(name), "items": lines, "command": ids.COMMAND}
    plain = text.one_line(_templates().get_template("nudge.txt.jinja").render(words))
    return Letter(
        subject=text.cut(text.one_line(f"Conclave: {subject}"), 150),
        html=_templates().get_template("nudge.html.jinja").render(words),
        plain=text.cut(plain, SMS_LENGTH),
    )


@cache
def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("letters")),
        autoescape=select_autoescape(["html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["ended"] = text.ended
    return found


def _link(item: Told) -> str | None:
    """A link to the card's channel by Slack's ids, since the workspace's own address is not known here."""
    d = item.brief.decision
    if not (d.workspace_id and d.channel_id):
        return None
    return f"https://slack.com/app_redirect?team={quote(d.workspace_id)}&channel={quote(d.channel_id)}"
