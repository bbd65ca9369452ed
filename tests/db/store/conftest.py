"""The vault of a database where nothing else may change."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.store import db as store
from bot.store.db import Db
from tests.support.vault import Vault, guarded_vault


@pytest.fixture
def vault(database_url: str) -> Iterator[Vault]:
    with guarded_vault(database_url) as vault:
        yield vault


@pytest.fixture
async def db(service_database_url: str) -> AsyncIterator[Db]:
    """As the service."""
    found = store.connect(service_database_url)
    yield found
    await found.close()
