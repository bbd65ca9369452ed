"""Signing in with a password: off unless a team's admin allows it, and slow to guess. Loaded by the web pages alone."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Origin
from bot.domain.team import may_edit_team
from bot.errors import Invalid, NotAllowed
from bot.services import token as tokens
from bot.store import attempt, audit, password
from bot.store.db import Db, autocommit, run_tx

T = TypeVar("T")
LEAST_LENGTH, MOST_LENGTH = 12, 200
WINDOW = timedelta(minutes=15)
MOST_OF_ACCOUNT, MOST_OF_ADDRESS = 10, 30
"""Tries within `WINDOW`, right or wrong."""
WRONG = "That does not fit. Check both, or sign in from Slack with /decide web."
TOO_MANY = "Too many tries. Wait 15 minutes, or sign in from Slack with /decide web."
OFF = "Passwords are off in your team. Somebody who may decide any amount can allow them, here under Settings."
_HASHER = PasswordHasher()
"""argon2id with the parameters of RFC 9106 for little memory: 64 MiB, and some tenths of a second."""
_NOBODYS = _HASHER.hash(secrets.token_urlsafe(32))
"""Held against what is typed for an unknown account, which takes as long as for a known one."""
_AT_ONCE = asyncio.Semaphore(2)
"""So that many tries at once take neither the memory nor the processor from everybody else."""


@dataclass(frozen=True)
class Standing:
    """What of passwords concerns a person."""

    is_allowed: bool
    is_set: bool


async def are_allowed(db: Db) -> bool:
    """Whether any team here allows them: else there is no such way in."""
    return await autocommit(db, password.are_allowed)


async def standing(db: Db, by: By) -> Standing:
    async def work(c: AsyncConnection) -> Standing:
        allowed, hash = await password.of_member(c, by.member.id)
        return Standing(allowed, _is_ours(hash))

    return await run_tx(db, work)


def _is_ours(hash: str) -> bool:
    return hash.startswith("$argon2")


async def allow(db: Db, by: By, *, is_on: bool) -> None:
    """Whether members of the actor's team may sign in with passwords. Raises NotAllowed for anybody but an admin."""
    if not may_edit_team(by.member, is_workspace_admin=False):
        raise NotAllowed("Only somebody of your team who may decide any amount can allow passwords. Ask one of them.")

    async def work(c: AsyncConnection) -> None:
        await password.allow(c, by.team.id, is_on=is_on)
        details = {"is_on": is_on}
        await audit.write(c, "password.allowed", by=by.member.id, details=details, origin=by.origin)

    await run_tx(db, work)


async def change(db: Db, by: By, *, typed: str) -> None:
    """Set the actor's password. Raises Invalid (field "password") and, where passwords are off, NotAllowed."""
    if not LEAST_LENGTH <= len(typed) <= MOST_LENGTH:
        lengths = f"{LEAST_LENGTH} to {MOST_LENGTH} characters"
        raise Invalid(f"A password has {lengths}. Several words do well.", field="password")
    hash = await _in_turn(_HASHER.hash, typed)

    async def work(c: AsyncConnection) -> None:
        allowed, _ = await password.of_member(c, by.member.id)
        if not allowed:
            raise NotAllowed(OFF)
        await password.put(c, by.member.id, hash)
        await audit.write(c, "password.set", by=by.member.id, origin=by.origin)

    await run_tx(db, work)


async def remove(db: Db, by: By) -> None:
    """From here on no password fits."""

    async def work(c: AsyncConnection) -> None:
        await password.put(c, by.member.id, password.NO_PASSWORD)
        await audit.write(c, "password.removed", by=by.member.id, origin=by.origin)

    await run_tx(db, work)


async def sign_in(db: Db, *, email: str, typed: str, now: datetime, origin: Origin) -> str:
    """Begin a session; returns its token. Raises NotAllowed: the same for an unknown account and a wrong password."""
    if await run_tx(db, lambda c: _are_too_many(c, email, origin, now)):
        raise NotAllowed(TOO_MANY)
    found = await run_tx(db, lambda c: password.find(c, email))
    hash = found.hash if found and _is_ours(found.hash) else _NOBODYS
    fits = await _in_turn(_fits, hash, typed[: MOST_LENGTH + 1])
    if found is None or not fits:
        raise NotAllowed(WRONG)
    return await tokens.start(db, found.actor, now=now, origin=origin, way="password")


async def _are_too_many(c: AsyncConnection, email: str, origin: Origin, now: datetime) -> bool:
    """Count this try, committed whatever comes of it. Both counters in the same order: no two wait for each other."""
    of_account, _ = await attempt.count(c, f"account:{email.strip().lower()}", now=now, within=WINDOW)
    of_address, _ = await attempt.count(c, f"address:{origin.address}", now=now, within=WINDOW)
    return of_account > MOST_OF_ACCOUNT or of_address > MOST_OF_ADDRESS


def _fits(hash: str, typed: str) -> bool:
    """Hashes of other programs, and what stands for no password, fit nothing."""
    try:
        return _HASHER.verify(hash, typed)
    except (VerificationError, InvalidHashError):
        return False


async def _in_turn(work: Callable[..., T], *arguments: str) -> T:
    async with _AT_ONCE:
        return await asyncio.to_thread(work, *arguments)
