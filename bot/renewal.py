"""Keeps tokens alive that expire: replaces each in its last two hours, in every worker, each refresh token once."""

import asyncio
import time
from uuid import UUID

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.deps import Deps
from bot.domain.installation import Grant, Installation
from bot.errors import TryAgain, slack_error, slack_name, told
from bot.identity import client_for
from bot.keyring import KeyLost, Keyring
from bot.oauth import exchange
from bot.services import installation as installations

log = structlog.get_logger(__name__)
POLL_SECONDS = 60.0
_FINAL = frozenset({"invalid_refresh_token", "invalid_grant", "invalid_auth", "token_revoked"})
"""Slack's names for a refresh token that will never work again: spent, or of an app taken out."""


class Renewal:
    """The one loop of a process. What Slack has answered outlives a database that is away, but not the process: see
    `services.installation.renew`."""

    def __init__(self, deps: Deps, keyring: Keyring, session: aiohttp.ClientSession) -> None:
        self._deps = deps
        self._keyring = keyring
        self._session = session
        self._answers: dict[bytes, Grant] = {}
        self._looked_at = time.monotonic()

    @property
    def age_seconds(self) -> float:
        """Since it looked last, successfully or not."""
        return time.monotonic() - self._looked_at

    async def keep_up(self) -> None:
        """Go on for ever. A failure is logged and tried again later."""
        while True:
            try:
                await self.renew_due()
            except TryAgain:
                log.warning("renewing tokens waits for the database")
            except Exception as error:
                log.error("tokens cannot be renewed", **told(error))
            self._looked_at = time.monotonic()
            await asyncio.sleep(POLL_SECONDS)

    async def renew_due(self) -> int:
        """Replace what expires soon. Returns how many this process has replaced."""
        return sum([await self._renew(id_) for id_ in await installations.due_for_renewal(self._deps.patient_db)])

    async def _renew(self, id_: UUID) -> bool:
        self._looked_at = time.monotonic()
        db = self._deps.patient_db
        try:
            renewed = await installations.renew(db, self._keyring, id_, self._exchange, self._answers)
        except SlackApiError as error:
            await self._refused(id_, error)
            return False
        except (KeyLost, aiohttp.ClientError, OSError) as error:
            log.warning("a token could not be renewed", installation=str(id_), error=slack_name(error))
            return False
        if renewed is None:
            return False
        await installations.settle_renewal(db, self._keyring, id_, works=await self._works(renewed))
        return True

    async def _exchange(self, refresh_token: str) -> Grant:
        return await exchange(client_for(self._deps.settings, self._session), self._deps.settings, refresh_token)

    async def _works(self, renewed: Installation) -> bool:
        """Whether the new token answers. Where Slack cannot say just now it is believed."""
        workspaces = self._deps.workspaces
        try:
            works = workspaces is None or await workspaces.works(renewed)
        except (SlackApiError, aiohttp.ClientError, OSError):
            return True
        if not works:
            log.error("Slack refuses a token that it has just given", workspace=renewed.team_id)
        return works

    async def _refused(self, id_: UUID, error: SlackApiError) -> None:
        log.error("Slack does not renew a token", installation=str(id_), error=slack_error(error), says=_INSTALL_AGAIN)
        if slack_error(error) in _FINAL:
            await installations.give_up_renewal(self._deps.patient_db, id_)


_INSTALL_AGAIN = "it works until it expires; before that the app has to be installed again: see conclave doctor"
