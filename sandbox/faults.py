"""Owns the failures on demand: what the next calls of a Web API method (or of all, '*') suffer."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

KINDS = (
    *("ratelimited", "error", "http_500", "http_500_after", "drop", "drop_after", "slow", "slow_after"),
    "refuse_block",
)


@dataclass
class Fault:
    """'drop' loses the request, 'slow' waits, then works; those with '_after' do the work, then spoil the answer.

    'refuse_block' answers `invalid_blocks` to calls that hold a block of type `block`, as a workspace does to which
    such blocks have not come yet; it hits those only. method: a Web API method, 'response_url', or '*'. times: how
    many calls it hits; passes: how many it lets pass before.
    """

    method: str
    kind: str
    times: int = 1
    retry_after: int = 1
    error: str = "fatal_error"
    seconds: float = 1.0
    block: str = "data_visualization"
    passes: int = 0

    def hits(self, method: str, block_types: Collection[str]) -> bool:
        return self.method in (method, "*") and (self.kind != "refuse_block" or self.block in block_types)


class Faults:
    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, method: str, kind: str, **more: Any) -> None:
        """Raises ValueError for a kind that does not exist."""
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
        self._waiting.append(Fault(method, kind, **more))

    def clear(self) -> None:
        self._waiting.clear()

    @property
    def waiting(self) -> tuple[Fault, ...]:
        return tuple(self._waiting)

    def take(self, method: str, block_types: Collection[str] = ()) -> Fault | None:
        """Use up one hit of the oldest fault waiting for this method. block_types: of the blocks that it is given."""
        for fault in self._waiting:
            if fault.hits(method, block_types):
                if fault.passes:
                    fault.passes -= 1
                    return None
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
