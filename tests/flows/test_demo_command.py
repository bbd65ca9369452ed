"""`conclave demo` and `conclave as` as somebody types them."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.demo.techcorp import techcorp
from tests.support.commands import ROOT, read_until, started
from tests.support.postgres import free_port

COMMAND = (sys.executable, "-m", "bot")
SCRIPT_SECONDS, START_SECONDS = 240, 60
MILESTONES = (
    "Sarah types /decide setup",
    "Sarah, Mike, Lisa, Tom, Ana and Eve see in #customer-decisions",
    "=== Fill in the case ===",
    "Saved, 2 of 4 criteria",
    "kill -9",
    "Result of #1",
    "needs a decider up to USD 50,000; you may decide up to USD 100",
    "The outcome of #1 is recorded",
    "conclave verify 1: #1: sealed",
    "The story is told.",
)

SHOWN = "conclave (only visible to you): #1 · Refund Request for Service Outage"


@pytest.fixture
def data_dir(run_dir: Path) -> Iterator[Path]:
    place = run_dir / "demo"
    yield place
    shutil.rmtree(place, ignore_errors=True)


async def test_demo_script_plays_one_whole_decision_and_exits_0() -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "demo", "--script", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )

    async with asyncio.timeout(SCRIPT_SECONDS):
        printed, _ = await process.communicate()

    transcript = printed.decode()
    assert process.returncode == 0, transcript[-3000:]
    assert [milestone for milestone in MILESTONES if milestone not in transcript] == []


async def test_a_running_demo_is_spoken_to_and_brings_a_dead_bot_back_and_ends_at_ctrl_c(data_dir: Path) -> None:
    port = free_port()
    async with _demo(data_dir, port) as process:
        hello = await read_until(process, "Ctrl-C ends everything", seconds=START_SECONDS)
        first = await _say("/decide list", port=port)
        os.kill(_bot_of(process), signal.SIGKILL)
        restarted = await read_until(process, "starting it again", seconds=START_SECONDS)
        second = await _say("/decide show 1", port=port, until=SHOWN)
        later = await _say("screen", "--later", "1d", port=port)
        misspelt = await _say("screen", "--later", "soon", port=port)
        process.send_signal(signal.SIGINT)
        await read_until(process, "Stopping", seconds=START_SECONDS)
        code = await asyncio.wait_for(process.wait(), START_SECONDS)

    assert f"http://127.0.0.1:{port}" in hello
    assert 'conclave as sarah "/decide help"' in hello
    assert "#1 Refund Request for Service Outage" in first
    assert "(-9)" in restarted
    assert "Refund of the month" in second  # an option of the sample's
    tomorrow = datetime.now(ZoneInfo("America/New_York")) + timedelta(days=1)
    assert later.startswith(f"(It is {tomorrow:%A, %d %B %Y}, ")
    assert misspelt == ""
    assert code == 0


async def test_a_running_demo_brings_back_a_database_that_was_killed(data_dir: Path) -> None:
    port, postmaster = free_port(), data_dir / "demo" / "postgres" / "postmaster.pid"
    async with _demo(data_dir, port) as process:
        await read_until(process, "Ctrl-C ends everything", seconds=START_SECONDS)
        killed = int(_first_line(postmaster))
        os.kill(killed, signal.SIGKILL)
        await read_until(process, "the embedded database is back", seconds=START_SECONDS)
        shown = await _say("/decide show 1", port=port, until=SHOWN)
        later = await _say("screen", "--later", "1d", port=port)
        back = int(_first_line(postmaster))
        process.send_signal(signal.SIGINT)
        code = await asyncio.wait_for(process.wait(), START_SECONDS)

    assert "Refund of the month" in shown
    assert later.startswith("(It is ")
    assert back != killed
    assert code == 0


def _first_line(file: Path) -> str:
    return file.read_text().splitlines()[0]


def test_the_demos_slack_is_as_read_only_as_the_manifest_says() -> None:
    for name in ("manifest.json", "manifest.socket.json"):
        manifest = json.loads((ROOT / name).read_text(encoding="utf-8"))
        tab = manifest["features"]["app_home"]["messages_tab_read_only_enabled"]
        assert techcorp().messages_tab_read_only is tab


PARENT = """
import asyncio, sys
from bot.demo.demo import neighbours

async def main():
    async with neighbours([sys.executable, "-m", "bot"], database_url=sys.argv[1]) as (_, bot):
        print(bot.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_bot_ends_with_whoever_started_it_were_it_by_kill_9(database_url: str) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, database_url), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        port = int(await parent.stdout.readline())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        parent.kill()
        assert await reader.read() == b""  # nothing was asked: only an end closes it
        writer.close()
        await parent.wait()

    with pytest.raises(OSError):  # noqa: PT011 - refused
        await asyncio.open_connection("127.0.0.1", port)


def _demo(data_dir: Path, port: int) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    return started("-m", "bot", "demo", "--port", str(port), CONCLAVE_DATA_DIR=str(data_dir))


async def _say(*words: str, port: int, until: str = "", name: str = "sarah") -> str:
    """What Sarah's screen shows afterwards; again while it does not show `until` (the bot may be starting)."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            process = await asyncio.create_subprocess_exec(
                *COMMAND, *("as", name, *words, "--port", str(port)), stdout=asyncio.subprocess.PIPE
            )
            printed, _ = await process.communicate()
            if until in printed.decode():
                return printed.decode()


def _bot_of(process: asyncio.subprocess.Process) -> int:
    """The process id of the demo's bot: the one of its children that was told to run."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not tell a process's children")
    for pid in map(int, children.read_text().split()):
        if re.search(rb"\0run\0$", Path(f"/proc/{pid}/cmdline").read_bytes()):
            return pid
    raise AssertionError("the demo has no bot")
