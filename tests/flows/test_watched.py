"""Delivery never stops silently: what refuses a claim, a row that cannot be sent, a part of the process that ends."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot import app
from bot.errors import StartError
from bot.http import readiness
from bot.store.outbox import MAX_ATTEMPTS
from tests.support.team import Team

LONG_AGO = -1e9
DEAD = "SELECT count(*) FROM outbox WHERE state = 'dead' AND last_error = %s"


class Heard:
    """A logger that keeps what it is told: (event, words)."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []

    def _note(self, event: str, **words: Any) -> None:
        self.said.append((event, words))

    debug = info = warning = error = _note

    async def until(self, event: str) -> dict[str, Any]:
        """The words of the first such line, once it has come."""
        async with asyncio.timeout(30):
            while True:
                for said, words in self.said:
                    if said == event:
                        return words
                await asyncio.sleep(0.02)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Heard]:
    """`heard("bot.delivery.worker")`: what that module logs from here on."""

    def listen(module: str) -> Heard:
        logger = Heard()
        monkeypatch.setattr(f"{module}.log", logger)
        return logger

    return listen


async def ready(team: Team) -> tuple[dict[str, bool], dict[str, Any]]:
    """Readiness of the house's bot as if it had worked for long."""
    bot = team.house.bot
    return await readiness(bot.deps, bot.identity, LONG_AGO, watch=bot.watch)


@pytest.mark.parametrize(
    ("spoil", "mend", "sqlstate"),
    [
        ("ALTER TABLE outbox RENAME TO gone", "ALTER TABLE gone RENAME TO outbox", "42P01"),
        ("REVOKE UPDATE ON outbox FROM PUBLIC, conclave_bot", "GRANT UPDATE ON outbox TO conclave_bot", "42501"),
        ("ALTER TABLE outbox RENAME COLUMN run_at TO gone", "ALTER TABLE outbox RENAME COLUMN gone TO run_at", "42703"),
    ],
    ids=["table", "grant", "column"],
)
async def test_a_claim_that_the_database_refuses_is_said_and_repeated_until_it_is_granted(
    team: Team, heard: Callable[[str], Heard], spoil: str, mend: str, sqlstate: str
) -> None:
    await team.settled()
    log = heard("bot.delivery.worker")
    await team.change(spoil)
    words = await log.until("deliveries cannot be claimed")
    await team.change(mend)

    await team.open()

    assert words["sqlstate"] == sqlstate
    assert await team.card()
    assert (await ready(team))[0]["tasks"] is True


async def test_what_has_no_verdict_because_it_ends_whatever_sends_it_is_given_up(team: Team) -> None:
    team.sql(
        "INSERT INTO outbox (kind, lane, dedupe_key, attempts) VALUES ('card', 'poison', 'poison', %s)",
        2 * MAX_ATTEMPTS,
    )
    await team.until(DEAD, 1, "never ended")


async def test_a_row_that_cannot_be_read_is_given_up_although_nobody_can_be_told(team: Team) -> None:
    team.sql(
        "INSERT INTO outbox (kind, lane, dedupe_key, attempts) VALUES ('card', 'poison', 'poison', %s)",
        MAX_ATTEMPTS - 1,
    )
    await team.until(DEAD, 1, "KeyError")


async def test_a_name_that_no_database_can_store_does_not_keep_its_row(team: Team) -> None:
    team.house.sandbox.fail("chat.postMessage", "error", error="bad\0name" * 100)
    await team.open()
    await team.until("SELECT left(last_error, 7) FROM outbox WHERE kind = 'card'", "badname")


async def test_a_delivery_that_nobody_claims_makes_a_worker_unready_but_not_one_behind_a_head_that_waits(
    team: Team,
) -> None:
    await team.settled()
    team.house.bot.watch._watched["deliveries"].task.cancel()
    queue = "INSERT INTO outbox (kind, lane, dedupe_key, run_at) VALUES ('card', %s, %s, now() + %s::interval)"
    team.sql(queue, "slack:T0TECHCORP:C1", "head", "1 minute")
    team.sql(queue, "slack:T0TECHCORP:C1", "behind it", "-10 minutes")
    team.sql(queue, "slack:T0ELSEWHERE:C1", "another workspace's", "-10 minutes")
    waiting, _ = await ready(team)
    team.sql("UPDATE outbox SET run_at = now() - interval '3 minutes' WHERE dedupe_key = 'head'")
    due, details = await ready(team)

    assert waiting["deliveries"] is True
    assert due["deliveries"] is False
    assert 180 <= details["outbox"]["oldest_due_seconds"] < 240


@pytest.mark.parametrize("name", ["deliveries", "sweep", "identity", "clock"])
async def test_a_part_of_the_process_that_ends_is_said_and_makes_it_unready(
    team: Team, heard: Callable[[str], Heard], name: str
) -> None:
    log = heard("bot.watch")
    watch = team.house.bot.watch
    before, _ = await ready(team)
    watch._watched[name].task.cancel()
    words = await log.until("a background task has ended")
    after, details = await ready(team)

    assert (before["tasks"], after["tasks"]) == (True, False)
    assert details["unwell_tasks"] == [name]
    assert words["task"] == name
    assert watch.over.is_set()


async def test_a_part_that_does_not_get_through_makes_the_process_unready(team: Team) -> None:
    watch = team.house.bot.watch
    watch.follow("stuck", asyncio.create_task(asyncio.sleep(3600)), age_seconds=lambda: 61.0, at_most=60.0)
    checks, details = await ready(team)
    watch._watched.pop("stuck").task.cancel()

    assert checks["tasks"] is False
    assert details["unwell_tasks"] == ["stuck"]


async def test_a_process_one_of_whose_parts_ends_ends_in_order_so_that_a_supervisor_sees_it(
    team: Team, service_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise KeyError("of a bug")

    monkeypatch.setattr("bot.app.identify", broken)
    settings = team.house.bot.deps.settings.model_copy(update={"port": 0, "host": "127.0.0.1"})
    async with asyncio.timeout(30):
        with pytest.raises(StartError, match="a part of it did: identity"):
            await app.serve(settings, database_url=service_database_url)
