"""The outbox worker: claim the heads of lanes, hand each to the sender of its kind, write down how it ended.

Knows nothing of Slack. Any number of workers may run; a row is claimed by one of them until its lease ends.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial

import psycopg
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import metrics, tracing
from bot.delivery.verdict import Dead, Done, Later, Verdict
from bot.deps import Deps
from bot.errors import TryAgain, told
from bot.store import outbox
from bot.store.db import autocommit, listening
from bot.store.outbox import Delivery

log = structlog.get_logger(__name__)

Sender = Callable[[Deps, Delivery], Awaitable[Verdict]]
GivingUp = Callable[[Deps, Delivery], Awaitable[None]]
"""Tells people, before a delivery is given up, what will not come. May be called twice for one delivery."""

LEASE_SECONDS = 30.0
SEND_SECONDS = 0.6 * LEASE_SECONDS
"""After this a send is cancelled: well before the lease ends and another worker may claim the row."""
POLL_SECONDS = 1.0
"""Between two looks for something to claim, if no NOTIFY comes."""
AT_ONCE = 20
"""Deliveries that one worker sends at the same time. The more, the more are read and written together; and the more
have to be looked for in Slack after it was killed."""
SLOWEST_SECONDS = 10.0
"""The longest pause between two attempts to claim, or to write a verdict down, while the database refuses it."""
LONGEST_WAIT_SECONDS = 300.0
"""The longest pause between two attempts at one delivery."""
PASSING = timedelta(hours=6)
"""In this time Slack's longest disturbances pass, or a database is restored. Of an older row every attempt counts: if
it still fails, the row itself is probably the cause, and should not hold up its lane any longer."""
SAID_AGAIN_SECONDS = 3600.0
"""What an operator has to mend is logged as an error once, and again after so long; /readyz says it all the time."""
MOST_CLAIMS = 2 * outbox.MAX_ATTEMPTS
"""A row that was claimed more often than this and never got a verdict probably kills the process that sends it, so it
is given up unsent."""
_GATHER_SECONDS = 0.005
"""Between two claims while most hands are busy, so that not each of them asks for its next delivery alone."""
_HEARTBEAT_SECONDS = 5.0
OF_ONE = 5
"""Of those for one workspace at most, where a worker serves many: so that its slow Slack does not take up all hands."""
NOWHERE = "-"
"""Claimed for until Slack has told us our workspace. No workspace has this id, so no lane of Slack's is claimed."""


