"""Change the code in small ways and ask the nearest tests: `python -m tests.mutants [--seconds N] [module ...]`.

A change that no test notices is printed. Those that change nothing which anybody could notice are explained in
tests/mutants.md. Nothing is written: each change lives in a process of its own, which imports it in place of the file.

Ours, because of the two that we tried one leaves every decorated function alone, which is every property of the
domain, and the other one changes the files themselves and knows no deleted statement, which is what a merge loses.
"""

import argparse
import contextlib
import importlib
import importlib.abc
import importlib.util
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutants.changes import Change, changes
from tests.mutants.nearest import ROOT, nearest

EXPLAINED = ROOT / "tests" / "mutants.md"
USUAL = [
    "bot/domain",
    "bot/services",
    "bot/views/slack",
    "bot/store/evaluation.py",
    "bot/store/round.py",
    "bot/store/result.py",
]
WARM = ("psycopg", "sqlalchemy.ext.asyncio", "alembic.command", "structlog", "pydantic_settings", "slack_sdk.models")
"""Imported once, for all children. Nothing of ours, which a child imports changed; no plugin, which pytest rewrites."""
QUICK = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0", "-m", "not chaos and not slow")
BROKEN = 99
"""The exit code of a child that did not come to its tests."""
PATIENCE = 5
"""A change that makes the tests so many times slower is noticed."""


@dataclass(frozen=True)
class Mutant:
    module: Path
    change: Change
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """As it stands in tests/mutants.md."""
        return f"{self.module}: {self.change.name}"


