"""What every handler, job and delivery is given: the database, the clock, the settings, a Slack client."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.domain.by import Rules
from bot.store.db import Db

Clock = Callable[[], datetime]
"""Tells the time that decides, aware, UTC."""


@dataclass(frozen=True)
class Deps:
    db: Db
    clock: Clock
    settings: Settings
    client: AsyncWebClient
    """For calls outside a request; posts through it are never retried automatically."""

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
