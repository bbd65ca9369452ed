"""A case written down as JSON: what `conclave rank` reads.

Refuses in one sentence that says what is wrong and where; it names names, never a score.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from bot.domain.evaluation import MAX_CONFIDENCE, MAX_SCORE, MIN_SCORE
from bot.domain.option import MIN_OPTIONS
from bot.domain.ranking import Cell, Cells
from bot.errors import Invalid

MAX_BYTES = 10_000_000
MAX_CHOICES, MAX_PEOPLE = 50, 1_000
"""Options, criteria: far more than a form of Conclave holds, and still answered within seconds."""
MIN_WEIGHT, MAX_WEIGHT = Decimal("0.001"), Decimal(1_000)
"""Wider than the 0.1..5 of Conclave's form: old cases have weights in per cent or adding up to 1."""
MAX_DECIMALS = 20
NAME_LENGTH = 200
T = TypeVar("T")
KEYS = ("options", "criteria", "scores", "confidence")


@dataclass(frozen=True)
class Case:
    decision_id: UUID
    """From the names of options and criteria: the same decision is drawn alike, whatever its scores."""
    options: Mapping[UUID, str]
    criteria: Mapping[UUID, str]
    weights: tuple[tuple[UUID, Decimal], ...]
    people: tuple[str, ...]
    ballots: tuple[Cells, ...] = field(repr=False)
    """One per person, and `confidences` likewise."""
    confidences: tuple[Cells, ...] = field(default=(), repr=False)
    unused_keys: tuple[str, ...] = ()


