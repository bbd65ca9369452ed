"""The fault suite: real processes, real signals, real PostgreSQL. `make chaos`; `--short` is what CI runs."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import Postgres

COUNT = "count"
"""The name of a property that a test's report carries, so that xdist's workers can hand it over."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--short", action="store_true", help="the fault suite with small counts, for CI")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.chaos)


@pytest.fixture(scope="session")
def short(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--short"))


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`count(fault, what, number)`: a line of the table at the end."""

    def add(fault: str, what: str, number: object) -> None:
        shown = f"{number:.2f}" if isinstance(number, float) else str(number)
        request.node.user_properties.append((COUNT, (fault, what, shown)))

    return add


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    found = [r.user_properties for r in sorted(reports, key=lambda r: r.nodeid) if r.when == "call"]
    rows = [row for properties in found for name, row in properties if name == COUNT]
    if not rows:
        return
    terminalreporter.section("counts")
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    before = ""
    for fault, what, number in rows:
        shown = fault if fault != before else ""
        terminalreporter.write_line(f"{shown:<{widths[0]}}  {what:<{widths[1]}}  {number:>{widths[2]}}")
        before = fault


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that a server of another user may pass."""
    with tempfile.TemporaryDirectory(prefix="conclave-chaos-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def logs(place: Path) -> Path:
    made = place / "logs"
    made.mkdir()
    return made


@pytest.fixture
def a_server(place: Path) -> Iterator[Callable[..., Postgres]]:
    """`a_server(name, **settings)`: not made yet; removed at the end, however it ended."""
    servers: list[Postgres] = []

    def describe(name: str, **settings: str) -> Postgres:
        servers.append(Postgres(place, name, settings))
        return servers[-1]

    yield describe
    for server in servers:
        server.remove()
