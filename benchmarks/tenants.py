"""What a press costs among 10,000 workspaces, against 10: `python -m benchmarks.tenants`; ten minutes, 17 GB of disk.

Two databases of one server, filled alike: 300 decisions for each workspace, the ballots of the newest 20,000. What
people cause most often is done in each by turns, with decisions that are open, by the product's own functions; so are
two ticks. Ratios are of medians, and of the slowest of a hundred, round by round; the median round counts, and above
1.5 it is a failure (exit 1; above 3 for a claim that looks at a hundred workspaces in place of ten). So is a big table
that is read from end to end. Beside them stands how many pages of tables and indexes a call reads, which no neighbour
on the machine changes. Then it is said how long it takes to delete what is kept for thirty days, and for how long at a
time its rows are locked.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import sweep
from bot import embedded
from bot.config import Settings
from bot.domain.by import By
from bot.domain.evaluation import Page
from bot.domain.team import Actor, SlackUser
from bot.services import card, decision, evaluation, housekeeping, team
from bot.store import db, outbox, reminder, schema

SMALL, WORKSPACES, DECISIONS, WITH_BALLOTS = 10, 10_000, 3_000_000, 20_000
EACH = 300
"""Decisions of a workspace, at least."""
ROUNDS, CALLS, TICKS, LIMIT = 5, 100, 1, 1.5
OPEN = 2_000
"""So many of the newest decisions that are being scored are asked about."""
DUE, BATCHES = 60, 20
WAITING = 10
"""Workspaces with one delivery due while the claim is timed; and once all of them."""
FEW_ROWS = 1_000
"""Up to here a table is read from end to end, rightly."""
TABLES = ("customer_decisions", "decision_criteria", "response_options", "rounds", "round_members", "decision_outcomes",
          "card_messages", "reminders", "outbox", "evaluations", "team_members", "slack_identities")  # fmt: skip

_MORE = """
INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score, confidence, created_at)
SELECT id('d', n), id('m', team * 8 + i), id('o', n * 2 + o), id('k', n * 2 + k), 1 + (n + i + o + k) % 10, 4,
    timezone('UTC', at)
