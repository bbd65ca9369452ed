"""What publishing a big round costs: `python -m benchmarks.publishing`.

The real service publishes 1,000 people x 10 options x 10 criteria, from closed round to stored result. It is compared
with the least that any publication does: one SQL aggregate of the same number of rows, and their rewriting, in one
transaction. Both alternate on a PostgreSQL of their own; medians count. Exits with 1 above 3 times the least.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from bot import embedded
from bot.services import result
from bot.store import schema
from bot.store.db import Db, connect

PEOPLE, OPTIONS, CRITERIA, RUNS = 1_000, 10, 10, 5
MOST = 3.0

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
_ROSTER = "INSERT INTO round_members (round_id, member_id, submitted) SELECT %(round)s, id, true FROM team_members"
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


def main() -> None:
    # Every parent of the data directory must be passable: as root the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="conclave-benchmark-"))
    folder.chmod(0o755)
    server = embedded.start(folder / "postgres")
    try:
        schema.upgrade(server.url)
        ratio = asyncio.run(_compare(server.url))
    finally:
        server.stop()
        shutil.rmtree(folder)
    sys.exit(ratio > MOST)


async def _compare(url: str) -> float:
    result.PUBLISH_SECONDS = 600.0  # what counts is the ratio: whoever else is busy here is no reason to give up
    driver = make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    db = connect(driver)
    published, least = [], []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TEAM, {"people": PEOPLE})
        for _ in range(RUNS):
            decision, round_id = _closed_round(connection)
            least.append(_seconds_of_least(connection, decision))
            connection.execute("VACUUM ANALYZE evaluations")
            published.append(await _seconds_of_publishing(db, round_id))
            connection.execute("VACUUM ANALYZE evaluations")
        sealed = connection.execute("SELECT DISTINCT round_order(id) FROM rounds").fetchall()
    await db.close()
    assert sealed == [("sealed",)], sealed
    ratio = median(published) / median(least)
    sys.stdout.write(
        f"{PEOPLE} people x {OPTIONS} options x {CRITERIA} criteria, medians of {RUNS} alternating runs\n"
        f"aggregate and rewrite {median(least) * 1000:8.0f} ms\n"
        f"publish               {median(published) * 1000:8.0f} ms\n"
        f"ratio                 {ratio:8.2f} (at most {MOST})\n"
    )
    return ratio


def _closed_round(connection: "psycopg.Connection[tuple[UUID, ...]]") -> tuple[UUID, UUID]:
    """A decision and its round: everybody has scored everything, closed, not yet published."""
    facts: dict[str, object] = {"options": OPTIONS, "criteria": CRITERIA}
    for name, statement in (("decision", _DECISION), ("", _OPTIONS), ("", _CRITERIA), ("round", _ROUND)):
        cursor = connection.execute(statement, facts)
        if name:
            facts[name] = cursor.fetchall()[0][0]
    connection.execute(_ROSTER, facts)
    connection.execute(_BALLOTS, facts)
    connection.execute("VACUUM ANALYZE evaluations")
    connection.execute("SELECT close_round(%(round)s, NULL)", facts)
    return UUID(str(facts["decision"])), UUID(str(facts["round"]))


def _seconds_of_least(connection: "psycopg.Connection[tuple[UUID, ...]]", decision: UUID) -> float:
    start = perf_counter()
    with connection.transaction():
        connection.execute(_AGGREGATE, {"decision": decision}).fetchall()
        connection.execute(_REWRITE, {"decision": decision})
    return perf_counter() - start


async def _seconds_of_publishing(db: Db, round_id: UUID) -> float:
    start = perf_counter()
    await result.publish(db, round_id=round_id)
    return perf_counter() - start


if __name__ == "__main__":
    main()
