"""Sender of questions to a language model. Whatever fails, nobody is told but operators: cases go on without."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import structlog

from bot import metrics
from bot.delivery.verdict import Done, Later, Verdict
from bot.deps import Deps
from bot.domain.sketch import MOST_ATTEMPTS, STALE, Asker, NoAnswer
from bot.services import sketch as sketches
from bot.services.sketch import Aside
from bot.store.outbox import Delivery

log = structlog.get_logger(__name__)


def senders(finding: Awaitable[Asker | None]) -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender. finding: ends in None where this process cannot ask."""
    return {sketches.MAKE: asking(finding, _make)}


def asking(
    finding: Awaitable[Asker | None], make: Callable[[Asker, Deps, Delivery], Awaitable[Verdict]]
) -> Callable[[Deps, Delivery], Awaitable[Verdict]]:
    """The sender that has a model asked by `make`, where this process can ask and the question is not an old one."""

    async def send(deps: Deps, delivery: Delivery) -> Verdict:
        asker = await asyncio.shield(finding)
        if asker is None:
            return Done()
        return counted("stale") if deps.now - delivery.created_at > STALE else await make(asker, deps, delivery)

    return send


async def _make(asker: Asker, deps: Deps, delivery: Delivery) -> Verdict:
    decision_id = UUID(delivery.payload["decision"])
    question = await sketches.prepare(deps.patient_db, deps.rules, decision_id, now=deps.now)
    if question is None:
        return counted("not asked")
    try:
        answered = await asker.ask(question.gaps.text)
    except NoAnswer as failure:
        return await failed(deps, delivery, question.aside, failure)
    await sketches.keep(deps.patient_db, question, answered)
    return counted("answered")


async def failed(deps: Deps, delivery: Delivery, aside: Aside, failure: NoAnswer) -> Verdict:
    """Count it, and try again where it may pass."""
    log.warning("the language model gave no answer", reason=failure.reason, attempt=delivery.attempts)
    await sketches.fail(deps.patient_db, aside, reason=failure.reason, tokens=failure.tokens)
    verdict = counted(failure.reason)
    if not failure.may_pass or delivery.attempts >= MOST_ATTEMPTS:
        return verdict
    return Later(f"model: {failure.reason}", after_seconds=failure.again_after, is_refusal=True)


def counted(outcome: str) -> Verdict:
    """outcome: as the metric's label, for operators."""
    metrics.MODEL.labels(outcome).inc()
    return Done()
