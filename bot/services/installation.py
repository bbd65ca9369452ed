"""Installing, finding, renewing and ending: who has installed the app, and by whose token it speaks.

Tokens are opened here, at the last moment, and never leave in an exception, a log line or a `repr`.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.address import home_of
from bot.domain.installation import EARLY, Ending, Grant, Installation, StateTrouble
from bot.errors import NotAllowed
from bot.keyring import KeyLost, Keyring
from bot.store import attempt
from bot.store import installation as store
from bot.store.db import Db, autocommit, run_tx
from bot.store.installation import Sealed

log = structlog.get_logger(__name__)
STATE_LIVES = timedelta(minutes=10)
"""How long somebody may look at Slack's page before they consent."""
BEGIN_WITHIN = timedelta(minutes=1)
MOST_BEGUN = 30
"""Visits of one address within `BEGIN_WITHIN`. More than people press: behind a proxy that nobody has named in
CONCLAVE_TRUSTED_PROXIES everybody has the same address."""
TOO_MANY = "So many installations were begun from your network within a minute that this one has to wait for the next."
_RENEWAL_SECONDS = 30.0
"""For Slack's answer and for saving it."""
_AT_ONCE = 100
_TOKENS = ("bot_token", "previous_token", "refresh_token")


@dataclass(frozen=True)
class Begun:
    """A consent that we have sent somebody to, as it comes back."""

    team_id: str | None
    """The workspace that was asked for; None where any will do."""


async def find(db: Db, keyring: Keyring, *, enterprise_id: str | None, team_id: str | None) -> Installation | None:
    """By whose token we act in this workspace; None where nobody has installed the app, or its key is lost.

    One statement; one more for each workspace of an organisation, when it is met with its organisation.
    """
    sealed = await autocommit(db, lambda c: store.find(c, enterprise_id=enterprise_id, team_id=team_id))
    if sealed is None:
        return None
    if sealed.team_id is None and enterprise_id and team_id and team_id != enterprise_id:
        place = {"workspace_id": team_id, "enterprise_id": enterprise_id}
        await autocommit(db, lambda c: store.remember_enterprise(c, **place))
    try:
        return _opened(keyring, sealed)
    except KeyLost:
        log.error("a token does not open: conclave doctor says how to mend it", workspace=team_id, key=sealed.key_id)
        return None


async def install(db: Db, keyring: Keyring, grant: Grant) -> Installation:
    """Keep what Slack has granted; a new installation takes the place of an earlier one, whatever became of it."""

    async def work(c: AsyncConnection) -> Sealed | None:
        id_ = await store.take_place(c, enterprise_id=grant.enterprise_id, team_id=grant.team_id)
        values = {
            "name": grant.name,
            "bot_user_id": grant.bot_user_id,
            "bot_id": grant.bot_id,
            "scopes": list(grant.scopes),
            "installed_by": grant.installed_by,
            "installed_at": await store.now(c),
            "status": "active",
            "ended_at": None,
            **dict.fromkeys(_TOKENS),
        }
        await store.write(c, id_, values | _sealed(keyring, id_, _tokens(grant)) | await _expiry(c, grant))
        return await store.find_by_id(c, id_)

    sealed = await run_tx(db, work)
    assert sealed is not None
    return _opened(keyring, sealed)


async def end(db: Db, found: Installation, ending: Ending) -> bool:
    """Its token is of no use any more: nothing is delivered there from now on. Data stays.

    What is to happen to it later, after an uninstall, belongs here: `ended_at` says since when. False where somebody
    has installed anew meanwhile.
    """
    if found.id is None:
        return False
    id_ = found.id

    async def work(c: AsyncConnection) -> bool:
        return await store.end(c, id_=id_, ending=ending, generation=found.generation, expires_at=found.expires_at)

    return await run_tx(db, work)


async def find_place(
    db: Db, keyring: Keyring, *, enterprise_id: str | None, team_id: str | None
) -> Installation | None:
    """The installation of exactly this place, an organisation's where `team_id` is None; None where it has ended."""
    sealed = await autocommit(db, lambda c: store.find_place(c, enterprise_id=enterprise_id, team_id=team_id))
    return None if sealed is None else _opened(keyring, sealed)


