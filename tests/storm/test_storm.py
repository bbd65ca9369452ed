"""Many people at once, who do what they should and what they should not, while Slack fails and time goes on.

Each walk follows from its seed. One that breaks something is made shorter, and printed with what everybody did.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from tests.storm.acts import Act, drawn
from tests.storm.shrinking import shrunk
from tests.storm.storm import Setting, Storm, raging

Fresh = Callable[[], AbstractContextManager[str]]
IN_THE_SUITE = 70
"""Acts of a walk."""
SHRINK_SECONDS = 60


async def walk(fresh_database: Fresh, setting: Setting, found: Sequence[Act]) -> tuple[str, Storm | None]:
    """What broke, '' for nothing; and the storm as it was then."""
    storm = None
    try:
        with fresh_database() as url:
            async with raging(url, setting) as storm:
                await storm.play(found)
    except Exception as error:
        return f"{type(error).__name__}: {error}", storm
    return "", storm


async def check(fresh_database: Fresh, seed: int, setting: Setting, many: int, *, shrink: float) -> Storm:
    """The storm, gone by. Fail with the shortest walk that was found to break the same thing."""
    what, storm = await walk(fresh_database, setting, found := drawn(seed, many))
    if storm and not what:
        return storm

    async def fails(shorter: Sequence[Act]) -> bool:
        return kind_of((await walk(fresh_database, setting, shorter))[0]) == kind_of(what)

    first = storm.crowd.story if storm else []
    least = await shrunk(found[: storm.begun] if storm else found, fails, seconds=shrink)
    again, storm = await walk(fresh_database, setting, least)
    story = "\n".join(storm.crowd.story if storm and again else first)
    pytest.fail(f"seed {seed}, {setting}, {len(least)} of {many} acts.\n{again or what}\n{story}", pytrace=False)


def kind_of(what: str) -> str:
    """What distinguishes one breach from another: its words without names and numbers."""
    return "".join(c for c in what[:60] if c.isalpha() or c == " ")


@pytest.mark.parametrize(("seed", "people"), [(1, 5), (2, 9)])
async def test_nothing_breaks_in_the_storm_of_a_known_seed(fresh_database: Fresh, seed: int, people: int) -> None:
    await check(fresh_database, seed, Setting(people, has_few_deciders=seed == 2), IN_THE_SUITE, shrink=SHRINK_SECONDS)


async def test_nothing_breaks_in_a_storm_that_nobody_has_seen(fresh_database: Fresh) -> None:
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it where it fails
    await check(fresh_database, seed, Setting.drawn(seed), IN_THE_SUITE, shrink=SHRINK_SECONDS)


@pytest.mark.storm
@pytest.mark.timeout(0)  # it ends by its own minutes
async def test_nothing_breaks_however_long_the_storm(
    fresh_database: Fresh, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    given = request.config.getoption
    end = time.monotonic() + 60 * given("--minutes")
    for seed in _seeds(given("--seed"), end):
        drawn_setting = Setting.drawn(seed)
        setting = replace(drawn_setting, people=given("--people") or drawn_setting.people)
        with capsys.disabled():
            print(f"\nseed {seed}, {setting}, {given('--acts')} acts", end="", flush=True)  # noqa: T201
        began = time.monotonic()
        storm = await check(fresh_database, seed, setting, given("--acts"), shrink=given("--shrink"))
        with capsys.disabled():
            print(f": {time.monotonic() - began:.0f} s, {storm.reach}", flush=True)  # noqa: T201
            print("\n".join(storm.crowd.story) if given("--story") else "", end="")  # noqa: T201


def _seeds(only: int | None, end: float) -> Iterator[int]:
    """The one that was asked for, else fresh ones for as long as there is time."""
    if only is not None:
        yield only
        return
    while time.monotonic() < end:
        yield secrets.randbelow(10**6)
