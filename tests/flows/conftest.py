"""A house for a test, with Sarah's team in it or nobody yet."""

from collections.abc import AsyncIterator

import pytest

from bot import log
from bot.demo.techcorp import techcorp
from tests.support.house import House, living
from tests.support.team import Team, sarahs_team


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    log.configure("INFO")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with living(database_url, techcorp()) as house:
        yield house


@pytest.fixture
def newcomers(house: House) -> Team:
    """Nobody has set anything up yet."""
    return Team(house)


@pytest.fixture
async def team(house: House) -> Team:
    return await sarahs_team(house)


@pytest.fixture(scope="module")
async def shared_house(shared_database_url: str) -> AsyncIterator[House]:
    async with living(shared_database_url, techcorp()) as house:
        yield house


@pytest.fixture(scope="module")
async def _shared_team(shared_house: House) -> Team:
    return await sarahs_team(shared_house)


@pytest.fixture
async def shared_team(_shared_team: Team) -> AsyncIterator[Team]:
    """Like `team`, one for all tests of a file, where a house for each would cost more than the test.

    Each works on decisions of its own; what it leaves open is ended behind it, and everybody is who they were.
    """
    actors = dict(_shared_team.actors)
    _shared_team.forget()
    yield _shared_team
    await _shared_team.settled()
    _shared_team.actors = actors
    await _shared_team.tidy_up()
