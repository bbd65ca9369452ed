"""Our way to Slack beside slack_sdk's own: the same is sent, the same comes back, the same is raised."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.client import Client, respond
from bot.errors import slack_error
from bot.nature import is_limited, retry_after, status_of
from tests.support.served import served

MESSAGE: dict[str, Any] = {"channel": "C1", "text": "Grüße & 🎉", "blocks": [{"type": "divider"}]}
REFUSALS = {
    "an error": web.json_response({"ok": False, "error": "not_in_channel"}),
    "a limit": web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "7"}),
    "a limit without words": web.Response(status=429, headers={"Retry-After": "9"}),
    "a limit in small letters": web.Response(status=429, headers={"retry-after": "5"}),
    "a page of HTML": web.Response(status=502, text="<html>Bad gateway</html>", content_type="text/html"),
    "a page that says it is fine": web.Response(text="<html>Log in first</html>", content_type="text/html"),
    "a page that says it is JSON": web.Response(text="<html>", content_type="application/json"),
    "nothing": web.Response(status=500),
}


class Server:
    """Answers with `reply`, and remembers what was asked."""

    def __init__(self) -> None:
        self.reply: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str], Any]] = []

    async def handle(self, request: web.Request) -> web.Response:
        named = ("Authorization", "Content-Type", "User-Agent")
        sent = {name: request.headers.get(name, "") for name in named}
        self.asked.append((request.path, sent, json.loads(await request.text())))
        return web.Response(**self.reply)


@asynccontextmanager
async def slack(reply: web.Response | None = None) -> AsyncIterator[tuple[Server, str, aiohttp.ClientSession]]:
    """(the server, its address as SLACK_API_URL has it, a session)."""
    server, app = Server(), web.Application()
    said = reply or web.json_response({"ok": True, "ts": "1.5"})
    kept = {name: value for name, value in said.headers.items() if name.lower() in ("content-type", "retry-after")}
    server.reply = {"status": said.status, "body": said.body, "headers": kept}
    app.router.add_post("/{any:.*}", server.handle)
    async with served(app) as url, aiohttp.ClientSession() as session:
        yield server, f"{url}/api/", session


def both(url: str, session: aiohttp.ClientSession, **more: Any) -> tuple[AsyncWebClient, AsyncWebClient]:
    how: dict[str, Any] = {"token": "xoxb-ours", "base_url": url, "session": session, "retry_handlers": [], **more}
    return AsyncWebClient(**how), Client(**how)


async def test_the_same_is_sent_and_comes_back() -> None:
    async with slack() as (server, url, session):
        for client in both(url, session, team_id="T0ORG"):
            answer = await client.chat_postMessage(**MESSAGE)
            assert answer["ts"] == "1.5"
            assert answer.status_code == 200
            assert answer.headers["Content-Type"]
            await client.chat_update(ts="1.5", token="xoxb-another", **MESSAGE)
            await client.views_open(trigger_id="1", view={"type": "modal"})
        theirs, ours = server.asked[:3], server.asked[3:]
        assert theirs == ours
        assert [path for path, _, _ in ours] == [
            "/api/chat.postMessage",
            "/api/chat.update",
            "/api/views.open",
        ]


@pytest.mark.parametrize("why", REFUSALS)
async def test_what_slack_refuses_is_told_alike(why: str) -> None:
    async with slack(REFUSALS[why]) as (_, url, session):
        told: list[tuple[object, ...]] = []
        for client in both(url, session):
            with pytest.raises(SlackApiError) as raised:
                await client.chat_postMessage(**MESSAGE)
            error = raised.value
            told.append((slack_error(error), status_of(error), is_limited(error), retry_after(error)))
        assert told[0] == told[1]


async def test_an_answer_of_another_shape_is_told_as_one_of_slack_that_says_nothing() -> None:
    """slack_sdk's own client breaks on it."""
    async with slack(web.json_response([1, 2], status=500)) as (_, url, session):
        with pytest.raises(SlackApiError) as raised:
            await both(url, session)[1].chat_postMessage(**MESSAGE)
        assert (slack_error(raised.value), status_of(raised.value)) == ("", 500)


async def test_half_an_emoji_is_sent_as_it_was_cut() -> None:
    async with slack() as (server, url, session):
        for client in both(url, session):
            await client.chat_postMessage(channel="C1", text="cut \ud83c")
        assert server.asked[0] == server.asked[1]
        assert server.asked[1][2]["text"] == "cut \ud83c"


async def test_half_an_emoji_in_an_answer_is_no_failure() -> None:
    """What was posted would be posted again."""
    cut = web.Response(text='{"ok": true, "ts": "1.5", "text": "cut \\ud83c"}', content_type="application/json")
    async with slack(cut) as (_, url, session):
        for client in both(url, session):
            assert (await client.chat_postMessage(**MESSAGE))["ts"] == "1.5"


async def test_nobody_there_is_raised_as_it_is() -> None:
    async with aiohttp.ClientSession() as session:
        for client in both("http://127.0.0.1:1/api/", session):
            with pytest.raises(aiohttp.ClientError):
                await client.chat_postMessage(**MESSAGE)


async def test_a_call_after_the_end_is_still_made() -> None:
    """A process that ends closes its session first."""
    async with slack() as (server, url, session):
        await session.close()
        await both(url, session)[1].chat_postMessage(**MESSAGE)
        assert len(server.asked) == 1


async def test_an_answer_to_a_press() -> None:
    async with slack() as (server, url, session):
        await respond(both(url, session)[1], f"{url}actions/1", MESSAGE)
        path, headers, said = server.asked[0]
        assert (path, said) == ("/api/actions/1", MESSAGE)
        assert "xoxb" not in headers["Authorization"]
    async with slack(web.Response(status=429, text="slow down", headers={"Retry-After": "3"})) as (_, url, session):
        with pytest.raises(SlackApiError) as raised:
            await respond(both(url, session)[1], f"{url}actions/1", MESSAGE)
        assert is_limited(raised.value)
        assert retry_after(raised.value) == 3
    async with slack(web.Response(status=429, headers={"retry-after": "4"})) as (_, url, session):
        with pytest.raises(SlackApiError) as raised:
            await respond(both(url, session)[1], f"{url}actions/1", MESSAGE)
        assert retry_after(raised.value) == 4
