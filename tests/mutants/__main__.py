"""Change the code in small ways and ask the nearest tests: `python -m tests.mutants [--seconds N] [module ...]`.

A change that no test notices is printed. Those that change nothing which anybody could notice are explained in
tests/mutants.md. No file changes: each change lives in a process of its own, which imports it in place of the file.

Whom to ask: of the tests near the module (`nearest.py`) those that run the very function, the quickest first, then the
rest, then the slow ones. To find out which test runs what, the unchanged code is run once, which takes some minutes for
services; the answer is kept in .pytest_cache until the module or the file of tests changes.

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
from itertools import chain, zip_longest
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutants.changes import Change, changes
from tests.mutants.nearest import ROOT, is_seen_in_flows, nearest
from tests.mutants.touched import Touched, Watch, code_of, digest

EXPLAINED = ROOT / "tests" / "mutants.md"
USUAL = [
    "bot/domain",
    "bot/services",
    "bot/views/slack",
    "bot/store/evaluation.py",
    "bot/store/round.py",
    "bot/store/result.py",
]
WARM = (
    *("psycopg", "sqlalchemy.ext.asyncio", "alembic.command", "structlog", "pydantic_settings", "slack_sdk.models"),
    *("aiohttp", "apscheduler.schedulers.asyncio", "jinja2", "prometheus_client", "slack_bolt.async_app", "uvicorn"),
    "slack_bolt.adapter.socket_mode.aiohttp",
)
"""Imported once, for all children. Nothing of bot, which a child imports changed; no plugin, which pytest rewrites."""
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0", "-m")
QUICK, SLOW = "not slow and not chaos and not fresh", "slow and not chaos and not fresh"
SLOW_SECONDS = 30.0
"""So long the slow tests of a few files of the domain take at most."""
FIRST_SECONDS = 3.0
"""For so long the quickest tests are asked first."""
REST_SECONDS = 60.0
"""For so long at most the rest of the flows that run a function, those of its noun first: hundreds run some of them."""
OF_THE_TEMPLATE = (Path("bot/store/schema.py"), Path("bot/store/vault.py"))
"""What makes the database that is cloned: asked about with one of their own."""
NO_TESTS = 5
"""pytest's exit code where the marks leave no test."""
BROKEN = 99
"""The exit code of a child that did not come to the end of its tests."""
ALIVE: set[int] = set()
"""The children that run."""
PATIENCE, START_SECONDS = 5, 30.0
"""A change that makes the tests so many times slower is noticed; what a child takes to start does not count."""


@dataclass(frozen=True)
class Round:
    """Tests that are asked at once: of these files, or of those named, the ones that bear these marks."""

    marks: str
    tests: tuple[str, ...]
    seconds: float = 0.0
    """How long they take with the unchanged code."""


@dataclass(frozen=True)
class Mutant:
    module: Path
    change: Change
    rounds: tuple[Round, ...]
    """Asked one after another, until one notices; none: no test runs it."""

    @property
    def name(self) -> str:
        """As it stands in tests/mutants.md."""
        return f"{self.module}: {self.change.name}"

    @property
    def fate(self) -> str:
        """Of one that nobody noticed."""
        return "alive" if self.rounds else "no test"


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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))  # as Ctrl+C does, so that the server is stopped
    modules = [path for name in asked.modules or USUAL for path in _modules(name)]
    for library in WARM:
        importlib.import_module(library)
    with server(needed=any(is_seen_in_flows(m) for m in modules)), tempfile.TemporaryDirectory() as home:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = home  # no example of a mutant is tried again on the real code
        touched = _touched(modules, jobs=asked.jobs)
        # Another sample each day, where there is not time for all: over the weeks everything comes along.
        every = spread([list(_mutants(module, touched)) for module in modules], seed=asked.seed)
        say(f"{len(every)} changes of {len(modules)} modules; {asked.seconds} seconds; seed {asked.seed}")
        seen, alive = _play(every, jobs=asked.jobs, until=time.monotonic() + asked.seconds)
    return _report(seen, alive, left=len(every) - len(seen))


def spread(mutants: Sequence[list[Mutant]], *, seed: int) -> list[Mutant]:
    """In an order of chance; each module comes as often as any other, as long as it has some left."""
    dice = random.Random(seed)
    for of_one in mutants:
        dice.shuffle(of_one)
    return [mutant for turn in zip_longest(*mutants) for mutant in turn if mutant is not None]


