"""The outbox worker: claim the heads of lanes, hand each to the sender of its kind, write down how it ended.

Knows nothing of Slack. Any number of workers may run; a row is claimed by one of them until its lease ends.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import psycopg
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import metrics
from bot.delivery.verdict import Dead, Done, Later, Verdict
from bot.deps import Deps
from bot.errors import TryAgain
from bot.store import outbox
from bot.store.db import autocommit, listening
from bot.store.outbox import Delivery

log = structlog.get_logger(__name__)

Sender = Callable[[Deps, Delivery], Awaitable[Verdict]]
GivingUp = Callable[[Deps, Delivery], Awaitable[None]]
"""Tells whoever should know, before a delivery is given up. May be asked twice."""

LEASE_SECONDS = 30.0
SEND_SECONDS = 0.6 * LEASE_SECONDS
"""A send has ended, one way or the other, well before anybody else may claim the row."""
POLL_SECONDS = 1.0
AT_ONCE = 10
_HEARTBEAT_SECONDS = 5.0
NOWHERE = "-"
"""No workspace has this id: until ours is known, Slack's lanes are left alone."""


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
    ) -> None:
        self._deps = deps
        self._senders = senders
        self._database_url = database_url
        self._workspace = workspace
        self._giving_up = giving_up
        self._token = secrets.randbits(62)
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Deliver until `stop`; what has been claimed by then is finished."""
        listener = asyncio.create_task(self._listen())
        try:
            while not self._stopping.is_set():
                if not await self._claim_and_send():
                    await self._sleep(POLL_SECONDS)
            if self._sending:
                await asyncio.wait(self._sending)
        finally:
            listener.cancel()
            # Not awaited for long: a database that does not answer must not hold up the end of the process.
            await asyncio.wait({listener}, timeout=POLL_SECONDS)

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        if not self._stopping.is_set():
            self._wake.clear()

    async def _claim_and_send(self) -> int:
        """Claim as much as there are hands free; returns how many rows, 0 as well while the database is away.

        Nobody waits for the slowest of a batch: a conversation that Slack answers late holds up its own lane alone.
        """
        free = AT_ONCE - len(self._sending)
        if not free:
            return 0
        # A number per claim, not per worker: a row that this very worker let lapse must not be settled by the old send.
        self._token = (self._token + 1) % 2**62
        try:
            claimed = await autocommit(self._deps.db, lambda c: self._claim(c, free))
        except TryAgain:
            log.warning("outbox waits for the database")
            return 0
        for delivery in claimed:
            task = asyncio.create_task(self._deliver(delivery))
            self._sending.add(task)
            task.add_done_callback(self._sent)
        return len(claimed)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._wake.set()  # a hand is free, and the next row of its lane is the head
        if not task.cancelled() and (error := task.exception()):
            log.error("a delivery broke off", error=type(error).__qualname__)

    async def _claim(self, c: AsyncConnection, at_most: int) -> list[Delivery]:
        workspace = self._workspace()
        return await outbox.claim(
            c,
            token=self._token,
            at_most=at_most,
            lease_seconds=LEASE_SECONDS,
            workspace=NOWHERE if workspace is None else workspace,
        )

    async def _deliver(self, delivery: Delivery) -> None:
        verdict = await self._send(delivery)
        log.info(
            "delivery",
            id=delivery.id,
            kind=delivery.kind,
            attempt=delivery.attempts,
            verdict=type(verdict).__name__,
            error=getattr(verdict, "error", None),
        )
        is_limited = isinstance(verdict, Later) and verdict.error == "ratelimited"
        metrics.count_delivery(delivery.kind, type(verdict).__name__.lower(), is_rate_limited=is_limited)
        await self._settle(delivery, verdict)

    async def _send(self, delivery: Delivery) -> Verdict:
        sender = self._senders.get(delivery.kind)
        if sender is None:
            return Later(f"no sender for {delivery.kind}", is_refusal=True)  # a newer version's row; its worker comes
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await sender(self._deps, delivery)
        except TryAgain:
            return Later("the database was away")
        except Exception as error:  # a sender's bug: the name is enough, a message may quote what people typed
            return Later(type(error).__qualname__)

    async def _settle(self, delivery: Delivery, verdict: Verdict) -> None:
        """Write the verdict down, however long the database is away: a lost verdict would repeat the delivery."""
        while True:
            try:
                if self._giving_up and _is_last(delivery, verdict):
                    await self._giving_up(self._deps, delivery)
                await autocommit(self._deps.db, lambda c: self._write(c, delivery, verdict))
                return
            except TryAgain:
                if self._stopping.is_set():
                    return  # the lease ends by itself, and whoever claims the row next knows it to be ambiguous
                await asyncio.sleep(POLL_SECONDS)

    async def _write(self, c: AsyncConnection, delivery: Delivery, verdict: Verdict) -> None:
        is_refusal = _is_refusal(delivery, verdict)
        match verdict:
            case Done():
                await outbox.settle_done(c, delivery)
            case Dead(error):
                log.error("delivery given up", id=delivery.id, kind=delivery.kind, error=error)
                await outbox.settle_dead(c, delivery, error=error, is_refusal=is_refusal)
            case Later(error) if _is_last(delivery, verdict):
                log.error("delivery given up", id=delivery.id, kind=delivery.kind, error=error)
                await outbox.settle_dead(c, delivery, error=error, is_refusal=is_refusal)
            case Later(error, after_seconds, _, is_free):
                await outbox.settle_later(
                    c,
                    delivery,
                    after_seconds=min(2.0**delivery.attempts, 300.0) if after_seconds is None else after_seconds,
                    error=error,
                    is_refusal=is_refusal,
                    is_free=is_free,
                )

    async def _listen(self) -> None:
        """Wake at NOTIFY. Only makes deliveries faster: the poll finds them all the same."""
        while True:
            with suppress(psycopg.Error, OSError):
                async with listening(self._database_url, outbox.CHANNEL) as connection:
                    while True:
                        async for _ in connection.notifies(timeout=_HEARTBEAT_SECONDS, stop_after=1):
                            self._wake.set()
                        # A dead host is never noticed by listening alone, nor by asking it without an end.
                        async with asyncio.timeout(_HEARTBEAT_SECONDS):
                            await connection.execute("SELECT 1")
            await asyncio.sleep(POLL_SECONDS)


def _is_refusal(delivery: Delivery, verdict: Verdict) -> bool:
    """Certainly without effect. An earlier attempt may have had its, and looking for it may be what was refused now."""
    match verdict:
        case Dead() | Later(is_refusal=True):
            return not delivery.is_ambiguous
    return False


def _is_last(delivery: Delivery, verdict: Verdict) -> bool:
    match verdict:
        case Dead():
            return True
        case Later(is_free=False):
            return delivery.attempts >= outbox.MAX_ATTEMPTS
    return False
