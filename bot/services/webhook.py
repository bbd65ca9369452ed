"""Webhooks: the endpoints of a team, their secrets, what is sent to them, and what came of it.

Secrets are opened here, for one signing, and leave in no exception, log line or `repr`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.decision import Dossier, Status
from bot.domain.team import SlackUser
from bot.domain.webhook import (
    EXHAUSTED_AT_MOST,
    ROTATES_IN,
    TEST,
    Attempt,
    Choice,
    Draft,
    Endpoint,
    Event,
    Why,
    about,
    body,
    check_may,
    lane,
    message_id,
)
from bot.errors import Conflict, NotFound
from bot.keyring import KeyLost, Keyring
from bot.services.sealing import needed, new_secret
from bot.store import audit, dossier, outbox, plan, team
from bot.store import webhook as store
from bot.store.db import Db, run_tx
from bot.store.outbox import Delivery
from bot.store.webhook import KIND as KIND
from bot.store.webhook import Sealed

DISABLED = "webhook.disabled"
"""The delivery that tells the owner."""
UNKNOWN = "Your team has no such webhook. Settings lists those it has."
_SECRET, _PREVIOUS = "webhook.secret", "webhook.previous_secret"


@dataclass(frozen=True)
class Made:
    """An endpoint with its secret, which is shown this once."""

    endpoint: Endpoint
    secret: str = field(repr=False)


# --- What a team sets up.


async def every(db: Db, by: By) -> list[Endpoint]:
    """Raises NotAllowed."""
    check_may(by.member)
    return await run_tx(db, lambda c: store.of_team(c, by.team.id))


async def get(db: Db, by: By, endpoint_id: UUID) -> Endpoint:
    """Raises NotAllowed, and NotFound for another team's as for one that there is not."""
    check_may(by.member)
    return await run_tx(db, lambda c: _get(c, by, endpoint_id))


async def _get(c: AsyncConnection, by: By, endpoint_id: UUID, *, lock: bool = False) -> Endpoint:
    found = await store.find(c, endpoint_id, team_id=by.team.id, lock=lock)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


async def add(db: Db, by: By, draft: Draft, *, keyring: Keyring | None) -> Made:
    """Raises Conflict without keys, and where the plan has no room."""
    check_may(by.member)
    ring, secret, id_ = needed(keyring), new_secret(), uuid4()

    async def work(c: AsyncConnection) -> Made:
        await team.take_turns(c, by.team.id)
        if why := by.plan.no_webhook(by.team, (await plan.used(c, by.team.id)).usage):
            raise Conflict(why)
        owned: dict[str, Any] = {"team_id": by.team.id, "owner_id": by.member.id, "workspace_id": by.actor.workspace_id}
        sealed = ring.seal(secret, row=id_, column=_SECRET)
        made = await store.add(c, draft, id_=id_, **owned, secret=sealed, key_id=ring.newest)
        await _write_down(c, by, "webhook.added", made.id)
        return Made(made, secret)

    return await run_tx(db, work)


async def change(db: Db, by: By, endpoint_id: UUID, draft: Draft, *, is_on: bool) -> Endpoint:
    """As drafted from now on; what is on its way goes to the new address. is_on: False disables it, True enables it."""
    check_may(by.member)

    async def work(c: AsyncConnection) -> Endpoint:
        before = await _get(c, by, endpoint_id, lock=True)
        changed = [name for name, value in vars(draft).items() if getattr(before, name) != value]
        if changed:
            await store.write(c, endpoint_id, {**vars(draft), "events": list(draft.events)})
            await _write_down(c, by, "webhook.changed", endpoint_id, changed=changed)
        await _turn(c, by, before, is_on=is_on)
        return await _get(c, by, endpoint_id)

    return await run_tx(db, work)


async def _turn(c: AsyncConnection, by: By, before: Endpoint, *, is_on: bool) -> None:
    if is_on and before.disabled_at:
        await store.write(c, before.id, {"disabled_at": None, "disabled_why": None, "exhausted": 0})
        await _write_down(c, by, "webhook.enabled", before.id)
    if not is_on and await store.disable(c, before.id, Why.BY_HAND):
        await _write_down(c, by, "webhook.disabled", before.id, why=Why.BY_HAND.value)


async def remove(db: Db, by: By, endpoint_id: UUID) -> None:
    """With its log; what was on its way is not sent any more."""
    check_may(by.member)

    async def work(c: AsyncConnection) -> None:
        await _get(c, by, endpoint_id, lock=True)
        await store.remove(c, endpoint_id)
        await _write_down(c, by, "webhook.removed", endpoint_id)

    await run_tx(db, work)


