"""The answer to a program's request, kept for a day, so that the same request again is not done again."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class KeptName:
    """Which request it is: whose token, the key that the program has chosen, what it asked."""

    token_id: UUID
    key: str
    digest: str
    """SHA-256 of method, address and body: tells the same request from another one with the same key."""


@dataclass(frozen=True)
class KeptAnswer:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def may_pass(self) -> bool:
        """Whether the same request may have another answer in a moment."""
        return self.status >= 500 or self.status == 429


@dataclass(frozen=True)
class Before:
    """What is known of an earlier request with the same key."""

    is_same: bool
    answer: KeptAnswer | None
    """None while it is worked on."""
