"""A house that asks a language model of its own, where the extra `llm` is installed; `make llm-test` installs it."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest

from bot import log
from bot.demo.techcorp import techcorp
from tests.support import fake_model
from tests.support.fake_model import FakeModel
from tests.support.house import living
from tests.support.team import Team, sarahs_team

IS_INSTALLED = find_spec("pydantic_ai") is not None
if os.environ.get("LLM") != "required" and not IS_INSTALLED:
    collect_ignore = ["test_asking.py", "test_reading.py", "test_threads.py"]


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    log.configure("INFO")


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with fake_model.running() as model:
        yield model


@asynccontextmanager
async def asked(database_url: str, model: FakeModel, *scopes: str) -> AsyncIterator[Team]:
    """Sarah's team in a house that asks this model, with these scopes beside the usual ones."""
    access: dict[str, Any] = {
        "CONCLAVE_MODEL": "openai:gpt-fake",
        "CONCLAVE_MODEL_URL": model.url,
        "CONCLAVE_MODEL_KEY": "sk-canary",
    }
    base = techcorp()
    async with living(database_url, replace(base, scopes=(*base.scopes, *scopes)), **access) as house:
        team = await sarahs_team(house)
        team.rules = replace(team.rules, model=house.bot.deps.rules.model)
        yield team


@pytest.fixture
async def team(database_url: str, model: FakeModel) -> AsyncIterator[Team]:
    async with asked(database_url, model) as team:
        yield team
