"""What the port answers: Slack's requests in HTTP mode, health pages and metrics in any, the web where it is served."""

import asyncio
import contextlib
import errno
import hmac
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
import uvicorn
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import metrics
from bot.clock import DatabaseClock
from bot.deps import Deps
from bot.errors import StartError, told
from bot.identity import CLOCK_OFF_SECONDS, Identity
from bot.intake import SLACK, Intake, by_bolt
from bot.llm import asking
from bot.port import Connection, QuietAccept, most_connections
from bot.services import outbox as deliveries
from bot.services import sketch as sketches
from bot.services import sweep
from bot.store import db
from bot.store.outbox import Standing
from bot.store.sketch import Usage
from bot.watch import Watch

if TYPE_CHECKING:
    from bot.socket_mode import Socket

log = structlog.get_logger(__name__)

SWEEP_LATE_SECONDS = 180.0
"""Three ticks missed in every replica: whoever does work is not ready."""
DUE_LATE_SECONDS = 120.0
"""A delivery that nobody has claimed for so long, four leases: nobody delivers."""
_FINISH_SECONDS = 5
"""For requests in flight at shutdown: longer than any answer takes, and a bound for who never finishes sending."""
_KEPT_SECONDS = 75
"""An idle connection. Proxies drop theirs after 60 s: who ends first loses no request to a connection just closed."""
_NOT_HERE = {errno.EADDRNOTAVAIL, socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_FAMILY}


def asgi(
    deps: Deps,
    identity: Identity,
    bolt: AsyncApp | None,
    *,
    does_work: bool,
    watch: Watch | None = None,
    socket: "Socket | None" = None,
    more: Sequence[Route] = (),
    web: ASGIApp | None = None,
) -> ASGIApp:
    """`bolt` None: health pages only (a worker, or Socket Mode with its `socket`). more: what else the port serves.

    web: answers all other paths.
    """
    started = time.monotonic()
    watch = watch or Watch()

    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(_: Request) -> Response:
        working_since = started if does_work else None
        checks, details = await readiness(
            deps, identity, working_since, watch=watch, socket=socket, has_signatures=bolt is not None
        )
        return JSONResponse({**checks, **details}, status_code=200 if all(checks.values()) else 503)

    routes: list[BaseRoute] = [Route("/healthz", healthz), Route("/readyz", readyz), *more]
    if deps.settings.metrics_token.get_secret_value():

        async def counted(request: Request) -> Response:
            return await _metrics(deps, identity, watch, request)

        routes.append(Route("/metrics", counted))
    intake = _intake(deps, bolt) if bolt is not None else None
    if intake is not None:
        routes.append(Route(SLACK, intake, methods=["POST"]))
    if web is not None:
        routes.append(Mount("/", web))
    pages = Starlette(routes=routes)
    pages.router.redirect_slashes = False  # Slack follows no redirect: a wrong address is to be seen as one
    return pages if intake is None else _shortcut(intake, pages)


