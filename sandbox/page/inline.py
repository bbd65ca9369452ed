"""Owns what stands in one line as HTML: code, mentions, links, addresses, emoji, bold and its kin.

Whatever is not known to be safe stays text.
"""

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

from sandbox.mrkdwn import plain, unescape
from sandbox.page.emoji import EMOJI
from sandbox.page.eyes import PRIVATE_USE, Eyes

_KEPT = re.compile("\ue000(\\d+)\ue001")
_CODE = re.compile(r"(?<!\xad)`([^\n]+?)`(?!\xad)")  # of soft hyphens see `sandbox.mrkdwn`
_TOKEN = re.compile(r"<([^<>\n]+)>")
_BARE = re.compile(r"https?://[^\s<>*~`|\ue000\ue001]*[\w/=&#-]")
_EMOJI = re.compile(r":([a-z0-9_+'-]+):")
_MARKS = (
    (re.compile(r"(?<![\w*\xad])\*(?=\S)([^\n]*?[^\s*])\*(?![\w*\xad])"), "b"),
    (re.compile(r"(?<![\w_\xad])_(?=\S)([^\n]*?[^\s_])_(?![\w_\xad])"), "i"),
    (re.compile(r"(?<![\w~\xad])~(?=\S)([^\n]*?[^\s~])~(?![\w~\xad])"), "s"),
)
_MARKDOWN_MARKS = (
    (re.compile(r"\*\*(?=\S)(.+?\S|\S)\*\*"), "b"),
    (re.compile(r"__(?=\S)(.+?\S|\S)__"), "b"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])"), "i"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]*[^\s_])_(?![\w_])"), "i"),
    (re.compile(r"~~(?=\S)(.+?\S|\S)~~"), "s"),
)
_MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]*)\]\(([^()\s]+)\)")


class Shelf:
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


def flat(text: str, eyes: Eyes) -> str:
    """The words of code: entities undone, tokens as their text, no marks."""
    return unescape(_TOKEN.sub(lambda at: plain(at[0], eyes.reader), text))


def inline(text: str, eyes: Eyes, *, verbatim: bool = False) -> Markup:
    """Render one line of mrkdwn."""
    shelf = Shelf()
    text = PRIVATE_USE.sub("", text)
    text = _CODE.sub(lambda at: shelf.keep(Markup("<code>{}</code>").format(flat(at[1], eyes))), text)
    text = _TOKEN.sub(lambda at: shelf.keep(token(at[1], eyes)), text)
    if not verbatim:
        text = _BARE.sub(lambda at: shelf.keep(_bare(at[0], eyes)), text)
    text = _EMOJI.sub(lambda at: shelf.keep(emoji(at[1])), text)
    return shelf.restore(_marked(str(escape(unescape(text))), _MARKS))


def _marked(text: str, marks: Sequence[tuple[re.Pattern[str], str]]) -> str:
    for _ in range(3):  # bold in italic in struck
        for pattern, tag in marks:
            text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    return text


def _bare(url: str, eyes: Eyes) -> Markup:
    return eyes.link(unescape(url), escape(unescape(url)))


def token(inner: str, eyes: Eyes) -> Markup:
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


def emoji(name: str) -> Markup:
    sign = EMOJI.get(name.split("::")[0])
    if sign is None:
        return Markup("<span class=emoji>:{}:</span>").format(name)
    return Markup('<span class="emoji" role="img" aria-label="{}">{}</span>').format(name.replace("_", " "), sign)


def with_emoji(text: str) -> Markup:
    """Plain text in which only :names: come to life."""
    shelf = Shelf()
    kept = _EMOJI.sub(lambda at: shelf.keep(emoji(at[1])), PRIVATE_USE.sub("", text))
    return shelf.restore(str(escape(kept)))


def markdown_inline(line: str, eyes: Eyes) -> Markup:
    """Render one line of a markdown block."""
    shelf = Shelf()
    line = PRIVATE_USE.sub("", line)
    line = _CODE.sub(lambda at: shelf.keep(Markup("<code>{}</code>").format(at[1])), line)
    line = _MARKDOWN_LINK.sub(lambda at: shelf.keep(eyes.link(at[2], escape(_KEPT.sub("", at[1]) or at[2]))), line)
    line = _TOKEN.sub(lambda at: shelf.keep(token(at[1], eyes)), line)
    line = _BARE.sub(lambda at: shelf.keep(_bare(at[0], eyes)), line)
    line = _EMOJI.sub(lambda at: shelf.keep(emoji(at[1])), line)
    return shelf.restore(_marked(str(escape(line)), _MARKDOWN_MARKS))
