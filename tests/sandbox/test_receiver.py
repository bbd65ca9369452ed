"""A receiver of webhooks: it says what came and whether it verifies, and fails in every way that it is told to."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from standardwebhooks import Webhook

from bot.demo.techcorp import techcorp
from sandbox.receiver import OK, SPOILED, WAYS
from sandbox.server import Sandbox, running

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type": "decision.created", "data": "<b>"}'
STATUS = {OK: 204, "500_after": 500, "redirect": 307, "slow": 204}
NO_ANSWER = ("drop", "drop_after", "garbage")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running(techcorp()) as sandbox:
        yield sandbox


async def post(sandbox: Sandbox, *, signed_by: str = SECRET) -> int | None:
    """The status; None where no answer came."""
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int((now := datetime.now(UTC)).timestamp())),
        "webhook-signature": Webhook(signed_by).sign("msg_1", now, BODY),
    }
    where = f"{sandbox.url}/hooks/one"
    async with aiohttp.ClientSession() as http:
        try:
            async with http.post(where, data=BODY, headers=headers, allow_redirects=False) as answer:
                return answer.status
        except (aiohttp.ClientError, OSError):
            return None


@pytest.mark.parametrize("way", WAYS)
async def test_it_answers_in_the_way_it_is_told_to_and_well_afterwards(sandbox: Sandbox, way: str) -> None:
    hook = sandbox.hooks["one"]
    hook.seconds = 0.01
    hook.ways.append(way)

    status = await post(sandbox)

    assert status == (None if way in NO_ANSWER else STATUS.get(way) or int(way))
    assert [one.is_taken for one in hook.received] == [way in (OK, *SPOILED)]
    assert await post(sandbox) == 204


async def test_the_page_shows_what_came_and_whether_it_verifies(sandbox: Sandbox) -> None:
    where = f"{sandbox.url}/hooks/one"
    async with aiohttp.ClientSession() as http:
        await post(sandbox)
        async with http.post(f"{where}/settings", data={"secret": SECRET, "way": "410"}) as page:
            assert "no secret known (1)" in await page.text()
        assert await post(sandbox) == 410
        await post(sandbox, signed_by="whsec_" + "A" * 32)
        async with http.get(where) as page:
            shown = await page.text()
        async with http.get(f"{sandbox.url}/sandbox/hooks/one") as records:
            found = await records.json()

    assert "verifies (1)" in shown
    assert "does not verify (1)" in shown
    assert "&lt;b&gt;" in shown
    assert SECRET not in shown
    assert [(one["is_genuine"], one["way"]) for one in found] == [(None, OK), (True, "410"), (False, "410")]


async def test_receivers_know_nothing_of_each_other(sandbox: Sandbox) -> None:
    sandbox.hooks["other"].ways.append("500")

    assert set(await asyncio.gather(post(sandbox), post(sandbox))) == {204}
    assert len(sandbox.hooks["one"].received) == 2
    assert sandbox.hooks["other"].received == []
