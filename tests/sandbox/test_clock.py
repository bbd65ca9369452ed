"""The clock that moves: what follows it, what does not, and who is told."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.clock import FARTHEST, Clock, span
from sandbox.server import Sandbox
from tests.support.desk import Desk

DAY = timedelta(days=1)


async def later(sandbox: Sandbox, text: str) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.url}/sandbox/clock", json={"later": text}) as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30m", timedelta(minutes=30)),
        ("1h", timedelta(hours=1)),
        ("1d", DAY),
        ("2w", timedelta(weeks=2)),
        ("1d12h", timedelta(hours=36)),
    ],
)
def test_a_span_is_written_shortly(text: str, wanted: timedelta) -> None:
    assert span(text) == wanted


@pytest.mark.parametrize("text", ["", "1", "d", "-1d", "1.5h", "one day", "1y", "None", "9999999d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 1h, 1d or 1d12h"):
        span(text)


async def test_it_moves_ahead_only_and_not_for_ever() -> None:
    clock = Clock()

    for by in (timedelta(0), -DAY, FARTHEST + DAY):
        with pytest.raises(ValueError, match="ahead only"):
            await clock.move(by)

    assert clock.ahead == timedelta(0)


async def test_who_listens_is_told_before_it_moves_and_may_hold_it() -> None:
    clock, told = Clock(), []

    async def listen(ahead: timedelta) -> None:
        if ahead > DAY:
            raise RuntimeError("away")
        told.append((ahead, clock.ahead))

    clock.listen(listen)
    await clock.move(DAY)
    with pytest.raises(RuntimeError):
        await clock.move(DAY)

    assert told == [(DAY, timedelta(0))]
    assert clock.ahead == DAY


async def test_a_message_is_as_late_as_the_clock_and_its_day_is_drawn(sandbox: Sandbox) -> None:
    before = await sandbox.person("sarah").say("today", "general")
    status, said = await later(sandbox, "1d")
    after = await sandbox.person("sarah").say("tomorrow", "general")

    assert status == 200
    assert said["ahead_seconds"] == 86_400
    assert abs(datetime.fromisoformat(said["now"]) - datetime.now(UTC) - DAY) < timedelta(minutes=1)
    assert 86_400 <= float(after.ts) - float(before.ts) < 86_460


async def test_a_mistake_is_answered_with_its_sentence(sandbox: Sandbox) -> None:
    assert await later(sandbox, "soon") == (
        400,
        {"error": "'soon' is no span of time; write it like 1h, 1d or 1d12h"},
    )


async def test_a_scheduled_message_comes_when_its_time_has_been_moved_to(sandbox: Sandbox) -> None:
    client = AsyncWebClient(token=sandbox.spec.bot_token, base_url=sandbox.api_url)
    at = int(sandbox.clock.time()) + 3600
    await client.chat_scheduleMessage(channel=sandbox.spec.channels[0].id, post_at=at, text="An hour is over")
    await later(sandbox, "30m")
    early = await sandbox.person("sarah").screen()

    await later(sandbox, "1h")

    await sandbox.person("sarah").see("An hour is over")
    assert "An hour is over" not in early


async def test_a_response_url_is_over_after_half_an_hour_and_a_trigger_is_not(sandbox: Sandbox, desk: Desk) -> None:
    sarah = sandbox.person("sarah")
    await sarah.slash("/decide blocks", channel="customer-decisions")
    body = desk.bodies[-1]
    await later(sandbox, "31m")

    async with aiohttp.ClientSession() as session, session.post(body["response_url"], json={"text": "x"}) as answer:
        status = answer.status
    opened = await desk.client.views_open(trigger_id=body["trigger_id"], view=desk.next_view)

    assert (status, opened["ok"]) == (404, True)


async def test_who_waits_for_a_time_is_woken_by_the_move_that_reaches_it() -> None:
    clock = Clock()
    waiting = asyncio.create_task(clock.sleep_until(clock.time() + 7200))
    await clock.move(timedelta(hours=1))
    await asyncio.sleep(0)
    is_early = waiting.done()

    await clock.move(timedelta(hours=1, seconds=1))

    await asyncio.wait_for(waiting, 5)
    assert is_early is False


async def test_a_clock_that_stands_shows_its_moment_until_it_is_set_again() -> None:
    clock, noon = Clock(), datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    clock.stand_at(noon)

    assert (clock.now(), clock.time()) == (noon, noon.timestamp())