def read(path: Path) -> Case:
    """Read and check the file. Raises Invalid, beginning with the file's name."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Invalid(f"{path}: {(error.strerror or 'it cannot be read').lower()}.") from None
    try:
        return parse(content)
    except Invalid as error:
        raise Invalid(f"{path}: {error.message}") from None


def parse(content: bytes) -> Case:
    """The case in this JSON text (UTF-8). Raises Invalid."""
    if len(content) > MAX_BYTES:
        raise Invalid(f"the file is larger than {MAX_BYTES // 1_000_000} MB. Is it the right one?")
    root = _table(_json(content), ())
    _require(root, KEYS[:3])
    options = _options(root["options"])
    weights = _criteria(root["criteria"])
    plan = _Plan.of(options, weights)
    scores = plan.ballots(root["scores"])
    sure = plan.confidences(root.get("confidence"), people=list(scores))
    return Case(
        decision_id=uuid5(NAMESPACE_OID, json.dumps([options, list(weights)])),
        options={id_: name for name, id_ in plan.options.items()},
        criteria={id_: name for name, id_ in plan.criteria.items()},
        weights=tuple(zip(plan.criteria.values(), weights.values(), strict=True)),
        people=tuple(scores),
        ballots=tuple(scores.values()),
        confidences=tuple(sure.get(person, {}) for person in scores) if sure else (),
        unused_keys=tuple(key for key in root if key not in KEYS),
    )


def _require(root: Mapping[str, Any], keys: Sequence[str]) -> None:
    for key in keys:
        if key not in root:
            _refuse((), f'"{key}" is missing; it has "options", "criteria" and "scores"')


Place = tuple[str | int, ...]
"""Where in the file: keys, and positions counted from 1."""


def _refuse(place: Place, sentence: str) -> NoReturn:
    spots = [f"number {spot}" if isinstance(spot, int) else _quoted(spot) for spot in place]
    raise Invalid(f"in {' > '.join(spots)}: {sentence}." if spots else f"{sentence}.")


def _quoted(name: str) -> str:
    """Safe for a terminal, and not too long for a sentence."""
    short = name if len(name) <= 60 else f"{name[:57]}..."
    return json.dumps(short, ensure_ascii=not short.isprintable())


def _json(content: bytes) -> object:
    if not content.strip():
        raise Invalid("the file is empty.")
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_number,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError:
        raise Invalid("the file is not text in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Invalid(f"this is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise Invalid("the brackets are nested too deeply.") from None


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent of 20 digits
        return Decimal("NaN")


def _no_number(text: str) -> NoReturn:
    raise Invalid(f"{text} is not a number that JSON knows.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Invalid(f"the name {_quoted(key)} appears twice in the same place.")
        found[key] = value
    return found


def _table(value: object, place: Place) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(place, "this has to be an object, in curly brackets")
    return value


def _list(value: object, place: Place, *, least: int) -> list[Any]:
    if not isinstance(value, list):
        _refuse(place, "this has to be a list, in square brackets")
    if not least <= len(value) <= MAX_CHOICES:
        _refuse(place, f"there are {len(value)}, but {least} to {MAX_CHOICES} are possible")
    return value


def _name(value: object, place: Place) -> str:
    if not isinstance(value, str):
        _refuse(place, "a name is a text, in quotes")
    name = " ".join(value.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        _refuse(place, f"a name has 1 to {NAME_LENGTH} printable characters")
    return name


def _no_twin(name: str, others: Sequence[str], place: Place) -> None:
    if name.casefold() in {other.casefold() for other in others}:
        _refuse(place, f"the name {_quoted(name)} appears twice")


def _options(value: object) -> list[str]:
    found: list[str] = []
    for number, item in enumerate(_list(value, ("options",), least=MIN_OPTIONS), start=1):
        name = _name(item, ("options", number))
        _no_twin(name, found, ("options", number))
        found.append(name)
    return found


def _criteria(value: object) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for number, item in enumerate(_list(value, ("criteria",), least=1), start=1):
        place: Place = ("criteria", number)
        entry = _table(item, place)
        for key in ("name", "weight"):
            if key not in entry:
                _refuse(place, f'"{key}" is missing')
        name = _name(entry["name"], (*place, "name"))
        _no_twin(name, list(found), place)
        found[name] = _weight(entry["weight"], ("criteria", name, "weight"))
    return found


def _weight(value: object, place: Place) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite() or not MIN_WEIGHT <= value <= MAX_WEIGHT:
        _refuse(place, f"a weight is a number from {MIN_WEIGHT} to {MAX_WEIGHT}")
    if int(value.as_tuple().exponent) < -MAX_DECIMALS:
        _refuse(place, f"a weight has at most {MAX_DECIMALS} decimals")
    return value


def _id(kind: str, name: str) -> UUID:
    return uuid5(NAMESPACE_OID, f"{kind}:{name}")


@dataclass(frozen=True)
class _Plan:
    """The names that scores may use."""

    options: dict[str, UUID]
    criteria: dict[str, UUID]

    @classmethod
    def of(cls, options: Iterable[str], criteria: Iterable[str]) -> "_Plan":
        return cls({o: _id("option", o) for o in options}, {c: _id("criterion", c) for c in criteria})

    def ballots(self, value: object) -> dict[str, Cells]:
        found: dict[str, Cells] = {}
        table = _table(value, ("scores",))
        if not 1 <= len(table) <= MAX_PEOPLE:
            _refuse(("scores",), f"{len(table)} people scored, but 1 to {MAX_PEOPLE} are possible")
        for key, options in table.items():
            person = _name(key, ("scores", key))
            if person in found:
                _refuse(("scores",), f"the name {_quoted(person)} appears twice")
            found[person] = dict(self._rows(options, ("scores", key), (MIN_SCORE, MAX_SCORE), "a score"))
        return found

    def confidences(self, value: object, *, people: Sequence[str]) -> dict[str, Cells]:
        """{person: {criterion: 1..5}}, or by option and criterion like scores; null = nobody said so."""
        found: dict[str, Cells] = {}
        for key, given in _table({} if value is None else value, ("confidence",)).items():
            place: Place = ("confidence", key)
            person = self._known(key, {name: name for name in people}, "person with scores", ("confidence",))
            if person in found:
                _refuse(("confidence",), f"the name {_quoted(person)} appears twice")
            found[person] = self._sure(_table(given, place), place)
        return found

    def _sure(self, entries: Mapping[str, object], place: Place) -> Cells:
        """One person's confidences: a number by a criterion counts for every option on it."""
        rows = {name: given for name, given in entries.items() if isinstance(given, dict)}
        pages = {name: given for name, given in entries.items() if name not in rows}
        limits, what = (1, MAX_CONFIDENCE), "a confidence"
        by_criterion = self._scores(pages, place, limits, what)
        pairs = product(self.options.values(), by_criterion.items())
        return {(o, criterion): sure for o, (criterion, sure) in pairs} | self._rows(rows, place, limits, what)

    def _rows(self, value: object, place: Place, limits: tuple[int, int], what: str) -> dict[Cell, int]:
        found: dict[Cell, int] = {}
        seen: set[UUID] = set()
        for name, scores in _table(value, place).items():
            option = self._known(name, self.options, "option", place)
            if option in seen:
                _refuse(place, f"the name {_quoted(name)} appears twice")
            seen.add(option)
            if scores is not None:
                by_criterion = self._scores(_table(scores, (*place, name)), (*place, name), limits, what)
                found |= {(option, criterion): score for criterion, score in by_criterion.items()}
        return found

    def _scores(self, table: Mapping[str, object], place: Place, limits: tuple[int, int], what: str) -> dict[UUID, int]:
        """null = no score."""
        found: dict[UUID, int] = {}
        for name, value in table.items():
            criterion = self._known(name, self.criteria, "criterion", place)
            if criterion in found:
                _refuse(place, f"the name {_quoted(name)} appears twice")
            if value is not None:
                found[criterion] = _whole(value, (*place, name), limits, what)
        return found

    @staticmethod
    def _known(name: str, known: Mapping[str, T], kind: str, place: Place) -> T:
        found = known.get(" ".join(name.split()))
        if found is None:
            _refuse(place, f"there is no {kind} {_quoted(name)}")
        return found


def _whole(value: object, place: Place, limits: tuple[int, int], what: str) -> int:
    least, most = limits
    # Decimal stands for every number here; true, false and texts are none.
    if not isinstance(value, Decimal) or not value.is_finite() or not least <= value <= most or value % 1:
        _refuse(place, f"{what} is a whole number from {least} to {most}")
    return int(value)
