"""What the database does for secrecy, as operators are told: how well the vault is closed, what is left behind."""

from bot.store import vault
from bot.store.db import Db, autocommit
from bot.store.vault import LeftBehind


async def ways_around(db: Db) -> list[str]:
    """How the service's login could get at ballots past the vault's functions, each as the rest of "it ..."."""
    return await autocommit(db, vault.ways_around)


async def copies(db: Db) -> list[str]:
    """What copies rows of ballots elsewhere (publications, triggers, rules, logical slots), each with what ends it."""
    return await autocommit(db, vault.copies)


async def readers(db: Db) -> list[str]:
    """Other logins than the service's and the owner's that read the tables of ballots, each with what ends it."""
    return await autocommit(db, vault.readers)


async def left_behind(db: Db) -> LeftBehind:
    """The old versions of rows that publication replaced or deleted."""
    return await autocommit(db, vault.left_behind)
