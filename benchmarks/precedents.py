"""How long precedents take to find: 100,000 decided cases of 1,000 teams, one of which has 20,000.

`python -m benchmarks.precedents` makes them in a database of its own, asks for the precedents of 200 cases of all teams
and of 200 of the big one, as a window does, and prints medians and 95th percentiles. Above 150 ms by words, or 300 ms
by words and meaning, it fails (exit 1).
"""

import asyncio
import random
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import embedded
from bot.domain.decision import DECISION_TYPES, Decision
from bot.domain.precedent import MOST
from bot.semantic import vectors
from bot.store import db, decision, meaning, precedent, schema

TEAMS, BIG, DECISIONS = 1_000, 20_000, 100_000
CASES = 200
LIMITS_MS = {False: 150.0, True: 300.0}
"""By words; by words and meaning."""
MODEL = "random"
VOCABULARY, TITLE, WORDS = 20_000, 8, 60
"""Different words there are, and words of a title and of a description; words come as often as in English (Zipf)."""

_TEAMS = """
INSERT INTO teams (id, name, company_name) SELECT md5('t' || n)::uuid, 'Team ' || n, 'Company'
FROM generate_series(0, %(teams)s - 1) n;
INSERT INTO team_members (id, team_id, email, name, password_hash, role)
SELECT md5('m' || n)::uuid, md5('t' || n)::uuid, 'm' || n || '@example.com', 'Member ' || n, '!', 'support_manager'
FROM generate_series(0, %(teams)s - 1) n;
"""
_CASES = """
INSERT INTO customer_decisions (id, team_id, created_by, customer_name, title, description, decision_type, number,
    financial_impact, status, current_phase, actual_resolution_date)
SELECT md5('d' || n)::uuid, md5('t' || team)::uuid, md5('m' || team)::uuid, 'Customer ' || n % 5000, title, description,
    kind, n + 1, n % 20000, 'resolved', 6, timezone('UTC', now()) - interval '10 minutes' * n FROM bench;
INSERT INTO response_options (id, decision_id, title, description)
SELECT md5('o' || n || i)::uuid, md5('d' || n)::uuid, (ARRAY['Full refund', 'Half of it', 'No refund'])[i], 'So.'
FROM bench, generate_series(1, 3) i;
INSERT INTO decision_outcomes (decision_id, selected_option_id, reason, customer_retained, recorded_at)
SELECT md5('d' || n)::uuid, md5('o' || n || 1 + n %% 3)::uuid, 'It leads, and the mistake was ours.', n %% 4 > 0, now()
FROM bench;
"""


def fill(url: str, *, decisions: int = DECISIONS, teams: int = TEAMS, big: int = BIG) -> None:
    """Make a migrated, empty database one with so many decided cases; the first team has `big` of them."""
    dice, kinds = random.Random(1), list(DECISION_TYPES)
    words = [_word(dice) for _ in range(VOCABULARY)]
    odds = [1 / (rank + 2) for rank in range(VOCABULARY)]
    said = dice.choices(words, odds, k=decisions * (TITLE + WORDS))
    with psycopg.connect(url, autocommit=True) as c:
        c.execute("CREATE TEMP TABLE bench (n int, team int, kind text, title text, description text)")
        with c.cursor().copy("COPY bench FROM STDIN") as copy:
            for n in range(decisions):
                own = said[n * (TITLE + WORDS) : (n + 1) * (TITLE + WORDS)]
                team = 0 if n < big else 1 + n % (teams - 1)
                copy.write_row((n, team, dice.choice(kinds), " ".join(own[:TITLE]), " ".join(own[TITLE:])))
        for sql in (*_TEAMS.split(";\n"), *_CASES.replace("n % ", "n %% ").split(";\n")):
            c.execute(sql.encode(), {"teams": teams})
        _embed(c, dice)
        c.execute("VACUUM ANALYZE")


