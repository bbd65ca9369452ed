"""Logins as operators make them: two, two with roles made beforehand, one for everything. See docs/secrecy.md."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from bot import embedded
from bot.cli import operations, safekeeping
from bot.config import Settings
from bot.store import schema
from tests.support.vault import Vault


@pytest.fixture
def server(run_dir: Path) -> Iterator[embedded.EmbeddedServer]:
    """A server of its own: roles belong to a whole server, and here nobody has made any."""
    place = run_dir / f"roles-{uuid4().hex[:8]}"
    started = embedded.start(place, settings={"fsync": "off", "full_page_writes": "off"})
    yield started
    started.stop()
    shutil.rmtree(place)


def ask(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def settings(server: embedded.EmbeddedServer, *, owner: str, service: str, database: str = "ours") -> Settings:
    return Settings(
        _env_file=None,
        migration_database_url=server.url_of(database, login=owner),
        database_url=server.url_of(database, login=service),
    )


async def secrecy(given: Settings) -> str:
    found = {f.subject: f.words for f in await operations.examine(given)}
    assert "secrecy" in found, found
    return found["secrecy"]


CLOSED = "the service's login reaches ballots through the vault's functions only"


async def test_an_owner_who_may_make_roles_closes_the_vault(server: embedded.EmbeddedServer) -> None:
    ask(
        server.url,
        "CREATE ROLE conclave_owner LOGIN CREATEROLE",
        "CREATE ROLE conclave_service LOGIN",
        "CREATE DATABASE ours OWNER conclave_owner",
    )
    given = settings(server, owner="conclave_owner", service="conclave_service")

    assert operations.migrate(given) == schema.head()

    assert await secrecy(given) == CLOSED
    assert operations.migrate(given) == schema.head(), "safe to repeat"


async def test_roles_that_somebody_else_made_will_do(server: embedded.EmbeddedServer) -> None:
    ask(
        server.url,
        "CREATE ROLE conclave_owner LOGIN",
        "CREATE ROLE conclave_service LOGIN",
        "CREATE ROLE conclave_vault NOLOGIN",
        "CREATE ROLE conclave_bot NOLOGIN",
        "GRANT conclave_vault TO conclave_owner",
        "GRANT conclave_bot TO conclave_owner WITH ADMIN OPTION",
        "CREATE DATABASE ours OWNER conclave_owner",
    )
    given = settings(server, owner="conclave_owner", service="conclave_service")

    operations.migrate(given)

    assert await secrecy(given) == CLOSED


async def test_one_login_for_everything_works_and_is_told_what_holds(server: embedded.EmbeddedServer) -> None:
    ask(server.url, "CREATE ROLE everything LOGIN", "CREATE DATABASE ours OWNER everything")
    given = settings(server, owner="everything", service="everything")

    assert operations.migrate(given) == schema.head()

    told = await secrecy(given)
    assert "the role conclave_vault does not own them" in told
    assert "may read the tables of ballots" in told


async def test_roles_made_later_are_used_by_the_next_migrate(server: embedded.EmbeddedServer) -> None:
    ask(server.url, "CREATE ROLE everything LOGIN", "CREATE DATABASE ours OWNER everything")
    operations.migrate(settings(server, owner="everything", service="everything"))

    ask(server.url, "CREATE ROLE conclave_service LOGIN", "ALTER ROLE everything CREATEROLE")
    given = settings(server, owner="everything", service="conclave_service")
    operations.migrate(given)

    assert await secrecy(given) == CLOSED


async def test_the_way_back_gives_everything_to_the_migrating_login(server: embedded.EmbeddedServer) -> None:
    ask(server.url, "CREATE ROLE conclave_owner LOGIN CREATEROLE", "CREATE DATABASE ours OWNER conclave_owner")
    url = server.url_of("ours", login="conclave_owner")
    schema.upgrade(url)

    schema.downgrade(url)
    schema.upgrade(url)

    with psycopg.connect(url) as connection:
        owner = connection.execute("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'evaluations'")
        assert owner.fetchone() == ("conclave_vault",)


def test_an_owner_without_further_rights_backs_up_and_restores_what_is_sealed(
    server: embedded.EmbeddedServer, tmp_path: Path
) -> None:
    ask(
        server.url,
        "CREATE ROLE conclave_owner LOGIN CREATEROLE",
        "CREATE ROLE conclave_service LOGIN",
        "CREATE DATABASE ours OWNER conclave_owner",
        "CREATE DATABASE fresh OWNER conclave_owner",
    )
    given = settings(server, owner="conclave_owner", service="conclave_service")
    operations.migrate(given)
    with psycopg.connect(server.url_of("ours", login="conclave_owner"), autocommit=True) as connection:
        vault = Vault(connection, "")
        sealed, still_open = vault.a_round(), vault.a_round()
        vault.score(sealed, [(1, 10), (2, 9)], [(3, 8), (4, 7)], [(5, 6), (6, 5)])
        vault.publish(sealed)
        vault.score(still_open, [(1, 10), (2, 9)])
        vault.do("CREATE TABLE of_somebody_else AS SELECT 1 AS number")
        before = vault.stored(sealed)

    safekeeping.back_up(given, tmp_path / "file", with_open_ballots=False)
    anew = settings(server, owner="conclave_owner", service="conclave_service", database="fresh")
    told = safekeeping.restore(anew, tmp_path / "file")

    assert "Left out of it: 1 ballot," in told
    with psycopg.connect(server.url_of("fresh", login="conclave_owner"), autocommit=True) as connection:
        vault = Vault(connection, "")
        assert vault.stored(sealed) == before
        assert vault.order(sealed) == "sealed"
        assert vault.stored(still_open) == []
        assert (
            vault.value("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'evaluations'")
            == "conclave_vault"
        )
    with (
        psycopg.connect(server.url_of("fresh", login="conclave_service")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT FROM evaluations")


async def test_the_embedded_database_has_a_login_for_the_service(
    tmp_path_factory: pytest.TempPathFactory, run_dir: Path
) -> None:
    place = run_dir / f"embedded-{uuid4().hex[:8]}"
    given = Settings(_env_file=None, CONCLAVE_DATA_DIR=place)
    try:
        assert operations.migrate(given) == schema.head()
        assert await secrecy(given) == CLOSED
        with operations.database(given) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("conclave",)
    finally:
        shutil.rmtree(place)
