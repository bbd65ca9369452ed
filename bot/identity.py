"""Who the bot is in Slack: the client it calls with, and what `auth.test` says of its token."""

import asyncio
import logging
from dataclasses import dataclass, field

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.deps import Deps
from bot.errors import slack_name

log = structlog.get_logger(__name__)

SLACK_SECONDS = 8
"""Two calls of this length fit into the time that a delivery has (0.6 of its lease)."""
RETRY_SECONDS = 2.0
_TOKEN_ERRORS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}


@dataclass
class Identity:
    """Who the bot is in Slack, from one `auth.test`; unknown until Slack has answered it."""

    workspace_id: str | None = None
    bot_user_id: str | None = None
    bot_id: str | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)


def slack_session() -> aiohttp.ClientSession:
    """One session for all calls to Slack: without it every call would shake hands anew.

    The limit is the session's, because slack_sdk does not apply its client's own to a session that it is given.
    """
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SLACK_SECONDS))


def client_for(settings: Settings, session: aiohttp.ClientSession, *, token: str | None = None) -> AsyncWebClient:
    # No retry handlers: the default one posts again after a dropped connection. The outbox decides what to repeat.
    return AsyncWebClient(
        token=token,
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=[],
    )


async def identify(deps: Deps, identity: Identity) -> None:
    """Ask Slack who we are until it answers. Deliveries to Slack wait for it; requests do not."""
    while True:
        try:
            answer = await deps.client.auth_test()
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            name = slack_name(error)
            if name == "unknown_method":
                identity.workspace_id = ""  # no way to know: serve every workspace's deliveries
                identity.ready.set()
                return
            log.log(logging.ERROR if name in _TOKEN_ERRORS else logging.WARNING, "auth.test failed", error=name)
            await asyncio.sleep(RETRY_SECONDS * (5 if name in _TOKEN_ERRORS else 1))
        else:
            identity.workspace_id = str(answer.get("team_id") or "")
            identity.bot_user_id, identity.bot_id = answer.get("user_id"), answer.get("bot_id")
            identity.ready.set()
            log.info("connected to Slack", workspace=identity.workspace_id)
            return
