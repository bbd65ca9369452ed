"""Senders to a team's own programs: one signed POST, by the Standard Webhooks specification, and what comes of it.

Neither the address nor what the other side says stands in any log line.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.util import find_spec

import aiohttp

from bot import metrics
from bot.delivery.answer import judged
from bot.delivery.posting import post_dm
from bot.delivery.verdict import Done, Later, Verdict
from bot.delivery.wall import Refused, session
from bot.deps import Deps
from bot.domain import webhook as domain
from bot.domain.webhook import Wall, Why
from bot.services import webhook as webhooks
from bot.services.webhook import Order, Unsent
from bot.store.outbox import Delivery
from bot.views import webhook as view

TIMEOUT_SECONDS = 15.0
"""For one attempt, from looking the name up to the head of the answer."""
HANDS, HANDS_OF_ONE = 5, 2
"""So many attempts at once in one worker, and of one endpoint: half of its hands stay free for Slack, and slow programs
of one team do not hold up another's."""
PATIENCE_SECONDS = 0.5
"""How long one waits for a hand before it goes back into its lane: quick programs take a burst without that."""
NO_HAND = Later("no hand is free", after_seconds=1.0, is_refusal=True, is_free=True)
LOOK_AGAIN_SECONDS = 600.0
KEY_LOST = Later("key_lost", LOOK_AGAIN_SECONDS, is_refusal=True, is_free=True, is_for_operator=True)
NO_LIBRARY = Later("no_webhook_library", LOOK_AGAIN_SECONDS, is_refusal=True, is_free=True, is_for_operator=True)
"""This worker was installed without the extra `web`."""
JITTER = 0.1
"""By so much of itself a wait grows at random, so that what failed together does not come back together."""
_GONE = 410


@dataclass(frozen=True)
class Answer:
    """How an attempt ended. outcome: delivered, gone, refused or failed."""

    outcome: str
    status: int | None = None
    asked: timedelta | None = None
    """By Retry-After."""


class Hands:
    """How many attempts are under way in this process, of all endpoints and of each."""

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def of(self, endpoint: str) -> AsyncIterator[bool]:
        """Whether there was a free one, soon enough; it is given back afterwards."""
        if not await self._take(endpoint):
            yield False
            return
        try:
            yield True
        finally:
            async with self._freed:
                self._busy -= Counter({endpoint: 1})
                self._freed.notify_all()

    async def _take(self, endpoint: str) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._freed:
                await self._freed.wait_for(lambda: self._has_one_for(endpoint))
                self._busy[endpoint] += 1
        except TimeoutError:
            return False
        return True

    def _has_one_for(self, endpoint: str) -> bool:
        return self._busy.total() < HANDS and self._busy[endpoint] < HANDS_OF_ONE


def senders(
    retries: Sequence[timedelta] = domain.RETRIES,
) -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender. retries: as `domain.wait` takes them."""
    hands = Hands()

    async def send(deps: Deps, delivery: Delivery) -> Verdict:
        async with hands.of(str(delivery.payload["endpoint"])) as is_free:
            return await _send(deps, delivery, retries) if is_free else NO_HAND

    return {webhooks.KIND: send, webhooks.DISABLED: judged(_tell_owner)}


async def _send(deps: Deps, delivery: Delivery, retries: Sequence[timedelta]) -> Verdict:
    if find_spec("standardwebhooks") is None:
        return NO_LIBRARY
    settings, db = deps.settings, deps.patient_db
    order = await webhooks.prepare(db, delivery, keyring=settings.keyring, url=settings.url, now=deps.now)
    if isinstance(order, Unsent):
        return await _not_sent(deps, delivery, order)
    begun = time.monotonic()
    # The other side compares the moment with its own clock, so it is the machine's, not the database's.
    answer = await _attempt(order, Wall(settings.webhook_allow), now=datetime.now(UTC))
    took = timedelta(seconds=time.monotonic() - begun)
    verdict, outcome = judge(answer, attempt=delivery.attempts, retries=retries)
    metrics.count_webhook(outcome)
    await webhooks.note(db, delivery, outcome=outcome, status=answer.status, took=took)
    return verdict


async def _not_sent(deps: Deps, delivery: Delivery, unsent: Unsent) -> Verdict:
    """What waits for an endpoint that is disabled is settled and can be sent again from its log."""
    if unsent.why is Why.KEY_LOST:
        return KEY_LOST
    if unsent.why:
        await webhooks.note(deps.patient_db, delivery, outcome="disabled")
    return Done()


def judge(answer: Answer, *, attempt: int, retries: Sequence[timedelta]) -> tuple[Verdict, str]:
    """What comes of an attempt, and what the log calls it.

    A delivery that is given up is settled like any other: that somebody's program does not answer is no disturbance of
    ours, and its log shows it to those whom it concerns.
    """
    if answer.outcome in ("delivered", "gone"):
        return Done(), answer.outcome
    wait = domain.wait(attempt, retries=retries, asked=answer.asked)
    if wait is None:
        return Done(), "exhausted"
    after = wait.total_seconds() * random.uniform(1, 1 + JITTER)
    return Later(f"webhook {answer.status or answer.outcome}", after, is_planned=True), answer.outcome


async def _attempt(order: Order, wall: Wall, *, now: datetime) -> Answer:
    sent = json.dumps(order.body, ensure_ascii=False, separators=(",", ":"))
    headers = {"content-type": "application/json", "user-agent": "Conclave", **signed(order, sent, now=now)}
    try:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            session(wall, order.endpoint.url) as http,
            http.post(order.endpoint.url, data=sent.encode(), headers=headers, allow_redirects=False) as answer,
        ):
            return _read(answer.status, answer.headers.get("retry-after", ""), now=now)
    except Refused:
        return Answer("refused")
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return Answer("failed")


def _read(status: int, retry_after: str, *, now: datetime) -> Answer:
    """A redirect is a failure: it would lead past the address that was checked."""
    if 200 <= status < 300:
        return Answer("delivered", status)
    return Answer("gone" if status == _GONE else "failed", status, asked(retry_after, now=now))


def asked(retry_after: str, *, now: datetime) -> timedelta | None:
    """Retry-After, in seconds or as a date; None where it is neither, or over."""
    if retry_after.isascii() and retry_after.isdigit():
        return timedelta(seconds=min(int(retry_after[:9]), 86_400 * 365))
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    wait = until.replace(tzinfo=until.tzinfo or UTC) - now
    return wait if wait > timedelta(0) else None


def signed(order: Order, sent: str, *, now: datetime) -> dict[str, str]:
    """The three headers; while a secret is rotated with two signatures. The library is loaded with the first one."""
    from standardwebhooks import Webhook

    signatures = [Webhook(secret).sign(order.message_id, now, sent) for secret in order.secrets]
    return {
        "webhook-id": order.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _tell_owner(deps: Deps, delivery: Delivery) -> Verdict:
    """Nothing where somebody has enabled it meanwhile."""
    found = await webhooks.find_disabled(deps.patient_db, delivery.payload)
    if found:
        endpoint, user = found
        await post_dm(deps, delivery, user=user, message=view.disabled(endpoint, url=deps.settings.url))
    return Done()