FROM d, generate_series(0, 3) i, generate_series(0, 1) o, generate_series(0, 1) k
WHERE status = 'resolved' AND n >= {decisions} - {ballots};
INSERT INTO outbox (kind, lane, dedupe_key, payload, state, created_at, done_at)
SELECT 'decision.changed', 'decision:' || id('d', n), 'follow:' || n, '{{}}', 'done', at, at FROM d;
UPDATE rounds SET closes_at = now() + interval '30 days' WHERE closed_at IS NULL;
"""
_INDEXES = """
SELECT c.relname, i.indexdef FROM pg_indexes i JOIN pg_class c ON c.relname = i.indexname
WHERE i.schemaname = 'public' AND i.tablename = ANY(%s)
AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
"""
_BEING_SCORED = """
SELECT substring(d.title FROM '[0-9]+$')::int FROM customer_decisions d JOIN rounds r ON r.decision_id = d.id
WHERE d.status = 'evaluating' AND r.closed_at IS NULL AND r.closes_at > now() ORDER BY d.created_at DESC LIMIT %s
"""
_READ_WHOLE = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE n_live_tup > %s"
_PAGES = """
SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0))::bigint
FROM pg_statio_user_tables
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.workspaces <= SMALL or asked.decisions < EACH * asked.workspaces:
        sys.exit(
            f"Take more than {SMALL} workspaces, and {EACH} decisions for each: else nothing is due in the small one."
        )
    steps = Steps()
    with steps.bar, servers(asked.workspaces, asked.decisions, steps) as (small, big):
        measures = [replace(one, calls=min(one.calls, asked.calls)) for one in MEASURES]
        report = asyncio.run(_measure(measures, small, big, steps, rounds=asked.rounds))
    _tell(report)
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(bool(report["above"] or report["read_whole"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tenants", description=__doc__)
    parser.add_argument("--workspaces", type=int, default=WORKSPACES, help="of the big database; more than 10")
    parser.add_argument("--decisions", type=int, default=DECISIONS, help="of the big database")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--calls", type=int, default=CALLS, help="of each kind, in each round and database")
    parser.add_argument("--json", type=Path, help="where all numbers go")
    return parser


class Steps:
    """What is being done: a bar on stderr, a line for each step where that is no terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (BarColumn(bar_width=20), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.bar = Progress(*columns, console=console, transient=True, refresh_per_second=2)
        self._task = self.bar.add_task("")

    def begin(self, total: int) -> None:
        self.bar.reset(self._task, total=total)

    def say(self, what: str) -> None:
        """The next step begins."""
        self.bar.update(self._task, description=what, advance=1)
        if not self.bar.console.is_terminal:
            self.bar.console.print(f"{datetime.now(UTC):%H:%M:%S} {what}", highlight=False)


# --- Two databases ---------------------------------------------------------------------------------------------------


@contextmanager
def servers(workspaces: int, decisions: int, steps: Steps) -> Iterator[tuple["House", "House"]]:
    """The small database and the big one, of a server of our own that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="conclave-tenants-") as place:
        Path(place).chmod(0o755)  # as root the server runs as another user, who has to pass
        settings = {"shared_buffers": "1GB", "maintenance_work_mem": "512MB", "max_wal_size": "4GB"}
        unsafe = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        server = embedded.start(Path(place) / "data", settings={**settings, **unsafe})
        try:
            small = House(server.url_of("small"), SMALL, decisions // workspaces * SMALL)
            big = House(server.url_of("big"), workspaces, decisions)
            for name, house in (("small", small), ("big", big)):
                with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
                    admin.execute(f"CREATE DATABASE {name}".encode())
                schema.upgrade(house.url)
                fill(house, steps)
            yield small, big
        finally:
            server.stop()


@dataclass(frozen=True)
class House:
    """One database."""

    url: str
    workspaces: int
    decisions: int

    def user(self, number: int, place: int = 0) -> SlackUser:
        """A person of the team that has this decision; places 0 to 3 are asked to score."""
        own = number % self.workspaces
        return SlackUser(f"T{own}", f"U{own * 8 + place}")


def uid(kind: str, number: int) -> UUID:
    """As `sweep.filling` has made it."""
    return UUID(md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


def fill(house: House, steps: Steps) -> None:
    """Rows without their triggers and foreign keys, which fit, then the indexes, then what a planner knows of them."""
    more = _MORE.format(decisions=house.decisions, ballots=WITH_BALLOTS)
    rows = [*sweep.filling(decisions=house.decisions, teams=house.workspaces, due=DUE), *sweep.statements_of(more)]
    replica = "-c session_replication_role=replica"
    with psycopg.connect(house.url, autocommit=True, options=replica) as owner:
        indexes = owner.execute(_INDEXES, [list(TABLES)]).fetchall()
        todo = [f"DROP INDEX {name}".encode() for name, _ in indexes] + rows
        todo += [definition.encode() for _, definition in indexes] + [b"VACUUM ANALYZE"]
        steps.begin(len(todo))
        for one in todo:
            steps.say(f"{house.workspaces:,} workspaces: {_told(one)}")
            owner.execute(one)
    sweep.reset(house.url, is_busy=True)


def _told(statement: bytes) -> str:
    return " ".join(statement.decode().split()[:4])


# --- What people cause -----------------------------------------------------------------------------------------------


class Seat:
    """A database as one process uses it."""

    def __init__(self, house: House, opened: db.Db, owner: psycopg.Connection[Any], numbers: Sequence[int]) -> None:
        self.house, self.db, self.owner, self._numbers = house, opened, owner, numbers
        self._dice = random.Random(1)

    def number(self) -> int:
        """An open decision."""
        return self._dice.choice(self._numbers)

    def any_number(self) -> int:
        """One of the newest decisions, open or not."""
        return self.house.decisions - 1 - self._dice.randrange(min(WITH_BALLOTS, self.house.decisions))


@asynccontextmanager
async def seat(house: House) -> AsyncIterator[Seat]:
    with psycopg.connect(house.url, autocommit=True) as owner:
        rows = owner.execute(_BEING_SCORED, [OPEN]).fetchall()
        opened = db.connect(house.url, budget_seconds=60)
        try:
            yield Seat(house, opened, owner, [number for (number,) in rows])
        finally:
            await opened.close()


Timed = Callable[[], Awaitable[object]]


async def member(at: Seat) -> Timed:
    who = at.house.user(at.number())
    return lambda: team.find_actor(at.db, who)


async def a_card(at: Seat) -> Timed:
    decision_id = uid("d", at.any_number())
    return lambda: card.get(at.db, decision_id)


async def page(at: Seat) -> Timed:
    number = at.number()
    who, round_id, pages = at.house.user(number, 1), uid("r", number), _pages(number)
    return lambda: _done(evaluation.save_at_once(at.db, who, round_id, pages=pages, comments=None))


async def ballot(at: Seat) -> Timed:
    """The person's first of this round: the card follows it."""
    number = at.number()
    who, round_id, pages = at.house.user(number, 1), uid("r", number), _pages(number)
    mine = [round_id, uid("m", number % at.house.workspaces * 8 + 1)]
    at.owner.execute("UPDATE round_members SET submitted = false WHERE round_id = %s AND member_id = %s", mine)
    return lambda: _done(evaluation.submit_at_once(at.db, who, round_id, pages=pages, comments=None))


def _pages(number: int) -> dict[UUID, Page]:
    return {uid("k", number * 2): Page({uid("o", number * 2): 7, uid("o", number * 2 + 1): 4}, 4)}


async def _done(asked: Awaitable[object | None]) -> None:
    if await asked is None:
        raise SystemExit("What was to be saved was refused.")


async def waiting(at: Seat) -> Timed:
    """The lines of Home and of /decide list."""
    found = await team.find_actor(at.db, at.house.user(at.number()))
    assert isinstance(found, Actor)
    by = By(found, datetime.now(UTC), Settings(_env_file=None).rules)
    return lambda: decision.unfinished(at.db, by)


async def claim(at: Seat) -> Timed:
    return _claim(at, min(WAITING, at.house.workspaces))


async def claim_of_all(at: Seat) -> Timed:
    """Every workspace has something due, as at nine in the morning."""
    return _claim(at, at.house.workspaces)


def _claim(at: Seat, count: int) -> Timed:
    at.owner.execute("DELETE FROM outbox WHERE state = 'ready'")
    at.owner.execute(
        "INSERT INTO outbox (kind, lane, dedupe_key) SELECT 'card', 'slack:T' || n || ':C', 'due:' || n "
        f"FROM generate_series(0, {count} - 1) n".encode()
    )
    words = {"token": 1, "at_most": 10, "lease_seconds": 30.0, "workspace": outbox.EVERY}
    return lambda: db.autocommit(at.db, lambda c: outbox.claim(c, **words))  # type: ignore[arg-type]


async def _ticking(at: Seat, *, is_busy: bool) -> Timed:
    await asyncio.to_thread(sweep.reset, at.house.url, is_busy=is_busy)
    return lambda: sweep.tick(at.db, is_busy=is_busy, due=DUE)


async def quiet_tick(at: Seat) -> Timed:
    return await _ticking(at, is_busy=False)


async def busy_tick(at: Seat) -> Timed:
    return await _ticking(at, is_busy=True)


@dataclass(frozen=True)
class Measure:
    says: str
    prepared: Callable[[Seat], Awaitable[Timed]]
    calls: int = CALLS
    must: float = LIMIT


# Ticks first: they look whether they did what was to be done, and ballots change what that is.
MEASURES = (
    Measure(f"a tick, {DUE} reminders due", quiet_tick, TICKS),
    Measure("a tick, 10 rounds to close, 10 decisions to plan besides", busy_tick, TICKS),
    Measure("the member behind a request", member),
    Measure("a decision's card", a_card),
    Measure("what waits for one: Home, /decide list", waiting),
    Measure("a claim, 10 workspaces have something due", claim),
    Measure("a claim, all of them have", claim_of_all, 20, must=3.0),  # looks at a hundred, there at all ten
    Measure("a page saved", page),
    Measure("a ballot submitted", ballot),
)


# --- Measuring -------------------------------------------------------------------------------------------------------


async def _measure(
    measures: Sequence[Measure], small: House, big: House, steps: Steps, *, rounds: int
) -> dict[str, Any]:
    steps.begin(len(measures) + 1)
    rows: dict[str, Any] = {}
    for one in measures:
        steps.say(one.says)
        rows[one.says] = await compare(one, small, big, rounds=rounds)
        reads = [await reading(one, house) for house in (small, big)]
        rows[one.says] |= {"pages": [pages for pages, _ in reads], "read_whole": reads[1][1]}
    steps.say("what is kept for thirty days is deleted")
    above = [one.says for one in measures if max(rows[one.says]["p50"], rows[one.says]["p99"]) > one.must]
    read_whole = {says: found["read_whole"] for says, found in rows.items() if found["read_whole"]}
    return {"rows": rows, "above": above, "read_whole": read_whole, "purge": await purging(big)}


async def compare(one: Measure, small: House, big: House, *, rounds: int) -> dict[str, Any]:
    """Ratios of p50 and p99, medians of the rounds, and milliseconds of both databases in each of them."""
    taken = []
    async with seat(small) as here, seat(big) as there:
        for at in (here, there):
            await _times(one, [at], one.calls)  # plans are made, pages are read
        for _ in range(rounds):
            taken.append(await _times(one, [here, there], one.calls))
    found: dict[str, Any] = {"ms": [[_p50(a), _p99(a), _p50(b), _p99(b)] for a, b in taken]}
    for name, of in (("p50", _p50), ("p99", _p99)):
        found[name] = median(of(b) / of(a) for a, b in taken)
    return found


async def _times(one: Measure, seats: Sequence[Seat], calls: int) -> list[list[float]]:
    """Milliseconds of each call, sorted, by database: one call in each, then the next."""
    taken: list[list[float]] = [[] for _ in seats]
    for _ in range(calls):
        for at, own in zip(seats, taken, strict=True):
            timed = await one.prepared(at)
            began = perf_counter()
            await timed()
            own.append((perf_counter() - began) * 1000)
    return [sorted(own) for own in taken]


def _p50(taken: Sequence[float]) -> float:
    return median(taken)


def _p99(taken: Sequence[float]) -> float:
    return taken[min(len(taken) - 1, round(len(taken) * 0.99) - 1)]


async def reading(one: Measure, house: House) -> tuple[float, list[str]]:
    """Pages of tables and indexes that a call reads, and big tables that were read from end to end; by statements
    inside of functions too."""
    async with seat(house) as at:
        todo = [await one.prepared(at) for _ in range(1 if one.calls == TICKS else 10)]
        pages, scans = await _read_so_far(at)
        for timed in todo:
            await timed()
        pages_after, scans_after = await _read_so_far(at)
    whole = sorted(table for table, count in scans_after.items() if count > scans.get(table, 0))
    return (pages_after - pages) / len(todo), whole


async def _read_so_far(at: Seat) -> tuple[int, Mapping[str, int]]:
    """Pages, and how often each big table was read whole, once all connections have reported theirs and are gone."""
    await at.db.close()
    at.owner.execute("SELECT pg_stat_force_next_flush()")
    while at.owner.execute(_OTHERS).fetchone() != (1,):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.05)
    ((pages,),) = at.owner.execute(_PAGES).fetchall()
    return pages, dict(at.owner.execute(_READ_WHOLE, [FEW_ROWS]).fetchall())


async def purging(house: House) -> dict[str, Any]:
    """By table: rows deleted in some batches; milliseconds of the usual one and of the longest, as rows are locked."""
    found = {}
    async with seat(house) as at:
        for name, purge in (("outbox", outbox.purge), ("reminders", reminder.purge)):
            taken, gone = [], 0
            for _ in range(BATCHES):
                began = perf_counter()
                gone += await db.run_tx(at.db, lambda c, purge=purge: purge(c, at_most=housekeeping.BATCH))  # type: ignore[misc]
                taken.append((perf_counter() - began) * 1000)
            found[name] = {"rows": gone, "ms": median(taken), "longest_ms": max(taken)}
    return found


def _pages_told(found: Mapping[str, Any]) -> str:
    small, big = found["pages"]
    return f"{small:.0f} / {big:.0f}"


def _tell(report: Mapping[str, Any]) -> None:
    lines = ["| | 10 workspaces, ms | many | p50 | p99 | pages |", "| --- | --- | --- | --- | --- | --- |"]
    for says, found in report["rows"].items():
        a50, a99, b50, b99 = (median(column) for column in zip(*found["ms"], strict=True))
        ratios = f"{found['p50']:.2f} | {found['p99']:.2f}{' ABOVE' if says in report['above'] else ''}"
        lines.append(
            f"| {says} | {a50:.2f}, p99 {a99:.2f} | {b50:.2f}, p99 {b99:.2f} | {ratios} | {_pages_told(found)} |"
        )
    lines += [f"{says} reads all of {', '.join(tables)}" for says, tables in report["read_whole"].items()]
    for table, found in report["purge"].items():
        lines.append(
            f"purge of {table}: {found['rows']:,} rows in {BATCHES} batches, "
            f"{found['ms']:.0f} ms each, the longest {found['longest_ms']:.0f} ms"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