async def leave(db: Db, workspace_ids: Sequence[str]) -> None:
    """An organisation has taken the app out of these workspaces of its own."""
    await run_tx(db, lambda c: store.leave(c, workspace_ids))


# Consent.


async def begin(db: Db, *, state: str, browser: str, team_id: str | None, address: str | None) -> None:
    """Remember that this browser was sent to Slack. state, browser: secrets of 32 bytes; only their sums are kept.

    Anybody may come here, and each visit is kept. So an address is let in so many times a minute: raises NotAllowed.
    """
    sums = {"digest": _sum(state), "browser": _sum(browser)}

    async def work(c: AsyncConnection) -> bool:
        now = await store.now(c)
        visits, _ = await attempt.count(c, f"install:{home_of(address)}", now=now, within=BEGIN_WITHIN)
        if visits > MOST_BEGUN:
            return False  # and the visit stays counted, which an exception would undo
        await store.add_state(c, team_id=team_id, lives=STATE_LIVES, **sums)
        return True

    if not await run_tx(db, work):
        raise NotAllowed(TOO_MANY)


async def come_back(db: Db, *, state: str, browser: str) -> Begun | StateTrouble:
    """Let in, once, the browser that has begun; or say why not."""
    sums = {"digest": _sum(state), "browser": _sum(browser)}
    used = await autocommit(db, lambda c: store.use_state(c, **sums))
    if used is not None:
        return Begun(*used)
    was_used = await autocommit(db, lambda c: store.look_at_state(c, **sums))
    if was_used is None:
        return StateTrouble.FOREIGN
    return StateTrouble.USED if was_used else StateTrouble.EXPIRED


