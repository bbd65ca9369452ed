"""The demo's story, with the bot as a process of its own. It checks the tables itself and fails in a sentence."""

import contextlib
import sys
from pathlib import Path

import psycopg
import pytest

from bot import app, http
from bot.config import Settings
from bot.demo import sample
from bot.demo.demo import neighbours
from bot.demo.process import BotProcess
from bot.demo.story import StoryFailed, play
from bot.demo.techcorp import techcorp
from sandbox.server import running

COMMAND = (sys.executable, "-m", "bot")
STEPS = 40
MILESTONES = (
    "You are not a member of a team here yet",
    "Saved, 2 of 4 criteria",
    'Scoring started by Sarah Johnson a moment ago. "Start scoring" is not possible now. #1 is being scored',
    "I can't judge Fairness",
    "kill -9",
    "Resolving #1 needs a decider up to USD 50,000; you may decide up to USD 100.",
    "This option needs a decider for any amount; you may decide up to USD 50,000.",
    "Result of #1",
    "The choice of #1 is open again",
    "conclave verify 1: #1: sealed",
    "The story is told.",
)


@pytest.fixture
def sample_url(service_database_url: str) -> str:
    sample.load(service_database_url, workspace_id="T0TECHCORP", domain="techcorp")
    return service_database_url


class QuickBot(BotProcess):
    """Restarts within this process, all of it built anew, in a tenth of the time; a real process where it is killed."""

    restarts = 0
    _running: contextlib.AsyncExitStack | None = None

    async def rebuild(self) -> None:
        """The restart: whatever runs is stopped in order, and everything is made from the settings again."""
        await self.stop()
        self.restarts += 1
        given = self.environment()
        settings = Settings(
            _env_file=None,
            slack_bot_token=given["SLACK_BOT_TOKEN"],
            slack_signing_secret=given["SLACK_SIGNING_SECRET"],
            slack_api_url=given["SLACK_API_URL"],
        )
        self._running = contextlib.AsyncExitStack()
        bot = await self._running.enter_async_context(app.running(settings, database_url=self.database_url))
        self.port = await self._running.enter_async_context(http.serving(bot.asgi, host="127.0.0.1", port=0))
        self.sandbox.bot_url = f"http://127.0.0.1:{self.port}"
        await bot.identity.ready.wait()

    async def stop(self) -> None:
        if self._running is not None:
            await self._running.aclose()
            self._running = None
        await super().stop()


async def test_a_restart_between_any_two_steps_changes_nothing(
    sample_url: str, database_url: str, tmp_path: Path
) -> None:
    told: list[str] = []

    async with running(techcorp()) as sandbox:
        bot = QuickBot(COMMAND, sandbox=sandbox, database_url=sample_url, log_path=tmp_path / "log")

        async def restart() -> None:
            if "kill -9" in told[-1]:
                await bot.stop()
                await bot.start()
            else:
                await bot.rebuild()

        await bot.rebuild()
        try:
            await play(sandbox, bot, database_url, told.append, between=restart)
        finally:
            await bot.stop()

    assert [milestone for milestone in MILESTONES if milestone not in "\n".join(told)] == []
    assert bot.restarts > STEPS


async def test_the_same_story_passes_over_socket_mode(sample_url: str, database_url: str, tmp_path: Path) -> None:
    told: list[str] = []

    async with neighbours(COMMAND, database_url=sample_url, mode="socket", log_path=tmp_path / "log") as (sandbox, bot):
        await play(sandbox, bot, database_url, told.append)
        methods = {call.method for call in sandbox.calls()}

    assert [milestone for milestone in MILESTONES if milestone not in "\n".join(told)] == []
    assert "apps.connections.open" in methods


async def test_what_is_not_as_told_ends_the_story_with_its_words(
    sample_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.demo.story.stage.SEE_SECONDS", 2.0)
    with psycopg.connect(sample_url, autocommit=True) as connection:
        connection.execute("UPDATE customer_decisions SET title = 'Another one'")

    async with neighbours(COMMAND, database_url=sample_url, log_path=tmp_path / "log") as (sandbox, bot):
        with pytest.raises(StoryFailed, match="Sarah does not see '#1 Refund Request for Service Outage'"):
            await play(sandbox, bot, database_url, lambda _: None)
