"""Fixtures for everybody. A test gets a database of its own: a clone of one migrated template."""

import fcntl
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from bot import embedded
from bot.store import schema, vault

# --- Databases ------------------------------------------------------------------------------------------
# One PostgreSQL for the run and all xdist workers: the embedded one, or that of TEST_DATABASE_URL (any >= 15
# with a login that may create databases).

EXTERNAL_URL = os.environ.get("TEST_DATABASE_URL")
EXTERNAL_TEMPLATE = os.environ.get("TEST_TEMPLATE_DATABASE")
"""The name of a migrated, empty database there, for hundreds of short runs (tests/mutants): making one takes as long as
a test."""
RUN_DIR = pytest.StashKey[Path]()
ALIVE = pytest.StashKey[IO[str]]()
# Nobody misses a test's data after a power cut.
IN_A_HURRY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
}

SERVICE = "conclave_test_service"
"""The login that the bot has in tests: one that may no more than a real installation's."""

UrlOf = Callable[[str], str]
"""The name of a database -> its URL on the run's server."""


GC_THRESHOLDS = (20_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The collector of garbage leaves alone what lives as long as the run, modules and tests, and looks less often at
    the rest: with Python's own thresholds it takes a sixth of the inner loop, and a third while tests are collected."""
    gc.disable()
    found = yield
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()
    return found


def pytest_configure(config: pytest.Config) -> None:
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker:
        config.stash[RUN_DIR] = Path(worker["run_dir"])
        return
    # Not below pytest's own directory: that one is private, and as root the server runs as another user.
    run_dir = Path(tempfile.mkdtemp(prefix="conclave-tests-", dir=_memory()))
    run_dir.chmod(0o755)
    config.stash[RUN_DIR], config.stash[ALIVE] = run_dir, _mark_alive(run_dir)
    _sweep(run_dir)


def _memory() -> str | None:
    """A directory in memory, if there is one with room (containers: 64 MB): clones take 20 ms, not 400."""
    shm = Path("/dev/shm")
    is_roomy = shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2 * 2**30
    return str(shm) if is_roomy else None


def _mark_alive(run_dir: Path) -> IO[str]:
    mark = open(run_dir / "alive.new", "w")  # noqa: SIM115 - locked as long as this process lives
    fcntl.flock(mark, fcntl.LOCK_EX)
    (run_dir / "alive.new").rename(run_dir / "alive")
    return mark


def _sweep(run_dir: Path) -> None:
    """Remove what killed runs left: a server and 80 MB each."""
    for old in run_dir.parent.glob("conclave-tests-*/alive"):
        with suppress(OSError), open(old, "r+") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(old.parent)


def _remove(run_dir: Path) -> None:
    if (run_dir / "postgres" / "postgres").exists():
        embedded.start(run_dir / "postgres").stop()  # whoever was killed could not stop it
    shutil.rmtree(run_dir)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_dir"] = str(node.config.stash[RUN_DIR])


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or RUN_DIR not in config.stash:
        return
    run_dir = config.stash[RUN_DIR]
    if EXTERNAL_URL and (run_dir / "template").exists():
        _drop_database(EXTERNAL_URL, (run_dir / "template").read_text())
    _remove(run_dir)
    config.stash[ALIVE].close()


@pytest.fixture(scope="session")
def run_dir(request: pytest.FixtureRequest) -> Path:
    """A directory of this run, the same for all xdist workers, that a server of another user may pass."""
    return request.config.stash[RUN_DIR]


@pytest.fixture(scope="session")
def url_of(run_dir: Path) -> Iterator[UrlOf]:
    """The run's PostgreSQL server."""
    if EXTERNAL_URL:
        url = make_url(EXTERNAL_URL).set(drivername="postgresql")
        yield lambda name: url.set(database=name).render_as_string(hide_password=False)
        return
    server = embedded.start(run_dir / "postgres", settings=IN_A_HURRY)
    yield server.url_of
    server.stop()


@pytest.fixture(scope="session")
def template(run_dir: Path, url_of: UrlOf) -> str:
    """The name of a migrated, empty database; whichever worker comes first makes it."""
    if EXTERNAL_TEMPLATE:
        return EXTERNAL_TEMPLATE
    made = run_dir / "template"
    with open(made.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            made.write_text(new_template(url_of))
    return made.read_text()


def new_template(url_of: UrlOf) -> str:
    name = f"conclave_template_{uuid4().hex}"
    _create_database(url_of("postgres"), name)
    schema.upgrade(url_of(name))
    vault.admit(url_of(name), service_url(url_of(name)), is_new=True)
    _let_in_by_password(url_of(name))
    return name


def service_url(url: str) -> str:
    """The same database for the service's login."""
    return make_url(url).set(username=SERVICE).render_as_string(hide_password=False)


def _let_in_by_password(url: str) -> None:
    """A server of one's own may ask for passwords: the service's is that of the tests' login."""
    password = make_url(url).password
    if password:
        with psycopg.connect(url, autocommit=True) as admin:
            command = sql.SQL("ALTER ROLE {} PASSWORD {}")
            admin.execute(command.format(sql.Identifier(SERVICE), sql.Literal(str(password))))


@pytest.fixture
def database_url(url_of: UrlOf, template: str) -> Iterator[str]:
    """A migrated, empty database for this test alone: `postgresql://...`."""
    with _database(url_of, template=template) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database_url(url_of: UrlOf, template: str) -> Iterator[str]:
    """The same for all tests of a file, which keep out of each other's way."""
    with _database(url_of, template=template) as url:
        yield url


@pytest.fixture(scope="session")
def fresh_database(url_of: UrlOf, template: str) -> Callable[[], AbstractContextManager[str]]:
    """As many migrated, empty databases as a test asks for."""
    return lambda: _database(url_of, template=template)


@pytest.fixture
def db_url_unmigrated(url_of: UrlOf) -> Iterator[str]:
    """A database without any table, for this test alone."""
    with _database(url_of, template="template1") as url:
        yield url


@pytest.fixture
def service_database_url(database_url: str) -> str:
    """The same database for the login of the service, for tests that start the bot themselves."""
    return service_url(database_url)


@contextmanager
def _database(url_of: UrlOf, *, template: str) -> Iterator[str]:
    name = f"conclave_test_{uuid4().hex}"
    _create_database(url_of("postgres"), name, template=template)
    yield url_of(name)
    _drop_database(url_of("postgres"), name)


def _create_database(admin_url: str, name: str, *, template: str = "template1") -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        admin.execute(command.format(sql.Identifier(name), sql.Identifier(template)))


def _drop_database(admin_url: str, name: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


# --- End of databases -----------------------------------------------------------------------------------
