"""What comes while something like it is being written, or read, goes into the next statement, together.

A single one never waits. In a burst, one statement and one commit serve up to 64 people, or cards.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bot.errors import TryAgain

E = TypeVar("E")
R = TypeVar("R")
MOST = 64
LAST_QUARTER = 0.25
"""Whoever has no more of their time left when their turn comes is told so: what is begun is to be answered in time."""
NOT_SAVED = "Not saved yet: the database did not answer in time. Your text is still here; press Submit again."

Write = Callable[[Sequence[E], float], Awaitable[Sequence[R]]]
"""Commits all entries or none, within so many seconds; one answer each, in their order."""


@dataclass(frozen=True)
class _Place(Generic[E, R]):
    """Somebody's place in the line."""

    who: Hashable
    entry: E
    end: float
    """By the loop's clock: until then they wait."""
    seconds: float
    """So long in all."""
    answer: "asyncio.Future[R]"

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def tell(self, answer: R) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


Places = Sequence[_Place[Any, Any]]


@dataclass(frozen=True)
class Batches:
    """One statement at a time for each subject, as a round is: no two of one process ever wait for each other there."""

    lines: dict[Hashable, deque[_Place[Any, Any]]] = field(default_factory=dict)
    """By subject that is being written: who comes next."""
    writing: set["asyncio.Task[None]"] = field(default_factory=set)

    async def add(self, subject: Hashable, who: Hashable, entry: E, write: Write[E, R], *, seconds: float) -> R:
        """The answer to this entry, after its commit. Raises what writing it alone raises; TryAgain after `seconds`.

        Whoever is cancelled while still in line is taken out: nothing is saved then. What is saved is told, even to
        somebody whose time is up in the same moment.
        """
        loop = asyncio.get_running_loop()
        place: _Place[E, R] = _Place(who, entry, loop.time() + seconds, seconds, loop.create_future())
        if subject in self.lines:
            self.lines[subject].append(place)
        else:
            self.lines[subject] = deque([place])
            task = asyncio.create_task(self._work_off(subject, write))
            self.writing.add(task)
            task.add_done_callback(self.writing.discard)
        try:
            return await place.answer
        except asyncio.CancelledError:
            if place.answer.cancelled():
                raise
            return place.answer.result()

    async def _work_off(self, subject: Hashable, write: Write[Any, Any]) -> None:
        try:
            while taken := self._take(subject):
                await _write(taken, write)
        finally:
            for place in self.lines.pop(subject):
                place.answer.cancel()

    def _take(self, subject: Hashable) -> Places:
        """The next ones in line, each person once: what somebody sends twice is written in its order."""
        taken: dict[Hashable, _Place[Any, Any]] = {}
        later = []
        now, line = asyncio.get_running_loop().time(), self.lines[subject]
        while line and len(taken) < MOST:
            place = line.popleft()
            if place.end - now < place.seconds * LAST_QUARTER:
                place.fail(TryAgain(NOT_SAVED))
            elif place.who in taken:
                later.append(place)
            elif not place.answer.done():
                taken[place.who] = place
        line.extendleft(reversed(later))
        return list(taken.values())


async def _write(places: Places, write: Write[Any, Any]) -> None:
    seconds = min(place.end for place in places) - asyncio.get_running_loop().time()
    try:
        answers = await write([place.entry for place in places], seconds)
    except Exception as error:
        await _one_by_one(places, write, error)
        return
    for place, answer in zip(places, answers, strict=True):
        place.tell(answer)


async def _one_by_one(places: Places, write: Write[Any, Any], error: Exception) -> None:
    """One of them cannot be written: alone each of the others can. Not where the database is slow or away."""
    if len(places) == 1 or isinstance(error, TryAgain):
        for place in places:
            place.fail(error)
        return
    for place in places:
        await _write([place], write)
