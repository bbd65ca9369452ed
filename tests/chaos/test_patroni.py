"""A database that fails over by itself, its leader's machine lost under people who submit, three times in a row."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import patroni
from tests.support.installation import Written, a_workspace, crew, installed, keep_writing, posted, until
from tests.support.patroni import Cluster, Node
from tests.support.wire import wired

WRITERS = 6
BACK_SECONDS = 15.0


@pytest.fixture
def cluster(place: Path, short: bool) -> Iterator[Cluster]:
    if short:
        pytest.skip("the long form alone: Patroni takes a minute to start and half a minute to fail over")
    if missing := patroni.missing():
        pytest.skip(f"not installed: apt-get install {missing}")
    found = Cluster(place)
    try:
        yield found.start()
    finally:
        found.stop()


async def test_losing_the_leader_and_patronis_promotion_of_its_synchronous_standby(
    cluster: Cluster, logs: Path, count: Callable[..., None]
) -> None:
    spec, written, enough = a_workspace(people=WRITERS, channels=WRITERS), Written(), asyncio.Event()
    promoted_after, back_after = list[float](), list[float]()
    async with crew(spec, cluster.url), installed(spec, cluster.url, logs) as house:
        webs = await house.start("web", "web")
        await house.start("worker", "worker")
        async with wired(*(web.port for web in webs)) as shared:
            house.sandbox.bot_url = f"http://127.0.0.1:{shared.port}"
            people = [house.sandbox.person(f"p{n}") for n in range(WRITERS)]
            writing = asyncio.create_task(keep_writing(people, written, until=enough))
            for _ in range(3):
                await _work(written)
                await _lose_the_leader(cluster, written, promoted_after, back_after)
            enough.set()
            await writing
            await until(lambda: _is_delivered(cluster), "everything is delivered", timeout=120)
        cards = [key for keys in posted(house.sandbox).values() for key in keys if key.startswith("card:")]
    found = dict(cluster.sql("SELECT title, count(*) FROM customer_decisions GROUP BY title"))
    lost, doubled = len(written.acknowledged.keys() - found.keys()), sum(found.values()) - len(found)
    name = f"leader lost under Patroni x 3, {WRITERS} writers"
    count(name, "submissions acknowledged", len(written.acknowledged))
    count(name, "acknowledged and lost", lost)
    count(name, "doubled", doubled)
    count(name, "cards doubled", len(cards) - len(set(cards)))
    count(name, "told 'not saved yet'", written.refused)
    count(name, "promoted after the loss, slowest (s)", max(promoted_after))
    count(name, "writers back after the promotion, slowest (s)", max(back_after))
    assert written.wrong == []
    assert (lost, doubled, len(cards) - len(set(cards))) == (0, 0, 0)
    assert max(back_after) < BACK_SECONDS


async def _lose_the_leader(
    cluster: Cluster, written: Written, promoted_after: list[float], back_after: list[float]
) -> None:
    """Until people work again, and whoever was lost is back as a synchronous standby."""
    gone = await asyncio.to_thread(cluster.leader)
    (heir,) = (node for node in cluster.nodes if node is not gone)
    began = time.monotonic()
    await asyncio.to_thread(cluster.kill_9, gone)
    await until(lambda: _is(heir, "primary"), "Patroni promotes the other one", timeout=120)
    promoted = time.monotonic()
    promoted_after.append(promoted - began)
    await _work(written)
    back_after.append(min(at for at in written.acknowledged.values() if at > promoted) - promoted)
    await asyncio.to_thread(cluster.run, gone)
    await until(lambda: _is(gone, "sync"), "the one that was lost follows", timeout=120)


async def _work(written: Written) -> None:
    """Wait until everybody may have had something acknowledged from now on."""
    enough = len(written.acknowledged) + 2 * WRITERS

    async def is_enough() -> bool:
        return len(written.acknowledged) >= enough

    await until(is_enough, "people work", timeout=120)


async def _is(node: Node, role: str) -> bool:
    return await asyncio.to_thread(node.is_, role)


async def _is_delivered(cluster: Cluster) -> bool:
    ((is_so,),) = await asyncio.to_thread(cluster.sql, "SELECT count(*) = 0 FROM outbox WHERE state = 'ready'")
    return bool(is_so)
