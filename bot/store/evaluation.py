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

_PAGES = bindparam("pages", type_=JSONB)
_SAVE = text(
    "SELECT save_page(:round, :member, p.criterion, p.page) "
    "FROM jsonb_to_recordset(:pages) AS p (criterion uuid, page jsonb)"
).bindparams(_PAGES)
_SUBMIT = text("SELECT answer, submitted, roster, closed FROM submit_pages(:round, :member, :pages)").bindparams(_PAGES)


@dataclass(frozen=True)
class Submission:
    answer: str
    """'submitted' | 'closed' | 'too_late' | 'not_on_roster' | 'invalid' | 'incomplete' | 'empty'."""
    submitted: int
    roster: int
    is_closed: bool
    """This ballot was the last one missing and closed the round."""


async def save_pages(
    c: AsyncConnection, *, round_id: UUID, member_id: UUID, pages: Mapping[UUID, Page], comments: Comments | None
) -> str:
    """Keep these pages as a draft; comments None leaves those that were saved.

    'saved' | 'closed' | 'too_late' | 'not_on_roster' | 'invalid': then the other pages are saved all the same.
    """
    asked = {"round": round_id, "member": member_id, "pages": _bodies(pages, comments)}
    answers = (await c.execute(_SAVE, asked)).scalars()
    return next((answer for answer in answers if answer != "saved"), "saved")


def _bodies(pages: Mapping[UUID, Page], comments: Comments | None) -> list[dict[str, Any]]:
    """As the vault takes them."""
    bodies: list[dict[str, Any]] = [{"criterion": str(c), "page": _page_body(page)} for c, page in pages.items()]
    return bodies if comments is None else [*bodies, {"criterion": None, "page": _comments_body(comments)}]


def _page_body(page: Page) -> dict[str, Any]:
    scores = {str(option): score for option, score in page.scores.items()}
    return {"scores": scores, "confidence": page.confidence, "abstain": page.abstain}


def _comments_body(comments: Comments) -> dict[str, Any]:
    return {"comments": {str(option): words for option, words in comments.texts.items()}, "share": comments.share}


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


async def submit(
    c: AsyncConnection, *, round_id: UUID, member_id: UUID, pages: Mapping[UUID, Page], comments: Comments | None
) -> Submission:
    """Save these pages and turn all that is saved into the ballot; the last one missing closes the round."""
    asked = {"round": round_id, "member": member_id, "pages": _bodies(pages, comments)}
    row = (await c.execute(_SUBMIT, asked)).one()
    return Submission(row.answer, row.submitted, row.roster, row.closed)
