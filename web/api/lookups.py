"""What programs may read besides: results, earlier cases, the trail, the people, the whole table."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.domain.by import By
from bot.errors import NotFound
from bot.services import export as exports
from bot.services import precedent as precedents
from bot.services import team as teams
from bot.services import trail as trails
from bot.views import export as export_view
from web.api import place, said, shapes
from web.api.place import Number
from web.api.program import Reader, bearer
from web.person import deps

router = APIRouter(tags=["reading"])


@router.get("/decisions/{number}/result")
async def result(request: Request, by: Reader, number: Number) -> shapes.ResultOut:
    """What was published, and nothing before that."""
    found = await place.found(request, by, number)
    if found.result is None:
        raise NotFound(f"{found.decision.name} has no published result.")
    return said.result(found, found.result)


@router.get("/decisions/{number}/precedents")
async def similar(request: Request, by: Reader, number: Number) -> shapes.PrecedentsOut:
    """Earlier cases like this one; what was chosen in them only once this one's result is published."""
    found = await place.found(request, by, number)
    return said.precedents(await precedents.find(deps(request).db, by, found))


@router.get("/decisions/{number}/timeline")
async def timeline(request: Request, by: Reader, number: Number) -> shapes.Timeline:
    found = await place.found(request, by, number)
    return shapes.Timeline(items=[said.line(one) for one in await trails.of_decision(deps(request).db, found)])


@router.get("/audit")
async def audit(
    request: Request, by: Reader, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> shapes.AuditOut:
    """The team's trail, newest first."""
    found = await trails.read(deps(request).db, by, before=before)
    return shapes.AuditOut(items=[said.line(one) for one in found.lines], next=found.before)


@router.get("/members")
async def members(request: Request, by: Reader) -> shapes.Members:
    """The team's people, those who have left at the end."""
    return shapes.Members(items=[said.member(one) for one in await teams.members(deps(request).db, by)])


@router.get("/me")
async def me(request: Request, by: Reader) -> shapes.Me:
    """Whose token it is, and what it may do."""
    token = bearer(request).token
    return shapes.Me(
        member=said.member(by.member),
        team=by.team.name,
        currency=by.team.currency,
        scopes=sorted(token.scopes),
        token_expires_at=token.expires_at,
    )


@router.get("/export.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def export(request: Request, by: Reader) -> Response:
    """All decisions with published results and outcomes: the very table that `/decide export` sends."""
    await exports.for_program(deps(request).db, by)
    return StreamingResponse(_table(request, by), media_type="text/csv; charset=utf-8")


async def _table(request: Request, by: By) -> AsyncIterator[str]:
    yield export_view.BOM + export_view.heading()
    async for records in exports.pages(deps(request).db, team_id=by.team.id):
        yield "".join(export_view.line(record) for record in records)
