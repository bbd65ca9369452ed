"""The composition root: one process of Conclave from its settings. The one file of `bot` that knows the handlers."""

import asyncio
import contextlib
import hmac
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import structlog
import uvicorn
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import embedded, jobs, metrics
from bot.config import Settings, sqlalchemy_url
from bot.delivery import home, letter, nudge, slack
from bot.delivery.worker import Worker
from bot.deps import Clock, Deps, utc_now
from bot.errors import BotError
from bot.services import outbox as deliveries
from bot.services import reminder as reminders
from bot.services import result as results
from bot.store import db, sample, schema
from bot.store.outbox import GivenUp
from handlers.after_ack import AfterAck
from handlers.routes import register

log = structlog.get_logger(__name__)

SLACK_SECONDS = 8
"""Two calls of this length fit into the time that a delivery has (0.6 of its lease)."""
SWEEP_LATE_SECONDS = 180.0
"""Three ticks missed in every replica: whoever does work is not ready."""
_TOKEN_ERRORS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
_RETRY_SECONDS = 2.0
_MAX_BODY_BYTES = 1_000_000


class StartError(Exception):
    """Conclave cannot start; the message is a sentence for the operator with a way out."""


@dataclass
class Identity:
    """Who the bot is in Slack, from one `auth.test`; unknown until Slack has answered it."""

    workspace_id: str | None = None
    bot_user_id: str | None = None
    bot_id: str | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Bot:
    """A running process: its ASGI app serves Slack's requests (HTTP mode) and the health pages."""

    deps: Deps
    identity: Identity
    asgi: Starlette


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    database_url: str,
    clock: Clock = utc_now,
    does_web: bool = True,
    does_work: bool = True,
) -> AsyncIterator[Bot]:
    """Everything started, and drained on the way out: requests first, then background work, then deliveries.

    Raises StartError where a setting is missing or the schema is not the one that this code was written for.
    """
    _check_settings(settings)
    await _check_schema(database_url)
    async with contextlib.AsyncExitStack() as stack:
        # One session for all calls to Slack: without it every call would shake hands anew.
        session = await stack.enter_async_context(aiohttp.ClientSession())
        database = db.connect(sqlalchemy_url(database_url))
        stack.push_async_callback(database.close)
        token = settings.slack_bot_token.get_secret_value()
        deps = Deps(database, clock, settings, _client(settings, session, token=token))
        identity = Identity()
        stack.push_async_callback(_cancel, asyncio.create_task(_identify(deps, identity)))
        if does_work:
            await _start_work(stack, deps, identity, sqlalchemy_url(database_url))
        after_ack = AfterAck()
        stack.push_async_callback(after_ack.drain)
        bolt = _bolt(settings, _client(settings, session), identity)
        register(bolt, deps=deps, after_ack=after_ack)
        if does_web and settings.is_socket_mode:
            await _start_socket_mode(stack, settings, bolt, session)
        is_http = does_web and not settings.is_socket_mode
        yield Bot(deps, identity, _asgi(deps, identity, bolt if is_http else None, does_work=does_work))


def _check_settings(settings: Settings) -> None:
    missing = settings.missing_for_slack()
    if missing:
        raise StartError(f"Set {' and '.join(missing)}. The README says where Slack shows them.")


async def _check_schema(database_url: str) -> None:
    try:
        found = await asyncio.to_thread(schema.current, database_url)
    except Exception as error:
        raise StartError(f"The database does not answer ({type(error).__name__}). Check DATABASE_URL.") from error
    if found != schema.head():
        raise StartError(
            f"The database's schema is {found or 'empty'}, this version needs {schema.head()}. Run: conclave migrate"
        )


def _client(settings: Settings, session: aiohttp.ClientSession, *, token: str | None = None) -> AsyncWebClient:
    # No retry handlers: the default one posts again after a dropped connection. The outbox decides what to repeat.
    return AsyncWebClient(
        token=token,
        base_url=settings.slack_api_url,
        timeout=SLACK_SECONDS,
        session=session,
        retry_handlers=[],
    )


def _bolt(settings: Settings, client: AsyncWebClient, identity: Identity) -> AsyncApp:
    token = settings.slack_bot_token.get_secret_value()

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # Static: Bolt's own would call auth.test for every request.
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=token,
            bot_user_id=identity.bot_user_id,
            bot_id=identity.bot_id,
        )

    return AsyncApp(
        name="conclave",
        client=client,
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        attaching_conversation_kwargs_enabled=False,
    )


