"""The background tasks of one process, known by name: none of them may end, or fall silent, without anybody noticing.

A task that ends although nobody has stopped the process is a bug. Its end is an error line and a red /readyz, and ends
the process in order with exit code 1, so that its supervisor starts another one (docs/decisions/0015).
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from bot.errors import StartError, told

log = structlog.get_logger(__name__)

SILENT_SECONDS = 60.0
"""A background task that has not got through for so long is not well."""


@dataclass(frozen=True)
class _Watched:
    task: "asyncio.Task[None]"
    age_seconds: Callable[[], float]
    at_most: float

    @property
    def is_well(self) -> bool:
        return not self.task.done() and self.age_seconds() <= self.at_most


class Watch:
    """`over`: set by whoever stops the process, and by a task that ends before."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self._watched: dict[str, _Watched] = {}
        self._ended: list[str] = []
        self._is_stopping = False

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run `work`, which has no end of its own, in the background."""
        task = asyncio.create_task(work, name=name)
        self.follow(name, task)
        return task

    def follow(
        self,
        name: str,
        task: "asyncio.Task[None]",
        *,
        age_seconds: Callable[[], float] = lambda: 0.0,
        at_most: float = 0.0,
    ) -> None:
        """Watch a task that runs already. age_seconds: since it last got through; above `at_most` it is not well."""
        self._watched[name] = _Watched(task, age_seconds, at_most)
        task.add_done_callback(lambda done: self._note_end(name, done))

    def stop(self) -> None:
        """From here on tasks end because the process does."""
        self._is_stopping = True
        self.over.set()

    @property
    def unwell(self) -> list[str]:
        """Tasks that have ended or have not got through for too long."""
        return [name for name, watched in self._watched.items() if not watched.is_well]

    def check(self) -> None:
        """Raise StartError where a task has ended by itself."""
        if self._ended:
            raise StartError(f"Conclave has ended because a part of it did: {', '.join(self._ended)}. Start it again.")

    def _note_end(self, name: str, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if self._is_stopping:
            return
        log.error("a background task has ended", task=name, **(told(error) if error else {"error": "none"}))
        self._ended.append(name)
        self.over.set()


async def cancel(task: "asyncio.Task[Any]") -> None:
    """End it, and wait until it has."""
    task.cancel()
    await asyncio.wait({task})
