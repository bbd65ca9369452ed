"""A walk that breaks something is made as short as it can be, and the same seed is the same walk."""

from collections.abc import Sequence

from tests.storm.acts import WEIGHTS, drawn, groups
from tests.storm.crowd import Crowd
from tests.storm.shrinking import shrunk


async def test_what_is_left_of_a_failing_list_is_what_it_takes_in_its_order() -> None:
    async def fails(some: Sequence[int]) -> bool:
        return {3, 41, 77} <= set(some)

    assert await shrunk(range(100), fails, seconds=10) == [3, 41, 77]


async def test_without_time_a_failing_list_stays_as_it_is() -> None:
    async def fails(some: Sequence[int]) -> bool:
        raise AssertionError("There is no time to ask.")

    assert await shrunk([1, 2, 3], fails, seconds=0) == [1, 2, 3]


async def test_a_seed_is_always_the_same_acts() -> None:
    assert drawn(7, 50) == drawn(7, 50)
    assert drawn(7, 50) != drawn(8, 50)
    assert [act for group in groups(drawn(7, 50)) for act in group] == drawn(7, 50)


async def test_every_kind_of_act_is_something_that_the_crowd_can_do() -> None:
    assert [kind for kind in WEIGHTS if not callable(getattr(Crowd, kind, None))] == []
