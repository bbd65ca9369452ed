"""The embedded database killed under a running `conclave run`: the process brings it back and goes on."""

import asyncio
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import aiohttp

from bot.demo.process import BotProcess
from bot.demo.techcorp import techcorp
from tests.support.installation import installed, modal_of, until
from tests.support.postgres import _parents, _runs


async def test_an_embedded_database_that_is_killed_is_brought_back(
    short: bool, place: Path, logs: Path, count: Callable[..., None]
) -> None:
    data = place / "data"
    more = {"CONCLAVE_DATA_DIR": str(data), "HOME": str(place)}
    slowest, kills = 0.0, 1 if short else 4
    async with installed(techcorp(), "", logs, more=more) as house:
        (process,) = await house.start("run")
        for n in range(kills):
            killed = await _kill(data, with_children=bool(n % 2))
            # It may be back before anybody has seen the process unready, so the new server is what is waited for.
            noticed = await until(partial(_is_another, data, killed), "another server is started", timeout=60)
            slowest = max(slowest, noticed + await until(lambda: _is(process, 200), "it is ready again", timeout=90))
        sarah = house.sandbox.person("sarah")
        opened = await sarah.slash("/decide setup")
        window = await modal_of(sarah, at_least="Team size")
        pid = process.pid
        await process.stop()
        code = await process.ended()
    name = f"embedded database killed under `conclave run` x {kills}"
    count(name, "slowest to be ready again (s)", slowest)
    count(name, "exit code at the end", code)
    assert opened.ok
    assert window is not None
    assert pid is not None
    assert code == 0


async def _kill(data: Path, *, with_children: bool) -> int:
    """Returns whom it has killed."""
    postmaster = _postmaster(data)
    children = [pid for pid, parent in _parents() if parent == postmaster] if with_children else []
    for pid in (postmaster, *children):
        os.kill(pid, signal.SIGKILL)
    while _runs(postmaster):  # noqa: ASYNC110 - nobody but the kernel knows
        await asyncio.sleep(0.02)
    return postmaster


def _postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


async def _is_another(data: Path, killed: int) -> bool:
    try:
        return _postmaster(data) != killed
    except (OSError, ValueError, IndexError):  # being written
        return False


async def _is(process: BotProcess, status: int) -> bool:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"{process.url}/readyz") as answer:
                return answer.status == status
        except aiohttp.ClientError:
            return False
