"""The modules that the tests of views share, as fixtures."""

from types import ModuleType

import pytest

from tests.support import dossiers as shared_dossiers
from tests.support import lines as shared_lines
from tests.support import payloads as shared_payloads


@pytest.fixture(scope="session")
def payloads() -> ModuleType:
    return shared_payloads


@pytest.fixture(scope="session")
def dossiers() -> ModuleType:
    return shared_dossiers


@pytest.fixture(scope="session")
def lines() -> ModuleType:
    return shared_lines
