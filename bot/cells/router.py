"""The router before the cells: what Slack has signed goes, byte for byte, to the cell of its workspace.

It keeps nothing and knows no database, so any number of routers may run. A cell that is down or slow holds up only
what is its own: each has its own connections, and a time that leaves Slack's three seconds whole.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import structlog
from slack_bolt.response import BoltResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.cells import atlas
from bot.cells.atlas import Atlas, place_of
from bot.errors import StartError
from bot.intake import SLACK, Intake, Signed

log = structlog.get_logger(__name__)

CELL_SECONDS = 2.7
"""Slack waits for three."""
AT_ONCE = 100
"""Requests under way to one cell; the next one finds it busy."""
LOOK_SECONDS = 5.0
"""Between two looks at the file."""
_PASSED_ON = (b"content-type", b"x-slack-request-timestamp", b"x-slack-signature", b"x-slack-retry-num")
_PASSED_BACK = ("content-type", "x-slack-no-retry")

UNKNOWN = "Conclave does not serve this workspace. Ask whoever runs it to add the workspace."
UNREACHABLE = "Conclave cannot be reached just now. Nothing was saved; please try again in a minute."
LATE = "Conclave did not answer in time. Look before you try again: it may have been saved."


class Router:
    """Where each workspace's requests go, now."""

    def __init__(self, found: Atlas, session: aiohttp.ClientSession) -> None:
        self.atlas = found
        self._session = session
        self._under_way: dict[str, asyncio.Semaphore] = {}
        self._seen = b"nothing yet"
        """The file as it was looked at last, so that what is wrong with it is said once."""

    async def hand_on(self, request: Signed) -> BoltResponse:
        """The cell's answer; in its place a sentence where there is no such cell, or it does not answer."""
        if request.payload.get("type") == "url_verification":
            return _json({"challenge": str(request.payload.get("challenge", ""))})
        place = place_of(request.payload)
        name = self.atlas.cell_of(place)
        if name is None:
            log.warning("no cell has this workspace", workspace=place.team_id, organisation=place.enterprise_id)
            return unserved(request.payload, UNKNOWN, is_passing=False)
        room = self._under_way.setdefault(name, asyncio.Semaphore(AT_ONCE))
        if room.locked():
            log.warning("a cell is busy", cell=name)
            return unserved(request.payload, UNREACHABLE)
        async with room:
            return await self._ask(name, request)

    async def _ask(self, name: str, request: Signed) -> BoltResponse:
        headers = {key.decode(): request.headers[key].decode("latin-1") for key in _PASSED_ON if key in request.headers}
        url = f"{self.atlas.cells[name]}{SLACK}"
        try:
            async with self._session.post(url, data=request.body, headers=headers, allow_redirects=False) as answer:
                return await _passed_back(answer)
        except aiohttp.ClientConnectorError as error:  # nothing was sent
            log.error("a cell cannot be reached", cell=name, error=type(error).__name__)
            return unserved(request.payload, UNREACHABLE)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.error("a cell does not answer", cell=name, error=type(error).__name__)
            return unserved(request.payload, LATE)

    def look(self, file: Path) -> None:
        """Take over what the file says now. Where it is faulty, or moves a workspace, all stays as it is."""
        if (text := _bytes_of(file)) == self._seen:
            return
        self._seen = text
        try:
            found = atlas.read(file)
        except StartError as error:
            log.error("the cells stay as they are", says=str(error))
            return
        if moved := found.moved_from(self.atlas):
            log.error("the cells stay as they are: a workspace's cell is for life", moved=moved)
            return
        log.info("cells", count=len(found.cells), workspaces=len(found.homes))
        self.atlas = found


def _bytes_of(file: Path) -> bytes:
    """b"" where it cannot be read: as it is replaced, or for good, which `atlas.read` then says."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


async def _passed_back(answer: aiohttp.ClientResponse) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {
        name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers
    }
    return BoltResponse(status=answer.status, body=await answer.text("utf-8"), headers=headers)


def unserved(payload: Mapping[str, Any], sentence: str, *, is_passing: bool = True) -> BoltResponse:
    """The sentence, where Slack has a place for it: an answer to a command, or under the first field of a window, which
    stays open with all that was typed. Else a status: Slack says so itself at a button, and repeats an event.

    is_passing: it may be tried again.
    """
    match payload:
        case {"command": _}:
            return _json({"response_type": "ephemeral", "text": sentence})
        case {"type": "view_submission", "view": {"blocks": blocks}} if field := _first_field(blocks):
            return _json({"response_action": "errors", "errors": {field: sentence}})
        case {"type": "event_callback"} if not is_passing:
            return BoltResponse(status=404, headers={"x-slack-no-retry": "1"})
    return BoltResponse(status=503 if is_passing else 404)


def _first_field(blocks: object) -> str | None:
    found = blocks if isinstance(blocks, list) else []
    return next((str(block["block_id"]) for block in found if block.get("type") == "input"), None)


def _json(answer: Mapping[str, object]) -> BoltResponse:
    return BoltResponse(
        status=200, body=orjson.dumps(answer).decode(), headers={"content-type": "application/json;charset=utf-8"}
    )


@asynccontextmanager
async def routing(file: Path, signing_secret: str, *, at_once: int) -> AsyncIterator[ASGIApp]:
    """The router as an ASGI app. at_once: requests under way in all. Raises StartError for a faulty file."""
    found = atlas.read(file)
    timeout = aiohttp.ClientTimeout(total=CELL_SECONDS)
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=AT_ONCE)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector, auto_decompress=False) as session:
        router = Router(found, session)
        looking = asyncio.create_task(_keep_looking(router, file))
        try:
            yield _pages(router, Intake(router.hand_on, signing_secret, at_once=at_once))
        finally:
            looking.cancel()
            await asyncio.wait({looking})


async def _keep_looking(router: Router, file: Path) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        router.look(file)


def _pages(router: Router, intake: Intake) -> ASGIApp:
    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True, "cells": len(router.atlas.cells), "workspaces": len(router.atlas.homes)})

    routes = [Route(path, healthz) for path in ("/healthz", "/readyz")]
    pages = Starlette(routes=[*routes, Route(SLACK, intake, methods=["POST"])])
    pages.router.redirect_slashes = False
    return pages
