"""What every request of a program passes: its token, how many it may send, a body within bounds, the last net.

Around FastAPI, so that what is refused here costs nothing there.
"""

import time
from collections import OrderedDict
from uuid import UUID, uuid4

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.deps import Deps
from bot.domain.token import Kind
from bot.errors import TryAgain, told
from bot.services import token as tokens
from web import body, person
from web.api import once
from web.api.problem import is_served, problem, refused

log = structlog.get_logger(__name__)

MOST_BODY_BYTES = 262_144
A_MINUTE = 120
"""Requests of one token, in this process."""
_MOST_COUNTED = 10_000
_OPEN = ("/openapi.json", "/docs")
_NO_TOKEN = "Send a valid token as Authorization: Bearer conclave_... The settings page makes one."


class Counts:
    """By token how many requests, since when; the clock is the process's own."""

    def __init__(self) -> None:
        self._counts: OrderedDict[UUID, tuple[int, float]] = OrderedDict()

    def refusal(self, token_id: UUID, extra: dict[str, str]) -> Response | None:
        """The answer to one request too many, None for others. extra: gets the headers that say how many are left."""
        now = time.monotonic()
        count, since = self._counts.pop(token_id, (0, now))
        if now - since >= 60:
            count, since = 0, now
        self._counts[token_id] = (count + 1, since)
        if len(self._counts) > _MOST_COUNTED:
            self._counts.popitem(last=False)
        left, reset = max(0, A_MINUTE - count - 1), str(max(1, round(60 - (now - since))))
        extra |= {"ratelimit-limit": str(A_MINUTE), "ratelimit-remaining": str(left), "ratelimit-reset": reset}
        if count < A_MINUTE:
            return None
        return problem(429, f"A token may send {A_MINUTE} requests a minute. Wait {reset} seconds.",
                       headers={"retry-after": reset})  # fmt: skip


class Door:
    def __init__(self, app: Starlette, deps: Deps, counts: Counts) -> None:
        self._app = app
        self._deps = deps
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begun: list[bool] = []
        extra: dict[str, str] = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(True)
                headers = MutableHeaders(scope=message)
                for name, value in extra.items():
                    headers[name] = value
            await send(message)

        try:
            answer = await self._answer(scope, receive, extra)
            await answer(scope, receive, framed)
        except TryAgain as error:
            await (await refused(Request(scope), error))(scope, receive, framed)
        except Exception as error:
            reference = uuid4().hex[:8]
            log.error("api request failed", reference=reference, path=scope["path"], **told(error))
            if not begun:
                await problem(500, f"Something went wrong here. An operator finds it in the log as {reference}.")(
                    scope, receive, framed
                )

    async def _answer(self, scope: Scope, receive: Receive, extra: dict[str, str]) -> ASGIApp:
        sent = await body.read(scope, receive, at_most=MOST_BODY_BYTES)
        if sent is None:
            return problem(413, f"That is more than {MOST_BODY_BYTES // 1024} KiB. Nothing was saved.")
        if scope["path"].removeprefix(scope.get("root_path", "")) in _OPEN:
            return _replayed(self._app, sent)
        value = person.bearer_token(Request(scope))
        bearer = await tokens.find(self._deps.db, value, Kind.API, now=self._deps.now) if value else None
        if bearer is None:
            return problem(401, _NO_TOKEN, headers={"www-authenticate": "Bearer"})
        limited = self._counts.refusal(bearer.token.id, extra)
        if limited is not None:
            return limited
        scope.setdefault("state", {})["bearer"] = bearer
        key = Headers(scope=scope).get("idempotency-key", "")
        if not key or len(key) > once.MOST_KEY or not self._changes(scope):
            return _replayed(self._app, sent)
        return await once.answer(
            self._deps, _replayed(self._app, sent), scope, token_id=bearer.token.id, key=key, body=sent
        )

    def _changes(self, scope: Scope) -> bool:
        """Whether it can be done twice: of what only reads, or is nowhere, a key says nothing."""
        return scope["method"] in once.METHODS and is_served(self._app, scope)


def _replayed(app: ASGIApp, body: bytes) -> ASGIApp:
    """The app, given a body that was read before; after it the app hears of whoever goes away, as ever."""

    async def replayed(scope: Scope, receive: Receive, send: Send) -> None:
        unread = [body]

        async def again() -> Message:
            return {"type": "http.request", "body": unread.pop(), "more_body": False} if unread else await receive()

        await app(scope, again, send)

    return replayed
