"""Workspaces take turns: what one of them has due, however much, keeps no other waiting; no claim reads the table."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from benchmarks import fair
from bot.delivery import worker
from bot.delivery.verdict import Done, Verdict
from bot.store import db, outbox
from bot.store.db import Db
from bot.store.outbox import EVERY, INSTALLED, Delivery

NOISY = 50_000
BEHIND_ONE_THAT_WAITS = "'slack:T1:C1', now() + CASE n WHEN 1 THEN interval '1 hour' ELSE interval '-1 hour' END"


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[Db]:
    found = db.connect(database_url, budget_seconds=30)
    yield found
    await found.close()


def queue(url: str, rows: str, count: int = 1) -> None:
    """rows: what `lane, run_at` are for row n, in SQL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO outbox (kind, lane, run_at, dedupe_key) "
            f"SELECT 'card', {rows}, gen_random_uuid()::text FROM generate_series(1, {count}) n"
        )
        connection.execute("ANALYZE outbox")


async def claim(opened: Db, *, at_most: int = 10, workspace: str = EVERY, **how: Any) -> list[Delivery]:
    return await db.autocommit(
        opened,
        lambda c: outbox.claim(
            c, token=1, at_most=at_most, lease_seconds=30, workspace=workspace, **{"each": 20, **how}
        ),
    )


def workspaces(claimed: list[Delivery]) -> list[str]:
    return sorted(one.workspace_id for one in claimed)


async def test_the_oldest_of_each_workspace_goes_before_the_second_of_any(opened: Db, database_url: str) -> None:
    queue(database_url, "'slack:T1:C' || n, now() - interval '1 hour'", 100)
    queue(database_url, "'slack:T2:C' || n, now() - interval '1 second' * n", 3)
    queue(database_url, "'email:' || n, now()", 1)

    first = await claim(opened, at_most=3)
    assert workspaces(first) == ["", "T1", "T2"]
    assert [one.lane for one in first if one.workspace_id == "T2"] == ["slack:T2:C3"]
    assert workspaces(await claim(opened, at_most=4)) == ["T1", "T1", "T2", "T2"]


async def test_who_has_all_their_hands_full_gets_no_more_of_them(opened: Db, database_url: str) -> None:
    queue(database_url, "'slack:T1:C' || n, now() - interval '1 hour'", 100)
    queue(database_url, "'slack:T2:C' || n, now()", 2)

    assert workspaces(await claim(opened, each=5, busy={"T1": 3})) == ["T1", "T1", "T2", "T2"]
    assert await claim(opened, each=5, busy={"T1": 5}) == []


async def test_lanes_keep_their_order(opened: Db, database_url: str) -> None:
    queue(database_url, "'slack:T1:C1', now() - interval '1 second' * n", 3)
    (head,) = await claim(opened)

    assert await claim(opened) == []
    await db.autocommit(opened, lambda c: outbox.settle_done(c, head))
    (second,) = await claim(opened)
    assert second.id > head.id


@pytest.mark.parametrize(
    "noise",
    [
        "'slack:T1:D' || n, now()",
        BEHIND_ONE_THAT_WAITS,
        "'slack:T1:D' || n, now() + interval '1 minute'",
        "'decision:' || n % 100, now()",
    ],
    ids=["many conversations", "behind one that waits", "all of them limited", "not Slack's"],
)
async def test_fifty_thousand_rows_of_one_are_not_read_for_another(opened: Db, database_url: str, noise: str) -> None:
    queue(database_url, noise, NOISY)
    queue(database_url, "'slack:T2:C' || n, now()", 3)
    await claim(opened, at_most=1)  # plans of the functions are made

    async def counted(c: Any) -> tuple[list[Delivery], int]:
        await c.execute(text("SELECT pg_stat_force_next_flush()"))
        claimed = await outbox.claim(c, token=2, at_most=10, lease_seconds=30, workspace=EVERY, each=20)
        read = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'outbox'"
        return claimed, (await c.execute(text(read))).scalar_one()

    claimed, whole = await db.run_tx(opened, counted)
    assert whole == 0
    assert workspaces(claimed).count("T2") >= 2


async def test_a_claim_reads_as_little_when_thousands_have_just_become_due(opened: Db, database_url: str) -> None:
    """Nobody has counted yet: the statistics are those of a quiet hour."""
    queue(database_url, "'slack:T' || n || ':C1', now()", 5_000)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE outbox SET state = 'done', done_at = now()")
        connection.execute("VACUUM ANALYZE outbox")
        connection.execute("UPDATE outbox SET state = 'ready'")

    async def counted(c: Any) -> tuple[list[Delivery], int]:
        claimed = await outbox.claim(c, token=2, at_most=10, lease_seconds=30, workspace=EVERY, each=20)
        read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'outbox'"
        return claimed, (await c.execute(text(read))).scalar_one()

    claimed, rows = await db.run_tx(opened, counted)
    assert len(set(workspaces(claimed))) == 10
    assert rows < 10 * outbox.PLACES