class Worker:
    """One claiming loop. `workspace` is asked at every claim, since it may become known only later."""

    def __init__(
        self,
        deps: Deps,
        senders: Mapping[str, Sender],
        *,
        database_url: str,
        workspace: Callable[[], str | None],
        giving_up: GivingUp | None = None,
        serves_many: bool = False,
    ) -> None:
        self._deps = deps
        self._senders = senders
        self._database_url = database_url
        self._workspace = workspace
        self._giving_up = giving_up
        self._of_one = OF_ONE if serves_many else outbox.EACH
        self._busy: Counter[str] = Counter()
        self._walk = outbox.Walk()
        self._token = secrets.randbits(62)
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._refusals = 0
        self._told_at: dict[str, float] = {}
        self._claimed_at = time.monotonic()

    @property
    def age_seconds(self) -> float:
        """Since claiming last got through, whether or not there was anything to claim."""
        return time.monotonic() - self._claimed_at

    async def run(self) -> None:
        """Deliver until `stop`; what has been claimed by then is finished."""
        listener = asyncio.create_task(self._listen())
        try:
            while not self._stopping.is_set():
                await self._next()
            if self._sending:
                await asyncio.wait(self._sending)
        finally:
            listener.cancel()
            # Not awaited for long: a database that does not answer must not hold up the end of the process.
            await asyncio.wait({listener}, timeout=POLL_SECONDS)

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    async def _next(self) -> None:
        """Claim and send, or wait. An error while claiming is logged and claiming tried again, so the loop goes on."""
        try:
            if not await self._claim_and_send():
                await self._sleep(POLL_SECONDS)
            self._refusals, self._claimed_at = 0, time.monotonic()
        except TryAgain:
            log.warning("outbox waits for the database")
            await self._sleep(POLL_SECONDS)
        except Exception as error:
            self._refusals += 1
            pause = _backoff(self._refusals)
            log.error("deliveries cannot be claimed", again_after=pause, **told(error))
            await self._pause(pause)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, even if something is queued meanwhile; ends when the process stops."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        if not self._stopping.is_set():
            self._wake.clear()

    async def _claim_and_send(self) -> bool:
        """Claim as many rows as may be sent besides those under way, and start. Raises DBAPIError.

        Returns whether more may be due than there was room for. Does not wait for the sends: a conversation for which
        Slack answers late holds up only its own lane.
        """
        if len(self._sending) > AT_ONCE // 2:
            await asyncio.sleep(_GATHER_SECONDS)  # one claim for several that end at about the same time
        free = AT_ONCE - len(self._sending)
        if not free:
            return False
        # Another token for each claim, not one per worker: if a lease ends and this worker claims the row again, its
        # own earlier send must not settle it.
        self._token = (self._token + 1) % 2**62
        claimed = await autocommit(self._deps.db, lambda c: self._claim(c, free))
        for delivery in claimed:
            task = asyncio.create_task(self._deliver(delivery))
            self._sending.add(task)
            self._busy[delivery.workspace_id] += 1
            task.add_done_callback(partial(self._sent, delivery.workspace_id))
        return len(claimed) == free or not self._walk.is_over

    def _sent(self, workspace_id: str, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._busy -= Counter({workspace_id: 1})
        self._wake.set()  # there is room for another one, and the lane's next row can be claimed
        if task.cancelled():
            log.error("a delivery broke off", error="CancelledError")
        elif error := task.exception():
            log.error("a delivery broke off", **told(error))

    async def _claim(self, c: AsyncConnection, at_most: int) -> list[Delivery]:
        workspace = self._workspace()
        return await outbox.claim(
            c,
            token=self._token,
            at_most=at_most,
            lease_seconds=LEASE_SECONDS,
            workspace=NOWHERE if workspace is None else workspace,
            each=self._of_one,
            busy=self._busy if self._of_one < AT_ONCE else outbox.NOBODY,
            walk=self._walk,
        )

    async def _deliver(self, delivery: Delivery) -> None:
        ids = {"id": delivery.id, "attempt": delivery.attempts}
        with tracing.span(f"delivery {delivery.kind}", delivery.traceparent, **ids):
            await self._send_and_settle(delivery)

    async def _send_and_settle(self, delivery: Delivery) -> None:
        verdict = await self._send(delivery)
        log.info(
            "delivery",
            id=delivery.id,
            kind=delivery.kind,
            attempt=delivery.attempts,
            verdict=type(verdict).__name__,
            error=getattr(verdict, "error", None),
        )
        if isinstance(verdict, Later) and verdict.is_for_operator:
            self._tell_operator(verdict.error)
        is_limited = isinstance(verdict, Later) and verdict.error == "ratelimited"
        metrics.count_delivery(delivery.kind, type(verdict).__name__.lower(), is_rate_limited=is_limited)
        if verdict != Done(is_settled=True):
            await self._settle(delivery, verdict)

    def _tell_operator(self, error: str) -> None:
        now = time.monotonic()
        if now - self._told_at.get(error, -SAID_AGAIN_SECONDS) >= SAID_AGAIN_SECONDS:
            self._told_at[error] = now
            log.error("deliveries wait until somebody mends it: conclave doctor says how", error=error)

    async def _send(self, delivery: Delivery) -> Verdict:
        if delivery.attempts > MOST_CLAIMS:
            return Dead("never ended")
        sender = self._senders.get(delivery.kind)
        if sender is None:
            # Written by a newer version, during an update: a worker of that version will claim it.
            return Later(f"no sender for {delivery.kind}", is_refusal=True)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await sender(self._deps, delivery)
        except TryAgain:
            return Later("the database was away", passes=True)
        except Exception as error:  # a sender's bug: the name is enough, a message may quote what people typed
            return Later(type(error).__qualname__)

    async def _settle(self, delivery: Delivery, verdict: Verdict) -> None:
        """Write the verdict down, however long the database refuses it: a lost verdict would repeat the delivery."""
        refusals = 0
        while True:
            try:
                await self._tell_of_the_end(delivery, verdict)
                await autocommit(self._deps.db, lambda c: self._write(c, delivery, verdict))
                return
            except TryAgain:
                refusals = 1
            except Exception as error:
                refusals += 1
                log.error("a verdict cannot be written down", id=delivery.id, **told(error))
            if self._stopping.is_set():
                return  # the row is free when the lease ends, and ambiguous for whoever claims it then
            await self._pause(_backoff(refusals))

    async def _tell_of_the_end(self, delivery: Delivery, verdict: Verdict) -> None:
        """Call `giving_up` before the row is given up. If that fails, the row is given up nevertheless: it would hold
        up its lane for ever."""
        if self._giving_up is None or not self._is_last(delivery, verdict):
            return
        try:
            await self._giving_up(self._deps, delivery)
        except TryAgain:
            raise
        except Exception as error:
            log.error("nobody could be told of a delivery given up", id=delivery.id, **told(error))

    async def _write(self, c: AsyncConnection, delivery: Delivery, verdict: Verdict) -> None:
        is_refusal = _is_refusal(delivery, verdict)
        match verdict:
            case Done():
                await outbox.settle_done(c, delivery)
            case Dead(error) | Later(error) if self._is_last(delivery, verdict):
                log.error("delivery given up", id=delivery.id, kind=delivery.kind, error=error)
                await outbox.settle_dead(c, delivery, error=_storable(error), is_refusal=is_refusal)
            case Later(error, after_seconds):
                await outbox.settle_later(
                    c,
                    delivery,
                    after_seconds=self._wait(delivery, verdict) if after_seconds is None else after_seconds,
                    error=_storable(error),
                    is_refusal=is_refusal,
                    is_free=self._is_free(delivery, verdict),
                )

    def _is_free(self, delivery: Delivery, verdict: Verdict) -> bool:
        """Whether the attempt does not count towards the last one. A disturbance that passes counts after `PASSING`."""
        match verdict:
            case Later(is_free=True):
                return True
            case Later(passes=True):
                return self._age(delivery) < PASSING
        return False

    def _wait(self, delivery: Delivery, verdict: Later) -> float:
        """Seconds until the next attempt: 2, 4, 8 ... by the number of attempts; where attempts do not count, a quarter
        of the row's age, at least 2."""
        if self._is_free(delivery, verdict):
            return max(2.0, min(self._age(delivery) / timedelta(seconds=4), LONGEST_WAIT_SECONDS))
        return min(2.0**delivery.attempts, LONGEST_WAIT_SECONDS)

    def _age(self, delivery: Delivery) -> timedelta:
        return self._deps.now - delivery.created_at

    def _is_last(self, delivery: Delivery, verdict: Verdict) -> bool:
        match verdict:
            case Dead():
                return True
            case Later(is_planned=True):
                return False
            case Later():
                return delivery.attempts >= outbox.MAX_ATTEMPTS and not self._is_free(delivery, verdict)
        return False

    async def _listen(self) -> None:
        """Wake up at NOTIFY. That only makes deliveries faster: without it they are found by looking every second."""
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError):
                pass  # the database is away, which claiming says
            except Exception as error:
                log.error("nothing wakes the deliveries but the poll", **told(error))
            await asyncio.sleep(POLL_SECONDS)

    async def _hear(self) -> None:
        async with listening(self._database_url, outbox.CHANNEL) as connection:
            while True:
                async for _ in connection.notifies(timeout=_HEARTBEAT_SECONDS, stop_after=1):
                    self._wake.set()
                # Listening alone never notices that the host has vanished, nor does a query without a time limit.
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    await connection.execute("SELECT 1")


def _backoff(failures: int) -> float:
    """Seconds until the next try."""
    return min(POLL_SECONDS * 2.0 ** min(failures - 1, 10), SLOWEST_SECONDS)


def _storable(error: str) -> str:
    """The error as the table can hold it: Slack may answer anything, PostgreSQL takes no NUL, and a line is enough."""
    return error.replace("\0", "")[:200]


def _is_refusal(delivery: Delivery, verdict: Verdict) -> bool:
    """Whether the delivery certainly has had no effect. Not if an earlier attempt is open: what was refused now may
    have been the search for that attempt's message."""
    match verdict:
        case Dead() | Later(is_refusal=True):
            return not delivery.is_ambiguous
    return False