def _intake(deps: Deps, bolt: AsyncApp) -> Intake:
    """Half of the port's connections stay free for health pages."""
    secret = deps.settings.slack_signing_secret.get_secret_value()
    return Intake(by_bolt(bolt), secret, at_once=most_connections() // 2)


def _shortcut(intake: Intake, pages: ASGIApp) -> ASGIApp:
    """Slack's requests pass the router by, which would take a seventh of the time of a cheap one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_slacks = scope["type"] == "http" and scope["path"] == SLACK and scope["method"] == "POST"
        await (intake if is_slacks else pages)(scope, receive, send)

    return app


async def readiness(
    deps: Deps,
    identity: Identity,
    working_since: float | None,
    *,
    watch: Watch | None = None,
    socket: "Socket | None" = None,
    has_signatures: bool = False,
) -> tuple[dict[str, bool], dict[str, object]]:
    """(what has to hold, what an operator wants to know besides).

    `working_since`: where this process does work. has_signatures: it takes requests that Slack has signed, by the time.
    socket: it takes them through this connection.
    """
    unwell = watch.unwell if watch else []
    clocks = _clocks_ahead(deps, identity)
    checks = {"slack": identity.ready.is_set(), "tasks": not unwell}
    checks |= _requests_come(clocks if has_signatures else None, socket)
    try:
        checks |= {"database": True, "schema": (await db.standing(deps.db)).is_ours}
        standing = await deliveries.standing(deps.db, workspace=identity.workspace_id or "")
        sweep_age = await sweep.sweep_age_seconds(deps.db)
        use = await sketches.usage(deps.db) if deps.rules.model else None
    except Exception as error:  # whatever it is, this process cannot work with that database
        return {**checks, "database": False}, {"database_error": told(error), "unwell_tasks": unwell}
    if working_since is not None:
        checks |= _work_is_done(standing, sweep_age, is_young=time.monotonic() - working_since < SWEEP_LATE_SECONDS)
    counts = {
        "ready": standing.ready,
        "dead": standing.dead,
        "oldest_due_seconds": round(standing.oldest_due_seconds, 1),
    }
    return checks, {
        "outbox": counts,
        "sweep_age_seconds": None if sweep_age is None else round(sweep_age, 1),
        "slack_refuses": _refusal(standing, identity, socket),
        "waiting_for_an_operator": standing.refused,
        "clock_ahead_seconds": {name: round(seconds, 1) for name, seconds in clocks.items()},
        "unwell_tasks": unwell,
        "model": _told_of_model(deps, use),
    }


def _told_of_model(deps: Deps, use: Usage | None) -> object:
    """What came of asking the language model since yesterday, or why it is not asked. Nothing depends on it."""
    settings = deps.settings
    if use is None:
        return asking.trouble(settings.model, **settings.model_access) if settings.model else None
    return {"asked": use.asked, "failed": use.failed, "over_budget": use.refused, "last_error": use.last_error}


def _requests_come(clocks_ahead: Mapping[str, float] | None, socket: "Socket | None") -> dict[str, bool]:
    """Whether Slack's requests get through. clocks_ahead: None where none come by the port."""
    by_port = {} if clocks_ahead is None else {"clock": _is_right(clocks_ahead)}
    return by_port | ({"socket": socket.is_live} if socket else {})


def _refusal(standing: Standing, identity: Identity, socket: "Socket | None") -> str | None:
    return standing.refusal or identity.trouble or (socket.trouble if socket else None)


def _work_is_done(standing: Standing, sweep_age: float | None, *, is_young: bool) -> dict[str, bool]:
    """Whether somebody ticks and somebody delivers. A young process may still be catching up on what others left."""
    return {
        "sweep": is_young or (sweep_age is not None and sweep_age < SWEEP_LATE_SECONDS),
        "deliveries": is_young or standing.oldest_due_seconds < DUE_LATE_SECONDS,
    }


def _clocks_ahead(deps: Deps, identity: Identity) -> dict[str, float]:
    """By how many seconds this machine's wall clock is ahead of Slack's and of the database's, where they are known."""
    readings = {
        "slack": identity.slack_time,
        "database": deps.clock.reading if isinstance(deps.clock, DatabaseClock) else None,
    }
    return {name: reading.wall_ahead_seconds for name, reading in readings.items() if reading}


def _is_right(clocks_ahead: Mapping[str, float]) -> bool:
    """By Slack's clock, by which requests are signed; by the database's where Slack's answers bear no date.

    A database may be elsewhere in time, as a demo's is, and all is well.
    """
    ahead = clocks_ahead.get("slack", clocks_ahead.get("database", 0.0))
    return abs(ahead) < CLOCK_OFF_SECONDS


async def _metrics(deps: Deps, identity: Identity, watch: Watch, request: Request) -> Response:
    """For whoever knows the token; without one configured there is no such page."""
    expected = f"Bearer {deps.settings.metrics_token.get_secret_value()}"
    if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
        return Response(status_code=401)
    try:
        standing = await deliveries.standing(deps.db, workspace=identity.workspace_id or "")
        age = await sweep.sweep_age_seconds(deps.db)
        counted = await deliveries.count(deps.db)
    except Exception as error:
        log.warning("no metrics without the database", **told(error))
        return Response(status_code=503)
    metrics.show_counts(due=counted.due, dead=counted.dead, unfinished=counted.unfinished)
    body = metrics.page(
        ready=standing.ready,
        dead=standing.dead,
        refused=standing.refused,
        unwell=len(watch.unwell),
        oldest_due_seconds=standing.oldest_due_seconds,
        sweep_age_seconds=age,
    )
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: signals end the whole process in order, not only the server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listener(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        if error.errno in _NOT_HERE:
            raise StartError(f"CONCLAVE_HOST {host} is no address of this machine. Set it to 0.0.0.0.") from error
        why = os.strerror(error.errno or 0)
        raise StartError(f"Port {port} cannot be used ({why}). Set PORT to another one.") from error
    # asyncio does so only for sockets that name their protocol: without it the body of each answer waits 40 ms for the
    # caller to acknowledge the head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def serving(app: ASGIApp, *, host: str, port: int, watch: Watch | None = None) -> AsyncIterator[int]:
    """An ASGI app on a port (0: any free one); yields the port. Raises StartError where the port is taken."""
    listener = _listener(host, port)
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # `web.person` reads them, from those proxies alone that an operator trusts
        lifespan="off",
        timeout_keep_alive=_KEPT_SECONDS,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    asyncio.get_running_loop().set_exception_handler(QuietAccept())
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or task.done()):  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    if watch:
        watch.follow("port", task)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
