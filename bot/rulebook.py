"""What decisions go by: what Conclave comes with (defaults.toml), and over it the operator's own file (CONCLAVE_RULES).

The operator's file holds what is to be different, and nothing else: ceilings of authority, criteria of a decision type,
limits of a plan; under [teams.ID] ceilings and criteria of one team.
"""

import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

from bot import lexicon
from bot.domain.authority import AuthorityTable
from bot.domain.by import Own, Rules
from bot.domain.plan import Plans
from bot.domain.reply import Replies
from bot.domain.template import CriteriaTemplates
from bot.errors import StartError

Table = Mapping[str, Any]
TABLES, OF_A_TEAM = ("authority", "criteria", "plans", "teams"), ("authority", "criteria")
MOST_CEILINGS = 4


def defaults() -> Table:
    """What Conclave comes with."""
    return tomllib.loads(resources.files("bot").joinpath("defaults.toml").read_text(encoding="utf-8"))


def read(path: Path | None) -> Rules:
    """Raises StartError: a sentence that names the file and the key that cannot be used."""
    if path is None:
        return _rules(defaults(), {})
    try:
        return _rules(defaults(), tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise StartError(f"CONCLAVE_RULES: {path} cannot be read ({error.strerror}).") from None
    except (ValueError, tomllib.TOMLDecodeError) as error:
        raise StartError(f"CONCLAVE_RULES: {path} cannot be used. {error}.") from None


def _rules(defaults: Table, own: Table) -> Rules:
    _check_keys("", own, TABLES)
    common = _own(defaults, own)
    both = {name: {**defaults[name], **own.get(name, {})} for name in OF_A_TEAM}
    return Rules(
        common.authority,
        common.templates,
        lexicon.authored(),
        Replies.from_dict(defaults["replies"]),
        Plans.from_dict(_plans(defaults["plans"], _table("plans", own.get("plans", {})))),
        MappingProxyType(dict(_team(both, *item) for item in _table("teams", own.get("teams", {})).items())),
    )


def _plans(defaults: Table, own: Table) -> Table:
    return {**defaults, **{tier: {**defaults.get(tier, {}), **_table(f"plans.{tier}", own[tier])} for tier in own}}


def _team(defaults: Table, key: str, own: object) -> tuple[UUID, Own]:
    place = f"teams.{key}"
    try:
        team_id = UUID(key)
    except ValueError:
        raise ValueError(f"{place}: a team is named by its id, which conclave team list shows") from None
    table = _table(place, own)
    _check_keys(f"{place}.", table, OF_A_TEAM)
    return team_id, _named(place, lambda: _own(defaults, table))


def _own(defaults: Table, own: Table) -> Own:
    authority, criteria = (_table(name, own.get(name, {})) for name in OF_A_TEAM)
    _check_keys("authority.", authority, ("ceilings",))
    ceilings = authority.get("ceilings", defaults["authority"]["ceilings"])
    return Own(AuthorityTable(_ceilings(ceilings)), CriteriaTemplates.from_dict({**defaults["criteria"], **criteria}))


def _ceilings(values: object) -> tuple[Decimal, ...]:
    if not (isinstance(values, list) and 1 <= len(values) <= MOST_CEILINGS):
        raise ValueError(f"authority.ceilings: has to be a list of 1 to {MOST_CEILINGS} amounts")
    amounts = tuple(_amount(value) for value in values)
    if list(amounts) != sorted(set(amounts)):
        raise ValueError("authority.ceilings: each amount has to be larger than the one before it")
    return amounts


def _amount(value: object) -> Decimal:
    try:
        amount = Decimal("NaN" if isinstance(value, bool) else str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ValueError("authority.ceilings: has to hold amounts from 0 on, as numbers")
    return amount


def _table(place: str, value: object) -> Table:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place}: has to be a table")
    return value


def _check_keys(place: str, table: Table, known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"{place}{key}: no such key, there are {', '.join(known)}")


def _named(place: str, read: Callable[[], Own]) -> Own:
    """What is wrong with a team's rules is named with its place in the file."""
    try:
        return read()
    except ValueError as error:
        raise ValueError(f"{place}.{error}") from None
