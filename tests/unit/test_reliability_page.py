"""docs/reliability.md promises what tests show: every row names one, and it exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| fault")
]
TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.M)
}


def test_every_promise_names_the_tests_that_show_it() -> None:
    named = {row: set(re.findall(r"`(test_\w+)`", row.rpartition(" | ")[2])) for row in ROWS}

    assert len(named) > 15
    assert [row for row, names in named.items() if not names] == []
    assert set().union(*named.values()) - TESTS == set()
