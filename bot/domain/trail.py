"""What somebody has done to a decision, in words: for those whose press came second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bot.domain.action import Action
from bot.domain.decision import Dossier

SAID = {
    "decision.defined": "Filled in",
    "criteria.submitted": "Criteria set",
    "criteria.reopened": "Taken back to its criteria",
    "round.opened": "Scoring started",
    "round.closed": "Scoring closed",
    "round.extended": "Scoring extended",
    "round.joined": "More people asked",
    "round.proceeded": "Published",
    "round.voided": "Started over",
    "decision.resolved": "Resolved",
    "choice.proposed": "Choice proposed",
    "choice.returned": "Choice sent back",
    "choice.reopened": "Choice taken back",
    "customer.informed": "Customer informed",
    "decision.cancelled": "Cancelled",
    "owner.changed": "Taken over",
}
"""Of the lines of the trail those that move a decision on, so that what was possible before is not any more."""
_BACK = {"criteria.reopened", "choice.returned", "round.voided", "choice.reopened", "decision.cancelled"}
"""Of these also those that end what comes later."""


@dataclass(frozen=True)
class Deed:
    """One line of the trail that somebody has written by what they pressed."""

    line: str
    member_id: UUID
    name: str
    at: datetime
    option_id: UUID | None = None


def outran(deed: Deed, action: Action, dossier: Dossier, *, member_id: UUID, now: datetime) -> str | None:
    """ "Resolved by Mike a minute ago: Half refund." to this member, who pressed `action` after it.

    None where it is no reason why that cannot be done: its time is still to come.
    """
    is_ahead = min(action.row.phases) > dossier.decision.phase
    if is_ahead and deed.line not in _BACK:
        return None
    who = "you" if deed.member_id == member_id else deed.name
    with_what = _with_what(deed, dossier)
    return f"{SAID[deed.line]} by {who} {ago(now - deed.at)}{f': {with_what}' if with_what else ''}."


def _with_what(deed: Deed, dossier: Dossier) -> str:
    if deed.line == "decision.cancelled":
        return " ".join((dossier.decision.cancel_reason or "").split()).rstrip(".")
    option = dossier.option(deed.option_id) if deed.option_id else None
    return option.title if option and deed.line == "decision.resolved" else ""


def ago(span: timedelta) -> str:
    """ "a moment ago", "a minute ago", "3 hours ago": in whole units, of which the largest that fits is said."""
    for unit, one, seconds in (("day", "a", 86_400), ("hour", "an", 3600), ("minute", "a", 60)):
        number = int(span.total_seconds() // seconds)
        if number > 0:
            return f"{one} {unit} ago" if number == 1 else f"{number} {unit}s ago"
    return "a moment ago"


@dataclass(frozen=True)
class Line:
    """One line of a team's trail, as it is read."""

    seq: int
    """Of all lines, in the order in which they were written."""
    at: datetime
    action: str
    who: str | None
    """None: the bot by itself, or somebody on whom the trail is silent."""
    number: int | None
    """Of the decision that it is about."""
    details: Mapping[str, object]
    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True)
class Trail:
    """One page, newest first."""

    lines: tuple[Line, ...]
    before: int | None
    """Where the next page begins; None where this is the last."""
