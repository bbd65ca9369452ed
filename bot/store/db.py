"""The way into PostgreSQL: one engine. `run_tx` runs a transaction, `autocommit` a single statement.

Only services and delivery call them; one use case is one transaction. `direct` is `autocommit` past SQLAlchemy, for the
few statements that people cause most often (docs/hot-path.md).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, LiteralString, TypeVar

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import TryAgain
from bot.store import schema
from bot.store.batch import NOT_SAVED, Batches
from bot.store.connection import Connection, parameters
from bot.store.direct import READ_ONLY, Direct, Prepared

T = TypeVar("T")
Span = Callable[[str], AbstractContextManager[object]]

POOL_SIZE = 10
DIRECT_SIZE = 4
"""Connections for `direct`, beside those of the pool: a page of scores waits for no transaction. More gain nothing."""
BUDGET_SECONDS = 2.0
"""How long a person may wait for the database. Slack waits 3 s for an answer: half a second is left for our own code
and half for the network."""
TRUTH_SECONDS = 0.2
"""How much longer we wait for a statement that was ended after the budget: it may have been committed just before, and
then nobody is to hear that it was not saved."""
BACKGROUND_SECONDS = 10.0
"""The same for work that nobody waits for: a delivery, a tick. A delivery has 18 s (`worker.SEND_SECONDS`), so it still
ends in time when the database uses up nearly all of this once."""
_NO_ROOM = {"53000", "53100", "53200", "53300", "58030"}
"""The server's disk or memory is full, its connections are all taken, its disk fails: an operator may mend it."""
# Besides those: a serialization failure or deadlock, a cancelled statement, a server that stops or starts (57...), a
# connection that broke (08...). The same work may succeed the next time.
_RETRYABLE = (
    {"40001", "40P01", "57014", "57P01", "57P02", "57P03", READ_ONLY} | _NO_ROOM | {f"0800{n}" for n in (0, 1, 3, 4, 6)}
)

_TRACE = text("SELECT set_config('conclave.traceparent', :trace, true)")


@dataclass(frozen=True)
class Db:
    """One engine and the queue in front of its pool.

    SQLAlchemy's asyncio pool wakes waiters in no order: 200 waiters saw p99 at 50 x p50. A FIFO semaphore of the
    pool's size keeps them in line.
    """

    engine: AsyncEngine
    direct: Direct
    budget_seconds: float = BUDGET_SECONDS
    queue: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(POOL_SIZE))
    abandoned: set["asyncio.Task[None]"] = field(default_factory=set)
    """Tasks that end statements for which nobody waits any more."""
    pages: Batches = field(default_factory=Batches)
    """Pages of scores that are saved together, by round."""
    ballots: Batches = field(default_factory=Batches)
    """Ballots that are submitted together, by round."""
    silences: Batches = field(default_factory=Batches)
    """Snoozes that are written together, by team."""
    cards: Batches = field(default_factory=Batches)
    """Decisions that are read for their cards together, and cards that are written down as shown."""
    waited: Callable[[float], None] = lambda _: None
    """Told for how many seconds somebody stood in the queue."""
    span: Span = nullcontext
    """Around each piece of work."""
    trace: Callable[[], str] = lambda: ""
    """The span at hand, as a row of the outbox keeps it; '' where none is to be kept."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """One of the pool, when the queue comes to it."""
        came = time.monotonic()
        async with self.queue:
            self.waited(time.monotonic() - came)
            async with self.engine.connect() as connection:
                yield connection

    @property
    def patient(self) -> "Db":
        """The same engine and queue, for work that nobody waits for."""
        return replace(self, budget_seconds=max(self.budget_seconds, BACKGROUND_SECONDS))

    async def close(self) -> None:
        batches = (self.pages, self.ballots, self.silences, self.cards)
        if unfinished := self.abandoned.union(*(one.writing for one in batches)):
            await asyncio.wait(unfinished)
        await self.direct.close()
        await self.engine.dispose()


def connect(
    url: str,
    *,
    budget_seconds: float = BUDGET_SECONDS,
    waited: Callable[[str, float], None] = lambda _, __: None,
    span: Span = nullcontext,
    trace: Callable[[], str] = lambda: "",
) -> Db:
    """Make the engine for a DATABASE_URL; nothing is opened yet. Raises StartError where it cannot be read.

    waited: told who has waited for a connection: "transactions" or "pages" (of scores), and for how many seconds.
    span: what is around each piece of work, by its name. trace: the span at hand, for what is queued in it.
    `hide_parameters` keeps what people typed out of exceptions. No pre-ping: `_within_budget` repeats what failed on a
    stale connection anyhow, and a ping that hangs could not be ended (`_Use` does not know its connection yet).
    """
    found = parameters(url)
    engine = create_async_engine(
        "postgresql+psycopg://",
        async_creator=lambda: Connection.opened(found, prepare_threshold=5),
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=budget_seconds,
        pool_recycle=1800,
        hide_parameters=True,
    )
    direct = Direct(
        lambda: Connection.opened(found, autocommit=True, prepare_threshold=0), DIRECT_SIZE, partial(waited, "pages")
    )
    return Db(engine, direct, budget_seconds, waited=partial(waited, "transactions"), span=span, trace=trace)


async def run_tx(
    db: Db,
    work: Callable[[AsyncConnection], Awaitable[T]],
    *,
    budget_seconds: float | None = None,
    leaves_trace: bool = True,
) -> T:
    """Run `work` in one transaction, committed before this returns.

    leaves_trace: what it queues is delivered in this trace, where there is one.

    A transient failure (serialization, deadlock, lost connection) runs `work` again within the budget, so `work` must
    be a function of its arguments. Raises TryAgain when the database is absent or slow, and when a COMMIT went
    through that no standby has seen although one should.
    """

    async def once(use: "_Use") -> T:
        async with db.connection() as connection, use.of(connection), connection.begin():
            if leaves_trace and (trace := db.trace()):
                await connection.execute(_TRACE, {"trace": trace})
            return await work(connection)

    with db.span(_name(work)):
        return await _within_budget(db, once, budget_seconds or db.budget_seconds)


def _name(work: Callable[..., object]) -> str:
    """Of the use case or the query: "bot.services.round.extend"."""
    return f"{work.__module__}.{getattr(work, '__qualname__', 'work')}".partition(".<locals>")[0]


async def autocommit(db: Db, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run `work`, which executes ONE statement, without BEGIN and COMMIT: atomic all the same, one round trip."""

    async def once(use: "_Use") -> T:
        async with db.connection() as connection, use.of(connection):
            return await work(await connection.execution_options(isolation_level="AUTOCOMMIT"))

    with db.span(_name(work)):
        return await _within_budget(db, once, db.budget_seconds)


