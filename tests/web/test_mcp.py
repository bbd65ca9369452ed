"""Agents: the tools by MCP, for whom, and what they are refused."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from bot.demo.techcorp import techcorp
from bot.domain.token import Scope
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


async def test_no_stream_is_opened_and_no_session_ended(sarahs: Agent) -> None:
    headers = {"authorization": f"Bearer {sarahs.token}", "accept": "text/event-stream"}
    for method in ("GET", "DELETE"):
        async with sarahs.http.request(method, sarahs.address, headers=headers) as answer:
            assert (answer.status, answer.headers["allow"]) == (405, "POST")


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


A_DRAFT: dict[str, Any] = {
    "reference": "ticket-4711",
    "title": "Refund for the outage?",
    "customer": "ABC Corporation",
    "description": "Eight hours without service.",
    "type": "refund_request",
    "urgency": 4,
    "financial_impact": "400.00",
    "options": [{"title": "Full refund", "cost": "400.00"}, {"title": "Half of it", "cost": "200"}],
}


async def test_a_draft_of_an_agent_becomes_a_decision_with_its_options_once_its_owner_opens_it(
    team: Team, sarahs: Agent
) -> None:
    told = await sarahs.call("start_decision", **A_DRAFT)
    again = await sarahs.call("start_decision", **A_DRAFT)
    await team.settled()
    assert (told.body["is_new"], again.body["is_new"]) == (True, False)
    assert "Sarah Johnson gets a message in Slack" in told.body["says"]
    assert team.value("SELECT count(*) FROM customer_decisions") == 0

    sarah = team.house.person("sarah")
    (message,) = [m for m in await sarah.messages("dm") if "asks for a decision" in m.rendered]
    assert "Agent asks for a decision: Refund for the outage?" in message.rendered
    assert "ABC Corporation · Refund request · USD 400 at stake · 2 options" in message.rendered
    assert (await sarah.click("Open as a decision", channel="dm")).ok
    window = await team.modal("sarah", at_least="Filled in from Agent")
    assert "With the decision these options are added: Full refund and Half of it." in window.text
    assert (await sarah.submit()).ok

    decision = (await sarahs.call("get_decision", number=1)).body
    assert [one["title"] for one in decision["options"]] == ["Full refund", "Half of it"]
    (line,) = team.sql("SELECT details, user_id FROM audit_logs WHERE action = 'draft.made'")
    token = team.value("SELECT id FROM auth_tokens WHERE kind = 'api'")
    assert line[0]["token"] == str(token)
    assert line[1] == team.actors["sarah"].member.id
    assert "Refund" not in str(line)


async def test_a_draft_goes_to_the_colleague_it_names_and_to_nobody_whom_slack_does_not_know(
    team: Team, sarahs: Agent
) -> None:
    told = await sarahs.call("start_decision", **A_DRAFT, owner="MIKE@techcorp.com")
    nobody = await sarahs.call("start_decision", **A_DRAFT | {"reference": "x"}, owner="hank@globex.com")
    await team.settled()

    assert "Mike Chen gets a message" in told.text
    assert "asks for a decision" in str([m.rendered for m in await team.house.person("mike").messages("dm")])
    assert (nobody.is_refused, nobody.text) == (
        True,
        "owner: No active member of your team whom Slack knows has this address.",
    )
    assert team.value("SELECT count(*) FROM drafts") == 1


async def test_a_token_to_read_leaves_no_draft_and_no_token_leaves_a_bad_one(team: Team, sarahs: Agent) -> None:
    async with agent(team, "mike", Scope.READ) as readers:
        told = await readers.call("start_decision", **A_DRAFT)
    assert (told.is_refused, told.text) == (
        True,
        "This token lacks the scope open. Make one that has it, under Settings.",
    )
    twice = [{"title": "Full refund"}, {"title": "full refund"}]
    for wrong, says in (
        ({"title": " "}, "title: "),
        ({"financial_impact": 1.5}, "financial_impact: "),
        ({"options": twice}, "title_1: "),
        ({"channel": "general"}, "channel: "),
        ({"reference": ""}, "reference: "),
    ):
        told = await sarahs.call("start_decision", **A_DRAFT | wrong)
        assert (told.is_refused, told.text.startswith(says)) == (True, True), told.text
    assert team.value("SELECT count(*) FROM drafts") == 0
