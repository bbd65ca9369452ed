"""Owns `conclave demo`: a sandbox and the bot beside it, until Ctrl-C or the end of the script."""

import asyncio
import contextlib
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.demo import prelude
from bot.demo.clock import StageClock
from bot.demo.process import BotDied, BotProcess
from bot.demo.story import StoryFailed, play
from bot.demo.techcorp import techcorp
from bot.errors import BotError
from sandbox.clock import Clock
from sandbox.people import CannotDo
from sandbox.server import Sandbox, running
from sandbox.town import Mode
from sandbox.welcome import how_to_talk

Out = Callable[[str], None]
INTERRUPTED = 130
BOT_BY_CLOCK = (sys.executable, "-m", "bot.demo.bot")
QUICK_TICKS = {"CONCLAVE_TICK_SECONDS": "2"}
"""So that whoever has moved the clock sees soon what fell due."""
_MOST_QUICK_DEATHS = 3
_QUICK_SECONDS = 5.0


async def demo(
    *,
    bot_command: Sequence[str],
    database_url: str,
    owner_url: str,
    port: int,
    script: bool,
    mode: Mode,
    out: Out,
    keep_up: Callable[[], Coroutine[Any, Any, None]],
) -> int:
    """Run the demo; returns the exit code. The database is migrated and holds the sample team.

    bot_command: how to start the program itself, without its command. database_url: for the bot's login; owner_url: for
    reading all tables after the story, or for moving the clock. port: of the sandbox, 0 = any. script: play the story
    from its beginning and end; otherwise stay until Ctrl-C or SIGTERM, with a team that has been at work already.
    keep_up: goes on for ever and brings the database back; its error, where that does not start any more, is raised.
    """
    with _interruptible(out) as interrupted, _clock(owner_url, database_url, is_needed=not script) as clock:
        # The extra `web`, not needed here.
        has_web = all(find_spec(name) for name in ("argon2", "fastapi", "standardwebhooks"))
        living = neighbours(bot_command, database_url=database_url, port=port, mode=mode, clock=clock, has_web=has_web)
        try:
            async with living as (sandbox, bot):
                if script:
                    return await _play(sandbox, bot, owner_url, out)
                await _begin(sandbox, database_url, out)
                out(_hello(sandbox, bot))
                await _first_end(_keep_alive(bot, out), keep_up())
        except asyncio.CancelledError:
            if not interrupted.is_set():
                raise
            return INTERRUPTED if script else 0
        except (BotDied, TimeoutError) as error:  # before OSError, of which TimeoutError is one
            out(str(error) or "The bot did not become ready in time.")
        except OSError as error:
            out(f"Port {port} cannot be used ({error.strerror}). Choose another one with --port.")
    return 1


@contextlib.contextmanager
def _interruptible(out: Out) -> Iterator[asyncio.Event]:
    """Let Ctrl-C and SIGTERM cancel the current task, so that everything is stopped in order; the event says so."""
    task, loop, interrupted = asyncio.current_task(), asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        interrupted.set()
        out("\nStopping ...")
        if task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield interrupted
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _clock(owner_url: str, service_url: str, *, is_needed: bool) -> Iterator[StageClock | None]:
    """The story is told in the machine's time, as it always was; who stays may move the clock."""
    if not is_needed:
        yield None
        return
    with contextlib.closing(StageClock.put_up(owner_url, service_url)) as clock:
        yield clock


@contextlib.asynccontextmanager
async def neighbours(
    bot_command: Sequence[str],
    *,
    database_url: str,
    port: int = 0,
    mode: Mode = "http",
    log_path: Path | None = None,
    log_level: str = "INFO",
    clock: StageClock | None = None,
    has_web: bool = False,
) -> AsyncIterator[tuple[Sandbox, BotProcess]]:
    """The sample workspace and a bot of its own beside it, ready; both are gone afterwards.

    has_web: the bot serves its web pages as well. clock: that of the database; workspace, database and bot then go by
    it, and whoever moves the workspace's moves it.
    """
    async with running(techcorp(), mode=mode, port=port, clock=Clock(clock.ahead) if clock else None) as sandbox:
        by_clock: dict[str, Any] = {"program": BOT_BY_CLOCK, "more": QUICK_TICKS} if clock else {}
        bot = BotProcess(
            bot_command,
            sandbox=sandbox,
            database_url=database_url,
            log_path=log_path,
            log_level=log_level,
            has_web=has_web,
            **by_clock,
        )
        if clock is not None:
            sandbox.clock.listen(clock.move)
        try:
            await bot.start()
            yield sandbox, bot
        finally:
            await bot.stop()


async def _begin(sandbox: Sandbox, database_url: str, out: Out) -> None:
    """A demo that lacks some of its sample is a demo still."""
    try:
        await prelude.play(sandbox, database_url)
    except (BotError, TimeoutError) as error:
        out(f"Some of the sample's decisions are missing: {error or 'the bot was too slow.'}")


async def _play(sandbox: Sandbox, bot: BotProcess, owner_url: str, out: Out) -> int:
    try:
        await play(sandbox, bot, owner_url, out)
    except (StoryFailed, CannotDo, BotDied, TimeoutError) as error:
        out(f"\nThe story failed: {error or type(error).__name__}\nThe bot's log: {bot.log_path}")
        return 1
    return 0


def _hello(sandbox: Sandbox, bot: BotProcess) -> str:
    way = "Socket Mode" if sandbox.town.mode == "socket" else "HTTP"
    talk = how_to_talk(sandbox.spec, base_url=sandbox.url, command=_as_command())
    web = f"The dashboard is at {bot.url}: in Slack, /decide web leads there.\n" if bot.has_web else ""
    return (
        f"{sandbox.spec.name} is open: {sandbox.url}\n{web}"
        f"The bot runs beside it ({way}); its log is {bot.log_path}.\n\n"
        f"{talk}\n\nCtrl-C ends everything; the data stays."
    )


def _as_command() -> str:
    """The command as this terminal finds it: `make demo` puts it into a directory that no PATH names."""
    return "conclave as" if shutil.which("conclave") else f"{Path(sys.executable).with_name('conclave')} as"


async def _first_end(*endless: Coroutine[Any, Any, None]) -> None:
    """Wait until one of them ends, which is by an error; raise that."""
    tasks = [asyncio.ensure_future(one) for one in endless]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_alive(bot: BotProcess, out: Out) -> None:
    """Start the bot again whenever it ends. Raises BotDied if it never lives long."""
    quick_deaths, loop = 0, asyncio.get_running_loop()
    while quick_deaths < _MOST_QUICK_DEATHS:
        started = loop.time()
        code = await bot.ended()
        quick_deaths = quick_deaths + 1 if loop.time() - started < _QUICK_SECONDS else 0
        out(f"The bot has ended ({code}); starting it again.")
        await bot.start()
    raise BotDied(f"The bot ends again and again. Its log: {bot.log_path}")
