"""Decisions for programs: list, open, read, change; their criteria and options."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from bot.domain.action import Action
from bot.domain.ahead import check_ahead
from bot.domain.by import By
from bot.domain.criterion import CriterionDraft
from bot.domain.decision import Case, Dossier, Phase, missing_for_criteria
from bot.domain.option import OptionDraft, check_drafts
from bot.domain.search import State, Wanted
from bot.errors import Invalid
from bot.services import criterion as criteria
from bot.services import decision as decisions
from bot.services import option as options
from bot.services import search
from bot.services import team as teams
from web.api import place, said, shapes
from web.api.place import Number
from web.api.program import Opener, Reader
from web.person import deps

router = APIRouter(tags=["decisions"])
_NAMES = {
    "type": "decision_type",
    "customer": "customer_name",
    "urgency": "urgency_level",
    "decide_by": "expected_resolution_date",
    "relationship_months": "relationship_duration_months",
}
"""What programs call differently from the case."""
_MAY_BE_UNKNOWN = {"customer_value", "financial_impact", "decide_by", "promised_by"}


@router.get("/decisions")
async def find(
    request: Request,
    by: Reader,
    q: Annotated[str, Query(max_length=200, description="Words of title, customer or description.")] = "",
    state: State | None = None,
    type: shapes.Kind | None = None,
    customer: Annotated[str | None, Query(max_length=200, description="The whole name.")] = None,
    urgency: Annotated[int | None, Query(ge=1, le=5)] = None,
    owner: UUID | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="`next` of the page before.")] = None,
) -> shapes.Rows:
    """Newest first, 25 a page."""
    wanted = Wanted(
        words=q.replace("\0", ""),
        state=state,
        decision_type=type,
        customer=customer.replace("\0", "") if customer else None,
        urgency=urgency,
        owner=owner,
        before=before,
    )
    found = await search.find(deps(request).db, by, wanted)
    return shapes.Rows(items=[said.row(line) for line in found.lines], next=found.before)


@router.post("/decisions", status_code=HTTPStatus.CREATED)
async def open_decision(
    request: Request, response: Response, by: Opener, sent: shapes.NewDecision
) -> shapes.DecisionOut:
    """Opens it with the criteria of its type. With everything that is needed, options can be given at once.

    Its owner is the token's owner. Send an Idempotency-Key: then the same request again opens nothing.
    """
    db, case = deps(request).db, _case(sent, by)
    drafts = [_draft(one) for one in sent.options]
    if drafts:
        check_drafts(drafts)
        _check_ready(case, len(await teams.active_members(db, by)))
    opened, _ = await decisions.open_decision(db, by, case=case, channel_id=sent.channel, permalink=None)
    if drafts:
        press = replace(by.press, hash=f"{by.press.hash}:options") if by.press else None
        await options.propose(db, replace(by, press=press), opened.id, drafts=drafts)
    response.headers["location"] = f"/api/v1/decisions/{opened.number}"
    return await place.shown_anew(request, response, by, opened.number)


def _check_ready(case: Case, active_members: int) -> None:
    lacks = missing_for_criteria(case, active_members=active_members)
    if lacks:
        raise Invalid(f"Options can be added once there is {' and '.join(lacks)}.", field="options")


def _case(sent: shapes.NewDecision, by: By) -> Case:
    typed = sent.model_dump(exclude={"channel", "options"})
    _check_moments(typed, by)
    return Case(**{_NAMES.get(name, name): value for name, value in typed.items()})


def _check_moments(typed: dict[str, Any], by: By) -> None:
    for name, called in (("decide_by", "The date to decide by"), ("promised_by", "The promised reply")):
        at: datetime | None = typed.get(name)
        if at is not None:
            check_ahead(at, by.now, name, called)


@router.get(
    "/decisions/{number}",
    response_model=shapes.DecisionOut,
    responses={HTTPStatus.NOT_MODIFIED: {"description": "It stands at the revision that If-None-Match names."}},
)
async def read(
    request: Request,
    response: Response,
    by: Reader,
    number: Number,
    if_none_match: Annotated[str | None, Header(description="The ETag of the last answer: nothing new is 304.")] = None,
) -> shapes.DecisionOut | Response:
    """With its ETag, which names the revision."""
    dossier = await place.found(request, by, number)
    if if_none_match == place.tag(dossier):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"etag": if_none_match})
    return await place.shown(request, response, by, dossier)


@router.patch("/decisions/{number}")
async def change(
    request: Request, response: Response, by: Opener, number: Number, sent: shapes.ChangedDecision
) -> shapes.DecisionOut:
    """Changes the case, by its owner, until scoring starts; later only the urgency."""
    found, db = await place.found(request, by, number), deps(request).db
    typed = sent.model_dump(exclude_unset=True)
    _check_known(typed)
    _check_moments(typed, by)
    if typed.keys() == {"urgency"} and found.decision.phase is Phase.EVALUATE:
        await decisions.change_urgency(db, by, found.decision.id, urgency_level=typed["urgency"])
    elif typed:
        await decisions.edit_case(db, by, found.decision.id, action=_editing(found), case=_changed(found, typed))
    return await place.shown_anew(request, response, by, number)


def _editing(found: Dossier) -> Action:
    return Action.COMPLETE_CASE if found.decision.phase is Phase.DEFINE else Action.EDIT_CASE


def _check_known(typed: dict[str, Any]) -> None:
    for name, value in typed.items():
        if value is None and name not in _MAY_BE_UNKNOWN:
            raise Invalid("This cannot be unknown: leave it out, or give another value.", field=name)


def _changed(found: Dossier, typed: dict[str, Any]) -> Case:
    return replace(found.decision.case, **{_NAMES.get(name, name): value for name, value in typed.items()})


@router.post("/decisions/{number}/criteria")
async def set_criteria(
    request: Request, response: Response, by: Opener, number: Number, sent: shapes.NewCriteria
) -> shapes.DecisionOut:
    """Replaces all criteria, by the decision's owner, until scoring starts."""
    found = await place.found(request, by, number)
    drafts = [CriterionDraft(one.name, one.weight, one.description) for one in sent.criteria]
    await criteria.submit(deps(request).db, by, found.decision.id, drafts=drafts)
    return await place.shown_anew(request, response, by, number)


@router.post("/decisions/{number}/options", status_code=HTTPStatus.CREATED)
async def add_options(
    request: Request, response: Response, by: Opener, number: Number, sent: shapes.NewOptions
) -> shapes.DecisionOut:
    """Who proposed an option is shown to nobody before the scoring has ended."""
    found = await place.found(request, by, number)
    await options.propose(deps(request).db, by, found.decision.id, drafts=[_draft(one) for one in sent.options])
    return await place.shown_anew(request, response, by, number)


def _draft(one: shapes.NewOption) -> OptionDraft:
    return OptionDraft(one.title, one.description, one.cost, one.effort, one.risk)
