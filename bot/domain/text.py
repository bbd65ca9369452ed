"""Text as people type or paste it: cleaned once, at the way in, of what nobody can see.

Invisible characters make two names look alike, hide words from whoever reads, turn the direction of the text around
them, or fill a title with nothing. What scripts and emoji need of them stays. Source of the kinds: the Unicode
Standard, chapters 2.11 and 23.
"""

import re
from unicodedata import bidirectional, category, combining, name

MOST_MARKS = 5
"""Combining marks on one letter; Hebrew of the Bible has five, a pile that covers the lines around it has dozens."""

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_ASCII_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_BLANKS = dict.fromkeys(map(ord, "\t\u115f\u1160\u2800\u3164\uffa0"), " ")
"""Letters, signs and controls that look like a blank: the fillers of Hangul, the empty sign of Braille."""
_NEVER_SEEN = dict.fromkeys(map(ord, "\u034f\u17b4\u17b5\U0001d159"))
"""Neither controls nor formats by their category, yet always invisible."""
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Signs of Arabic, Syriac and Kaithi that stand around numbers."""
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_VIRAMA = 9
"""The combining class of the sign that joins letters of Indian scripts."""
_SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f]|[\U000e0100-\U000e01ef]")
_WITHOUT_VARIANTS = ("Lu", "Ll", "Lt", "Lm", "Zs", "Cc", "Cf")
_FLAGS = re.compile(
    "(\U0001f3f4\U000e0067\U000e0062(?:{}|{}|{})\U000e007f)".format(
        *("".join(chr(0xE0000 + ord(letter)) for letter in nation) for nation in ("eng", "sct", "wls"))
    )
)
"""England, Scotland, Wales: the only emoji that are spelt with the invisible tag characters."""

_PLAIN = re.compile("[\n -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u20a0-\u20bf]*")
"""Letters, signs and quotes of Europe's languages, none of which is ever taken out, and line ends."""


def clean(text: str) -> str:
    """Return `text` without what cannot be stored or seen; its line ends as "\\n", a tab as a blank."""
    if (text.isascii() and text.isprintable()) or _PLAIN.fullmatch(text):
        return text  # nearly every text; views clean what they show as well, since it may be older than this
    text = _LINE_ENDS.sub("\n", text).translate(_BLANKS)
    if text.isascii():
        return _ASCII_CONTROLS.sub("", text)
    parts = _FLAGS.split(text.translate(_NEVER_SEEN))
    return "".join(part if _FLAGS.fullmatch(part) else _seen(part) for part in parts)


def one_line(text: str) -> str:
    """Return `text` cleaned, with every run of white space as one blank."""
    return " ".join(clean(text).split())


def _seen(text: str) -> str:
    kept: list[str] = []
    for place, character in enumerate(text):
        if _stays(character, before=kept, after=text[place + 1 : place + 2]):
            kept.append(character)
    return "".join(kept)


def _stays(character: str, *, before: list[str], after: str) -> bool:
    """before: what was kept so far; after: the next character as typed, "" at the end."""
    if character in (_ZWNJ, _ZWJ):
        return bool(before and after) and _is_joined(character, before[-1], after)
    if _SELECTORS.match(character):
        return bool(before) and _is_selected(character, before[-1])
    match category(character):
        case "Cc":
            return character == "\n"
        case "Cf":
            return character in _VISIBLE_FORMATS
        case "Mn" | "Me":
            return _is_carried(character, before)
        case kind:
            return kind != "Cs"  # half of a pair cannot be encoded


def _is_joined(joiner: str, before: str, after: str) -> bool:
    """Whether a joiner does something there: in an emoji, an Indian cluster, a word of a joined script."""
    if _VIRAMA in (combining(before), combining(after)):
        return True
    if bidirectional(after) in ("AL", "R"):
        return bidirectional(before) in ("AL", "R", "NSM")
    # A picture, its skin tone or selector; then another picture, or an arrow.
    is_picture = category(before) in ("So", "Sk") or before == "\ufe0f"
    return joiner == _ZWJ and is_picture and category(after) in ("So", "Sm")


def _is_selected(selector: str, base: str) -> bool:
    """Whether `base` has variants. Two selectors in a row, or one after a letter of ours, can only hide something."""
    if _SELECTORS.match(base):
        return False
    if selector > "\ufe0f":
        return name(base, "").startswith("CJK")
    return category(base) not in _WITHOUT_VARIANTS or base == "\u2139"  # the i of "information"


def _is_carried(mark: str, before: list[str]) -> bool:
    """Whether a combining mark has a letter to stand on that is not full. Vowel signs, of class 0, are as letters."""
    if category(mark) == "Mn" and combining(mark) == 0:
        return True
    if not before or before[-1].isspace():
        return False
    return len(before) < MOST_MARKS or not all(map(_is_mark, before[-MOST_MARKS:]))


def _is_mark(character: str) -> bool:
    return category(character) in ("Mn", "Me")
