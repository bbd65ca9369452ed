"""Have a language model tell the thread beneath a card in short: queue, prepare, keep. Never within a request.

It reads what people have replied there, masked, and the titles of the options, as everybody in the channel does: no
ballot, no score, no result, no comment, and nothing of who has written what.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Rules
from bot.domain.decision import Dossier, Status
from bot.domain.masking import Masked, masked
from bot.domain.sketch import SummedUp
from bot.domain.thread import Place, Thread, language_for, shown
from bot.services.sketch import Aside, set_aside, settle
from bot.store import outbox, sketch, thread
from bot.store.db import Db, run_tx

MAKE = "thread.sum_up"
AT_MOST_EVERY = timedelta(minutes=10)
"""However often details are opened, a worker looks at a thread once in this time."""


@dataclass(frozen=True)
class Question:
    """A thread ready to be asked about, with tokens set aside for it."""

    place: Place = field(repr=False)
    gaps: Masked = field(repr=False)
    replies: int
    language: str
    aside: Aside


async def want_and_find(db: Db, by: By, found: Dossier) -> str:
    """What there is of the thread in short, '' for nothing; and have a worker look whether it has grown."""
    if by.rules.model is None or found.card is None or found.decision.status in (Status.RESOLVED, Status.CANCELLED):
        return ""

    async def work(c: AsyncConnection) -> str:
        if not await sketch.is_wanted(c, by.team.id):
            return ""
        await _want(c, by, found)
        return await thread.find(c, found.decision.id)

    return await run_tx(db, work)


async def _want(c: AsyncConnection, by: By, found: Dossier) -> None:
    """In one lane of the workspace's, as the thread is read by that one's token."""
    decision_id = found.decision.id
    lane = outbox.slack_lane(found.decision.workspace_id or "", "model")
    key = f"thread:{decision_id}:{by.now.timestamp() // AT_MOST_EVERY.total_seconds():.0f}"
    await outbox.enqueue(c, kind=MAKE, lane=lane, key=key, payload={"decision": str(decision_id)})


async def find_place(db: Db, rules: Rules, decision_id: UUID) -> Place | None:
    """None where the thread is not to be read any more."""
    return await run_tx(db, lambda c: thread.find_place(c, decision_id)) if rules.model else None


async def prepare(db: Db, rules: Rules, place: Place, found: Thread, *, now: datetime) -> Question | None:
    """Mask the thread and set tokens aside; None where it has not grown, or the team's day is used up.

    Where replies were deleted, what was made of them goes first.
    """

    async def work(c: AsyncConnection) -> Question | None:
        if found.replies < place.replies:
            await thread.forget(c, [place.decision_id])
        if rules.model is None or not found.is_due(place.replies):
            return None
        gaps = masked(_asked(place, found), names=place.about, is_word=rules.classifier.knows)
        aside = await set_aside(c, rules.model, place.team_id, text=gaps.text, now=now)
        return Question(place, gaps, found.replies, language_for(place.language), aside) if aside else None

    return await run_tx(db, work)


def _asked(place: Place, found: Thread) -> str:
    return "\n".join(["Options:", *(f"- {title}" for title in place.options), "Replies:", found.text])


async def keep(db: Db, rules: Rules, question: Question, summed: SummedUp) -> bool:
    """Bound what the model said, and keep it; False: it is not to be shown."""
    place = question.place
    body = shown(summed.text, question.gaps, names=place.about, is_word=rules.classifier.knows)

    async def work(c: AsyncConnection) -> None:
        await settle(c, question.aside, used=summed.tokens)
        await thread.keep(c, place, language=question.language, replies=question.replies, body=body)

    await run_tx(db, work)
    return bool(body)
