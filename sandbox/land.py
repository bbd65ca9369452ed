"""Owns several workspaces behind one address, and the way in which each of them, or an organisation, installs the app.

`/t/T.../` is a workspace as it is alone; `/api/` and `/oauth/` are everybody's: a token tells which workspace is meant.
"""

import base64
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.consent import AppSpec, Consents, Place, Token
from sandbox.gate import Gate
from sandbox.inputs import Json
from sandbox.modals import Refused
from sandbox.openid import OpenId
from sandbox.records import Call
from sandbox.server import Sandbox, application, listen, serving
from sandbox.spec import WorkspaceSpec
from sandbox.town import Town
from sandbox.transport import AsAsgi, merged_arguments, web_api


class Land:
    """Running workspaces by their ids. organisations: id -> its name; a workspace names its own (`enterprise_id`)."""

    def __init__(
        self, specs: Sequence[WorkspaceSpec], *, app: AppSpec, base_url: str, organisations: Mapping[str, str]
    ) -> None:
        self.app = app
        self.clock = Clock()
        self.consents = Consents(app, self.clock.time)
        self.organisations = dict(organisations)
        self.url, self.api_url = base_url, f"{base_url}/api/"
        self.calls: list[Call] = []
        """What was called beside the workspaces: consent, and `auth.test` of an organisation's token."""
        self.sandboxes: dict[str, Sandbox] = {}
        for spec in specs:
            spec = replace(spec, signing_secret=app.signing_secret, app_id=app.app_id, bot_token="")
            town = Town(spec, base_url=f"{base_url}/t/{spec.team_id}", mode="http", clock=self.clock)
            self.sandboxes[spec.team_id] = Sandbox(town, OpenId(town))

    @property
    def bot_url(self) -> str | None:
        return next(iter(self.sandboxes.values())).bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        for sandbox in self.sandboxes.values():
            sandbox.bot_url = url

    def place(self, id_: str) -> Place:
        """A workspace or an organisation. Raises KeyError."""
        if id_ in self.organisations:
            return Place(id_, None, self.organisations[id_], "U0ORGBOT")
        spec = self.sandboxes[id_].spec
        return Place(spec.enterprise_id, spec.team_id, spec.name, spec.bot_user_id)

    def workspaces_of(self, place: Place) -> list[Sandbox]:
        """Where a token of this place is good for something."""
        if place.team_id:
            return [self.sandboxes[place.team_id]]
        return [one for one in self.sandboxes.values() if one.spec.enterprise_id == place.enterprise_id]

    async def uninstall(self, id_: str, *, copies: int = 1, tells: bool = True) -> None:
        """Somebody takes the app out: its tokens are dead at once, and the app hears of it (copies: so many times)."""
        place = self.place(id_)
        self.consents.revoke(place)
        if tells:
            await self.tell(id_, {"type": "app_uninstalled"}, copies=copies)

    async def tell(self, id_: str, event: Json, *, copies: int = 1, seconds_ago: float = 0.0) -> list[int | None]:
        """Send the app an event about a place, the same one so many times; returns the statuses of its answers.

        seconds_ago: when it happened, for one that comes late.
        """
        place, at = self.place(id_), self.clock.time() - seconds_ago
        payload = {
            "token": "sandbox-verification-token",
            "team_id": place.team_id or place.enterprise_id,
            "enterprise_id": place.enterprise_id,
            "is_enterprise_install": place.team_id is None,
            "api_app_id": self.app.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{int(at * 1000):X}",
            "event_time": int(at),
        }
        courier = self.workspaces_of(place)[0].town.courier
        sent = [await courier.deliver("event", str(event["type"]), "", payload) for _ in range(copies)]
        return [one.status for one in sent]

    async def close(self) -> None:
        for sandbox in self.sandboxes.values():
            await sandbox.close()

    # HTTP.

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/{method}", AsAsgi(self._api), methods=["GET", "POST"]),
                Route("/oauth/v2/authorize", self._authorize),
                Route("/oauth/v2/decide", self._decide),
                *(Mount(f"/t/{id_}", application(one.town)) for id_, one in self.sandboxes.items()),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        """The page of consent: a link for each place where the app may be installed, and one to say no."""
        words = dict(request.query_params)
        if words.get("client_id") != self.app.client_id:
            return HTMLResponse("invalid_client_id", 400)
        places = [self.place(id_) for id_ in (*self.sandboxes, *self.organisations)]
        links = [(f"Allow in {place.name}", {"place": place.id}) for place in places] + [("Cancel", {})]
        rows = (
            f'<p><a href="/oauth/v2/decide?{escape(urlencode(words | chosen), quote=True)}">{escape(label)}</a></p>'
            for label, chosen in links
        )
        asked = ", ".join(escape(scope) for scope in words.get("scope", "").split(","))
        return HTMLResponse(f"<h1>The app asks for: {asked}</h1>{''.join(rows)}")

    async def _decide(self, request: Request) -> Response:
        words = request.query_params
        answer = {"state": words.get("state", "")}
        if words.get("place"):
            place, scopes = self.place(words["place"]), tuple(words.get("scope", "").split(","))
            user = next(iter(self.workspaces_of(place)[0].town.workspace.people))
            how: dict[str, Any] = {"scopes": scopes, "user": user, "redirect_uri": words["redirect_uri"]}
            answer["code"] = self.consents.grant_code(place, **how)
        else:
            answer["error"] = "access_denied"
        return RedirectResponse(f"{words['redirect_uri']}?{urlencode(answer)}", 302)

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        request = Request(scope, _again(body))
        method, arguments = request.path_params["method"], await merged_arguments(request)
        try:
            answer = await self._found(method, request, arguments)
        except Refused as refusal:
            answer = JSONResponse(self._noted(method, arguments, {"ok": False, "error": refusal.error}))
        await answer(scope, _again(body), send)

    async def _found(self, method: str, request: Request, arguments: Json) -> ASGIApp:
        """Who answers: we ourselves, or the workspace that is meant. Raises Refused."""
        if method == "oauth.v2.access":
            client_id, _, secret = _basic(request).partition(":")
            granted = self.consents.access(arguments, client_id=client_id, client_secret=secret)
            self._let_in(str(granted["access_token"]))
            return JSONResponse(self._noted(method, {}, {"ok": True, **granted}))
        bearer = str(arguments.get("token") or request.headers.get("authorization", "").removeprefix("Bearer "))
        token = self.consents.check(bearer)
        if method == "auth.revoke":
            token.state = "revoked"
            return JSONResponse(self._noted(method, arguments, {"ok": True, "revoked": True}))
        if method == "auth.test" and token.place.team_id is None:
            return JSONResponse(self._noted(method, arguments, self._organisation(token)))
        return web_api(self._meant(token, arguments).town)

    def _meant(self, token: Token, arguments: Json) -> Sandbox:
        """The workspace of a call. An organisation's token has to name it. Raises Refused."""
        places = {one.spec.team_id: one for one in self.workspaces_of(token.place)}
        if token.place.team_id:
            return places[token.place.team_id]
        if not arguments.get("team_id"):
            raise Refused("missing_argument")
        if arguments["team_id"] not in places:
            raise Refused("team_access_not_granted")
        return places[str(arguments["team_id"])]

    def _let_in(self, bot_token: str) -> None:
        for sandbox in self.workspaces_of(self.consents.tokens[bot_token].place):
            sandbox.town.workspace.tokens.add(bot_token)

    def _organisation(self, token: Token) -> Json:
        return {
            "ok": True,
            "url": f"https://{token.place.name.lower()}.enterprise.slack.com/",
            "team": token.place.name,
            "team_id": token.place.enterprise_id,
            "enterprise_id": token.place.enterprise_id,
            "user_id": token.place.bot_user_id,
            "bot_id": "B0ORGBOT",
            "is_enterprise_install": True,
        }

    def _noted(self, method: str, arguments: Json, answer: Json) -> Json:
        self.calls.append(Call(method, dict(arguments), answer, 200, self.clock.time()))
        return answer


def _basic(request: Request) -> str:
    said = request.headers.get("authorization", "")
    return base64.b64decode(said.removeprefix("Basic ")).decode() if said.startswith("Basic ") else ""


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes) -> Receive:
    """A request that was read already, to be read once more."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


@contextlib.asynccontextmanager
async def running(
    specs: Sequence[WorkspaceSpec], *, app: AppSpec, organisations: Mapping[str, str] | None = None
) -> AsyncIterator[Land]:
    """Run the workspaces in the current event loop, on a free port of this machine."""
    listener = listen()
    port = listener.getsockname()[1]
    land = Land(specs, app=app, base_url=f"http://127.0.0.1:{port}", organisations=organisations or {})
    async with serving(Gate(land.application(), host="127.0.0.1", port=port), listener):
        try:
            yield land
        finally:
            await land.close()
