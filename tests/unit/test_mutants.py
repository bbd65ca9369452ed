"""The tool that changes the code: what it changes, what it leaves alone, and whom it asks."""

from pathlib import Path

import pytest

from tests.mutants.changes import changes
from tests.mutants.nearest import ROOT, nearest

SOURCE = '''"""Words with 1 number."""


def rule(scores: list[int], least: int = 3) -> bool:
    """More words."""
    if len(scores) < least and not closed:
        raise Conflict("It is 2 late.")
    note(scores, lock=True)
    return any(score == 10 for score in scores if score)
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
        "(score == 10 for score in scores if score) -> (score == 10 for score in scores)",
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
