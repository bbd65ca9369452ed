"""Owns the bot as a child process: started as an operator starts it, and killed as a machine kills it."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from sandbox.openid import CLIENT_ID, CLIENT_SECRET
from sandbox.server import Sandbox

START_SECONDS = 30.0
STOP_SECONDS = 20.0
_TRIES = 3
KEY = "A" * 43
"""Of secrets in a demo's database, which hold nothing worth a key. The same in each run: the database stays."""


class BotDied(Exception):
    """The bot's process ended by itself; the message says where its log is."""


class BotProcess:
    """`command` + [role] beside a sandbox: told of it by the environment alone, as of any Slack.

    role: 'run', 'web' or 'worker'; a worker is not where the sandbox sends what people do. program: what is started in
    this role instead of `command`, which then only serves `run`. has_web: it serves the web pages too. more: further
    variables. It ends when we do, were we killed.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        sandbox: Sandbox,
        database_url: str,
        log_path: Path | None = None,
        log_level: str = "INFO",
        role: str = "run",
        program: Sequence[str] | None = None,
        has_web: bool = False,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.command = tuple(command)
        self.program = tuple(program or command)
        self.sandbox = sandbox
        self.database_url = database_url
        self.log_level = log_level
        self.log_path = log_path or Path(tempfile.mkdtemp(prefix="conclave-bot-")) / "bot.log"
        self.role = role
        self.has_web = has_web
        self.more = dict(more or {})
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._leash: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it on a free port and wait until it is ready. Raises BotDied, TimeoutError."""
        for last in (False,) * (_TRIES - 1) + (True,):
            await self._launch()
            try:
                await self.ready()
            except BotDied:
                if last:
                    raise
            except BaseException:
                await self.kill_9()
                raise
            else:
                return

    async def _launch(self) -> None:
        self.port = _free_port()
        self._let_go()
        watched, self._leash = os.pipe()
        # stdout and stderr in one file: what a terminal would have shown.
        with open(self.log_path, "ab") as log:  # noqa: ASYNC230 - a local file, once
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot.demo.leash"),
                *self.program,
                self.role,
                env=self.environment(),
                stdin=watched,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal is for us, who then stop the bot in order.
                start_new_session=True,
            )
        os.close(watched)
        if self.role != "worker":
            self.sandbox.bot_url = self.url

    def _let_go(self) -> None:
        """Close our end of the leash, on which the watcher of a process that has ended still waits."""
        if self._leash is not None:
            os.close(self._leash)
            self._leash = None

    def environment(self) -> Mapping[str, str]:
        """All that the child knows: nothing of the operator's own, whose tokens or proxies would lead it astray.

        The tokens are given although one is empty: an `.env` file might hold a real one.
        """
        spec, is_socket = self.sandbox.spec, self.sandbox.town.mode == "socket"
        return {
            "PATH": os.defpath,
            "PYTHONUTF8": "1",
            "SLACK_BOT_TOKEN": spec.bot_token,
            "SLACK_SIGNING_SECRET": "" if is_socket else spec.signing_secret,
            "SLACK_APP_TOKEN": (spec.app_token or "") if is_socket else "",
            "SLACK_API_URL": self.sandbox.api_url,
            "DATABASE_URL": self.database_url,
            "PORT": str(self.port),
            "CONCLAVE_HOST": "127.0.0.1",
            "CONCLAVE_LOG_LEVEL": self.log_level,
            **(self._web() if self.has_web else {}),
            **self.more,
        }

    def _web(self) -> Mapping[str, str]:
        """Signing in with Slack; hooks for tickets and webhooks, whose notes and events go to the sandbox."""
        return {
            "CONCLAVE_URL": self.url,
            "SLACK_CLIENT_ID": CLIENT_ID,
            "SLACK_CLIENT_SECRET": CLIENT_SECRET,
            "CONCLAVE_TOKEN_KEYS": KEY,
            "CONCLAVE_WEBHOOK_ALLOW": "127.0.0.0/8",
        }

    async def ready(self) -> None:
        """Wait for /readyz, and in Socket Mode for its connection. Raises BotDied, TimeoutError."""
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while not await self._is_ready(session):
                self._check_alive()
                await asyncio.sleep(0.05)
        if self.sandbox.town.mode == "socket":
            await self.sandbox.app_connected(within=START_SECONDS)

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        return False

    def _check_alive(self) -> None:
        if self._process is None or self._process.returncode is not None:
            raise BotDied(f"The bot has ended by itself. Its log: {self.log_path}")

    async def ended(self) -> int:
        """Wait until the process ends, however; returns its exit code."""
        if self._process is None:
            raise BotDied("The bot was not started.")
        return await self._process.wait()

    async def restart(self) -> None:
        """Stop it in order and start it again."""
        await self.stop()
        await self.start()

    async def stop(self) -> None:
        """SIGTERM, and let it drain."""
        if self._process is not None and self._process.returncode is None:
            self._send(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                await self.kill_9()
        self._let_go()

    async def kill_9(self) -> None:
        """End it at once: nothing is drained, no connection closed."""
        if self._process is not None and self._process.returncode is None:
            self._send(signal.SIGKILL)
            await self._process.wait()

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Another command of the same program beside the bot; (exit code, what it printed)."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            *arguments,
            env=self.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode(errors="replace").strip()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
