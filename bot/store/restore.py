"""Reading a backup (bot/store/backup.py) back into an empty database, in one transaction. Blocks.

Afterwards nothing is said twice that may have been said since the backup: what was on its way counts as sent, and
everybody as reminded just now. Where ballots are missing, their rounds are open again. Errors name a table, no row.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from bot.domain import deadline
from bot.domain.backup import FORMAT, LOST, Contents, Manifest
from bot.domain.preference import Preferences, zone_of
from bot.errors import StartError
from bot.store import backup
from bot.store.connection import conninfo

_CHUNK = 1 << 20
_DAMAGED = "{} is no backup of Conclave, or damaged. Nothing was restored. Use another one."

_Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Restored:
    """What was not simply put back."""

    lost: int
    """Ballots that have to be given again."""
    reopened: int
    """Rounds that were closed, and take ballots again."""
    postponed: int
    """Rounds that have a new closing time."""


def read_manifest(file: Path) -> Manifest:
    """Read the whole file once, and find it as it was written. Raises StartError."""
    try:
        with zipfile.ZipFile(file) as archive:
            body = json.loads(archive.read(backup.MANIFEST))
            if body["format"] != FORMAT:
                raise StartError(f"{file} was written by Conclave {body['version']}: restore it with that version.")
            found = Manifest.from_json(body)
            if all(_digest(archive, name) == contents.sha256 for name, contents in found.tables.items()):
                return found
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, AttributeError):
        pass
    except OSError as error:
        raise StartError(f"{file} cannot be read ({error.strerror}).") from None
    raise StartError(_DAMAGED.format(file))


def _digest(archive: zipfile.ZipFile, table: str) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(archive, table):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(archive: zipfile.ZipFile, table: str) -> Iterator[bytes]:
    with archive.open(backup.place(table)) as member:
        while chunk := member.read(_CHUNK):
            yield chunk


def load(url: str, file: Path, manifest: Manifest, *, name: str) -> Restored:
    """Put it all back, or nothing. manifest: of this file, by `read_manifest`; its schema is the database's.

    name: the variable with the URL, for sentences. Raises StartError.
    """
    with backup.told_of_table() as at, psycopg.connect(conninfo(url, name=name)) as connection:
        found = backup.tables(connection)
        columns = {name: contents.columns for name, contents in manifest.tables.items()}
        if {table.name: {*table.columns} for table in found} != {name: {*its} for name, its in columns.items()}:
            raise StartError(
                "The database has other tables than the backup. Restore into one that conclave migrate made."
            )
        _close_off(connection, found)
        with zipfile.ZipFile(file) as archive:
            for table in found:
                at[0] = table.name
                _copy(connection, table.name, archive, manifest.tables[table.name])
        at[0] = "after the last table"
        for sequence, value in manifest.sequences.items():
            connection.execute("SELECT setval(quote_ident(%s)::regclass, %s)", (sequence, value))
        _open_up(connection, found)
        restored = _settle(connection, has_open_ballots=manifest.holds_open_ballots)
        _replay_erasures(connection)
    # Autovacuum does it too, later.
    with suppress(psycopg.Error), psycopg.connect(conninfo(url, name=name), autocommit=True) as connection:
        connection.execute("ANALYZE")
    return restored


def _close_off(connection: _Connection, found: list[backup.TableOf]) -> None:
    """Nobody writes meanwhile, and no trigger adds what the backup has. Raises StartError where there are rows."""
    for table in found:
        place = sql.Identifier(table.name)
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(place))
        # A worker notes that it looked; whatever else there is, is somebody's.
        is_used = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(place)).fetchone()
        if is_used == (True,) and table.name != "sweep_runs":
            raise StartError(f"The database is in use: {table.name} has rows. Restore into an empty one.")
    connection.execute("DELETE FROM sweep_runs")


def _open_up(connection: _Connection, found: list[backup.TableOf]) -> None:
    for table in found:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table.name)))


def _copy(connection: _Connection, table: str, archive: zipfile.ZipFile, contents: Contents) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, contents.columns))
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor:
        with cursor.copy(query) as copying:
            for chunk in _chunks(archive, table):
                copying.write(chunk)
        if cursor.rowcount != contents.rows:
            raise StartError(
                f"The backup has {contents.rows} rows of {table}, but {cursor.rowcount} came in. Use another one."
            )


# A delivery that was ready or given up is not tried again: it may have got through since. Only publication goes on,
# where the ballots are there.
_SETTLE_OUTBOX = """
    UPDATE outbox SET state = 'done', done_at = now(), token = NULL, last_error = NULL, traceparent = NULL
    WHERE state <> 'done' AND NOT (kind = 'result.publish' AND %(has_open_ballots)s)
"""
# As if everybody had been told just now: each goes on from here at the pace of their decision.
_SETTLE_REMINDERS = """
    UPDATE reminders SET asked = greatest(asked, 1), last_at = now(), next_at = NULL WHERE waiting_since IS NOT NULL
