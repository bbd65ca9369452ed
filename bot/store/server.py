"""What the product needs of a PostgreSQL server, whoever set it up, and what it means when one refuses a connection.

Every sentence names the setting and the remedy. Blocks: it is asked before anything is served.
"""

from dataclasses import dataclass

import psycopg
from psycopg.rows import namedtuple_row

from bot.errors import StartError
from bot.store.connection import SETTINGS, conninfo, is_pooled, settings_by_statement
from bot.store.tables import metadata

OLDEST_MAJOR = 15

# A part of what the server or libpq says, in lower case, and what the operator is told; the first that fits counts.
# What fits none, for example in another language, is told in the server's own words.
_MEANINGS = (
    ("password authentication failed", "The database refuses this user or this password. Check both in {name}."),
    ("no password supplied", "The database asks for a password, and {name} has none."),
    ("authentication failed", "The database does not let this user in (pg_hba.conf of the server). Check {name}."),
    ("pg_hba.conf", "The server's pg_hba.conf lets this user in from here not. Add a line there, or check {name}."),
    ("unsupported startup parameter", "A pooler refuses the settings that Conclave needs. Connect to PostgreSQL itself "
        "in {name}, let the pooler pass them on, or, where it is in transaction mode, add ?pooler=transaction."),
    ("too many clients", "The server has no connection left. Raise its max_connections, or run fewer processes."),
    ("connection slots", "The server has no connection left. Raise its max_connections, or run fewer processes."),
    ("too many connections", "This user or database has no connection left. Raise its CONNECTION LIMIT, or run fewer "
        "processes."),
    ("no such user", "The pooler knows no such user. Check {name}, and the pooler's auth_file."),
    ("no such database", "The pooler knows no such database. Check {name}, and [databases] of the pooler."),
    ("read-only", "The database takes no writes: every host in {name} is a standby or read-only. Name the primary."),
    ("not accept connections", "The database takes no connections: the server or ALLOW_CONNECTIONS says so."),
    ("starting up", "The database is starting up. Try again in a moment."),
    ("shutting down", "The database is shutting down. Start it, and try again."),
    ("resolve host", "No host of this name is known. Check {name}."),
    ("translate host", "No host of this name is known. Check {name}."),
    ("connection refused", "The database does not answer: nobody listens there. Start it, or check host and port in "
        "{name}."),
    ("no such file", "The database does not answer: there is no such socket. Start it, or check the host in {name}."),
    ("ssl", "The server and {name} do not agree about SSL. Check its sslmode."),
)  # fmt: skip


def told_of_refusal(error: psycopg.Error, *, name: str) -> str:
    """Why no connection came about, for an operator. name: the variable that holds the URL."""
    said = str(error).lower()
    if 'database "' in said and "does not exist" in said:
        return f"There is no such database. Create it with ENCODING 'UTF8', or check its name in {name}."
    if 'role "' in said and "does not exist" in said:
        return f"There is no such user. Create it with CREATE ROLE ... LOGIN, or check its name in {name}."
    meaning = next((words for part, words in _MEANINGS if part in said), None)
    if meaning:
        return meaning.format(name=name)
    reason = str(error).strip().splitlines()[0].removeprefix("connection failed: ")
    return f"The database does not answer ({reason}). Check {name}."


_STANDING = """
    SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_version') AS version,
        current_setting('server_encoding') AS encoding, current_setting('client_encoding') AS client_encoding,
        current_setting('transaction_read_only') = 'on' AS is_read_only, pg_is_in_recovery() AS is_standby,
        lower('ABCDEFGHIJKLMNOPQRSTUVWXYZ') = 'abcdefghijklmnopqrstuvwxyz' AS has_plain_letters,
        (SELECT min(relname) FROM pg_class WHERE relnamespace = to_regnamespace('public') AND relkind = 'r'
            AND relname = ANY(%(tables)s) AND NOT pg_table_is_visible(oid)) AS hidden,
        current_setting('search_path') AS search_path,
        (SELECT array_agg(key ORDER BY key) FROM jsonb_each_text(%(settings)s)
            WHERE replace(current_setting(key), ' ', '') <> replace(value, ' ', '')) AS lost,
        quote_ident(current_user) AS login
"""


@dataclass(frozen=True)
class _Standing:
    """The row of `_STANDING`."""

    major: int
    version: str
    encoding: str
    client_encoding: str
    is_read_only: bool
    is_standby: bool
    has_plain_letters: bool
    hidden: str | None
    search_path: str
    lost: list[str] | None
    login: str


def _default(login: str, name: str) -> str:
    return f"ALTER ROLE {login} SET {name} = '{SETTINGS[name]}';"


def check(url: str, *, name: str = "DATABASE_URL") -> None:
    """Raise StartError where no connection comes about, or the server is not fit. name: the variable with the URL."""
    try:
        with psycopg.connect(conninfo(url, name=name), autocommit=True, prepare_threshold=None) as connection:
            if is_pooled(url):
                connection.execute(settings_by_statement())
            unfit = _unfit(_read(connection), is_pooled=is_pooled(url))
    except psycopg.Error as error:
        raise StartError(told_of_refusal(error, name=name)) from error
    if unfit:
        raise StartError(" ".join(unfit))


def _read(connection: "psycopg.Connection[tuple[object, ...]]") -> _Standing:
    asked = {"tables": list(metadata.tables), "settings": psycopg.types.json.Jsonb(SETTINGS)}
    row = connection.cursor(row_factory=namedtuple_row).execute(_STANDING, asked).fetchone()
    assert row is not None
    return _Standing(**row._asdict())


def _unfit(found: _Standing, *, is_pooled: bool) -> list[str]:
    """A sentence for each thing that is not as it has to be."""
    state = "a standby" if found.is_standby else "read-only (default_transaction_read_only = on)"
    findings = (
        (
            found.major < OLDEST_MAJOR,
            f"The server is PostgreSQL {found.version}; {OLDEST_MAJOR} or newer is needed. Upgrade it.",
        ),
        (
            found.encoding != "UTF8",
            f"The database's encoding is {found.encoding}, in which emoji and many names cannot be stored. Make a new "
            "one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.",
        ),
        (
            found.client_encoding != "UTF8",
            f"The connection's client_encoding is {found.client_encoding}. Leave it out of the URL, or set it to UTF8.",
        ),
        (
            found.is_read_only,
            f"The database takes no writes: it is {state}. Name the primary, or let this user write.",
        ),
        (
            not found.has_plain_letters,
            "The database's collation makes other letters of an address small (lower('I') is not 'i'). Make a new one "
            "with CREATE DATABASE ... LOCALE_PROVIDER libc LOCALE 'C.UTF-8' TEMPLATE template0.",
        ),
        (
            found.hidden is not None,
            f"The table {found.hidden} is not found in the schema public: search_path is {found.search_path}. Set it "
            "with ALTER ROLE ... SET search_path = public.",
        ),
        (
            bool(found.lost) and not is_pooled,
            f"Settings that Conclave asks for do not arrive ({', '.join(found.lost or ())}): a pooler drops them. "
            "Connect to PostgreSQL itself, or let the pooler pass options on.",
        ),
        (
            bool(found.lost) and is_pooled,
            "The server's defaults are not what Conclave needs, and a pooler in transaction mode keeps no others. As "
            f"somebody who may: {' '.join(_default(found.login, name) for name in found.lost or ())}",
        ),
    )
    return [sentence for is_so, sentence in findings if is_so]
