"""`make storm` goes on for minutes; in the whole run a few walks of known seeds, and one of a fresh one."""

import pytest

from bot import log


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help="the storm of this seed alone")
    parser.addoption("--people", type=int, help="so many in the team; by default the seed decides")
    parser.addoption("--story", action="store_true", help="what everybody did, also where nothing broke")
    parser.addoption("--acts", type=int, default=250, help="so many acts in one walk of `make storm`")
    parser.addoption("--shrink", type=float, default=120.0, help="how many seconds a walk that broke is made shorter")
    parser.addoption("--minutes", type=float, default=10.0, help="how long `make storm` goes on")


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    log.configure("INFO")
