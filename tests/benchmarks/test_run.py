"""The command itself, with as little load as there can be. How fast anything is, no test asks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import publishing, stability, tenants

ROOT = Path(__file__).resolve().parents[2]
TINY = ("--quick", "--rounds", "1", "--people", "4", "--seconds", "0.1", "--offline")


def benchmarks(*arguments: str, module: str = "benchmarks") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_product_limit_bare_and_naive_bot_save_what_they_acknowledge(tmp_path: Path) -> None:
    done = benchmarks("--only", "P3,P5,P6,P7", *TINY, "--json", str(tmp_path / "found.json"))

    assert "the cheapest press that commits" in done.stdout, done.stderr
    report = json.loads((tmp_path / "found.json").read_text())
    assert list(report["found"]) == ["P3", "P5", "P6", "P7", "rows"]
    assert all(len(one["rounds"]) == 1 for one in report["found"].values())
    assert report["found"]["rows"]["median"] == 0
    met = all(one["verdict"] == "met" for one in report["found"].values())
    assert done.returncode == (0 if met else 1)


@pytest.mark.slow
def test_few_workspaces_are_compared_with_ten_in_all_that_is_measured(tmp_path: Path) -> None:
    few = ("--workspaces", "12", "--decisions", "3600", "--rounds", "1", "--calls", "2")
    done = benchmarks(*few, "--json", str(tmp_path / "found.json"), module="benchmarks.tenants")

    report = json.loads((tmp_path / "found.json").read_text())
    assert list(report["rows"]) == [one.says for one in tenants.MEASURES], done.stderr
    assert all(min(one["pages"]) > 0 for one in report["rows"].values())
    assert list(report["purge"]) == ["outbox", "reminders"]
    assert done.returncode == int(bool(report["above"] or report["read_whole"]))


def test_a_number_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    done = benchmarks("--only", "P2")

    assert done.returncode == 2
    assert "there is no P2; there are P1, P1s, P3" in done.stderr


async def test_publishing_by_old_statistics_publishes(database_url: str) -> None:
    small = publishing.Size(people=4, options=3, criteria=2)

    (seconds,) = await publishing.seconds_by_old_statistics(database_url, sizes=[small], runs=2)

    assert len(seconds) == 2


def test_the_oracle_of_the_share_is_where_the_benchmark_looks_for_it() -> None:
    assert stability.TWIN.exists()
