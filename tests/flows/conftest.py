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
