"""What one tick costs with 1,000,000 decisions, against 10,000: `python -m benchmarks.sweep`; it takes 8 GB of disk.

A tick is `services.sweep.sweep` as the bot runs it, on the real schema: once with 200 reminders due and nothing else
to do, once with 10 rounds to close and 10 decisions to plan besides. Runs alternate, medians count; more than 1.5 times
as much for a hundred times the decisions is a failure (exit 1). Then the plan of the claim is shown.
"""

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
from psycopg import sql

from bot import embedded
from bot.config import Settings
from bot.services import sweep
from bot.store import db, schema
from bot.store import reminder as statements

SMALL, BIG, RUNS, LIMIT = 10_000, 1_000_000, 9, 1.5
DUE, ENDED, UNPLANNED = 200, 10, 10
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
"""A Wednesday morning: everybody in the data may be told."""

# Three in a hundred decisions are open, as in a team that keeps up. Ids are hashes of numbers, so that rows that belong
# together find each other without a lookup, and lie as scattered in the indexes as random ones: id('d', n).
_FILL = """
INSERT INTO teams (id, name, company_name)
SELECT id('t', n), 'Team ' || n, 'Company' FROM generate_series(0, {teams} - 1) n;
INSERT INTO team_workspaces (workspace_id, team_id)
SELECT 'T' || n, id('t', n) FROM generate_series(0, {teams} - 1) n;
INSERT INTO team_members (id, team_id, email, name, password_hash, role, escalation_authority)
SELECT id('m', n), id('t', n / 8), 'm' || n || '@example.com', 'Member ' || n, '!', 'support_manager',
    1 + n % 5 FROM generate_series(0, {teams} * 8 - 1) n;
INSERT INTO slack_identities (workspace_id, slack_user_id, member_id, tz)
SELECT 'T' || n / 8, 'U' || n, id('m', n), 'Europe/London' FROM generate_series(0, {teams} * 8 - 1) n;

CREATE TEMP TABLE d AS
SELECT n, n % {teams} AS team, n / {teams} + 1 AS number,
    CASE mix WHEN 0 THEN 'evaluating' WHEN 1 THEN 'team_input' WHEN 2 THEN 'created' WHEN 3 THEN 'cancelled'
        ELSE 'resolved' END AS status,
    CASE mix WHEN 0 THEN 4 WHEN 1 THEN 3 WHEN 2 THEN 1 WHEN 3 THEN 2 ELSE 6 END AS phase,
    timestamptz '{now}' - interval '20 seconds' * ({decisions} - n) AS at
FROM (SELECT n, (n + n / {teams} * 37) % 100 AS mix FROM generate_series(0, {decisions} - 1) n) AS numbers;
INSERT INTO customer_decisions (id, team_id, created_by, customer_name, title, description, decision_type,
    urgency_level, financial_impact, status, current_phase, expected_resolution_date, overdue_shown, created_at,
    updated_at, actual_resolution_date, number, revision, planned_revision, workspace_id, channel_id, currency)
SELECT id('d', n), id('t', team), id('m', team * 8 + n % 8), 'Customer ' || number % 100,
    'What shall we answer about case ' || n, repeat('They have written twice and want an answer. ', 5),
    'refund_request', 1 + n % 5, n % 20000, status, phase, timezone('UTC', at + interval '4 days'),
    timezone('UTC', at + interval '4 days'), timezone('UTC', at), timezone('UTC', at),
    CASE WHEN status = 'resolved' THEN timezone('UTC', at) END, number, 12, 12, 'T' || team, 'C' || team,
    'USD' FROM d;
INSERT INTO decision_criteria (id, decision_id, name, weight, created_by, position)
SELECT id('k', n * 2 + i), id('d', n), 'Criterion ' || i, 2, id('m', team * 8), i
FROM d, generate_series(0, 1) i;
INSERT INTO response_options (id, decision_id, title, description, created_by, position)
SELECT id('o', n * 2 + i), id('d', n), 'Option ' || i, 'What we would do.', id('m', team * 8), i
FROM d, generate_series(0, 1) i;
INSERT INTO card_messages (decision_id, workspace_id, channel_id, ts, rendered_revision)
SELECT id('d', n), 'T' || team, 'C' || team, '1.' || n, 12 FROM d;
INSERT INTO rounds (id, decision_id, number, opened_by, opened_at, closes_at, snapshot, thresholds, closed_at,
    close_cause, published_at)
SELECT id('r', n), id('d', n), 1, id('m', team * 8), at,
    CASE WHEN status = 'evaluating' THEN timestamptz '{now}' + interval '2 days' ELSE at + interval '3 days' END,
    jsonb_build_object('options', jsonb_build_array(id('o', n * 2), id('o', n * 2 + 1)), 'criteria',
        jsonb_build_array(jsonb_build_object('id', id('k', n * 2), 'weight', '2.00'))),
    '{{"ranking": 3, "totals": 5, "cell": 5}}',
    CASE WHEN status = 'resolved' THEN at END, CASE WHEN status = 'resolved' THEN 'all_scored' END,
    CASE WHEN status = 'resolved' THEN at END FROM d WHERE status IN ('evaluating', 'resolved');
INSERT INTO round_members (round_id, member_id, submitted)
SELECT id('r', n), id('m', team * 8 + i), status = 'resolved' OR i = 0
FROM d, generate_series(0, 3) i WHERE status IN ('evaluating', 'resolved');
INSERT INTO decision_outcomes (decision_id, selected_option_id, response_sent_at, resolved_by, recorded_at, reason)
SELECT id('d', n), id('o', n * 2), timezone('UTC', at), id('m', team * 8), at, 'It leads.'
FROM d WHERE status = 'resolved';
-- What was said once stays as a row; what waits is said tomorrow.
INSERT INTO reminders (decision_id, member_id, kind, step, waiting_since, asked, last_at, next_at)
SELECT id('d', n), id('m', team * 8 + i), 'score', 1,
    CASE WHEN status = 'evaluating' THEN at END, 1, at,
    CASE WHEN status = 'evaluating' AND i > 0 THEN timestamptz '{now}' + interval '1 day' END
FROM d, generate_series(0, 3) i WHERE status IN ('evaluating', 'resolved');
INSERT INTO reminders (decision_id, member_id, kind, waiting_since, next_at)
SELECT id('d', n), id('m', team * 8 + n % 8), CASE phase WHEN 1 THEN 'complete' ELSE 'options' END, at,
    timestamptz '{now}' + interval '1 day' FROM d WHERE status IN ('created', 'team_input');
INSERT INTO outbox (kind, lane, dedupe_key, payload, state, done_at)
SELECT 'card', 'slack:T' || team || ':C' || team, 'card:' || n, '{{}}', 'done', '{now}' FROM d WHERE n % 10 = 0;

-- Of the youngest decisions: what the tick finds.
CREATE TABLE bench_due AS SELECT r.id FROM reminders r JOIN customer_decisions c ON c.id = r.decision_id
    WHERE r.kind = 'score' AND r.next_at IS NOT NULL ORDER BY c.created_at DESC LIMIT {due};
CREATE TABLE bench_ended AS SELECT id('r', n) AS id, id('d', n) AS decision_id
    FROM d WHERE status = 'evaluating' ORDER BY n LIMIT {ended};
CREATE TABLE bench_unplanned AS SELECT id('d', n) AS id FROM d WHERE status = 'team_input' ORDER BY n
    LIMIT {unplanned};
CREATE TABLE bench_before AS SELECT id FROM reminders;
ALTER TABLE bench_before ADD PRIMARY KEY (id);
"""

