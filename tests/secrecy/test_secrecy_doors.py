"""All that the second front door lets out, in every phase: pages, the API, the tools of agents, search, the table.

The attack: read all of it, let somebody score otherwise and comment otherwise, and read again. Before publication no
byte may differ but for who has written to the trail and when, ETags included: whatever differs would have told it.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest

from bot.demo.techcorp import techcorp
from bot.domain.token import Scope
from tests.flows.test_second_round import to_second
from tests.support.agent import Agent, agent
from tests.support.browser import Browser, browsing
from tests.support.house import House, living
from tests.support.program import Program, program
from tests.support.team import Team
from tests.support.web import sign_in
from web.api.app import application
from web.app import ROUTES
from web.mcp.tools import TOOLS

CANARIES = re.compile("zqkestrel|zqheron", re.IGNORECASE)
SAID_AFTERWARDS = re.compile(r"leads|Too close to call|leans towards|is split|share the first place|comes first")
ARGUMENTS: dict[str, dict[str, Any]] = {
    "my_waiting": {},
    "find_decisions": {"words": "outage"},
    "get_decision": {"number": 1},
    "precedents": {"number": 1},
}
AWAY = re.compile("did not answer in time|Not saved yet")
Doors = tuple[Browser, Program, Agent]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with living(database_url, techcorp(), CONCLAVE_URL="http://127.0.0.1:9") as house:
        yield house


@pytest.fixture
async def doors(team: Team) -> AsyncIterator[Doors]:
    """Lisa's: she is asked to score, decides nothing and owns nothing."""
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(browsing(str(team.house.sandbox.bot_url)))
        await sign_in(team, browser, "lisa")
        programs = await stack.enter_async_context(program(team, "lisa", Scope.ACT))
        yield browser, programs, await stack.enter_async_context(agent(team, "lisa"))


async def seen(team: Team, doors: Doors) -> dict[str, str]:
    """Place -> all that is let out there, ETags and bodies."""
    browser, programs, agents = doors
    await team.change("DELETE FROM audit_logs WHERE action = 'team.exported'")  # by reading the table here
    found: dict[str, str] = {}
    for path in pages(team):
        found[path] = await answered(partial(_page, browser, path))
    for path in endpoints():
        found[f"api {path}"] = await answered(partial(_endpoint, programs, path))
    for tool in ARGUMENTS:
        found[f"tool {tool}"] = await answered(partial(_tool, agents, tool))
    return found


async def answered(ask: Callable[[], Awaitable[str]]) -> str:
    """The first answer of a database that is not too busy to give one."""
    told = await ask()
    while AWAY.search(told):
        told = await ask()
    return told


async def _page(browser: Browser, path: str) -> str:
    page = await browser.get(path)
    return f"{page.status} {page.headers.get('etag')} {page.body}"


async def _endpoint(programs: Program, path: str) -> str:
    answer = await programs.get(path)
    return f"{answer.status} {answer.headers.get('etag')} {answer.text}"


async def _tool(agents: Agent, tool: str) -> str:
    return (await agents.call(tool, **ARGUMENTS[tool])).text


def pages(team: Team) -> list[str]:
    """Every page that is asked for and not signed in or out by, of the decision at hand."""
    place = f"{team.actors['lisa'].team.key}-1"
    asked = [route.path for route in ROUTES if "POST" not in (route.methods or ())]  # type: ignore[attr-defined]
    quiet = [path for path in asked if not path.startswith(("/sign-in", "/link"))]
    return [*(path.replace("{place}", place) for path in quiet), "/decisions?q=outage", "/decisions?q=zqkestrel"]


def endpoints() -> list[str]:
    described = application().openapi()["paths"]
    read = [path.replace("{number}", "1") for path, methods in described.items() if "get" in methods]
    return [*read, "/decisions?q=zqkestrel", "/decisions?q=outage"]


def test_every_tool_is_attacked() -> None:
    assert {name for name, tool in TOOLS.items() if tool.scope is Scope.READ} == ARGUMENTS.keys()


async def scoring(team: Team) -> None:
    await team.to_scoring()


async def second_round(team: Team) -> None:
    await to_second(team)


@pytest.mark.parametrize("stand", [scoring, second_round], ids=lambda one: one.__name__)
async def test_who_scores_otherwise_changes_nothing_that_anybody_is_shown_before_publication(
    team: Team, doors: Doors, stand: Callable[[Team], Awaitable[None]]
) -> None:
    await stand(team)
    await team.ballot("tom", 9, 2, comment="zqkestrel", share=True)
    await team.settled()
    await seen(team, doors)  # from now on every token has been used today
    before = await seen(team, doors)
    await team.ballot("tom", 2, 9, comment="zqheron", share=True)
    await team.settled()
    after = await seen(team, doors)

    assert {place for place in before if before[place] != after[place]} == set()
    assert len(before) > 25
    for place, text in before.items():
        assert not CANARIES.search(_unasked(text)), place
        assert stand is second_round or not SAID_AFTERWARDS.search(_shown(text)), place
    assert json.loads(before["api /decisions/1"].split(" ", 2)[2])["round"]["scored"] == 1


def _unasked(text: str) -> str:
    """Without what was looked for, which a page says again."""
    return text.replace("q=zqkestrel", "").replace('value="zqkestrel"', "")


def _shown(text: str) -> str:
    return re.sub(r"<[^>]+>", " ", text)


async def test_once_closed_without_a_quorum_nothing_of_the_ballots_is_shown(team: Team, doors: Doors) -> None:
    await team.to_scoring()
    await team.ballot("tom", 9, 2, comment="zqkestrel", share=True)
    await team.end_round_now()
    await team.tick()

    for place, text in (await seen(team, doors)).items():
        assert not CANARIES.search(_unasked(text)), place
        assert not SAID_AFTERWARDS.search(_shown(text)), place


async def test_after_publication_a_comment_that_was_not_shared_and_single_scores_are_nowhere(
    team: Team, doors: Doors
) -> None:
    await team.to_scoring()
    for name, scores in zip(team.actors, ((9, 2), (9, 2), (9, 3), (8, 2)), strict=True):
        await team.ballot(name, *scores, comment="zqkestrel" if name == "tom" else "")
    await team.published()

    for place, text in (await seen(team, doors)).items():
        assert not CANARIES.search(_unasked(text)), place
        assert not re.search(r'"?(score|confidence)"?\s*[:=]\s*"?\d', text), place
