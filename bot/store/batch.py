"""What comes while something like it is being written, or read, goes into the next statement, together.

A single one never waits. In a burst, one statement and one commit serve up to 64 people, or cards. So that database and
process work at the same time, not in turns: of a long line half is taken, and the next statement is sent before those
whom the last one has served go on.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Generic, TypeVar

from bot.errors import TryAgain

E = TypeVar("E")
R = TypeVar("R")
MOST = 64
"""So many are taken at once at most."""
HALVED = 8
"""Of more than so many in line, half are taken."""
LAST_QUARTER = 0.25
"""Whoever has no more of their time left when their turn comes is told so: what is begun is to be answered in time."""
NOT_SAVED = "Not saved yet: the database did not answer in time. Your text is still here; press Submit again."
_ASIDE_SECONDS = 0.001
"""Those who have been served step aside for so long, until the next statement is sent: their answers take as long."""

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
    """Known with the commit."""
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when they go on."""

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
        self.turn.set()

    def keep(self, answer: R) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def leave(self) -> bool:
        """Whether they could: nothing is known yet."""
        return self.answer.cancel()


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
            await place.turn.wait()
        except asyncio.CancelledError:
            if place.leave():
                raise
        return await place.answer

    async def _work_off(self, subject: Hashable, write: Write[Any, Any]) -> None:
        taken: Places = ()
        try:
            while taken := self._take(subject):
                await _write(taken, write)
                if self.lines[subject]:
                    asyncio.get_running_loop().call_later(_ASIDE_SECONDS, _go_on, taken)
                else:
                    _go_on(taken)
        finally:
            for place in (*taken, *self.lines.pop(subject)):  # where the loop ends in the midst of it
                place.leave()
                place.turn.set()

    def _take(self, subject: Hashable) -> Places:
        """The next ones in line, each person once: what somebody sends twice is written in its order."""
        taken: dict[Hashable, _Place[Any, Any]] = {}
        later = []
        now, line = asyncio.get_running_loop().time(), self.lines[subject]
        most = min(MOST, max(HALVED, ceil(len(line) / 2)))
        while line and len(taken) < most:
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
        place.keep(answer)


def _go_on(places: Places) -> None:
    for place in places:
        place.turn.set()


async def _one_by_one(places: Places, write: Write[Any, Any], error: Exception) -> None:
    """One of them cannot be written: alone each of the others can. Not where the database is slow or away."""
    if len(places) == 1 or isinstance(error, TryAgain):
        for place in places:
            place.fail(error)
        return
    for place in places:
        await _write([place], write)
        place.turn.set()
