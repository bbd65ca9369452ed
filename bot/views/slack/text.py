"""Words and their shape: escaping, cutting with a sign, dates, mentions. Knows mrkdwn, not Block Kit."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from os.path import commonprefix

from bot.domain import money as domain_money
from bot.domain.text import clean as clean
from bot.domain.text import one_line as one_line

SIGN = "…"
"""What stands where something was cut off."""

GUARD = "\u00ad"
"""A soft hyphen: invisible, and to Slack no boundary of words, as the zero-width characters around U+200B are."""

# Slack knows no escape for these. It formats only what begins and ends at a boundary of words, so a mark within a word
# is none; quotes only at the start of a line; and reads the wide forms of a Japanese keyboard alike. Source: what its
# web client was seen to match, and the soft hyphen of the library jsx-slack.
_LIVE = re.compile(
    r"(?<![^\W_])[*_~\uff0a\uff3f]|[*_~\uff0a\uff3f](?![^\W_])|[`\uff40]|(?<!\S)[>\uff1e]"
    r"|@(?=(?:channel|here|everyone)\b)",
    re.IGNORECASE,
)
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_PIECE = re.compile(f"{GUARD}(?:&\\w+;|.){GUARD}|&\\w+;|.", re.DOTALL)
"""Of an escaped text, what must not be cut in two."""
_URL = re.compile(r"https?://[!-;=?-{}~]{1,1000}\Z")
_USER_ID = re.compile(r"[UW][A-Z0-9]+\Z")
_PLURALS = {"criterion": "criteria", "person": "people", "reply": "replies"}


def cut(text: str, length: int) -> str:
    """Return at most `length` characters; where something is missing the last one is "…"."""
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + SIGN


def distinct(titles: Sequence[str], length: int) -> list[str]:
    """Return the titles on `length` characters at most, no two alike: "…by bank transfer", "…by cheque".

    Where cutting at the end would make some alike, their common beginning is cut off instead. What is still the same
    (two titles may be, in full) is numbered. An empty one is "–".
    """
    shown = _apart(list(dict.fromkeys(titles)), length)
    labels = [shown[title] or "–" for title in titles]
    often, seen, named = Counter(labels), Counter[str](), []
    for label in labels:
        seen[label] += 1
        sign = f" ({seen[label]})" if often[label] > 1 else ""
        named.append(cut(label, length - len(sign)) + sign)
    return named


def _apart(titles: Sequence[str], length: int, start: int = 0) -> dict[str, str]:
    """Each of the different titles cut, from `start` on; from farther on for those that would be cut to the same."""
    alike: dict[str, list[str]] = {}
    for title in titles:
        alike.setdefault(cut(f"{SIGN}{title[start:]}" if start else title, length), []).append(title)
    found: dict[str, str] = {}
    for shown, group in alike.items():
        found |= {group[0]: shown} if len(group) == 1 else _apart(group, length, _parting(group, start, length))
    return found


def _parting(titles: Sequence[str], start: int, length: int) -> int:
    """From where on to show titles whose difference is out of sight: the first word from which on all are whole, else
    the word in which they differ, else the middle of a word too long to be shown."""
    common, longest = len(commonprefix(titles)), max(map(len, titles))  # noqa: RUF071 - of words, not of paths
    words = [i for i in range(start + 1, common + 1) if titles[0][i - 1] == " "]
    whole = next((word for word in words if longest - word < length), None)
    if whole is not None:
        return whole
    return words[-1] if words and common - words[-1] < length - 2 * len(SIGN) else common - length // 2


def escape(text: str) -> str:
    """Return `text` so that mrkdwn shows it as typed: no format, quote, link, mention or <!channel> comes alive.

    An emoji does, as in every input of Slack: it turns the one that a person picks into ":tada:".
    """
    return _LIVE.sub(rf"{GUARD}\g<0>{GUARD}", clean(text)).translate(_ENTITIES)


def safe(text: str, length: int) -> str:
    """Return `text` escaped and cut to `length` characters *after* escaping, never inside an entity."""
    escaped = escape(text)
    if len(escaped) <= length:
        return escaped
    kept, room = [], length - len(SIGN)
    for piece in _PIECE.findall(escaped):
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


def within_sentence(text: str) -> str:
    """The other way round: for words of ours, which begin with no name."""
    return text[:1].lower() + text[1:]


def ended(text: str) -> str:
    """With a full stop, unless it ends as a sentence does already: titles are often questions."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


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


def link(target: str, label: str) -> str:
    """target: what `is_link` accepts. label: mrkdwn."""
    return f"<{target.replace('&', '&amp;')}|{label}>"


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
_MARKS = re.compile(rf"(?<![\w*_~`{GUARD}])([*_~`])(?=\S)([^\n]*?)(?<=\S)\1(?![\w*_~`{GUARD}])")


def plain(mrkdwn: str) -> str:
    """Flatten a Slack message: links, mentions, dates as words; no marks of formatting, no entities."""
    text = unmarked(_LINK.sub(_flat_link, _FENCE.sub("", mrkdwn)))
    return clean(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).strip()


def unmarked(mrkdwn: str) -> str:
    """Still mrkdwn, without its formats; what people typed keeps its marks (`escape`)."""
    for _ in range(3):  # *_bold and slanted_*: one layer a turn
        mrkdwn = _MARKS.sub(r"\2", mrkdwn)
    return mrkdwn


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
