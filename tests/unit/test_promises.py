"""Pages promise what tests show: every promise names one, and it exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("reliability.md", "secrecy.md", "marketplace.md", "erasure.md")
RELIABILITY, SECRECY, MARKETPLACE, ERASURE = ((ROOT / "docs" / page).read_text(encoding="utf-8") for page in PAGES)
TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.M)
}


def test_every_promise_names_the_tests_that_show_it() -> None:
    rows = [line for line in RELIABILITY.splitlines() if line.startswith("| ") and not line.startswith("| fault")]

    assert len(rows) > 15
    check({row: row.rpartition(" | ")[2] for row in rows})


def test_every_promise_of_secrecy_names_the_tests_that_show_it() -> None:
    promised = SECRECY.partition("## Not claimed")[0]
    points = promised.split("\n* ")[1:]

    assert len(points) > 7
    check({point: point.rpartition("Shown by")[2] if "Shown by" in point else "" for point in points})


def test_every_requirement_of_the_marketplace_names_a_test_or_a_page_that_shows_it() -> None:
    rows = [line for line in MARKETPLACE.splitlines() if line.startswith("| ")][1:]
    shown = {row: row.rstrip("| ").rpartition(" | ")[2] for row in rows}

    assert len(rows) > 15
    check({row: where for row, where in shown.items() if "`test_" in where})
    assert [row for row, where in shown.items() if "`test_" not in where and not ("](" in row or "](" in where)] == []


def test_the_tests_that_the_page_on_erasure_names_exist() -> None:
    check({"erasure": ERASURE})


def check(promises: dict[str, str]) -> None:
    """promises: what is promised -> where its tests are named."""
    named = {promise: set(re.findall(r"`(test_\w+)`", where)) for promise, where in promises.items()}

    assert [promise for promise, names in named.items() if not names] == []
    assert set().union(*named.values()) - TESTS == set()
