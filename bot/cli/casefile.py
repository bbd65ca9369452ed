"""A case written down as JSON: what `conclave rank` reads.

Refuses in one sentence that says what is wrong and where; it names names, never a score.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from bot.domain.evaluation import MAX_CONFIDENCE, MAX_SCORE, MIN_SCORE
from bot.domain.option import MIN_OPTIONS
from bot.domain.ranking import Cell, Cells
from bot.domain.text import one_line
from bot.errors import Invalid

MAX_BYTES = 10_000_000
MAX_CHOICES, MAX_PEOPLE = 50, 1_000
"""Options, criteria: far more than a form of Conclave holds, and still answered within seconds."""
MIN_WEIGHT, MAX_WEIGHT = Decimal("0.001"), Decimal(1_000)
"""Wider than the 0.1..5 of Conclave's form: old cases have weights in per cent or adding up to 1."""
MAX_DECIMALS = 20
NAME_LENGTH = 200
T = TypeVar("T")
KEYS = ("options", "criteria", "scores", "confidence", "scale")
USUAL_SCALE = (MIN_SCORE, MAX_SCORE)
WIDEST = 1_000
"""The ends of a scale lie between minus this and this."""


@dataclass(frozen=True)
class Case:
    options: Mapping[UUID, str]
    criteria: Mapping[UUID, str]
    weights: tuple[tuple[UUID, Decimal], ...]
    """As written; those in per cent without the sign."""
    people: tuple[str, ...]
    ballots: tuple[Cells, ...] = field(repr=False)
    """One per person, and `confidences` likewise. From another scale stretched to 1..10."""
    confidences: tuple[Mapping[Cell, int], ...] = field(default=(), repr=False)
    scale: tuple[int, int] = USUAL_SCALE
    """Both ends of the scale of the scores in the file."""
    is_in_per_cent: bool = False
    """The weights."""
    unused_keys: tuple[str, ...] = ()

    def as_written(self, score: int | Fraction) -> Fraction:
        """A score or average of 1..10 on the file's own scale."""
        low, high = self.scale
        return low + Fraction(score - MIN_SCORE) * (high - low) / (MAX_SCORE - MIN_SCORE)


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
    scale = _scale(root.get("scale", list(map(Decimal, USUAL_SCALE))))
    plan = _Plan.of(options, weights, scale)
    scores = plan.ballots(root["scores"])
    sure = plan.confidences(root.get("confidence"), people=list(scores))
    return Case(
        options={id_: name for name, id_ in plan.options.items()},
        criteria={id_: name for name, id_ in plan.criteria.items()},
        weights=tuple(zip(plan.criteria.values(), weights.values(), strict=True)),
        people=tuple(scores),
        ballots=tuple(_stretched(ballot, scale) for ballot in scores.values()),
        confidences=tuple(sure.get(person, {}) for person in scores) if sure else (),
        scale=scale,
        is_in_per_cent=_is_in_per_cent(root["criteria"][0]["weight"]),
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
    name = one_line(value)
    if not name or len(name) > NAME_LENGTH:
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
    kinds = set()
    for number, item in enumerate(_list(value, ("criteria",), least=1), start=1):
        place: Place = ("criteria", number)
        entry = _table(item, place)
        for key in ("name", "weight"):
            if key not in entry:
                _refuse(place, f'"{key}" is missing')
        name = _name(entry["name"], (*place, "name"))
        _no_twin(name, list(found), place)
        found[name] = _weight(entry["weight"], ("criteria", name, "weight"))
        kinds.add(_is_in_per_cent(entry["weight"]))
    if len(kinds) > 1:
        _refuse(("criteria",), "some weights are in per cent and some are not; write all of them alike")
    return found


def _is_in_per_cent(weight: object) -> bool:
    return isinstance(weight, str)


def _weight(value: object, place: Place) -> Decimal:
    """A number, or a text like "25%": 25."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        value = _number(value.rstrip().removesuffix("%"))
    if not isinstance(value, Decimal) or not value.is_finite() or not MIN_WEIGHT <= value <= MAX_WEIGHT:
        _refuse(place, f'a weight is a number from {MIN_WEIGHT} to {MAX_WEIGHT}, or a text like "25%"')
    if int(value.as_tuple().exponent) < -MAX_DECIMALS:
        _refuse(place, f"a weight has at most {MAX_DECIMALS} decimals")
    return value


def _scale(value: object) -> tuple[int, int]:
    limits = (-WIDEST, WIDEST)
    if not isinstance(value, list) or len(value) != 2:
        _refuse(("scale",), "a scale is a list of its two ends, like [0, 5]")
    low, high = (_whole(value[i], ("scale", i + 1), limits, "an end") for i in (0, 1))
    if low >= high:
        _refuse(("scale",), "the lower end comes first; 0 is the worst of [0, 5]")
    return low, high


def _stretched(ballot: Mapping[Cell, int], scale: tuple[int, int]) -> Cells:
    """The ballot on 1..10; what is said of a team does not depend on which scale it likes."""
    if scale == USUAL_SCALE:
        return ballot
    low, high = scale
    step = Fraction(MAX_SCORE - MIN_SCORE, high - low)
    return {cell: MIN_SCORE + (score - low) * step for cell, score in ballot.items()}


def _id(kind: str, name: str) -> UUID:
    return uuid5(NAMESPACE_OID, f"{kind}:{name}")


@dataclass(frozen=True)
class _Plan:
    """The names that scores may use."""

    options: dict[str, UUID]
    criteria: dict[str, UUID]
    scale: tuple[int, int]

    @classmethod
    def of(cls, options: Iterable[str], criteria: Iterable[str], scale: tuple[int, int]) -> "_Plan":
        return cls({o: _id("option", o) for o in options}, {c: _id("criterion", c) for c in criteria}, scale)

    def ballots(self, value: object) -> dict[str, dict[Cell, int]]:
        found: dict[str, dict[Cell, int]] = {}
        table = _table(value, ("scores",))
        if not 1 <= len(table) <= MAX_PEOPLE:
            _refuse(("scores",), f"{len(table)} people scored, but 1 to {MAX_PEOPLE} are possible")
        for key, options in table.items():
            person = _name(key, ("scores", key))
            if person in found:
                _refuse(("scores",), f"the name {_quoted(person)} appears twice")
            found[person] = dict(self._rows(options, ("scores", key), self.scale, "a score"))
        return found

    def confidences(self, value: object, *, people: Sequence[str]) -> dict[str, dict[Cell, int]]:
        """{person: {criterion: 1..5}}, or by option and criterion like scores; null = nobody said so."""
        found: dict[str, dict[Cell, int]] = {}
        for key, given in _table({} if value is None else value, ("confidence",)).items():
            place: Place = ("confidence", key)
            person = self._known(key, {name: name for name in people}, "person with scores", ("confidence",))
            if person in found:
                _refuse(("confidence",), f"the name {_quoted(person)} appears twice")
            found[person] = self._sure(_table(given, place), place)
        return found

    def _sure(self, entries: Mapping[str, object], place: Place) -> dict[Cell, int]:
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
        found = known.get(one_line(name))
        if found is None:
            _refuse(place, f"there is no {kind} {_quoted(name)}")
        return found


def _whole(value: object, place: Place, limits: tuple[int, int], what: str) -> int:
    least, most = limits
    # Decimal stands for every number here; true, false and texts are none.
    if not isinstance(value, Decimal) or not value.is_finite() or not least <= value <= most or value % 1:
        _refuse(place, f"{what} is a whole number from {least} to {most}")
    return int(value)
