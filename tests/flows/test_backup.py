"""`conclave backup` and `conclave restore`: all comes back but open ballots, whose authors are asked to score again."""

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from bot.demo.techcorp import techcorp
from bot.domain.backup import fingerprints
from bot.store import schema
from tests.support.hours import ALWAYS
from tests.support.house import living
from tests.support.team import Team

COMMENT = "zqcanary what nobody else says"
KEYS = "first-key, second-key"
Rows = list[tuple[Any, ...]]
MOVED = {"outbox", "reminders", "sweep_runs", "homes", "rounds", "round_members", "audit_logs", "customer_decisions"}
"""Tables that a restore changes, or that the bot beside the test goes on writing."""
VAULT = {"evaluations", "ballot_pages"}


async def conclave(database_url: str, *words: str, keys: str = KEYS) -> tuple[int, str]:
    """Run the command as an operator would; returns its exit code and what it printed."""
    env = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "HOME": "/nonexistent",
        "CONCLAVE_TOKEN_KEYS": keys,
    }
    command = [sys.executable, "-m", "bot", *words]
    done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def rows(url: str, query: str, *arguments: object) -> Rows:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query, arguments).fetchall()


def value(url: str, query: str, *arguments: object) -> Any:
    ((found,),) = rows(url, query, *arguments)
    return found


@dataclass
class Past:
    """What a team has done until the backup: decisions by what has become of them."""

    team: Team
    resolved: UUID
    scoring: UUID
    too_few: UUID
    unpublished: UUID
    second: UUID

    @property
    def url(self) -> str:
        return self.team.house.database_url


@pytest.fixture(scope="module")
async def past(_shared_team: Team) -> Past:
    """Made once: the tests only read it."""
    team = _shared_team
    made = [await step(team) for step in (_resolved, _scoring, _too_few, _unpublished, _second)]
    await team.settled()
    round_id = value(team.house.database_url, "SELECT id FROM rounds WHERE decision_id = %s", made[3])
    later = "INSERT INTO outbox (kind, lane, dedupe_key, payload, state, run_at) VALUES (%s, 'x', %s, %s, %s, %s)"
    for kind, key, state in (
        ("result.publish", f"publish:{round_id}", "ready"),
        ("nudge", "nudge:ready", "ready"),
        ("nudge", "nudge:dead", "dead"),
    ):
        tomorrow = team.now + timedelta(days=1)
        await team.change(later, kind, key, json.dumps({"round": str(round_id)}), state, tomorrow)
    token = "INSERT INTO auth_tokens (user_id, token_hash, expires_at) VALUES (%s, 'zqhash', now())"
    await team.change(token, team.actors["lisa"].member.id)
    return Past(team, *made)


async def _resolved(team: Team) -> UUID:
    await team.to_resolved("lisa", "tom", "sarah")
    return team.decision_id


async def _scoring(team: Team) -> UUID:
    await team.to_scoring("lisa", "tom", "sarah")
    await team.ballot("lisa", 7, 3, comment=COMMENT, share=True)
    await team.save_pages("tom")
    return team.decision_id


async def _too_few(team: Team) -> UUID:
    await team.to_scoring("lisa", "tom", "sarah")
    await team.ballot("tom")
    await team.end_round_now()
    await team.tick()
    return team.decision_id


async def _unpublished(team: Team) -> UUID:
    """Closed behind the bot's back, which publishes at once otherwise."""
    await team.to_scoring()
    for name in ("lisa", "tom", "mike"):
        await team.ballot(name)
    await team.change("SELECT close_round(%s, %s)", team.round_id, team.actors["lisa"].member.id)
    return team.decision_id


async def _second(team: Team) -> UUID:
    await team.to_result("lisa", "tom", "sarah")
    opened = "SELECT open_second_round(%s, %s, now() + interval '1 day')"
    await team.change(opened, team.decision_id, team.actors["lisa"].member.id)
    await team.ballot("sarah", 2, 9)
    return team.decision_id


