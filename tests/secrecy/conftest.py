"""The attackers' tools are those of the flows and of the vault's tests; their fixtures, lent to this room."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]


def _tools(name: str, path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TESTS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


_flows = _tools("secrecy_flow_tools", "flows/conftest.py")
_vault = _tools("secrecy_vault_tools", "db/store/conftest.py")

_logs = _flows._logs
house = _flows.house
newcomers = _flows.newcomers
team = _flows.team
team_in = _flows.team_in
alive = _flows.alive
vault = _vault.vault


@pytest.fixture
def open_vault() -> Callable[..., Any]:
    """`open_vault(connection, url)`: the vault of any migrated database."""
    return _vault.Vault  # type: ignore[no-any-return]
