"""The embedded database: found, shared, stopped by its last user, and back after every kind of death."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from bot import embedded

FAST = {"fsync": "off"}


@pytest.fixture
def data_dir(run_dir: Path) -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp(prefix="it's a ", dir=run_dir))
    parent.chmod(0o755)
    yield parent / "data"
    if (parent / "data" / "postgres").exists():
        embedded.start(parent / "data", settings=FAST).stop()
    shutil.rmtree(parent)


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def is_up(server: embedded.EmbeddedServer) -> bool:
    try:
        return ask(server.url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def postmaster(server: embedded.EmbeddedServer) -> int:
    return int((server.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def another_process(data_dir: Path) -> "subprocess.Popen[str]":
    """A process that uses the server until its input ends; it has started when it prints a line."""
    script = """
import sys
from pathlib import Path
from bot import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
"""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_data_is_kept_between_runs(data_dir: Path) -> None:
    server = embedded.start(data_dir, settings=FAST)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    assert not is_up(server)

    server = embedded.start(data_dir, settings=FAST)

    assert ask(server.url, "SELECT answer FROM kept") == 42
    assert ask(server.url, "SELECT current_database()") == "conclave"
    assert ask(server.url, "SHOW timezone") == "UTC"
    server.stop()


def test_a_second_process_finds_the_running_server_and_the_last_one_stops_it(data_dir: Path) -> None:
    server = embedded.start(data_dir, settings=FAST)
    running = postmaster(server)

    other = another_process(data_dir)
    assert other.stdout
    assert other.stdout.readline().strip() == server.url
    server.stop()
    server.stop()

    assert is_up(server)
    assert postmaster(server) == running
    other.communicate()
    assert other.returncode == 0
    assert not is_up(server)


def test_many_processes_starting_at_once_share_one_server(data_dir: Path) -> None:
    others = [another_process(data_dir) for _ in range(4)]

    urls = {other.stdout.readline().strip() for other in others if other.stdout}

    assert len(urls) == 1
    for other in others:
        other.communicate()
    assert [other.returncode for other in others] == [0] * 4
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_a_killed_user_leaves_a_server_that_the_next_one_uses_and_stops(data_dir: Path) -> None:
    other = another_process(data_dir)
    assert other.stdout
    other.stdout.readline()
    other.kill()
    other.communicate()

    server = embedded.start(data_dir, settings=FAST)

    assert is_up(server)
    server.stop()
    assert not is_up(server)


def test_a_killed_server_recovers_with_what_was_committed(data_dir: Path) -> None:
    server = embedded.start(data_dir)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster(server), signal.SIGKILL)

    # At once, while the killed one may still be a zombie and its children are dying.
    again = embedded.start(data_dir)

    assert ask(again.url, "SELECT answer FROM kept") == 42
    again.stop()
    assert is_up(server)
    server.stop()
    assert not is_up(server)


def test_a_server_that_is_killed_under_its_users_is_noticed_and_brought_back(data_dir: Path) -> None:
    server = embedded.start(data_dir)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    was_listening = server.is_listening()
    os.kill(postmaster(server), signal.SIGKILL)
    while server.is_listening():
        time.sleep(0.01)

    server.bring_back()
    server.bring_back()

    assert was_listening
    assert server.is_listening()
    assert ask(server.url, "SELECT answer FROM kept") == 42
    server.stop()
    assert not server.is_listening()


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.usefixtures("nobody_reaps")
def test_a_server_that_is_killed_where_nobody_reaps_the_dead_is_brought_back(data_dir: Path) -> None:
    """As in a container without an init: the dead one keeps its process id, which its lock files name."""
    server = embedded.start(data_dir, settings=FAST)
    killed = postmaster(server)
    os.kill(killed, signal.SIGKILL)
    while server.is_listening():
        time.sleep(0.01)

    server.bring_back()

    assert Path(f"/proc/{killed}").exists()
    assert server.is_listening()
    server.stop()


@pytest.fixture
def nobody_reaps() -> Iterator[None]:
    """Orphans become children of this process, which does not wait for them before the test is over."""
    set_child_subreaper = 36
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(set_child_subreaper, 1)
    yield
    prctl(set_child_subreaper, 0)
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def test_what_is_locked_is_for_its_owner_alone(data_dir: Path) -> None:
    """Any local account that could open these files could hold their locks: nobody would start or stop any more."""
    server = embedded.start(data_dir, settings=FAST)
    server.stop()
    for name in ("lock", "users"):
        assert (data_dir / name).stat().st_mode & 0o077 == 0
        (data_dir / name).chmod(0o644)

    embedded.start(data_dir, settings=FAST).stop()

    for name in ("lock", "users"):
        assert (data_dir / name).stat().st_mode & 0o077 == 0


def test_a_process_id_that_now_is_somebody_else_does_not_stop_a_start(data_dir: Path) -> None:
    server = embedded.start(data_dir, settings=FAST)
    pid_file = data_dir / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    owner = pid_file.stat()
    server.stop()
    # A living process of the same user, as after a reboot.
    account = {"user": owner.st_uid} if os.geteuid() == 0 else {}
    somebody = subprocess.Popen(["sleep", "60"], **account)  # type: ignore[call-overload]
    pid_file.write_text("\n".join([str(somebody.pid), *lines[1:]]) + "\n")
    os.chown(pid_file, owner.st_uid, owner.st_gid)

    server = embedded.start(data_dir, settings=FAST)

    assert is_up(server)
    server.stop()
    somebody.kill()
    somebody.wait()


def test_an_interrupted_making_of_the_data_is_begun_again(data_dir: Path) -> None:
    (data_dir / "postgres.new").mkdir(parents=True)
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18\n")

    server = embedded.start(data_dir, settings=FAST)

    assert is_up(server)
    server.stop()


def test_a_path_too_long_for_a_socket_works_all_the_same(data_dir: Path) -> None:
    long_dir = data_dir / ("x" * 100)

    server = embedded.start(long_dir, settings=FAST)
    second = embedded.start(long_dir)

    assert is_up(server)
    assert second.url == server.url
    socket_dir = server._socket_dir()
    assert socket_dir.stat().st_mode & 0o077 == 0, "only the server's account may enter"
    second.stop()
    server.stop()
    socket_dir.rmdir()


def test_somebody_elses_directory_is_not_taken_for_the_sockets(data_dir: Path) -> None:
    long_dir = data_dir / ("x" * 100)
    server = embedded.start(long_dir, settings=FAST)
    socket_dir = server._socket_dir()
    server.stop()
    socket_dir.rmdir()
    socket_dir.mkdir(mode=0o777)
    socket_dir.chmod(0o777)

    with pytest.raises(embedded.EmbeddedError, match="in the way"):
        embedded.start(long_dir)
    socket_dir.rmdir()


def test_the_log_holds_no_statement_parameter_or_row(data_dir: Path) -> None:
    server = embedded.start(data_dir, settings=FAST)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE ballots (score int CHECK (score < 11), comment text UNIQUE)")
        for query, arguments in (
            ("INSERT INTO ballots VALUES (99, %s)", ["canary"]),
            ("SELECT %s::text::int", ["canary"]),
            ("SELECT canary FROM ballots", None),
            ("DO $$ BEGIN RAISE 'canary'; END $$", None),
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(query, arguments)
    server.stop()

    log = server.log_path.read_text()
    assert "database system is ready" in log
    assert "canary" not in log
    assert "ballots" not in log


def test_data_of_another_major_version_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(data_dir / "postgres", embedded._account(data_dir / "none").pw_uid, -1)
    (data_dir / "postgres" / "PG_VERSION").write_text("16\n")

    with pytest.raises(embedded.EmbeddedError, match="made by PostgreSQL 16, this is 18"):
        embedded.start(data_dir)
    shutil.rmtree(data_dir)


def test_a_directory_that_cannot_be_used_is_a_sentence(data_dir: Path) -> None:
    data_dir.write_text("a file")

    with pytest.raises(embedded.EmbeddedError, match="CONCLAVE_DATA_DIR"):
        embedded.start(data_dir)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


@as_root
def test_as_root_a_parent_that_the_server_may_not_pass_is_named(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(parents=True, mode=0o700)

    with pytest.raises(embedded.EmbeddedError, match=f"may not pass {closed}.*CONCLAVE_DATA_DIR"):
        embedded.start(closed / "data")

    assert closed.stat().st_mode & 0o777 == 0o700, "nobody's home is opened"
    assert not (closed / "data").exists()


@as_root
def test_as_root_with_a_closed_home_the_default_is_below_var_lib(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(data_dir))
    assert embedded.default_data_dir() == Path("/var/lib/conclave")

    data_dir.chmod(0o755)
    assert embedded.default_data_dir() == data_dir / ".local" / "share" / "conclave"


@as_root
def test_as_root_programs_below_a_closed_directory_are_copied(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout in root's home has its virtual environment there."""
    monkeypatch.setattr(embedded, "_closed_parent", closed_if("site-packages", embedded._closed_parent))

    server = embedded.start(data_dir, settings=FAST)

    assert is_up(server)
    command = Path(f"/proc/{postmaster(server)}/cmdline").read_text().split("\0")[0]
    assert command.startswith(str(data_dir / "programs-"))
    server.stop()
    again = time.monotonic()
    embedded.start(data_dir, settings=FAST).stop()
    assert time.monotonic() - again < 5


def closed_if(part: str, otherwise: Callable[..., Path | None]) -> Callable[..., Path | None]:
    def closed_parent(path: Path, *, uid: int | None) -> Path | None:
        return path.parent if part in path.parts else otherwise(path, uid=uid)

    return closed_parent
