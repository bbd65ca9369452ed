"""What opens the second front door: one-time links, sessions of browsers, tokens of programs.

A token is 32 random bytes; the database holds its SHA-256, so that nobody who reads the table can sign in.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from bot.domain.team import Actor
from bot.errors import Invalid

LINK_AGE = timedelta(minutes=5)
SESSION_AGE = timedelta(days=7)
SESSION_IDLE = timedelta(hours=12)
RENEWED_EVERY = timedelta(minutes=10)
"""How exactly it is known when a session was used last: a write for every page would be waste."""
API_DAYS = (30, 90, 365)
"""How long a program's token may live; there is none that lives for ever."""
API_PREFIX = "conclave_"
"""So that a token in a repository or a log is found by those who look for such."""
LABEL_LENGTH = 80


class Kind(StrEnum):
    """As in `auth_tokens.kind`."""

    LINK = "link"
    SESSION = "session"
    API = "api"


class Scope(StrEnum):
    """What a program may do; each holds those before it."""

    READ = "read"
    OPEN = "open"
    """Make decisions and options, and start scoring."""
    ACT = "act"
    """Resolve, close, cancel and the rest."""


AGENT_SCOPES = (Scope.READ, Scope.OPEN)
"""What a token for an agent may have: agents ask, people answer."""


@dataclass(frozen=True)
class Token:
    """One row; the token itself is known to its holder alone."""

    id: UUID
    kind: Kind
    scopes: frozenset[Scope]
    label: str
    created_at: datetime
    expires_at: datetime
    idle_until: datetime | None = None
    """Of a session: when it ends unless it is used."""
    last_used: date | None = None
    for_agent: bool = False
    """Whether a program without a person behind each request holds it: what it may open, only people end."""

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes and (scope in AGENT_SCOPES or not self.for_agent)

    def renewed(self, now: datetime) -> datetime | None:
        """Until when a session lives that is used now; None where what is known is recent enough, and for others."""
        if self.idle_until is None:
            return None
        until = min(now + SESSION_IDLE, self.expires_at)
        return until if until - self.idle_until >= RENEWED_EVERY else None


@dataclass(frozen=True)
class Bearer:
    """A valid token with who stands behind it: an active member, as they are now."""

    token: Token
    actor: Actor


def hashed(token: str) -> str:
    """What the database holds of it: 64 characters."""
    return hashlib.sha256(token.encode()).hexdigest()


def scopes_up_to(scope: Scope) -> frozenset[Scope]:
    everything = tuple(Scope)
    return frozenset(everything[: everything.index(scope) + 1])


def check_scope(scope: Scope, *, for_agent: bool) -> frozenset[Scope]:
    """The scopes that a new token gets. Raises Invalid (field "scope") for `act` in an agent's hands."""
    if for_agent and scope not in AGENT_SCOPES:
        raise Invalid(
            "An agent's token may read and open: closing, resolving and cancelling are left to people. "
            "Choose read or open.",
            field="scope",
        )
    return scopes_up_to(scope)


def check_label(typed: str) -> str:
    """Raises Invalid (field "label") where a token is given no name, or too long a one."""
    label = " ".join(typed.split())
    if not 1 <= len(label) <= LABEL_LENGTH:
        raise Invalid(
            f"Give the token a name of 1 to {LABEL_LENGTH} characters, for example who uses it.", field="label"
        )
    return label


def check_days(days: int) -> timedelta:
    """Raises Invalid (field "days") for another age than those that are offered."""
    if days not in API_DAYS:
        *few, most = API_DAYS
        raise Invalid(f"A token lives {', '.join(map(str, few))} or {most} days. Choose one of them.", field="days")
    return timedelta(days=days)