_ID = r"\bid\('(\w)', ([^)]*)\)"

# To where it was before the tick, so that the next one finds the same.
_RESET = """
DELETE FROM outbox WHERE state = 'ready';
DELETE FROM audit_logs;
DELETE FROM reminders r
    WHERE r.decision_id IN (SELECT decision_id FROM bench_ended UNION SELECT id FROM bench_unplanned)
    AND NOT EXISTS (SELECT FROM bench_before b WHERE b.id = r.id);
UPDATE rounds SET closed_at = NULL, closed_by = NULL, closed_xid = NULL, close_cause = NULL,
    closes_at = timestamptz '{now}' + interval '{minutes} minutes' WHERE id IN (SELECT id FROM bench_ended);
UPDATE customer_decisions SET revision = 12, planned_revision = 12 WHERE id IN (SELECT decision_id FROM bench_ended);
UPDATE customer_decisions SET planned_revision = {planned} WHERE id IN (SELECT id FROM bench_unplanned);
UPDATE reminders SET next_at = timestamptz '{now}' - interval '1 minute', asked = 1
    WHERE id IN (SELECT id FROM bench_due);
"""


def fill(url: str, *, decisions: int, options: str = "") -> None:
    """Make a migrated, empty database one with so many decisions, as the tick of NOW shall find it."""
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        for statement in filling(decisions=decisions, teams=max(decisions // 200, 25)):
            connection.execute(statement)
        reset(url, is_busy=True)
        connection.execute("VACUUM ANALYZE")


def filling(*, decisions: int, teams: int, due: int = DUE) -> list[bytes]:
    """The statements that fill it, for one connection. Each team has a workspace and eight people."""
    words = {"decisions": decisions, "teams": teams, "now": NOW.isoformat()}
    words |= {"due": due, "ended": ENDED, "unplanned": UNPLANNED}
    return statements_of(_FILL.format(**words))


def statements_of(script: str) -> list[bytes]:
    """One by one, with each id('d', n) spelled out."""
    return [one.encode() for one in re.sub(_ID, r"md5('\1' || (\2))::uuid", script).split(";\n") if one.strip()]


def reset(url: str, *, is_busy: bool) -> None:
    """As it was before the tick. `is_busy`: with rounds to close and decisions to plan."""
    words = {"now": NOW.isoformat(), "minutes": -1 if is_busy else 2880, "planned": "NULL" if is_busy else "12"}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_RESET.format(**words).encode())


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[db.Db]:
    opened = db.connect(url)
    try:
        yield opened
    finally:
        await opened.close()


async def tick(opened: db.Db, *, is_busy: bool, due: int = DUE) -> float:
    """Seconds of one tick. Raises SystemExit where it did not do what was to be done."""
    start = perf_counter()
    swept = await sweep.sweep(opened, now=NOW, rules=Settings(_env_file=None).rules)
    took = perf_counter() - start
    closed, planned = (ENDED, ENDED + UNPLANNED) if is_busy else (0, 0)
    # Owners of rounds that ended without quorum, and deciders, are told besides: as many at every size.
    if (swept.closed, swept.planned) != (closed, planned) or not due <= swept.due <= due + 5 * closed:
        raise SystemExit(f"The tick did {swept}, not what was to be done.")
    return took


async def measure(small: str, big: str) -> int:
    """Print medians, ratio and plan; returns the exit code."""
    async with connected(small) as one, connected(big) as other:
        ratios = [await _compare((small, one), (big, other), is_busy=is_busy) for is_busy in (False, True)]
    sys.stdout.write(f"The claim with {BIG:,} decisions:\n{plan(big)}\n")
    return 0 if max(ratios) <= LIMIT else 1


async def _compare(*pair: tuple[str, db.Db], is_busy: bool) -> float:
    seconds = await in_turn(*pair, is_busy=is_busy, runs=RUNS)
    ratio = median(seconds[1]) / median(seconds[0])
    more = f", {ENDED} rounds to close, {UNPLANNED} decisions to plan" if is_busy else ""
    sys.stdout.write(f"\n{DUE} reminders due{more}; medians of {RUNS} runs\n")
    for taken, number in zip(seconds, (SMALL, BIG), strict=True):
        spread = f"({min(taken) * 1000:.1f} to {max(taken) * 1000:.1f})"
        sys.stdout.write(f"{number:>9,} decisions {median(taken) * 1000:8.1f} ms {spread}\n")
    sys.stdout.write(f"ratio               {ratio:8.2f}, at most {LIMIT} is well\n\n")
    return ratio


async def in_turn(*pair: tuple[str, db.Db], is_busy: bool, runs: int) -> list[list[float]]:
    """Seconds of a tick, so many times in each of these databases."""
    seconds: list[list[float]] = [[] for _ in pair]
    for run in range(runs + 1):
        for taken, (url, opened) in zip(seconds, pair, strict=True):
            await asyncio.to_thread(reset, url, is_busy=is_busy)
            took = await tick(opened, is_busy=is_busy)
            if run:  # the first one warms up
                taken.append(took)
    return seconds


def plan(url: str) -> str:
    """EXPLAIN (ANALYZE, BUFFERS) of the claim, undone."""
    reset(url, is_busy=False)
    words = str(statements.CLAIM).replace("%", "%%")
    names = statements.claim_words(NOW)
    for name in sorted(names, key=len, reverse=True):
        words = words.replace(f":{name}", f"%({name})s")
    with psycopg.connect(url) as connection:
        rows = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS) {words}".encode(), names).fetchall()
        connection.rollback()
    return "\n".join(str(row[0]) for row in rows)


@contextmanager
def databases(*sizes: int, told: Callable[[str], object] = print) -> Iterator[list[str]]:
    """A server of our own with one filled database for each size; gone afterwards."""
    # The server may run as another user, who has to pass all directories above its own.
    place = Path(tempfile.mkdtemp(prefix="conclave-bench-"))
    place.chmod(0o755)
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "1GB"}
    server = embedded.start(place / "postgres", settings={**settings, "max_wal_size": "4GB", "autovacuum": "off"})
    try:
        urls = []
        for size in sizes:
            name = f"bench_{size}"
            with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
                admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            urls.append(server.url_of(name))
            schema.upgrade(urls[-1])
            start = perf_counter()
            # Neither triggers nor foreign keys: all of it fits together, and checking takes most of the time.
            fill(urls[-1], decisions=size, options="-c session_replication_role=replica")
            told(f"filled {size:,} decisions in {perf_counter() - start:.0f} s")
        yield urls
    finally:
        server.stop()
        shutil.rmtree(place)


def main() -> int:
    with databases(SMALL, BIG) as (small, big):
        return asyncio.run(measure(small, big))


if __name__ == "__main__":
    raise SystemExit(main())
