"""Somebody is away: who stands in for them, from when until when; both are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.deputy import Absence, check_absence
from bot.domain.team import Member, SlackUser
from bot.errors import NotFound
from bot.services import team as teams
from bot.services.isolation import each
from bot.store import deputy, home, outbox, reminder, team
from bot.store.db import Db, run_tx

TOLD = "deputy.told"
TEAMS_AT_MOST = 100
"""Turned in one tick; what is left is the next one's."""


@dataclass(frozen=True)
class Planned:
    """When a member is away; without a deputy they are not, and nothing is planned."""

    member: Member
    absence: Absence | None = None
    deputy: Member | None = None


async def find(db: Db, by: By, member_id: UUID, *, is_workspace_admin: bool) -> Planned:
    """Raises NotAllowed for anybody but the member and the admins of their team, NotFound for no such member."""

    async def work(c: AsyncConnection) -> Planned:
        return await _find(c, await _member(c, by, member_id, is_workspace_admin=is_workspace_admin), by)

    return await run_tx(db, work)


async def own(db: Db, by: By) -> Planned:
    """The actor's."""
    return await run_tx(db, lambda c: _find(c, by.member, by))


async def _find(c: AsyncConnection, member: Member, by: By) -> Planned:
    found = await deputy.find(c, member.id)
    if found is None or found.until <= by.now:
        return Planned(member)
    everybody = await team.members(c, team_id=member.team_id, workspace_id=by.actor.workspace_id)
    return Planned(member, found, next((m for m in everybody if m.id == found.deputy_id), None))


async def _member(c: AsyncConnection, by: By, member_id: UUID, *, is_workspace_admin: bool) -> Member:
    if member_id != by.member.id:
        teams.check_admin(by.actor, is_workspace_admin=is_workspace_admin)
    everybody = await team.members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id)
    found = next((m for m in everybody if m.id == member_id), None)
    if found is None:
        raise NotFound("Your team has no such member. /decide setup lists those it has.")
    return found


async def appoint(
    db: Db,
    by: By,
    member_id: UUID,
    *,
    user_id: str | None,
    begins: datetime | None,
    until: datetime,
    is_workspace_admin: bool,
) -> Planned:
    """Have a Slack user stand in for the member; None: nobody any more. begins: None means now.

    In place of what was planned before. Raises what `check_absence` and `find` do.
    """

    async def work(c: AsyncConnection) -> Planned:
        member = await _member(c, by, member_id, is_workspace_admin=is_workspace_admin)
        await reminder.replan_team(c, by.team.id)
        before = await _find(c, member, by)
        after = await _put(c, by, member, user_id, begins or by.now, until) if user_id else await _end(c, before)
        if after == before:
            return after
        await _write(c, by, before, after)
        await home.refresh(c, by.team.id, occasion=f"deputy:{uuid4()}")
        return after

    return await run_tx(db, work)


async def _put(c: AsyncConnection, by: By, member: Member, user_id: str, begins: datetime, until: datetime) -> Planned:
    found = await team.find_by_identity(c, SlackUser(by.actor.workspace_id, user_id))
    chosen = found[0] if found else None
    own = await deputy.find(c, chosen.id) if chosen else None
    check_absence(member, chosen, by.member, begins=begins, until=until, own=own)
    if chosen is None:  # `check_absence` has refused it
        return Planned(member)
    absence = Absence(member.id, chosen.id, begins, until)
    await deputy.put(c, absence, is_running=begins <= by.now)
    return Planned(member, absence, chosen)


async def _end(c: AsyncConnection, before: Planned) -> Planned:
    await deputy.end(c, before.member.id)
    return Planned(before.member)


async def _write(c: AsyncConnection, by: By, before: Planned, after: Planned) -> None:
    """The trail, and the word to both, or to all three where the deputy is another one now."""
    details = {"member": str(after.member.id), "deputy": [_id(before), _id(after)]}
    absence = after.absence
    span = {"begins": absence.begins.isoformat(), "until": absence.until.isoformat()} if absence else {}
    line = "deputy.appointed" if absence else "deputy.ended"
    await teams.write(c, by.actor.keeper, line, {**details, **span}, origin=by.origin)
    for planned in [before] if absence is None else [*([before] if _id(before) != _id(after) else []), after]:
        await _tell(c, by, planned, is_over=planned is before)


def _id(planned: Planned) -> str | None:
    return str(planned.absence.deputy_id) if planned.absence else None


async def _tell(c: AsyncConnection, by: By, planned: Planned, *, is_over: bool) -> None:
    absence, deputy_ = planned.absence, planned.deputy
    if absence is None or deputy_ is None:
        return
    payload = {
        "workspace": by.actor.workspace_id,
        "member": str(planned.member.id),
        "deputy": str(deputy_.id),
        "begins": absence.begins.isoformat(),
        "until": absence.until.isoformat(),
        "by": None if by.member.id == planned.member.id else by.member.name,
        "is_over": is_over,
    }
    for reader in (planned.member, deputy_):
        if reader.slack_user_id:
            lane = outbox.slack_lane(by.actor.workspace_id, reader.slack_user_id)
            to = {"user": reader.slack_user_id, "to_deputy": reader is deputy_}
            await outbox.enqueue(c, kind=TOLD, lane=lane, key=f"deputy:{uuid4()}", payload={**payload, **to})


async def names(db: Db, payload: Mapping[str, object]) -> tuple[Member | None, Member | None]:
    """(who is away, their deputy), of whom a message tells."""

    async def work(c: AsyncConnection) -> tuple[Member | None, Member | None]:
        member = await team.find_member(c, UUID(str(payload["member"])))
        return member, await team.find_member(c, UUID(str(payload["deputy"])))

    return await run_tx(db, work)


async def turn(db: Db, *, now: datetime) -> None:
    """Absences that have begun or ended since the last tick: whom reminders go to is planned anew."""

    async def work(c: AsyncConnection, team_id: UUID) -> None:
        await reminder.replan_team(c, team_id)
        await deputy.turn(c, team_id, now=now)
        await home.refresh(c, team_id, occasion=f"deputy:{now.isoformat()}")

    turned = await run_tx(db, lambda c: deputy.teams_that_turned(c, now=now, at_most=TEAMS_AT_MOST))
    await each("deputies of a team cannot be turned", turned, lambda t: run_tx(db, lambda c: work(c, t)))
