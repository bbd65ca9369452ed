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
_LOCK = HERE.parent / "requirements-benchmarks.lock"


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


async def python(module: str, *arguments: str, is_fast: bool = False, is_leashed: bool = True) -> Process:
    """A module of ours that takes its port as the last argument. is_fast: with uvloop, httptools and orjson."""
    port = free_port()
    paths = [str(HERE.parent), *([str(packages())] if is_fast and packages().exists() else [])]
    command = [sys.executable, "-m", module, *arguments, str(port)]
    return await start(command, port=port, more={"PYTHONPATH": os.pathsep.join(paths)}, is_leashed=is_leashed)


async def bolt_js(setting: str) -> Process:
    """Raises Missing without node."""
    node, port = shutil.which("node"), free_port()
    if node is None or not (CACHE / "bolt_js" / "node_modules").exists():
        raise Missing("Bolt for JavaScript needs node and npm")
    return await start([node, str(CACHE / "bolt_js" / "server.js"), setting, str(port)], port=port)


def packages() -> Path:
    return CACHE / f"python{sys.version_info.major}.{sys.version_info.minor}"


def slow_limit() -> str:
    """Why the limit is none here; empty where it has what it needs."""
    return "" if packages().exists() else "the limit without uvloop, httptools and orjson"


def install() -> None:
    """What the contenders need and the product does not, at first use; what cannot be is skipped later."""
    _install_python()
    _install_js()


def _install_python() -> None:
    if packages().exists():
        return
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    # Aside and renamed: an installation that was broken off would look like a finished one.
    new = packages().with_suffix(".new")
    if subprocess.run([*command, "--target", str(new), "-r", str(_LOCK)], capture_output=True, check=False).returncode:
        return
    new.rename(packages())


def _install_js() -> None:
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
