"""The tool that changes the code: what it changes, what it leaves alone, and whom it asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.__main__ import Mutant, Round, spread
from tests.mutants.changes import Change, changes
from tests.mutants.nearest import ROOT, nearest
from tests.mutants.touched import Touched, code_of, digest

SOURCE = '''"""Words with 1 number."""


def rule(scores: list[int], least: int = 3) -> bool:
    """More words."""
    if len(scores) < least and not closed:
        raise Conflict("It is 2 late.")
    note(scores, lock=True)
    return any(score == 10 for score, _ in zip(scores, more, strict=True) if score)
'''


def test_each_change_is_of_one_place() -> None:
    assert [f"{change.before} -> {change.after}" for change in changes(SOURCE)] == [
        "3 -> 4",
        "len(scores) < least and (not closed) -> not (len(scores) < least and (not closed))",
        "len(scores) < least and (not closed) -> len(scores) < least or not closed",
        "len(scores) < least -> len(scores) <= least",
        "not closed -> closed",
        "raise Conflict('It is 2 late.') -> pass",
        "note(scores, lock=True) -> pass",
        "True -> False",
        "(score == 10 for score, _ in zip(scores, more, strict=True) if score) -> "
        "(score == 10 for score, _ in zip(scores, more, strict=True))",
        "score == 10 -> score != 10",
        "10 -> 11",
    ]


def test_a_change_leaves_the_rest_of_the_module_as_it_is() -> None:
    deleted = next(change for change in changes(SOURCE) if change.before.startswith("note"))

    assert deleted.source == SOURCE.replace("note(scores, lock=True)", "pass")
    assert (deleted.line, deleted.name) == (8, "note(scores, lock=True) -> pass")


@pytest.mark.slow
def test_every_change_of_the_domain_can_be_compiled() -> None:
    for path in sorted((ROOT / "bot" / "domain").glob("*.py")):
        for change in changes(path.read_text()):
            compile(change.source, str(path), "exec")


def test_every_rule_of_domain_and_services_has_tests_near_it() -> None:
    modules = [*(ROOT / "bot" / "domain").glob("*.py"), *(ROOT / "bot" / "services").glob("*.py")]
    ruled = [path for path in modules if any(changes(path.read_text()))]

    assert len(ruled) > 30
    assert {path.name for path in ruled if not nearest(path.relative_to(ROOT))} == set()


def test_a_service_is_asked_about_through_slack() -> None:
    assert nearest(Path("bot/services/option.py"))[0] == "tests/flows/test_option.py"


MODULE = Path("bot/services/thing.py")
CODE = """LEAST = 3

@cache
def outer():
    def inner():
        return 1
    return inner() + LEAST
"""


def test_a_change_is_asked_of_the_tests_that_run_the_very_function_the_quickest_first() -> None:
    touched = Touched(
        {"slow": 3.0, "quick": 1.0, "of inner": 2.0, "of another": 0.1},
        {
            ("bot/services/thing.py", 3): frozenset({"slow", "quick"}),
            ("bot/services/thing.py", 5): frozenset({"of inner"}),
            ("bot/services/other.py", 3): frozenset({"of another"}),
        },
    )

    assert touched.by(MODULE, CODE, 7) == ["quick", "slow"]
    assert touched.by(MODULE, CODE, 6) == ["of inner"]
    assert touched.by(MODULE, CODE, 1) == ["quick", "of inner", "slow"]
    assert touched.split(["quick", "of inner", "slow"], seconds=3.5) == (("quick", "of inner"), ("slow",))
    assert touched.split(["slow"], seconds=1) == (("slow",), ())
    assert touched.split([], seconds=1) == ((), ())
    assert touched.took(["quick", "slow"]) == 4


def test_a_sample_comes_by_every_module_before_it_comes_by_one_again() -> None:
    def some(name: str, number: int) -> list[Mutant]:
        change = Change(1, "a", "a", "b", "b")
        return [Mutant(Path(name), change, (Round(str(at), ()),)) for at in range(number)]

    sample = spread([some("large", 9), some("small", 2)], seed=1)

    assert [mutant.module.name for mutant in sample] == ["large", "small", "large", "small", *["large"] * 7]
    assert sample == spread([some("large", 9), some("small", 2)], seed=1)
    assert sample != spread([some("large", 9), some("small", 2)], seed=2)


@pytest.mark.slow
def test_a_child_imports_the_code_itself_and_knows_of_the_one_server() -> None:
    code = (
        "import os, sys, importlib; from tests.mutants.__main__ import WARM, server;"
        "[importlib.import_module(name) for name in WARM]\n"
        "with server(needed=True):\n"
        "    print([name for name in sys.modules if name.partition('.')[0] == 'bot'])\n"
        "    from tests.conftest import EXTERNAL_URL; print(EXTERNAL_URL == os.environ['TEST_DATABASE_URL'])"
    )
    here = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"}

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=here, capture_output=True, text=True, check=True)

    assert ran.stdout.split("\n") == ["[]", "True", ""]


@pytest.mark.slow
def test_what_each_test_runs_is_written_down(tmp_path: Path) -> None:
    code = tmp_path / "bot" / "thing.py"
    code.parent.mkdir()
    code.write_text("def rule(): return 1\n\n\ndef other(): return 2\n\n\nrule()\n")
    tests = f"import runpy\ndef test_runs_it(): runpy.run_path({str(code)!r})\ndef test_runs_nothing(): pass\n"
    (tmp_path / "test_thing.py").write_text(tests)
    command = (
        "import sys, pytest; from pathlib import Path; from tests.mutants.touched import Watch;"
        "sys.exit(pytest.main(['-q', 'test_thing.py'], plugins=[Watch(Path.cwd(), Path('found.json'))]))"
    )

    ran = subprocess.run([sys.executable, "-c", command], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})

    assert ran.returncode == 0
    found = Touched.read([tmp_path / "found.json"])
    assert set(found.seconds) == {"test_thing.py::test_runs_it", "test_thing.py::test_runs_nothing"}
    module, source = Path("bot/thing.py"), code.read_text()
    assert found.by(module, source, 1) == ["test_thing.py::test_runs_it"]
    assert found.by(module, source, 4) == []
    assert code_of(tmp_path / "found.json") == {"bot/thing.py": digest(code)}
    assert code_of(tmp_path / "never asked.json") == {}
