"""PostgreSQL as strangers have it: what a start, a migration and the doctor say before anything is served."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from bot import preflight
from bot.errors import StartError
from bot.store import db, schema, server
from bot.store.connection import parameters
from tests.conftest import SERVICE, UrlOf


def refusal(url: str) -> str:
    """What a start says of this database."""
    with pytest.raises(StartError) as caught:
        asyncio.run(preflight.check_schema(url))
    return str(caught.value)


def conclave(url: str, *words: str, **more: str) -> tuple[int, str]:
    """Run the command as an operator would; returns its exit code and what it printed."""
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "HOME": "/nonexistent", **more}
    command = [sys.executable, "-m", "bot", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@contextmanager
def refusing(words: str) -> Iterator[str]:
    """A server that answers whoever connects with FATAL and these words; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fields = b"SFATAL\0C08P01\0M" + words.encode() + b"\0\0"
        answer = b"E" + (len(fields) + 4).to_bytes(4, "big") + fields

        def refuse() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)

        thread = threading.Thread(target=refuse)
        thread.start()
        yield f"postgresql://u:zqsecret@127.0.0.1:{listener.getsockname()[1]}/d?sslmode=disable&gssencmode=disable"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ('password authentication failed for user "u"', "refuses this user or this password"),
        ("SASL authentication failed", "does not let this user in"),
        ('no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", no encryption', "pg_hba.conf lets"),
        ('database "d" does not exist', "There is no such database. Create it"),
        ('role "u" does not exist', "There is no such user. Create it"),
        ("unsupported startup parameter: options", "A pooler refuses the settings"),
        ("unsupported startup parameter in options: timezone", "A pooler refuses the settings"),
        ("no such user: u", "The pooler knows no such user"),
        ("no such database: d", "The pooler knows no such database"),
        ("sorry, too many clients already", "Raise its max_connections"),
        ("remaining connection slots are reserved for roles with the SUPERUSER attribute", "Raise its max_connections"),
        ('too many connections for role "u"', "Raise its CONNECTION LIMIT"),
        ("the database system is starting up", "is starting up"),
        ("Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen", "fehlgeschlagen"),
    ],
)
def test_a_refused_connection_says_what_to_mend(words: str, meaning: str) -> None:
    with refusing(words) as url:
        said = refusal(url)
    assert meaning in said
    assert "zqsecret" not in said


def test_a_port_where_nobody_listens_and_a_host_that_is_unknown_are_two_sentences() -> None:
    assert "nobody listens there" in refusal("postgresql://u@127.0.0.1:1/d")
    assert "No host of this name" in refusal("postgresql://u@nowhere.invalid/d")
    assert "no such socket" in refusal("postgresql://u@/d?host=/nowhere")


