"""What of a text stays here when a language model is asked about it: who it is about, and by which numbers. Pure.

Addresses, links, Slack's mentions, telephone numbers, numbers of customers and orders, amounts and names are replaced
by what they are: "[name 1] was charged [amount 1] twice". What comes back gets names and amounts put in again, the rest
stays out. Names are those that the team's own data hold, and capitalised words that none of our texts has. A name that
the data do not hold and that is written small is not recognised: docs/intelligence.md says so.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

NAME, AMOUNT = "name", "amount"
PUT_BACK = (NAME, AMOUNT)
LEAST_OF_NAME = 3
"""A part of a name that is shorter is left standing where it stands alone: "Co", "de"."""
_MONEY = (
    r"(?:[$€£¥₹]|\b[A-Z]{3}) ?\d[\d.,'’]*\d?[kKmM]?\b"
    r"|\b\d[\d.,'’]*[kKmM]? ?(?:[$€£¥₹]|(?:USD|EUR|GBP|CHF|dollars?|euros?|pounds?|bucks)\b)"
)
_KINDS = (
    ("mention", re.compile(r"<[@#!][^>]*>|(?<!\w)@[\w.-]+")),
    ("e-mail", re.compile(r"(?:mailto:)?[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+(?:\|[^\s>]*)?", re.IGNORECASE)),
    ("link", re.compile(r"<?\b(?:https?://|www\.)[^\s>]+>?", re.IGNORECASE)),
    ("id", re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[UWCTGDBE][A-Z0-9]{7,}\b")),
    (AMOUNT, re.compile(_MONEY)),
    ("id", re.compile(r"\b[A-Za-z]+(?:[-_/]\w*\d\w*)+")),
    ("phone", re.compile(r"(?<![\w.-])(?!\d{4}-\d\d-\d\d\b)(?:\+|\(|00)?\d[\d ()./-]{5,}\d\b")),
    (
        "id",
        re.compile(r"\b(?:order|ticket|invoice|account|case|number|no|nr)\.? ?(?:no\.? |number )?#?\d+", re.IGNORECASE),
    ),
    ("id", re.compile(r"#\w+|\b(?!(?:19|20)\d\d\b)\d{4,}\b")),
    ("id", re.compile(r"\b(?!\d+(?:st|nd|rd|th|hrs?|min|days?)\b)(?=\w*\d)(?=[\d_-]*[A-Za-z])\w{4,}(?:[-_/]\w+)*")),
)
"""In this order: what stands inside another is taken with it."""
_CAPITALISED = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][\w'’]*(?:-\w+)*")
_RUN = re.compile(rf"{_CAPITALISED.pattern}(?: {_CAPITALISED.pattern})*")
_WORD = re.compile(r"\w+")
_BRACKETS = str.maketrans("[]", "()")
_PLACE = re.compile(r"\[([a-z-]+)(?: \d+)?\]")


@dataclass(frozen=True)
class Masked:
    """A text as it may leave, and what its gaps stand for."""

    text: str
    gaps: dict[str, str] = field(repr=False)
    """"[name 1]" -> what stood there."""

    def restored(self, answer: str) -> str:
        """What came back, with names and amounts in it again; other gaps, and those nobody made, lose their numbers."""

        def put(found: re.Match[str]) -> str:
            return self.gaps[found[0]] if found[1] in PUT_BACK and found[0] in self.gaps else f"({found[1]})"

        return _PLACE.sub(put, answer)

    def without_names(self) -> "Masked":
        """The same, but names do not come back."""
        return Masked(self.text, {place: gone for place, gone in self.gaps.items() if place.startswith(f"[{AMOUNT} ")})


def masked(text: str, *, names: Iterable[str], is_word: Callable[[str], bool]) -> Masked:
    """names: of the customer and of people, in any case and in parts. is_word: whether a word is an ordinary one."""
    gaps = _Gaps()
    text = text.translate(_BRACKETS)
    for kind, pattern in _KINDS[:3]:
        text = gaps.cut(text, kind, pattern)
    for pattern in _patterns(names, is_word):
        text = gaps.cut(text, NAME, pattern)
    for kind, pattern in _KINDS[3:]:
        text = gaps.cut(text, kind, pattern)
    text = gaps.cut(text, NAME, _RUN, part=lambda run: _named(run, is_word))
    return Masked(text, {place: value for value, place in gaps.places.items()})


def is_named(text: str, *, names: Iterable[str], is_word: Callable[[str], bool]) -> bool:
    """Whether one of these stands in the text, whole or in parts, as `masked` looks for them."""
    return any(pattern.search(text) for pattern in _patterns(names, is_word))


class _Gaps:
    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def cut(
        self, text: str, kind: str, pattern: re.Pattern[str], *, part: Callable[[str], str] = lambda found: found
    ) -> str:
        """The text with gaps of this kind; those that are there already are left alone. part: of a find, what goes."""

        def put(found: re.Match[str]) -> str:
            gone = part(found[0])
            return found[0].replace(gone, self._place(gone, kind)) if gone else found[0]

        parts = re.split(r"(\[[a-z-]+ \d+\])", text)
        return "".join(part if at % 2 else pattern.sub(put, part) for at, part in enumerate(parts))

    def _place(self, value: str, kind: str) -> str:
        number = 1 + sum(place.startswith(f"[{kind} ") for place in self.places.values())
        return self.places.setdefault(value, f"[{kind} {number}]")


def _named(run: str, is_word: Callable[[str], bool]) -> str:
    """Of capitalised words in a row the name: from the one before the first that is no ordinary word ("Jane Roe")."""
    parts = run.split(" ")
    unknown = [place for place, word in enumerate(parts) if not is_word(word)]
    return " ".join(parts[max(unknown[0] - 1, 0) : unknown[-1] + 1]) if unknown else ""


def _patterns(names: Iterable[str], is_word: Callable[[str], bool]) -> Iterator[re.Pattern[str]]:
    """Of each name, and of its parts but for ordinary words ("Customer Success"); the longest first."""
    wanted = {name.strip() for name in names if name.strip()}
    telling = (part for name in wanted for part in _WORD.findall(name) if len(part) >= LEAST_OF_NAME)
    parts = {part for part in telling if not is_word(part)}
    for written in sorted(wanted | parts, key=lambda one: (-len(one), one)):
        yield re.compile(rf"(?<!\w){re.escape(written)}(?!\w)", re.IGNORECASE)