async def test_behind_a_conversation_that_waits_the_others_of_its_workspace_are_found(
    opened: Db, database_url: str
) -> None:
    queue(database_url, BEHIND_ONE_THAT_WAITS, 1_000)
    queue(database_url, "'slack:T1:C2', now()")

    assert [one.lane for one in await claim(opened)] == ["slack:T1:C2"]


async def test_a_workspace_that_has_not_installed_it_blocks_no_claim(opened: Db, database_url: str) -> None:
    queue(database_url, "'slack:T1:C' || n, now() - interval '1 hour'", 1_000)
    queue(database_url, "'slack:T2:C1', now()")
    queue(database_url, "'decision:1', now()")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO workspace_installations (team_id, is_org, bot_token, status) "
            "VALUES ('T2', false, 'x', 'active'), ('T1', false, NULL, 'revoked')"
        )

    assert workspaces(await claim(opened, workspace=INSTALLED)) == ["", "T2"]
    assert workspaces(await claim(opened, workspace="T9")) == []


async def test_a_claim_looks_at_some_workspaces_and_the_next_one_at_the_next(
    opened: Db, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also past those that have nothing due, and once round before anybody waits."""
    monkeypatch.setattr(outbox, "PLACES", 3)
    queue(database_url, "'slack:T' || n || ':C1', now() + CASE WHEN n < 5 THEN interval '1 hour' ELSE '0' END", 8)
    walk = outbox.Walk()

    found = [(workspaces(await claim(opened, walk=walk)), walk.is_over) for _ in range(4)]

    assert found == [([], False), (["T5", "T6"], False), (["T7", "T8"], True), ([], False)]


async def test_a_worker_comes_round_before_it_waits(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first that it looks at have nothing due; it would wait for an hour."""
    monkeypatch.setattr(outbox, "PLACES", 2)
    monkeypatch.setattr(worker, "POLL_SECONDS", 3600.0)
    queue(database_url, "'slack:T' || n || ':C1', now() + CASE WHEN n < 6 THEN interval '1 hour' ELSE '0' END", 9)
    sent: list[str] = []
    over = asyncio.Event()

    async def card(_: Any, delivery: Delivery) -> Verdict:
        sent.append(delivery.workspace_id)
        if len(sent) == 4:
            over.set()
        return Done()

    async with fair.working(database_url, {"card": card}), asyncio.timeout(60):
        await over.wait()
    assert sorted(sent) == ["T6", "T7", "T8", "T9"]


async def test_fewer_workspaces_than_a_claim_looks_at_are_all_looked_at(opened: Db, database_url: str) -> None:
    walk = outbox.Walk(last="T5")
    assert await claim(opened, walk=walk) == []
    assert walk == outbox.Walk(last=None, is_over=True)

    queue(database_url, "'slack:T' || n || ':C1', now()", 8)
    assert len(await claim(opened, walk=outbox.Walk(last="T5"), at_most=20)) == 8


async def test_two_workers_never_claim_the_same(opened: Db, database_url: str) -> None:
    queue(database_url, "'slack:T' || n % 7 || ':C' || n, now()", 300)
    found: list[int] = []

    async def work() -> None:
        while claimed := await claim(opened, each=20):
            found.extend(one.id for one in claimed)

    await asyncio.gather(*(work() for _ in range(4)))
    while claimed := await claim(opened, each=20):
        found.extend(one.id for one in claimed)
    assert sorted(found) == sorted(set(found))
    assert len(found) == 300


async def test_a_delivery_knows_its_workspace_whatever_its_lane(opened: Db, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO teams (id, name, company_name) VALUES (gen_random_uuid(), 'A', 'B')")
        connection.execute(
            "INSERT INTO team_members (team_id, email, name, password_hash, role) "
            "SELECT id, 'a@b.example', 'Ana', '!', 'support_manager' FROM teams"
        )
        ((decision,),) = connection.execute(
            "INSERT INTO customer_decisions (team_id, created_by, customer_name, title, description, decision_type, "
            "workspace_id) SELECT team_id, id, 'C', 'T', 'D', 'refund_request', 'T7' FROM team_members RETURNING id"
        ).fetchall()
        for n, (lane, payload) in enumerate(
            [
                (f"decision:{decision}", {"decision": str(decision)}),
                ("member:1", {"decision": str(decision)}),
                ("email:1", {"items": [{"decision": str(decision)}]}),
                ("slack:T8:C1", {"decision": str(decision)}),
                ("decision:?", {"decision": "?"}),
                ("team:1", {}),
            ]
        ):
            connection.execute(
                "INSERT INTO outbox (kind, lane, dedupe_key, payload) VALUES ('card', %s, %s, %s)",
                (lane, str(n), psycopg.types.json.Jsonb(payload)),
            )
        rows = connection.execute("SELECT workspace_id FROM outbox ORDER BY id").fetchall()

    assert [workspace for (workspace,) in rows] == ["T7", "T7", "T7", "T8", "", ""]


async def test_the_benchmark_measures_what_it_says(database_url: str) -> None:
    took = await fair.measure(database_url, "'noise', 'slack:T0NOISY:D' || n, now()", rows=200, probes=5)

    assert len(took) == 5
    assert 0 < took[0] <= fair.p99(took)
