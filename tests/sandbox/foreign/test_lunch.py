"""A small Bolt app that is not ours, synchronous and asynchronous, tested with nothing but the sandbox's plugin.

This folder stands for somebody else's project: it imports Bolt and pytest, and knows the sandbox by its fixtures only.
"""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from aiohttp import web
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient

Json = dict[str, Any]
PLACES = ("Noodle House", "Noodle Bar", "Pizza Corner", "Salad Yard")

# --- The app: a command that opens a window, an external select, errors, Home, messages.


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def window(feeling: str) -> Json:
    place = {"type": "external_select", "action_id": "place", "min_query_length": 2}
    people = {"type": "plain_text_input", "action_id": "value"}
    return {
        "type": "modal",
        "callback_id": "lunch",
        "title": plain("Lunch"),
        "submit": plain("Propose"),
        "blocks": [
            {"type": "section", "text": plain(f"You feel like {feeling or 'anything'}.")},
            {"type": "input", "block_id": "place", "label": plain("Where"), "element": place},
            {"type": "input", "block_id": "people", "label": plain("How many"), "element": people},
        ],
    }


def places_for(typed: str) -> Json:
    found = [place for place in PLACES if place.lower().startswith(typed.lower())]
    return {"options": [{"text": plain(place), "value": place.lower()} for place in found]}


def wrong(view: Json) -> dict[str, str]:
    given = view["state"]["values"]["people"]["value"]["value"]
    return {} if given.isdecimal() else {"people": "Write a number"}


def proposal(view: Json) -> str:
    values = view["state"]["values"]
    where = values["place"]["place"]["selected_option"]["text"]["text"]
    return f"Lunch for {values['people']['value']['value']} at {where}"


def home(text: str) -> Json:
    return {"type": "home", "blocks": [{"type": "section", "text": plain(text)}]}


def a_sync_app(slack: Any) -> App:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    app = App(client=client, signing_secret=slack.signing_secret)

    @app.command("/lunch")
    def ask(ack: Any, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=window(body["text"]))

    @app.options("place")
    def offer(ack: Any, payload: Json) -> None:
        ack(**places_for(payload["value"]))

    @app.view("lunch")
    def take(ack: Any, view: Json, body: Json, client: WebClient) -> None:
        if errors := wrong(view):
            ack(response_action="errors", errors=errors)
            return
        ack()
        client.chat_postMessage(channel="C0GENERAL", text=proposal(view))
        client.views_publish(user_id=body["user"]["id"], view=home(f"You proposed: {proposal(view)}"))

    @app.event("app_home_opened")
    def welcome(event: Json, client: WebClient) -> None:
        client.views_publish(user_id=event["user"], view=home("Nothing proposed yet"))

    @app.message("hungry")
    def hear(message: Json, say: Any) -> None:
        say(f"<@{message['user']}>, try /lunch", thread_ts=message["ts"])

    @app.event("app_mention")
    def called(say: Any) -> None:
        say("At your service")

    @app.event("message")
    def other() -> None:
        pass

    return app


def an_async_app(slack: Any) -> AsyncApp:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=slack.signing_secret)

    @app.command("/lunch")
    async def ask(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=window(body["text"]))

    @app.options("place")
    async def offer(ack: Any, payload: Json) -> None:
        await ack(**places_for(payload["value"]))

    @app.view("lunch")
    async def take(ack: Any, view: Json, body: Json, client: AsyncWebClient) -> None:
        if errors := wrong(view):
            await ack(response_action="errors", errors=errors)
            return
        await ack()
        await client.chat_postMessage(channel="C0GENERAL", text=proposal(view))
        await client.views_publish(user_id=body["user"]["id"], view=home(f"You proposed: {proposal(view)}"))

    @app.event("app_home_opened")
    async def welcome(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=home("Nothing proposed yet"))

    @app.message("hungry")
    async def hear(message: Json, say: Any) -> None:
        await say(f"<@{message['user']}>, try /lunch", thread_ts=message["ts"])

    @app.event("app_mention")
    async def called(say: Any) -> None:
        await say("At your service")

    @app.event("message")
    async def other() -> None:
        pass

    return app


