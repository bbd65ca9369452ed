"""A new virtual environment, and what `pip install` of a clone puts into it. Needs the registry: `make fresh`.

Where the registry does not answer, pip's own words are the failure.
"""

import asyncio
import json
import os
import subprocess
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.packaging.clone import clone

pytestmark = pytest.mark.fresh

INSTALL_SECONDS, START_SECONDS = 600, 120
WAY_OUT = "pip install 'conclave[sandbox]'"
OTHERS = ("run", "web", "worker", "migrate", "doctor", "verify", "export", "rank", "outbox")
PARTS = """
import importlib.metadata, importlib.util, json
names = sorted(one.name.lower().replace("_", "-") for one in importlib.metadata.distributions())
print(json.dumps({"names": names, "has_sandbox": importlib.util.find_spec("sandbox") is not None}))
"""


@dataclass(frozen=True)
class Place:
    """A virtual environment, and a clone outside of which its programs run."""

    folder: Path
    clone: Path
    data: Path

    @property
    def environment(self) -> Mapping[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return mine | {"CONCLAVE_DATA_DIR": str(self.data)}

    def run(self, *command: str, within: float = START_SECONDS) -> subprocess.CompletedProcess[str]:
        program, *arguments = command
        return subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=within, check=False,
        )  # fmt: skip

    def install(self, what: str) -> None:
        done = self.run("pip", "install", "--quiet", "--disable-pip-version-check", what, within=INSTALL_SECONDS)
        assert done.returncode == 0, f"pip install {what} failed:\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, run_dir: Path) -> Place:
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    return Place(folder, clone(folder / "clone"), run_dir / "fresh")


async def test_a_plain_install_runs_conclave_without_a_sandbox_and_the_extra_brings_the_demo(place: Place) -> None:
    place.install(str(place.clone))
    plain = json.loads(place.run("python", "-c", PARTS).stdout)
    refusals = [place.run("conclave", *words) for words in (("demo",), ("sandbox", "acme.yaml"), ("as", "sarah"))]
    helps = [place.run("conclave", command, "--help").returncode for command in OTHERS]
    doctor = place.run("conclave", "doctor")

    place.install(f"{place.clone}[sandbox]")
    whole = json.loads(place.run("python", "-c", PARTS).stdout)
    hello = await _hello_of_the_demo(place)

    assert plain["has_sandbox"] is False
    assert {"conclave-sandbox", "pyyaml", "wsproto", "pydantic-ai-slim", "openai"} & set(plain["names"]) == set()
    assert [(one.returncode, one.stdout, WAY_OUT in one.stderr) for one in refusals] == [(1, "", True)] * 3
    assert [one.stderr.count("\n") for one in refusals] == [1, 1, 1]
    assert set(helps) == {0}
    assert "set SLACK_BOT_TOKEN" in doctor.stdout
    assert {"conclave-sandbox", "pyyaml", "wsproto"} <= set(whole["names"])
    assert "TechCorp is open" in hello


async def _hello_of_the_demo(place: Place) -> str:
    """What `conclave demo` prints until it waits for people."""
    process = await asyncio.create_subprocess_exec(
        str(place.folder / "bin" / "conclave"), "demo", "--port", "0",
        cwd=place.folder, env=place.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    read = b""
    try:
        async with asyncio.timeout(START_SECONDS):
            while b"Ctrl-C ends everything" not in read:
                line = await process.stdout.readline()
                assert line, read.decode()
                read += line
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    return read.decode()
