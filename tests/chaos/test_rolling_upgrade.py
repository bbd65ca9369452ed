"""An upgrade while people work: two web and two worker processes replaced one by one, the schema in two halves."""

import asyncio
import itertools
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import aiohttp
from aiohttp import web

from bot.demo.process import BotProcess
from sandbox.server import Sandbox
from tests.support.installation import Installation, Written, a_workspace, crew, installed, keep_writing, posted, until
from tests.support.postgres import Postgres
from tests.support.release import next_release
from tests.support.served import served

PEOPLE = 4
PROXY_SECONDS = 10.0


@dataclass
class Proxy:
    """What stands before the web processes: in turns, and past one that refuses the connection."""

    backends: list[BotProcess] = field(default_factory=list)
    answered: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    broken: int = 0
    """Requests that a process took and did not answer."""

    async def handle(self, request: web.Request) -> web.Response:
        body, turns = await request.read(), next(self._turns)
        for number in range(len(self.backends)):
            backend = self.backends[(turns + number) % len(self.backends)]
            try:
                return await self._forward(backend, request, body)
            except aiohttp.ClientConnectorError:
                self.refused += 1
            except (aiohttp.ClientError, TimeoutError):
                self.broken += 1
                break
        self.answered[502] += 1
        return web.Response(status=502)

    async def _forward(self, backend: BotProcess, request: web.Request, body: bytes) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_ONE_HOP}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PROXY_SECONDS)) as session,
            session.request(request.method, f"{backend.url}{request.path_qs}", headers=headers, data=body) as answer,
        ):
            self.answered[answer.status] += 1
            kind = answer.headers.get("content-type", "text/plain")
            return web.Response(status=answer.status, body=await answer.read(), headers={"content-type": kind})

    def __post_init__(self) -> None:
        self._turns = itertools.count()


_OF_ONE_HOP = {"host", "connection", "content-length", "transfer-encoding"}


@asynccontextmanager
async def proxied(house: Installation) -> AsyncIterator[Proxy]:
    """`house.sandbox` sends everything to the proxy, which stays where it is."""
    proxy, app = Proxy(), web.Application()
    app.router.add_route("*", "/{path:.*}", proxy.handle)
    async with served(app) as url:
        house.sandbox.bot_url = url
        yield proxy


async def started(house: Installation, role: str, *, release: Path | None = None) -> BotProcess:
    """One process more, of the next release where its place is given; Slack goes on asking the proxy."""
    process, sandbox = house._process(role), house.sandbox
    process.more |= {"PYTHONPATH": str(release)} if release else {}
    unasked = SimpleNamespace(spec=sandbox.spec, town=sandbox.town, api_url=sandbox.api_url, bot_url="")
    process.sandbox = cast(Sandbox, unasked)
    house.processes.append(process)
    await process.start()
    return process


async def migrated(server: Postgres, release: Path, half: str) -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(release), "HOME": "/nonexistent"}
    env |= {"MIGRATION_DATABASE_URL": server.url, "DATABASE_URL": server.url.replace("postgres@", "conclave@")}
    conclave = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "migrate", half),
        env=env, cwd=release, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await conclave.communicate()
    assert conclave.returncode == 0, said.decode()


async def test_an_upgrade_in_two_halves_loses_and_doubles_nothing(
    a_server: Callable[..., Postgres], logs: Path, place: Path, count: Callable[..., None]
) -> None:
    server = a_server("primary").make()
    release = await asyncio.to_thread(next_release, place / "next")
    spec = a_workspace(people=PEOPLE, channels=PEOPLE)
    written, over = Written(), asyncio.Event()
    async with crew(spec, server.url), installed(spec, server.url, logs) as house, proxied(house) as proxy:
        old = [await started(house, role) for role in ("web", "web", "worker", "worker")]
        proxy.backends = old[:2]
        people = [house.sandbox.person(f"p{n}") for n in range(PEOPLE)]
        writing = asyncio.create_task(keep_writing(people, written, until=over))

        await people_go_on(written)
        await migrated(server, release, "--expand")
        for process in old:
            fresh = await started(house, process.role, release=release)
            if process in proxy.backends:
                proxy.backends[proxy.backends.index(process)] = fresh
            await process.stop()
            await people_go_on(written)
        await migrated(server, release, "--contract")
        await people_go_on(written)
        over.set()
        await writing
        await until(lambda: _is_delivered(server), "all is delivered", timeout=60)
        titles = Counter(title for (title,) in server.sql("SELECT title FROM customer_decisions"))
        cards = Counter(key for keys in posted(house.sandbox).values() for key in keys if key.startswith("card:"))
        dead = server.value("SELECT count(*) FROM outbox WHERE state = 'dead'")
        revision = server.value("SELECT version_num FROM alembic_version")
        errors = house.logged('"level": "error"')
    name = "upgrade of two web, two workers under requests"
    lost = [title for title in written.acknowledged if titles[title] == 0]
    errors_of_server = sum(number for status, number in proxy.answered.items() if status >= 500)
    count(name, "decisions acknowledged", len(written.acknowledged))
    count(name, "lost", len(lost))
    count(name, "doubled", sum(titles.values()) - len(titles) + sum(cards.values()) - len(cards))
    count(name, "answers of 500 and above", errors_of_server)
    count(name, "connections refused by a stopped process", proxy.refused)
    assert written.wrong == []
    assert revision == "ungreeted"
    assert (lost, errors_of_server, proxy.broken, dead, errors) == ([], 0, 0, 0, 0)
    assert max(titles.values()) == max(cards.values()) == 1
    assert len(cards) == len(titles)


async def people_go_on(written: Written) -> None:
    goal = len(written.acknowledged) + PEOPLE

    async def is_reached() -> bool:
        return len(written.acknowledged) >= goal

    await until(is_reached, "people go on", timeout=60)


async def _is_delivered(server: Postgres) -> bool:
    return bool(await asyncio.to_thread(server.value, "SELECT count(*) = 0 FROM outbox WHERE state = 'ready'"))
