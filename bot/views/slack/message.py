"""A Slack message as plain text, wherever its app put the words: in its text, its blocks or its attachments.

Helpdesk apps post an empty `text`; people's own messages bear a `rich_text` block that repeats it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.views.slack.text import clean, plain

Json = Mapping[str, Any]
_PARTS = ("text", "title", "elements", "fields", "columns", "rows")
"""Where blocks and their parts hold words, in the order in which they are read."""
_SPOKEN = ("pretext", "author_name", "title", "text")


def flattened(message: Json) -> str:
    """Everything that stands in the message, a piece a line, nothing twice."""
    blocks = _parts(message, "blocks")
    text = plain(str(message.get("text") or ""))
    repeats = text and all(block.get("type") == "rich_text" for block in blocks)
    pieces = [text, *([] if repeats else map(_words, blocks)), *_attached(message)]
    return "\n".join(_each_once(pieces))


def _attached(message: Json) -> Iterator[str]:
    for attachment in _parts(message, "attachments"):
        said = [plain(str(attachment[name])) for name in _SPOKEN if attachment.get(name)]
        said += map(_field, _parts(attachment, "fields"))
        said += map(_words, _parts(attachment, "blocks"))
        yield from said or [plain(str(attachment.get("fallback") or ""))]


def _parts(whole: Json, name: str) -> list[Json]:
    return [part for part in whole.get(name) or () if isinstance(part, Mapping)]


def _field(field: Json) -> str:
    return plain(": ".join(str(field[name]) for name in ("title", "value") if field.get(name)))


def _words(part: object) -> str:
    """The words of a block, or of a part of one."""
    if isinstance(part, list):
        return "\n".join(filter(None, map(_words, part)))
    if not isinstance(part, Mapping):
        return ""
    match part.get("type"):
        case "mrkdwn":
            return plain(str(part.get("text") or ""))
        case "rich_text_section" | "rich_text_preformatted" | "rich_text_quote":
            return "".join(map(_leaf, part.get("elements") or ())).strip()
        case "button" | "overflow":
            return ""
    return "\n".join(filter(None, (_piece(part[name]) for name in _PARTS if name in part)))


def _piece(part: object) -> str:
    return clean(part).strip() if isinstance(part, str) else _words(part)


def _leaf(leaf: object) -> str:
    """A run of words, a link, a mention or an emoji within a line."""
    if not isinstance(leaf, Mapping):
        return ""
    match leaf.get("type"):
        case "user" | "usergroup" | "broadcast":
            return "@somebody"
        case "channel":
            return "a channel"
        case "emoji":
            return f":{leaf.get('name')}:"
    text, url = str(leaf.get("text") or ""), str(leaf.get("url") or "")
    return clean(text if not url or text == url else f"{text} ({url})" if text else url)


def _each_once(pieces: list[str]) -> list[str]:
    """Without what is empty, or stands in another piece already: apps repeat themselves for old clients."""
    kept: list[str] = []
    for piece in filter(None, pieces):
        if not any(piece in other for other in kept):
            kept = [other for other in kept if other not in piece] + [piece]
    return kept
