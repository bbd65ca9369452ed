"""A link to a decision's page in a message: what Slack shows below it, to everybody who reads the message."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from bot.demo.techcorp import globex, techcorp
from sandbox.people import Message
from tests.support.house import House, living
from tests.support.team import Team, sarahs_team
from tests.web.conftest import URL

NewTeam = Callable[..., Awaitable[Team]]


@pytest.fixture
async def new_team(database_url: str) -> AsyncIterator[NewTeam]:
    """A team in a house of its own, on the same database."""
    async with AsyncExitStack() as stack:

        async def new(**of_workspace: Any) -> Team:
            spec = replace(techcorp(), **of_workspace)
            return await sarahs_team(await stack.enter_async_context(living(database_url, spec, CONCLAVE_URL=URL)))

        yield new


def link(team: Team, number: int) -> str:
    return f"{URL}/d/{next(iter(team.actors.values())).team.key}-{number}"


async def said(house: House, text: str, *, at_least: str, who: str = "eve", channel: str = "general") -> Message:
    """The message as it stands once these words are on the screen."""
    await house.person(who).say(text, channel)
    await house.person(who).see(at_least)
    return [one for one in await house.person(who).messages() if one.text.startswith(text[:20])][-1]


async def test_a_link_tells_number_type_status_and_closing_time_and_nothing_else(team: Team) -> None:
    await team.to_scoring(title="Refund for the outage", financial_impact=4000)

    shown = (await said(team.house, f"Look: {link(team, 1)}", at_least="#1 · Refund request · ")).rendered

    assert "#1 · Refund request · being scored, until " in shown
    for kept in ("outage", "ABC", "4000", "4,000", "Sarah"):
        assert kept not in shown.replace(URL, "")


@pytest.mark.parametrize("text", ["{}", "Look at {} and at {} again", "{}.md {} {}/turnout"])
async def test_a_link_is_told_about_once_wherever_it_stands(team: Team, text: str) -> None:
    await team.to_resolved()

    shown = (await said(team.house, text.replace("{}", link(team, 1)), at_least="#1 · Refund request · ")).rendered

    assert shown.count("#1 · Refund request · resolved") == 1
    assert "until" not in shown


@pytest.mark.parametrize("number", [2, 999_999_999])
async def test_a_link_to_no_decision_stays_a_link(team: Team, number: int) -> None:
    await team.open()

    await said(team.house, f"none: {link(team, number)}", at_least="none:")
    await said(team.house, f"some: {link(team, 1)}", at_least="#1 · Refund request · ")

    assert [list(call.arguments["unfurls"]) for call in team.house.sandbox.calls("chat.unfurl")] == [[link(team, 1)]]


async def test_a_link_to_no_decision_keeps_no_other_from_being_told_about(team: Team) -> None:
    await team.open()

    await said(team.house, f"both: {link(team, 2)} {link(team, 1)}", at_least="#1 · Refund request · ")

    assert [list(call.arguments["unfurls"]) for call in team.house.sandbox.calls("chat.unfurl")] == [[link(team, 1)]]


async def test_a_link_to_another_workspaces_decision_stays_a_link(team: Team, database_url: str) -> None:
    async with living(database_url, globex(), CONCLAVE_URL=URL) as house:
        theirs = await Team(house).gather("homer", "priya", owner="hank")
        await theirs.to_options(by="hank")
    await team.open()

    await said(team.house, f"theirs: {link(theirs, 1)}", at_least="theirs:")
    await said(team.house, f"ours: {link(team, 1)}", at_least="#1 · Refund request · ")

    assert [list(call.arguments["unfurls"]) for call in team.house.sandbox.calls("chat.unfurl")] == [[link(team, 1)]]


async def test_another_company_that_reads_along_is_told_nothing(new_team: NewTeam) -> None:
    channels = [
        replace(one, shared_with="another company" if one.name == "general" else "") for one in techcorp().channels
    ]
    team = await new_team(channels=tuple(channels))
    await team.open()

    await said(team.house, f"out: {link(team, 1)}", at_least="out:", who="sarah")
    await said(team.house, f"in: {link(team, 1)}", at_least="#1 · Refund request · ", who="sarah", channel="leadership")

    assert [call.arguments["channel"] for call in team.house.sandbox.calls("chat.unfurl")] == ["C0LEADERSHIP"]


async def test_what_is_still_being_typed_is_told_nothing_about(team: Team) -> None:
    await team.open()
    links = [{"domain": "127.0.0.1", "url": link(team, 1)}]
    event = {"type": "link_shared", "user": "U0EVE", "channel": "COMPOSER", "message_ts": "x", "links": links}

    team.house.sandbox.send_event({**event, "source": "composer"})
    await said(team.house, f"posted: {link(team, 1)}", at_least="#1 · Refund request · ")

    assert [call.arguments["channel"] for call in team.house.sandbox.calls("chat.unfurl")] == ["C0GENERAL"]


@pytest.mark.parametrize("missing", ["links:read", "links:write"])
async def test_without_the_optional_scopes_a_link_is_a_link_and_nothing_is_said(
    new_team: NewTeam, missing: str
) -> None:
    team = await new_team(scopes=tuple(scope for scope in techcorp().scopes if scope != missing))
    await team.open()

    shown = await said(team.house, f"Look: {link(team, 1)}", at_least="Look:")
    await team.house.sandbox.idle()

    assert "Refund request" not in shown.rendered
    assert await team.house.person("eve").notifications() == []
