"""What a backup says about itself, and what it leaves out. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

FORMAT = 1
"""Of the file; a later one that old versions cannot read gets another number."""
LOST = "ballot.lost"
"""The delivery that asks somebody to score again, whose ballot a backup has left out."""
PASSING = ("attempts", "auth_tokens", "install_states", "kept_answers", "thread_summaries")
"""Tables of sessions, one-time links and counted attempts: restored, they would open doors that were shut since.

And the answers that are kept for programs, for a day, by tokens that are not restored either; and threads in short,
which are made anew from what people have left in Slack.
"""


@dataclass(frozen=True)
class Contents:
    """Of one table."""

    columns: tuple[str, ...]
    rows: int
    sha256: str
    """Of its rows as they stand in the file, in hex."""


@dataclass(frozen=True)
class Manifest:
    """`manifest.json` of a backup."""

    made_at: datetime
    """By the database's clock; aware."""
    version: str
    """Of Conclave."""
    revision: str
    """Of the schema."""
    keys: tuple[str, ...]
    """Fingerprints of the keys without which tokens in it cannot be read."""
    holds_open_ballots: bool
    tables: Mapping[str, Contents]
    sequences: Mapping[str, int]
    """Name -> the last number that it gave out."""
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "made_at": self.made_at.isoformat()}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError where it is none."""
        tables = {name: Contents(tuple(t["columns"]), t["rows"], t["sha256"]) for name, t in body["tables"].items()}
        made_at = datetime.fromisoformat(body["made_at"])
        return cls(**{**body, "made_at": made_at, "tables": tables, "keys": tuple(body["keys"])})


def fingerprints(keys: str) -> tuple[str, ...]:
    """Of keys as CONCLAVE_TOKEN_KEYS has them, separated by commas: tells keys apart, and nothing else about them."""
    found = [key.strip() for key in keys.split(",") if key.strip()]
    return tuple(hashlib.sha256(b"conclave token key\0" + key.encode()).hexdigest()[:16] for key in found)
