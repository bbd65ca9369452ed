"""The composition root: one process of Conclave from its settings. The one file of `bot` that knows the handlers."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route
from starlette.types import ASGIApp

from bot import keyring as keyrings
from bot import metrics, tracing
from bot.clock import OLD_SECONDS, DatabaseClock
from bot.config import Settings, hidden_from_bolt
from bot.deps import Clock, Deps
from bot.errors import StartError, TryAgain
from bot.http import asgi, serving
from bot.identity import Identity, client_for, identify, slack_session
from bot.preflight import check_direct, check_letters, check_schema, check_web, told_of_secrecy
from bot.services import installation as installations
from bot.services import secrecy
from bot.store import db
from bot.watch import SILENT_SECONDS, Watch, cancel
from handlers.after_ack import AfterAck
from handlers.installation import FOUND
from handlers.routes import register

if TYPE_CHECKING:
    from bot.socket_mode import Socket
    from bot.workspaces import ManyWorkspaces

log = structlog.get_logger(__name__)
GC_THRESHOLDS = (50_000, 20, 100)


@dataclass(frozen=True)
class Bot:
    """A running process: its ASGI app serves Slack's requests (HTTP mode) and the health pages."""

    deps: Deps
    identity: Identity
    asgi: ASGIApp
    watch: Watch = field(default_factory=Watch)
    socket: "Socket | None" = None
    """In Socket Mode, where this process takes requests."""

    async def until_ready(self) -> None:
        """Wait until Slack knows who we are, and reaches us."""
        await self.identity.ready.wait()
        if self.socket:
            await self.socket.live.wait()


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    database_url: str,
    clock: Clock | None = None,
    does_web: bool = True,
    does_work: bool = True,
    watch: Watch | None = None,
) -> AsyncIterator[Bot]:
    """Everything started, and drained on the way out: requests first, then background work, then deliveries.

    clock: None = the database's. Raises StartError where a setting is missing or the schema is not the one that this
    code was written for.
    """
    _check_settings(settings)
    await check_schema(database_url)
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(slack_session())
        database = db.connect(database_url, waited=metrics.count_wait, span=tracing.span, trace=tracing.at_hand)
        if settings.otlp_url.get_secret_value():
            tracing.watch(database.engine)
        stack.push_async_callback(database.close)
        await _say_what_is_secret(database)
        watch = watch or Watch()
        clock = clock or await _start_clock(stack, watch, database)
        token = settings.slack_bot_token.get_secret_value()
        direct = settings.direct_database_url.get_secret_value() or database_url
        many = await _many(settings, database, session)
        deps = Deps(database, clock, settings, client_for(settings, session, token=token), many)
        identity = _start_identity(stack, watch, deps, direct, many)
        if does_work:
            check_direct(direct)
            from bot import working  # a process that only takes requests goes without

            await working.start(stack, watch, deps, identity, direct, many)
        after_ack = AfterAck()
        stack.push_async_callback(after_ack.drain)
        bolt = _bolt(settings, client_for(settings, session), identity, many)
        register(bolt, deps=deps, after_ack=after_ack)
        is_socket = does_web and settings.is_socket_mode
        socket = await _start_socket_mode(stack, watch, settings, bolt, session) if is_socket else None
        stack.callback(watch.stop)
        by_port = bolt if does_web and not is_socket else None
        more, web = (_consent(deps, many), _second_door(deps)) if does_web else ([], None)
        pages = asgi(deps, identity, by_port, does_work=does_work, watch=watch, socket=socket, more=more, web=web)
        yield Bot(deps, identity, pages, watch, socket)


def _second_door(deps: Deps) -> ASGIApp | None:
    """The web pages, where CONCLAVE_URL says how people reach them. Imported only then: nobody else pays for them."""
    if not deps.settings.url:
        return None
    from web.app import pages

    return pages(deps)


async def _start_clock(stack: contextlib.AsyncExitStack, watch: Watch, database: db.Db) -> DatabaseClock:
    clock = DatabaseClock(database)
    try:
        await clock.look()
    except TryAgain as error:
        raise StartError("The database does not answer. Check DATABASE_URL.") from error
    following = asyncio.create_task(clock.follow())
    watch.follow("clock", following, age_seconds=lambda: clock.age_seconds, at_most=OLD_SECONDS)
    stack.push_async_callback(cancel, following)
    return clock


async def _say_what_is_secret(database: db.Db) -> None:
    ways = await secrecy.ways_around(database)
    (log.warning if ways else log.info)("secrecy", says=told_of_secrecy(ways))


def _check_settings(settings: Settings) -> None:
    missing = settings.missing_for_slack()
    if missing:
        raise StartError(f"Set {' and '.join(missing)}. The README says where Slack shows them.")
    half_set = settings.half_set()
    if half_set:
        raise StartError(half_set)
    check_letters(settings.letter_urls)
    if settings.url:
        check_web()
    _ = settings.rules, settings.keyring  # read here, so that what cannot be used is told at the start


