"""Agents: the tools by MCP, for whom, and what they are refused."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from bot.demo.techcorp import techcorp
from bot.services import token as tokens
from tests.support.agent import Agent, agent
from tests.support.browser import browsing
from tests.support.house import living
from tests.support.statements import statements
from tests.support.team import Team
from tests.web.conftest import URL
from web.mcp.tools import TOOLS


@pytest.fixture
async def sarahs(team: Team) -> AsyncIterator[Agent]:
    async with agent(team, "sarah") as found:
        yield found


async def test_a_client_of_the_sdk_finds_the_tools_and_reads_a_decision(team: Team, sarahs: Agent) -> None:
    await team.to_options(title="Zebra case")
    headers = {"authorization": f"Bearer {sarahs.token}"}

    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False) as http,
        Client(streamable_http_client(sarahs.address, http_client=http)) as client,
    ):
        listed = await client.list_tools()
        found = await client.call_tool("get_decision", {"number": 1})

    assert [tool.name for tool in listed.tools] == list(TOOLS)
    assert all(tool.description and tool.input_schema["additionalProperties"] is False for tool in listed.tools)
    assert not found.is_error
    assert found.structured_content["title"] == "Zebra case"
    assert [one["title"] for one in found.structured_content["options"]] == ["Full refund", "Partial credit"]


async def test_what_waits_for_the_tokens_owner_is_told_as_in_slack(team: Team, sarahs: Agent) -> None:
    await team.to_options(title="Zebra case")
    told = (await sarahs.call("my_waiting")).body

    assert told["all"] == 1
    assert told["items"][0]["todo"] == "Start scoring once the options are complete."
    assert told["items"][0]["url"].startswith(f"{URL}/d/")


async def test_decisions_are_found_by_words_and_filters(team: Team, sarahs: Agent) -> None:
    await team.open(title="Zebra case", customer_name="Initech")
    await team.open(title="Another")

    assert [row["title"] for row in (await sarahs.call("find_decisions")).body["items"]] == ["Another", "Zebra case"]
    assert [r["number"] for r in (await sarahs.call("find_decisions", customer="INITECH")).body["items"]] == [1]
    assert (await sarahs.call("find_decisions", words="nothing\0 such", state="resolved")).body["items"] == []


async def test_a_resolved_decision_tells_choice_reason_and_limits(team: Team, sarahs: Agent) -> None:
    await team.to_resolved()
    told = (await sarahs.call("get_decision", number=1)).body

    choice = told["choice"]
    assert (choice["option"], choice["by"]) == ("Full refund", "Mike Chen")
    assert choice["reason"]
    assert choice["limits"][:2] == [
        "It may cost USD 100, and no more.",
        "It holds for this case of ABC Corporation alone.",
    ]
    assert told["result"]["statement"].startswith("Full refund leads")


async def test_what_cannot_be_used_is_refused_by_its_field_and_never_repeated(sarahs: Agent) -> None:
    for tool, arguments, says in (
        ("get_decision", {"number": 0}, "number: "),
        ("get_decision", {"number": "zqsecret"}, "number: "),
        ("get_decision", {}, "number: Field required"),
        ("find_decisions", {"surprise": "zqsecret"}, "surprise: "),
        ("find_decisions", {"state": "zqsecret"}, "state: "),
        ("zqsecret", {}, "There is no such tool here."),
    ):
        told = await sarahs.call(tool, **arguments)
        assert (told.is_refused, told.text.startswith(says)) == (True, True), told.text
        assert "zqsecret" not in told.text


async def test_no_token_a_wrong_one_and_one_that_is_over_open_nothing(team: Team, sarahs: Agent) -> None:
    good = sarahs.token
    link = await tokens.issue_link(team.db, team.by("sarah"))
    for token in (None, "x", f"{good}x", link):
        sarahs.token = token
        status, headers, answer = await sarahs.send("tools/list")
        assert (status, headers["www-authenticate"], answer["status"]) == (401, "Bearer", 401)
    sarahs.token = good
    assert "tools" in (await sarahs.ask("tools/list"))["result"]
    await team.change("UPDATE auth_tokens SET expires_at = created_at")
    assert (await sarahs.send("tools/list"))[0] == 401


async def test_tools_and_api_have_one_bound_together(sarahs: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.api.door.A_MINUTE", 2)
    me = sarahs.address.replace("/mcp", "/api/v1/me")
    async with sarahs.http.get(me, headers={"authorization": f"Bearer {sarahs.token}"}) as first:
        assert first.status == 200
    assert (await sarahs.send("tools/list"))[0] == 200
    status, headers, _ = await sarahs.send("tools/list")
    assert status == 429
    assert 1 <= int(headers["retry-after"]) <= 60


async def test_another_teams_number_is_answered_like_one_that_does_not_exist(
    team: Team, sarahs: Agent, theirs: Team
) -> None:
    for title in ("One", "Two"):
        await theirs.to_options(by="hank", title=f"Theirs alone {title}")
    await team.to_options()
    await team.settled()

    for tool in ("get_decision", "precedents"):
        answers = set()
        for number in (2, 999):
            with statements(team) as heard:
                told = await sarahs.call(tool, number=number)
            asked = tuple(one for one in heard if "customer_decisions.number" in one)
            answers.add((told.is_refused, told.text.replace(f"#{number}", "#n"), asked))
        assert [(refused, text) for refused, text, _ in answers] == [
            (True, "Your team has no decision #n. /decide list shows those it has.")
        ]
    assert "Theirs" not in (await sarahs.call("find_decisions")).text
    assert "Theirs" not in (await sarahs.call("my_waiting")).text


async def test_a_body_too_large_or_no_json_is_refused(sarahs: Agent) -> None:
    headers = {"authorization": f"Bearer {sarahs.token}", "content-type": "application/json", "accept": "*/*"}
    for body, status in ((b"{", 400), (b" " * 300_000, 413)):
        async with sarahs.http.post(sarahs.address, data=body, headers=headers) as answer:
            assert answer.status == status


async def test_without_the_extra_there_are_pages_and_no_tools(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.app.find_spec", lambda _: None)
    async with (
        living(database_url, techcorp(), CONCLAVE_URL=URL) as house,
        browsing(str(house.sandbox.bot_url)) as browser,
    ):
        assert (await browser.get("/mcp")).status == 404
        assert (await browser.get("/sign-in")).status == 200