def _sum(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


# Tokens that expire.

Exchange = Callable[[str], Awaitable[Grant]]
"""Give Slack a refresh token for what replaces it."""
Answers = MutableMapping[bytes, Grant]
"""What Slack has answered and we have not saved yet, by the sum of the refresh token. A refresh token works once: while
the database is away its answer must not be lost, and it must not be spent again."""


async def due_for_renewal(db: Db) -> list[UUID]:
    return await run_tx(db, lambda c: store.due_for_renewal(c, at_most=_AT_ONCE))


async def renew(db: Db, keyring: Keyring, id_: UUID, exchange: Exchange, answers: Answers) -> Installation | None:
    """Replace a token that expires soon. None where there is nothing to do: another worker has been here meanwhile.

    Saved before it is used, beside the old one, which is kept until the new one has answered (`settle_renewal`). If the
    process is killed between Slack's answer and our COMMIT, the refresh token is spent and its answer lost. The old
    token goes on working for the up to two hours that it has left; in that time somebody installs again.
    """

    spent: list[bytes] = []

    async def work(c: AsyncConnection) -> Sealed | None:
        await store.lock_renewal(c, id_)
        sealed = await store.find_by_id(c, id_)
        if sealed is None or not await _is_due(c, sealed):
            return None
        refresh = _open(keyring, sealed, "refresh_token")
        grant = answers.get(_sum(refresh))
        if grant is None:
            grant = answers[_sum(refresh)] = await exchange(refresh)
        spent.append(_sum(refresh))
        tokens = _tokens(grant) | {"previous_token": _open(keyring, sealed, "bot_token")}
        await store.write(c, id_, _sealed(keyring, id_, tokens) | await _expiry(c, grant))
        return await store.find_by_id(c, id_)

    renewed = await run_tx(db, work, budget_seconds=_RENEWAL_SECONDS)
    for one in spent:
        answers.pop(one, None)
    return None if renewed is None else _opened(keyring, renewed)


async def settle_renewal(db: Db, keyring: Keyring, id_: UUID, *, works: bool) -> None:
    """Forget the old token, or put it back where Slack refuses the new one."""

    async def work(c: AsyncConnection) -> None:
        sealed = await store.find_by_id(c, id_)
        if sealed is None or sealed.previous_token is None:
            return
        tokens = _all_opened(keyring, sealed)
        old = tokens.pop("previous_token")
        kept = tokens if works else tokens | {"bot_token": old}
        await store.write(c, id_, {"previous_token": None} | _sealed(keyring, id_, kept))

    await run_tx(db, work)


async def give_up_renewal(db: Db, id_: UUID) -> None:
    """Slack does not take the refresh token: the present one works until it expires, and then nothing does."""
    await run_tx(db, lambda c: store.write(c, id_, {"refresh_token": None}))


async def _is_due(c: AsyncConnection, sealed: Sealed) -> bool:
    is_live = sealed.status == "active" and sealed.refresh_token is not None
    return is_live and sealed.expires_at is not None and sealed.expires_at < await store.now(c) + EARLY


# Keys.


@dataclass(frozen=True)
class Rotated:
    done: int
    lost: dict[str, int]
    """Key that is not here -> how many installations lie sealed by it."""


async def rotate_keys(db: Db, keyring: Keyring) -> Rotated:
    """Seal every token by the newest key, one installation after the other, while the service runs."""
    ids = await run_tx(db, lambda c: store.sealed_otherwise(c, key_id=keyring.newest))
    done = 0
    for id_ in ids:
        done += await run_tx(db, lambda c, id_=id_: _seal_anew(c, keyring, id_))  # type: ignore[misc]
    return Rotated(done, await lost_keys(db, keyring))


async def lost_keys(db: Db, keyring: Keyring) -> dict[str, int]:
    """Keys by which tokens lie sealed and that are not here -> how many."""
    used = await run_tx(db, store.keys_in_use)
    return {key_id: count for key_id, count in used.items() if key_id not in keyring.ids}


async def forget_key(db: Db, key_id: str) -> int:
    """Give up the installations whose tokens only this key could open. Returns how many."""
    return await run_tx(db, lambda c: store.forget_key(c, key_id))


async def _seal_anew(c: AsyncConnection, keyring: Keyring, id_: UUID) -> int:
    sealed = await store.find_by_id(c, id_)
    if sealed is None or sealed.key_id not in keyring.ids:
        return 0
    await store.write(c, id_, _sealed(keyring, id_, _all_opened(keyring, sealed)))
    return 1


async def everyone(db: Db) -> list[Sealed]:
    """All that have installed the app, for whoever runs it; their tokens as they lie there."""
    return await run_tx(db, store.everyone)


def _tokens(grant: Grant) -> dict[str, str]:
    return {"bot_token": grant.bot_token} | ({"refresh_token": grant.refresh_token} if grant.refresh_token else {})


def _all_opened(keyring: Keyring, sealed: Sealed) -> dict[str, str]:
    return {name: _open(keyring, sealed, name) for name in _TOKENS if getattr(sealed, name) is not None}


def _sealed(keyring: Keyring, id_: UUID, tokens: Mapping[str, str]) -> dict[str, object]:
    """All of a row at once: it names one key."""
    sealed = {column: keyring.seal(token, row=id_, column=column) for column, token in tokens.items()}
    return {**sealed, "key_id": keyring.newest}


async def _expiry(c: AsyncConnection, grant: Grant) -> dict[str, datetime | None]:
    return {"expires_at": await store.now(c) + grant.expires_in if grant.expires_in else None}


def _open(keyring: Keyring, sealed: Sealed, column: str) -> str:
    token: bytes | None = getattr(sealed, column)
    if token is None or sealed.key_id is None:
        raise KeyLost
    return keyring.open(token, key_id=sealed.key_id, row=sealed.id, column=column)


def _opened(keyring: Keyring, sealed: Sealed) -> Installation:
    return Installation(
        id=sealed.id,
        enterprise_id=sealed.enterprise_id,
        team_id=sealed.team_id,
        bot_token=_open(keyring, sealed, "bot_token"),
        bot_user_id=sealed.bot_user_id,
        bot_id=sealed.bot_id,
        scopes=tuple(sealed.scopes),
        generation=sealed.generation,
        expires_at=sealed.expires_at,
        installed_at=sealed.installed_at,
    )
