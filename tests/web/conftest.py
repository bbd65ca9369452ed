"""A house that serves the web pages, with Sarah's team in it, and browsers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from bot import log
from bot.demo.techcorp import globex, techcorp
from tests.support.browser import Browser, browsing
from tests.support.house import House, living
from tests.support.team import Team, sarahs_team
from tests.support.web import sign_in

NewBrowser = Callable[[], Awaitable[Browser]]
URL = "http://127.0.0.1:9"
"""What links say; tests ask the port that the house has got."""


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    log.configure("INFO")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with living(database_url, techcorp(), CONCLAVE_URL=URL) as house:
        yield house


@pytest.fixture
async def team(house: House) -> Team:
    return await sarahs_team(house)


@pytest.fixture
async def new_browser(house: House) -> AsyncIterator[NewBrowser]:
    async with AsyncExitStack() as stack:

        async def new() -> Browser:
            return await stack.enter_async_context(browsing(str(house.sandbox.bot_url)))

        yield new


@pytest.fixture
async def browser(new_browser: NewBrowser) -> Browser:
    return await new_browser()


@pytest.fixture
async def sarah(team: Team, browser: Browser) -> Browser:
    """Sarah's browser, signed in."""
    await sign_in(team, browser, "sarah")
    return browser


@pytest.fixture
async def theirs(database_url: str) -> AsyncIterator[Team]:
    """Hank's team of another workspace, on the same database."""
    async with living(database_url, globex(), CONCLAVE_URL=URL) as house:
        yield await Team(house).gather("homer", "priya", owner="hank")