def _embed(c: psycopg.Connection[Any], dice: random.Random) -> None:
    """A vector for each case: at random, which costs as much to compare as any."""
    some = [dice.randbytes(vectors.ROW_BYTES // 2) for _ in range(100)]
    c.execute("CREATE TEMP TABLE vector (n int, v bytea)")
    with c.cursor().copy("COPY vector FROM STDIN") as copy:
        for n, half in enumerate(some):
            # Halves of numbers around 0.01: the sign and the exponent are fixed, so that none is infinite.
            copy.write_row((n, b"".join(bytes([byte, 0x21]) for byte in half)))
    c.execute(
        "UPDATE case_vectors SET model = %s, vector = v FROM vector WHERE n = abs(hashtext(decision_id::text)) %% 100",
        [MODEL],
    )


def _word(dice: random.Random) -> str:
    return "".join(dice.choice("bcdfghklmnprstvw") + dice.choice("aeiou") for _ in range(dice.randint(2, 4)))


async def search(opened: db.Db, one: Decision, *, by_meaning: bool = False) -> int:
    """As a window does it; how many were found."""
    own = random.Random(3).randbytes(vectors.DIMENSIONS)

    async def work(c: AsyncConnection) -> int:
        found = await precedent.by_words(c, one, of_choices=True)
        ids = [hit.decision_id for hit in found.hits]
        if by_meaning:
            others = await meaning.of_scope(c, one, model=MODEL)
            vector = b"".join(bytes([byte, 0x21]) for byte in own)
            near = vectors.nearest(vector, [row for _, row in others], most=MOST)
            ids += [others[place][0] for place, _ in near]
        await precedent.cases(c, ids, team_id=one.team_id)
        return len(await precedent.answers(c, ids))

    return await db.run_tx(opened, work, budget_seconds=60)


async def some_cases(opened: db.Db, *, is_big: bool, count: int, decisions: int, big: int) -> list[Decision]:
    """Cases that are there already, each as a new one that reads the same."""
    dice = random.Random(2)
    numbers = [dice.randrange(big) if is_big else dice.randrange(big, decisions) for _ in range(count)]

    async def work(c: AsyncConnection) -> list[Decision]:
        ids = [row[0] for row in await c.exec_driver_sql(f"SELECT md5('d' || n)::uuid FROM unnest(ARRAY{numbers}) n")]
        return [replace(one, id=uuid4()) for one in await decision.get_many(c, ids)]

    return await db.run_tx(opened, work, budget_seconds=60)


async def measure(opened: db.Db, cases: list[Decision], *, by_meaning: bool) -> list[float]:
    """Milliseconds of each."""
    await search(opened, cases[0], by_meaning=by_meaning)
    times = []
    for one in cases:
        began = perf_counter()
        await search(opened, one, by_meaning=by_meaning)
        times.append((perf_counter() - began) * 1000)
    return times


async def run(url: str) -> bool:
    opened = db.connect(url, budget_seconds=60)
    is_quick = True
    try:
        for name, is_big in (("all teams but the big one", False), (f"the team of {BIG:,}", True)):
            found = await some_cases(opened, is_big=is_big, count=CASES, decisions=DECISIONS, big=BIG)
            for by_meaning, limit in LIMITS_MS.items():
                times = await measure(opened, found, by_meaning=by_meaning)
                middle, high = quantiles(times, n=20)[9], quantiles(times, n=20)[18]
                how = "by words and meaning" if by_meaning else "by words"
                print(f"{name}, {how}: median {middle:.0f} ms, 95th percentile {high:.0f} ms of {len(times)}")  # noqa: T201
                is_quick &= high <= limit
    finally:
        await opened.close()
    return is_quick


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="conclave-precedents-"))
    place.chmod(0o755)
    server = embedded.start(place / "data")
    try:
        schema.upgrade(server.url)
        began = perf_counter()
        fill(server.url)
        print(f"{DECISIONS:,} decided cases of {TEAMS:,} teams, made in {perf_counter() - began:.0f} s")  # noqa: T201
        sys.exit(0 if asyncio.run(run(server.url)) else 1)
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