def _start_identity(
    stack: contextlib.AsyncExitStack, watch: Watch, deps: Deps, database_url: str, many: "ManyWorkspaces | None"
) -> Identity:
    """Ask Slack whose the one token is, or follow who installs the app."""
    identity = Identity()
    if many is None:
        stack.push_async_callback(cancel, watch.start("identity", identify(deps, identity)))
        return identity
    check_direct(database_url)
    identity.serve_many()
    stack.push_async_callback(cancel, watch.start("installations", many.follow(database_url)))
    return identity


async def _many(settings: Settings, database: db.Db, session: aiohttp.ClientSession) -> "ManyWorkspaces | None":
    """Where workspaces install the app themselves. Raises StartError where a key is missing."""
    if not settings.serves_many:
        return None
    found = keyrings.parse(settings.token_keys.get_secret_value())
    lost = await installations.lost_keys(database, found)
    if lost:
        raise StartError(keyrings.told_of_lost(lost))
    from bot.workspaces import ManyWorkspaces

    return ManyWorkspaces(database, found, settings, session)


def _consent(deps: Deps, many: "ManyWorkspaces | None") -> list[Route]:
    """The pages by which a workspace installs the app."""
    if many is None:
        return []
    from bot.oauth import Consent

    return Consent(deps.db, many.keyring, deps.settings, many.session).routes()


def _bolt(
    settings: Settings, client: AsyncWebClient, identity: Identity, many: "ManyWorkspaces | None" = None
) -> AsyncApp:
    token = settings.slack_bot_token.get_secret_value()

    async def find(context: AsyncBoltContext, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        assert many is not None
        found = None
        try:
            context[FOUND] = found = await many.find(enterprise_id=enterprise_id, team_id=team_id)
        except TryAgain as error:
            context[FOUND] = error  # both, and nobody found, are answered in a sentence: handlers/installation.py
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=found.bot_token if found else None,
            bot_user_id=found.bot_user_id if found else None,
            bot_id=found.bot_id if found else None,
        )

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # Static: Bolt's own would call auth.test for every request.
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=token,
            bot_user_id=identity.bot_user_id,
            bot_id=identity.bot_id,
        )

    with hidden_from_bolt():
        return AsyncApp(
            name="conclave",
            client=client,
            signing_secret=settings.slack_signing_secret.get_secret_value(),
            authorize=find if many else authorize,
            process_before_response=True,
            ssl_check_enabled=False,  # `bot.intake` answers it
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )


async def _start_socket_mode(
    stack: contextlib.AsyncExitStack, watch: Watch, settings: Settings, bolt: AsyncApp, session: aiohttp.ClientSession
) -> "Socket":
    from bot.socket_mode import Door, Socket

    app_token = settings.slack_app_token.get_secret_value()
    handler = Door(bolt, app_token, web_client=client_for(settings, session))
    socket = Socket(handler)
    connected = asyncio.create_task(socket.keep_connected())
    watch.follow("socket", connected, age_seconds=lambda: socket.age_seconds, at_most=SILENT_SECONDS)

    async def close() -> None:
        await cancel(connected)
        await handler.close_async()  # type: ignore[no-untyped-call]

    stack.push_async_callback(close)
    return socket


async def _say_ready(bot: Bot, port: int) -> None:
    await bot.until_ready()
    log.info("ready", port=port)


def keep_garbage_collector_quiet() -> None:
    """Take what a process lives with out of the collector's sight, and look less often at what requests leave behind.

    With Python's own thresholds, made for a script, it walks over every module and over all requests under way some
    times a second. Nothing is collected before: a start leaves 0.3 MB, and to find it takes a tenth of the start.
    """
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()


async def serve(
    settings: Settings,
    *,
    database_url: str,
    clock: Clock | None = None,
    does_web: bool = True,
    does_work: bool = True,
    keep_up: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Run until SIGTERM or SIGINT, then drain; the same, and StartError, once a background task has ended by itself.

    keep_up: goes on for ever and brings the database back; None where that is somebody else's to do.
    """
    watch = Watch()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, watch.stop)
    roles = {"does_web": does_web, "does_work": does_work}
    async with (
        running(settings, database_url=database_url, clock=clock, watch=watch, **roles) as bot,
        contextlib.AsyncExitStack() as stack,
    ):
        if keep_up:
            stack.push_async_callback(cancel, watch.start("embedded database", keep_up()))
        keep_garbage_collector_quiet()
        async with serving(bot.asgi, host=settings.host, port=settings.port, watch=watch) as port:
            log.info("listening", port=port, web=does_web, worker=does_work, socket_mode=settings.is_socket_mode)
            stack.push_async_callback(cancel, asyncio.create_task(_say_ready(bot, port)))
            await watch.over.wait()
            watch.stop()
        log.info("stopping")
    watch.check()
