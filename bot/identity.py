"""Who the bot is in Slack: the client it calls with, and what `auth.test` says of its token."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.client import Client
from bot.clock import Reading
from bot.config import Settings
from bot.deps import Deps
from bot.errors import slack_error, slack_name
from bot.nature import Nature, is_limited, nature_of, status_of
from bot.store.outbox import INSTALLED

log = structlog.get_logger(__name__)

SLACK_SECONDS = 8
"""Two calls of this length fit into the time that a delivery has (0.6 of its lease)."""
RETRY_SECONDS = 2.0
CLOCK_OFF_SECONDS = 120.0
"""Slack's signatures count for five minutes; a wall clock this far from Slack's soon refuses everything."""
AGAIN_SECONDS = 300.0
"""Between two looks at a token that Slack knows: one that is taken away later is said before a delivery finds out."""


@dataclass
class Identity:
    """Who the bot is in Slack, from one `auth.test`; unknown until Slack has answered it."""

    workspace_id: str | None = None
    bot_user_id: str | None = None
    bot_id: str | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    slack_time: Reading | None = None
    """Slack's clock, by which it signs; None where its answers bear no date."""
    trouble: str | None = None
    """What Slack, or the way to it, answered instead the last time."""

    def serve_many(self) -> None:
        """Every workspace that has installed the app: each has an identity of its own, and no token is everybody's."""
        self.workspace_id = INSTALLED
        self.ready.set()


def slack_session() -> aiohttp.ClientSession:
    """One session for all calls to Slack: without it every call would shake hands anew.

    The limit is the session's, because slack_sdk does not apply its client's own to a session that it is given.
    """
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SLACK_SECONDS))


def client_for(settings: Settings, session: aiohttp.ClientSession, *, token: str | None = None) -> Client:
    return Client(token=token, **how_to_call(settings, session))


def how_to_call(settings: Settings, session: aiohttp.ClientSession) -> dict[str, Any]:
    """What all our clients of Slack have in common."""
    # No retry handlers: the default one posts again after a dropped connection. The outbox decides what to repeat.
    return {"base_url": settings.slack_api_url, "session": session, "retry_handlers": []}


def why_not(error: Exception, settings: Settings, *, variable: str) -> str:
    """Why a call with the token of `variable` failed: the token, Slack, or the way to it; and what to do."""
    host, name = urlsplit(settings.slack_api_url).netloc, slack_error(error)
    if (name and nature_of(name) is Nature.PASSES) or is_limited(error):
        return f"Slack answers {name or 'ratelimited'}. It passes: try again in a minute."
    if name:
        return f"Slack refuses {variable}: {name}. {_TOKENS[variable]}"
    if status_of(error):
        return f"{host} answers, but not as Slack does (HTTP {status_of(error)}). Check SLACK_API_URL and proxies."
    cause = getattr(error, "strerror", None) or type(error).__name__
    return f"{host} cannot be reached ({cause}). Check the network, proxies and SLACK_API_URL."


_TOKENS = {
    "SLACK_BOT_TOKEN": "Check SLACK_BOT_TOKEN: Slack shows it under OAuth & Permissions, xoxb-...",
    "SLACK_APP_TOKEN": "Check SLACK_APP_TOKEN: an app-level token of this app with connections:write, xapp-...",
}


async def identify(deps: Deps, identity: Identity) -> None:
    """Ask Slack who we are, and again every few minutes. Deliveries to Slack wait for it; requests do not.

    Never ends: whatever comes instead of an answer is said and asked again.
    """
    while True:
        try:
            _note(identity, await deps.client.auth_test())
            pause = AGAIN_SECONDS
        except Exception as error:  # also what is no answer of Slack's at all, as some proxy's page
            pause = _note_trouble(identity, slack_name(error))
        await asyncio.sleep(pause)


def _note(identity: Identity, answer: AsyncSlackResponse) -> None:
    if identity.trouble or not identity.ready.is_set():
        log.info("connected to Slack", workspace=answer.get("team_id"))
    identity.workspace_id = str(answer.get("team_id") or "")
    identity.bot_user_id, identity.bot_id = answer.get("user_id"), answer.get("bot_id")
    identity.trouble, identity.slack_time = None, read_slack_time(answer)
    identity.ready.set()


def read_slack_time(answer: AsyncSlackResponse) -> Reading | None:
    """Right to a second or so: its answers are dated by whole seconds. None where this one bears no date."""
    said = answer.headers.get("Date") if answer.headers else None
    try:
        return Reading(parsedate_to_datetime(str(said)), time.monotonic())
    except ValueError:
        return None


def _note_trouble(identity: Identity, name: str) -> float:
    """Say it once; returns in how many seconds to ask again."""
    if name == "unknown_method" and identity.workspace_id is None:
        identity.workspace_id = ""  # no way to know: serve every workspace's deliveries
        identity.ready.set()
        return AGAIN_SECONDS
    is_refused = nature_of(name) is Nature.WORKSPACE
    if name != identity.trouble:
        log.log(logging.ERROR if is_refused else logging.WARNING, "auth.test failed", error=name)
    identity.trouble = name
    return RETRY_SECONDS * (5 if is_refused else 1)
