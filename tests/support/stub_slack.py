"""A Slack that says what a test wants it to: in front of the sandbox, which answers what was not scripted."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web

from tests.support.served import served


@dataclass(frozen=True)
class Reply:
    """What is said in the place of an answer. is_cut: the connection ends instead, with nothing done."""

    error: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    is_cut: bool = False

    def answer(self) -> web.Response:
        headers = {"Content-Type": "application/json", **self.headers}
        text = f'{{"ok": false, "error": "{self.error}"}}' if self.body is None else self.body
        return web.Response(status=self.status, text=text, headers=headers)


class StubSlack:
    """`url`: what SLACK_API_URL is set to."""

    def __init__(self, api_url: str) -> None:
        self.url = ""
        self.asked: dict[tuple[str, str], int] = defaultdict(int)
        """How often a method was called for a conversation."""
        self._api_url = api_url
        self._scripts: dict[tuple[str, str], deque[Reply]] = defaultdict(deque)
        self._session: aiohttp.ClientSession | None = None

    def say(self, method: str, reply: Reply, *, channel: str = "", times: int = 1) -> None:
        """The next calls of a method (about this conversation, else about any) get `reply`."""
        self._scripts[method, channel].extend([reply] * times)

    def left(self, method: str, channel: str = "") -> int:
        """How many scripted replies nobody has asked for yet."""
        return len(self._scripts[method, channel])

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method, body = request.match_info["method"], await request.read()
        channel = await _channel(request, body)
        self.asked[method, channel] += 1
        reply = self._next(method, channel)
        if reply is None:
            return await self._forwarded(request, method, body)
        if reply.is_cut:
            assert request.transport is not None
            request.transport.abort()
            raise asyncio.CancelledError
        return reply.answer()

    def _next(self, method: str, channel: str) -> Reply | None:
        for key in ((method, channel), (method, "")):
            if self._scripts[key]:
                return self._scripts[key].popleft()
        return None

    async def _forwarded(self, request: web.Request, method: str, body: bytes) -> web.Response:
        assert self._session is not None
        kept = {name: value for name, value in request.headers.items() if name in ("Authorization", "Content-Type")}
        async with self._session.post(f"{self._api_url}{method}", data=body, headers=kept) as answer:
            passed = {name: answer.headers[name] for name in ("Date", "Retry-After") if name in answer.headers}
            return web.Response(
                status=answer.status, body=await answer.read(), headers=passed, content_type=answer.content_type
            )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["StubSlack"]:
        app = web.Application(client_max_size=10 * 2**20)
        app.router.add_route("*", "/api/{method}", self.handle)
        async with served(app) as url, aiohttp.ClientSession() as self._session:
            self.url = f"{url}/api/"
            yield self


async def _channel(request: web.Request, body: bytes) -> str:
    if request.content_type == "application/json":
        return str((await request.json()).get("channel", ""))
    return (parse_qs(body.decode(errors="replace")).get("channel") or [""])[0]
