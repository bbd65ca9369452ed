"""Many things, each for itself: what cannot be done for one of them is said with its id, and the others go on."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from bot.errors import TryAgain, told

log = structlog.get_logger(__name__)
T = TypeVar("T")

AWAY_AFTER = 3
"""So many failures of the database in a row are not those of single rows."""
_GENERAL = ("08", "42", "53", "55", "57", "58")
"""Classes of SQLSTATE that speak of the database, its objects and rights, not of a row."""


@dataclass
class Each(Generic[T]):
    """What became of them."""

    done: list[T] = field(default_factory=list)
    broken: dict[T, str] = field(default_factory=dict)
    """Those that failed by themselves, with the class of the error. The database's failures are nobody's own."""


async def each(
    what: str, things: Iterable[T], work: Callable[[T], Awaitable[object]], *, away_after: int = AWAY_AFTER
) -> Each[T]:
    """Do `work` for each of the things. `what`: what the log says of one that fails.

    Raises the database's error once it has failed `away_after` times in a row: the rest would fail as well. In one
    transaction that is 1, since it spoils the transaction.
    """
    found: Each[T] = Each()
    away = 0
    for thing in things:
        try:
            await work(thing)
        except Exception as error:
            log.error(what, id=str(thing), **told(error))
            if _is_away(error, is_one_transaction=away_after == 1):
                away += 1
                if away == away_after:
                    raise
                continue
            found.broken[thing] = told(error)["error"]
        else:
            found.done.append(thing)
        away = 0
    return found


def _is_away(error: Exception, *, is_one_transaction: bool) -> bool:
    """Whether it is the database that failed, and nothing is wrong with the row that was asked for.

    A transaction takes nothing any more once a statement of it has failed, for whatever reason.
    """
    if isinstance(error, DBAPIError) and not is_one_transaction:
        state = str(getattr(error.orig, "sqlstate", None) or "08000")
        return error.connection_invalidated or state.startswith(_GENERAL)
    return isinstance(error, TryAgain | DBAPIError)
