"""How long the web pages take for a team of 100,000 decisions: `python -m benchmarks.pages`.

It makes one in a database of its own (texts go in by COPY), signs a browser in, asks for each page over HTTP as often
as `ASKED` says, in turn, and prints medians and 95th percentiles. Above `LIMIT_MS` for any page it fails (exit 1).
`--decisions 5000` for a smaller one.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from uuid import UUID

import aiohttp
import psycopg
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks import precedents
from bot import embedded, http
from bot.app import keep_garbage_collector_quiet
from bot.config import Settings
from bot.deps import Deps
from bot.domain.agreement import Agreement
from bot.domain.by import Origin
from bot.domain.result import VERSION, Result, ResultRow, ShownCell, to_body
from bot.domain.round import Thresholds
from bot.domain.team import SlackUser
from bot.services import team as teams
from bot.services import token as tokens
from bot.store import db, schema
from web.app import pages

DECISIONS, ASKED, LIMIT_MS = 100_000, 40, 200.0
PEOPLE, OPEN, LINES = 8, 200, 8
"""People of the team, decisions that are open, lines of the trail about each decision."""
WORKSPACE, USER = "T0BIG", "U0"
_OPTIONS, _CRITERIA = [[UUID(int=first + n) for n in range(3)] for first in (1, 11)]

# What `precedents.fill` leaves out. It has made the decisions all resolved, the newest first: b.n is 0 for that one.
_MORE = """
INSERT INTO team_workspaces (workspace_id, team_id) VALUES ('{workspace}', md5('t0')::uuid);
INSERT INTO team_members (id, team_id, email, name, password_hash, role, escalation_authority)
SELECT md5('p' || n)::uuid, md5('t0')::uuid, 'p' || n || '@example.com', 'Person ' || n, '!', 'support_manager', 5
FROM generate_series(0, {people} - 1) n;
INSERT INTO slack_identities (workspace_id, slack_user_id, member_id, tz)
SELECT '{workspace}', 'U' || n, md5('p' || n)::uuid, 'Europe/London' FROM generate_series(0, {people} - 1) n;

CREATE TEMP TABLE b AS SELECT n, md5('d' || n)::uuid AS id, CASE WHEN n >= {open} AND n % 50 = 7 THEN 'cancelled'
    WHEN n >= {open} THEN 'resolved' WHEN n % 2 = 0 THEN 'team_input' ELSE 'created' END AS status
FROM generate_series(0, {decisions} - 1) n;
UPDATE customer_decisions d SET number = 2 * {decisions} - b.n, created_by = md5('p' || b.n % {people})::uuid,
    urgency_level = 1 + b.n % 5, created_at = d.actual_resolution_date - interval '3 days',
    workspace_id = '{workspace}', channel_id = 'C0BIG', revision = 9, planned_revision = 9, status = b.status,
    current_phase = CASE b.status WHEN 'resolved' THEN 6 WHEN 'created' THEN 1 ELSE 3 END,
    actual_resolution_date = CASE WHEN b.status = 'resolved' THEN d.actual_resolution_date END
FROM b WHERE b.id = d.id;
DELETE FROM decision_outcomes o USING b WHERE b.id = o.decision_id AND b.status <> 'resolved';
UPDATE decision_outcomes o SET resolved_by = md5('p' || b.n % 5)::uuid, answered_at = o.recorded_at,
    response_sent_at = d.actual_resolution_date + interval '2 hours'
FROM b JOIN customer_decisions d ON d.id = b.id WHERE b.id = o.decision_id;
INSERT INTO decision_criteria (id, decision_id, name, weight, created_by, position)
SELECT md5('c' || n || i)::uuid, id, (ARRAY['Fairness', 'Cost', 'Trust'])[i], 2, md5('p0')::uuid, i
FROM b, generate_series(1, 3) i;
INSERT INTO rounds (id, decision_id, number, opened_by, opened_at, closes_at, closed_at, published_at, close_cause,
    snapshot, thresholds)
SELECT md5('r' || n)::uuid, id, 1, md5('p0')::uuid, at - interval '2 days', at, at, at, 'all_scored',
    jsonb_build_object('options', (SELECT jsonb_agg(md5('o' || n || i)::uuid) FROM generate_series(1, 3) i),
        'criteria', (SELECT jsonb_agg(jsonb_build_object('id', md5('c' || n || i)::uuid, 'weight', '2.00'))
            FROM generate_series(1, 3) i), 'names', '{{}}'::jsonb),
    '{{"ranking": 3, "halves": 4, "totals": 5, "cell": 5}}'
