"""The vault of a database where nothing else may change."""

from collections.abc import Iterator

import pytest

from tests.support.vault import Vault, guarded_vault


@pytest.fixture
def vault(database_url: str) -> Iterator[Vault]:
    with guarded_vault(database_url) as vault:
        yield vault
