"""Owns Slack's mark-up: turns mrkdwn and rich text into the plain text that a reader's eye takes in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_TOKEN = re.compile(r"<([^<>\n]+)>")
# To Slack a soft hyphen is no boundary of words, unlike the zero-width characters around U+200B: it keeps a mark dead.
_MARKS = re.compile(r"(?<![\w*_~`\xad])([*_~`])(?=\S)([^\n]*?\S)\1(?![\w*_~`\xad])")
_DATE = re.compile(r"!date\^(\d+)\^([^^|]+)(?:\^[^|]*)?\|(.*)", re.DOTALL)
_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


@dataclass(frozen=True)
class Reader:
    """Who reads: names of people and channels by id, and the reader's own zone."""

    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    tz: str = "UTC"
    now: datetime | None = None
    """When the reader looks, for words such as "today"; None: really now."""


def plain(text: str, reader: Reader) -> str:
    """Render mrkdwn: mentions as @handle and #name, dates in the reader's zone, marks and escapes undone."""
    pieces, end = [], 0
    for token in _TOKEN.finditer(text):
        pieces += [_unmarked(text[end : token.start()]), _token(token.group(1), reader)]
        end = token.end()
    return "".join([*pieces, _unmarked(text[end:])])


def text_of(value: Any, reader: Reader) -> str:
    """Render a text object; plain_text is shown as it stands."""
    if not value:
        return ""
    text = str(value.get("text", ""))
    return plain(text, reader) if value.get("type") == "mrkdwn" else text


def _unmarked(text: str) -> str:
    for _ in range(3):  # *_bold italic_* nests, hardly deeper
        text = _MARKS.sub(r"\2", text)
    return unescape(text.replace("```", "")).replace("\xad", "")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _token(inner: str, reader: Reader) -> str:
    target, _, label = inner.partition("|")
    if inner.startswith("!date^"):
        return _date_token(inner, reader)
    if target.startswith("@"):
        return "@" + reader.people.get(target[1:], target[1:])
    if target.startswith("#"):
        return "#" + reader.channels.get(target[1:], label or target[1:])
    if target.startswith("!"):
        return unescape(label) or "@" + target[1:].split("^")[-1]
    return _unmarked(label) if label else unescape(target.removeprefix("mailto:"))


def _date_token(inner: str, reader: Reader) -> str:
    match = _DATE.match(inner)
    if match is None:
        return unescape(inner.rpartition("|")[2])
    epoch, pattern, _ = match.groups()
    zone = ZoneInfo(reader.tz)
    moment = datetime.fromtimestamp(int(epoch), zone)
    now = reader.now.astimezone(zone) if reader.now else datetime.now(zone)
    return re.sub(r"\{(\w+)\}", lambda name: date_part(name.group(1), moment, now), pattern)


def date_part(name: str, moment: datetime, now: datetime) -> str:
    """Write one {placeholder} of a date token. Source: docs.slack.dev, formatting message text."""
    day = f"{moment.day}{_ORDINALS.get(moment.day, 'th')}"
    if name.endswith("_pretty"):
        near = _near(moment.date(), now.date())
        return near or date_part(name.removesuffix("_pretty"), moment, now)
    forms = {
        "date_num": f"{moment:%Y-%m-%d}",
        "date_slash": f"{moment:%m/%d/%Y}",
        "date": f"{moment:%B} {day}, {moment.year}",
        "date_short": f"{moment:%b} {moment.day}, {moment.year}",
        "date_long": f"{moment:%A}, {moment:%B} {day}, {moment.year}",
        "time": f"{moment:%I:%M %p}".lstrip("0"),
        "time_secs": f"{moment:%I:%M:%S %p}".lstrip("0"),
        "day_divider_pretty": f"{moment:%A}, {moment:%B} {day}",
    }
    if name == "ago":
        return _ago(now - moment)
    return forms.get(name, "{" + name + "}")


def _near(day: date, today: date) -> str:
    return {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((day - today).days, "")


def _ago(elapsed: timedelta) -> str:
    minutes = abs(int(elapsed.total_seconds())) // 60
    count, unit = (minutes, "minute") if minutes < 60 else (minutes // 60, "hour")
    if unit == "hour" and count >= 24:
        count, unit = count // 24, "day"
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if elapsed < timedelta(0) else f"{words} ago"


def rich_text(elements: Any, reader: Reader) -> str:
    """Render the elements of a rich_text block, one line each section or list item."""
    return "\n".join(_rich_element(element, reader) for element in elements or ())


def _rich_element(element: Mapping[str, Any], reader: Reader) -> str:
    inner = element.get("elements") or ()
    if element.get("type") == "rich_text_list":
        ordered = element.get("style") == "ordered"
        return "\n".join(
            f"{f'{number}.' if ordered else '•'} {_rich_element(item, reader)}" for number, item in enumerate(inner, 1)
        )
    line = "".join(_rich_leaf(leaf, reader) for leaf in inner)
    return f"> {line}" if element.get("type") == "rich_text_quote" else line


def _rich_leaf(leaf: Mapping[str, Any], reader: Reader) -> str:
    kind = leaf.get("type")
    if kind == "user":
        return "@" + reader.people.get(str(leaf.get("user_id")), str(leaf.get("user_id")))
    if kind == "channel":
        return "#" + reader.channels.get(str(leaf.get("channel_id")), str(leaf.get("channel_id")))
    if kind == "emoji":
        return f":{leaf.get('name')}:"
    if kind == "broadcast":
        return f"@{leaf.get('range')}"
    if kind == "date":
        pattern = str(leaf.get("format", "{date_short}"))
        return _date_token(f"!date^{leaf.get('timestamp')}^{pattern}|{leaf.get('fallback', '')}", reader)
    return str(leaf.get("text") or leaf.get("url") or "")
