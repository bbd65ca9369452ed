"""The files of `conclave classify`: JSON, a text a line, read with a sentence for whatever is wrong in them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.domain.classification import Reading
from bot.domain.decision import DECISION_TYPES
from bot.domain.text import one_line
from bot.errors import Invalid

TEXT_SHOWN = 60


def texts(file: Path) -> list[str]:
    """Of lines like {"text": "..."}. Raises Invalid, naming the line."""
    return [_text(file, number, line) for number, line in _lines(file)]


def cases(file: Path) -> list[tuple[str, str]]:
    """Text and type, of lines like {"text": "...", "type": "refund_request"}. Raises Invalid, naming the line."""
    return [(_text(file, number, line), _type(file, number, line)) for number, line in _lines(file)]


def as_json(reading: Reading) -> str:
    """One line; confidence: of `best`, 0..1."""
    found = {"type": reading.type, "best": reading.best, "confidence": round(reading.confidence, 4)}
    return json.dumps({**found, "why": list(reading.why)}, ensure_ascii=False)


def as_row(reading: Reading, text: str) -> str:
    """One line for people."""
    best = DECISION_TYPES[reading.best]
    said = best if reading.type else f"? perhaps {best.lower()}"
    why = one_line(", ".join(reading.why)) or "no word that I know"
    words = one_line(text)
    shown = words if len(words) <= TEXT_SHOWN else f"{words[: TEXT_SHOWN - 1]}…"
    return f"{said:<32}{reading.confidence:>5.0%}  {shown}\n{'':<39}{why}"


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number, from 1, and content of each line that is not blank."""
    try:
        written = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Invalid(f"{file} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise Invalid(f"{file} is not UTF-8.") from None
    # Not `splitlines`: a text may hold other line ends than "\n" as they are.
    for number, line in enumerate(written.split("\n"), 1):
        if line.strip():
            yield number, _object(file, number, line)


def _object(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _refusal(file, number, 'is no JSON object. Write it like {"text": "Refund for ABC"}')
    return found


def _text(file: Path, number: int, line: dict[str, Any]) -> str:
    text = line.get("text")
    if not isinstance(text, str):
        raise _refusal(file, number, 'has no text. Write it like {"text": "Refund for ABC"}')
    return text


def _type(file: Path, number: int, line: dict[str, Any]) -> str:
    about = line.get("type")
    if about not in DECISION_TYPES:
        raise _refusal(file, number, f"has no type that I know. It is one of {', '.join(DECISION_TYPES)}")
    return str(about)


def _refusal(file: Path, number: int, what: str) -> Invalid:
    return Invalid(f"{file}, line {number} {what}.")
