"""Owns the sandbox's server: Web API, response_urls, Socket Mode and the JSON interface at one address."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from sandbox.clock import Clock
from sandbox.files import file_routes
from sandbox.gate import Gate
from sandbox.helpdesk import Helpdesk
from sandbox.openid import OpenId
from sandbox.page.routes import page_routes
from sandbox.people import Person
from sandbox.receiver import Hooks
from sandbox.records import Call, Delivery
from sandbox.routes import routes
from sandbox.spec import WorkspaceSpec
from sandbox.town import Mode, Town
from sandbox.transport import Droppable, web_api, web_response_url


class Sandbox:
    """A running workspace. `bot_url` may be set later: the bot often starts after its Slack."""

    def __init__(
        self, town: Town, openid: OpenId, hooks: Hooks | None = None, helpdesk: Helpdesk | None = None
    ) -> None:
        self.town = town
        self.openid = openid
        self.hooks = hooks or Hooks()
        """Receivers of webhooks, by name: `{url}/hooks/NAME`."""
        self.helpdesk = helpdesk or Helpdesk()
        self.url = town.base_url
        self.api_url = f"{town.base_url}/api/"
        self._people: dict[str, Person] = {}

    @property
    def spec(self) -> WorkspaceSpec:
        return self.town.spec

    @property
    def bot_url(self) -> str | None:
        return self.town.http.bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self.town.set_bot_url(url)

    @property
    def clock(self) -> Clock:
        return self.town.clock

    def person(self, name: str) -> Person:
        """Act as this person. The sandbox closes what it handed out."""
        if name not in self._people:
            self._people[name] = Person(self.url, name)
        return self._people[name]

    def calls(self, method: str | None = None) -> list[Call]:
        """What the app called (a Web API method, or 'response_url'), oldest first."""
        return [call for call in self.town.records.calls if method in (None, call.method)]

    def deliveries(self, kind: str | None = None) -> list[Delivery]:
        """What the app was sent, oldest first."""
        return [delivery for delivery in self.town.records.deliveries if kind in (None, delivery.kind)]

    def fail(self, method: str, kind: str, **more: Any) -> None:
        """Let the next call(s) of a method fail; see `faults.Fault` for the kinds and what they take."""
        self.town.faults.add(method, kind, **more)

    def invite_bot(self, channel: str) -> None:
        self.town.let_bot("invite", channel=channel)

    def kick_bot(self, channel: str) -> None:
        self.town.let_bot("kick", channel=channel)

    def archive(self, channel: str) -> None:
        self.town.channel(channel).archived = True

    def deactivate(self, name: str) -> None:
        self.town.deactivate(name)

    def expire_triggers(self) -> None:
        """Let every trigger_id handed out so far be older than three seconds."""
        self.town.workspace.expire_triggers()

    def send_event(self, event: dict[str, Any]) -> bool:
        """Tell the app an event in the background; False when it did not subscribe to the type."""
        return self.town.events.send(event)

    async def idle(self, *, quiet: float = 0.1, timeout: float = 5.0) -> None:
        """Wait until the app has called nothing for `quiet` seconds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            before = -1
            while before != len(self.town.records.calls):
                before = len(self.town.records.calls)
                await asyncio.sleep(quiet)

    async def app_connected(self, *, within: float = 10.0) -> None:
        """Wait until the app's Socket Mode connection is up. within: seconds. Raises TimeoutError."""
        async with asyncio.timeout(within):
            await self.town.socket.connected.wait()

    async def close(self) -> None:
        for person in self._people.values():
            await person.disconnect()
        await self.town.close()


class EmbeddedServer(uvicorn.Server):
    """uvicorn inside somebody else's event loop: their signals stay theirs, and it stops at once.

    uvicorn itself takes 0.2 s to stop, which hundreds of tests would pay.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stop = asyncio.Event()

    async def main_loop(self) -> None:
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def running(
    spec: WorkspaceSpec,
    *,
    bot_url: str | None = None,
    mode: Mode = "http",
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Clock | None = None,
) -> AsyncIterator[Sandbox]:
    """Run a workspace in the current event loop; port 0 takes a free one. clock: another than the machine's time."""
    listener = listen(host, port)
    port = listener.getsockname()[1]
    base_url = f"http://{host}:{port}"
    town = Town(spec, base_url=base_url, mode=mode, bot_url=bot_url, clock=clock)
    openid, hooks, helpdesk = OpenId(town), Hooks(), Helpdesk()
    async with serving(Gate(application(town, openid, hooks, helpdesk), host=host, port=port), listener):
        sandbox = Sandbox(town, openid, hooks, helpdesk)
        try:
            yield sandbox
        finally:
            await sandbox.close()


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Answer at a socket that `listen` has bound, which is closed afterwards."""
    server = EmbeddedServer(_config(app))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                task.result()
            await asyncio.sleep(0.005)
        yield
    finally:
        server.stop.set()
        await task
        listener.close()


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Bind a listening socket; port 0 takes a free one.

    Named as TCP, because asyncio sets TCP_NODELAY only then: without it every other answer waits 40 ms for an ACK.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def serve(spec: WorkspaceSpec, *, ready: Callable[[Sandbox], None] | None = None, **how: Any) -> None:
    """Run a workspace until interrupted. ready: told once it answers. how: as for `running`."""

    async def forever() -> None:
        async with running(spec, **how) as sandbox:
            if ready is not None:
                ready(sandbox)
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(forever())


def application(
    town: Town, openid: OpenId | None = None, hooks: Hooks | None = None, helpdesk: Helpdesk | None = None
) -> Starlette:
    """The ASGI app of one workspace."""
    return Starlette(
        routes=[
            *(openid or OpenId(town)).routes(),
            *(helpdesk or Helpdesk()).routes(),
            Route("/api/{method}", web_api(town), methods=["GET", "POST"]),
            Route("/respond/{kind}/{team}/{key}", web_response_url(town), methods=["POST"]),
            WebSocketRoute("/link/", town.socket.serve),
            *(hooks or Hooks()).routes(),
            *file_routes(town),
            *page_routes(town),
            *routes(town),
        ]
    )


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Droppable,
        ws="wsproto",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        timeout_keep_alive=75,  # longer than any client keeps a connection, so that none is cut in use
    )
