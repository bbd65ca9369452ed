"""What the port answers: Slack's requests in HTTP mode, health pages and metrics in any."""

import asyncio
import contextlib
import hmac
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.deps import Deps
from bot.errors import BotError, StartError
from bot.identity import Identity
from bot.services import outbox as deliveries
from bot.services import sweep
from bot.store import db, schema

log = structlog.get_logger(__name__)

SWEEP_LATE_SECONDS = 180.0
"""Three ticks missed in every replica: whoever does work is not ready."""
_MAX_BODY_BYTES = 1_000_000
_FINISH_SECONDS = 5
"""For requests in flight at shutdown: longer than any answer takes, and a bound for who never finishes sending."""


def asgi(deps: Deps, identity: Identity, bolt: AsyncApp | None, *, does_work: bool) -> Starlette:
    """`bolt` None: health pages only (Socket Mode, or a worker)."""
    started = time.monotonic()

    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(_: Request) -> Response:
        checks, details = await readiness(deps, identity, started if does_work else None)
        return JSONResponse({**checks, **details}, status_code=200 if all(checks.values()) else 503)

    routes = [Route("/healthz", healthz), Route("/readyz", readyz)]
    if deps.settings.metrics_token.get_secret_value():

        async def counted(request: Request) -> Response:
            return await _metrics(deps, request)

        routes.append(Route("/metrics", counted))
    if bolt is not None:

        async def events(request: Request) -> Response:
            body = bytearray()
            async for chunk in request.stream():  # a length that is not announced is no way around the limit
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    return Response(status_code=413)
            try:
                bolt_request = to_async_bolt_request(request, bytes(body))
            except UnicodeDecodeError:
                return Response(status_code=400)
            answer = await bolt.async_dispatch(bolt_request)
            if answer.status == 401:
                log.warning("a request's signature did not fit: check SLACK_SIGNING_SECRET and the clock")
            return to_starlette_response(answer)

        routes.append(Route("/slack/events", events, methods=["POST"]))
    return Starlette(routes=routes)


async def readiness(
    deps: Deps, identity: Identity, working_since: float | None
) -> tuple[dict[str, bool], dict[str, object]]:
    """(what has to hold, what an operator wants to know besides). `working_since`: where this process does work."""
    slack_knows_us = identity.ready.is_set()
    try:
        is_current = await db.version(deps.db) == schema.head()
        standing = await deliveries.standing(deps.db)
        sweep_age = await sweep.sweep_age_seconds(deps.db)
    except (BotError, DBAPIError):
        return {"database": False, "slack": slack_knows_us}, {}
    checks = {"database": True, "schema": is_current, "slack": slack_knows_us}
    if working_since is not None:
        is_young = time.monotonic() - working_since < SWEEP_LATE_SECONDS
        checks["sweep"] = is_young if sweep_age is None else sweep_age < SWEEP_LATE_SECONDS or is_young
    counts = {
        "ready": standing.ready,
        "dead": standing.dead,
        "oldest_due_seconds": round(standing.oldest_due_seconds, 1),
    }
    return checks, {"outbox": counts, "sweep_age_seconds": None if sweep_age is None else round(sweep_age, 1)}


async def _metrics(deps: Deps, request: Request) -> Response:
    """For whoever knows the token; without one configured there is no such page."""
    expected = f"Bearer {deps.settings.metrics_token.get_secret_value()}"
    if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
        return Response(status_code=401)
    try:
        standing = await deliveries.standing(deps.db)
        age = await sweep.sweep_age_seconds(deps.db)
    except (BotError, DBAPIError):
        return Response(status_code=503)
    body = metrics.page(
        ready=standing.ready,
        dead=standing.dead,
        oldest_due_seconds=standing.oldest_due_seconds,
        sweep_age_seconds=age,
    )
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: signals end the whole process in order, not only the server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: Starlette, *, host: str, port: int) -> AsyncIterator[int]:
    """An ASGI app on a port (0: any free one); yields the port. Raises StartError where the port is taken."""
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise StartError(f"Port {port} cannot be used ({error.strerror}). Set PORT to another one.") from error
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=_FINISH_SECONDS
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
