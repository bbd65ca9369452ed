"""Where a page of scores is saved: the only caller of the vault's functions about one person's ballot.

Each function is one statement. Nothing here reads or writes a table; the functions are in `migrations/vault.sql`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.evaluation import Ballot, Comments, Page

_SAVE = text("SELECT save_page(:round, :member, :criterion, :page)").bindparams(bindparam("page", type_=JSONB))


@dataclass(frozen=True)
class Submission:
    answer: str
    """'submitted' | 'closed' | 'too_late' | 'not_on_roster' | 'incomplete' | 'empty'."""
    submitted: int
    roster: int
    is_closed: bool
    """This ballot was the last one missing and closed the round."""


async def save_page(c: AsyncConnection, *, round_id: UUID, member_id: UUID, criterion_id: UUID, page: Page) -> str:
    """'saved' | 'closed' | 'too_late' | 'not_on_roster' | 'invalid'."""
    body = {
        "scores": {str(option): score for option, score in page.scores.items()},
        "confidence": page.confidence,
        "abstain": page.abstain,
    }
    return await _save(c, round_id, member_id, criterion_id, body)


async def save_comments(c: AsyncConnection, *, round_id: UUID, member_id: UUID, comments: Comments) -> str:
    """Save the check page; answers like `save_page`."""
    body = {
        "comments": {str(option): words for option, words in comments.texts.items()},
        "share": comments.share,
    }
    return await _save(c, round_id, member_id, None, body)


async def _save(
    c: AsyncConnection, round_id: UUID, member_id: UUID, criterion_id: UUID | None, body: Mapping[str, object]
) -> str:
    row = await c.execute(_SAVE, {"round": round_id, "member": member_id, "criterion": criterion_id, "page": body})
    answer: str = row.scalar_one()
    return answer


async def my_ballot(c: AsyncConnection, *, round_id: UUID, member_id: UUID, is_submitted: bool) -> Ballot:
    """The member's own saved pages while the round is open; an empty ballot otherwise."""
    rows = await c.execute(
        text("SELECT criteria_id, page FROM my_ballot(:round, :member)"),
        {"round": round_id, "member": member_id},
    )
    pages: dict[UUID, Page] = {}
    comments = Comments()
    for row in rows:
        if row.criteria_id is None:
            comments = _comments_of(row.page)
        else:
            pages[row.criteria_id] = _page_of(row.page)
    return Ballot(pages, comments, is_submitted)


def _page_of(body: Mapping[str, Any]) -> Page:
    scores = {UUID(option): score for option, score in body["scores"].items()}
    return Page(scores, body["confidence"], body["abstain"])


def _comments_of(body: Mapping[str, Any]) -> Comments:
    return Comments({UUID(option): words for option, words in body["comments"].items()}, body["share"])


async def submit(c: AsyncConnection, *, round_id: UUID, member_id: UUID) -> Submission:
    """Turn the saved pages into the ballot; the last one missing closes the round."""
    row = (
        await c.execute(
            text("SELECT answer, submitted, roster, closed FROM submit_ballot(:round, :member)"),
            {"round": round_id, "member": member_id},
        )
    ).one()
    return Submission(row.answer, row.submitted, row.roster, bool(row.closed))
