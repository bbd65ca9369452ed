"""A house that serves the API, with Sarah's team in it."""

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
    async with living(database_url, techcorp(), CONCLAVE_URL="http://127.0.0.1:9") as house:
        yield house


@pytest.fixture
async def team(house: House) -> Team:
    return await sarahs_team(house)
