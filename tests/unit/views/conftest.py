"""Tests have no packages: this hands out the modules that the tests of views share."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    """Load a file of this folder once per session."""
    key = f"views_{name}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[key] = module
        spec.loader.exec_module(module)
    return sys.modules[key]


@pytest.fixture(scope="session")
def payloads() -> ModuleType:
    return _load("payloads")


@pytest.fixture(scope="session")
def dossiers() -> ModuleType:
    return _load("dossiers")


@pytest.fixture(scope="session")
def lines() -> ModuleType:
    return _load("lines")
