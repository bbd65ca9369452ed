"""What a language model makes of a case's text: type, urgency, tags, options, a summary. Pure.

A model is optional, reads the text of one case and nothing else, and its answer is a sketch: it is shown beside what
people wrote, marked, and is put into the decision by nobody but a person. What it may say is bounded here, whatever the
text talked it into: no recommendation, no number and no address that the text does not have.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

from bot.domain.decision import DECISION_TYPES, Dossier
from bot.domain.masking import Masked
from bot.domain.option import TITLE_LENGTH, OptionDraft
from bot.domain.precedent import Suggestion, may_suggest

TAGS = ("legal", "press", "outage", "data", "safety", "repeated", "cancellation", "payment", "delivery", "quality")
MOST_OPTIONS, OPTION_LENGTH, SUMMARY_LENGTH = 4, 80, 600
READ = 4000
"""Characters of a description that are read."""
DRAFTED = "Drafted by a language model."
MOST_ATTEMPTS = 3
STALE = timedelta(hours=1)
"""A question that could not be asked for so long is dropped: the options have been written without it."""
_FORBIDDEN = re.compile(r"https?:|www\.|[@<>`*_~|]|\bmailto\b", re.IGNORECASE)
_RECOMMENDS = re.compile(
    r"\b(recommend\w*|should|must|ought|advis\w+|suggest\w*|best (?:option|answer|choice)|approv\w+|ignore|"
    r"decide (?:for|to)|empf\w+|soll\w*|recom\w+|debe\w*|preced\w+|votes?|voted|scores?|scored|ballots?)\b",
    re.IGNORECASE,
)
"""Before a result is published nothing is recommended, and nothing of votes or earlier cases is told."""


@dataclass(frozen=True)
class Model:
    """Which model this installation asks, and how far that may go."""

    name: str
    place: str
    """The host that the text goes to."""
    tokens_a_day: int
    """Of each team."""
    seconds: float
    """One question may take so long."""


@dataclass(frozen=True)
class Sketch:
    """type: one of the six, None where the model does not know; urgency: 1..5 or None."""

    type: str | None = None
    urgency: int | None = None
    tags: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    summary: str = ""

    def to_json(self) -> dict[str, object]:
        lists = {"tags": list(self.tags), "options": list(self.options)}
        return {"type": self.type, "urgency": self.urgency, "summary": self.summary, **lists}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Sketch":
        return cls(
            kept.get("type"),
            kept.get("urgency"),
            tuple(kept.get("tags", ())),
            tuple(kept.get("options", ())),
            kept.get("summary", ""),
        )


@dataclass(frozen=True)
class Answered:
    sketch: Sketch = field(repr=False)
    tokens: int = 0
    """Used for it; 0: not told."""


@dataclass(frozen=True)
class SummedUp:
    """A thread in short, as the model has it; `thread.shown` of the domain says what of it may be shown."""

    text: str = field(repr=False)
    tokens: int = 0
    """As of `Answered`."""


class NoAnswer(Exception):
    """The model was asked in vain. Its words are a name for operators, never a text."""

    def __init__(
        self, reason: str, *, tokens: int = 0, again_after: float | None = None, may_pass: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tokens = tokens
        self.again_after = again_after
        """Seconds that the service wants to be left alone."""
        self.may_pass = may_pass
        """Whether the same question may be answered a moment later."""


class Asker(Protocol):
    """Asks the model."""

    async def ask(self, text: str) -> Answered:
        """About a case. Raises NoAnswer."""

    async def sum_up(self, text: str, *, language: str) -> SummedUp:
        """A thread. Raises NoAnswer."""

    async def close(self) -> None:
        """Once nothing is asked any more."""


def checked(sketch: Sketch, *, text: str) -> Sketch:
    """What of an answer may be shown. text: that it is about, as it was sent."""
    options = _once(one for one in map(_line, sketch.options) if is_plain(one, text, OPTION_LENGTH))
    summary = _line(sketch.summary)
    return Sketch(
        type=sketch.type if sketch.type in DECISION_TYPES else None,
        urgency=sketch.urgency if sketch.urgency in range(1, 6) else None,
        tags=tuple(tag for tag in TAGS if tag in sketch.tags),
        options=tuple(options[:MOST_OPTIONS]),
        summary=summary if is_plain(summary, text, SUMMARY_LENGTH) else "",
    )


def _line(written: str) -> str:
    return " ".join(written.split())


def is_plain(written: str, text: str, length: int) -> bool:
    """Whether it is no more than words about the case: nothing recommended, no address, no number of its own."""
    if not written or len(written) > length or _FORBIDDEN.search(written) or _RECOMMENDS.search(written):
        return False
    return set(re.findall(r"\d+", written)) <= set(re.findall(r"\d+", text)) | {"25", "50", "75", "100"}


def _once(lines: Iterable[str]) -> list[str]:
    return list({line.casefold(): line for line in lines}.values())


def restored(sketch: Sketch, gaps: Masked) -> Sketch:
    """With names and amounts in it again; without options that are too long then."""
    options = (gaps.restored(title) for title in sketch.options)
    fitting = tuple(title for title in options if len(title) <= TITLE_LENGTH)
    return replace(sketch, options=fitting, summary=gaps.restored(sketch.summary))


def suggestions(dossier: Dossier, sketch: Sketch, *, besides: Iterable[Suggestion] = ()) -> Iterator[Suggestion]:
    """Its options that are not there yet, while options are collected; in the order of the alphabet.

    besides: what is suggested already.
    """
    there = {option.title.casefold() for option in dossier.options} | {one.draft.title.casefold() for one in besides}
    for title in sorted(sketch.options if may_suggest(dossier) else (), key=str.casefold):
        if title.casefold() not in there:
            yield Suggestion(source_of(dossier.decision.id, title), OptionDraft(title, DRAFTED), is_drafted=True)


def source_of(decision_id: UUID, title: str) -> UUID:
    """The id of a drafted option: ours, so that a button carries no text."""
    return uuid5(decision_id, f"drafted:{title}")
