"""`docs/examples/agent.py` against a demo as somebody starts it: an agent asks, people score and choose."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.people import CannotDo, Person
from tests.support.browser import browsing
from tests.support.commands import read_until, started
from tests.support.postgres import free_port

SECONDS = 120.0
SCORES = {"Refund the month": "9", "Credit half of it": "6", "Explain and apologise": "2"}


@pytest.fixture
def data_dir(run_dir: Path) -> Iterator[Path]:
    place = run_dir / "agent-demo"
    yield place
    shutil.rmtree(place, ignore_errors=True)


async def test_an_agent_asks_people_and_gets_choice_reason_and_limits(data_dir: Path) -> None:
    async with started("-m", "bot", "demo", "--port", str(free_port()), CONCLAVE_DATA_DIR=str(data_dir)) as demo:
        hello = await read_until(demo, "Ctrl-C ends everything", seconds=SECONDS)
        slack, dashboard = re.findall(r"(?:is open:|dashboard is at) (http://127\.0\.0\.1:\d+)", hello)
        async with await Person.connect(slack, "sarah") as sarah, await Person.connect(slack, "mike") as mike:
            token = await _agents_token(sarah, dashboard)
            asked = ("docs/examples/agent.py", "--url", dashboard, "--token", token, "--every", "0.2")
            async with started("-u", *asked) as agent:
                told = await read_until(agent, "in Slack, in secret.", seconds=SECONDS)
                number = re.findall(r"Asked as #(\d+)", told)[0]
                for name in ("sarah", "mike", "lisa", "tom", "ana")[: int(re.findall(r"(\d+) people", told)[0])]:
                    await _score(slack, name, number)
                await read_until(agent, "Scored, to be decided", seconds=SECONDS)
                await _resolve(mike, number)
                told += (await _rest(agent)).decode()

    assert agent.returncode == 0, told
    assert "I ask for Sarah Johnson of" in told
    assert "Choice: Refund the month, by Mike Chen" in told
    assert "Reason: They are worth it." in told
    assert "Limit: It may cost USD 400, and no more." in told
    assert "Limit: It holds for this case of ABC Corporation alone." in told


async def _agents_token(sarah: Person, dashboard: str) -> str:
    """As she makes one: by the link that Slack shows her, on the settings page."""
    await sarah.slash("/decide web")
    await sarah.see("Open the dashboard")
    modal = await sarah.modal()
    link = re.search(r"/link/[\w-]{20,}", str(modal.blocks if modal else ""))
    assert link
    await sarah.close(everything=True)
    async with browsing(dashboard) as browser:
        assert (await browser.post(link[0])).status == 200
        form = {"for": "agent", "label": "Refund agent", "scope": "open", "days": "30"}
        made = re.search(r"conclave_[\w-]{43}", (await browser.post("/settings/tokens", form)).body)
    assert made
    return made[0]


async def _score(slack: str, name: str, number: str) -> None:
    async with await Person.connect(slack, name) as person:
        await _press(person, number, "Score")
        await person.see("You are about to submit", timeout=SECONDS)
        modal = await person.modal()
        assert modal
        fields = [label for label in modal.inputs if " · " in label]
        assert (await person.fill({label: SCORES[label.split(" · ")[0]] for label in fields})).ok
        assert (await person.submit()).ok
        await person.close(everything=True)


async def _press(person: Person, number: str, button: str) -> None:
    """A button of the decision, as soon as the answer that only they see has it."""
    await person.slash(f"/decide show {number}")
    async with asyncio.timeout(SECONDS):
        while not await _pressed(person, number, button):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.05)


async def _pressed(person: Person, number: str, button: str) -> bool:
    try:
        return (await person.click(button, within=f"#{number} ·")).ok
    except CannotDo:
        return False


async def _resolve(mike: Person, number: str) -> None:
    await _press(mike, number, "Resolve")
    await mike.see("Reason", timeout=SECONDS)
    await mike.fill({"Option": "Refund the month", "Reason": "They are worth it."})
    assert (await mike.submit()).ok


async def _rest(process: asyncio.subprocess.Process) -> bytes:
    async with asyncio.timeout(SECONDS):
        return (await process.communicate())[0]