async def rotate(db: Db, by: By, endpoint_id: UUID, *, keyring: Keyring | None) -> Made:
    """Another secret; the one from before signs beside it for 24 hours. Raises Conflict where its key is lost."""
    check_may(by.member)
    ring, secret = needed(keyring), new_secret()

    async def work(c: AsyncConnection) -> Made:
        await _get(c, by, endpoint_id, lock=True)
        before = _opened(ring, await _sealed(c, endpoint_id)).get("secret")
        until = {"previous_until": by.now + ROTATES_IN} if before else {"previous_until": None, "previous_secret": None}
        both = {"secret": secret, **({"previous_secret": before} if before else {})}
        await store.write(c, endpoint_id, until | _all_sealed(ring, endpoint_id, both))
        await _write_down(c, by, "webhook.rotated", endpoint_id)
        return Made(await _get(c, by, endpoint_id), secret)

    return await run_tx(db, work)


async def test(db: Db, by: By, endpoint_id: UUID) -> str:
    """Send an event of no decision; returns its message's id. Raises Conflict where the endpoint is disabled."""
    check_may(by.member)

    async def work(c: AsyncConnection) -> str:
        _check_on(await _get(c, by, endpoint_id))
        place: dict[str, Any] = {"endpoint_id": endpoint_id, "lane": lane(endpoint_id, None)}
        return message_id(await store.enqueue_test(c, **place, mark=str(uuid4()), event=TEST))

    return await run_tx(db, work)


async def log(db: Db, by: By, endpoint_id: UUID) -> list[Attempt]:
    """Its last attempts, the newest first."""
    check_may(by.member)

    async def work(c: AsyncConnection) -> list[Attempt]:
        await _get(c, by, endpoint_id)
        return await store.attempts(c, endpoint_id)

    return await run_tx(db, work)


async def replay(db: Db, by: By, endpoint_id: UUID, *, delivery_id: int) -> None:
    """Send a delivery once more, with the same id. Raises Conflict while it is under way, or kept no more."""
    check_may(by.member)

    async def work(c: AsyncConnection) -> None:
        _check_on(await _get(c, by, endpoint_id))
        if not await store.replay(c, endpoint_id=endpoint_id, delivery_id=delivery_id):
            raise Conflict("It is on its way already, or older than 30 days, and cannot be sent again.")

    await run_tx(db, work)


def _check_on(endpoint: Endpoint) -> None:
    if endpoint.disabled_at:
        raise Conflict(f"{endpoint.label} is disabled. Enable it first.")


async def _write_down(c: AsyncConnection, by: By, line: str, endpoint_id: UUID, **more: object) -> None:
    """Without the address: whoever reads the trail need not know where the team's programs are."""
    details = {"team": str(by.team.id), "webhook": str(endpoint_id), **more}
    await audit.write(c, line, by=by.member.id, details=details, origin=by.origin)


# --- What the worker sends.


@dataclass(frozen=True)
class Order:
    """One message, ready to be signed."""

    endpoint: Endpoint
    message_id: str
    body: Mapping[str, Any]
    secrets: tuple[str, ...] = field(repr=False)
    """The newest first."""


@dataclass(frozen=True)
class Unsent:
    """Why there is nothing to send: the endpoint is gone (None), disabled, or its key is not here."""

    why: Why | None = None


async def prepare(db: Db, delivery: Delivery, *, keyring: Keyring | None, url: str, now: datetime) -> Order | Unsent:
    """url: of the web pages, '' where there are none."""
    payload = delivery.payload

    async def work(c: AsyncConnection) -> Order | Unsent:
        endpoint = await store.find(c, UUID(payload["endpoint"]))
        if endpoint is None:
            return Unsent()
        if endpoint.disabled_at:
            return Unsent(endpoint.disabled_why)
        opened = _opened(keyring, await _sealed(c, endpoint.id)) if keyring else {}
        if "secret" not in opened:
            return Unsent(Why.KEY_LOST)
        sent = body(payload["event"], delivery.created_at, await _data(c, endpoint, payload, url=url))
        return Order(endpoint, message_id(delivery.id), sent, _signing(endpoint, opened, now))

    return await run_tx(db, work)


