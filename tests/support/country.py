"""A service of many workspaces: a Slack with several of them, the bot, and browsers in which people install it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp

from bot import app, keyring
from bot.config import Settings
from bot.oauth import COOKIE
from sandbox.consent import AppSpec
from sandbox.land import Land
from sandbox.land import running as running_land
from sandbox.spec import WorkspaceSpec
from tests.support.house import House, port_of, served

PUBLIC_URL = "http://127.0.0.1:1"
"""What the bot is told: in front of its port a proxy would stand."""
KEY = keyring.new_key()
LIFECYCLE = ("app_home_opened", "app_uninstalled", "tokens_revoked", "team_access_revoked")


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def title(self) -> str:
        return self.text.partition("<h1>")[2].partition("</h1>")[0]


@dataclass
class Browser:
    """Somebody's browser: it follows links to Slack and back, and keeps the one cookie."""

    url: str
    cookie: str = ""
    visited: list[str] = field(default_factory=list)

    async def begin(self, *, team: str = "") -> str:
        """Open our page; returns the address of Slack's."""
        page = await self.get(f"{self.url}/slack/install" + (f"?{urlencode({'team': team})}" if team else ""))
        assert page.status == 302, page
        return page.headers["location"]

    async def decide(self, slacks_page: str, *, place: str) -> str:
        """Choose a place on Slack's page, or '' for no; returns the address to which Slack sends the browser."""
        words = {name: values[0] for name, values in parse_qs(urlsplit(slacks_page).query).items()}
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(slacks_page))
        chosen = {**words, **({"place": place} if place else {})}
        back = (await self.get(f"{origin}/oauth/v2/decide?{urlencode(chosen)}")).headers["location"]
        return back.replace(PUBLIC_URL, self.url)

    async def get(self, address: str) -> Page:
        headers = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie and address.startswith(self.url) else {}
        async with (
            aiohttp.ClientSession() as session,
            session.get(address, headers=headers, allow_redirects=False) as answer,
        ):
            for said in answer.headers.getall("set-cookie", []):
                self.cookie = SimpleCookie(said)[COOKIE].value
            return Page(answer.status, await answer.text(), {k.lower(): v for k, v in answer.headers.items()})

    async def install(self, place: str, *, team: str = "") -> Page:
        """The whole way, as an admin goes it."""
        return await self.get(await self.decide(await self.begin(team=team), place=place))


@dataclass
class Country:
    land: Land
    bot: app.Bot
    database_url: str
    url: str

    def browser(self) -> Browser:
        return Browser(self.url)

    def house(self, team_id: str) -> House:
        """One of the workspaces, for people who act there."""
        return House(self.land.sandboxes[team_id], self.bot, self.database_url)

    async def install(self, *places: str) -> None:
        for place in places:
            page = await self.browser().install(place)
            assert page.status == 200, page.text


@asynccontextmanager
async def living(
    database_url: str,
    specs: Sequence[WorkspaceSpec],
    *,
    app_spec: AppSpec | None = None,
    organisations: Mapping[str, str] | None = None,
    **settings_of_bot: Any,
) -> AsyncIterator[Country]:
    """Sandbox and bot, nothing installed yet."""
    specs = [replace(spec, events=LIFECYCLE) for spec in specs]
    async with running_land(specs, app=app_spec or AppSpec(), organisations=organisations) as land:
        urls = served(database_url)
        settings = settings_for(land, **{**urls, **settings_of_bot})
        async with (
            app.running(settings, database_url=urls["database_url"]) as bot,
            port_of(bot) as port,
        ):
            url = f"http://127.0.0.1:{port}"
            land.bot_url = url
            yield Country(land, bot, database_url, url)


def settings_for(land: Land, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "slack_signing_secret": land.app.signing_secret,
        "slack_client_id": land.app.client_id,
        "slack_client_secret": land.app.client_secret,
        "slack_api_url": land.api_url,
        "CONCLAVE_URL": PUBLIC_URL,
        "CONCLAVE_TOKEN_KEYS": KEY,
    }
    return Settings(_env_file=None, **{**given, **more})
