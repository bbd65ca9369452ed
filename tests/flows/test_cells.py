"""Two deployments behind one Slack app, and the router before them: each workspace finds its own, and no other."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import http
from bot.cells import router
from bot.demo.techcorp import globex, techcorp
from bot.domain.action import Action
from bot.intake import SLACK
from sandbox.delivery import sign
from tests.support.desk import eventually
from tests.support.house import living
from tests.support.team import Team

Fresh = Callable[[], AbstractContextManager[str]]
SECRET = techcorp().signing_secret
NOWHERE = "http://127.0.0.1:1"
"""Nobody listens there."""
PATIENCE_SECONDS = 30.0


@dataclass
class Cells:
    """TechCorp's team is in cell `one`, that of Globex in cell `two`; all that Slack sends goes to the router."""

    ours: Team
    theirs: Team
    file: Path
    url: str = ""
    """The router's."""
    cells: dict[str, str] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=lambda: {"T0TECHCORP": "one", "T0GLOBEX": "two"})

    def write(self) -> None:
        tables = {"cells": self.cells, "workspaces": self.homes}
        lines = (f"[{name}]\n" + "".join(f'{k} = "{v}"\n' for k, v in table.items()) for name, table in tables.items())
        self.file.write_text("".join(lines))

    async def seen(self, name: str, words: str, *, of: Team) -> None:
        """Say it until the answer holds these words: the router looks at its file now and then."""
        person, end = of.house.person(name), time.monotonic() + PATIENCE_SECONDS
        while words not in await person.screen():
            assert time.monotonic() < end, await person.screen()
            await person.slash("/decide list")


@pytest.fixture
async def cells(
    fresh_database: Fresh, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Cells]:
    monkeypatch.setattr(router, "LOOK_SECONDS", 0.02)
    with fresh_database() as other_url:
        async with (
            living(database_url, techcorp()) as one,
            living(other_url, replace(globex(), signing_secret=SECRET)) as two,
        ):
            ours = await Team(one).gather("mike", "lisa", "tom")
            theirs = await Team(two).gather("homer", "priya", owner="hank")
            ours.give("mike", 4)
            theirs.give("homer", 4)
            found = Cells(ours, theirs, tmp_path / "cells.toml")
            found.cells = {"one": str(one.sandbox.bot_url), "two": str(two.sandbox.bot_url)}
            found.write()
            async with (
                router.routing(found.file, SECRET, at_once=50) as app,
                http.serving(app, host="127.0.0.1", port=0) as port,
            ):
                found.url = one.sandbox.bot_url = two.sandbox.bot_url = f"http://127.0.0.1:{port}"
                yield found


async def test_each_workspace_plays_a_whole_decision_in_its_own_cell(cells: Cells) -> None:
    await asyncio.gather(
        cells.ours.to_resolved(resolver="mike", title="Ours alone"),
        cells.theirs.to_resolved(resolver="homer", by="hank", title="Theirs alone"),
    )
    for team, title in ((cells.ours, "Ours alone"), (cells.theirs, "Theirs alone")):
        assert team.sql("SELECT title, status FROM customer_decisions") == [(title, "resolved")]
    await cells.seen("sarah", "No open decisions.", of=cells.ours)


async def test_an_unknown_workspace_is_told_so_and_reaches_no_cell(cells: Cells) -> None:
    del cells.homes["T0GLOBEX"]
    cells.write()
    await cells.seen("hank", router.UNKNOWN, of=cells.theirs)
    status, headers, _ = await _signed(cells, {"type": "event_callback", "team_id": "T0GLOBEX", "event": {"type": "x"}})
    assert (status, headers["x-slack-no-retry"]) == (404, "1")


async def test_a_cell_that_is_down_leaves_the_other_alone_and_what_was_typed_in_its_window(cells: Cells) -> None:
    await cells.theirs.open(by="hank")
    await cells.theirs.window("hank", Action.PROPOSE_OPTION)
    cells.cells["two"] = NOWHERE
    cells.write()
    await cells.seen("hank", router.UNREACHABLE, of=cells.theirs)
    answer = await cells.theirs.submit("hank", {"Option 1": "Full refund"})
    assert answer.error == router.UNREACHABLE
    await cells.seen("sarah", "No open decisions.", of=cells.ours)


async def test_a_cell_that_is_silent_does_not_hold_up_the_other(cells: Cells) -> None:
    over = asyncio.Event()

    async def silent(_: Request) -> Response:
        await over.wait()
        return Response()

    app = Starlette(routes=[Route(SLACK, silent, methods=["POST"])])
    async with http.serving(app, host="127.0.0.1", port=0) as port:
        cells.cells["two"] = f"http://127.0.0.1:{port}"
        cells.write()
        hank = cells.theirs.house.person("hank")
        late = asyncio.create_task(cells.seen("hank", router.LATE, of=cells.theirs))
        await cells.seen("sarah", "No open decisions.", of=cells.ours)
        assert not late.done()
        await late
        assert router.LATE in await hank.screen()
        over.set()


async def test_a_cell_with_its_hands_full_says_so_and_leaves_the_other_alone(
    cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "AT_ONCE", 1)
    came, over = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        came.set()
        await over.wait()
        return Response()

    async def fill() -> None:
        while not came.is_set():  # before the router has looked at its file, the cell of before answers
            await cells.theirs.house.person("priya").slash("/decide list")

    app = Starlette(routes=[Route(SLACK, slow, methods=["POST"])])
    async with http.serving(app, host="127.0.0.1", port=0) as port:
        cells.cells["two"] = f"http://127.0.0.1:{port}"
        cells.write()
        first = asyncio.create_task(fill())
        await came.wait()
        await cells.seen("hank", router.UNREACHABLE, of=cells.theirs)
        await cells.seen("sarah", "No open decisions.", of=cells.ours)
        over.set()
        await first


async def test_what_slack_has_not_signed_reaches_no_cell(cells: Cells) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{cells.url}{SLACK}", data=b"{}") as answer:
        assert answer.status == 401


async def test_a_file_that_is_faulty_or_moves_a_workspace_changes_nothing(
    cells: Cells,
) -> None:
    with structlog.testing.capture_logs() as said:
        cells.homes["T0GLOBEX"] = "one"
        cells.write()
        await eventually(lambda: any(line.get("moved") == ["T0GLOBEX"] for line in said), timeout=PATIENCE_SECONDS)
        cells.file.write_text("[cells")
        await eventually(lambda: any("is no TOML" in line.get("says", "") for line in said), timeout=PATIENCE_SECONDS)
    await cells.theirs.open(by="hank", title="Still in its own")
    await cells.seen("hank", "Still in its own", of=cells.theirs)


async def test_slack_that_tries_the_address_is_answered_by_the_router(cells: Cells) -> None:
    status, _, body = await _signed(cells, {"type": "url_verification", "challenge": "abc"})
    assert (status, json.loads(body)) == (200, {"challenge": "abc"})
    async with aiohttp.ClientSession() as session, session.get(f"{cells.url}/readyz") as health:
        assert await health.json() == {"ok": True, "cells": 2, "workspaces": 2}


async def _signed(cells: Cells, payload: dict[str, Any]) -> tuple[int, Mapping[str, str], str]:
    """(status, headers, body) of the answer to what Slack has signed."""
    body = json.dumps(payload)
    headers = sign(SECRET, body) | {"content-type": "application/json"}
    url = f"{cells.url}{SLACK}"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status, answer.headers, await answer.text()
