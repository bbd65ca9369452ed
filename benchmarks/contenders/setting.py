"""What every contender is told, and the one statement that each of them runs for a request."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

POOL_SIZE = 10
SAVE = (
    "INSERT INTO pages (person, kind, page) VALUES (%s, %s, %s::jsonb) "
    "ON CONFLICT (person, kind) DO UPDATE SET page = EXCLUDED.page"
)


@dataclass(frozen=True)
class Setting:
    """From the JSON file that is the first argument; the second is the port."""

    database_url: str
    slack_url: str
    secret: str
    names: dict[str, str]
    """Form -> its callback or action id."""
    answers: dict[str, Any]
    """Form -> what the product answered to it: everybody answers the same, as stored."""
    listeners: int = 1
    """So many of a kind; the one that is meant comes last."""
    is_grouped: bool = False

    @classmethod
    def read(cls) -> tuple["Setting", int]:
        return cls(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), int(sys.argv[2])

    @property
    def kinds(self) -> dict[str, str]:
        """Callback or action id -> form."""
        return {name: kind for kind, name in self.names.items()}


def named(payload: dict[str, Any]) -> str:
    """The callback or action id."""
    return str(payload["view"]["callback_id"] if "view" in payload else payload["actions"][0]["action_id"])


def typed(payload: dict[str, Any]) -> dict[str, Any]:
    """What stands in the fields, by block; of a press nothing."""
    values = payload.get("view", {}).get("state", {}).get("values", {})
    return {block: entry.get("value") for fields in values.values() for block, entry in fields.items()}


class Pool:
    """Connections in a first-come queue."""

    def __init__(self, connections: list["psycopg.AsyncConnection[tuple[Any, ...]]"]) -> None:
        self.connections = connections
        self._free: asyncio.Queue[psycopg.AsyncConnection[tuple[Any, ...]]] = asyncio.Queue()
        for connection in connections:
            self._free.put_nowait(connection)

    @asynccontextmanager
    async def one(self) -> AsyncIterator["psycopg.AsyncConnection[tuple[Any, ...]]"]:
        connection = await self._free.get()
        try:
            yield connection
        finally:
            self._free.put_nowait(connection)


async def pool(url: str, *, autocommit: bool, prepare_threshold: int | None) -> Pool:
    how: dict[str, Any] = {"autocommit": autocommit, "prepare_threshold": prepare_threshold}
    return Pool([await psycopg.AsyncConnection.connect(url, **how) for _ in range(POOL_SIZE)])
