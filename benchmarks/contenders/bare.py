"""Bare Bolt: its defaults behind its own Starlette adapter, one listener a form, psycopg without settings."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.contenders.setting import SAVE, Pool, Setting, named, pool, typed


def main() -> None:
    setting, port = Setting.read()
    bolt = AsyncApp(
        signing_secret=setting.secret, client=AsyncWebClient(token="xoxb-benchmark", base_url=setting.slack_url)
    )
    pools: list[Pool] = []

    async def save(ack: AsyncAck, body: dict[str, Any]) -> None:
        kind = setting.kinds[named(body)]
        async with pools[0].one() as connection, connection.transaction():
            await connection.execute(SAVE, (body["user"]["id"], kind, json.dumps(typed(body))))
        await ack(**(setting.answers[kind] or {}))

    for kind, name in setting.names.items():
        (bolt.action if kind == "press" else bolt.view)(name)(save)

    @asynccontextmanager
    async def connected(_: Starlette) -> AsyncIterator[None]:
        pools.append(await pool(setting.database_url, autocommit=False, prepare_threshold=5))
        yield

    serve(bolt, port, connected)


def serve(bolt: AsyncApp, port: int, lifespan: Any) -> None:
    """As Bolt's documentation has it."""
    handler = AsyncSlackRequestHandler(bolt)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    app = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
