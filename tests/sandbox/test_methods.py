"""The table of Web API methods in the sandbox's README is what the code says."""

import subprocess
import sys
from pathlib import Path

from sandbox.methods.table import METHODS, markdown

README = Path(__file__).resolve().parents[2] / "sandbox" / "README.md"


def test_the_readme_has_the_table_that_the_command_prints() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "sandbox", "methods"], capture_output=True, text=True, timeout=60, check=True
    ).stdout

    assert printed.strip() in README.read_text(encoding="utf-8"), "write it anew: python -m sandbox methods"


def test_every_method_stands_in_one_row() -> None:
    rows = markdown().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == sorted(METHODS)
