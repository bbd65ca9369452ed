"""What every handler, job and delivery is given: the database, the clock, the settings, a Slack client."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.domain.by import Rules
from bot.domain.installation import Ending, Installation
from bot.store.db import Db

Clock = Callable[[], datetime]
"""Tells the time that decides, aware, UTC."""


class Workspaces(Protocol):
    """The workspaces that have installed the app."""

    def client(self, found: Installation, *, workspace_id: str | None) -> AsyncWebClient:
        """For calls about this workspace."""

    async def client_of(self, workspace_id: str) -> AsyncWebClient | None:
        """For deliveries there; None where nobody has installed the app."""

    async def find_place(self, *, enterprise_id: str | None, team_id: str | None) -> Installation | None:
        """The installation of exactly this place; an organisation's where `team_id` is None."""

    async def works(self, found: Installation) -> bool:
        """Whether Slack takes its token now."""

    async def end(self, found: Installation, ending: Ending) -> None:
        """Its token is of no use any more."""


@dataclass(frozen=True)
class Deps:
    db: Db
    clock: Clock
    settings: Settings
    client: AsyncWebClient
    """For calls outside a request; posts through it are never retried automatically. A delivery to one of many
    workspaces is given the client of that workspace."""
    workspaces: Workspaces | None = None
    """None: one workspace, by the token in the environment."""

    @property
    def patient_db(self) -> Db:
        """The database for work that nobody waits for: deliveries, ticks."""
        return self.db.patient

    @property
    def rules(self) -> Rules:
        return self.settings.rules

    @property
    def now(self) -> datetime:
        return self.clock()
