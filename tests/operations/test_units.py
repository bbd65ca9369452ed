"""What the units of systemd start, secrets laid out as systemd does it: from an empty database to a restored backup."""

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.demo.techcorp import techcorp
from sandbox.server import running
from tests.conftest import service_url
from tests.operations.test_recipes import ROOT, lines

CONCLAVE = Path(sys.executable).parent / "conclave"
READY_SECONDS = 60


class Machine:
    """The files in /etc/conclave, and what systemd makes of them and of a unit."""

    def __init__(self, place: Path, environment: Mapping[str, str], **secrets: str) -> None:
        self.secrets, self._run, self._environment = place / "etc", place / "run", environment
        self.secrets.mkdir()
        for name, value in secrets.items():
            (self.secrets / name).write_text(f"{value}\n")

    def unit(self, name: str) -> tuple[list[str], dict[str, str]]:
        """Its command and the variables of it; the port is a free one."""
        unit, credentials = ROOT / "contrib" / "systemd" / f"{name}.service", self._run / name
        credentials.mkdir(parents=True)
        for line in lines(unit, "SetCredential"):
            key, value = line.split(":", 1)
            (credentials / key).write_text(value.replace("\\n", "\n"))
        for line in lines(unit, "LoadCredential"):
            key, path = line.split(":", 1)
            if (source := self.secrets / Path(path).name).exists():
                (credentials / key).write_text(source.read_text())
        (command,) = lines(unit, "ExecStart")
        own = dict(line.split("=", 1) for line in lines(unit, "Environment")) | {"PORT": str(free_port())}
        return self.command(*shlex.split(command)[1:], credentials=credentials, **own)

    def command(self, *words: str, credentials: Path | None = None, **more: str) -> tuple[list[str], dict[str, str]]:
        """What an operator types, in a shell that knows nothing else."""
        told = {"PATH": os.defpath, "CREDENTIALS_DIRECTORY": str(credentials or self.secrets)}
        return [str(CONCLAVE), *words], {**told, **more, **self._environment}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def says(command: list[str], environment: Mapping[str, str], *, at: Path) -> str:
    done = subprocess.run(command, env=environment, cwd=at, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@asynccontextmanager
async def served(command: list[str], environment: Mapping[str, str], *, at: Path) -> AsyncIterator[str]:
    """The address of a process that is ready. It ends by SIGTERM, in order."""
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=at)
    url = f"http://127.0.0.1:{environment['PORT']}"
    try:
        async with asyncio.timeout(READY_SECONDS):
            while await status_of(f"{url}/readyz") != 200:
                assert process.returncode is None
                await asyncio.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def status_of(url: str, **headers: str) -> int:
    """0 where nobody answers."""
    try:
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


@pytest.fixture
def another(fresh_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    with fresh_database() as url:
        yield url


async def test_the_units_commands_migrate_serve_and_are_backed_up(
    db_url_unmigrated: str, another: str, tmp_path: Path
) -> None:
    owner, service = db_url_unmigrated, service_url(db_url_unmigrated)
    async with running(techcorp(), mode="http") as slack:
        machine = Machine(
            tmp_path,
            {"SLACK_API_URL": slack.api_url},
            migration_database_url=owner,
            database_url=service,
            conclave_metrics_token="of-metrics",
            slack_bot_token=slack.spec.bot_token,
            slack_signing_secret=slack.spec.signing_secret,
        )
        assert "The schema is at" in await asyncio.to_thread(says, *machine.unit("conclave-migrate"), at=tmp_path)
        async with (
            served(*machine.unit("conclave-web"), at=tmp_path) as web,
            served(*machine.unit("conclave-worker"), at=tmp_path) as worker,
        ):
            for url in (web, worker):
                assert await status_of(f"{url}/metrics") == 401
                assert await status_of(f"{url}/metrics", Authorization="Bearer of-metrics") == 200
            doctor = await asyncio.to_thread(says, *machine.command("doctor"), at=tmp_path)
            assert "FAIL" not in doctor
            await asyncio.to_thread(says, *machine.command("backup", "kept"), at=tmp_path)

    tried = machine.command("restore", "kept", DATABASE_URL=another, MIGRATION_DATABASE_URL=another)
    assert await asyncio.to_thread(says, *tried, at=tmp_path)
