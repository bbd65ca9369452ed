"""What publishing a big round costs: `python -m benchmarks.publishing`, or with `--stale` by statistics of yesterday.

The real service publishes 1,000 people x 10 options x 10 criteria, from closed round to stored result. It is compared
with the least that any publication does: one SQL aggregate of the same number of rows, and their rewriting, in one
transaction. Both alternate on a PostgreSQL of their own; medians count. Exits with 1 above 3 times the least.

`--stale`: 200 people x 6 x 5 beside 100, while the planner knows of one earlier decision only, as on the day on which
many score for the first time. Exits with 1 above 0.4 s, or where twice the people take more than 2.6 times as long.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg

from benchmarks.goals import BY_KEY
from bot import embedded
from bot.services import result
from bot.store import schema
from bot.store.db import Db, connect


@dataclass(frozen=True)
class Size:
    """Of a round in which everybody has scored everything."""

    people: int
    options: int
    criteria: int


BIG, RUNS = Size(1_000, 10, 10), 5
USUAL, HALF = Size(200, 6, 5), Size(100, 6, 5)
SMALL = Size(10, 5, 2)
MOST = 3.0
PATIENCE_SECONDS = 600.0

_TEAM = """
WITH team AS (INSERT INTO teams (name, company_name) VALUES ('Many', 'Many Inc') RETURNING id)
INSERT INTO team_members (team_id, email, name, password_hash, role)
SELECT team.id, 'm' || n || '@example.com', 'M', 'x', 'support_manager' FROM team, generate_series(1, %(people)s) n
"""
_DECISION = """
INSERT INTO customer_decisions
    (team_id, created_by, customer_name, title, description, decision_type, status, current_phase)
SELECT team_id, id, 'ABC', 'Refund', 'All of it', 'refund_request', 'evaluating', 4 FROM team_members LIMIT 1
RETURNING id
"""
_OPTIONS = """
INSERT INTO response_options (decision_id, title, description, position)
SELECT %(decision)s, 'Option ' || n, 'd', n FROM generate_series(1, %(options)s) n
"""
_CRITERIA = """
INSERT INTO decision_criteria (decision_id, name, weight, created_by, position)
SELECT d.id, 'Criterion ' || n, 1 + n %% 4, d.created_by, n
FROM customer_decisions d, generate_series(1, %(criteria)s) n WHERE d.id = %(decision)s
"""
_ROUND = """
INSERT INTO rounds (decision_id, number, opened_by, opened_at, closes_at, snapshot, thresholds)
SELECT d.id, 1, d.created_by, now() - interval '1 day', now() + interval '1 day', jsonb_build_object(
        'options', (SELECT jsonb_agg(id ORDER BY position) FROM response_options WHERE decision_id = d.id),
        'criteria', (SELECT jsonb_agg(jsonb_build_object('id', id, 'weight', weight::text) ORDER BY position)
            FROM decision_criteria WHERE decision_id = d.id)),
    '{"ranking": 3, "totals": 5, "cell": 5}'
FROM customer_decisions d WHERE d.id = %(decision)s
RETURNING id
"""
_ROSTER = """
INSERT INTO round_members (round_id, member_id, submitted)
SELECT %(round)s, id, true FROM team_members LIMIT %(people)s
"""
_BALLOTS = """
INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score, confidence)
SELECT %(decision)s, m.member_id, o.id, k.id, 1 + floor(random() * 10), 1 + floor(random() * 5)
FROM round_members m, response_options o, decision_criteria k
WHERE m.round_id = %(round)s AND o.decision_id = %(decision)s AND k.decision_id = %(decision)s
"""
_AGGREGATE = """
SELECT option_id, sum(mean * weight) / sum(weight)
FROM (
    SELECT option_id, criteria_id, avg(score) AS mean FROM evaluations WHERE decision_id = %(decision)s GROUP BY 1, 2
) c JOIN decision_criteria k ON k.id = c.criteria_id GROUP BY 1
"""
_REWRITE = """
WITH old AS (DELETE FROM evaluations WHERE decision_id = %(decision)s RETURNING *)
INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score, confidence)
SELECT decision_id, evaluator_id, option_id, criteria_id, score, confidence FROM old
"""


# Scores of other decisions, 100 each. Ids are hashes of numbers; nothing refers to them, and no key is checked.
_OTHERS = """
INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score, confidence)
SELECT md5('d' || n / 100)::uuid, md5('m' || n %% 10)::uuid, md5('o' || n / 100 || '-' || n / 10 %% 5)::uuid,
    md5('k' || n / 100 || '-' || n / 50 %% 2)::uuid, 1 + n %% 10, 1 + n %% 5
