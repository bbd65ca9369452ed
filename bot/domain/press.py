"""One press of a submit button, so that the same press twice does its work once."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Press:
    """Slack sends the same view id and hash again when its user presses again because our answer was lost."""

    view_id: str
    hash: str
    digest: str
    """SHA-256 of what was typed: tells the same press from an edited one. Never made of a ballot."""


@dataclass(frozen=True)
class Prior:
    """What an earlier press of the same view did."""

    made: UUID
    """The id of what came of it: the decision, its new round, an option, a team."""
    is_same: bool
    """False where the text was edited in between: then what it made is updated."""
