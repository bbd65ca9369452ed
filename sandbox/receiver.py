"""Owns a receiver of webhooks that can fail in every way: /hooks/NAME takes them, and in a browser shows what came.

By the Standard Webhooks specification (https://www.standardwebhooks.com).
"""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.transport import Cut, Garbage

OK = "ok"
SPOILED = ("drop_after", "500_after")
"""Taken, although the other side does not hear so."""
WAYS = (
    *(OK, "401", "404", "410", "429", "500", "503", "redirect", "slow", "drop", "garbage"),
    *SPOILED,
)
"""How it may answer. `slow` is slow by `Hook.seconds`; 429 and 503 send `Hook.retry_after`."""
SHOWN = 200


@dataclass
class Received:
    """One request."""

    id: str
    type: str
    body: str
    signatures: int
    is_genuine: bool | None
    """Whether a signature verifies; None where no secret is known."""
    way: str
    """How it was answered."""

    @property
    def is_taken(self) -> bool:
        return self.way in (OK, *SPOILED)


@dataclass
class Hook:
    """One receiver. ways: of the next answers, one each; afterwards `always`."""

    secret: str = ""
    ways: deque[str] = field(default_factory=deque)
    always: str = OK
    seconds: float = 30.0
    retry_after: str = "1"
    """What 429 and 503 ask for."""
    received: list[Received] = field(default_factory=list)

    @property
    def taken(self) -> list[Received]:
        return [one for one in self.received if one.is_taken]

    def next_way(self) -> str:
        return self.ways.popleft() if self.ways else self.always

    def take(self, body: str, headers: Mapping[str, str]) -> Received:
        signatures = headers.get("webhook-signature", "").split()
        kind = str(_parsed(body).get("type", ""))
        id_, genuine = headers.get("webhook-id", ""), _is_genuine(self.secret, body, headers)
        found = Received(id_, kind, body, len(signatures), genuine, self.next_way())
        self.received.append(found)
        return found


class Hooks:
    """All receivers, by name; whichever is named is there."""

    def __init__(self) -> None:
        self.by_name: dict[str, Hook] = {}

    def __getitem__(self, name: str) -> Hook:
        return self.by_name.setdefault(name, Hook())

    def routes(self) -> list[Route]:
        return [
            Route("/hooks/{name}", self.show, methods=["GET"]),
            Route("/hooks/{name}", self.take, methods=["POST"]),
            Route("/hooks/{name}/settings", self.settle, methods=["POST"]),
            Route("/sandbox/hooks/{name}", self.records, methods=["GET"]),
        ]

    async def take(self, request: Request) -> ASGIApp:
        hook = self[request.path_params["name"]]
        found = hook.take((await request.body()).decode(), request.headers)
        if found.way == "slow":
            await asyncio.sleep(hook.seconds)
        return _answer(found.way, retry_after=hook.retry_after)

    async def records(self, request: Request) -> Response:
        return JSONResponse([asdict(one) for one in self[request.path_params["name"]].received])

    async def settle(self, request: Request) -> Response:
        """From the page's form: the secret, and how to answer from now on."""
        typed = dict(parse_qsl((await request.body()).decode()))
        hook = self[request.path_params["name"]]
        hook.secret = typed.get("secret", "").strip() or hook.secret
        way = typed.get("way", OK)
        hook.always = way if way in WAYS else OK
        return RedirectResponse(f"/hooks/{request.path_params['name']}", 303)

    async def show(self, request: Request) -> Response:
        name = request.path_params["name"]
        return HTMLResponse(_page(name, self[name]), headers={"Cache-Control": "no-store"})


def _parsed(body: str) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_genuine(secret: str, body: str, headers: Mapping[str, str]) -> bool | None:
    """By the specification's own library, as a receiver of anybody's would."""
    from standardwebhooks import Webhook, WebhookVerificationError

    if not secret:
        return None
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _answer(way: str, *, retry_after: str) -> ASGIApp:
    match way:
        case "drop" | "drop_after":
            return Cut()
        case "garbage":
            return Garbage()
        case "redirect":
            return RedirectResponse("/hooks/redirected", 307)
        case "429" | "503":
            return Response(status_code=int(way), headers={"Retry-After": retry_after})
        case "500_after":
            return Response(status_code=500)
        case "401" | "404" | "410" | "500":
            return Response(status_code=int(way))
    return Response(status_code=204)


def _page(name: str, hook: Hook) -> str:
    rows = "".join(_row(one) for one in reversed(hook.received[-SHOWN:]))
    ways = "".join(f"<option{' selected' if way == hook.always else ''}>{way}</option>" for way in WAYS)
    known = "known" if hook.secret else "not known yet"
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Receiver {escape(name)}</title>
<h1>Receiver {escape(name)}</h1>
<p>Whatever is posted to this address is listed here. The secret is {known}.</p>
<form method="post" action="/hooks/{escape(name)}/settings">
<p><label>Secret <input name="secret" size="50" autocomplete="off"></label></p>
<p><label>Answer <select name="way">{ways}</select></label> <button>Save</button></p></form>
<table border="1" cellpadding="6"><caption>What came, the newest first</caption>
<tr><th>Message</th><th>Type</th><th>Signature</th><th>Answered</th><th>Body</th></tr>{rows}</table></html>"""


def _row(one: Received) -> str:
    words = {True: "verifies", False: "does not verify", None: "no secret known"}[one.is_genuine]
    cells = (one.id, one.type, f"{words} ({one.signatures})", one.way, one.body)
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
