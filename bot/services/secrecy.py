"""What the database does for secrecy, as operators are told: how well the vault is closed, what is left behind."""

from bot.store import vault
from bot.store.db import Db, autocommit
from bot.store.vault import LeftBehind


async def ways_around(db: Db) -> list[str]:
    """How the service's login could get at ballots past the vault's functions, each as the rest of "it ..."."""
    return await autocommit(db, vault.ways_around)


async def left_behind(db: Db) -> LeftBehind:
    """The old versions of rows that publication replaced or deleted."""
    return await autocommit(db, vault.left_behind)
