"""Where the app is installed, and by whose token it speaks there. Knows nothing of encryption and OAuth."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

EARLY = timedelta(hours=2)
"""A token that expires is replaced when it has this much left; Slack's live for twelve hours."""
CLOCKS_APART = timedelta(minutes=2)
"""How far Slack's clock and the database's may differ. Of an event so near to the installation nobody can tell by the
clock whether it is older; then Slack is asked whether the token works."""


@dataclass(frozen=True)
class Installation:
    """One workspace, or one organisation as a whole, that has installed the app."""

    id: UUID | None
    """None: the token in the environment, of which there is no row."""
    enterprise_id: str | None
    team_id: str | None
    """None: the organisation as a whole."""
    bot_token: str = field(repr=False)
    bot_user_id: str | None
    bot_id: str | None
    scopes: tuple[str, ...] = ()
    generation: int = 1
    """Grows with every new installation in the same place."""
    expires_at: datetime | None = None
    installed_at: datetime | None = None

    @property
    def is_org(self) -> bool:
        return self.team_id is None and self.enterprise_id is not None


@dataclass(frozen=True)
class Grant:
    """What Slack grants when somebody consents, or for a refresh token."""

    enterprise_id: str | None
    team_id: str | None
    name: str
    bot_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: timedelta | None
    bot_user_id: str
    bot_id: str
    scopes: tuple[str, ...]
    installed_by: str | None


class Ending(StrEnum):
    """Why a token is of no use any more."""

    REVOKED = "revoked"
    UNINSTALLED = "uninstalled"


class StateTrouble(StrEnum):
    """Why somebody who comes back from Slack is not let in."""

    EXPIRED = "expired"
    USED = "used"
    FOREIGN = "foreign"
    """Begun in another browser, or never by us."""


def is_older(event_at: datetime, installed_at: datetime) -> bool | None:
    """Whether an event speaks of an installation before this one; None where the clocks cannot tell."""
    apart = event_at - installed_at
    return None if abs(apart) < CLOCKS_APART else apart < timedelta(0)
