"""A whole Conclave for one test: its own database, its own Slack, the bot between them, people who click."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot import app, log
from bot.config import Settings
from bot.sandbox.people import Person
from bot.sandbox.sample import techcorp
from bot.sandbox.server import Sandbox
from bot.sandbox.server import running as running_sandbox
from bot.sandbox.spec import WorkspaceSpec


@dataclass
class House:
    """What a flow test has in its hands."""

    sandbox: Sandbox
    bot: app.Bot
    database_url: str

    def person(self, name: str) -> Person:
        return self.sandbox.person(name)


def settings_for(spec: WorkspaceSpec, api_url: str, *, mode: str = "http") -> Settings:
    return Settings(
        _env_file=None,
        slack_bot_token=spec.bot_token,
        slack_signing_secret=spec.signing_secret,
        slack_app_token=(spec.app_token or "") if mode == "socket" else "",
        slack_api_url=api_url,
    )


@asynccontextmanager
async def living(database_url: str, spec: WorkspaceSpec, *, mode: str = "http") -> AsyncIterator[House]:
    """Sandbox and bot for `spec`, talking over real HTTP (or a real websocket) on loopback."""
    async with running_sandbox(spec, mode=mode) as sandbox:
        settings = settings_for(spec, sandbox.api_url, mode=mode)
        async with app.running(settings, database_url=database_url) as bot:
            async with app.serving(bot, host="127.0.0.1", port=0) as port:
                sandbox.bot_url = f"http://127.0.0.1:{port}"
                yield House(sandbox, bot, database_url)


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    log.configure("INFO")


@pytest.fixture(params=["http"])
async def house(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[House]:
    async with living(database_url, techcorp(), mode=request.param) as house:
        yield house
