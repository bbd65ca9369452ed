"""A small Bolt app, served over HTTP and over Socket Mode, that does one of everything."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.demo.techcorp import techcorp
from sandbox.server import EmbeddedServer, listen

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(text: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def text_input(label: str, block_id: str, **more: Any) -> Json:
    optional = more.pop("optional", False)
    element = {"type": "plain_text_input", "action_id": "value", **more}
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": element,
        "optional": optional,
    }


def modal(*blocks: Json, title: str = "A modal", **more: Any) -> Json:
    return {"type": "modal", "callback_id": "form", "title": plain(title), "blocks": list(blocks), **more}


def form(*, title: str = "A form") -> Json:
    blocks = (text_input("Name", "name"), text_input("Note", "note", optional=True))
    return modal(*blocks, title=title, submit=plain("Save"))


class Desk:
    """The app's side: what it was sent, and what its handlers shall do."""

    def __init__(self, app: AsyncApp, client: AsyncWebClient) -> None:
        self.app = app
        self.client = client
        self.bodies: list[Json] = []
        self.submission: Json = {}
        self.wait = 0.0
        self.next_view: Json = form()
        self.method = "views_open"

    async def slash(self, ack: Any, body: Json, client: AsyncWebClient, respond: Any) -> None:
        self.bodies.append(body)
        await asyncio.sleep(self.wait)
        match body["text"]:
            case "hello":
                await ack("Hello <@" + body["user_id"] + ">")
            case "blocks":
                await ack(text="Pick", blocks=[{"type": "actions", "elements": [button("Go", "go")]}])
            case "late":
                await ack()
                await respond(text="Later")
            case "long":
                await ack(text="Too long", blocks=[section("x" * 3001)])
            case "boom":
                raise RuntimeError("boom")
            case _:
                await ack()
                await getattr(client, self.method)(trigger_id=body["trigger_id"], view=self.next_view)

    async def press(self, ack: Any, body: Json, client: AsyncWebClient, respond: Any) -> None:
        self.bodies.append(body)
        await ack()
        match body["actions"][0]["action_id"]:
            case "replace":
                await respond(text="Replaced", replace_original=True)
            case "push":
                await client.views_push(trigger_id=body["trigger_id"], view=self.next_view)
            case "refresh":
                await client.views_update(view_id=body["view"]["id"], view=self.next_view)

    async def submit(self, ack: Any, body: Json) -> None:
        self.bodies.append(body)
        await asyncio.sleep(self.wait)
        await ack(**self.submission)

    async def other(self, ack: Any, body: Json) -> None:
        self.bodies.append(body)
        await ack()


async def _authorize(**_: Any) -> AuthorizeResult:
    spec = techcorp()
    return AuthorizeResult(
        enterprise_id=None,
        team_id=spec.team_id,
        bot_token=spec.bot_token,
        bot_id=spec.bot_id,
        bot_user_id=spec.bot_user_id,
    )


def a_desk(api_url: str) -> Desk:
    spec = techcorp()
    client = AsyncWebClient(token=spec.bot_token, base_url=api_url, retry_handlers=[])
    app = AsyncApp(
        client=client,
        signing_secret=spec.signing_secret,
        authorize=_authorize,
        process_before_response=True,
        ignoring_self_events_enabled=False,
    )
    desk = Desk(app, client)
    app.command("/decide")(desk.slash)
    app.action(re.compile(".*"))(desk.press)
    app.view("form")(desk.submit)
    app.view_closed("form")(desk.other)
    app.shortcut("decision.new")(desk.other)
    app.shortcut("decision.from_message")(desk.other)
    app.event("app_home_opened")(desk.other)
    return desk


@contextlib.asynccontextmanager
async def serving(app: AsyncApp) -> AsyncIterator[str]:
    """Serve the app over HTTP on a free port."""
    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    web = Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
    listener = listen()
    server = EmbeddedServer(uvicorn.Config(web, log_config=None, lifespan="off", access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop.set()
        await task


async def eventually(holds: Callable[[], Any], *, timeout: float = 15.0) -> None:
    """Wait until it holds. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
