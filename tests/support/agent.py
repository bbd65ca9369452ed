"""An agent that has a token and calls tools by MCP, as plain JSON over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.domain.token import Scope
from bot.services import token as tokens
from tests.support.team import Team

SPEAKS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": "2025-06-18",
}


@dataclass(frozen=True)
class Told:
    """What a tool answered. body: None where it refused; text: all of it, or the refusal's sentence."""

    is_refused: bool
    text: str
    body: Any


@dataclass
class Agent:
    """address: "http://127.0.0.1:1234/mcp"."""

    http: aiohttp.ClientSession
    address: str
    token: str | None

    async def call(self, tool: str, **arguments: Any) -> Told:
        answer = await self.ask("tools/call", {"name": tool, "arguments": arguments})
        found = answer["result"]
        return Told(found["isError"], found["content"][0]["text"], found.get("structuredContent"))

    async def ask(self, method: str, params: Any = None) -> Any:
        status, _, answer = await self.send(method, params)
        assert status == 200, answer
        return answer

    async def send(self, method: str, params: Any = None, **headers: str) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers, body of JSON."""
        bearer = {"authorization": f"Bearer {self.token}"} if self.token is not None else {}
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        sent = {**SPEAKS, **bearer, **headers}
        async with self.http.post(self.address, json=body, headers=sent) as answer:
            return answer.status, answer.headers, await answer.json(content_type=None)


@asynccontextmanager
async def agent(team: Team, name: str, scope: Scope = Scope.OPEN) -> AsyncIterator[Agent]:
    """With a token for an agent that this person has made."""
    made = await tokens.issue_api_token(
        team.db, team.by(name), label="Agent", scope=scope, days=30, for_agent=scope is not Scope.ACT
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Agent(http, f"{team.house.sandbox.bot_url}/mcp", made.value)
