"""Which functions of the code each test runs, and how long it takes: whom to ask about a change inside a function.

A service is seen through Slack alone, by flows of a second or more each; of some hundreds a few come by a function.
"""

import ast
import hashlib
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import FrameType

import pytest

Place = tuple[str, int]
"""(path from the root, the line on which a function begins, its decorators included)"""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


class Watch:
    """A pytest plugin that writes down, at the end of the run, what each test that passed has run in this process, and
    of which code."""

    def __init__(self, root: Path, output: Path) -> None:
        self.prefix = f"{root}/bot/"
        self.root = root
        self.output = output
        self.code = {str(path.relative_to(root)): digest(path) for path in (root / "bot").rglob("*.py")}
        self.test = ""
        self.places: defaultdict[str, set[Place]] = defaultdict(set)
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.test, began = item.nodeid, time.monotonic()
        threading.settrace(self._called)
        sys.settrace(self._called)
        yield
        sys.settrace(None)
        threading.settrace(None)
        self.seconds[item.nodeid] = time.monotonic() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        passed = self.seconds.keys() - self.failed
        found = {test: [self.seconds[test], sorted(self.places[test])] for test in passed}
        self.output.write_text(json.dumps({"code": self.code, "tests": found}))

    def _called(self, frame: FrameType, event: str, arg: object) -> None:
        """For each call of a function; None, so that its lines are not traced."""
        code = frame.f_code
        if code.co_filename.startswith(self.prefix):
            self.places[self.test].add((code.co_filename[len(self.prefix) - len("bot/") :], code.co_firstlineno))


def code_of(output: Path) -> dict[str, str]:
    """The digest of each module as it was when `Watch` wrote this down; nothing where it has not."""
    found: dict[str, str] = json.loads(output.read_text())["code"] if output.exists() else {}
    return found


@dataclass(frozen=True)
class Touched:
    """What `Watch` has written down."""

    seconds: Mapping[str, float]
    tests: Mapping[Place, frozenset[str]]

    @classmethod
    def read(cls, outputs: Sequence[Path]) -> "Touched":
        seconds: dict[str, float] = {}
        tests: defaultdict[Place, set[str]] = defaultdict(set)
        for output in outputs:
            for test, (took, places) in json.loads(output.read_text())["tests"].items():
                seconds[test] = took
                for path, line in places:
                    tests[path, line].add(test)
        return cls(seconds, {place: frozenset(found) for place, found in tests.items()})

    def took(self, tests: Sequence[str]) -> float:
        return sum(self.seconds[test] for test in tests)

    def took_in(self, files: Sequence[str]) -> float:
        return sum(took for test, took in self.seconds.items() if test.partition("::")[0] in files)

    def split(self, tests: Sequence[str], *, seconds: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The first of them, which take so long together, at least one; and the rest."""
        ends = accumulate(self.seconds[test] for test in tests)
        first = max(1, sum(end <= seconds for end in ends))
        return tuple(tests[:first]), tuple(tests[first:])

    def by(self, module: Path, source: str, line: int) -> list[str]:
        """The tests that run the function around the line, the quickest first; outside functions, any of the module."""
        begins = _function_around(source, line)
        found = {test for (path, at), tests in self.tests.items() if path == str(module) and begins in (at, None)
                 for test in tests}  # fmt: skip
        return sorted(found, key=lambda test: (self.seconds[test], test))


def _function_around(source: str, line: int) -> int | None:
    """Where the innermost function around the line begins."""
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    around = [n for n in functions if n.lineno <= line <= (n.end_lineno or 0)]
    inner = max(around, key=lambda n: n.lineno, default=None)
    return min([inner.lineno, *(decorator.lineno for decorator in inner.decorator_list)]) if inner else None
