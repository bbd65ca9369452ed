"""Look for decisions of one's own team."""

from bot.domain.by import By
from bot.domain.search import Results, Wanted
from bot.store import search
from bot.store.db import Db, autocommit


async def find(db: Db, by: By, wanted: Wanted) -> Results:
    """One page, newest first."""
    return await autocommit(db, lambda c: search.find(c, by.team.id, wanted))