# --- How it is served: over HTTP or connected by Socket Mode, in a thread or in the test's own loop.


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(app: App, slack: Any, mode: str) -> Iterator[None]:
    if mode == "socket":
        handler = SocketModeHandler(app, slack.app_token)
        handler.connect()
        try:
            slack.app_connected()
            yield
        finally:
            handler.close()
        return
    with make_server("127.0.0.1", 0, SlackRequestHandler(app), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        slack.bot_url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@asynccontextmanager
async def serving_async(app: AsyncApp, slack: Any, mode: str) -> AsyncIterator[None]:
    if mode == "socket":
        handler = AsyncSocketModeHandler(app, slack.app_token)
        await handler.connect_async()
        try:
            await slack.app_connected()
            yield
        finally:
            await handler.close_async()
        return
    runner = web.AppRunner(app.web_app())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield
    finally:
        await runner.cleanup()


# --- What people do with it.


@pytest.fixture
def slack_workspace() -> Path:
    return Path(__file__).with_name("lunch.yaml")


@pytest.fixture(params=["http", "socket"])
def slack_mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_synchronous_app_is_used_by_two_people(slack: Any, slack_mode: str) -> None:
    with serving(a_sync_app(slack), slack, slack_mode):
        ana, bo = slack.person("ana"), slack.person("bo")
        assert ana.slash("/lunch noodles", channel="general").ok
        ana.see("You feel like noodles.")
        assert ana.offered("Where", "no") == ["Noodle House", "Noodle Bar"]
        ana.fill({"Where": "Noodle H", "How many": "four"})
        refused = ana.submit()
        ana.fill({"How many": "4"})
        assert ana.submit().ok
        bo.see("lunch: Lunch for 4 at Noodle House")
        ana.see("You proposed: Lunch for 4")
        bo.say("I am hungry", "general")
        ana.see("@bo, try /lunch")
        bo.say("@lunch are you there?", "general")
        ana.see("At your service")
        bo.open_home()
        bo.see("Nothing proposed yet")
        screen = ana.screen()

    assert (refused.status, refused.error) == ("errors", "Write a number")
    assert "===" not in screen
    assert [call.method for call in slack.calls("chat.postMessage")] == ["chat.postMessage"] * 3


@pytest.mark.asyncio
async def test_an_asynchronous_app_is_used_by_two_people(slack: Any, slack_mode: str) -> None:
    async with serving_async(an_async_app(slack), slack, slack_mode):
        ana, bo = slack.person("ana"), slack.person("bo")
        assert (await ana.slash("/lunch", channel="kitchen")).ok
        await ana.see("You feel like anything.")
        assert await ana.offered("Where", "pi") == ["Pizza Corner"]
        await ana.fill({"Where": "Pizza Corner", "How many": "x"})
        refused = await ana.submit()
        await ana.fill({"How many": "2"})
        assert (await ana.submit()).ok
        await bo.see("lunch: Lunch for 2 at Pizza Corner")
        await ana.see("You proposed: Lunch for 2")
        await bo.say("so hungry", "general")
        await ana.see("@bo, try /lunch")
        await bo.say("@lunch hello", "general")
        await ana.see("At your service")
        await slack.idle()

    assert refused.error == "Write a number"
    assert [delivery.error for delivery in slack.deliveries()] == [None] * len(slack.deliveries())


def test_what_cannot_be_done_is_said_with_what_can(slack: Any, slack_mode: str) -> None:
    with serving(a_sync_app(slack), slack, slack_mode):
        ana = slack.person("ana")
        ana.slash("/lunch")
        ana.see("Lunch")
        with pytest.raises(AssertionError, match="from 2 characters on; 'n' is shorter"):
            ana.fill({"Where": "n"})
        with pytest.raises(AssertionError, match="'Noodle' is not one of the options: Noodle House; Noodle Bar"):
            ana.fill({"Where": "Noodle"})
        with pytest.raises(AssertionError, match="no input called 'When'; there are: Where; How many"):
            ana.fill({"When": "noon"})
        with pytest.raises(AssertionError, match="nobody called 'eve'; there are ana, bo"):
            slack.person("eve").screen()


def test_a_slack_that_misbehaves_is_seen_by_the_app(slack: Any, slack_mode: str) -> None:
    with serving(a_sync_app(slack), slack, slack_mode):
        slack.fail("views.open", "error", error="internal_error")
        slack.person("ana").slash("/lunch")
        slack.idle()

    (call,) = slack.calls("views.open")
    assert call.answer == {"ok": False, "error": "internal_error"}
    assert slack.person("ana").modal() is None
