"""Owns the workspace's time: the machine's, and ahead of it by what those who try an app have moved it.

It moves what people wait for: the times of messages, messages scheduled for later, the half hour of a response_url. It
does not move what machines wait for: the three seconds of a trigger_id and of an answer, signatures, retries of events.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

FARTHEST = timedelta(days=3650)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LATER = re.compile(r"(?:(\d{1,6})([mhdw]))+")
_PART = re.compile(r"(\d{1,6})([mhdw])")

Listener = Callable[[timedelta], Awaitable[None]]
"""Told how far ahead the clock will be, before it is. What it raises keeps the clock where it is."""


class Clock:
    """It only goes on, never back: an app has seen the time that it would leave."""

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self.ahead = ahead
        self.stands_at: datetime | None = None
        """A test's own time, in place of the machine's."""
        self._listeners: list[Listener] = []
        self._moved = asyncio.Event()

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def now(self) -> datetime:
        """The time in UTC."""
        return self.stands_at or datetime.now(UTC) + self.ahead

    def time(self) -> float:
        """The time in seconds since 1970."""
        return self.stands_at.timestamp() if self.stands_at else time.time() + self.ahead.total_seconds()

    async def move(self, by: timedelta) -> None:
        """Move ahead, and tell whoever listens. Raises ValueError for no time, and for more than ten years in all."""
        if by <= timedelta(0) or self.ahead + by > FARTHEST:
            raise ValueError("the clock goes ahead only, by ten years at most")
        for listener in self._listeners:
            await listener(self.ahead + by)
        self.ahead += by
        self._wake()

    def stand_at(self, moment: datetime) -> None:
        """Stand still there until told otherwise: for tests that move time themselves."""
        self.stands_at = moment
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, at: float) -> None:
        """Wait until the clock shows `at` (seconds since 1970), by itself or because it was moved."""
        while (left := at - self.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)


def span(text: str) -> timedelta:
    """Read "30m", "1h", "1d", "2w", "1d12h". Raises ValueError."""
    if not _LATER.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is no span of time; write it like 1h, 1d or 1d12h")
    return sum((int(count) * _UNITS[unit] for count, unit in _PART.findall(text)), timedelta(0))
