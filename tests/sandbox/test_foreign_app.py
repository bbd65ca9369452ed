"""Somebody else's app beside `conclave sandbox`: both as processes of their own, over HTTP and over Socket Mode."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.people import Person

APP = Path(__file__).parent / "apps" / "tickets.py"
START_SECONDS = 30
FILE = """
name: Acme
mode: {mode}
bot_url: http://127.0.0.1:{port}
app:
  name: tickets
  commands: {{/ticket: "[title]", /where: "", /room: "[name]", /later: "[words]"}}
  shortcuts:
    - {{callback_id: ticket_from_message, name: File a ticket, kind: message}}
people: [ana, {{name: bo, real_name: Bo Lind}}]
"""


@pytest.fixture(params=["http", "socket"])
async def acme(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a sandbox with the app connected."""
    port, file = _free_port(), tmp_path / "acme.yaml"
    file.write_text(FILE.format(mode=request.param, port=port))
    sandbox_command = (sys.executable, "-m", "sandbox", "run", str(file), "--port", "0")
    async with _running(sandbox_command, {}, until="Ctrl-C ends it") as said:
        told = dict(re.findall(r"^  ?(SLACK_\w+)=(\S+)$", said, re.MULTILINE))
        url = told["SLACK_API_URL"].removesuffix("/api/")
        async with _running((sys.executable, str(APP)), {**told, "PORT": str(port)}, until="Bolt app is running"):
            yield url


@asynccontextmanager
async def _running(command: tuple[str, ...], environment: Mapping[str, str], *, until: str) -> AsyncIterator[str]:
    """A process that has printed `until`, and what it printed up to there."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={"PATH": os.defpath, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        printed = ""
        async with asyncio.timeout(START_SECONDS):
            while until not in printed:
                line = await process.stdout.readline()
                assert line, printed
                printed += line.decode()
        yield printed
    finally:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def test_an_app_of_slack_samples_shape_runs_unchanged_but_for_its_api_url(acme: str) -> None:
    async with Person(acme, "ana") as ana, Person(acme, "bo") as bo:
        await modals_messages_and_buttons(ana, bo)
        await events(ana)
        await questions_and_rooms(ana, bo)


async def modals_messages_and_buttons(ana: Person, bo: Person) -> None:
    assert (await ana.slash("/ticket Lamp", channel="general")).ok
    await ana.see("New ticket")
    assert (await ana.click("What is urgent?")).ok
    await ana.see("High is today")
    await ana.close()
    await ana.fill({"Assignee": "Bo Lind", "Urgency": "High"})
    assert (await ana.submit()).error == "Say a little more"
    await ana.fill({"Title": "The lamp is broken"})
    assert (await ana.submit()).ok
    await bo.see("@ana has a ticket for you: The lamp is broken")
    await bo.see("(high) for Bo Lind")
    await bo.see("[:eyes: 1]")

    assert (await bo.click("Done", channel="general")).ok

    await ana.see("done")
    await ana.see("@bo did it")
    await ana.see_no("[ Done ]")
    await bo.see("Thank you")
    await ana.see_no("Thank you")


async def events(ana: Person) -> None:
    said = await ana.say("hello", "general")
    await ana.see("Hey there @ana!")
    await ana.see("Just between us: hello")
    assert (await ana.shortcut("File a ticket", message=said)).ok
    await ana.see("New ticket")
    await ana.close()
    await ana.open_home()
    await ana.see("Welcome home, Ana")
    await ana.say("@tickets are you there?", "general")
    await ana.see("You called?")


async def questions_and_rooms(ana: Person, bo: Person) -> None:
    assert (await ana.slash("/where", channel="general")).ok
    await ana.see("Acme: ana, bo; general; 3 here; I am tickets")
    assert (await ana.slash("/room lab", channel="general")).ok
    await ana.see("Welcome to your room")
    await ana.see("No paint: unknown_method")
    await bo.see_no("Welcome to your room")
    assert (await ana.slash("/later Time is up", channel="general")).ok
    await bo.see("Time is up", timeout=10)