def _signing(endpoint: Endpoint, opened: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    is_rotating = endpoint.previous_until is not None and now < endpoint.previous_until
    return (opened["secret"], *([opened["previous_secret"]] if is_rotating and "previous_secret" in opened else []))


async def _data(c: AsyncConnection, endpoint: Endpoint, payload: Mapping[str, Any], *, url: str) -> Mapping[str, Any]:
    if payload["event"] == TEST:
        return {"webhook": str(endpoint.id)}
    found = await dossier.get(c, team_id=endpoint.team_id, decision_id=UUID(payload["decision"]))
    place = f"{url}/d/{found.team.key}-{found.decision.number}" if url else None
    choice = _choice(found) if payload["event"] == Event.RESOLVED else None
    return about(found.decision.id, found.decision.number, url=place, status=payload["status"], choice=choice)


def _choice(found: Dossier) -> Choice | None:
    """None where it was taken back before this was sent."""
    if found.outcome is None or found.decision.status is not Status.RESOLVED:
        return None
    option = found.option(found.outcome.selected_option_id)
    return Choice(option, found.decision.currency, found.outcome.reason) if option else None


async def note(
    db: Db, delivery: Delivery, *, outcome: str, status: int | None = None, took: timedelta = timedelta(0)
) -> None:
    """Write an attempt into the log, and what follows from it for the endpoint."""
    endpoint_id, decision_id = UUID(delivery.payload["endpoint"]), delivery.payload.get("decision")

    async def work(c: AsyncConnection) -> None:
        await store.write_attempt(
            c,
            endpoint_id=endpoint_id,
            delivery_id=delivery.id,
            event=delivery.payload["event"],
            decision_id=UUID(decision_id) if decision_id else None,
            attempt=delivery.attempts,
            outcome=outcome,
            status=status,
            milliseconds=round(took / timedelta(milliseconds=1)),
        )
        await _follow(c, endpoint_id, outcome)

    await run_tx(db, work)


async def _follow(c: AsyncConnection, endpoint_id: UUID, outcome: str) -> None:
    match outcome:
        case "delivered":
            await store.succeed(c, endpoint_id)
        case "gone":
            await _disable(c, endpoint_id, Why.GONE)
        case "exhausted" if await store.fail(c, endpoint_id) >= EXHAUSTED_AT_MOST:
            await _disable(c, endpoint_id, Why.EXHAUSTED)


async def _disable(c: AsyncConnection, endpoint_id: UUID, why: Why) -> None:
    """Nothing goes there any more until somebody enables it; its owner is told by direct message."""
    found = await store.find(c, endpoint_id, lock=True)
    if found is None or not await store.disable(c, endpoint_id, why):
        return
    details = {"team": str(found.team_id), "webhook": str(endpoint_id), "why": why.value}
    await audit.write(c, "webhook.disabled", details=details)
    user = await store.who_is_told(c, endpoint_id)
    if user:
        await outbox.enqueue(
            c,
            kind=DISABLED,
            lane=outbox.slack_lane(user.workspace_id, user.user_id),
            key=f"webhook.disabled:{endpoint_id}:{uuid4()}",
            payload={"endpoint": str(endpoint_id), "workspace": user.workspace_id, "user": user.user_id},
        )


async def find_disabled(db: Db, payload: Mapping[str, Any]) -> tuple[Endpoint, SlackUser] | None:
    """The endpoint of which somebody is to be told, and whom; None where it works again."""
    found = await run_tx(db, lambda c: store.find(c, UUID(payload["endpoint"])))
    if found is None or found.disabled_at is None:
        return None
    return found, SlackUser(str(payload["workspace"]), str(payload["user"]))


# --- Secrets and their keys.


async def _sealed(c: AsyncConnection, endpoint_id: UUID) -> Sealed:
    found = await store.sealed(c, endpoint_id)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def _opened(ring: Keyring, sealed: Sealed) -> dict[str, str]:
    """Both secrets by name; nothing where the key is not here."""
    there = {"secret": (sealed.secret, _SECRET), "previous_secret": (sealed.previous_secret, _PREVIOUS)}
    try:
        return {
            name: ring.open(value, key_id=sealed.key_id, row=sealed.id, column=column)
            for name, (value, column) in there.items()
            if value is not None
        }
    except KeyLost:
        return {}


def _all_sealed(ring: Keyring, endpoint_id: UUID, opened: Mapping[str, str]) -> dict[str, object]:
    """All of a row at once: it names one key."""
    columns = {"secret": _SECRET, "previous_secret": _PREVIOUS}
    sealed = {name: ring.seal(value, row=endpoint_id, column=columns[name]) for name, value in opened.items()}
    return {**sealed, "key_id": ring.newest}


async def rotate_keys(db: Db, ring: Keyring) -> int:
    """Seal every secret by the newest key, one endpoint after the other. Returns how many."""
    ids = await run_tx(db, lambda c: store.sealed_otherwise(c, key_id=ring.newest))
    return sum([await run_tx(db, partial(_seal_anew, ring=ring, endpoint_id=id_)) for id_ in ids])


async def _seal_anew(c: AsyncConnection, ring: Keyring, endpoint_id: UUID) -> int:
    sealed = await store.sealed(c, endpoint_id, lock=True)
    opened = _opened(ring, sealed) if sealed else {}
    if not opened:
        return 0
    await store.write(c, endpoint_id, _all_sealed(ring, endpoint_id, opened))
    return 1


async def forget_key(db: Db, key_id: str) -> int:
    """Disable the endpoints whose secrets only this key could open, and tell their owners. Returns how many."""

    async def work(c: AsyncConnection) -> int:
        ids = await store.sealed_by(c, key_id)
        for endpoint_id in ids:
            await _disable(c, endpoint_id, Why.KEY_LOST)
        return len(ids)

    return await run_tx(db, work)


@dataclass(frozen=True)
class Standing:
    """Of the whole installation, for its operator."""

    endpoints: int
    disabled: int
    lost: Mapping[str, int]
    """Key that is not here -> how many endpoints lie sealed by it."""


async def standing(db: Db, key_ids: tuple[str, ...]) -> Standing:
    async def work(c: AsyncConnection) -> Standing:
        used = await store.keys_in_use(c)
        return Standing(*await store.count_by_state(c), {key: n for key, n in used.items() if key not in key_ids})

    return await run_tx(db, work)
