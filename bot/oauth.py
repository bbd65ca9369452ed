"""How a workspace installs the app: to Slack's page of consent and back, by our own two addresses.

Begun and finished by one browser: the state that Slack brings back has to fit a cookie, works once and for ten minutes.
Whoever sends somebody else their own link to finish installs nothing.
"""

import base64
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.config import Settings
from bot.domain.address import address_of
from bot.domain.installation import Grant, Installation, StateTrouble
from bot.errors import NotAllowed, TryAgain, slack_name
from bot.identity import client_for
from bot.keyring import Keyring
from bot.scopes import OPTIONAL, REQUIRED
from bot.services import installation as installations
from bot.store.db import Db
from bot.views import install as view

log = structlog.get_logger(__name__)
BEGIN, BACK = "/slack/install", "/slack/oauth_redirect"
COOKIE = "__Host-conclave-install"
_FROM_SLACK = (SlackClientError, aiohttp.ClientError, OSError)
_MOST_CHARACTERS = 500
"""Of what comes in the address: Slack's own are shorter, and longer ones are not looked at."""


class Consent:
    """The two addresses, for Starlette."""

    def __init__(self, db: Db, keyring: Keyring, settings: Settings, session: aiohttp.ClientSession) -> None:
        self._db = db
        self._keyring = keyring
        self._settings = settings
        self._session = session

    def routes(self) -> list[Route]:
        return [Route(BEGIN, self.begin), Route(BACK, self.back)]

    async def begin(self, request: Request) -> Response:
        """Send the browser to Slack. `?team=T...`: only this workspace will do."""
        state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        asked = _short(request.query_params, "team")
        team_id = asked if asked.isascii() and asked.isalnum() else None
        try:
            await installations.begin(
                self._db, state=state, browser=browser, team_id=team_id, address=self._address(request)
            )
        except TryAgain:
            return _page(view.not_now(), 503)
        except NotAllowed as refusal:
            return _page(view.not_yet(refusal.message), 429)
        response = RedirectResponse(self._slacks_page(state, team_id), 302)
        lives = int(installations.STATE_LIVES.total_seconds())
        response.set_cookie(COOKIE, browser, max_age=lives, path="/", secure=True, httponly=True, samesite="lax")
        response.headers.update(_HEADERS)
        return response

    def _address(self, request: Request) -> str | None:
        return address_of(
            peer=request.client.host if request.client else "",
            forwarded=request.headers.getlist("x-forwarded-for"),
            trusted=self._settings.trusted_proxies,
        )

    async def back(self, request: Request) -> Response:
        """Where Slack sends the browser afterwards. Nothing is half installed: all of it is done, or nothing."""
        found, state = request.query_params, _short(request.query_params, "state")
        if not state or not (found.get("code") or found.get("error")):
            return _page(view.unreadable(), 400)
        try:
            begun = await installations.come_back(
                self._db, state=state, browser=request.cookies.get(COOKIE, "")[:_MOST_CHARACTERS]
            )
            if isinstance(begun, StateTrouble):
                return _page(view.turned_away(begun), 400)
            if found.get("error"):
                return _refused(_short(found, "error"))
            return await self._finish(_short(found, "code"), begun.team_id)
        except TryAgain:
            return _page(view.not_now(), 503)
        except _FROM_SLACK as error:
            log.warning("an installation failed", error=slack_name(error))
            return _page(view.slack_refused(slack_name(error)), 502)

    async def _finish(self, code: str, asked: str | None) -> Response:
        asking = client_for(self._settings, self._session)
        answer = await _access(asking, self._settings, code=code, redirect_uri=self._back_url)
        speaking = client_for(self._settings, self._session, token=str(answer["access_token"]))
        who = _said(await speaking.auth_test())
        grant = grant_of(_said(answer), who)
        if asked and grant.team_id != asked:
            await speaking.auth_revoke()
            return _page(view.wrong_workspace(asked=asked, got=grant.name or str(grant.team_id)), 409)
        made = await installations.install(self._db, self._keyring, grant)
        log.info("installed", workspace=made.team_id or made.enterprise_id, generation=made.generation)
        return _page(_welcome(made, grant, app_id=str(answer.get("app_id")), url=str(who.get("url") or "")))

    def _slacks_page(self, state: str, team_id: str | None) -> str:
        words = {
            "client_id": self._settings.slack_client_id,
            "scope": ",".join((*REQUIRED, *OPTIONAL)),
            "redirect_uri": self._back_url,
            "state": state,
            **({"team": team_id} if team_id else {}),
        }
        api = urlsplit(self._settings.slack_api_url)
        return f"{api.scheme}://{api.netloc}/oauth/v2/authorize?{urlencode(words)}"

    @property
    def _back_url(self) -> str:
        return f"{self._settings.url}{BACK}"


async def exchange(client: AsyncWebClient, settings: Settings, refresh_token: str) -> Grant:
    """What Slack gives for a refresh token, which works once. Raises SlackApiError."""
    answer = await _access(client, settings, grant_type="refresh_token", refresh_token=refresh_token)
    return grant_of(_said(answer), {})


async def _access(client: AsyncWebClient, settings: Settings, **words: str) -> AsyncSlackResponse:
    """`oauth.v2.access`. Not by the SDK's method of that name, which aiohttp warns of (BasicAuth; slack_sdk 3.47)."""
    who = f"{settings.slack_client_id}:{settings.slack_client_secret.get_secret_value()}"
    head = {"Authorization": f"Basic {base64.b64encode(who.encode()).decode()}"}
    return await client.api_call("oauth.v2.access", data=words, headers=head)


def grant_of(answer: Mapping[str, Any], who: Mapping[str, Any]) -> Grant:
    """Slack's answer to a code or a refresh token. who: what `auth.test` says of the token, where it was asked.

    https://docs.slack.dev/reference/methods/oauth.v2.access
    """
    team, enterprise, user = (answer.get(part) or {} for part in ("team", "enterprise", "authed_user"))
    place = enterprise if answer.get("is_enterprise_install") else team
    expires_in = answer.get("expires_in")
    return Grant(
        enterprise_id=enterprise.get("id"),
        team_id=team.get("id") if place is team else None,
        name=str(place.get("name") or ""),
        bot_token=str(answer["access_token"]),
        refresh_token=answer.get("refresh_token"),
        expires_in=timedelta(seconds=int(expires_in)) if expires_in else None,
        bot_user_id=str(answer.get("bot_user_id", "")),
        bot_id=str(who.get("bot_id", "")),
        scopes=tuple(filter(None, str(answer.get("scope") or "").split(","))),
        installed_by=user.get("id"),
    )


def _said(answer: AsyncSlackResponse) -> dict[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}


def _welcome(made: Installation, grant: Grant, *, app_id: str, url: str) -> str:
    if made.team_id is None:
        return view.installed_for_organisation(organisation=grant.name, app_id=app_id, url=url)
    return view.installed(workspace=grant.name, app_id=app_id, team_id=made.team_id)


def _refused(error: str) -> Response:
    return _page(view.cancelled() if error == "access_denied" else view.slack_refused(error), 200)


def _short(words: Mapping[str, str], name: str) -> str:
    return words.get(name, "")[:_MOST_CHARACTERS]


_HEADERS = {
    "content-security-policy": view.STYLE,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=_HEADERS)
