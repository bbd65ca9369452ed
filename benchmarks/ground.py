"""What all contenders stand on: one embedded PostgreSQL as the product has it, and what its processes cost."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from bot import embedded
from bot.store import schema, vault

PEERS = "peers"
"""The database of everybody but the product."""
# What a page is at the least: who, which window, what stands in it.
_PAGES = """
CREATE TABLE pages (person text, kind text, page jsonb NOT NULL, saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person, kind))
"""
_WORKING = """
SELECT count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()
"""
_QUIET_LOOKS = 5


@dataclass(frozen=True)
class Ground:
    server: embedded.EmbeddedServer
    place: Path

    @property
    def peers_url(self) -> str:
        return self.server.url_of(PEERS)

    @property
    def postmaster(self) -> int:
        return int((self.server.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def new_database(self, name: str, *, is_migrated: bool = True) -> str:
        """The owner's URL of a new one."""
        with psycopg.connect(self.server.url_of("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
        if is_migrated:
            schema.upgrade(self.server.url_of(name))
        return self.server.url_of(name)

    async def until_idle(self) -> None:
        """Until no statement runs any more, also none for which nobody waits."""
        quiet = 0
        while quiet < _QUIET_LOOKS:
            with psycopg.connect(self.server.url_of("postgres")) as owner:
                ((working,),) = owner.execute(_WORKING).fetchall()
            quiet = 0 if working else quiet + 1
            await asyncio.sleep(0.1)

    def pgbench(self, url: str, script: str, *, seconds: float, clients: int = 10) -> float:
        """Transactions per second of a script."""
        path = self.place / "pgbench.sql"
        path.write_text(script)
        program = embedded._bin_dir(self.server.data_dir, self.server._account) / "pgbench"
        command = [
            str(program),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "2",
            "-T",
            str(max(1, round(seconds))),
        ]
        done = subprocess.run([*command, "-f", str(path), url], capture_output=True, text=True, check=True)
        said = next(line for line in done.stdout.splitlines() if line.startswith("tps = "))
        return float(said.split()[2])


@contextmanager
def ground(place: Path) -> Iterator[Ground]:
    """A server of our own, with the product's settings: a commit is on the disk before it is acknowledged."""
    server = embedded.start(place / "data")
    try:
        schema.upgrade(server.url)
        vault.admit(server.url, server.service_url, is_new=True)
        made = Ground(server, place)
        with psycopg.connect(made.new_database(PEERS, is_migrated=False), autocommit=True) as peers:
            peers.execute(_PAGES)
        yield made
    finally:
        server.stop()


def cpu_seconds(pid: int) -> float:
    """Used up so far by a process, the children it has and had."""
    try:
        process = psutil.Process(pid)
        used = process.cpu_times()
        own = used.user + used.system + used.children_user + used.children_system
        return float(own) + sum(_own_seconds(child) for child in process.children(recursive=True))
    except psutil.NoSuchProcess:
        return 0.0


def _own_seconds(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)


def memory_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 2**20
