"""The many workspaces of one service: by whose token it speaks in each, found without a look-up.

A process keeps what it has found for a minute. Whatever changes is told by NOTIFY, so that minute only counts where
nobody hears it, because the connection is lost.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import psycopg
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.client import Client
from bot.config import Settings
from bot.domain.installation import Ending, Installation
from bot.errors import TryAgain, slack_error, told
from bot.identity import client_for, how_to_call
from bot.keyring import Keyring
from bot.services import installation as installations
from bot.store.db import Db, listening
from bot.store.installation import CHANNEL

log = structlog.get_logger(__name__)

MOST_KEPT = 10_000
KEPT_SECONDS = 60.0
_HEARTBEAT_SECONDS = 5.0
_PAUSE_SECONDS = 1.0
GONE = frozenset({"invalid_auth", "token_revoked", "account_inactive"})
"""Slack's names for a token that will never work again."""
_EXPIRED = "token_expired"

Place = tuple[str | None, str | None]
"""(organisation, workspace)"""


class WorkspaceClient(Client):
    """A client that says so when Slack refuses its token."""

    refused: Callable[[str], Awaitable[None]]

    async def api_call(self, api_method: str, **how: Any) -> AsyncSlackResponse:
        try:
            return await super().api_call(api_method, **how)
        except SlackApiError as error:
            name = slack_error(error)
            if name in GONE or name == _EXPIRED:
                await self.refused(name)
            raise


@dataclass(frozen=True)
class _Kept:
    found: Installation | None
    until: float


class ManyWorkspaces:
    """`find` costs a look into a dictionary; a statement where nothing is known, or for longer than a minute."""

    def __init__(self, db: Db, keyring: Keyring, settings: Settings, session: aiohttp.ClientSession) -> None:
        self._db = db
        self.keyring = keyring
        self._settings = settings
        self.session = session
        self._kept: OrderedDict[Place, _Kept] = OrderedDict()
        self._heard = 0

    async def find(self, *, enterprise_id: str | None, team_id: str | None) -> Installation | None:
        """By whose token we act there; None where nobody has installed the app."""
        place = (enterprise_id, team_id)
        kept = self._kept.get(place)
        if kept is not None and time.monotonic() < kept.until:
            self._kept.move_to_end(place)
            return kept.found
        heard = self._heard
        try:
            found = await installations.find(self._db, self.keyring, enterprise_id=enterprise_id, team_id=team_id)
        except TryAgain:
            if kept is None:
                raise
            return kept.found  # as long as the database is away, nothing can have changed
        if heard == self._heard:  # else it may have changed behind our back
            self._keep(place, found)
        return found

    def _keep(self, place: Place, found: Installation | None) -> None:
        self._kept[place] = _Kept(found, time.monotonic() + KEPT_SECONDS)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    async def find_place(self, *, enterprise_id: str | None, team_id: str | None) -> Installation | None:
        return await installations.find_place(self._db, self.keyring, enterprise_id=enterprise_id, team_id=team_id)

    async def client_of(self, workspace_id: str) -> AsyncWebClient | None:
        """For deliveries there; None where nobody has installed the app."""
        found = await self.find(enterprise_id=None, team_id=workspace_id)
        return None if found is None else self.client(found, workspace_id=workspace_id)

    def client(self, found: Installation, *, workspace_id: str | None) -> AsyncWebClient:
        """With the workspace in every call: an organisation's token could mean any of its workspaces."""
        made = WorkspaceClient(token=found.bot_token, team_id=workspace_id, **how_to_call(self._settings, self.session))

        async def refused(name: str) -> None:
            await self._refused(found, name)

        made.refused = refused
        return made

    async def works(self, found: Installation) -> bool:
        """Whether Slack takes its token now. Raises SlackApiError where Slack cannot say."""
        asking = client_for(self._settings, self.session, token=found.bot_token)
        try:
            await asking.auth_test()
        except SlackApiError as error:
            if slack_error(error) not in GONE | {_EXPIRED}:
                raise
            return False
        return True

    async def _refused(self, found: Installation, name: str) -> None:
        """Slack does not take this token. One that has expired may have been replaced already: it is read anew."""
        self.forget(str(found.id))
        if name == _EXPIRED:
            return
        try:
            await self.end(found, Ending.REVOKED)
        except TryAgain:
            log.warning("a revoked token could not be written down", workspace=found.team_id or found.enterprise_id)

    async def end(self, found: Installation, ending: Ending) -> None:
        if await installations.end(self._db.patient, found, ending):
            log.warning("the app is gone", workspace=found.team_id or found.enterprise_id, how=ending.value)
        self.forget(str(found.id))

    def forget(self, installation_id: str = "") -> None:
        """Read anew what may have changed with this installation; everything where none is named.

        An organisation's may be overtaken by one of its workspaces', and nothing by anything.
        """
        self._heard += 1
        for place, kept in list(self._kept.items()):
            if not (installation_id and kept.found and kept.found.team_id and str(kept.found.id) != installation_id):
                del self._kept[place]

    async def follow(self, database_url: str) -> None:
        """Hear of what other processes change. Never ends."""
        while True:
            try:
                await self._hear(database_url)
            except (psycopg.Error, OSError):
                log.warning("changes of installations are not heard: the database is away")
            except Exception as error:
                log.error("changes of installations are not heard", **told(error))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _hear(self, database_url: str) -> None:
        async with listening(database_url, CHANNEL) as connection:
            self.forget()  # what changed while nobody listened
            while True:
                async for heard in connection.notifies(timeout=_HEARTBEAT_SECONDS, stop_after=1):
                    self.forget(heard.payload)
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    await connection.execute("SELECT 1")
