"""The API as it is served, against its description: Schemathesis sends what it allows, and what it forbids.

In an environment of its own, `.venv/api`, by `make api-test` alone.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.token import Scope
from bot.services import token as tokens
from tests.support.team import Team

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
SECONDS = 480
MOST_EXAMPLES = 20
"""For each endpoint and phase; the number of checked cases is some thousands."""
SEED = 20261129


def program() -> str:
    """The path of Schemathesis. Skips but for `make api-test`, which installs it: the walk takes minutes."""
    if os.environ.get("API_TESTS") != "required":
        pytest.skip("`make api-test` runs it")
    found = shutil.which("st", path=str(ROOT / ".venv" / "api" / "bin"))
    assert found, "Schemathesis is not installed."
    return found


async def in_every_state(team: Team) -> None:
    """Decisions 1 to 5: options, scoring, result, resolved, resolved with its outcome."""
    await team.to_options()
    await team.to_scoring()
    await team.ballot("lisa")
    await team.to_result()
    await team.to_resolved()
    await team.to_resolved()
    await team.settled()


async def run(command: Sequence[str], told: Path) -> int | None:
    """Exit status, None for one that did not end in time. told: a file for what it says."""
    with open(told, "wb") as output:  # noqa: ASYNC230 - a local file, once
        process = await asyncio.create_subprocess_exec(*command, cwd=told.parent, stdout=output, stderr=output)
    try:
        async with asyncio.timeout(SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return process.returncode


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 60)
async def test_whatever_is_sent_is_answered_as_the_description_says(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    st = program()
    monkeypatch.setattr("web.api.door.A_MINUTE", 1_000_000)
    await in_every_state(team)
    made = await tokens.issue_api_token(team.db, team.by("sarah"), label="Fuzzing", scope=Scope.ACT, days=30)
    command = [
        *(
            st,
            "--config-file",
            str(CONFIG),
            "run",
            f"{team.house.sandbox.bot_url}/api/v1/openapi.json",
            "--checks",
            "all",
        ),
        *("--header", f"Authorization: Bearer {made.value}", "--seed", str(SEED), "--no-color"),
        *("--max-examples", os.environ.get("API_EXAMPLES", str(MOST_EXAMPLES)), "--max-response-time", "20"),
        *("--continue-on-failure", "--request-timeout", "30", *os.environ.get("API_ARGS", "").split()),
    ]

    code = await run(command, tmp_path / "said.txt")
    said = _read(tmp_path / "said.txt")

    assert code == 0, said
    found = re.search(r"(\d+) generated", said)
    assert found, said
    assert int(found[1]) > 100, said
