"""Contenders as processes: started when first asked for, ended with us."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from benchmarks.contenders.setting import Setting

HERE = Path(__file__).resolve().parent
CACHE = HERE / ".cache"
"""What is installed at first use; git knows nothing of it."""
START_SECONDS = 30.0


class Missing(Exception):
    """A contender that cannot run here; the message says what it lacks."""


@dataclass
class Process:
    """One that listens."""

    port: int
    running: "asyncio.subprocess.Process"

    @property
    def pid(self) -> int:
        return self.running.pid

    async def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.running.send_signal(signal.SIGKILL)
        await self.running.wait()


async def start(
    command: Sequence[str], *, port: int, more: Mapping[str, str] | None = None, is_leashed: bool = True
) -> Process:
    """Start it and wait until the port answers. is_leashed: it ends when we do, were we killed. Raises SystemExit."""
    leash = [sys.executable, "-m", "bot.demo.leash"] if is_leashed else []
    environment = {"PATH": os.defpath, "PYTHONPATH": str(HERE.parent), **(more or {})}
    with tempfile.TemporaryFile() as said:
        running = await asyncio.create_subprocess_exec(
            *(*leash, *command), env=environment, cwd=HERE.parent, stdin=subprocess.PIPE, stdout=said, stderr=said
        )
        async with asyncio.timeout(START_SECONDS):
            while not is_listening(port):
                if running.returncode is not None:
                    said.seek(0)
                    raise SystemExit(f"{' '.join(command)} ended by itself: {said.read().decode()[-2000:]}")
                await asyncio.sleep(0.003)
    return Process(port, running)


def is_listening(port: int) -> bool:
    with socket.socket() as wire:
        return wire.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def written(setting: Setting, place: Path, name: str) -> str:
    path = place / f"{name}.json"
    path.write_text(json.dumps(asdict(setting)), encoding="utf-8")
    return str(path)


async def python(module: str, *arguments: str, is_leashed: bool = True) -> Process:
    """A module of ours that takes its port as the last argument."""
    port = free_port()
    return await start([sys.executable, "-m", module, *arguments, str(port)], port=port, is_leashed=is_leashed)


async def bolt_js(setting: str) -> Process:
    """Raises Missing without node."""
    node, port = shutil.which("node"), free_port()
    if node is None or not (CACHE / "bolt_js" / "node_modules").exists():
        raise Missing("Bolt for JavaScript needs node and npm")
    return await start([node, str(CACHE / "bolt_js" / "server.js"), setting, str(port)], port=port)


def install() -> None:
    """What Bolt for JavaScript needs, at first use; where it cannot be had, that contender is skipped later."""
    made = CACHE / "bolt_js"
    made.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "server.js"):
        shutil.copyfile(HERE / "bolt_js" / name, made / name)
    npm = shutil.which("npm")
    if npm and not (made / "node_modules").exists():
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=made, capture_output=True, check=False)


def kept(url: str, kind: str) -> set[str]:
    """Whose form of this kind a peer has saved."""
    with psycopg.connect(url) as connection:
        return {str(row[0]) for row in connection.execute("SELECT person FROM pages WHERE kind = %s", [kind])}


def clear(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE pages")
