"""What a team's decisions look like from afar."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.dashboard import MOST_CUSTOMERS, Customer, Kind, Pace, by_customer
from bot.domain.learning import MOST
from bot.domain.ledger import YEAR, Entry
from bot.store import dashboard, learning
from bot.store.db import Db, run_tx

MOST_ENTRIES = 500


@dataclass(frozen=True)
class Ways:
    """How long the parts take, and what came of which type."""

    paces: Sequence[Pace]
    kinds: Sequence[Kind]

    @property
    def of_what(self) -> str:
        """Of which decisions it is told."""
        counted = sum(kind.total for kind in self.kinds)
        return f"the latest {counted} decisions" if counted >= MOST else "the decisions opened in the last 12 months"


async def ways(db: Db, by: By) -> Ways:
    async def work(c: AsyncConnection) -> Ways:
        paces = await dashboard.paces(c, by.team.id, now=by.now)
        return Ways(paces, await dashboard.kinds(c, by.team.id, now=by.now))

    return await run_tx(db, work)


@dataclass(frozen=True)
class Exceptions:
    """What customers were granted within 12 months."""

    customers: Sequence[Customer]
    entries: Sequence[tuple[str, Entry]]
    """(customer, what they were granted or not), newest first."""

    @property
    def of_what(self) -> str:
        """Of which decisions it is told."""
        return "in the last 12 months" if len(self.entries) < MOST_ENTRIES else f"of late, in {MOST_ENTRIES} decisions"


async def exceptions(db: Db, by: By) -> Exceptions:
    """Of the latest `MOST_ENTRIES` resolved decisions."""

    async def work(c: AsyncConnection) -> Exceptions:
        found = await learning.granted(c, by.team.id, at_most=MOST_ENTRIES)
        recent = [(name, entry) for name, entry in found if entry.resolved_at > by.now - YEAR]
        return Exceptions(by_customer(recent)[:MOST_CUSTOMERS], recent)

    return await run_tx(db, work)
