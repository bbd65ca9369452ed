"""What tools answer: short, of what the whole team may see, and of ballots only their number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from bot.domain.decision import Dossier
from bot.domain.team import Member, Team
from bot.domain.waiting import Line, Waiting
from bot.views.slack.text import cut
from web.api import shapes
from web.views import decision as view
from web.views import words

MOST_TEXT = 1000
"""Of a description: an agent's window is small, and the address leads to the whole."""


class WaitsOut(BaseModel):
    number: int
    title: str
    todo: str
    urgency: int
    url: str


class WaitingOut(BaseModel):
    items: list[WaitsOut]
    all: int = Field(description="How many wait; the items are the nearest of them.")


class OptionOut(BaseModel):
    title: str
    description: str
    cost: shapes.Amount | None


class Scoring(BaseModel):
    state: str
    closes_at: datetime
    asked: int
    scored: int


class Published(BaseModel):
    statement: str
    notes: list[str]
    ranking: list[str]


class Chosen(BaseModel):
    option: str
    by: str
    reason: str
    limits: list[str] = Field(description="How far the choice reaches. Beyond it, ask again.")
    informed_at: datetime | None


class DraftOut(BaseModel):
    is_new: bool
    says: str


class DecisionOut(BaseModel):
    number: int
    title: str
    url: str
    status: str
    state: str
    type: str
    customer: str
    description: str
    owner: str
    urgency: int
    currency: str
    financial_impact: shapes.Amount | None
    options: list[OptionOut]
    scoring: Scoring | None
    result: Published | None
    choice: Chosen | None
    cancel_reason: str | None


def draft(owner: Member, *, is_new: bool) -> DraftOut:
    if is_new:
        words = f"{owner.name} gets a message in Slack, and opens it as a decision or puts it away."
    else:
        words = f"This reference was left before, for its owner to open. Nothing new was sent to {owner.name}."
    return DraftOut(is_new=is_new, says=f"{words} Look for it with find_decisions.")


def waiting(lines: Sequence[Line], count: int, *, team: Team, url: str) -> WaitingOut:
    items = [_waits(line, line.waits, team, url) for line in lines if line.waits]
    return WaitingOut(items=items, all=count)


def _waits(line: Line, waits: Waiting, team: Team, url: str) -> WaitsOut:
    d = line.decision
    return WaitsOut(
        number=d.number,
        title=d.case.title,
        todo=words.todo(waits),
        urgency=d.case.urgency_level,
        url=f"{url}/d/{team.key}-{d.number}",
    )


def decision(found: Dossier, now: datetime, *, url: str) -> DecisionOut:
    return DecisionOut(**_case(found), **_standing(found, now, url))


def _case(found: Dossier) -> dict[str, Any]:
    d = found.decision
    return {
        "number": d.number,
        "title": d.case.title,
        "type": d.case.decision_type,
        "customer": d.case.customer_name,
        "description": cut(d.case.description, MOST_TEXT),
        "owner": found.owner.name,
        "urgency": d.case.urgency_level,
        "currency": d.currency,
        "financial_impact": d.case.financial_impact,
        "options": [
            OptionOut(title=one.title, description=cut(one.description, MOST_TEXT), cost=one.financial_cost)
            for one in found.options
        ],
    }


def _standing(found: Dossier, now: datetime, url: str) -> dict[str, Any]:
    return {
        "url": f"{url}{view.path_of(found)}",
        "status": found.decision.status.value,
        "state": view.state(found, now),
        "scoring": _scoring(found, now),
        "result": _published(found),
        "choice": _chosen(found),
        "cancel_reason": found.decision.cancel_reason,
    }


def _scoring(found: Dossier, now: datetime) -> Scoring | None:
    one, state = found.round, found.round_state(now)
    if one is None or state is None:
        return None
    return Scoring(state=state.value, closes_at=one.closes_at, asked=len(one.roster), scored=one.ballots)


def _published(found: Dossier) -> Published | None:
    shown = view.shown(found)
    if shown is None:
        return None
    ranking = [f"{row.place} {row.title} {row.total}".strip() for row in shown.places]
    return Published(statement=shown.statement, notes=list(shown.notes), ranking=ranking)


def _chosen(found: Dossier) -> Chosen | None:
    made, outcome = view.choice(found), found.outcome
    if made is None or outcome is None:
        return None
    return Chosen(
        option=made.title,
        by=made.by,
        reason=made.reason,
        limits=list(view.limits(found)),
        informed_at=outcome.response_sent_at,
    )
