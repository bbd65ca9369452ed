"""What a decision takes in the database, and how long a backup takes: `python -m benchmarks.footprint`; minutes.

A hundred decisions are made by the use cases, from opening to the recorded outcome, with a tick after each step that
somebody waits for: eight people, five options, four criteria, all of them scored. Rows and bytes are what the database
has more of afterwards, indexes included, after VACUUM. Outbox, reminders and submissions stand apart: what is settled
goes after thirty days. Then a backup of 10,000 decisions, its file, and its restore.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid4

import psycopg

from benchmarks import sweep
from benchmarks.ground import Ground, ground
from bot.config import Settings
from bot.domain.by import By
from bot.domain.criterion import CriterionDraft
from bot.domain.decision import Case
from bot.domain.evaluation import Page
from bot.domain.option import OptionDraft
from bot.domain.outcome import OutcomeDraft
from bot.domain.press import Press
from bot.domain.team import Actor, Profile, SlackUser
from bot.services import criterion, decision, evaluation, option, outcome, result, round, team
from bot.services import sweep as ticks
from bot.store import backup, db, restore

DECISIONS, PEOPLE, OPTIONS, CRITERIA, BACKED_UP = 100, 8, 5, 4, 10_000
WORDS = "They have written twice since Monday and want an answer by the end of the week. "
PASSING = ("outbox", "reminders", "submissions")
WORKSPACE, ROLE = "T0", "support_manager"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="conclave-footprint-") as place:
        Path(place).chmod(0o755)  # as root the server runs as another user, who has to pass
        with ground(Path(place)) as server:
            with psycopg.connect(server.server.url, autocommit=True) as owner:
                owner.execute("ALTER SYSTEM SET synchronous_commit = off")  # sizes are asked for, not times
                owner.execute("SELECT pg_reload_conf()")
            _tell(asyncio.run(_footprint(server.server.url)))
            _tell_backup(server, Path(place))


@dataclass(frozen=True)
class Size:
    rows: int
    bytes: int


async def _footprint(url: str) -> Mapping[str, tuple[float, float]]:
    """Table -> rows and bytes for each decision."""
    opened = db.connect(url, budget_seconds=60)
    crew = await _crew(opened)
    await _decide(opened, crew, 0)
    before = _sizes(url)
    for number in range(DECISIONS):
        await _decide(opened, crew, number)
    after = _sizes(url)
    await opened.close()
    return {
        table: ((size.rows - before[table].rows) / DECISIONS, (size.bytes - before[table].bytes) / DECISIONS)
        for table, size in after.items()
    }


def _sizes(url: str) -> dict[str, Size]:
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM")
        tables = [name for (name,) in connection.execute(query).fetchall()]
        sizes = {}
        for name in tables:
            counted = f"SELECT count(*), pg_total_relation_size('{name}') FROM {name}"
            ((rows, size),) = connection.execute(counted.encode()).fetchall()
            sizes[name] = Size(rows, size)
        return sizes


async def _crew(opened: db.Db) -> list[Actor]:
    profiles = [
        Profile(WORKSPACE, f"U{n}", f"Person {n}", f"p{n}@example.com", "UTC", is_admin=n == 0, is_person=True)
        for n in range(PEOPLE)
    ]
    fields = team.Fields("Team", "Company", None, 5, "USD")
    how = {"role": ROLE, "domain": "company", "channel_id": None, "press": _press()}
    owner = await team.create(opened, profile=profiles[0], fields=fields, **how)  # type: ignore[arg-type]
    await team.add_people(opened, _by(owner), profiles=profiles[1:], role=ROLE)
    found = [await team.find_actor(opened, SlackUser(WORKSPACE, profile.user_id)) for profile in profiles]
    return [actor for actor in found if actor]


def _press() -> Press:
    return Press(uuid4().hex, uuid4().hex, uuid4().hex)


def _by(actor: Actor) -> By:
    return By(actor, datetime.now(UTC), Settings(_env_file=None).rules, _press())


async def _decide(opened: db.Db, crew: list[Actor], number: int) -> None:
    owner = crew[0]
    case = Case(
        decision_type="refund_request",
        customer_name=f"Customer {number}",
        title=f"What shall we answer about case {number}",
        description=WORDS * 3,
        financial_impact=Decimal(500),
        urgency_level=3,
        expected_resolution_date=datetime.now(UTC) + timedelta(days=3),
    )
    made, _ = await decision.open_decision(opened, _by(owner), case=case, channel_id="C0", permalink=None)
    criteria = [CriterionDraft(f"Criterion {n}", Decimal(2)) for n in range(CRITERIA)]
    await criterion.submit(opened, _by(owner), made.id, drafts=criteria)
    for n in range(OPTIONS):
        await option.propose(opened, _by(owner), made.id, drafts=[OptionDraft(f"Option {n}", WORDS, Decimal(100))])
    everybody = [actor.member.id for actor in crew]
    found = await round.start(
        opened,
        _by(owner),
        made.id,
        member_ids=everybody,
        closes_at=datetime.now(UTC) + timedelta(days=1),
        is_two_confirmed=True,
    )
    assert found.round is not None
    await _tick(opened)
    for place, actor in enumerate(crew):
        await _score(opened, actor, found.round.id, found.round.option_ids, found.round.weights, place)
    await result.publish(opened, round_id=found.round.id)
    await _tick(opened)
    first = found.round.option_ids[0]
    await outcome.resolve(opened, _by(owner), made.id, option_id=first, reason=WORDS)
    await outcome.set_informed(opened, _by(owner), made.id)
    await outcome.record(opened, _by(owner), made.id, draft=OutcomeDraft(outcome_notes=WORDS, worked=True))
    await _tick(opened)


async def _tick(opened: db.Db) -> None:
    """What the worker would have planned."""
    await ticks.sweep(opened, now=datetime.now(UTC), rules=Settings(_env_file=None).rules)


async def _score(
    opened: db.Db,
    actor: Actor,
    round_id: UUID,
    options: tuple[UUID, ...],
    weights: tuple[tuple[UUID, Decimal], ...],
    place: int,
) -> None:
    pages = {
        criterion_id: Page({option_id: 1 + (place + n * k) % 10 for n, option_id in enumerate(options)}, 4)
        for k, (criterion_id, _) in enumerate(weights)
    }
    await evaluation.submit(opened, _by(actor), round_id, pages=pages, comments=None)


def _tell(found: Mapping[str, tuple[float, float]]) -> None:
    sys.stdout.write("| table | rows | bytes |\n| --- | --- | --- |\n")
    for table, (rows, size) in sorted(found.items(), key=lambda one: -one[1][1]):
        if rows or size:
            sys.stdout.write(f"| `{table}` | {rows:.1f} | {size:,.0f} |\n")
    passing = sum(found[table][1] for table in PASSING)
    kept = sum(size for _, size in found.values()) - passing
    sys.stdout.write(f"\nkept {kept:,.0f} bytes, for thirty days {passing:,.0f}\n\n")


def _tell_backup(server: Ground, place: Path) -> None:
    source, target, file = server.new_database("big"), server.new_database("fresh"), place / "backup"
    sweep.fill(source, decisions=BACKED_UP)
    began = perf_counter()
    manifest = backup.write(source, file, keys=(), with_open_ballots=False, name="DATABASE_URL")
    written = perf_counter()
    restore.load(target, file, restore.read_manifest(file), name="DATABASE_URL")
    loaded = perf_counter()
    rows = sum(contents.rows for contents in manifest.tables.values())
    sys.stdout.write(
        f"backup of {BACKED_UP:,} decisions, {rows:,} rows: {written - began:.0f} s, {file.stat().st_size / 2**20:.0f} "
        f"MB; restore: {loaded - written:.0f} s\n"
    )


if __name__ == "__main__":
    main()
