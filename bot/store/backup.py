"""Writing a backup: all that the database holds, from one snapshot, but for the ballots of open rounds. Blocks.

The file is a zip archive that can be read without Conclave: `manifest.json`, and for each table `tables/<name>.copy`,
its rows as COPY writes them (text). They are in the order of the primary key: the order on disk would tell in which
order people submitted. Rows go from the server into the file and lie nowhere in between.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from bot.domain.backup import PASSING, Contents, Manifest
from bot.errors import StartError
from bot.store.connection import conninfo
from bot.store.tables import metadata

MANIFEST = "manifest.json"
_OURS = {*metadata.tables, "ballot_pages", "evaluations", "sealed_cells"}
_NOT_ALLOWED = "42501"

# Of `evaluations` what lies sealed. A round that is closed and not published is as open as any: its ballots bear names.
_WITHOUT_OPEN_BALLOTS: dict[str, LiteralString] = {
    "ballot_pages": "false",
    "evaluations": """
        decision_id NOT IN (SELECT decision_id FROM rounds WHERE published_at IS NULL AND voided_at IS NULL)""",
}

# Generated columns are made anew. A table without a primary key is ordered by its rows as text.
_TABLES = """
    SELECT c.relname,
        ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
              ORDER BY a.attnum),
        ARRAY(SELECT a.attname::text FROM pg_index i
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
              WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)),
        ARRAY(SELECT DISTINCT p.relname::text FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid
              WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid)
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
    ORDER BY c.relname
"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


@dataclass(frozen=True)
class TableOf:
    """A table of the database as it is backed up."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


def place(table: str) -> str:
    """Of a table's rows in the archive."""
    return f"tables/{table}.copy"


def tables(connection: psycopg.Connection[Any]) -> list[TableOf]:
    """All of ours; a table stands behind those that it refers to. Somebody else's beside them are not looked at."""
    rows = [row for row in connection.execute(_TABLES).fetchall() if row[0] in _OURS]
    found = {name: TableOf(name, tuple(columns), tuple(key)) for name, columns, key, _ in rows}
    order = TopologicalSorter({name: before for name, _, _, before in rows}).static_order()
    return [found[name] for name in order]


def write(url: str, file: Path, *, keys: tuple[str, ...], with_open_ballots: bool, name: str) -> Manifest:
    """Back the database up into a new file, which only this account may read. Blocks.

    keys: fingerprints of those that tokens are encrypted with. name: the variable with the URL, for sentences.
    Raises StartError; then there is no file.
    """
    with _new_file(file) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, told_of_table() as at:
        with psycopg.connect(conninfo(url, name=name)) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Where a policy hides rows from this login, that is an error and not a smaller backup.
            connection.execute("SET LOCAL row_security = off")
            ((made_at, revision),) = connection.execute("SELECT now(), version_num FROM alembic_version").fetchall()
            contents: dict[str, Contents] = {}
            for table in tables(connection):
                at[0] = table.name
                contents[table.name] = _copy(connection, table, archive, with_open_ballots=with_open_ballots)
            sequences: dict[str, int] = dict(connection.execute(_SEQUENCES).fetchall())
        found = Manifest(made_at, version("conclave"), revision, keys, with_open_ballots, contents, sequences)
        archive.writestr(MANIFEST, json.dumps(found.to_json(), indent=1))
    return found


def _copy(
    connection: psycopg.Connection[Any], table: TableOf, archive: zipfile.ZipFile, *, with_open_ballots: bool
) -> Contents:
    digest, rows = hashlib.sha256(), 0
    query = _query(table, with_open_ballots=with_open_ballots)
    with archive.open(place(table.name), "w", force_zip64=True) as member, connection.cursor().copy(query) as copied:
        for chunk in copied:
            digest.update(chunk)
            rows += bytes(chunk).count(b"\n")  # COPY writes those within a value as \n
            member.write(chunk)
    return Contents(table.columns, rows, digest.hexdigest())


def _query(table: TableOf, *, with_open_ballots: bool) -> sql.Composed:
    kept: LiteralString = "false" if table.name in PASSING else "true"
    if not with_open_ballots:
        kept = _WITHOUT_OPEN_BALLOTS.get(table.name, kept)
    order = sql.SQL(", ").join(map(sql.Identifier, table.key)) if table.key else sql.SQL("t::text")
    return sql.SQL("COPY (SELECT {} FROM {} AS t WHERE {} ORDER BY {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, table.columns)), sql.Identifier(table.name), sql.SQL(kept), order
    )


@contextmanager
def _new_file(file: Path) -> Iterator[Any]:
    """Opened for writing; removed again where that fails."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise StartError(f"{file} exists already. Name another file, or remove that one.") from None
    except OSError as error:
        raise StartError(f"{file} cannot be written ({error.strerror}).") from None
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
    except BaseException as error:
        file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StartError(f"{file} cannot be written ({error.strerror}).") from None
        raise


@contextmanager
def told_of_table() -> Iterator[list[str]]:
    """What PostgreSQL refuses, with the table alone: its own words quote rows."""
    at = [""]
    try:
        yield at
    except psycopg.Error as error:
        if error.sqlstate == _NOT_ALLOWED:
            raise StartError(
                f"This user may not read the table {at[0]}. Set MIGRATION_DATABASE_URL to the owner's, which migrates."
            ) from None
        where = at[0] or "the start"
        words = f"The database broke off at {where} (SQLSTATE {error.sqlstate}). Nothing was changed."
        raise StartError(words) from None
