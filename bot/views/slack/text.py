"""Words and their shape: escaping, cutting with a sign, dates, mentions. Knows mrkdwn, not Block Kit."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from bot.domain import money as domain_money

SIGN = "…"
"""What stands where something was cut off."""

# What no person types into a form: control characters (PostgreSQL refuses NUL), lone surrogates (they cannot
# be encoded) and the marks that turn the direction of the text around them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_EVERYBODY = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_URL = re.compile(r"https?://[!-;=?-{}~]{1,1000}\Z")
_USER_ID = re.compile(r"[UW][A-Z0-9]+\Z")
_PLURALS = {"criterion": "criteria", "person": "people", "reply": "replies"}


def clean(text: str) -> str:
    """Return `text` with line ends as "\\n", without what cannot be stored or misleads the eye."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return `text` cleaned, with every run of white space as one blank."""
    return " ".join(clean(text).split())


def cut(text: str, length: int) -> str:
    """Return at most `length` characters; where something is missing the last one is "…"."""
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + SIGN


def escape(text: str) -> str:
    """Return `text` so that mrkdwn shows it as typed: no link, no mention, no <!channel> comes alive."""
    quiet = _EVERYBODY.sub("@\u2060", clean(text))
    return "".join(_ENTITIES.get(c, c) for c in quiet)


def safe(text: str, length: int) -> str:
    """Return `text` escaped and cut to `length` characters *after* escaping, never inside an entity."""
    escaped = escape(text)
    if len(escaped) <= length:
        return escaped
    kept, room = [], length - len(SIGN)
    for piece in (_ENTITIES.get(c, c) for c in _EVERYBODY.sub("@\u2060", clean(text))):
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + SIGN


def inline(text: str, length: int = 300) -> str:
    """`safe` on one line: for names and titles within a sentence."""
    return safe(one_line(text), length)


def quote(text: str, length: int) -> str:
    """A user's paragraph as a mrkdwn quotation of at most `length` characters."""
    lines: list[str] = []
    room = length
    for line in clean(text).strip().split("\n"):
        if room < 8:
            lines[-1:] = [f"> {SIGN}"]
            break
        lines.append(f"> {safe(line, room - 2)}")
        room -= len(lines[-1]) + 1
    return "\n".join(lines)


def fit(lines: Sequence[str], length: int, *, more: str = "", most: int | None = None) -> str:
    """Join what fits into `length` characters; a last line counts the rest: "… and 3 more" + `more`."""
    kept = list(lines[:most] if most is not None else lines)
    while kept:
        left_out = len(lines) - len(kept)
        sign = [f"{SIGN} and {left_out} more{more}"] if left_out else []
        if len("\n".join(kept + sign)) <= length:
            return "\n".join(kept + sign)
        kept.pop()
    return f"{SIGN} {len(lines)}{more}" if lines else ""


def count(noun: str, number: int) -> str:
    """ "1 option", "2 options", "3 criteria"."""
    return f"{number} {noun}" if number == 1 else f"{number} {_PLURALS.get(noun, noun + 's')}"


def listing(words: Iterable[str], *, last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *rest, end = list(words) or [""]
    return f"{', '.join(rest)} {last} {end}" if rest else end


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def day(at: datetime) -> str:
    """A date token: the reader's own day."""
    return _token(at, "{date_short_pretty}", f"{at.astimezone(UTC):%-d %b %Y}")


def moment(at: datetime) -> str:
    """A date token: day and time in the reader's own zone; for mrkdwn only, never for headers or buttons."""
    return _token(at, "{date_short_pretty} at {time}", f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC")


def _token(at: datetime, shape: str, fallback: str) -> str:
    return f"<!date^{int(at.timestamp())}^{shape}|{fallback}>"


def clock_words(at: datetime, *, now: datetime, zone: tzinfo) -> str:
    """ "Tuesday 4 PM, in 1 day": a moment ahead of `now` on somebody's own clock, where a date token cannot be."""
    local = at.astimezone(zone)
    day = f"{local:%A}" if at - now < timedelta(days=6) else f"{local:%A} {local.day} {local:%B}"
    hour = f"{local:%-I %p}" if local.minute == 0 else f"{local:%-I:%M %p}"
    return f"{day} {hour}, in {_span(at - now)}"


def _span(time: timedelta) -> str:
    hours = max(round(time / timedelta(hours=1)), 1)
    return count("hour", hours) if hours < 24 else count("day", round(hours / 24))


def is_link(text: str) -> bool:
    """Whether `text` may stand as the target of a link: nothing that Slack would read as a mention or a label."""
    return bool(_URL.match(text))


def mention(slack_user_id: str | None, name: str) -> str:
    """A live mention where the Slack user is known, else the name."""
    if slack_user_id and _USER_ID.match(slack_user_id):
        return f"<@{slack_user_id}>"
    return inline(name, 80)


def money(amount: Decimal | None, currency: str) -> str:
    return "not known" if amount is None else domain_money.format_money(amount, currency)


def number(value: Decimal) -> str:
    """A weight as people write it: 1.50 -> "1.5", 2.00 -> "2"."""
    return f"{value.normalize():f}"


def per_cent(value: Decimal | int) -> str:
    """ "67 %", to the nearest whole one; no line ends between number and sign."""
    return f"{value:.0f}\u00a0%"


_LINK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_FENCE = re.compile(r"```\n?")
_MARKS = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)([^\n]*?)(?<=\S)\1(?![\w*_~`])")


def plain(mrkdwn: str) -> str:
    """Flatten a Slack message: links, mentions, dates as words; no marks of formatting, no entities."""
    text = _LINK.sub(_flat_link, _FENCE.sub("", clean(mrkdwn)))
    for _ in range(3):  # *_bold and slanted_*: one layer a turn
        text = _MARKS.sub(r"\2", text)
    for character, entity in reversed(_ENTITIES.items()):
        text = text.replace(entity, character)
    return text.strip()


def _flat_link(match: re.Match[str]) -> str:
    target, label = match.group(1), match.group(2)
    if target.startswith("@"):
        return f"@{label or 'somebody'}".replace("@@", "@")
    if target.startswith("#"):
        return f"#{label}" if label else "a channel"
    if target.startswith("!"):
        return label or target[1:].split("^")[0]
    if not label or label in target:
        return target.removeprefix("mailto:")
    return f"{label} ({target})"
