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
from bot.services.sketch import Question
from bot.store.outbox import Delivery

log = structlog.get_logger(__name__)


def senders(finding: Awaitable[Asker | None]) -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender. finding: ends in None where this process cannot ask."""

    async def make(deps: Deps, delivery: Delivery) -> Verdict:
        asker = await asyncio.shield(finding)
        return Done() if asker is None else await _make(asker, deps, delivery)

    return {sketches.MAKE: make}


async def _make(asker: Asker, deps: Deps, delivery: Delivery) -> Verdict:
    if deps.now - delivery.created_at > STALE:
        return _counted("stale")
    decision_id = UUID(delivery.payload["decision"])
    question = await sketches.prepare(deps.patient_db, deps.rules, decision_id, now=deps.now)
    if question is None:
        return _counted("not asked")
    try:
        answered = await asker.ask(question.gaps.text)
    except NoAnswer as failure:
        return await _failed(deps, delivery, question, failure)
    await sketches.keep(deps.patient_db, question, answered)
    return _counted("answered")


async def _failed(deps: Deps, delivery: Delivery, question: Question, failure: NoAnswer) -> Verdict:
    log.warning("the language model gave no answer", reason=failure.reason, attempt=delivery.attempts)
    await sketches.fail(deps.patient_db, question, reason=failure.reason, tokens=failure.tokens)
    verdict = _counted(failure.reason)
    if not failure.may_pass or delivery.attempts >= MOST_ATTEMPTS:
        return verdict
    return Later(f"model: {failure.reason}", after_seconds=failure.again_after, is_refusal=True)


def _counted(outcome: str) -> Verdict:
    metrics.MODEL.labels(outcome).inc()
    return Done()
