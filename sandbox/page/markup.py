"""Owns Slack's mark-up as HTML: mrkdwn, rich text, markdown and links. Whatever is not known to be safe stays text."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

from sandbox.mrkdwn import Reader, plain, unescape
from sandbox.page.emoji import EMOJI

_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTED = re.compile(r"^(?:&gt;|>) ?")
_MINE = re.compile("[\ue000\ue001]")
_KEPT = re.compile("\ue000(\\d+)\ue001")
_CODE = re.compile(r"`([^`\n]+)`")
_TOKEN = re.compile(r"<([^<>\n]+)>")
_BARE = re.compile(r"https?://[^\s<>*~`|\ue000\ue001]*[\w/=&#-]")
_EMOJI = re.compile(r":([a-z0-9_+'-]+):")
_MARKS = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*\S)\*(?![\w*])"), "b"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]*\S)_(?![\w_])"), "i"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]*\S)~(?![\w~])"), "s"),
)
_MD_MARKS = (
    (re.compile(r"\*\*(?=\S)(.+?\S|\S)\*\*"), "b"),
    (re.compile(r"__(?=\S)(.+?\S|\S)__"), "b"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])"), "i"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]*[^\s_])_(?![\w_])"), "i"),
    (re.compile(r"~~(?=\S)(.+?\S|\S)~~"), "s"),
)
_MD_LINK = re.compile(r"!?\[([^\]\n]*)\]\(([^()\s]+)\)")
_MD_LIST = re.compile(r"^\s*([-*+]|\d+[.)]) +(.*)$")
_SCHEMES = ("http", "https", "mailto", "tel")
_STYLES = {"bold": "b", "italic": "i", "strike": "s", "code": "code", "underline": "u"}


@dataclass(frozen=True)
class Eyes:
    """Whose page it is. Links of the workspace's own domain lead to its messages here.

    reader: names and zone; handle: as in the page's address; domain: as in Slack's permalinks.
    """

    reader: Reader = field(default_factory=Reader)
    handle: str = ""
    user: str = ""
    domain: str = ""

    def href(self, url: object) -> str | None:
        """Return an address that is safe to follow, None for any other (javascript:, data:, relative ones)."""
        try:
            parts = urlsplit(str(url).strip())
        except ValueError:
            return None
        if parts.scheme.lower() not in _SCHEMES or _MINE.search(str(url)):
            return None
        return self._own(parts.netloc, parts.path) or str(url).strip()

    def image(self, url: object) -> str | None:
        found = self.href(url)
        return found if found and found.startswith(("http://", "https://")) else None

    def _own(self, host: str, path: str) -> str | None:
        steps = path.strip("/").split("/")
        if not self.domain or host != f"{self.domain}.slack.com" or len(steps) != 3 or steps[0] != "archives":
            return None
        digits = steps[2].lstrip("p")
        return f"/as/{quote(self.handle)}/{quote(steps[1])}#m{digits[:-6]}.{digits[-6:]}"

    def link(self, url: object, words: Markup) -> Markup:
        href = self.href(url)
        if href is None:
            return words
        if href.startswith("/"):
            return Markup('<a href="{}">{}</a>').format(href, words)
        return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>').format(href, words)


class _Shelf:
    """Keeps finished pieces of HTML out of the way of the next pattern, and puts them back at the end."""

    def __init__(self) -> None:
        self.pieces: list[Markup] = []

    def keep(self, piece: Markup) -> str:
        self.pieces.append(piece)
        return f"\ue000{len(self.pieces) - 1}\ue001"

    def restore(self, text: str) -> Markup:
        while _KEPT.search(text):
            text = _KEPT.sub(lambda at: str(self.pieces[int(at[1])]), text)
        return Markup(text)


def mrkdwn(text: str, eyes: Eyes, *, verbatim: bool = False) -> Markup:
    """Render mrkdwn: blocks of code, quotes, then what stands in a line. verbatim: bare addresses stay text."""
    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts.append(_paragraphs(text[end : fence.start()], eyes, verbatim))
        parts.append(Markup("<pre>{}</pre>").format(_flat(fence[1], eyes)))
        end = fence.end()
    parts.append(_paragraphs(text[end:], eyes, verbatim))
    return Markup("").join(parts)


def _flat(text: str, eyes: Eyes) -> str:
    """The words of code: entities undone, tokens as their text, no marks."""
    return unescape(_TOKEN.sub(lambda token: plain(token[0], eyes.reader), text))


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


def inline(text: str, eyes: Eyes, *, verbatim: bool = False) -> Markup:
    """Render one line of mrkdwn."""
    shelf = _Shelf()
    text = _MINE.sub("", text)
    text = _CODE.sub(lambda at: shelf.keep(Markup("<code>{}</code>").format(_flat(at[1], eyes))), text)
    text = _TOKEN.sub(lambda at: shelf.keep(_token(at[1], eyes)), text)
    if not verbatim:
        text = _BARE.sub(lambda at: shelf.keep(_bare(at[0], eyes)), text)
    text = _EMOJI.sub(lambda at: shelf.keep(_emoji(at[1])), text)
    return shelf.restore(_marked(str(escape(unescape(text))), _MARKS))


def _marked(text: str, marks: Sequence[tuple[re.Pattern[str], str]]) -> str:
    for _ in range(3):  # bold in italic in struck
        for pattern, tag in marks:
            text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    return text


def _bare(url: str, eyes: Eyes) -> Markup:
    return eyes.link(unescape(url), escape(unescape(url)))


def _token(inner: str, eyes: Eyes) -> Markup:
    target, _, label = inner.partition("|")
    words = escape(plain(f"<{inner}>", eyes.reader))
    if target.startswith("!date^"):
        _, _, url = target.removeprefix("!date^").partition("^")[2].partition("^")
        stamp = Markup("<time>{}</time>").format(words)
        return eyes.link(unescape(url), stamp) if url else stamp
    if target.startswith(("@", "#", "!")):
        mine = " is-me" if target == f"@{eyes.user}" else ""
        return Markup('<span class="mention{}">{}</span>').format(mine, words)
    return eyes.link(unescape(target), inline(label, eyes, verbatim=True) if label else words)


def _emoji(name: str) -> Markup:
    sign = EMOJI.get(name.split("::")[0])
    if sign is None:
        return Markup("<span class=emoji>:{}:</span>").format(name)
    return Markup('<span class="emoji" role="img" aria-label="{}">{}</span>').format(name.replace("_", " "), sign)


def with_emoji(text: str) -> Markup:
    """Plain text in which only :names: come to life."""
    shelf = _Shelf()
    kept = _EMOJI.sub(lambda at: shelf.keep(_emoji(at[1])), _MINE.sub("", text))
    return shelf.restore(str(escape(kept)))


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
    return _emoji(str(leaf.get("name")))


def _by_token(make: Callable[[Mapping[str, Any]], str]) -> Callable[[Mapping[str, Any], Eyes], Markup]:
    return lambda leaf, eyes: _token(_MINE.sub("", make(leaf)), eyes)


_LEAVES: dict[str, Callable[[Mapping[str, Any], Eyes], Markup]] = {
    "text": _words,
    "link": _rich_link,
    "emoji": _rich_emoji,
    "user": _by_token(lambda leaf: f"@{leaf.get('user_id')}"),
    "channel": _by_token(lambda leaf: f"#{leaf.get('channel_id')}"),
    "usergroup": _by_token(lambda leaf: f"!subteam^{leaf.get('usergroup_id')}"),
    "broadcast": _by_token(lambda leaf: f"!{leaf.get('range')}"),
    "date": _by_token(
        lambda leaf: f"!date^{leaf.get('timestamp')}^{leaf.get('format', '{date_short}')}|{leaf.get('fallback', '')}"
    ),
    "color": lambda leaf, eyes: Markup("<code>{}</code>").format(leaf.get("value")),
}


def markdown(source: str, eyes: Eyes) -> Markup:
    """Render a markdown block: headings, lists, quotes, code, rules, tables, and what stands in a line."""
    pieces: list[Markup] = []
    lines = source.split("\n")
    while lines:
        taken, piece = _md_block(lines, eyes)
        pieces.append(piece)
        lines = lines[taken:]
    return Markup("").join(pieces)


def _md_block(lines: list[str], eyes: Eyes) -> tuple[int, Markup]:
    """Take one block off the front: (how many lines, its HTML)."""
    first = lines[0].strip()
    if not first:
        return 1, Markup("")
    if first.startswith("```"):
        end = next((n for n, line in enumerate(lines[1:], 1) if line.strip().startswith("```")), len(lines))
        return end + 1, Markup("<pre>{}</pre>").format("\n".join(lines[1:end]))
    if heading := re.match(r"(#{1,6}) +(.*)", first):
        return 1, Markup('<h4 class="md-{}">{}</h4>').format(len(heading[1]), _md_inline(heading[2], eyes))
    if re.fullmatch(r"(?:-{3,}|\*{3,}|_{3,})", first):
        return 1, Markup("<hr>")
    for belongs, make in _MD_RUNS:
        taken = next((n for n, line in enumerate(lines) if not belongs(line)), len(lines))
        if taken:
            return taken, make(lines[:taken], eyes)
    taken = next((n for n, line in enumerate(lines) if n and _md_starts(line)), len(lines))
    inner = Markup("<br>").join(_md_inline(line, eyes) for line in lines[:taken])
    return taken, Markup("<p>{}</p>").format(inner)


def _md_starts(line: str) -> bool:
    stripped = line.strip()
    return not stripped or stripped.startswith(("```", "#", ">", "|")) or bool(_MD_LIST.match(line))


def _md_quote(lines: list[str], eyes: Eyes) -> Markup:
    inner = Markup("<br>").join(_md_inline(line.lstrip().removeprefix(">").strip(), eyes) for line in lines)
    return Markup("<blockquote>{}</blockquote>").format(inner)


def _md_list(lines: list[str], eyes: Eyes) -> Markup:
    found = [match for line in lines if (match := _MD_LIST.match(line))]
    tag = Markup("ol") if found[0][1][0].isdigit() else Markup("ul")
    items = Markup("").join(Markup("<li>{}</li>").format(_md_inline(_tasks(item[2]), eyes)) for item in found)
    return Markup("<{0}>{1}</{0}>").format(tag, items)


def _tasks(line: str) -> str:
    return re.sub(r"^\[( |x|X)\] ", lambda box: "☐ " if box[1] == " " else "☑ ", line)


def _md_table(lines: list[str], eyes: Eyes) -> Markup:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    is_ruled = len(rows) > 1 and all(re.fullmatch(r":?-+:?", cell) for cell in rows[1])
    html = []
    for number, row in enumerate(rows):
        if is_ruled and number == 1:
            continue
        tag = Markup("th") if is_ruled and number == 0 else Markup("td")
        cells = Markup("").join(Markup("<{0}>{1}</{0}>").format(tag, _md_inline(cell, eyes)) for cell in row)
        html.append(Markup("<tr>{}</tr>").format(cells))
    return Markup('<div class="scroll"><table class="data">{}</table></div>').format(Markup("").join(html))


_MD_RUNS: tuple[tuple[Callable[[str], bool], Callable[[list[str], Eyes], Markup]], ...] = (
    (lambda line: line.lstrip().startswith(">"), _md_quote),
    (lambda line: bool(_MD_LIST.match(line)), _md_list),
    (lambda line: line.strip().startswith("|"), _md_table),
)


def _md_inline(line: str, eyes: Eyes) -> Markup:
    shelf = _Shelf()
    line = _MINE.sub("", line)
    line = _CODE.sub(lambda at: shelf.keep(Markup("<code>{}</code>").format(at[1])), line)
    line = _MD_LINK.sub(lambda at: shelf.keep(eyes.link(at[2], escape(_KEPT.sub("", at[1]) or at[2]))), line)
    line = _TOKEN.sub(lambda at: shelf.keep(_token(at[1], eyes)), line)
    line = _BARE.sub(lambda at: shelf.keep(_bare(at[0], eyes)), line)
    line = _EMOJI.sub(lambda at: shelf.keep(_emoji(at[1])), line)
    return shelf.restore(_marked(str(escape(line)), _MD_MARKS))