FROM generate_series(0, %(rows)s - 1) n
"""

Connection = psycopg.Connection[tuple[object, ...]]


def main() -> None:
    with _database() as url:
        is_well = asyncio.run(_told_of_stale(url) if "--stale" in sys.argv else _compare(url))
    sys.exit(not is_well)


@contextmanager
def _database() -> Iterator[str]:
    # Every parent of the data directory must be passable: as root the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="conclave-benchmark-"))
    folder.chmod(0o755)
    server = embedded.start(folder / "postgres")
    try:
        schema.upgrade(server.url)
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(folder)


async def _compare(url: str) -> bool:
    db = patient(url)
    published, least = [], []
    with psycopg.connect(url, autocommit=True) as connection:
        make_team(connection, people=BIG.people)
        for _ in range(RUNS):
            decision, round_id = closed_round(connection, BIG)
            least.append(_seconds_of_least(connection, decision))
            connection.execute("VACUUM ANALYZE evaluations")
            published.append(await seconds_of_publishing(db, round_id))
            connection.execute("VACUUM ANALYZE evaluations")
        _check_sealed(connection)
    await db.close()
    ratio = median(published) / median(least)
    sys.stdout.write(
        f"{BIG.people} people x {BIG.options} options x {BIG.criteria} criteria, medians of {RUNS} alternating runs\n"
        f"aggregate and rewrite {median(least) * 1000:8.0f} ms\n"
        f"publish               {median(published) * 1000:8.0f} ms\n"
        f"ratio                 {ratio:8.2f} (at most {MOST})\n"
    )
    return ratio <= MOST


async def _told_of_stale(url: str) -> bool:
    usual, half = await seconds_by_old_statistics(url, sizes=(USUAL, HALF), runs=RUNS)
    growth = median(usual) / median(half)
    sys.stdout.write(
        f"statistics of yesterday, medians of {RUNS} alternating runs\n"
        f"{HALF.people} people  {median(half) * 1000:8.0f} ms\n"
        f"{USUAL.people} people  {median(usual) * 1000:8.0f} ms\n"
        f"ratio       {growth:8.2f}\n"
    )
    return BY_KEY["P9"].is_met(median(usual)) and BY_KEY["P9g"].is_met(growth)


async def seconds_by_old_statistics(url: str, *, sizes: Sequence[Size], runs: int) -> list[list[float]]:
    """By size, in turn: publishing on a fresh database whose statistics know of one decision of 200 people."""
    db = patient(url)
    found: list[list[float]] = [[] for _ in sizes]
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("evaluations", "ballot_pages", "rounds", "round_members"):
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)".encode())
        make_team(connection, people=USUAL.people)
        _, first = closed_round(connection, USUAL)
        await seconds_of_publishing(db, first)
        connection.execute("ANALYZE")
        for _ in range(runs):
            for size, seconds in zip(sizes, found, strict=True):
                _, round_id = closed_round(connection, size, is_known=False)
                seconds.append(await seconds_of_publishing(db, round_id))
        _check_sealed(connection)
    await db.close()
    return found


def patient(url: str) -> Db:
    """What counts is how long it takes: whoever else is busy here is no reason to give up."""
    result.PUBLISH_SECONDS = PATIENCE_SECONDS
    return connect(url)


def make_team(connection: Connection, *, people: int) -> None:
    connection.execute(_TEAM, {"people": people})


def fill(connection: Connection, *, rows: int) -> None:
    """So many scores of other decisions, known to the planner."""
    connection.execute("SET session_replication_role = replica")
    connection.execute(_OTHERS, {"rows": rows})
    connection.execute("RESET session_replication_role")
    connection.execute("VACUUM ANALYZE evaluations")


def closed_round(connection: Connection, size: Size, *, is_known: bool = True) -> tuple[UUID, UUID]:
    """A decision and its round: everybody has scored everything, closed, not yet published.

    is_known: the planner's statistics know of its scores.
    """
    facts: dict[str, object] = asdict(size)
    for name, statement in (("decision", _DECISION), ("", _OPTIONS), ("", _CRITERIA), ("round", _ROUND)):
        cursor = connection.execute(statement, facts)
        if name:
            facts[name] = cursor.fetchall()[0][0]
    connection.execute(_ROSTER, facts)
    connection.execute(_BALLOTS, facts)
    if is_known:
        connection.execute("VACUUM ANALYZE evaluations")
    connection.execute("SELECT close_round(%(round)s, NULL)", facts)
    return UUID(str(facts["decision"])), UUID(str(facts["round"]))


def _check_sealed(connection: Connection) -> None:
    sealed = connection.execute("SELECT DISTINCT round_order(id) FROM rounds").fetchall()
    if sealed != [("sealed",)]:
        raise SystemExit(f"Rounds are {sealed}, not sealed.")


def _seconds_of_least(connection: Connection, decision: UUID) -> float:
    start = perf_counter()
    with connection.transaction():
        connection.execute(_AGGREGATE, {"decision": decision}).fetchall()
        connection.execute(_REWRITE, {"decision": decision})
    return perf_counter() - start


async def seconds_of_publishing(db: Db, round_id: UUID) -> float:
    start = perf_counter()
    await result.publish(db, round_id=round_id)
    return perf_counter() - start


if __name__ == "__main__":
    main()
