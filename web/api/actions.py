"""What moves a decision on, for programs: the buttons of Slack, with the same rules, authority and refusals."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.domain.ahead import check_ahead
from bot.domain.decision import Dossier
from bot.domain.outcome import OutcomeDraft
from bot.domain.team import Member
from bot.errors import Conflict, Invalid, NotFound
from bot.services import decision as decisions
from bot.services import outcome as outcomes
from bot.services import round as rounds
from bot.services import team as teams
from web.api import place, said, shapes
from web.api.place import Number
from web.api.program import Actor, Opener, Reader
from web.person import deps

router = APIRouter(tags=["actions"])
_AT = "/decisions/{number}/actions"
_CLOSES = "The closing time"


@router.post(f"{_AT}/start")
async def start(
    request: Request, response: Response, by: Opener, number: Number, sent: shapes.Start
) -> shapes.DecisionOut:
    """Asks these people to score, in Slack; nobody scores by this interface."""
    db, found = deps(request).db, await place.found(request, by, number)
    check_ahead(sent.closes_at, by.now, "closes_at", _CLOSES)
    member_ids = _people(sent.people, await teams.active_members(db, by))
    await rounds.start(
        db,
        by,
        found.decision.id,
        member_ids=member_ids,
        closes_at=sent.closes_at,
        is_two_confirmed=sent.confirm_two,
    )
    return await place.shown_anew(request, response, by, number)


def _people(named: Sequence[str], members: Sequence[Member]) -> list[UUID]:
    known = {str(member.id): member.id for member in members} | {m.email.lower(): m.id for m in members}
    for place_, name in enumerate(named):
        if name.lower() not in known:
            raise Invalid("No active member of your team has this id or address.", field=f"people.{place_}")
    return [known[name.lower()] for name in named]


@router.post(f"{_AT}/close")
async def close(request: Request, response: Response, by: Actor, number: Number) -> shapes.DecisionOut:
    """Ends scoring before its time, once quorum holds; the result is published by itself, within seconds."""
    found = await place.found(request, by, number)
    await rounds.close(deps(request).db, by, found.decision.id)
    return await place.shown_anew(request, response, by, number)


@router.post(f"{_AT}/extend")
async def extend(
    request: Request, response: Response, by: Actor, number: Number, sent: shapes.Until
) -> shapes.DecisionOut:
    """Collects scores again, after scoring that closed without quorum."""
    found = await place.found(request, by, number)
    check_ahead(sent.closes_at, by.now, "closes_at", _CLOSES)
    await rounds.extend(deps(request).db, by, found.decision.id, closes_at=sent.closes_at)
    return await place.shown_anew(request, response, by, number)


@router.post(f"{_AT}/proceed")
async def proceed(
    request: Request, response: Response, by: Actor, number: Number, sent: shapes.Why
) -> shapes.DecisionOut:
    """Publishes what there is although quorum was missed."""
    found = await place.found(request, by, number)
    await rounds.proceed(deps(request).db, by, found.decision.id, reason=sent.reason)
    return await place.shown_anew(request, response, by, number)


@router.post(f"{_AT}/void")
async def void(request: Request, response: Response, by: Actor, number: Number, sent: shapes.Why) -> shapes.DecisionOut:
    """Deletes all scores of this round and goes back to the options."""
    found = await place.found(request, by, number)
    await rounds.void(deps(request).db, by, found.decision.id, round_id=_round(found), reason=sent.reason)
    return await place.shown_anew(request, response, by, number)


def _round(found: Dossier) -> UUID:
    if found.round is None:
        raise Conflict(f"{found.decision.name} is not being scored.")
    return found.round.id


@router.post(f"{_AT}/second")
async def second(
    request: Request, response: Response, by: Actor, number: Number, sent: shapes.Until
) -> shapes.DecisionOut:
    """Asks the same people once more about the same options, after a result that left it open. Once a decision."""
    found = await place.found(request, by, number)
    check_ahead(sent.closes_at, by.now, "closes_at", _CLOSES)
    await rounds.second(deps(request).db, by, found.decision.id, closes_at=sent.closes_at)
    return await place.shown_anew(request, response, by, number)


@router.post(f"{_AT}/cancel")
async def cancel(
    request: Request, response: Response, by: Actor, number: Number, sent: shapes.Why
) -> shapes.DecisionOut:
    """Ends it without an answer; scores that were not published are deleted."""
    found = await place.found(request, by, number)
    await decisions.cancel(deps(request).db, by, found.decision.id, reason=sent.reason)
    return await place.shown_anew(request, response, by, number)


@router.post(f"{_AT}/resolve")
async def resolve(
    request: Request, response: Response, by: Actor, number: Number, sent: shapes.Choose
) -> shapes.DecisionOut:
    """Chooses an option, where the authority of the token's owner reaches for it."""
    found = await place.found(request, by, number)
    await outcomes.resolve(deps(request).db, by, found.decision.id, option_id=sent.option, reason=sent.reason)
    return await place.shown_anew(request, response, by, number)


@router.post(f"{_AT}/reopen")
async def reopen(
    request: Request, response: Response, by: Actor, number: Number, sent: shapes.Why
) -> shapes.DecisionOut:
    """Takes the choice back while the customer does not know it."""
    found = await place.found(request, by, number)
    await outcomes.reopen(deps(request).db, by, found.decision.id, reason=sent.reason)
    return await place.shown_anew(request, response, by, number)


@router.post(f"{_AT}/informed")
async def informed(request: Request, response: Response, by: Actor, number: Number) -> shapes.DecisionOut:
    """The customer has the answer."""
    found = await place.found(request, by, number)
    await outcomes.set_informed(deps(request).db, by, found.decision.id)
    return await place.shown_anew(request, response, by, number)


@router.get("/decisions/{number}/outcome")
async def read_outcome(request: Request, by: Reader, number: Number) -> shapes.OutcomeOut:
    """How it turned out, as far as that is known."""
    found = await place.found(request, by, number)
    if found.outcome is None:
        raise NotFound(f"{found.decision.name} has not been resolved: it has no outcome yet.")
    return said.outcome(found.outcome)


@router.put("/decisions/{number}/outcome")
async def record_outcome(
    request: Request, by: Actor, number: Number, sent: shapes.RecordedOutcome
) -> shapes.OutcomeOut:
    """Records how it turned out, once the customer is informed; replaces what was recorded before."""
    found = await place.found(request, by, number)
    draft = OutcomeDraft(
        customer_satisfaction_score=sent.customer_satisfaction,
        customer_retained=sent.customer_retained,
        financial_impact_actual=sent.actual_cost,
        escalation_occurred=sent.escalated,
        outcome_notes=sent.notes or None,
        worked=sent.worked,
    )
    await outcomes.record(deps(request).db, by, found.decision.id, draft=draft)
    return await read_outcome(request, replace(by, revision=None), number)
