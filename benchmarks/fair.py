"""How long one workspace's deliveries take while another has 50,000 due: `python -m benchmarks.fair`; a minute.

The real worker on a real database; Slack is a pause of 30 ms. One workspace queues a delivery every 50 ms, and each is
timed from its COMMIT to the moment when its sender is called: first alone, then while another workspace has 50,000 rows
due, in as many conversations (a storm of direct messages), and then behind one conversation that Slack limits. A p99
more than twice as long as alone is a failure (exit 1); below 50 ms nobody notices, so there it begins to count.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import psycopg

from bot import embedded
from bot.delivery.verdict import Done, Verdict
from bot.delivery.worker import Worker
from bot.deps import Deps
from bot.store import db, schema
from bot.store.outbox import EVERY, Delivery

ROWS, PROBES, EVERY_SECONDS, SLACK_SECONDS, LIMIT, NOTICED_SECONDS = 50_000, 200, 0.05, 0.03, 2.0, 0.05
QUIET, NOISY = "T0QUIET", "T0NOISY"
_NOISE = {
    "alone": "",
    "while another has 50,000 conversations due": "'noise', 'slack:T0NOISY:D' || n, now()",
    "while another has 50,000 due behind one that waits": (
        "'noise', 'slack:T0NOISY:C1', CASE n WHEN 1 THEN now() + interval '1 hour' ELSE now() END"
    ),
}


async def measure(url: str, noise: str, *, rows: int = ROWS, probes: int = PROBES) -> list[float]:
    """Seconds that each delivery of the quiet workspace took, sorted. noise: what the other one has due, in SQL."""
    began: dict[str, float] = {}
    took: list[float] = []
    over = asyncio.Event()

    async def probe(_: Deps, delivery: Delivery) -> Verdict:
        took.append(time.perf_counter() - began[delivery.dedupe_key])
        if len(took) == probes:
            over.set()
        await asyncio.sleep(SLACK_SECONDS)
        return Done()

    async def shout(_: Deps, delivery: Delivery) -> Verdict:
        await asyncio.sleep(SLACK_SECONDS)
        return Done()

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE outbox")
        if noise:
            connection.execute(
                f"INSERT INTO outbox (kind, lane, run_at, dedupe_key) SELECT {noise}, 'noise:' || n "
                f"FROM generate_series(1, {rows}) n"
            )
        connection.execute("ANALYZE outbox")
    async with working(url, {"probe": probe, "noise": shout}) as opened:
        for n in range(probes):
            key = f"probe:{n}"
            began[key] = time.perf_counter()
            await db.autocommit(opened, lambda c, key=key, n=n: _queue(c, key, n))  # type: ignore[misc]
            await asyncio.sleep(EVERY_SECONDS)
        async with asyncio.timeout(60):
            await over.wait()
    return sorted(took)


async def _queue(c: Any, key: str, n: int) -> None:
    await c.exec_driver_sql(
        "WITH added AS (INSERT INTO outbox (kind, lane, dedupe_key) VALUES ('probe', %s, %s) RETURNING id) "
        "SELECT pg_notify('outbox', '') FROM added",
        (f"slack:{QUIET}:D{n % 10}", key),
    )


@asynccontextmanager
async def working(url: str, senders: Any) -> AsyncIterator[db.Db]:
    opened = db.connect(url)
    deps = Deps(opened, lambda: datetime.now(UTC), cast(Any, None), cast(Any, None))
    worker = Worker(deps, senders, database_url=url, workspace=lambda: EVERY, serves_many=True)
    running = asyncio.create_task(worker.run())
    try:
        yield opened
    finally:
        worker.stop()
        await running
        await opened.close()


def p99(took: list[float]) -> float:
    return took[min(len(took) - 1, round(len(took) * 0.99))]


async def compare(url: str) -> list[tuple[str, float]]:
    return [(name, p99(await measure(url, noise))) for name, noise in _NOISE.items()]


def ratio(found: Sequence[tuple[str, float]]) -> float:
    """The longest p99 beside that of the first, which was alone."""
    return max(seconds for _, seconds in found) / max(found[0][1], NOTICED_SECONDS)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="conclave-fair-") as place:
        Path(place).chmod(0o755)
        server = embedded.start(Path(place) / "data")
        try:
            schema.upgrade(server.url)
            found = asyncio.run(compare(server.url))
        finally:
            server.stop()
    for name, seconds in found:
        sys.stdout.write(f"p99 {seconds * 1000:7.1f} ms  {ratio([found[0], (name, seconds)]):4.1f} x  {name}\n")
    return int(ratio(found) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
