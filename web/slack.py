"""Sign in with Slack: OpenID Connect, by slack_sdk's helpers. Slack says who it is; nothing else is asked of it.

A person is found by Slack's ids of workspace and user, never by an e-mail address, which somebody may have had before.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.oauth import OpenIDConnectAuthorizeUrlGenerator
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.deps import Deps
from bot.domain.team import SlackUser
from bot.errors import NotAllowed
from bot.services import team as teams
from bot.services import token as tokens
from web import cookie, person
from web.sign_in import show_door, signed_in

COOKIE = "sign-in"
MINUTES = 10
"""From leaving for Slack until coming back."""
LEEWAY_SECONDS = 60
"""By which Slack's clock may differ from ours."""
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_ALGORITHMS = ["RS256"]
NOT_CONFIRMED = "Slack did not confirm who you are. Try again, or sign in from Slack with /decide web."
NOBODY = "Slack knows you, but you are in no team here. Somebody there can add you with /decide setup."


@dataclass(frozen=True, repr=False)
class _Trip:
    """What a browser takes along on its way to Slack and back, in a cookie: who else has the address cannot use it."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "_Trip":
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def read(cls, value: str | None) -> "_Trip | None":
        parts = (value or "").split(".")
        return cls(*parts) if len(parts) == 3 and all(parts) else None

    def __str__(self) -> str:
        return f"{self.state}.{self.nonce}.{self.verifier}"

    @property
    def challenge(self) -> str:
        """PKCE's S256. Source: RFC 7636, section 4.2."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


async def leave(request: Request) -> Response:
    """To Slack, which asks the person and sends the browser back."""
    d, trip = person.deps(request), _Trip.new()
    if not d.settings.slack_client_id:
        return await show_door(request, back="/")
    asked = OpenIDConnectAuthorizeUrlGenerator(
        client_id=d.settings.slack_client_id,
        redirect_uri=_redirect_uri(d),
        scopes=["openid"],
        authorization_url=f"{_slack(d)}/openid/connect/authorize",
    ).generate(state=trip.state, nonce=trip.nonce)
    response = RedirectResponse(
        f"{asked}&code_challenge={trip.challenge}&code_challenge_method=S256", HTTPStatus.SEE_OTHER
    )
    how = cookie.how(request)
    response.set_cookie(cookie.name(request, COOKIE), str(trip), max_age=MINUTES * 60, **how)
    return response


async def come_back(request: Request) -> Response:
    """Signs in whom Slack names, where this browser is the one that left."""
    d, trip = person.deps(request), _Trip.read(cookie.read(request, COOKIE))
    try:
        user = await _who(d, trip, request)
        began = await _begin(request, user)
    except NotAllowed as refusal:
        response = await show_door(request, back="/", sentence=refusal.message, status=HTTPStatus.FORBIDDEN)
    else:
        response = await signed_in(request, began, back="/")
    cookie.clear(request, response, COOKIE)
    return response


async def _begin(request: Request, user: SlackUser) -> str:
    d = person.deps(request)
    actor = await teams.find_actor(d.db, user)
    if actor is None:
        raise NotAllowed(NOBODY)
    return await tokens.start(d.db, actor, now=d.now, origin=person.origin(request), way="slack")


async def _who(d: Deps, trip: _Trip | None, request: Request) -> SlackUser:
    """Raises NotAllowed for whatever is not as it should be: what exactly is nobody's business."""
    code, state = (request.query_params.get(name, "") for name in ("code", "state"))
    if trip is None or not code or not hmac.compare_digest(state.encode(), trip.state.encode()):
        raise NotAllowed(NOT_CONFIRMED)
    try:
        claims = _claims(d, await _id_token(d, trip, code), await _keys(d), now=d.now)
        is_ours = hmac.compare_digest(str(claims["nonce"]).encode(), trip.nonce.encode())
        user = SlackUser(str(claims["https://slack.com/team_id"]), str(claims["https://slack.com/user_id"]))
    except (
        SlackApiError,
        SlackClientError,
        aiohttp.ClientError,
        TimeoutError,
        JoseError,
        ValueError,
        KeyError,
    ) as error:
        raise NotAllowed(NOT_CONFIRMED) from error
    if not is_ours:
        raise NotAllowed(NOT_CONFIRMED)
    return user


async def _id_token(d: Deps, trip: _Trip, code: str) -> str:
    # Not `client.openid_connect_token`, which makes its header with what aiohttp 4 has no more (slack_sdk 3.47.0).
    secret = d.settings.slack_client_secret.get_secret_value()
    answer = await d.client.api_call(
        "openid.connect.token",
        headers={"Authorization": aiohttp.encode_basic_auth(d.settings.slack_client_id, secret)},
        data={
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": trip.verifier,
            "redirect_uri": _redirect_uri(d),
        },
    )
    return str(answer["id_token"])


async def _keys(d: Deps) -> KeySet:
    """Slack's, as they are now: sign-ins are too rare to keep them."""
    async with (
        aiohttp.ClientSession(timeout=_TIMEOUT) as http,
        http.get(f"{_slack(d)}/openid/connect/keys", allow_redirects=False) as answer,
    ):
        answer.raise_for_status()
        return KeySet.import_key_set(await answer.json())


def _claims(d: Deps, id_token: str, keys: KeySet, *, now: datetime) -> dict[str, Any]:
    """What Slack has signed for this app. Raises JoseError for anybody else's, and for what is too old."""
    token = jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
    jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": _slack(d)},
        aud={"essential": True, "value": d.settings.slack_client_id},
        exp={"essential": True},
        nonce={"essential": True},
    ).validate(token.claims)
    return token.claims


def _redirect_uri(d: Deps) -> str:
    return f"{d.settings.url}/sign-in/slack/back"


def _slack(d: Deps) -> str:
    """ "https://slack.com": beside the Web API, also of another Slack."""
    return d.settings.slack_api_url.rstrip("/").removesuffix("/api")
