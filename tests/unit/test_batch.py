"""Who waits in line for a write, and what they are told."""

import asyncio
from collections.abc import Sequence
from itertools import chain
from uuid import UUID

import pytest

from bot.errors import TryAgain
from bot.store.batch import HALVED, MOST, Batches

ROUND, OTHER = UUID(int=1), UUID(int=2)


class Writes:
    """Answers each entry with itself, one write at a time as the test lets them through."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []
        self.may_go = asyncio.Event()

    async def __call__(self, entries: Sequence[int], seconds: float) -> list[int]:
        self.seen.append(list(entries))
        await self.may_go.wait()
        return list(entries)


async def in_line(*waiting: "asyncio.Task[int]") -> None:
    """Until each has been begun."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)


def adds(batches: Batches, writes: Writes, *numbers: int, of: UUID = ROUND) -> "list[asyncio.Task[int]]":
    return [asyncio.create_task(batches.add(of, n, n, writes, seconds=60)) for n in numbers]


async def test_nobody_waits_for_others_where_nothing_is_being_written() -> None:
    batches, writes = Batches(), Writes()
    writes.may_go.set()

    assert [await batches.add(ROUND, 1, n, writes, seconds=60) for n in (1, 2)] == [1, 2]
    assert writes.seen == [[1], [2]]
    assert batches.lines == {}


async def test_of_a_long_line_half_is_written_at_a_time_in_order() -> None:
    batches, writes = Batches(), Writes()
    tasks = adds(batches, writes, 0)
    await in_line(*tasks)
    people = 2 * MOST + 6
    tasks += adds(batches, writes, *range(1, people))
    await in_line(*tasks)
    writes.may_go.set()

    assert await asyncio.gather(*tasks) == list(range(people))
    assert [len(one) for one in writes.seen] == [1, MOST, 35, 17, 9, HALVED]
    assert list(chain(*writes.seen)) == list(range(people))


async def test_the_next_are_being_written_before_the_last_go_on() -> None:
    batches, writes, seen = Batches(), Writes(), list[int]()

    async def one(number: int) -> None:
        await batches.add(ROUND, number, number, writes, seconds=60)
        seen.append(len(writes.seen))

    tasks = [asyncio.create_task(one(number)) for number in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(one(2)))
    await asyncio.sleep(0)
    writes.may_go.set()
    await asyncio.gather(*tasks)

    assert writes.seen == [[0, 1], [2]]
    assert seen == [2, 2, 2]


async def test_rounds_do_not_wait_for_each_other() -> None:
    batches, slow, quick = Batches(), Writes(), Writes()
    (waiting,) = adds(batches, slow, 1)
    await in_line(waiting)
    quick.may_go.set()

    assert await batches.add(OTHER, 2, 2, quick, seconds=60) == 2
    slow.may_go.set()
    assert await waiting == 1


async def test_a_database_that_is_away_is_asked_once_for_all() -> None:
    batches, asked = Batches(), list[list[int]]()

    async def away(entries: Sequence[int], seconds: float) -> list[int]:
        asked.append(list(entries))
        raise TryAgain("Later.")

    others = [asyncio.create_task(batches.add(OTHER, n, n, away, seconds=60)) for n in (2, 3, 4)]
    answers = await asyncio.gather(*others, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["Later."] * 3
    assert asked == [[2, 3, 4]]


async def test_whose_time_is_nearly_up_is_told_so_and_not_written() -> None:
    batches, writes = Batches(), Writes()
    tasks = adds(batches, writes, 1)
    await in_line(*tasks)
    tasks.append(asyncio.create_task(batches.add(ROUND, 2, 2, writes, seconds=0)))
    tasks += adds(batches, writes, 3)
    await in_line(*tasks)
    writes.may_go.set()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [answers[0], answers[2]] == [1, 3]
    assert isinstance(answers[1], TryAgain)
    assert writes.seen == [[1], [3]]


async def test_what_is_saved_is_told_to_somebody_whose_time_is_up_in_the_same_moment() -> None:
    batches, writes = Batches(), Writes()
    (task,) = adds(batches, writes, 1)
    await in_line(task)
    writes.may_go.set()
    await asyncio.sleep(0)  # the write ends, and whoever waits for it has not gone on yet
    assert batches.lines == {}
    task.cancel()

    assert await task == 1


async def test_what_is_saved_is_told_to_somebody_who_leaves_before_they_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.batch._ASIDE_SECONDS", 0.2)
    batches, writes = Batches(), Writes()
    (first,) = adds(batches, writes, 1)
    await in_line(first)
    (second,) = adds(batches, writes, 2)
    await in_line(second)
    writes.may_go.set()
    await in_line(first)
    assert writes.seen == [[1], [2]]
    first.cancel()

    assert [await first, await second] == [1, 2]


async def test_where_the_loop_ends_nobody_is_left_waiting() -> None:
    batches, writes = Batches(), Writes()
    (first,) = adds(batches, writes, 1)
    await in_line(first)
    (second,) = adds(batches, writes, 2)
    await in_line(second)
    (writing,) = batches.writing
    writing.cancel()

    answers = await asyncio.wait_for(asyncio.gather(first, second, return_exceptions=True), 1)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError] * 2
    assert batches.lines == {}


async def test_whoever_leaves_the_line_is_not_written() -> None:
    batches, writes = Batches(), Writes()
    (first,) = adds(batches, writes, 1)
    await in_line(first)
    second, third = adds(batches, writes, 2, 3)
    await in_line(second, third)
    second.cancel()
    writes.may_go.set()

    assert [await first, await third] == [1, 3]
    with pytest.raises(asyncio.CancelledError):
        await second
    assert writes.seen == [[1], [3]]
