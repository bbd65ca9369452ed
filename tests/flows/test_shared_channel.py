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


WINDOW = "People of another company read it"
TYPED = {"Type of decision": "Refund request", "Customer": "ABC", "What happened": "An outage."}


async def new_decision(team: Team, name: str, *, channel: str | None = None) -> str:
    """What the window says."""
    assert (await team.house.person(name).slash("/decide A refund", channel=channel)).ok
    return (await team.modal(name, at_least="Decide by")).text


async def create(team: Team, name: str, **more: object) -> None:
    answer = await team.submit(name, {**TYPED, **more})
    assert answer.ok, answer
    await team.house.person(name).close(everything=True)
    await team.settled()


async def test_the_window_says_beforehand_who_reads_the_channel_and_asks_once(team: Team) -> None:
    assert WINDOW in await new_decision(team, "lisa")
    await create(team, "lisa", **{WINDOW: True})

    lisa = team.house.person("lisa")
    await lisa.see_no(ASKED)
    await team.house.person("mike").see("A refund")
    ((who, details),) = team.sql("SELECT user_id, details FROM audit_logs WHERE action = 'channel.confirmed'")
    assert (who, details) == (team.actors["lisa"].member.id, {"channel": team.house.sandbox.spec.channels[0].id})

    assert WINDOW not in await new_decision(team, "tom")


async def test_without_that_the_card_goes_to_its_owner_who_is_asked_there(team: Team) -> None:
    assert WINDOW in await new_decision(team, "lisa")
    await create(team, "lisa")

    await team.house.person("lisa").see(ASKED)
    await team.house.person("mike").see_no("A refund")
    assert team.value("SELECT count(*) FROM shared_channels") == 0


async def test_where_slack_does_not_say_who_reads_it_nothing_is_asked_and_nobody_waits_long(team: Team) -> None:
    team.house.sandbox.fail("conversations.info", "slow", seconds=5)

    assert WINDOW not in await new_decision(team, "lisa")


async def test_of_a_channel_that_is_ours_alone_nothing_is_asked(team: Team) -> None:
    ours = team.house.sandbox.spec.channels[1]

    assert WINDOW not in await new_decision(team, "lisa", channel=ours.name)
