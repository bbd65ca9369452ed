"""Read what was done in one's own team, and when. Who scored what stands nowhere in it."""

from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.trail import Line, Trail
from bot.store import audit
from bot.store.db import Db, autocommit

PAGE_LINES = 50
MOST_OF_DECISION = 200


async def read(db: Db, by: By, *, before: int | None = None) -> Trail:
    """One page of the team's trail, newest first."""
    lines = await autocommit(db, lambda c: audit.of_team(c, by.team.id, before=before, at_most=PAGE_LINES + 1))
    shown = tuple(lines[:PAGE_LINES])
    return Trail(shown, shown[-1].seq if len(lines) > PAGE_LINES else None)


async def of_decision(db: Db, found: Dossier) -> list[Line]:
    """The latest lines about a decision that somebody of its team looks at, oldest first."""
    lines = await autocommit(db, lambda c: audit.of_decision(c, found.decision.id, at_most=MOST_OF_DECISION))
    return lines[::-1]
