"""Sign in with Slack, as far as an app needs it: who comes is chosen from a list, and vouched for with a key.

Source: Slack's documentation of openid.connect.token, and RFC 7636 for the challenge.
"""

import secrets
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.town import Town

CLIENT_ID, CLIENT_SECRET = "1000.2000", "the-sandboxs-client-secret"
"""Of the one app there is."""
SECONDS = 300


@dataclass(frozen=True)
class _Grant:
    """A code that was handed out, and what it is good for."""

    user_id: str
    nonce: str
    redirect_uri: str
    challenge: str


class OpenId:
    """The endpoints, the codes that are out, the key."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.grants: dict[str, _Grant] = {}
        self.changed: dict[str, object] = {}
        """Claims that a test wants otherwise than they should be, in every token from here on."""
        self.published: list[dict[str, object]] = []
        """Other public keys than that of the tokens; empty: that one."""

    @cached_property
    def key(self) -> Any:
        """Made when it is first asked for: it takes a tenth of a second, and most runs sign nobody in."""
        from joserfc.jwk import RSAKey

        return RSAKey.generate_key(2048, {"kid": "sandbox", "use": "sig", "alg": "RS256"})

    def routes(self) -> list[Route]:
        return [
            Route("/openid/connect/authorize", self.authorize),
            Route("/openid/connect/keys", self.keys),
            Route("/api/openid.connect.token", self.token, methods=["POST"]),
        ]

    async def authorize(self, request: Request) -> Response:
        """`as`: the name of whoever comes; without one they are asked."""
        asked, name = request.query_params, request.query_params.get("as")
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code":
            return HTMLResponse("Slack knows no such app.", status_code=400)
        if name is None:
            return HTMLResponse(self._choice(request))
        person = next((one for one in self.town.spec.people if one.name == name), None)
        if person is None:
            return HTMLResponse("Nobody here is called so.", status_code=404)
        code = secrets.token_urlsafe(16)
        self.grants[code] = _Grant(
            person.id, asked.get("nonce", ""), asked["redirect_uri"], asked.get("code_challenge", "")
        )
        back = urlencode({"code": code, "state": asked.get("state", "")})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", status_code=303)

    def _choice(self, request: Request) -> str:
        links = (
            f'<li><a href="?{escape(urlencode({**request.query_params, "as": one.name}))}">{escape(one.real_name)}</a>'
            for one in self.town.spec.people
        )
        return f"<!doctype html><title>Slack</title><h1>Sign in with Slack</h1><ul>{''.join(links)}</ul>"

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": self.published or [self.key.as_dict(private=False)]})

    async def token(self, request: Request) -> Response:
        """A code is good once."""
        form = dict(parse_qsl((await request.body()).decode()))
        if not _is_the_app(request.headers.get("authorization", "")):
            return JSONResponse({"ok": False, "error": "invalid_client_id"})
        grant = self.grants.pop(form.get("code", ""), None)
        if grant is None or grant.redirect_uri != form.get("redirect_uri"):
            return JSONResponse({"ok": False, "error": "invalid_code"})
        if grant.challenge and grant.challenge != _challenge(form.get("code_verifier", "")):
            return JSONResponse({"ok": False, "error": "invalid_code_verifier"})
        return JSONResponse({"ok": True, "token_type": "Bearer", "id_token": self.vouch(grant.user_id, grant.nonce)})

    def vouch(self, user_id: str, nonce: str) -> str:
        """An id token for this person."""
        from joserfc import jwt

        now = int(self.town.clock.now().timestamp())
        claims = {
            "iss": self.town.base_url,
            "aud": CLIENT_ID,
            "sub": user_id,
            "iat": now,
            "exp": now + SECONDS,
            "nonce": nonce,
            "https://slack.com/user_id": user_id,
            "https://slack.com/team_id": self.town.spec.team_id,
        }
        return jwt.encode({"alg": "RS256", "kid": "sandbox"}, {**claims, **self.changed}, self.key)


def _is_the_app(authorization: str) -> bool:
    scheme, _, value = authorization.partition(" ")
    return scheme == "Basic" and b64decode(value).decode() == f"{CLIENT_ID}:{CLIENT_SECRET}"


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
