"""Who is served next when more is asked for than can be done at once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from handlers import after_ack
from handlers.after_ack import AfterAck
from handlers.turns import Turns


def test_people_take_turns_and_each_keeps_the_order_of_their_own() -> None:
    turns: Turns[str] = Turns()
    for person, work in [
        ("sarah", "s1"),
        ("sarah", "s2"),
        ("sarah", "s3"),
        ("mike", "m1"),
        ("lisa", "l1"),
        ("mike", "m2"),
    ]:
        turns.add(person, work)

    assert (len(turns), turns.of("sarah"), turns.of("tom")) == (6, 3, 0)
    assert [turns.take() for _ in range(7)] == ["s1", "m1", "l1", "s2", "m2", "s3", None]
    assert (len(turns), turns.of("sarah")) == (0, 0)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> AfterAck:
    for name, number in {"AT_ONCE": 2, "MOST_WAITING": 4, "MOST_OF_ONE": 3}.items():
        monkeypatch.setattr(after_ack, name, number)
    return AfterAck()


def held(gate: asyncio.Event, done: list[str]) -> Callable[[str], Coroutine[Any, Any, None]]:
    async def work(name: str) -> None:
        done.append(f"{name} begins")
        await gate.wait()
        done.append(f"{name} ends")

    return work


async def test_no_more_runs_at_once_than_may_and_all_of_it_is_done_in_the_end(small: AfterAck) -> None:
    gate, done = asyncio.Event(), list[str]()
    work = held(gate, done)
    for name in ("a", "b", "c", "d"):
        small.spawn(name, work(name))
    await asyncio.sleep(0)
    assert done == ["a begins", "b begins"]

    gate.set()
    await small.drain()

    assert sorted(done) == sorted(f"{name} {what}" for name in "abcd" for what in ("begins", "ends"))


async def test_who_asks_for_too_much_has_no_room_while_others_have(small: AfterAck) -> None:
    gate = asyncio.Event()
    work = held(gate, [])
    for number in range(5):  # two run, three wait
        small.spawn("sarah", work(str(number)))

    assert not small.has_room("sarah")
    assert small.has_room("mike")

    small.spawn("mike", work("m"))
    assert not small.has_room("lisa")  # four wait in all
    gate.set()
    await small.drain()
    assert small.has_room("sarah")


async def test_what_follows_is_kept_to_a_bound_whoever_asks_and_one_person_does_not_use_it_up(small: AfterAck) -> None:
    gate, done = asyncio.Event(), list[str]()
    work = held(gate, done)
    for number in range(50):
        small.spawn("sarah", work(f"s{number}"))
    for number in range(50):
        small.spawn("mike", work(f"m{number}"))

    gate.set()
    await small.drain()

    ended = [name for name in done if name.endswith("ends")]
    assert len(ended) == 2 + 8  # what ran, and twice as much as is let in
    assert sum(name.startswith("s") for name in ended) == 2 + 6
