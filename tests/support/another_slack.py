"""A Slack of another making than the sandbox: it answers the least that Slack's documentation promises, beside fields
that nobody knows, and sends the least that a payload must hold. What it does not have, it refuses."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Json = dict[str, Any]
TEAM, CHANNEL, SECRET, PATIENCE_SECONDS = "T0ANOTHER", "C0ANOTHER", "another-secret", 30
UNKNOWN = {"x_new": {"deep": [1, None]}, "warning": "superfluous_charset"}
_PACKED = ("view", "blocks", "metadata")
_VIEW = ("id", "hash", "type", "callback_id", "blocks", "private_metadata")


@dataclass
class AnotherSlack:
    """emails: by person, of whom nothing else is known; the first is the workspace's admin."""

    emails: Mapping[str, str]
    bot_url: str = ""
    views: dict[str, Json] = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)
    shown: str = ""
    """Id of the window that was opened or changed last."""

    @property
    def asgi(self) -> Starlette:
        return Starlette(routes=[Route("/api/{method}", self._answer, methods=["GET", "POST"])])

    @property
    def window(self) -> Json:
        return self.views.get(self.shown, {"blocks": []})

    @property
    def card(self) -> Json:
        """As it was posted or edited last."""
        return next((m for m in reversed(self.messages) if m["channel"] == CHANNEL and "thread_ts" not in m), {})

    async def until(self, what: Callable[[], Any]) -> Any:
        """Ask until there is something. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := what()):  # noqa: ASYNC110 - there is nothing that tells
                await asyncio.sleep(0.05)
        return found

    async def _answer(self, request: Request) -> JSONResponse:
        args = {**request.query_params, **_args(await request.body())}
        answer = getattr(self, "_" + request.path_params["method"].replace(".", "_"), None)
        found = {"ok": True, **answer(args)} if answer else {"ok": False, "error": "unknown_method"}
        return JSONResponse({**found, **UNKNOWN})

    def _auth_test(self, _: Json) -> Json:
        return {"team_id": TEAM, "user_id": "UBOT", "bot_id": "BBOT"}

    def _users_info(self, args: Json) -> Json:
        person = args["user"]
        return {
            "user": {
                "id": person,
                "profile": {"email": self.emails[person]},
                "is_admin": person == next(iter(self.emails)),
            }
        }

    def _views_open(self, args: Json) -> Json:
        known = [k for k, v in self.views.items() if v["external_id"] == args.get("external_id")]
        self.shown = args.get("view_id") or next(iter(known), f"V{uuid4().hex}")
        before = self.views.get(self.shown, {}).get("external_id")
        named = {"id": self.shown, "hash": uuid4().hex, "external_id": args["view"].get("external_id", before)}
        self.views[self.shown] = {**args["view"], **named}
        return {}

    _views_push = _views_open

    def _views_update(self, args: Json) -> Json:
        self._views_open(args)
        return {"view": {"id": self.shown, "hash": self.window["hash"]}}

    def _chat_postMessage(self, args: Json) -> Json:
        self.messages.append({**args, "ts": f"{time.time():.6f}"})
        return {"channel": args["channel"], "ts": self.messages[-1]["ts"]}

    def _chat_update(self, args: Json) -> Json:
        self.messages.append(args)
        return {"ts": args["ts"]}

    async def slash(self, who: str, text: str) -> None:
        asked = {"command": "/decide", "text": text, "team_id": TEAM, "user_id": who, "channel_id": CHANNEL}
        await self._send(urlencode({**asked, "trigger_id": f"1.{uuid4().hex}"}))

    async def press(self, who: str, words: str) -> None:
        """A button of the window that is shown, else of the card."""
        seen = self.window if self.shown else self.card
        pressed = await self.until(lambda: button(self.window if self.shown else self.card, words))
        place = {"view": self._sent({})} if self.shown else _message(seen["ts"])
        action = {"type": "button", "block_id": "b", **{k: pressed[k] for k in ("action_id", "value") if k in pressed}}
        await self._act(who, "block_actions", actions=[action], trigger_id=f"1.{uuid4().hex}", **place)

    async def submit(self, who: str, typed: Mapping[str, Any]) -> None:
        told = await self._act(who, "view_submission", view=self._sent(typed))
        assert told.get("response_action") != "errors", told
        if told.get("response_action") == "update":
            self._views_open({"view": told["view"], "view_id": self.shown})

    def close(self) -> None:
        self.shown = ""

    async def _act(self, who: str, kind: str, **what: Any) -> Json:
        payload = {"type": kind, "user": {"id": who}, "team": {"id": TEAM}, **what}
        return await self._send(urlencode({"payload": json.dumps(payload)}))

    async def _send(self, body: str) -> Json:
        at = str(int(time.time()))
        signed = hmac.new(SECRET.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signed}"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.bot_url}/slack/events", data=body, headers=headers) as answer,
        ):
            assert answer.status == 200
            text = await answer.text()
            return dict(json.loads(text)) if text.startswith("{") else {}

    def _sent(self, typed: Mapping[str, Any]) -> Json:
        state = {b["block_id"]: {b["element"]["action_id"]: _entered(b, typed)} for b in inputs(self.window)}
        return {**{k: v for k, v in self.window.items() if k in _VIEW}, "state": {"values": state}}


def _args(body: bytes) -> Json:
    """Of a call as a form or as JSON; what is JSON within a form is unpacked."""
    if body.startswith(b"{"):
        return dict(json.loads(body))
    return {k: json.loads(v) if k in _PACKED else v for k, v in parse_qsl(body.decode())}


def _message(ts: str) -> Json:
    return {"channel": {"id": CHANNEL}, "message": {"ts": ts}, "container": {"type": "message", "message_ts": ts}}


def inputs(window: Json) -> list[Json]:
    return [block for block in window["blocks"] if block["type"] == "input"]


def labels(window: Json) -> list[str]:
    return [block["label"]["text"] for block in inputs(window)]


def _entered(block: Json, typed: Mapping[str, Any]) -> Json:
    """What was typed under the label, else what the field was drawn with."""
    element, given = block["element"], typed.get(block["label"]["text"])
    kind, options = element["type"], {o["text"]["text"]: o for o in element.get("options", [])}
    match kind:
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": options[given] if given else element.get("initial_option")}
        case "multi_static_select" | "checkboxes":
            return {"type": kind, "selected_options": element.get("initial_options", [])}
        case "multi_users_select":
            return {"type": kind, "selected_users": given or []}
        case "datetimepicker":
            return {"type": kind, "selected_date_time": element.get("initial_date_time")}
    return {"type": kind, "value": given or element.get("initial_value")}


def button(shown: Json, words: str) -> Json | None:
    return next((one for one in _buttons(shown.get("blocks", [])) if one["text"]["text"] == words), None)


def _buttons(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        for one in [*block.get("elements", []), block.get("accessory") or {}]:
            if one.get("type") == "button":
                yield one
