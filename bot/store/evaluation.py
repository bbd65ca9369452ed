"""Where a page of scores is saved: the only caller of the vault's functions about one person's ballot.

Each function is one statement. Nothing here reads or writes a table; the functions are in `migrations/vault.sql`, and
the two that many people call at once in `migrations/journeys.sql`.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.criterion import Criterion
from bot.domain.evaluation import Ballot, Comments, Page
from bot.domain.option import Option
from bot.domain.questions import Questions
from bot.domain.round import Thresholds
from bot.domain.team import SlackUser

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
    return _ballot_of({row.criteria_id: row.page for row in rows}, is_submitted=is_submitted)


def _ballot_of(bodies: Mapping[UUID | None, Mapping[str, Any]], *, is_submitted: bool) -> Ballot:
    """bodies: by criterion; under None the comments."""
    pages = {criterion: _page_of(body) for criterion, body in bodies.items() if criterion}
    comments = _comments_of(bodies[None]) if None in bodies else Comments()
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


# --- Many at once ----------------------------------------------------------------------------------------------------

TURN_PAGES: LiteralString = "SELECT * FROM turn_pages(%s, %s, %s)"
HAND_IN: LiteralString = "SELECT * FROM hand_in(%s, %s)"
Row = tuple[Any, ...]
MOST_KNOWN = 256
"""Rounds whose questions a process keeps: a page of the largest one takes some 40 kB."""


@dataclass(frozen=True)
class Sent:
    """What somebody sends of their ballot."""

    user: SlackUser
    pages: Mapping[UUID, Page] = field(repr=False)
    comments: Comments | None = field(repr=False)


@dataclass(frozen=True)
class Turned:
    """One's ballot as it is saved now, and what the round asks."""

    member_id: UUID
    questions: Questions
    ballot: Ballot


@dataclass(frozen=True)
class HandedIn:
    decision_id: UUID
    name: str
    """What people call the decision: "#42"."""
    submitted: int
    roster: int


def as_sent(sent: Sequence[Sent]) -> Jsonb:
    """As the functions take them."""
    return Jsonb([_sent(place, one) for place, one in enumerate(sent)], dumps=orjson.dumps)


def _sent(place: int, one: Sent) -> dict[str, Any]:
    who = {"place": place, "workspace": one.user.workspace_id, "person": one.user.user_id}
    return {**who, "pages": _bodies(one.pages, one.comments)}


_KNOWN: OrderedDict[UUID, Questions] = OrderedDict()


def known_questions(round_id: UUID) -> Questions | None:
    """What the round asks, as this process read it last."""
    return _KNOWN.get(round_id)


def _keep(questions: Questions) -> Questions:
    _KNOWN[questions.round_id] = questions
    _KNOWN.move_to_end(questions.round_id)
    if len(_KNOWN) > MOST_KNOWN:
        _KNOWN.popitem(last=False)
    return questions


def turned(round_id: UUID, known: Questions | None, rows: Sequence[Row], count: int) -> list[Turned | None]:
    """The answer of TURN_PAGES to so many; None for whoever was not simply told "saved".

    known: the questions whose revision went along. All changes of questions make it grow, so others come back then.
    """
    answers: list[Turned | None] = [None] * count
    for place, answer, member_id, submitted, pages, revision, body in rows:
        known = _keep(_questions_of(round_id, revision, body)) if body is not None else known
        if answer == "saved" and known:
            answers[place] = Turned(member_id, known, _read(pages, is_submitted=submitted))
    return answers


def _read(pages: Sequence[Mapping[str, Any]] | None, *, is_submitted: bool) -> Ballot:
    bodies = {UUID(one["criterion"]) if one["criterion"] else None: one["page"] for one in pages or ()}
    return _ballot_of(bodies, is_submitted=is_submitted)


def handed_in(rows: Sequence[Row], count: int) -> list[HandedIn | None]:
    """The answer of HAND_IN to so many; None for whoever was not simply told "submitted"."""
    answers: list[HandedIn | None] = [None] * count
    for place, answer, submitted, roster, decision_id, number in rows:
        if answer == "submitted":
            answers[place] = HandedIn(decision_id, f"#{number}", submitted, roster)
    return answers


def _questions_of(round_id: UUID, revision: int, body: Mapping[str, Any]) -> Questions:
    snapshot, decision_id = body["snapshot"], UUID(body["decision"])
    return Questions(
        round_id=round_id,
        revision=revision,
        name=f"#{body['number']}",
        title=body["title"],
        customer_name=body["customer_name"],
        currency=body["currency"],
        closes_at=datetime.fromisoformat(body["closes_at"]),
        option_ids=tuple(UUID(option) for option in snapshot["options"]),
        weights=tuple((UUID(k["id"]), Decimal(k["weight"])) for k in snapshot["criteria"]),
        thresholds=Thresholds(**body["thresholds"]),
        is_second=body["is_second"],
        criteria=tuple(_criterion_of(k) for k in body["criteria"] or ()),
        options=tuple(_option_of(decision_id, o) for o in body["options"] or ()),
    )


def _criterion_of(k: Mapping[str, Any]) -> Criterion:
    return Criterion(UUID(k["id"]), k["name"], k["description"] or "", Decimal(k["weight"] or 1), k["position"])


def _option_of(decision_id: UUID, o: Mapping[str, Any]) -> Option:
    return Option(
        id=UUID(o["id"]),
        decision_id=decision_id,
        created_by=UUID(o["created_by"]) if o["created_by"] else None,
        title=o["title"],
        description=o["description"],
        financial_cost=Decimal(o["financial_cost"]) if o["financial_cost"] is not None else None,
        implementation_effort=o["implementation_effort"] or "medium",
        risk_level=o["risk_level"] or "medium",
    )