async def _start_work(stack: contextlib.AsyncExitStack, deps: Deps, identity: Identity, database_url: str) -> None:
    senders = {**slack.senders(), **nudge.senders(), **home.senders(), **letter.senders()}
    worker = Worker(
        deps,
        senders,
        database_url=database_url,
        workspace=lambda: identity.workspace_id,
        giving_up=slack.giving_up,
    )
    working = asyncio.create_task(worker.run())

    async def stop() -> None:
        worker.stop()
        await working

    stack.push_async_callback(stop)
    stack.push_async_callback(jobs.Ticking(deps).start().stop)


async def _start_socket_mode(
    stack: contextlib.AsyncExitStack, settings: Settings, bolt: AsyncApp, session: aiohttp.ClientSession
) -> None:
    app_token = settings.slack_app_token.get_secret_value()
    handler = AsyncSocketModeHandler(
        bolt,
        app_token,
        web_client=_client(settings, session),
        logger=logging.getLogger("slack_sdk.socket_mode"),
    )

    async def connect() -> None:
        while True:
            try:
                await handler.connect_async()  # type: ignore[no-untyped-call]
                return
            except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
                log.warning("socket mode waits for Slack", error=_slack_name(error))
                await asyncio.sleep(_RETRY_SECONDS)

    connecting = asyncio.create_task(connect())

    async def close() -> None:
        await _cancel(connecting)
        await handler.close_async()  # type: ignore[no-untyped-call]

    stack.push_async_callback(close)


async def _identify(deps: Deps, identity: Identity) -> None:
    """Ask Slack who we are until it answers. Deliveries to Slack wait for it; requests do not."""
    while True:
        try:
            answer = await deps.client.auth_test()
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            name = _slack_name(error)
            if name == "unknown_method":
                identity.workspace_id = ""  # no way to know: serve every workspace's deliveries
                identity.ready.set()
                return
            log.log(logging.ERROR if name in _TOKEN_ERRORS else logging.WARNING, "auth.test failed", error=name)
            await asyncio.sleep(_RETRY_SECONDS * (5 if name in _TOKEN_ERRORS else 1))
        else:
            identity.workspace_id = str(answer.get("team_id") or "")
            identity.bot_user_id, identity.bot_id = answer.get("user_id"), answer.get("bot_id")
            identity.ready.set()
            log.info("connected to Slack", workspace=identity.workspace_id)
            return


def _slack_name(error: BaseException) -> str:
    if isinstance(error, SlackApiError) and hasattr(error.response, "get"):
        return str(error.response.get("error") or "no error named")
    return type(error).__name__


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _asgi(deps: Deps, identity: Identity, bolt: AsyncApp | None, *, does_work: bool) -> Starlette:
    """`bolt` None: health pages only (Socket Mode, or a worker)."""
    started = time.monotonic()

    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(_: Request) -> Response:
        checks, details = await _readiness(deps, identity, started if does_work else None)
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


