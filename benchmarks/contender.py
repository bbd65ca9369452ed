"""Contenders as processes: started when first asked for, ended with us."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
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


async def start(command: Sequence[str], *, port: int, more: Mapping[str, str] | None = None) -> Process:
    """Start it on a leash, so that it ends when we do, and wait until the port answers. Raises SystemExit."""
    leashed = [sys.executable, "-m", "bot.demo.leash", *command]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(HERE.parent), **(more or {})}
    running = await asyncio.create_subprocess_exec(
        *leashed, env=environment, cwd=HERE.parent, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    async with asyncio.timeout(START_SECONDS):
        while not is_listening(port):
            if running.returncode is not None:
                raise SystemExit(f"{' '.join(command)} ended by itself.")
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


async def python(module: str, *arguments: str, is_fast: bool = False) -> Process:
    """A module of ours that takes its port as the last argument. is_fast: with uvloop, httptools and orjson."""
    port = free_port()
    paths = [str(HERE.parent), *([str(packages())] if is_fast and packages().exists() else [])]
    command = [sys.executable, "-m", module, *arguments, str(port)]
    return await start(command, port=port, more={"PYTHONPATH": os.pathsep.join(paths)})


async def bolt_js(setting: str) -> Process:
    """Raises Missing without node."""
    node, port = shutil.which("node"), free_port()
    if node is None or not (CACHE / "bolt_js" / "node_modules").exists():
        raise Missing("Bolt for JavaScript: node or npm is missing")
    return await start([node, str(CACHE / "bolt_js" / "server.js"), setting, str(port)], port=port)


def packages() -> Path:
    return CACHE / f"python{sys.version_info.major}.{sys.version_info.minor}"


def install() -> list[str]:
    """What the contenders need and the product does not, at first use. Returns a sentence for each that is missing."""
    return [*_install_python(), *_install_js()]


def _install_python() -> list[str]:
    if packages().exists():
        return []
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    done = subprocess.run([*command, "--target", str(packages()), "-r", str(_LOCK)], capture_output=True, check=False)
    return [] if done.returncode == 0 else ["The limit runs without uvloop, httptools and orjson: pip cannot install."]


def _install_js() -> list[str]:
    made = CACHE / "bolt_js"
    made.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "server.js"):
        shutil.copyfile(HERE / "bolt_js" / name, made / name)
    if (made / "node_modules").exists():
        return []
    npm = shutil.which("npm")
    if npm is None:
        return ["Bolt for JavaScript is skipped: npm is missing (Debian: apt-get install nodejs npm)."]
    done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=made, capture_output=True, check=False)
    return [] if done.returncode == 0 else ["Bolt for JavaScript is skipped: npm ci failed."]


def kept(url: str, kind: str) -> set[str]:
    """Whose form of this kind a peer has saved."""
    with psycopg.connect(url) as connection:
        return {str(row[0]) for row in connection.execute("SELECT person FROM pages WHERE kind = %s", [kind])}


def clear(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE pages")
