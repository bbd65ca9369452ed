"""Work that waits for its turn: people take turns, and what one of them has asked for keeps its order."""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A line for each person who waits, in the order in which they are served."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[T]] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def of(self, person: str) -> int:
        """How much of one person waits."""
        return len(self._lines.get(person, ()))

    def add(self, person: str, work: T) -> None:
        self._lines.setdefault(person, deque()).append(work)
        self._length += 1

    def take(self) -> T | None:
        """The first in the line of whoever was not served for longest; None where nothing waits."""
        if not self._lines:
            return None
        person = next(iter(self._lines))
        line = self._lines.pop(person)
        work = line.popleft()
        if line:
            self._lines[person] = line  # behind everybody else
        self._length -= 1
        return work