@pytest.fixture(scope="module")
async def file(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    return await backed_up(past.url, tmp_path_factory.mktemp("backup"))


@pytest.fixture
def target(fresh_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    with fresh_database() as url:
        yield url


async def backed_up(url: str, place: Path, *options: str) -> Path:
    file = place / "conclave.backup"
    code, said = await conclave(url, "backup", str(file), *options)
    assert code == 0, said
    assert file.stat().st_mode & 0o777 == 0o600
    return file


async def restored(file: Path, url: str) -> str:
    code, said = await conclave(url, "restore", str(file))
    assert code == 0, said
    return said


def tables_of(url: str) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
    return [name for (name,) in rows(url, query)]


def body_of(file: Path) -> bytes:
    return file.read_bytes()


def holding(file: Path, words: str) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        return [name for name in archive.namelist() if words.encode() in archive.read(name)]


async def test_everything_comes_back_but_open_ballots_and_what_would_be_done_twice(
    past: Past, file: Path, target: str
) -> None:
    source = past.url
    await restored(file, target)

    for table in set(tables_of(source)) - MOVED - VAULT - {"auth_tokens", "alembic_version"}:
        query = f"SELECT t::text FROM {table} t ORDER BY 1"
        assert rows(source, query) == rows(target, query), table
    assert rows(target, "SELECT FROM auth_tokens") == []
    assert rows(target, "SELECT FROM ballot_pages") == []
    is_open = "SELECT decision_id FROM rounds WHERE published_at IS NULL"
    sealed = f"SELECT e::text FROM evaluations e WHERE decision_id NOT IN ({is_open}) ORDER BY 1"
    assert rows(target, "SELECT e::text FROM evaluations e ORDER BY 1") == rows(source, sealed) != []
    trail = "SELECT t::text FROM audit_logs t WHERE details ->> 'by' IS DISTINCT FROM 'restore' ORDER BY seq"
    assert rows(source, trail) == rows(target, trail)
    finished = "SELECT r::text FROM rounds r WHERE published_at IS NOT NULL ORDER BY 1"
    assert rows(source, finished) == rows(target, finished) != []
    assert (await conclave(target, "verify", "1"))[0] == 0
    assert await conclave(target, "verify", "5") == await conclave(source, "verify", "5")


async def test_a_database_on_which_a_bot_has_only_ticked_counts_as_empty(past: Past, file: Path, target: str) -> None:
    await asyncio.to_thread(schema.upgrade, target)
    with psycopg.connect(target) as owner:
        owner.execute("INSERT INTO sweep_runs (last_ok) VALUES (now())")

    await restored(file, target)

    assert rows(target, "SELECT count(*) FROM teams") == rows(past.url, "SELECT count(*) FROM teams")


async def test_no_open_ballot_is_in_the_file(past: Past, file: Path) -> None:
    assert value(past.url, "SELECT count(*) FROM ballot_pages WHERE page::text LIKE %s", f"%{COMMENT}%")
    for words in (COMMENT, '"scores"', "zqhash"):
        assert holding(file, words) == []
    for decision_id in (past.scoring, past.too_few, past.unpublished, past.second):
        assert not {"tables/evaluations.copy", "tables/ballot_pages.copy"} & set(holding(file, str(decision_id)))
    assert "tables/evaluations.copy" in holding(file, str(past.resolved))
    assert COMMENT.encode() not in body_of(file)


async def test_the_rows_stand_in_the_order_of_their_keys(past: Past, file: Path) -> None:
    """The order on disk would tell in which order people submitted."""
    with zipfile.ZipFile(file) as archive:
        lines = archive.read("tables/round_members.copy").decode().splitlines()
    assert [line.split("\t")[:2] for line in lines] == sorted(line.split("\t")[:2] for line in lines)


async def test_rounds_without_their_ballots_are_open_and_wait_for_them(past: Past, file: Path, target: str) -> None:
    said = await restored(file, target)

    assert "Left out of it: 6 ballots, whose authors are asked to score again." in said
    assert "Taking scores again: 2 rounds." in said
    unfinished = "published_at IS NULL AND voided_at IS NULL"
    standing = "SELECT closed_at, closed_xid, close_cause, closes_at > now() + interval '1 hour' FROM rounds WHERE "
    assert rows(target, standing + unfinished) == [(None, None, None, True)] * 4
    submitted = f"SELECT FROM round_members m JOIN rounds r ON r.id = m.round_id WHERE m.submitted AND r.{unfinished}"
    assert rows(target, submitted) == []
    keys = "SELECT FROM outbox o JOIN rounds r ON o.dedupe_key = 'publish:' || r.id WHERE r.published_at IS NULL"
    assert rows(target, keys) == []


async def test_nothing_that_was_on_its_way_is_sent_again(past: Past, file: Path, target: str) -> None:
    last = value(past.url, "SELECT max(id) FROM outbox")
    await restored(file, target)

    assert rows(target, "SELECT FROM outbox WHERE state <> 'done' AND id <= %s", last) == []
    kinds = rows(target, "SELECT kind, count(*) FROM outbox WHERE id > %s GROUP BY kind ORDER BY kind", last)
    assert kinds == [("ballot.lost", 6), ("card", 5), ("decision.changed", 5)]
    is_due = "next_at IS NOT NULL OR last_at < now() - interval '1 minute'"
    assert rows(target, f"SELECT FROM reminders WHERE waiting_since IS NOT NULL AND ({is_due})") == []


async def test_whoever_had_scored_is_told_and_the_round_ends_as_any(past: Past, file: Path, target: str) -> None:
    await restored(file, target)
    rows(target, "UPDATE team_members SET notification_preferences = %s RETURNING 1", ALWAYS)
    async with living(target, techcorp()) as house:
        there = Team(house)
        there.actors, there._decision_id = past.team.actors, past.scoring
        await house.person("lisa").see("Please score #2 Refund for the outage again")
        await house.person("lisa").see("Backups leave out the scores of rounds that are not published")
        for name in ("lisa", "tom", "sarah"):
            await there.ballot(name)
        await there.published()
        await there.until("SELECT rendered_revision > 0 FROM card_messages WHERE decision_id = %s", True, past.scoring)

    code, said = await conclave(target, "verify", "2")
    assert code == 0, said


async def test_with_open_ballots_nobody_has_to_score_again(past: Past, target: str, tmp_path: Path) -> None:
    file = await backed_up(past.url, tmp_path, "--with-open-ballots")
    assert "tables/ballot_pages.copy" in holding(file, COMMENT)

    said = await restored(file, target)

    assert "score again" not in said
    for table in VAULT:
        query = f"SELECT t::text FROM {table} t ORDER BY 1"
        assert rows(past.url, query) == rows(target, query) != []
    assert value(target, "SELECT state FROM outbox WHERE kind = 'result.publish' AND lane = 'x'") == "ready"
    rows(target, "UPDATE outbox SET run_at = now() WHERE lane = 'x' RETURNING 1")
    async with living(target, techcorp()) as house:
        there = Team(house)
        there._decision_id = past.unpublished
        await there.published()


async def test_numbers_go_on_where_they_stopped(past: Past, file: Path, target: str) -> None:
    await restored(file, target)

    for table, column in (("outbox", "id"), ("audit_logs", "seq"), ("reminders", "id")):
        query = f"SELECT nextval(pg_get_serial_sequence('{table}', '{column}')) > max({column}) FROM {table}"
        assert value(target, query) is True


# --- Refusals -------------------------------------------------------------------------------------------------------


async def refused(file: Path, url: str, *, keys: str = KEYS) -> str:
    """What is said; nothing was restored."""
    before = value(url, "SELECT count(*) FROM teams")
    code, said = await conclave(url, "restore", str(file), keys=keys)
    assert code == 1
    assert "Traceback" not in said
    assert value(url, "SELECT count(*) FROM teams") == before
    return said


def rewrite(file: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """The same backup with another manifest or other rows."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    change(manifest, members)
    members["manifest.json"] = json.dumps(manifest).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    file.write_bytes(written.getvalue())
    return file


@pytest.fixture
def copy(file: Path, tmp_path: Path) -> Path:
    """A file that a test may spoil."""
    return Path(shutil.copy(file, tmp_path))


async def test_a_database_in_use_is_left_alone(past: Past, file: Path) -> None:
    said = await refused(file, past.url)
    assert "The database is in use" in said
    assert "Restore into an empty one." in said


async def test_a_backup_of_another_schema_is_refused(copy: Path, target: str) -> None:
    rewrite(copy, lambda manifest, _: manifest.update(revision="earlier"))
    assert "The backup has the schema earlier" in await refused(copy, target)


async def test_a_backup_without_its_key_is_refused(copy: Path, target: str) -> None:
    said = await refused(copy, target, keys="first-key")
    assert f"a key that CONCLAVE_TOKEN_KEYS lacks (fingerprint {fingerprints('second-key')[0]})" in said
    assert holding(copy, "first-key") == []


def broken(file: Path) -> Iterator[Path]:
    """Cut off, a byte changed among the rows, other rows than the manifest says, and what was no backup ever."""
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        biggest = max(archive.infolist(), key=lambda one: one.compress_size)
    middle = biggest.header_offset + 30 + len(biggest.filename) + biggest.compress_size // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
    other = rewrite(file, lambda _, members: members.update({"tables/teams.copy": b""})).read_bytes()
    for body in (whole[: len(whole) // 2], flipped, other, b"no archive", b""):
        file.write_bytes(body)
        yield file


async def test_a_damaged_file_is_refused(copy: Path, target: str) -> None:
    for file in broken(copy):
        assert "is no backup of Conclave, or damaged. Nothing was restored." in await refused(file, target)


async def test_a_row_that_the_database_refuses_is_not_quoted(copy: Path, target: str) -> None:
    def worsen(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        body = members["tables/evaluations.copy"].replace(b"\t8\t", b"\t88\t")
        members["tables/evaluations.copy"] = body
        manifest["tables"]["evaluations"]["sha256"] = sha256(body).hexdigest()

    said = await refused(rewrite(copy, worsen), target)
    assert said == "The database broke off at evaluations (SQLSTATE 23514). Nothing was changed.\n"


async def test_a_file_that_exists_is_not_written_over(past: Past, file: Path) -> None:
    before = body_of(file)
    code, said = await conclave(past.url, "backup", str(file))
    assert (code, said) == (1, f"{file} exists already. Name another file, or remove that one.\n")
    assert body_of(file) == before


async def test_a_login_that_may_not_read_ballots_makes_no_backup(service_database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "conclave.backup"
    code, said = await conclave(service_database_url, "backup", str(file))
    assert code == 1
    assert "Set MIGRATION_DATABASE_URL to the owner's, which migrates." in said
    assert not file.exists()
