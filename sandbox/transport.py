"""Owns how Web API calls arrive, and what may befall them down to a cut connection."""

import asyncio
import json
import time
import weakref
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.faults import Fault
from sandbox.inputs import Json
from sandbox.records import Call
from sandbox.town import Town
from sandbox.web_api import call

_open_transports: "weakref.WeakValueDictionary[Any, asyncio.Transport]" = weakref.WeakValueDictionary()


class Droppable(H11Protocol):
    """uvicorn's protocol, remembering its connection so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        _open_transports[tuple(transport.get_extra_info("peername")[:2])] = transport
        super().connection_made(transport)


class Cut:
    """An answer that never comes: the connection is cut instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = _open_transports.get(tuple(scope["client"]))
        if transport is not None:
            self.end(transport)
        while (await receive())["type"] != "http.disconnect":
            pass

    def end(self, transport: asyncio.Transport) -> None:
        transport.abort()


class Garbage(Cut):
    """An answer that is no HTTP."""

    def end(self, transport: asyncio.Transport) -> None:
        transport.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        transport.close()


def web_api(town: Town) -> ASGIApp:
    """Serve /api/{method}."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        method = request.path_params["method"]
        try:
            arguments = await merged_arguments(request)
        except ValueError:
            await JSONResponse({"ok": False, "error": "invalid_json"})(scope, receive, send)
            return
        token = _token(request, arguments)
        record = Call(method, dict(arguments), at=town.clock.time())
        town.records.calls.append(record)
        started = time.perf_counter()
        response = await _answer(town, record, method, arguments, token)
        record.ms = (time.perf_counter() - started) * 1000
        await response(scope, receive, send)

    return AsAsgi(app)


class AsAsgi:
    """Starlette takes functions for endpoints of requests; an instance is taken for an ASGI app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


async def _answer(town: Town, record: Call, method: str, arguments: Json, token: str | None) -> ASGIApp:
    fault = town.faults.take(method, _block_types(arguments))
    if fault is not None:
        early = await _instead(fault, record)
        if early is not None:
            return early
    record.answer, record.status = call(town.api, method, arguments, token=token), 200
    if fault is not None and fault.kind.endswith("_after"):
        late = await _afterwards(fault, record)
        if late is not None:
            return late
    # Dated here: the server's own date stands still, since nothing ticks in it.
    headers = {"x-oauth-scopes": ",".join(town.spec.scopes), "date": formatdate(usegmt=True)}
    return JSONResponse(record.answer, headers=headers)


async def _instead(fault: Fault, record: Call) -> ASGIApp | None:
    """What comes instead of the work; None when the work is to be done (late, or with its answer lost)."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "drop":
        record.spoiled = "connection lost"
        return Cut()
    if fault.kind == "http_500":
        record.status, record.spoiled = 500, "500 server error"
        return PlainTextResponse("server error", 500)
    if fault.kind == "ratelimited":
        record.status, record.answer = 429, {"ok": False, "error": "ratelimited"}
        return JSONResponse(record.answer, 429, headers={"Retry-After": str(fault.retry_after)})
    if fault.kind in ("error", "refuse_block"):
        error = fault.error if fault.kind == "error" else "invalid_blocks"
        record.status, record.answer = 200, {"ok": False, "error": error}
        return JSONResponse(record.answer)
    return None


async def _afterwards(fault: Fault, record: Call) -> ASGIApp | None:
    """What befalls the answer to work that was done; None when it only comes late."""
    if fault.kind == "drop_after":
        record.spoiled = "done, but the answer was lost"
        return Cut()
    if fault.kind == "http_500_after":
        record.status, record.spoiled = 500, "done, but answered 500"
        return PlainTextResponse("server error", 500)
    await asyncio.sleep(fault.seconds)
    return None


def _block_types(arguments: Json) -> set[str]:
    """Of the blocks in the arguments of a call, which may be JSON text."""
    blocks = arguments.get("blocks") or []
    if isinstance(blocks, str):
        try:
            blocks = json.loads(blocks)
        except ValueError:
            return set()  # the method itself refuses it
    return {str(block.get("type")) for block in blocks if isinstance(block, dict)}


async def merged_arguments(request: Request) -> Json:
    """Merge query, form and JSON: slack_sdk sends arguments in all three ways."""
    arguments: Json = dict(request.query_params)
    content_type = request.headers.get("content-type", "")
    body = await request.body()
    if content_type.startswith("application/json"):
        arguments |= json.loads(body) if body else {}
    elif body:
        arguments |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return arguments


def _token(request: Request, arguments: Json) -> str | None:
    given = arguments.pop("token", None)
    bearer = request.headers.get("authorization", "")
    return bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else given


def web_response_url(town: Town) -> ASGIApp:
    """Serve /respond/...: the app's late answers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = json.loads(await request.body())
        record = Call("response_url", body, at=town.clock.time())
        town.records.calls.append(record)
        started = time.perf_counter()
        response = await _respond(town, record, request.path_params["key"], body)
        record.ms = (time.perf_counter() - started) * 1000
        await response(scope, receive, send)

    return AsAsgi(app)


async def _respond(town: Town, record: Call, key: str, body: Json) -> ASGIApp:
    fault = town.faults.take("response_url")
    if fault is not None:
        early = await _instead(fault, record)
        if early is not None:
            return early
    error = town.answers.respond(key, body)
    record.answer = {"ok": error is None} | ({"error": error} if error else {})
    record.status = 200 if error is None else 404 if error in ("used_url", "expired_url") else 400
    if fault is not None and fault.kind.endswith("_after"):
        late = await _afterwards(fault, record)
        if late is not None:
            return late
    response: Response = PlainTextResponse("ok") if error is None else JSONResponse(record.answer, record.status)
    return response