"""
_OPEN = "r.published_at IS NULL AND r.voided_at IS NULL"
# Whoever had scored is asked once more, by a delivery of its own and from then on by nudges.
_LOSE_BALLOTS = f"""
    WITH lost AS (
        UPDATE round_members m SET submitted = false FROM rounds r
        WHERE r.id = m.round_id AND m.submitted AND {_OPEN}
        RETURNING m.round_id, m.member_id, r.decision_id, r.opened_at),
    reminded AS (
        INSERT INTO reminders (decision_id, member_id, kind, waiting_since, asked, last_at)
        SELECT decision_id, member_id, 'score', opened_at, 1, now() FROM lost
        ON CONFLICT (decision_id, member_id, kind) DO UPDATE SET waiting_since = excluded.waiting_since,
            asked = greatest(reminders.asked, 1), last_at = now(), next_at = NULL),
    told AS (
        INSERT INTO outbox (kind, lane, dedupe_key, payload)
        SELECT %(kind)s, format('slack:%%s:lost-%%s', d.workspace_id, l.member_id),
            format('lost:%%s:%%s:%%s', l.round_id, l.member_id, extract(epoch FROM now())),
            jsonb_build_object('decision', l.decision_id, 'round', l.round_id, 'member', l.member_id)
        FROM lost l JOIN customer_decisions d ON d.id = l.decision_id)
    SELECT count(*) FROM lost
"""
# The key of its publication has to be free for the next time that it closes.
_FORGET_PUBLICATION = f"DELETE FROM outbox o USING rounds r WHERE o.dedupe_key = 'publish:' || r.id AND {_OPEN}"
_REOPEN = f"""
    UPDATE rounds r SET closed_at = NULL, closed_by = NULL, closed_xid = NULL, close_cause = NULL, override_by = NULL,
        override_reason = NULL
    WHERE {_OPEN} AND r.closed_at IS NOT NULL RETURNING r.id, r.decision_id
"""
# The number of a transaction means nothing on another server: publication has to find one that is over.
_CLOSE_HERE = f"UPDATE rounds r SET closed_xid = pg_current_xact_id() WHERE {_OPEN} AND r.closed_at IS NOT NULL"
_COLLECTING = f"""
    SELECT r.id, r.decision_id, r.closes_at, d.expected_resolution_date, m.notification_preferences, i.tz, now() AS now
    FROM rounds r JOIN customer_decisions d ON d.id = r.decision_id JOIN team_members m ON m.id = d.created_by
    LEFT JOIN slack_identities i ON i.member_id = m.id AND i.workspace_id = d.workspace_id
    WHERE {_OPEN} AND r.closed_at IS NULL
"""
_POSTPONE = "UPDATE rounds SET closes_at = %(at)s WHERE id = %(id)s"
_EXTENDED = """
    INSERT INTO audit_logs (decision_id, action, details, created_at)
    VALUES (%(decision)s, 'round.extended', %(details)s, timezone('UTC', now()))
"""
_CHANGED = """
    SELECT decision_changed(d.id, false) FROM customer_decisions d LEFT JOIN decision_outcomes o ON o.decision_id = d.id
    WHERE d.status IN ('created', 'team_input', 'evaluating')
        OR d.status = 'resolved' AND (o.recorded_at IS NULL OR o.follow_up_date IS NOT NULL)
    ORDER BY d.id
"""


def _settle(connection: _Connection, *, has_open_ballots: bool) -> Restored:
    connection.execute(_SETTLE_OUTBOX, {"has_open_ballots": has_open_ballots})
    connection.execute(_SETTLE_REMINDERS)
    lost = 0
    reopened: list[Any] = []
    if has_open_ballots:
        connection.execute(_CLOSE_HERE)
    else:
        connection.execute(_FORGET_PUBLICATION)
        ((lost,),) = connection.execute(_LOSE_BALLOTS, {"kind": LOST}).fetchall()
        reopened = connection.execute(_REOPEN).fetchall()
    postponed = _postpone(connection, anew=not has_open_ballots)
    connection.execute(_CHANGED)
    return Restored(lost, len(reopened), postponed)


def _postpone(connection: _Connection, *, anew: bool) -> int:
    """Give a new closing time to rounds whose own is over; anew: to all that would leave less time than a new round."""
    postponed = 0
    rows: list[Any] = connection.cursor(row_factory=namedtuple_row).execute(_COLLECTING).fetchall()
    for row in rows:
        closes_at = _closing_time(row)
        if row.closes_at > row.now and not (anew and row.closes_at < closes_at):
            continue
        connection.execute(_POSTPONE, {"at": closes_at, "id": row.id})
        details = Jsonb({"round": str(row.id), "closes_at": closes_at.isoformat(), "by": "restore"})
        connection.execute(_EXTENDED, {"decision": row.decision_id, "details": details})
        postponed += 1
    return postponed


def _closing_time(row: Any) -> datetime:
    """As it is proposed to whoever starts scoring now."""
    expected = row.expected_resolution_date
    clock = deadline.Clock(Preferences.from_json(row.notification_preferences), zone_of(row.tz))
    return deadline.closes_at(row.now, expected and expected.replace(tzinfo=UTC), clock=clock)


def _replay_erasures(connection: _Connection) -> None:
    """What people had erased stays erased, where the schema knows of erasures."""
    if connection.execute("SELECT to_regprocedure('replay_erasures()')").fetchone() != (None,):
        connection.execute("SELECT replay_erasures()")
