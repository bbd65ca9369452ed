"""Makes a failing list shorter (delta debugging: Zeller and Hildebrandt 2002), as far as time allows."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def shrunk(found: Sequence[T], fails: Callable[[Sequence[T]], Awaitable[bool]], *, seconds: float) -> list[T]:
    """A part of `found`, in its order, that still fails, as `found` does; found within so many seconds."""
    kept, size, end = list(found), max(1, len(found) // 2), time.monotonic() + seconds
    while time.monotonic() < end:
        shorter = await _without_a_piece(kept, size, fails, end)
        if shorter is not None:
            kept = shorter
            size = min(size, max(1, len(kept) // 2))
        elif size == 1:
            break
        else:
            size //= 2
    return kept


async def _without_a_piece(
    kept: list[T], size: int, fails: Callable[[Sequence[T]], Awaitable[bool]], end: float
) -> list[T] | None:
    """The first list that fails without so many neighbours, the last ones left out first; None where there is none."""
    for start in reversed(range(0, len(kept), size)):
        shorter = kept[:start] + kept[start + size :]
        if time.monotonic() >= end:
            return None
        if shorter and await fails(shorter):
            return shorter
    return None