async def _readiness(
    deps: Deps, identity: Identity, working_since: float | None
) -> tuple[dict[str, bool], dict[str, object]]:
    """(what has to hold, what an operator wants to know besides). `working_since`: where this process does work."""
    slack_knows_us = identity.ready.is_set()
    try:
        is_current = await db.version(deps.db) == schema.head()
        standing = await deliveries.standing(deps.db)
        sweep_age = await reminders.sweep_age_seconds(deps.db)
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
        age = await reminders.sweep_age_seconds(deps.db)
    except BotError:
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
async def serving(bot: Bot, *, host: str, port: int) -> AsyncIterator[int]:
    """The bot's ASGI app on a port (0: any free one); yields the port. Raises StartError where the port is taken."""
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise StartError(f"Port {port} cannot be used ({error.strerror}). Set PORT to another one.") from error
    server = _Server(uvicorn.Config(bot.asgi, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def serve(settings: Settings, *, database_url: str, does_web: bool = True, does_work: bool = True) -> None:
    """Run until SIGTERM or SIGINT, then drain."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with running(settings, database_url=database_url, does_web=does_web, does_work=does_work) as bot:
        async with serving(bot, host=settings.host, port=settings.port) as port:
            log.info("ready", port=port, web=does_web, worker=does_work, socket_mode=settings.is_socket_mode)
            await stopping.wait()
        log.info("stopping")


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The database's URL; without DATABASE_URL the embedded one, started and migrated."""
    url = settings.database_url.get_secret_value()
    if url:
        yield url
        return
    with embedded_database(settings.data_dir or embedded.default_data_dir()) as url:
        yield url


@contextlib.contextmanager
def embedded_database(data_dir: Path) -> Iterator[str]:
    """The embedded database in `data_dir`, migrated; stopped by whoever uses it last."""
    server = embedded.start(data_dir)
    try:
        schema.upgrade(server.url)
        yield server.url
    finally:
        server.stop()


def migrate(settings: Settings) -> str:
    """Bring the schema up to date; returns its revision. Raises StartError where the database does not answer."""
    with database(settings) as url:
        try:
            schema.upgrade(settings.migration_database_url.get_secret_value() or url)
        except OperationalError as error:
            raise StartError("The database does not answer. Check DATABASE_URL.") from error
        return schema.head()


def load_sample(url: str, *, workspace_id: str, domain: str) -> bool:
    """The sample team of the given schema, bound to a workspace. False: it is there already."""
    return sample.load(url, workspace_id=workspace_id, domain=domain)


async def verify(settings: Settings, *, number: int, team: str | None) -> str:
    """In which order a decision's scores lie: 'none', 'open', 'closed', 'voided', 'sealed' or 'unsealed'."""
    with database(settings) as url:
        opened = db.connect(sqlalchemy_url(url), budget_seconds=10)
        try:
            return await results.verify(opened, number=number, team_name=team)
        finally:
            await opened.close()


@dataclass(frozen=True)
class Finding:
    """One line of `conclave doctor`."""

    subject: str
    is_fine: bool
    words: str


async def examine(settings: Settings) -> list[Finding]:
    """What an operator asks first when something is wrong: settings, database, schema, Slack."""
    missing = settings.missing_for_slack()
    mode = "Socket Mode" if settings.is_socket_mode else f"HTTP on port {settings.port}"
    findings = [Finding("settings", not missing, f"set {' and '.join(missing)}" if missing else mode)]
    kind = "embedded" if settings.uses_embedded_database else "DATABASE_URL"
    with database(settings) as url:
        try:
            await _check_schema(url)
            findings.append(Finding("database", True, f"{kind}, schema {schema.head()}"))
            findings += await _examine_deliveries(url)
        except StartError as error:
            findings.append(Finding("database", False, str(error)))
    if not missing:
        findings.append(await _examine_slack(settings))
    secrecy = (
        "one database login owns everything, so it could call the functions that hold ballots; "
        "nothing else of the product reads them"
    )
    findings.append(Finding("secrecy", True, secrecy))
    return findings


async def _examine_deliveries(url: str) -> list[Finding]:
    opened = db.connect(sqlalchemy_url(url), budget_seconds=10)
    try:
        standing = await deliveries.standing(opened)
        age = await reminders.sweep_age_seconds(opened)
        is_telling = await db.logs_parameters(opened)
    finally:
        await opened.close()
    waiting = f"{standing.ready} ready, {standing.dead} given up, oldest due {standing.oldest_due_seconds:.0f} s"
    hint = ". See: conclave outbox list" if standing.dead else ""
    swept = "has never run: start conclave run or worker" if age is None else f"ran {age:.0f} s ago"
    return [
        Finding("deliveries", standing.dead == 0, f"{waiting}{hint}"),
        Finding("sweep", True, swept),
        Finding("database log", not is_telling, _TELLING if is_telling else "keeps what people type to itself"),
    ]


_TELLING = (
    "the server logs parameters of statements, and a page of scores is one. "
    "Set log_parameter_max_length = 0 and log_parameter_max_length_on_error = 0 there"
)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[db.Db]:
    with database(settings) as url:
        opened = db.connect(sqlalchemy_url(url), budget_seconds=10)
        try:
            yield opened
        finally:
            await opened.close()


async def given_up(settings: Settings, *, at_most: int) -> list[GivenUp]:
    """Deliveries that were given up, newest first."""
    async with _opened(settings) as opened:
        return await deliveries.given_up(opened, at_most=at_most)


async def retry(settings: Settings, *, ids: Sequence[int]) -> int:
    """Put given-up deliveries (all where none is named) back; returns how many."""
    async with _opened(settings) as opened:
        return await deliveries.retry(opened, ids=ids)


async def _examine_slack(settings: Settings) -> Finding:
    async with aiohttp.ClientSession() as session:
        client = _client(settings, session, token=settings.slack_bot_token.get_secret_value())
        try:
            answer = await client.auth_test()
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            return Finding("slack", False, f"auth.test failed: {_slack_name(error)}. Check SLACK_BOT_TOKEN.")
    return Finding("slack", True, f"{answer.get('user')} in {answer.get('team')}")
