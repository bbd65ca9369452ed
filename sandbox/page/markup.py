"""Owns Slack's mark-up as HTML: mrkdwn, text objects and rich text."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

from sandbox.page.eyes import PRIVATE_USE, Eyes
from sandbox.page.inline import emoji, flat, inline, token, with_emoji

_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTED = re.compile(r"^(?:&gt;|>) ?")
_STYLES = {"bold": "b", "italic": "i", "strike": "s", "code": "code", "underline": "u"}


def mrkdwn(text: str, eyes: Eyes, *, verbatim: bool = False) -> Markup:
    """Render mrkdwn: blocks of code, quotes, then what stands in a line. verbatim: bare addresses stay text."""
    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts.append(_paragraphs(text[end : fence.start()], eyes, verbatim))
        parts.append(Markup("<pre>{}</pre>").format(flat(fence[1], eyes)))
        end = fence.end()
    parts.append(_paragraphs(text[end:], eyes, verbatim))
    return Markup("").join(parts)


def _paragraphs(text: str, eyes: Eyes, verbatim: bool) -> Markup:
    pieces: list[Markup] = []
    lines: list[str] = []
    quoted = False
    for line in [*text.strip("\n").split("\n"), None]:
        is_quote = line is not None and bool(_QUOTED.match(line))
        if lines and (line is None or is_quote != quoted):
            inner = Markup("<br>").join(inline(one, eyes, verbatim=verbatim) for one in lines)
            pieces.append(Markup("<blockquote>{}</blockquote>").format(inner) if quoted else inner)
            lines = []
        if line is not None:
            quoted = is_quote
            lines.append(_QUOTED.sub("", line) if is_quote else line)
    return Markup("").join(pieces)


def text(value: Any, eyes: Eyes) -> Markup:
    """Render a text object."""
    if not isinstance(value, Mapping):
        return Markup("")
    words = str(value.get("text", ""))
    if value.get("type") == "mrkdwn":
        return mrkdwn(words, eyes, verbatim=bool(value.get("verbatim")))
    shown = escape(words) if value.get("emoji") is False else with_emoji(words)
    return Markup(str(shown).replace("\n", "<br>"))


def rich_text(elements: Any, eyes: Eyes) -> Markup:
    """Render the elements of a rich_text block; those not known here are named."""
    return Markup("").join(_rich(element, eyes) for element in elements or ())


def _rich(element: Mapping[str, Any], eyes: Eyes) -> Markup:
    kind, inner = element.get("type"), element.get("elements") or ()
    if kind == "rich_text_list":
        tag = "ol" if element.get("style") == "ordered" else "ul"
        items = Markup("").join(Markup("<li>{}</li>").format(_leaves(item, eyes)) for item in inner)
        depth = min(int(element.get("indent") or 0), 8)
        start = Markup(' start="{}"').format(int(element["offset"]) + 1) if element.get("offset") else ""
        return Markup('<{0} class="indent-{1}"{2}>{3}</{0}>').format(Markup(tag), depth, start, items)
    if kind == "rich_text_preformatted":
        return Markup("<pre>{}</pre>").format(_leaves(element, eyes))
    if kind == "rich_text_quote":
        return Markup("<blockquote>{}</blockquote>").format(_leaves(element, eyes))
    if kind == "rich_text_section":
        return Markup("<p>{}</p>").format(_leaves(element, eyes))
    return Markup('<span class="unknown">{} element</span>').format(kind)


def _leaves(element: Mapping[str, Any], eyes: Eyes) -> Markup:
    return Markup("").join(_leaf(leaf, eyes) for leaf in element.get("elements") or ())


def _leaf(leaf: Mapping[str, Any], eyes: Eyes) -> Markup:
    kind = str(leaf.get("type"))
    make = _LEAVES.get(kind)
    shown = make(leaf, eyes) if make else Markup('<span class="unknown">{} element</span>').format(kind)
    for style, tag in _STYLES.items():
        if (leaf.get("style") or {}).get(style):
            shown = Markup("<{0}>{1}</{0}>").format(Markup(tag), shown)
    return shown


def _words(leaf: Mapping[str, Any], eyes: Eyes) -> Markup:
    return Markup(str(escape(str(leaf.get("text", "")))).replace("\n", "<br>"))


def _rich_link(leaf: Mapping[str, Any], eyes: Eyes) -> Markup:
    return eyes.link(leaf.get("url"), escape(str(leaf.get("text") or leaf.get("url"))))


def _rich_emoji(leaf: Mapping[str, Any], eyes: Eyes) -> Markup:
    code = str(leaf.get("unicode") or "")
    if re.fullmatch(r"[0-9a-fA-F]{2,6}(-[0-9a-fA-F]{2,6})*", code):
        points = [int(point, 16) for point in code.split("-")]
        if max(points) < 0x110000 and not any(0xD800 <= point < 0xE000 for point in points):
            return escape("".join(map(chr, points)))
    return emoji(str(leaf.get("name")))


def _bytoken(make: Callable[[Mapping[str, Any]], str]) -> Callable[[Mapping[str, Any], Eyes], Markup]:
    return lambda leaf, eyes: token(PRIVATE_USE.sub("", make(leaf)), eyes)


_LEAVES: dict[str, Callable[[Mapping[str, Any], Eyes], Markup]] = {
    "text": _words,
    "link": _rich_link,
    "emoji": _rich_emoji,
    "user": _bytoken(lambda leaf: f"@{leaf.get('user_id')}"),
    "channel": _bytoken(lambda leaf: f"#{leaf.get('channel_id')}"),
    "usergroup": _bytoken(lambda leaf: f"!subteam^{leaf.get('usergroup_id')}"),
    "broadcast": _bytoken(lambda leaf: f"!{leaf.get('range')}"),
    "date": _bytoken(
        lambda leaf: f"!date^{leaf.get('timestamp')}^{leaf.get('format', '{date_short}')}|{leaf.get('fallback', '')}"
    ),
    "color": lambda leaf, eyes: Markup("<code>{}</code>").format(leaf.get("value")),
}
