"""Who comes in by the second front door: links from Slack, sessions of browsers, tokens of programs."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Origin
from bot.domain.team import Actor
from bot.domain.token import (
    API_PREFIX,
    LINK_AGE,
    SESSION_AGE,
    SESSION_IDLE,
    Bearer,
    Kind,
    Scope,
    Token,
    check_days,
    check_label,
    check_scope,
    hashed,
)
from bot.errors import NotFound
from bot.store import audit, token
from bot.store.db import Db, autocommit, run_tx

LINK_IS_OVER = "This link has been used, or is older than 5 minutes. Get a new one in Slack with /decide web."


@dataclass(frozen=True, repr=False)
class Secret:
    """A token as it is shown to its holder, once."""

    value: str
    about: Token


async def find(db: Db, value: str, kind: Kind, *, now: datetime) -> Bearer | None:
    """Who stands behind a token; None for one that is unknown, over, or of somebody who is inactive by now.

    One statement, whatever the reason. Seldom a second one writes down that it was used.
    """
    bearer = await autocommit(db, lambda c: token.find(c, hashed(value), kind, now=now))
    if bearer and kind is not Kind.LINK:
        await _note_use(db, bearer.token, now)
    return bearer


async def _note_use(db: Db, used: Token, now: datetime) -> None:
    until = used.renewed(now)
    if until or used.last_used != now.date():
        await autocommit(db, lambda c: token.used(c, used, now=now, idle_until=until))


async def issue_link(db: Db, by: By) -> str:
    """A token that signs the actor in once, within 5 minutes."""
    value = secrets.token_urlsafe(32)

    async def work(c: AsyncConnection) -> None:
        expires_at = by.now + LINK_AGE
        await _add(c, by.actor, value, Kind.LINK, now=by.now, expires_at=expires_at)

    await run_tx(db, work)
    return value


async def look_at_link(db: Db, value: str, *, now: datetime) -> Actor:
    """Whom a link would sign in; looking does not use it up. Raises NotFound."""
    found = await find(db, value, Kind.LINK, now=now)
    if found is None:
        raise NotFound(LINK_IS_OVER)
    return found.actor


async def use_link(db: Db, value: str, *, now: datetime, origin: Origin) -> str:
    """Use the link up and begin a session; returns the session's token. Raises NotFound, also for the second of two."""

    async def work(c: AsyncConnection) -> str:
        found = await token.find(c, hashed(value), Kind.LINK, now=now)
        if found is None or not await token.remove(c, hashed(value), Kind.LINK):
            raise NotFound(LINK_IS_OVER)
        return await begun(c, found.actor, now=now, origin=origin, way="link")

    return await run_tx(db, work)


async def start(db: Db, actor: Actor, *, now: datetime, origin: Origin, way: str) -> str:
    """Begin a session for somebody who has proved who they are; returns its token."""
    return await run_tx(db, lambda c: begun(c, actor, now=now, origin=origin, way=way))


async def begun(c: AsyncConnection, actor: Actor, *, now: datetime, origin: Origin, way: str) -> str:
    """Begin a session in the caller's transaction; returns its token, always a new one. way: for the trail."""
    value = secrets.token_urlsafe(32)
    over, idle, label = now + SESSION_AGE, now + SESSION_IDLE, (origin.agent or "")[:200]
    await _add(c, actor, value, Kind.SESSION, now=now, expires_at=over, idle_until=idle, label=label)
    await audit.write(c, "session.began", by=actor.member.id, details={"way": way}, origin=origin)
    return value


async def _add(
    c: AsyncConnection,
    actor: Actor,
    value: str,
    kind: Kind,
    *,
    now: datetime,
    expires_at: datetime,
    idle_until: datetime | None = None,
    scopes: frozenset[Scope] = frozenset(),
    label: str | None = None,
    for_agent: bool = False,
) -> UUID:
    return await token.add(
        c,
        member_id=actor.member.id,
        workspace_id=actor.workspace_id,
        hash=hashed(value),
        kind=kind,
        now=now,
        expires_at=expires_at,
        idle_until=idle_until,
        scopes=scopes,
        label=label,
        for_agent=for_agent,
    )


async def sign_out(db: Db, value: str) -> None:
    """End the session of this browser; one that is over already stays so."""
    await run_tx(db, lambda c: token.remove(c, hashed(value), Kind.SESSION))


async def sign_out_everywhere(db: Db, by: By) -> int:
    """End all sessions of the actor, and links on their way. Returns how many. Programs keep their tokens."""

    async def work(c: AsyncConnection) -> int:
        ended = await token.revoke_all(c, by.member.id, kinds=(Kind.SESSION, Kind.LINK))
        await audit.write(c, "session.ended_everywhere", by=by.member.id, details={"ended": ended}, origin=by.origin)
        return ended

    return await run_tx(db, work)


async def mine(db: Db, by: By) -> list[Token]:
    """The actor's sessions and programs' tokens, the newest first."""
    return await autocommit(db, lambda c: token.of_member(c, by.member.id, now=by.now))


async def issue_api_token(db: Db, by: By, *, label: str, scope: Scope, days: int, for_agent: bool = False) -> Secret:
    """A token for a program, with this scope and those before it.

    for_agent: never with the scope `act`. Raises Invalid (fields "label", "days", "scope").
    """
    name, age, scopes = check_label(label), check_days(days), check_scope(scope, for_agent=for_agent)
    value = API_PREFIX + secrets.token_urlsafe(32)

    async def work(c: AsyncConnection) -> Token:
        ends = by.now + age
        how: dict[str, Any] = {"scopes": scopes, "label": name, "for_agent": for_agent}
        made = await _add(c, by.actor, value, Kind.API, now=by.now, expires_at=ends, **how)
        details = {"made": str(made), "scopes": sorted(scopes), "days": days, "for_agent": for_agent}
        await audit.write(c, "token.made", by=by.member.id, details=details, origin=by.origin)
        return Token(made, Kind.API, scopes, name, by.now, ends, for_agent=for_agent)

    return Secret(value, await run_tx(db, work))


async def revoke(db: Db, by: By, token_id: UUID) -> Token:
    """Take a session or a program's token of the actor away. Raises NotFound where they have no such."""

    async def work(c: AsyncConnection) -> Token:
        gone = await token.revoke(c, token_id, member_id=by.member.id)
        if gone is None:
            raise NotFound("There is no such token among yours; it may have been taken away already.")
        await audit.write(c, f"{_NAMES[gone.kind]}", by=by.member.id, details={"was": str(gone.id)}, origin=by.origin)
        return gone

    return await run_tx(db, work)


_NAMES = {Kind.API: "token.revoked", Kind.SESSION: "session.ended", Kind.LINK: "session.ended"}
