"""`conclave precedents`: the decided cases like one case, from files, in this process and without a database.

Finds by words what the database's full text search finds, and by meaning where the extra `semantic` is installed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.bm25 import Bm25
from bot.domain.decision import DECISION_TYPES
from bot.domain.precedent import fused
from bot.domain.text import one_line
from bot.errors import Invalid
from bot.semantic.embedder import Embedder
from bot.semantic.vectors import cosines

MAX_BYTES = 50_000_000
TOP = 50
"""So many cases are printed."""
LEAST_RANKED = 0.2
"""Of a cosine: texts that have nothing to do with each other lie below it."""


@dataclass(frozen=True)
class Query:
    text: str
    type: str | None
    """None: not known; then all types count alike."""


@dataclass(frozen=True)
class Line:
    """One decided case of the history."""

    id: str
    text: str
    type: str
    choice: str


def read_query(path: Path) -> Query:
    """Raises Invalid, beginning with the file's name."""
    body = _table(_parsed(_content(path), str(path)), str(path))
    return Query(_text(body, "text", str(path)), _type(body, str(path)) if body.get("type") is not None else None)


def read_history(path: Path) -> list[Line]:
    """One case a line. Raises Invalid, naming file and line."""
    lines = []
    for number, content in enumerate(_content(path).splitlines(), start=1):
        if content.strip():
            place = f"{path}, line {number}"
            body = _table(_parsed(content, place), place)
            id_, text, choice = (_text(body, key, place) for key in ("id", "text", "choice"))
            lines.append(Line(id_, text, _type(body, place), choice))
    return lines


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise Invalid(f"{path}: it is larger than {MAX_BYTES // 1_000_000} MB. Is it the right one?")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise Invalid(f"{path}: {(error.strerror or 'it cannot be read').lower()}.") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path}: it is not UTF-8.") from None


def _parsed(content: str, place: str) -> object:
    try:
        found: object = json.loads(content)
    except (ValueError, RecursionError):
        raise Invalid(f"{place}: it is not JSON.") from None
    return found


def _table(found: object, place: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise Invalid(f'{place}: it has to be an object like {{"text": "...", "type": "refund_request"}}.')
    return found


def _text(body: Mapping[str, Any], key: str, place: str) -> str:
    value = body.get(key)
    if key == "id" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise Invalid(f'{place}: "{key}" has to be a text.')
    return value


def _type(body: Mapping[str, Any], place: str) -> str:
    if body.get("type") not in DECISION_TYPES:
        raise Invalid(f'{place}: "type" has to be one of {", ".join(DECISION_TYPES)}.')
    return str(body["type"])


class History:
    """Decided cases, ready to be searched: of any number of queries each text is read once.

    embedder: finds by meaning as well; None: by words alone.
    """

    def __init__(self, lines: Sequence[Line], embedder: Embedder | None = None) -> None:
        self._lines = lines
        self._embedder = embedder
        self._words = Bm25([line.text for line in lines])
        self._vectors = embedder.embed([line.text for line in lines]) if embedder else b""

    def search(self, query: Query) -> list[tuple[str, float]]:
        """(id, score) of the nearest, best first. Those of the query's type come first, with a score above 1."""
        scores = self._words.scores(query.text)
        by_words = _ranked(scores, least=0.0)
        found = [(place, scores[place]) for place in by_words]
        if self._embedder:
            near = cosines(self._embedder.embed([query.text]), self._vectors)
            found = fused(by_words, _ranked(near, least=LEAST_RANKED))
        best = max((score for _, score in found), default=1.0)
        scored = [(place, self._is_alike(place, query) + score / best) for place, score in found]
        return [(self._lines[place].id, round(score, 6)) for place, score in sorted(scored, key=lambda s: -s[1])][:TOP]

    def _is_alike(self, place: int, query: Query) -> int:
        return int(query.type is not None and self._lines[place].type == query.type)


def _ranked(scores: Sequence[float], *, least: float) -> list[int]:
    """The places of the texts that score more than `least`, best first; equal ones in the order of the file."""
    return sorted((n for n, score in enumerate(scores) if score > least), key=lambda n: -scores[n])


def cut(text: str) -> str:
    """What a line of a terminal has room for."""
    line = one_line(text)
    return line if len(line) <= 80 else f"{line[:79]}…"