async def direct(
    db: Db,
    statement: LiteralString,
    arguments: Sequence[object] | Mapping[str, object],
    *,
    budget_seconds: float | None = None,
) -> list[tuple[Any, ...]]:
    """`autocommit` past SQLAlchemy, for ONE statement with psycopg's %s. It stays prepared on its connection.

    Errors are SQLAlchemy's, as from everywhere else.
    """

    async def once(use: "_Use") -> list[tuple[Any, ...]]:
        async with db.direct.connection() as connection:
            with use.holding(connection):
                cursor = await connection.execute(statement, arguments)
                return await cursor.fetchall() if cursor.description else []

    with db.span("statement"):
        return await _within_budget(db, once, budget_seconds or db.budget_seconds)


async def prepared(
    db: Db, statement: Prepared, *, budget_seconds: float | None = None, **arguments: object
) -> list[tuple[Any, ...]]:
    """`direct`, for what was built with SQLAlchemy."""
    words = {**statement.constants, **arguments}
    return await direct(db, statement.words, words, budget_seconds=budget_seconds)


class _Use:
    """One attempt's use of a connection."""

    connection: Connection | None = None
    """While it is in use, so that `_abandon` can end its statement."""

    @asynccontextmanager
    async def of(self, connection: AsyncConnection) -> AsyncIterator[None]:
        """Raises TryAgain at the end if the standby has not confirmed a COMMIT. A connection to a server that takes no
        writes is not given back to the pool."""
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, Connection)
        try:
            with self.holding(driver):
                yield
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == READ_ONLY:
                await connection.invalidate()
            raise

    @contextmanager
    def holding(self, driver: Connection) -> Iterator[None]:
        """Raises TryAgain at the end if the standby has not confirmed a COMMIT."""
        driver.is_unreplicated = False
        self.connection = driver
        try:
            yield
        finally:
            self.connection = None
        if driver.is_unreplicated:
            raise TryAgain(NOT_SAVED)


async def standing(db: Db) -> schema.Standing:
    """What the database says of its schema."""

    async def work(c: AsyncConnection) -> schema.Standing:
        return schema.Standing.read(*(await c.execute(text(schema.READ))).one())

    return await autocommit(db, work)


async def read_clock(db: Db) -> tuple[datetime, float]:
    """(what the database's `now()` said, `time.monotonic()` in the middle of the round trip); of three the quickest."""

    async def work(c: AsyncConnection) -> list[tuple[float, datetime, float]]:
        return [await _read_clock(c) for _ in range(3)]

    _, at, middle = min(await autocommit(db, work))
    return at, middle


