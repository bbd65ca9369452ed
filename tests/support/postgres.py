"""PostgreSQL as an operator has it: on TCP, with standbys, and with hands that kill, freeze, restart and promote it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psycopg

from bot import embedded

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "150",
    "timezone": "UTC",
    "jit": "off",
    "log_min_messages": "warning",
    "max_wal_senders": "6",
    "shared_buffers": "64MB",
    # A process that is killed loses nothing that it wrote; only the machine's power could.
    "fsync": "off",
}
START_SECONDS = 60


class Postgres:
    """One server from the wheel. Everything here blocks; call it in a thread while people click."""

    def __init__(self, place: Path, name: str, settings: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.port = free_port()
        self._settings = {**SETTINGS, **(settings or {}), "port": str(self.port), "cluster_name": name}
        self._place = place
        self._data = place / name
        self._account = embedded._account(self._data) if os.geteuid() == 0 else None
        self._bin_dir = embedded._bin_dir(place, self._account)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.url_of("conclave")

    def url_of(self, database: str) -> str:
        return f"postgresql://postgres@{self.place}/{database}"

    def sql(self, query: str, *arguments: object, database: str = "conclave") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url_of(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(query, arguments or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, query: str, *arguments: object) -> Any:
        ((found,),) = self.sql(query, *arguments)
        return found

    def make(self) -> Self:
        """A new cluster, started, with an empty database `conclave`."""
        self._mkdir()
        self._run("initdb", "-D", self._data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
                  "--no-sync", "--no-instructions")  # fmt: skip
        self.start()
        self.sql("CREATE DATABASE conclave", database="postgres")
        return self

    def follow(self, primary: "Postgres") -> Self:
        """A streaming standby of `primary`, started."""
        self._mkdir()
        origin = f"host=127.0.0.1 port={primary.port} user=postgres application_name={self.name}"
        self._run("pg_basebackup", "-D", self._data, "-d", origin, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self.start()
        return self

    def start(self) -> None:
        self._forget_dead_postmaster()
        options = " ".join(f"-c {name}='{value}'" for name, value in self._settings.items())
        self._run(
            "pg_ctl", "start", "-D", self._data, "-l", self._data / "log", "-o", options, "-w", "-t", START_SECONDS
        )

    def stop(self) -> None:
        """Fast, as an operator stops it. Does nothing where it does not run."""
        if self._postmaster():
            self.thaw()
            self._run("pg_ctl", "stop", "-D", self._data, "-m", "fast", "-w", "-t", START_SECONDS)

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill_9(self) -> None:
        """End all its processes at once: no goodbye, no checkpoint."""
        processes = self._processes()
        for pid in processes:
            _send(pid, signal.SIGSTOP)  # so that nobody takes note of another's death before their own
        for pid in processes:
            _send(pid, signal.SIGKILL)
        while any(_runs(pid) for pid in processes):
            time.sleep(0.01)

    def freeze(self) -> None:
        """What a hung disk looks like from outside: connections stand, nobody answers."""
        for pid in self._processes():
            _send(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._processes():
            _send(pid, signal.SIGCONT)

    def promote(self) -> None:
        """Returns once it takes writes."""
        assert self.value("SELECT pg_promote(true, 30)")

    def remove(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self._data, ignore_errors=True)

    def _mkdir(self) -> None:
        embedded._make_private_dir(self._data, self._account)

    def _postmaster(self) -> int | None:
        with suppress(FileNotFoundError, IndexError, ValueError):
            pid = int((self._data / "postmaster.pid").read_text().splitlines()[0])
            return pid if _runs(pid) else None
        return None

    def _processes(self) -> list[int]:
        postmaster = self._postmaster()
        if postmaster is None:
            return []
        return [postmaster, *(pid for pid, parent in _parents() if parent == postmaster)]

    def _forget_dead_postmaster(self) -> None:
        """Where nobody reaps the dead, PostgreSQL takes its own zombie for a running server."""
        if self._postmaster() is None:
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: object) -> None:
        account: pwd.struct_passwd | None = self._account
        done = subprocess.run(
            [str(self._bin_dir / program), *map(str, arguments)],
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            # Not captured: the server inherits what pg_ctl has, and would keep a pipe open.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            log = self._data / "log"
            raise AssertionError(f"{program} failed: {log.read_text(errors='replace')[-2000:] if log.exists() else ''}")


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _stat(pid: int) -> tuple[str, int] | None:
    """(state, parent's pid)."""
    with suppress(OSError, IndexError):
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
        return state, int(parent)
    return None


def _runs(pid: int) -> bool:
    found = _stat(pid)
    return found is not None and found[0] not in "ZX"


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := _stat(int(entry.name))):
            yield int(entry.name), found[1]
