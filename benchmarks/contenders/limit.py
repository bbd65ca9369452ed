"""The limit, what no program in Python can do without: raw ASGI, HMAC, one prepared autocommit statement, a stored
answer.

With group commit, pages that come while others are being written are written together, at most 64 in a statement.
"""

import asyncio
import gc
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import uvicorn
from yarl import URL

from benchmarks.contenders.setting import SAVE, Pool, Setting, named, pool, typed

try:
    from orjson import dumps, loads
except ImportError:  # the report says so
    loads = json.loads

    def dumps(value: object) -> bytes:
        return json.dumps(value).encode()


MOST_TOGETHER, FLUSHERS, OLD_SECONDS = 64, 2, 300
# Sorted, so that two batches at once take their rows in the same order.
_SAVE_ALL = (
    "INSERT INTO pages (person, kind, page) SELECT * FROM unnest(%s::text[], %s::text[], %s::jsonb[]) AS p (a, b, c) "
    "ORDER BY 1, 2 ON CONFLICT (person, kind) DO UPDATE SET page = EXCLUDED.page"
)
Row = tuple[str, str, str]
Message = dict[str, Any]


class Group:
    """Group commit: who comes while a statement runs goes with the next one."""

    def __init__(self, connections: Pool) -> None:
        self._pool = connections
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._flushing: set[asyncio.Task[None]] = set()

    async def save(self, row: Row) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if len(self._flushing) < FLUSHERS:
            flushing = asyncio.create_task(self._flush())
            self._flushing.add(flushing)
            flushing.add_done_callback(self._flushing.discard)
        await done

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            columns = [list(column) for column in zip(*(row for row, _ in batch), strict=True)]
            async with self._pool.one() as connection:
                await connection.execute(_SAVE_ALL, columns)
            for _, done in batch:
                done.set_result(None)


class Limit:
    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._kinds = setting.kinds
        self._answers = {kind: b"" if said is None else dumps(said) for kind, said in setting.answers.items()}
        self._secret = setting.secret.encode()
        self._save: Callable[[Row], Awaitable[None]]

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = await _body(receive)
        if not self._is_signed(dict(scope["headers"]), body):
            await _send(send, 401, b"")
            return
        payload = loads(URL.build(path="/", query_string=body.decode(), encoded=True).query["payload"])
        kind = self._kinds[named(payload)]
        await self._save((payload["user"]["id"], kind, dumps(typed(payload)).decode()))
        await _send(send, 200, self._answers[kind])

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        connections = await pool(self._setting.database_url, autocommit=True, prepare_threshold=0)
        self._save = Group(connections).save if self._setting.is_grouped else _one_by_one(connections)
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _is_signed(self, headers: dict[bytes, bytes], body: bytes) -> bool:
        at = headers.get(b"x-slack-request-timestamp", b"0")
        digest = hmac.new(self._secret, b"v0:" + at + b":" + body, hashlib.sha256).hexdigest()
        is_young = abs(time.time() - int(at)) < OLD_SECONDS
        return is_young and hmac.compare_digest(b"v0=" + digest.encode(), headers.get(b"x-slack-signature", b""))


def _one_by_one(connections: Pool) -> Callable[[Row], Awaitable[None]]:
    async def save(row: Row) -> None:
        async with connections.one() as connection:
            await connection.execute(SAVE, row)

    return save


async def _body(receive: Any) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def _send(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    setting, port = Setting.read()
    with suppress(KeyboardInterrupt):
        uvicorn.run(Limit(setting), host="127.0.0.1", port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