class Instead(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Import `source` where the module is asked for."""

    def __init__(self, module: Path, source: str) -> None:
        self.dotted = ".".join(module.with_suffix("").parts)
        self.path = str(ROOT / module)
        self.source = source

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        is_ours = fullname == self.dotted
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self) if is_ours else None

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_source(self, fullname: str) -> str:
        return self.source

    def get_code(self, fullname: str) -> CodeType:
        """Not from the cache of compiled files, nor into it."""
        return compile(self.source, self.path, "exec")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(argv: Sequence[str]) -> int:
    asked = _asked(argv)
    modules = [path for name in asked.modules or USUAL for path in _modules(name)]
    every = [Mutant(m, c, tuple(nearest(m))) for m in modules for c in changes((ROOT / m).read_text())]
    without = sorted({str(m.module) for m in every if not m.tests})
    chosen = [m for m in every if m.tests]
    # Another sample each day, where there is not time for all: over the weeks everything comes along.
    random.Random(asked.seed).shuffle(chosen)
    say(f"{len(every)} changes of {len(modules)} modules; {asked.seconds} seconds; seed {asked.seed}")
    if without:
        say(f"No test is near: {', '.join(without)}")
    for library in WARM:
        importlib.import_module(library)
    with _server(needed=any(_needs_database(m) for m in chosen)), tempfile.TemporaryDirectory() as home:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = home  # no example of a mutant is tried again on the real code
        seen, alive = _play(chosen, jobs=asked.jobs, until=time.monotonic() + asked.seconds)
    return _report(seen, alive, left=len(chosen) - len(seen))


def _asked(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Changes that no test notices.")
    parser.add_argument("modules", nargs="*", help="paths, or names such as `ranking`; by default all that are usual")
    parser.add_argument("--seconds", type=int, default=900, help="no new change is tried after this (900)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (2)")
    parser.add_argument("--seed", type=int, default=int(time.strftime("%Y%m%d")), help="which sample (today's)")
    return parser.parse_args(argv)


def _modules(name: str) -> list[Path]:
    given = ROOT / name
    if given.is_dir():
        found = sorted(given.glob("*.py"))
    elif given.exists():
        found = [given]
    else:
        found = sorted((ROOT / "bot").rglob(f"{name}.py"))
    assert found, f"There is no module {name}."
    return [path.relative_to(ROOT) for path in found if path.name != "__init__.py"]


def _needs_database(mutant: Mutant) -> bool:
    return any(not path.startswith("tests/unit") for path in mutant.tests)


@contextlib.contextmanager
def _server(*, needed: bool) -> Iterator[None]:
    """One PostgreSQL for all, unless one is given: starting it costs more than most tests."""
    if not needed or "TEST_DATABASE_URL" in os.environ:
        yield
        return
    from bot import embedded
    from tests.conftest import IN_A_HURRY

    place = Path(tempfile.mkdtemp(prefix="conclave-mutants-"))
    place.chmod(0o755)
    server = embedded.start(place / "postgres", settings=IN_A_HURRY)
    os.environ["TEST_DATABASE_URL"] = server.url_of("postgres")
    try:
        yield
    finally:
        server.stop()
        shutil.rmtree(place)


def _play(chosen: Sequence[Mutant], *, jobs: int, until: float) -> tuple[list[Mutant], list[Mutant]]:
    """(tried, alive). The unchanged code has to pass first; how long it takes bounds how long its mutants may."""
    limits: dict[tuple[str, ...], float] = {}
    seen: list[Mutant] = []
    alive: list[Mutant] = []
    running: dict[int, tuple[Mutant, float]] = {}
    waiting = list(chosen)
    while running or (waiting and time.monotonic() < until):
        while waiting and len(running) < jobs and time.monotonic() < until:
            mutant = waiting.pop(0)
            if mutant.tests not in limits:
                limits[mutant.tests] = _limit(mutant.tests)
            running[_started(mutant.tests, mutant)] = (mutant, time.monotonic() + limits[mutant.tests])
        for pid, (mutant, end) in list(running.items()):
            code = _ended(pid, is_late=time.monotonic() > end)
            if code is not None:
                del running[pid]
                seen.append(mutant)
                if code == 0:
                    alive.append(mutant)
                    say(f"alive  {mutant.module}:{mutant.change.line}  {mutant.change.name}")
        time.sleep(0.05)
    return seen, alive


def _limit(tests: tuple[str, ...]) -> float:
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("r") as told:
        _, status = os.waitpid(_started(tests, None, told.name), 0)
        if os.waitstatus_to_exitcode(status):
            sys.exit(f"{' '.join(tests)}: they fail without any change.\n{told.read()[-4000:]}")
    return PATIENCE * (time.monotonic() - began) + 10


def _started(tests: Sequence[str], mutant: Mutant | None, output: str = os.devnull) -> int:
    """The id of a child that runs the tests, with the mutant in place of its module."""
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    told = os.open(output, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(told, stream)
    code = BROKEN
    try:
        if mutant is not None:
            finder = Instead(mutant.module, mutant.change.source)
            assert finder.dotted not in sys.modules
            sys.meta_path.insert(0, finder)
        code = int(pytest.main([*QUICK, *tests]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _ended(pid: int, *, is_late: bool) -> int | None:
    """Its exit code; None while it runs. Who is late is ended, and has noticed."""
    if is_late:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    done, status = os.waitpid(pid, 0 if is_late else os.WNOHANG)
    code = os.waitstatus_to_exitcode(status) if done else None
    assert code != BROKEN, "A mutant could not be tried."
    return code


def _report(seen: Sequence[Mutant], alive: Sequence[Mutant], *, left: int) -> int:
    explained = set(re.findall(r"^\* `(.+)`", EXPLAINED.read_text(), re.MULTILINE)) if EXPLAINED.exists() else set()
    new = [mutant for mutant in alive if mutant.name not in explained]
    by = Counter(str(mutant.module) for mutant in new)
    say(f"\n{len(seen)} tried, {len(seen) - len(alive)} noticed, {len(alive) - len(new)} explained, {len(new)} alive")
    say(f"{left} not tried: no time" if left else "none left")
    for module, number in by.most_common():
        say(f"\n{module}: {number}")
        for mutant in sorted((m for m in new if str(m.module) == module), key=lambda m: m.change.line):
            say(f"  line {mutant.change.line}\n* `{mutant.name}`")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
