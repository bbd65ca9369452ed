"""`Idempotency-Key`: the same request again gets the answer of the first, for a day.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import asyncio
import hashlib
import time
from dataclasses import replace
from uuid import UUID

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Scope

from bot.deps import Deps
from bot.domain.kept_answer import KeptAnswer, KeptName
from bot.services import kept_answer
from web.api.problem import problem

MOST_KEY = 100
METHODS = ("POST", "PUT", "PATCH", "DELETE")
"""Those that may change something."""
PATIENCE_SECONDS = 5.0
"""How long a copy waits for the first to be answered."""
_KEPT_HEADERS = (b"content-type", b"etag", b"location")
OTHER_BODY = "This Idempotency-Key came with another request before. Choose a new key for a new request."
SHOWN_ONCE = "(shown once)"
STILL_AT_IT = "The first request with this Idempotency-Key is still being worked on. Try again in a moment."


async def answer(deps: Deps, app: ASGIApp, scope: Scope, *, token_id: UUID, key: str, body: bytes) -> ASGIApp:
    """The app's answer, kept; or the one that was kept before, with `Idempotency-Replayed: true`.

    What may pass (a refusal for too many requests, a database that is away) is not kept: then the next try counts.
    """
    where = f"{scope['method']} {scope['path']}\n".encode()
    name = KeptName(token_id, key, hashlib.sha256(where + body).hexdigest())
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = await kept_answer.claim(deps.db, name)
        if found is None:
            return await _first(deps, app, scope, name)
        if not found.is_same:
            return problem(422, OTHER_BODY, field="Idempotency-Key")
        if found.answer is not None:
            return _again(found.answer)
        if time.monotonic() > end:
            return problem(409, STILL_AT_IT, headers={"retry-after": "1"})
        await asyncio.sleep(0.05)


async def _first(deps: Deps, app: ASGIApp, scope: Scope, name: KeptName) -> ASGIApp:
    made: KeptAnswer | None = None
    try:
        made = await _made(app, scope)
    finally:
        if made is None or made.may_pass:
            await kept_answer.forget(deps.db, name)
    if not made.may_pass:
        await kept_answer.keep(deps.db, name, _without_secret(made, scope))
    return _response(made)


def _without_secret(made: KeptAnswer, scope: Scope) -> KeptAnswer:
    """A secret that is shown once (`request.state.shown_once`) is kept nowhere, and not shown again."""
    secret = scope.get("state", {}).get("shown_once")
    return replace(made, body=made.body.replace(secret, SHOWN_ONCE)) if secret else made


async def _made(app: ASGIApp, scope: Scope) -> KeptAnswer:
    status, headers, body = 500, {}, bytearray()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = int(message["status"])
            headers = {k.decode(): v.decode("latin-1") for k, v in message["headers"] if k in _KEPT_HEADERS}
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return KeptAnswer(status, headers, body.decode())


def _again(kept: KeptAnswer) -> Response:
    found = _response(kept)
    found.headers["idempotency-replayed"] = "true"
    return found


def _response(kept: KeptAnswer) -> Response:
    return Response(kept.body, status_code=kept.status, headers=dict(kept.headers))
