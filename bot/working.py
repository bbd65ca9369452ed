"""What one process does beside requests: deliveries, ticks, the optional models. Imported where a process does work.

Who only takes requests goes without it, and starts sooner.
"""

import asyncio
import contextlib

import structlog

from bot import jobs
from bot.config import Settings
from bot.delivery import (
    deputy,
    draft,
    export,
    home,
    language,
    learning,
    letter,
    lost,
    newcomer,
    note,
    nudge,
    sketch,
    slack,
    thread,
    webhook,
    workflow,
)
from bot.delivery.meaning import Embedding
from bot.delivery.worker import Worker
from bot.delivery.workspace import by_workspace
from bot.deps import Deps
from bot.domain.sketch import Asker
from bot.identity import Identity
from bot.llm import asking
from bot.renewal import Renewal
from bot.semantic import embedder
from bot.watch import SILENT_SECONDS, Watch, cancel
from bot.workspaces import ManyWorkspaces

log = structlog.get_logger(__name__)


async def start(
    stack: contextlib.AsyncExitStack,
    watch: Watch,
    deps: Deps,
    identity: Identity,
    database_url: str,
    many: ManyWorkspaces | None,
) -> None:
    """Until `stack` is left, which ends first what was started last. database_url: the server itself, for LISTEN."""
    _start_deliveries(stack, watch, deps, identity, database_url)
    await _start_embedding(stack, watch, deps)
    _start_ticking(stack, watch, deps)
    if many is not None:
        _start_renewal(stack, watch, deps, many)


def _start_deliveries(
    stack: contextlib.AsyncExitStack, watch: Watch, deps: Deps, identity: Identity, database_url: str
) -> None:
    senders = {**slack.senders(), **nudge.senders(), **home.senders(), **letter.senders(), **export.senders()}
    senders |= {**newcomer.senders(), **learning.senders(), **language.senders(), **workflow.senders()}
    finding = _start_finding(stack, deps.settings)
    senders |= webhook.senders()
    senders |= {**lost.senders(), **sketch.senders(finding), **thread.senders(finding), **deputy.senders()}
    senders |= {**draft.senders(), **note.senders()}
    if deps.workspaces:
        senders = by_workspace(senders, deps.workspaces.client_of)
    worker = Worker(
        deps,
        senders,
        database_url=database_url,
        workspace=lambda: identity.workspace_id,
        giving_up=slack.giving_up,
        serves_many=deps.workspaces is not None,
    )
    working = asyncio.create_task(worker.run())
    watch.follow("deliveries", working, age_seconds=lambda: worker.age_seconds, at_most=SILENT_SECONDS)

    async def stop() -> None:
        worker.stop()
        await asyncio.wait({working})

    stack.push_async_callback(stop)


def _start_ticking(stack: contextlib.AsyncExitStack, watch: Watch, deps: Deps) -> None:
    ticking = jobs.Ticking(deps).start()
    stack.push_async_callback(ticking.stop)
    late = 3 * max(deps.settings.tick_seconds, SILENT_SECONDS)
    watch.follow("sweep", ticking.guard, age_seconds=lambda: ticking.age_seconds, at_most=late)


def _start_renewal(stack: contextlib.AsyncExitStack, watch: Watch, deps: Deps, many: ManyWorkspaces) -> None:
    """Only where workspaces install the app themselves: token rotation may be turned on."""
    renewal = Renewal(deps, many.keyring, many.session)
    going_on = asyncio.create_task(renewal.keep_up())
    watch.follow("token renewal", going_on, age_seconds=lambda: renewal.age_seconds, at_most=5 * SILENT_SECONDS)
    stack.push_async_callback(cancel, going_on)


def _start_finding(stack: contextlib.AsyncExitStack, settings: Settings) -> "asyncio.Task[Asker | None]":
    """The language model, only where an operator has set one. Loading what asks it takes two seconds, in a thread, and
    nothing waits for it but questions."""

    async def find() -> Asker | None:
        access = settings.model_access
        found = await asyncio.to_thread(asking.find, settings.rules.model, settings.model, **access)
        (log.info if found.is_fine else log.warning)("model", says=found.words)
        return found.asker

    finding = asyncio.create_task(find())

    async def close() -> None:
        if asker := await finding:
            await asker.close()

    stack.push_async_callback(close)
    return finding


async def _start_embedding(stack: contextlib.AsyncExitStack, watch: Watch, deps: Deps) -> None:
    """Only where the extra `semantic` is installed; without it, or with another file, cases are found by words."""
    found = await asyncio.to_thread(embedder.find)
    (log.info if found.is_fine else log.warning)("semantic", says=found.words)
    if found.embedder is None:
        return
    embedding = Embedding(deps, found.embedder)
    going_on = asyncio.create_task(embedding.keep_up())
    watch.follow("embedding", going_on, age_seconds=lambda: embedding.age_seconds, at_most=2 * SILENT_SECONDS)
    stack.push_async_callback(cancel, going_on)