async def _read_clock(c: AsyncConnection) -> tuple[float, datetime, float]:
    """(seconds of the round trip, what `now()` said, `time.monotonic()` in its middle)."""
    before = time.monotonic()
    at: datetime = (await c.execute(text("SELECT now()"))).scalar_one()
    took = time.monotonic() - before
    return took, at, before + took / 2


# auto_explain and pgaudit are extensions: where they are not loaded, their settings are missing, which `true` makes no
# error. auto_explain prints parameters in verbose plans; from PostgreSQL 16 on with every plan, unless its
# log_parameter_max_length is 0.
_LOGS_PARAMETERS = text(
    """
    SELECT coalesce(current_setting('auto_explain.log_min_duration', true), '-1') <> '-1' AND (
            coalesce(current_setting('auto_explain.log_verbose', true), 'off')::bool
            OR coalesce(current_setting('auto_explain.log_parameter_max_length', true), '0') <> '0')
        OR coalesce(current_setting('pgaudit.log_parameter', true), 'off')::bool
        OR bool_or(name = 'debug_print_plan' AND setting = 'on')
        OR bool_or(name = 'log_parameter_max_length_on_error' AND setting <> '0')
        OR bool_or(name = 'log_parameter_max_length' AND setting <> '0') AND bool_or(
            (name = 'log_statement' AND setting = 'all')
            OR (name = 'log_min_duration_statement' AND setting <> '-1')
            OR (name = 'log_transaction_sample_rate' AND setting <> '0')
            OR (name = 'log_min_duration_sample' AND setting <> '-1'
                AND current_setting('log_statement_sample_rate') <> '0'))
    FROM pg_settings WHERE starts_with(name, 'log_') OR name = 'debug_print_plan'
    """
)


async def logs_parameters(db: Db) -> bool:
    """Whether the server writes statements with their parameters to its log: a page of scores is one of them."""
    return bool(await autocommit(db, _read_logs_parameters))


async def _read_logs_parameters(c: AsyncConnection) -> object:
    return (await c.execute(_LOGS_PARAMETERS)).scalar_one()


async def _within_budget(db: Db, once: Callable[[_Use], Awaitable[T]], budget_seconds: float) -> T:
    """Call `once`, again after a transient failure, until it succeeds. Raises TryAgain when the time is over."""
    end, attempt = time.monotonic() + budget_seconds, 0
    while True:
        use = _Use()
        task = asyncio.ensure_future(once(use))
        try:
            done, _ = await asyncio.wait({task}, timeout=max(0.05, end - time.monotonic()))
        except asyncio.CancelledError:
            _abandon(db, task, use)
            raise
        if not done:
            _abandon(db, task, use)
            if not await _has_worked(task):
                raise TryAgain(NOT_SAVED)
        try:
            return task.result()
        except (DBAPIError, PoolTimeout, OSError) as error:
            if not _is_transient(error):
                raise
            if time.monotonic() > end - 0.3:
                raise TryAgain(NOT_SAVED) from error
        attempt += 1
        await asyncio.sleep(min(0.25, 0.05 * 2**attempt))


async def _has_worked(task: "asyncio.Future[Any]") -> bool:
    """Whether a task that was told to stop had got through all the same."""
    await asyncio.wait({task}, timeout=TRUTH_SECONDS)
    return task.done() and not task.cancelled() and task.exception() is None


def _abandon(db: Db, task: "asyncio.Future[Any]", use: _Use) -> None:
    """Stop waiting for `task`. Its statement is ended in the background, which frees its place in the queue within a
    second; the caller can answer at once."""
    # Somebody has to fetch the exception of a task that nobody awaits any more, or asyncio complains about it later.
    task.add_done_callback(lambda t: t.cancelled() or t.exception())
    if use.connection is None:
        task.cancel()
        return
    ending = asyncio.create_task(use.connection.stop_working(task))
    db.abandoned.add(ending)
    ending.add_done_callback(db.abandoned.discard)


def _is_transient(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return True
    origin = error.orig
    state = getattr(origin, "sqlstate", None)
    lost = isinstance(origin, psycopg.OperationalError) and state is None
    return error.connection_invalidated or state in _RETRYABLE or lost


@asynccontextmanager
async def listening(url: str, channel: str) -> AsyncIterator[Connection]:
    """A connection of its own that hears NOTIFY on `channel`; the caller reads `notifies()`."""
    connection = await Connection.opened(parameters(url), autocommit=True)
    try:
        await connection.execute(f"LISTEN {channel}")
        yield connection
    finally:
        await connection.close()
