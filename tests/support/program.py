"""A program that has a token and speaks to the API over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.domain.token import Scope
from bot.services import token as tokens
from tests.support.team import Team

API = "/api/v1"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    body: Any
    """Of JSON; None for anything else."""

    @property
    def detail(self) -> str:
        """The sentence of a refusal."""
        return str(self.body["detail"])


@dataclass
class Program:
    """base: "http://127.0.0.1:1234". token: None for a program without one."""

    http: aiohttp.ClientSession
    base: str
    token: str | None

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return await self.ask("POST", path, body, **headers)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent.setdefault("authorization", f"Bearer {self.token}")
        how: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.http.request(method, f"{self.base}{API}{path}", headers=sent, **how) as answer:
            text = await answer.text()
            found = await answer.json(content_type=None) if "json" in answer.headers.get("content-type", "") else None
            return Answer(answer.status, answer.headers, text, found)


@asynccontextmanager
async def program(
    team: Team, name: str, scope: Scope = Scope.ACT, *, for_agent: bool = False
) -> AsyncIterator[Program]:
    """With a token that this person has made."""
    made = await tokens.issue_api_token(
        team.db, team.by(name), label="Tests", scope=scope, days=30, for_agent=for_agent
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Program(http, str(team.house.sandbox.bot_url), made.value)
