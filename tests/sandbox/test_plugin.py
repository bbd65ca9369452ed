"""The pytest plugin in somebody else's project: an empty folder with nothing but their test and its YAML file."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandbox import threaded
from sandbox.spec import ChannelSpec, PersonSpec, WorkspaceSpec

PROJECT = Path(__file__).parent / "foreign"
RUN_SECONDS = 120
OWN_TEST = """
from sandbox.spec import ChannelSpec, PersonSpec, WorkspaceSpec
import pytest

@pytest.fixture
def slack_workspace():
    people = (PersonSpec("U1", "kim", "Kim Doe"),)
    return WorkspaceSpec("T1", "Tiny", "tiny", people, (ChannelSpec("C1", "all", ("kim",)),), "xoxb-1", "s3cret")

def test_a_workspace_in_python(slack):
    slack.person("kim").say("Good morning", "all")
    assert "kim: Good morning" in slack.person("kim").screen()
    assert (slack.bot_token, slack.signing_secret) == ("xoxb-1", "s3cret")
"""
USUAL = """
def test_without_a_word_there_are_two_people(slack):
    slack.person("ana").say("Hello @bo", "general")
    slack.person("bo").see("ana: Hello @bo")
"""


def run_in(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_entry_point_alone_gives_the_fixture_to_a_project_of_its_own(tmp_path: Path) -> None:
    shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "project" / "test_usual.py").write_text(USUAL, encoding="utf-8")

    printed = run_in(tmp_path / "project", "-k", "http or usual")

    assert "5 passed" in printed


def test_a_workspace_may_be_given_in_python(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(OWN_TEST, encoding="utf-8")

    assert "1 passed" in run_in(tmp_path)


def a_workspace() -> WorkspaceSpec:
    people = (PersonSpec("U0ANA", "ana", "Ana Silva"),)
    return WorkspaceSpec("T0ACME", "Acme", "acme", people, (ChannelSpec("C0ALL", "all", ("ana",)),), "xoxb-1", "s3cret")


def test_the_clock_moves_for_everybody_who_looks() -> None:
    with threaded.slack(a_workspace(), mode="http") as slack:
        before = slack.person("ana").say("today", "all")
        slack.move_clock("1d")
        after = slack.person("ana").say("tomorrow", "all")

    assert 86_400 <= float(after.ts) - float(before.ts) < 86_460


def test_the_thread_ends_with_the_fixture_even_where_the_test_fails() -> None:
    with pytest.raises(RuntimeError, match="of the test"), threaded.slack(a_workspace(), mode="http"):
        raise RuntimeError("of the test")

    assert "slack" not in {thread.name for thread in threading.enumerate()}