@contextmanager
def made(url_of: UrlOf, how: str) -> Iterator[str]:
    """A new database, made so."""
    name = f"conclave_test_{uuid4().hex}"
    with psycopg.connect(url_of("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL(f"CREATE DATABASE {{}} TEMPLATE template0 {how}").format(sql.Identifier(name)))
        try:
            yield url_of(name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize(
    ("how", "meaning"),
    [
        ("ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc", "encoding is LATIN1"),
        ("ENCODING 'SQL_ASCII' LOCALE 'C' LOCALE_PROVIDER libc", "encoding is SQL_ASCII"),
    ],
)
def test_a_database_that_cannot_hold_what_people_write_is_refused(url_of: UrlOf, how: str, meaning: str) -> None:
    with made(url_of, how) as url:
        assert meaning in refusal(url)
        with pytest.raises(StartError, match="CREATE DATABASE"):
            preflight.migrate(url, name="DATABASE_URL")
        assert schema.current(url) is None


def test_a_collation_in_which_addresses_become_others_is_refused(database_url: str) -> None:
    # As Turkish does; the server of the tests is built without ICU.
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "CREATE SCHEMA turkish; CREATE FUNCTION turkish.lower(text) RETURNS text LANGUAGE sql AS "
            "$$ SELECT translate(pg_catalog.lower($1), 'i', U&'\\0131') $$"
        )
    set_default(database_url, "search_path = turkish, pg_catalog, public")
    assert "collation makes other letters" in refusal(database_url)


def test_too_old_a_server_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "OLDEST_MAJOR", 99)
    assert "99 or newer is needed" in refusal(database_url)


def set_default(url: str, setting: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        name = sql.Identifier(str(make_url(url).database))
        admin.execute(sql.SQL(f"ALTER DATABASE {{}} SET {setting}").format(name))


def test_a_database_that_takes_no_writes_is_refused(database_url: str) -> None:
    set_default(database_url, "default_transaction_read_only = on")
    assert "read-only (default_transaction_read_only = on)" in refusal(database_url)


def test_tables_that_a_search_path_hides_are_refused(database_url: str, service_database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA app; CREATE TABLE app.outbox (id int); GRANT USAGE ON SCHEMA app TO PUBLIC")
    set_default(database_url, "search_path = app, public")
    said = refusal(service_database_url)
    assert "The table outbox is not found in the schema public" in said
    assert "search_path is app, public" in said


def test_a_migration_makes_its_tables_in_public_whatever_the_search_path(db_url_unmigrated: str) -> None:
    with psycopg.connect(db_url_unmigrated, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA app")
    set_default(db_url_unmigrated, "search_path = app, public")
    preflight.migrate(db_url_unmigrated, name="DATABASE_URL")
    with psycopg.connect(db_url_unmigrated) as connection:
        found = connection.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('outbox', 'rounds')")
        assert found.fetchall() == [("public",)]
    asyncio.run(preflight.check_schema(db_url_unmigrated))


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("timezone = 'Asia/Tokyo'", ("TimeZone", "UTC")),
        ("datestyle = 'German'", ("DateStyle", "ISO, MDY")),
        ("intervalstyle = 'iso_8601'", ("IntervalStyle", "postgres")),
        ("default_transaction_isolation = 'serializable'", ("transaction_isolation", "read committed")),
        ("statement_timeout = '1ms'", ("statement_timeout", "0")),
        ("client_encoding = 'LATIN1'", ("client_encoding", "UTF8")),
    ],
)
async def test_every_connection_asks_for_what_it_relies_on(
    database_url: str, setting: str, shown: tuple[str, str]
) -> None:
    set_default(database_url, setting)
    await preflight.check_schema(database_url)
    name, value = shown
    opened = db.connect(database_url)
    try:
        for way in (db.run_tx, db.autocommit):
            found = await way(opened, lambda c: c.exec_driver_sql(f"SHOW {name}"))
            assert found.scalar_one() == value
    finally:
        await opened.close()
    async with db.listening(database_url, "test") as connection:
        assert await (await connection.execute(f"SHOW {name}")).fetchone() == (value,)


def test_settings_that_a_pooler_drops_are_named(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_default(database_url, "datestyle = 'German'")
    found = parameters(database_url)
    monkeypatch.setattr(server, "conninfo", lambda _, name: psycopg.conninfo.make_conninfo(**found | {"options": ""}))
    said = refusal(database_url)
    assert "do not arrive (DateStyle" in said
    assert "a pooler drops them" in said


def test_what_a_pooler_in_transaction_mode_cannot_keep_is_to_be_a_default(
    database_url: str, service_database_url: str
) -> None:
    by_pooler = f"{service_database_url}{'&' if '?' in service_database_url else '?'}pooler=transaction"
    server.check(by_pooler)
    with psycopg.connect(database_url, autocommit=True) as owner:
        name = owner.info.dbname
        owner.execute(sql.SQL("ALTER DATABASE {} SET IntervalStyle = 'iso_8601'").format(sql.Identifier(name)))
        owner.execute(sql.SQL("ALTER DATABASE {} SET TimeZone = 'Asia/Tokyo'").format(sql.Identifier(name)))

    with pytest.raises(StartError) as caught:
        server.check(by_pooler)

    assert f"ALTER ROLE {SERVICE} SET IntervalStyle = 'postgres';" in str(caught.value)
    assert "TimeZone" not in str(caught.value)  # that one it keeps


def test_what_needs_a_session_of_its_own_does_not_go_through_a_pooler(database_url: str) -> None:
    by_pooler = f"{database_url}{'&' if '?' in database_url else '?'}pooler=transaction"
    with pytest.raises(StartError, match="Set DIRECT_DATABASE_URL to the PostgreSQL server itself"):
        preflight.check_direct(by_pooler)

    code, said = conclave(by_pooler, "migrate")

    assert (code, "Set MIGRATION_DATABASE_URL to the PostgreSQL server itself" in said) == (1, True)
    assert conclave(by_pooler, "migrate", DIRECT_DATABASE_URL=database_url)[0] == 0


def test_a_newer_schema_is_named_as_such_and_nothing_is_migrated(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    assert "from_the_future, of a newer version" in refusal(database_url)
    code, said = conclave(database_url, "migrate")
    assert code == 1
    assert "Install the newer version again" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("is_empty", [True, False])
def test_the_services_login_cannot_migrate_and_is_told_who_can(
    db_url_unmigrated: str, is_empty: bool, template: str
) -> None:
    if not is_empty:
        schema.upgrade(db_url_unmigrated, "given_schema")
    url = make_url(db_url_unmigrated).set(username=SERVICE).render_as_string(hide_password=False)
    with psycopg.connect(db_url_unmigrated, autocommit=True) as admin:
        admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    code, said = conclave(url, "migrate")
    assert code == 1
    assert "MIGRATION_DATABASE_URL set to their owner's" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("words", [("verify", "1"), ("export",), ("outbox", "list"), ("outbox", "retry"), ("doctor",)])
def test_an_empty_database_is_a_sentence_for_every_command(db_url_unmigrated: str, words: tuple[str, ...]) -> None:
    code, said = conclave(db_url_unmigrated, *words)
    assert code == 1
    assert "schema is empty" in said
    assert "Run: conclave migrate" in said
    assert "Traceback" not in said


def test_a_table_in_use_is_no_database_that_does_not_answer(db_url_unmigrated: str) -> None:
    schema.upgrade(db_url_unmigrated, "given_schema")
    with psycopg.connect(db_url_unmigrated) as somebody:
        somebody.execute("SELECT count(*) FROM teams")
        with pytest.raises(StartError, match="Somebody holds a table"):
            preflight.migrate(db_url_unmigrated, name="DATABASE_URL")


@pytest.mark.parametrize(
    ("more", "meaning"),
    [
        ({"PORT": "abc"}, "PORT has to be a whole number from 0 to 65535."),
        ({"PORT": "70000"}, "PORT has to be a whole number from 0 to 65535."),
        ({"CONCLAVE_TICK_SECONDS": "often"}, "CONCLAVE_TICK_SECONDS has to be a number of seconds above 0"),
        ({"CONCLAVE_LOG_LEVEL": "loud"}, "CONCLAVE_LOG_LEVEL has to be DEBUG, INFO, WARNING or ERROR."),
        ({"DATABASE_URL": "mysql://u:zqsecret@h/d"}, "DATABASE_URL has to start with postgresql://"),
        ({"DATABASE_URL": "postgresql://u:zqsecret@h:abc/d"}, "DATABASE_URL has to have a number from 1 to 65535"),
        ({"DATABASE_URL": "postgresql://u:zqsecret@h:0/d"}, "DATABASE_URL has to have a number from 1 to 65535"),
        ({"CONCLAVE_EMAIL_URL": "garbage"}, "CONCLAVE_EMAIL_URL is no URL that apprise knows. Write one like mailtos"),
        ({"CONCLAVE_SMS_URL": "nothing://zqsecret"}, "CONCLAVE_SMS_URL is no URL that apprise knows. Write one like"),
    ],
)
def test_a_variable_that_cannot_be_read_is_a_sentence_of_its_own(more: dict[str, str], meaning: str) -> None:
    known = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "DATABASE_URL": "postgresql://u@127.0.0.1:1/d"}
    code, said = conclave("", "run", **known | more)
    assert code == 1
    assert meaning in said
    for bad in ("Traceback", "zqsecret"):
        assert bad not in said


def test_the_variable_of_a_migration_is_the_one_that_is_named() -> None:
    code, said = conclave("postgresql://u@h/d", "migrate", MIGRATION_DATABASE_URL="mysql://u@h/d")
    assert (code, said) == (1, "MIGRATION_DATABASE_URL has to start with postgresql:// or postgres://\n")


def test_a_port_in_use_is_a_sentence(database_url: str) -> None:
    known = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": "http://127.0.0.1:1/api/"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = conclave(database_url, "web", PORT=port, CONCLAVE_HOST="127.0.0.1", **known)
    assert code == 1
    assert f"Port {port} cannot be used (Address already in use). Set PORT to another one." in said
    assert "Traceback" not in said


def test_an_address_of_another_machine_is_a_sentence(database_url: str) -> None:
    known = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": "http://127.0.0.1:1/api/"}
    for host in ("192.0.2.1", "nowhere.invalid"):
        code, said = conclave(database_url, "web", PORT="0", CONCLAVE_HOST=host, **known)
        assert code == 1
        assert f"CONCLAVE_HOST {host} is no address of this machine" in said