def _mutants(module: Path, touched: Touched) -> Iterator[Mutant]:
    source = (ROOT / module).read_text()
    rounds = _rounds_of_flows if is_seen_in_flows(module) else _rounds_of_units
    for change in changes(source):
        asked = rounds(module, touched, touched.by(module, source, change.line))
        yield Mutant(module, change, tuple(one for one in asked if one.tests))


def _rounds_of_flows(module: Path, touched: Touched, ran: list[str]) -> list[Round]:
    near = nearest(module)
    first, rest = touched.split(ran, seconds=FIRST_SECONDS)
    ranks = {file: rank for rank, file in enumerate(near)}
    some, _ = touched.split(sorted(rest, key=lambda test: ranks.get(_file(test), len(near))), seconds=REST_SECONDS)
    return [Round(QUICK, tests, touched.took(tests)) for tests in (first, some)]


def _rounds_of_units(module: Path, touched: Touched, ran: list[str]) -> list[Round]:
    """Not only those that run the function: a constant may be read by tests that call nothing of the module."""
    near = tuple(nearest(module))
    first, _ = touched.split([test for test in ran if _file(test) in near], seconds=FIRST_SECONDS)
    of_domain = tuple(file for file in near if file.startswith("tests/unit/domain"))
    quick = [Round(QUICK, first, touched.took(first)), Round(QUICK, near, touched.took_in(near))]
    return [*quick, Round(SLOW, of_domain, SLOW_SECONDS)]


def _file(test: str) -> str:
    return test.partition("::")[0]


def _touched(modules: Sequence[Path], *, jobs: int) -> Touched:
    """Which function is run by which test near these modules. A file of tests is run once, and again where it or the
    module has changed since; what other modules and tests/support have to do with it is left out of account."""
    kept = ROOT / ".pytest_cache" / "mutants"
    kept.mkdir(parents=True, exist_ok=True)
    near = {module: nearest(module) for module in modules if any(changes((ROOT / module).read_text()))}
    outputs = {file: kept / f"{Path(file).stem}-{digest(ROOT / file)}.json" for file in chain(*near.values())}
    known = {file: code_of(output) for file, output in outputs.items()}
    now = {module: digest(ROOT / module) for module in near}
    wanted = sorted({file for module in near for file in near[module] if known[file].get(str(module)) != now[module]})
    say(f"Which test runs what: {len(wanted)} files to ask")
    running: dict[int, str] = {}
    while running or wanted:
        while wanted and len(running) < jobs:
            file = wanted.pop(0)
            running[_started(Round(QUICK, (file,)), watched=outputs[file])] = file
        for pid, ended in [(pid, ended) for pid in running if (ended := _ended(pid, is_late=False)) is not None]:
            file = running.pop(pid)
            assert ended != BROKEN, f"{file} could not be run."
            if ended not in (0, NO_TESTS):
                say(f"{file}: tests that fail without any change, and are not asked")
        time.sleep(0.05)
    return Touched.read([output for output in set(outputs.values()) if output.exists()])