FROM (SELECT *, now() - interval '10 minutes' * n - interval '1 hour' AS at FROM b WHERE status = 'resolved') AS done;
INSERT INTO round_members (round_id, member_id, submitted)
SELECT md5('r' || n)::uuid, md5('p' || i)::uuid, true FROM b, generate_series(0, 4) i WHERE status = 'resolved';
INSERT INTO round_results (round_id, version, ballots, body)
SELECT md5('r' || n)::uuid, {version}, 5, {body}::jsonb FROM b WHERE status = 'resolved';
UPDATE decision_outcomes SET (follows, chosen_total, chosen_means) =
    (SELECT * FROM lesson_of(decision_id, selected_option_id));
INSERT INTO forecasts (decision_id, option_id, member_id, per_cent, due)
SELECT b.id, o.selected_option_id, o.resolved_by, (ARRAY[60, 70, 80, 90])[1 + b.n % 4], now()
FROM b JOIN decision_outcomes o ON o.decision_id = b.id;
INSERT INTO audit_logs (decision_id, user_id, action, team_id, created_at)
SELECT id, md5('p' || i)::uuid, 'decision.edited', md5('t0')::uuid, timezone('UTC', now()) - interval '10 minutes' * n
FROM b, generate_series(1, {lines}) i ORDER BY n DESC;
INSERT INTO team_numbers VALUES (md5('t0')::uuid, 2 * {decisions})
ON CONFLICT (team_id) DO UPDATE SET last_decision_number = excluded.last_decision_number;
"""


def fill(url: str, *, decisions: int = DECISIONS) -> None:
    """Make a migrated, empty database one of a team with so many decisions. Blocks."""
    precedents.fill(url, decisions=decisions, teams=2, big=decisions)
    words = {"decisions": decisions, "people": PEOPLE, "open": OPEN, "lines": LINES, "workspace": WORKSPACE}
    more = _MORE.format(**words, version=VERSION, body=_body())
    # Neither triggers nor foreign keys: all of it fits together, and checking takes most of the time.
    with psycopg.connect(url, autocommit=True, options="-c session_replication_role=replica") as c:
        c.execute(more.encode())
        c.execute("VACUUM ANALYZE")


def _body() -> str:
    """SQL of a published result, in which the ids of the row b stand in the place of ours."""
    rows = tuple(ResultRow(option, place, f"{8.2 - place}") for place, option in enumerate(_OPTIONS, 1))
    cells = tuple(
        ShownCell(option, criterion, "7.2", Agreement.ALIGNED) for option in _OPTIONS for criterion in _CRITERIA
    )
    found = "'" + json.dumps(to_body(Result(VERSION, 5, 5, Thresholds(), rows, cells=cells))) + "'"
    for letter, ids in (("o", _OPTIONS), ("c", _CRITERIA)):
        for place, one in enumerate(ids, 1):
            found = f"replace({found}, '{one}', md5('{letter}' || n || {place})::uuid::text)"
    return found


def addresses(decisions: int, *, word: str, member: UUID, key: str) -> Mapping[str, str]:
    """Name -> path of everything that is asked for. word: one that is in many cases."""
    newest = 2 * decisions
    asked = {
        "unfiltered": "",
        "state open": "state=open",
        "state resolved": "state=resolved",
        "state cancelled": "state=cancelled",
        "state scoring": "state=scoring",
        "type": "type=refund_request",
        "customer": "customer=Customer+77",
        "urgency": "urgency=5",
        "owner": f"owner={member}",
        "dates": "since=2026-01-01&until=2026-02-01",
        "dates before all": "until=2001-01-01",
        "all filters": f"state=resolved&type=refund_request&urgency=5&owner={member}&since=2025-01-01",
        "nothing fits": "state=resolved&customer=Nobody",
        "a common word": f"q={word}",
        "two words": f"q={word}+customer",
        "no such word": "q=xyzzy",
        "a word and a filter": f"q={word}&state=cancelled",
        "the last page": f"before={decisions + 20}",
    }
    searches = {f"decisions, {name}": f"/decisions?{query}" for name, query in asked.items()}
    one = {"one decision": f"/d/{key}-{newest - OPEN - 10}", "one as data": f"/d/{key}-{newest - OPEN - 10}.json"}
    rest = {name: f"/{name}" for name in ("learning", "customers", "team", "audit")}
    return {"inbox": "/", **searches, **one, **rest, "audit, the last page": f"/audit?before={LINES * 3}"}


@asynccontextmanager
async def served(url: str) -> AsyncIterator[tuple[db.Db, str, dict[str, str]]]:
    """The pages on a port: the database, patient so that slow is slow; their address, cookies of somebody signed in."""
    opened = db.connect(url, budget_seconds=60)
    try:
        settings = Settings(_env_file=None, url="http://127.0.0.1:9")
        deps = Deps(opened, lambda: datetime.now(UTC), settings, AsyncWebClient())
        actor = await teams.find_actor(opened, SlackUser(WORKSPACE, USER))
        assert actor is not None  # `fill` has made them
        session = await tokens.start(opened, actor, now=deps.now, origin=Origin("127.0.0.1"), way="link")
        async with http.serving(pages(deps), host="127.0.0.1", port=0) as port:
            yield opened, f"http://127.0.0.1:{port}", {"conclave": session}
    finally:
        await opened.close()


async def measure(url: str, *, decisions: int, asked: int = ASKED) -> Mapping[str, list[float]]:
    """Milliseconds of each page, from the request to the last byte of its body."""
    async with served(url) as (opened, base, cookies), aiohttp.ClientSession(cookies=cookies) as browser:
        actor = await teams.find_actor(opened, SlackUser(WORKSPACE, USER))
        assert actor is not None
        paths = addresses(decisions, word=common_word(url), member=actor.member.id, key=actor.team.key)
        times: dict[str, list[float]] = {name: [] for name in paths}
        # As the server does before its first request. A walk of Python's own thresholds over all objects takes a sixth
        # of a second, and falls on whatever page comes then.
        keep_garbage_collector_quiet()
        for turn in range(asked + 1):
            for name, path in paths.items():
                began = perf_counter()
                async with browser.get(base + path, allow_redirects=False) as answer:
                    await answer.read()
                    if answer.status != 200:
                        raise SystemExit(f"{name}: {path} is answered {answer.status}.")
                if turn:  # the first one warms up
                    times[name].append((perf_counter() - began) * 1000)
    return times


def common_word(url: str) -> str:
    """One that stands in many cases: of some twenty words each has its most frequent one nearly everywhere."""
    with psycopg.connect(url) as c:
        row = c.execute(
            "SELECT word FROM (SELECT unnest(string_to_array(title, ' ')) AS word FROM customer_decisions LIMIT 2000) "
            "AS said GROUP BY word ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


def report(times: Mapping[str, list[float]]) -> bool:
    """Print them; whether all are quick enough."""
    is_quick = True
    for name, taken in times.items():
        middle, high = quantiles(taken, n=20)[9], quantiles(taken, n=20)[18]
        is_quick &= high <= LIMIT_MS
        mark = "" if high <= LIMIT_MS else "  too slow"
        sys.stdout.write(f"{name:<34} median {middle:6.0f} ms, 95th percentile {high:6.0f} ms{mark}\n")
    return is_quick


@contextmanager
def database(*, decisions: int) -> Iterator[str]:
    """A server of our own with such a team; gone afterwards."""
    # The server may run as another user, who has to pass all directories above its own.
    place = Path(tempfile.mkdtemp(prefix="conclave-pages-"))
    place.chmod(0o755)
    server = embedded.start(place / "data")
    try:
        schema.upgrade(server.url)
        began = perf_counter()
        fill(server.url, decisions=decisions)
        sys.stdout.write(f"{decisions:,} decisions of one team, made in {perf_counter() - began:.0f} s\n")
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("--decisions", type=int, default=DECISIONS)
    parser.add_argument("--times", type=int, default=ASKED)
    asked = parser.parse_args()
    with database(decisions=asked.decisions) as url:
        times = asyncio.run(measure(url, decisions=asked.decisions, asked=asked.times))
    return 0 if report(times) else 1


if __name__ == "__main__":
    raise SystemExit(main())
