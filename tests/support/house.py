"""A whole Conclave for one test: its own database, its own Slack, the bot between them, people who click."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import uvicorn
from sqlalchemy import make_url

from bot import app, http
from bot.config import Settings
from bot.deps import Clock
from sandbox.people import Person
from sandbox.server import Sandbox
from sandbox.server import running as running_sandbox
from sandbox.spec import WorkspaceSpec


@dataclass
class House:
    """What a flow test has in its hands."""

    sandbox: Sandbox
    bot: app.Bot
    database_url: str

    def person(self, name: str) -> Person:
        return self.sandbox.person(name)


def settings_for(spec: WorkspaceSpec, api_url: str, *, mode: str = "http", **more: Any) -> Settings:
    return Settings(
        _env_file=None,
        slack_bot_token=spec.bot_token,
        slack_signing_secret=spec.signing_secret,
        slack_app_token=(spec.app_token or "") if mode == "socket" else "",
        slack_api_url=api_url,
        **more,
    )


POOLER = os.environ.get("TEST_POOLER")
"""DIRECTORY:PORT of a pooler in transaction mode before the tests' server, for bots to go through (.ci/pgbouncer)."""


def as_service(database_url: str) -> str:
    """The same database for the login that the bot has in tests (tests/conftest.py makes it)."""
    return make_url(database_url).set(username="conclave_test_service").render_as_string(hide_password=False)


def served(database_url: str) -> dict[str, Any]:
    """The URLs that a bot is given for that database: by way of the pooler, where there is one."""
    direct = as_service(database_url)
    if POOLER is None:
        return {"database_url": direct}
    place, port = POOLER.split(":")
    return {
        "database_url": f"postgresql://conclave_test_service@:{port}/{make_url(direct).database}?host={place}&pooler=transaction",
        "direct_database_url": direct,
    }


class _Hasty(http._Server):
    """The bot's server, which stops at once: uvicorn looks ten times a second whether it shall, and then waits for a
    tenth, which hundreds of tests would pay. What is under way is waited for all the same."""

    def __init__(self, config: uvicorn.Config, over: asyncio.Event) -> None:
        super().__init__(config)
        self.over = over

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        async with asyncio.timeout(self.config.timeout_graceful_shutdown):
            while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - it offers nothing to wait for
                await asyncio.sleep(0.002)


@asynccontextmanager
async def living(
    database_url: str,
    spec: WorkspaceSpec,
    *,
    mode: Literal["http", "socket"] = "http",
    clock: Clock | None = None,
    port: int = 0,
    **settings_of_bot: Any,
) -> AsyncIterator[House]:
    """Sandbox and bot for `spec`, talking over real HTTP (or a real websocket) on loopback. port: the bot's; 0: any."""
    async with running_sandbox(spec, mode=mode) as sandbox:
        urls = served(database_url)
        settings = settings_for(spec, sandbox.api_url, mode=mode, **{**urls, **settings_of_bot})
        async with (
            app.running(settings, database_url=urls["database_url"], clock=clock) as bot,
            port_of(bot, port) as given,
        ):
            sandbox.bot_url = f"http://127.0.0.1:{given}"
            yield House(sandbox, bot, database_url)


@asynccontextmanager
async def port_of(bot: app.Bot, port: int = 0) -> AsyncIterator[int]:
    over = asyncio.Event()
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # this server alone: a test may start others, and end them itself
            patch.setattr(http, "_Server", lambda config: _Hasty(config, over))
            given = await stack.enter_async_context(http.serving(bot.asgi, host="127.0.0.1", port=port))
        stack.callback(over.set)
        yield given
