"""What a team's plan leaves it room for; what the operator sees of plans, and changes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.plan import Plans, Usage
from bot.errors import Conflict
from bot.store import audit, plan, team
from bot.store.db import Db, run_tx
from bot.store.plan import Used


async def usage(db: Db, by: By) -> Usage:
    """How much of its plan the actor's team uses."""

    async def work(c: AsyncConnection) -> Usage:
        return (await plan.used(c, by.team.id)).usage

    return await run_tx(db, work)


async def why_full(db: Db, by: By) -> str | None:
    """Why no decision can be opened, for a window before somebody types into it; None where one can.

    What was typed meanwhile is opened all the same: a limit costs nobody their words.
    """
    if not by.plan.open_decisions:
        return None
    return by.plan.no_decision(by.team, await usage(db, by))


async def check_open(c: AsyncConnection, by: By) -> None:
    """Raise Conflict where no decision can be opened by a press that nobody has typed anything for."""
    if by.plan.open_decisions and (why := by.plan.no_decision(by.team, (await plan.used(c, by.team.id)).usage)):
        raise Conflict(why)


async def no_member(c: AsyncConnection, team_id: UUID, plans: Plans) -> str | None:
    """Why nobody can be added, or made active again; None where somebody can."""
    found = await plan.used(c, team_id)
    return plans.of(found.team).no_member(found.team, found.usage)


async def every(db: Db) -> list[Used]:
    """Every team with how much it uses, for the operator."""
    return await run_tx(db, plan.all_used)


async def find(db: Db, name: str) -> Used:
    """The team that an operator calls so. Raises NotFound, and Invalid where several match."""

    async def work(c: AsyncConnection) -> Used:
        return await plan.used(c, (await team.get_by_name(c, name)).id)

    return await run_tx(db, work)


async def set_tier(db: Db, name: str, tier: str) -> Used:
    """Give the team another plan; nothing of what it has is taken from it."""

    async def work(c: AsyncConnection) -> Used:
        found = await team.get_by_name(c, name)
        if found.tier != tier:
            await plan.set_tier(c, found.id, tier)
            details = {"team": str(found.id), "tier": [found.tier, tier]}
            await audit.write(c, "team.changed", details=details)
        return await plan.used(c, found.id)

    return await run_tx(db, work)


def in_words(every: Sequence[Used], plans: Plans) -> str:
    """ "2 teams starter, 1 enterprise; above a limit: CS Team": one line for the operator."""
    counts = {tier: sum(one.team.tier == tier for one in every) for tier in plans.by_tier}
    teams = ", ".join(f"{tier} {count}" for tier, count in counts.items() if count) or "no team yet"
    above = ", ".join(one.team.name for one in every if plans.of(one.team).is_above(one.usage))
    return f"{teams}; above a limit, and going on with what they have: {above}" if above else teams
