"""A channel that another company reads: no card appears there until somebody of the team has said so, once."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.demo.techcorp import techcorp
from tests.support.house import House, living
from tests.support.team import Team, sarahs_team

ASKED = "People of another company read"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """The first channel is shared with another company."""
    spec = techcorp()
    first = replace(spec.channels[0], shared_with="another company")
    async with living(database_url, replace(spec, channels=(first, *spec.channels[1:]))) as house:
        yield house


@pytest.fixture
async def team(house: House) -> Team:
    return await sarahs_team(house)


async def test_the_owner_is_asked_and_the_card_appears_once_they_say_so(team: Team) -> None:
    await team.open(by="lisa")
    await team.settled()

    lisa = team.house.person("lisa")
    await lisa.see(ASKED)
    assert await team.cards("mike") == []
    assert (await lisa.click("Show it to them")).ok
    await lisa.see("Later cards of your team appear in this channel without asking.")

    assert "Refund for the outage" in await team.card("mike")
    ((who, details),) = team.sql("SELECT user_id, details FROM audit_logs WHERE action = 'channel.confirmed'")
    assert who == team.actors["lisa"].member.id
    assert details == {"channel": team.house.sandbox.spec.channels[0].id}


async def test_of_a_channel_it_is_asked_once(team: Team) -> None:
    await team.open(by="lisa")
    await team.settled()
    await team.house.person("lisa").see(ASKED)
    assert (await team.house.person("lisa").click("Show it to them")).ok
    await team.settled()

    await team.open(by="tom", title="Another refund")

    assert "Another refund" in await team.card("mike")
    await team.house.person("tom").see_no(ASKED)