def _asked(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Changes that no test notices.")
    parser.add_argument(
        "modules", nargs="*", help="paths, or names such as `ranking` or `services`; by default all that are usual"
    )
    parser.add_argument("--seconds", type=int, default=900, help="no new change is tried after this (900)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (2)")
    parser.add_argument("--seed", type=int, default=int(time.strftime("%Y%m%d")), help="which sample (today's)")
    return parser.parse_args(argv)


def _modules(name: str) -> list[Path]:
    given = next((place for place in (ROOT / name, ROOT / "bot" / name) if place.exists()), None)
    if given and given.is_dir():
        found = sorted(given.glob("*.py"))
    elif given:
        found = [given]
    else:
        found = sorted((ROOT / "bot").rglob(f"{name}.py"))
    assert found, f"There is no module {name}."
    return [path.relative_to(ROOT) for path in found if path.name != "__init__.py"]


@contextlib.contextmanager
def server(*, needed: bool) -> Iterator[None]:
    """One PostgreSQL for all, with one database to clone, unless one is given: that costs more than most tests."""
    if not needed or "TEST_DATABASE_URL" in os.environ:
        yield
        return
    from bot import embedded
    from tests.conftest import IN_A_HURRY, new_template

    place = Path(tempfile.mkdtemp(prefix="conclave-mutants-"))
    place.chmod(0o755)
    started = embedded.start(place / "postgres", settings=IN_A_HURRY)
    os.environ["TEST_DATABASE_URL"] = started.url_of("postgres")
    os.environ["TEST_TEMPLATE_DATABASE"] = new_template(started.url_of)
    for name in [name for name in sys.modules if name == "tests.conftest" or name.partition(".")[0] == "bot"]:
        del sys.modules[name]  # a child imports them anew: changed, and knowing of the server
    try:
        yield
    finally:
        for child in set(ALIVE):  # each holds the server until it ends
            _ended(child, is_late=True)
        started.stop()
        shutil.rmtree(place)


def _play(chosen: Sequence[Mutant], *, jobs: int, until: float) -> tuple[list[Mutant], list[Mutant]]:
    """(tried, alive). How long the tests took with the unchanged code bounds how long they may with a mutant."""
    seen: list[Mutant] = []
    alive: list[Mutant] = []
    running: dict[int, tuple[Mutant, int, float]] = {}
    waiting = [(mutant, 0) for mutant in chosen]
    while running or (waiting and time.monotonic() < until):
        while waiting and len(running) < jobs and time.monotonic() < until:
            mutant, number = waiting.pop(0)
            if number == len(mutant.rounds):
                seen.append(mutant)
                alive.append(mutant)
                say(f"{mutant.fate}  {mutant.module}:{mutant.change.line}  {mutant.change.name}")
                continue
            asked = mutant.rounds[number]
            end = time.monotonic() + PATIENCE * asked.seconds + START_SECONDS
            running[_started(asked, mutant)] = (mutant, number, end)
        for pid, (mutant, number, end) in list(running.items()):
            code = _ended(pid, is_late=time.monotonic() > end)
            if code is not None:
                del running[pid]
                if code == BROKEN:
                    say(f"broken  {mutant.module}:{mutant.change.line}  {mutant.change.name}")
                elif code in (0, NO_TESTS):
                    waiting.insert(0, (mutant, number + 1))
                else:
                    seen.append(mutant)
        time.sleep(0.05)
    return seen, alive


def _started(asked: Round, mutant: Mutant | None = None, *, watched: Path | None = None) -> int:
    """The id of a child that runs the tests, with the mutant in place of its module. `watched`: where it writes down
    what each test has run."""
    pid = os.fork()
    if pid:
        ALIVE.add(pid)
        return pid
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    told = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(told, stream)
    code = BROKEN
    try:
        if mutant is not None:
            finder = Instead(mutant.module, mutant.change.source)
            assert finder.dotted not in sys.modules
            sys.meta_path.insert(0, finder)
            if mutant.module in OF_THE_TEMPLATE:
                os.environ.pop("TEST_TEMPLATE_DATABASE", None)
        plugins, until = ([Watch(ROOT, watched)], []) if watched else ([], ["-x"])
        code = int(pytest.main([*until, *OPTIONS, asked.marks, *asked.tests], plugins=plugins))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _ended(pid: int, *, is_late: bool) -> int | None:
    """Its exit code; None while it runs. Who is late is ended, and has noticed."""
    if is_late:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    done, status = os.waitpid(pid, 0 if is_late else os.WNOHANG)
    ALIVE.discard(done)
    return os.waitstatus_to_exitcode(status) if done else None


def _report(seen: Sequence[Mutant], alive: Sequence[Mutant], *, left: int) -> int:
    explained = set(re.findall(r"^\* `(.+)`", EXPLAINED.read_text(), re.MULTILINE)) if EXPLAINED.exists() else set()
    new = [mutant for mutant in alive if mutant.name not in explained]
    by = Counter(str(mutant.module) for mutant in new)
    say(f"\n{len(seen)} tried, {len(seen) - len(alive)} noticed, {len(alive) - len(new)} explained, {len(new)} alive")
    say(f"{left} not tried: no time, or broken off" if left else "none left")
    for module, number in by.most_common():
        say(f"\n{module}: {number}")
        for mutant in sorted((m for m in new if str(m.module) == module), key=lambda m: m.change.line):
            say(f"  line {mutant.change.line}\n* `{mutant.name}`")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
