"""Sender of the outcome to the ticket that a decision came from: an internal note, never a score."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import aiohttp

from bot.delivery.verdict import Dead, Done, Later, Verdict
from bot.delivery.wall import Refused, session
from bot.deps import Deps
from bot.domain.hook import Note, signature
from bot.domain.webhook import Wall
from bot.errors import NotFound
from bot.keyring import KeyLost
from bot.services import hook as hooks
from bot.store.outbox import Delivery

KIND = "note"
_PASSING = {408, 409, 425, 429}
_MOST_WAIT_SECONDS = 3600.0
_TIMEOUT_SECONDS = 15.0
"""For one attempt; less than a delivery is given."""


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {KIND: _send_note}


async def _send_note(deps: Deps, delivery: Delivery) -> Verdict:
    said = {name: UUID(str(delivery.payload[name])) for name in ("hook", "draft")}
    try:
        found = await hooks.read_note(
            deps.patient_db, deps.settings.keyring, hook_id=said["hook"], draft_id=said["draft"]
        )
        return Done() if found is None else await _post(deps, delivery, found)
    except NotFound:
        return Done()
    except KeyLost:
        return Later("a key is missing", after_seconds=60.0, is_refusal=True, is_free=True, is_for_operator=True)
    except Refused:
        return Dead("address refused")
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        return Later(type(error).__qualname__)


async def _post(deps: Deps, delivery: Delivery, note: Note) -> Verdict:
    body = json.dumps(note.body).encode()
    headers = {**note.headers, "Content-Type": "application/json", "User-Agent": "Conclave"}
    if note.signs:
        headers |= signature(note.signs, id=f"note_{delivery.id}", at=deps.now, body=body)
    async with (
        asyncio.timeout(_TIMEOUT_SECONDS),
        session(Wall(deps.settings.webhook_allow), note.url) as http,
        http.request(note.method, note.url, data=body, headers=headers, allow_redirects=False) as answer,
    ):
        return _verdict(answer.status, answer.headers.get("Retry-After", ""))


def _verdict(status: int, retry_after: str) -> Verdict:
    """The other system's answer. Its words are not kept: they may say anything."""
    if 200 <= status < 300:
        return Done()
    if status >= 500 or status in _PASSING:
        wait = min(float(retry_after), _MOST_WAIT_SECONDS) if retry_after.isdecimal() else None
        return Later(f"http {status}", after_seconds=wait, is_refusal=status in _PASSING)
    return Dead(f"http {status}")
