"""A PostgreSQL that fails over by itself: two servers under Patroni, etcd in which they agree, HAProxy before them."""

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg
import yaml

from tests.support.postgres import free_port

BIN_DIR = Path("/usr/lib/postgresql/15/bin")
ACCOUNT = "postgres"
"""Servers do not run as root; Debian's package makes this account."""
LEADER_SECONDS = 20
"""How long Patroni waits for a leader that is silent; its smallest."""
START_SECONDS = 120
_TRUST = [f"host {what} all 127.0.0.1/32 trust" for what in ("all", "replication")]


def missing() -> str:
    """What has to be installed first, by Debian's names; '' for nothing."""
    needed = {"etcd-server": "etcd", "haproxy": "haproxy", "patroni": "patroni", "postgresql-15": f"{BIN_DIR}/postgres"}
    return " ".join(package for package, program in needed.items() if shutil.which(program) is None)


@dataclass
class Node:
    """One server and its Patroni."""

    name: str
    place: Path
    port: int = field(default_factory=free_port)
    api: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def is_(self, role: str) -> bool:
        """role: 'primary', 'sync' (a standby that has all that was acknowledged)."""
        url = f"http://127.0.0.1:{self.api}/{role}"
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def settings(self, etcd: int) -> dict[str, Any]:
        authentication = {who: {"username": ACCOUNT, "password": "unused"} for who in ("superuser", "replication")}
        parameters = {
            "unix_socket_directories": "", "max_connections": "150", "shared_buffers": "64MB", "fsync": "off",
            "jit": "off", "log_min_messages": "fatal",
        }  # fmt: skip
        return {
            "scope": "conclave",
            "name": self.name,
            "restapi": {"listen": f"127.0.0.1:{self.api}", "connect_address": f"127.0.0.1:{self.api}"},
            "etcd3": {"hosts": f"127.0.0.1:{etcd}"},
            "bootstrap": {
                "dcs": {
                    "ttl": LEADER_SECONDS, "loop_wait": 2, "retry_timeout": 3, "synchronous_mode": True,
                    "postgresql": {"use_pg_rewind": True, "parameters": parameters},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, {"auth": "trust"}, "no-sync"],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{self.port}",
                "connect_address": f"127.0.0.1:{self.port}",
                "data_dir": str(self.place / self.name),
                "bin_dir": str(BIN_DIR),
                "pgpass": str(self.place / f"{self.name}.pgpass"),
                "authentication": authentication,
                "pg_hba": _TRUST,
            },
        }  # fmt: skip


class Cluster:
    """Everything here blocks; call it in a thread while people click."""

    def __init__(self, place: Path) -> None:
        self._place = place / "patroni"
        self._etcd, self._haproxy = free_port(), free_port()
        self.nodes = [Node(name, self._place) for name in ("one", "two")]
        self._others: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """By way of HAProxy, which knows who is the leader."""
        return self.url_of("conclave")

    def url_of(self, database: str) -> str:
        return f"postgresql://{ACCOUNT}@127.0.0.1:{self._haproxy}/{database}"

    def sql(self, query: str, *, database: str = "conclave") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url_of(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> Self:
        self._place.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self._place, ACCOUNT)
        peers = [f"http://127.0.0.1:{free_port()}"]
        clients = [f"http://127.0.0.1:{self._etcd}"]
        self._others.append(
            self._run("etcd", "--data-dir", self._place / "etcd", "--unsafe-no-fsync",
                      "--listen-client-urls", *clients, "--advertise-client-urls", *clients,
                      "--listen-peer-urls", *peers, "--initial-advertise-peer-urls", *peers,
                      "--initial-cluster", f"default={peers[0]}")
        )  # fmt: skip
        first, second = self.nodes
        self.run(first)
        _wait(lambda: first.is_("primary"), "the first server leads")
        self.run(second)
        self._balance()
        _wait(lambda: second.is_("sync"), "the second server follows")
        _wait(self._answers, "HAProxy finds the leader")
        self.sql("CREATE DATABASE conclave", database="postgres")
        return self

    def run(self, node: Node) -> None:
        """Start it, for the first time or again: then it follows whoever leads."""
        file = self._place / f"{node.name}.yaml"
        file.write_text(yaml.safe_dump(node.settings(self._etcd)))
        node.process = self._run("patroni", file)

    def leader(self) -> Node:
        return next(node for node in self.nodes if node.is_("primary"))

    def kill_9(self, node: Node) -> None:
        """The machine is gone: Patroni and its server at once."""
        assert node.process is not None
        postmaster = int((self._place / node.name / "postmaster.pid").read_text().split()[0])
        for pid in (node.process.pid, postmaster):
            os.kill(pid, signal.SIGSTOP)
        for pid in (node.process.pid, *_children(postmaster), postmaster):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        node.process.wait()

    def stop(self) -> None:
        for process in (*(node.process for node in self.nodes if node.process), *reversed(self._others)):
            process.terminate()
        for process in (*(node.process for node in self.nodes if node.process), *self._others):
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()
            process.wait()

    def _balance(self) -> None:
        lines = "".join(f"  server {node.name} 127.0.0.1:{node.port} check port {node.api}\n" for node in self.nodes)
        file = self._place / "haproxy.cfg"
        file.write_text(
            "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 10m\n  timeout server 10m\n"
            f"listen leader\n  bind 127.0.0.1:{self._haproxy}\n  option httpchk OPTIONS /primary\n"
            "  http-check expect status 200\n"
            f"  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions\n{lines}"
        )
        self._others.append(self._run("haproxy", "-db", "-f", file))

    def _answers(self) -> bool:
        with suppress(psycopg.Error):
            return self.sql("SELECT NOT pg_is_in_recovery()", database="postgres") == [(True,)]
        return False

    def _run(self, *command: object) -> "subprocess.Popen[bytes]":
        whose: dict[str, Any] = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []} if os.geteuid() == 0 else {}
        log = (self._place / f"{Path(str(command[0])).name}.log").open("ab")
        try:
            return subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, cwd=self._place, **whose)
        finally:
            log.close()


def _children(pid: int) -> Sequence[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def _wait(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + START_SECONDS
    while not holds():
        assert time.monotonic() < end, f"not within {START_SECONDS} s: {what}"
        time.sleep(0.1)
