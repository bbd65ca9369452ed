"""The week begins: everybody has gathered, and the clock stands still on Monday morning."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.support.house import living
from tests.support.postbox import Postbox, open_postbox
from tests.support.team import Team
from tests.support.week import Clock, Week, gather, workspace


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    with open_postbox(sender="conclave@harbour.example") as found:
        yield found


@pytest.fixture
async def week(database_url: str, service_database_url: str, postbox: tuple[Postbox, str]) -> AsyncIterator[Week]:
    box, url = postbox
    clock = Clock(database_url, service_database_url)
    # The bot's own clock ticks once at the start and then not before an hour: the test ticks.
    settings: dict[str, Any] = {"CONCLAVE_EMAIL_URL": url, "CONCLAVE_TICK_SECONDS": 3600}
    async with living(database_url, workspace(), clock=lambda: clock.now, **settings) as house:
        house.sandbox.clock.stand_at(clock.now)
        team = Team(house)
        await gather(team)
        yield Week(team, clock, box)
    clock.close()
