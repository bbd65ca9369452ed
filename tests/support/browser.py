"""A browser as far as the web pages need one: it keeps cookies, follows redirects, says where its forms come from."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape

import aiohttp

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
AGENT = "Tests/1.0"


@dataclass(frozen=True)
class Answer:
    status: int
    path: str
    """Where it came from, after redirects."""
    headers: Mapping[str, str]
    body: str

    @property
    def text(self) -> str:
        """What people read of it: without tags, entities resolved, on one line."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.body)).split())


@dataclass
class Browser:
    """base: "http://127.0.0.1:1234". cookies: name -> value, as the server set them."""

    http: aiohttp.ClientSession
    base: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        return await self._ask(method, path, None, headers)

    async def post(
        self, path: str, form: Mapping[str, str] | None = None, *, origin: Mapping[str, str] = SAME_ORIGIN
    ) -> Answer:
        return await self._ask("POST", path, dict(form or {}), dict(origin))

    async def _ask(self, method: str, path: str, form: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        url = path if path.startswith("http") else self.base + path
        async with self.http.request(method, url, data=form, headers=sent, allow_redirects=False) as response:
            for name, morsel in response.cookies.items():
                self.cookies[name] = morsel.value
                if not morsel.value or morsel["max-age"] == "0":
                    del self.cookies[name]
            answer = Answer(response.status, response.url.path_qs, response.headers, await response.text())
        if answer.status in {302, 303} and answer.headers["Location"].startswith("/"):
            return await self._ask("GET", answer.headers["Location"], None, {})
        return answer


@asynccontextmanager
async def browsing(base: str) -> AsyncIterator[Browser]:
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"User-Agent": AGENT}) as http:
        yield Browser(http, base)
