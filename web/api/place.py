"""A decision by its number, for programs: found in the team of the token's owner, answered with its ETag."""

from typing import Annotated

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from bot.domain.by import By
from bot.domain.decision import Dossier, Status
from bot.services import dossier as dossiers
from bot.services import team as teams
from bot.services.refusal import check_revision
from web.api import said, shapes
from web.person import deps

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The decision's number, as in #42.")]


async def found(request: Request, by: By, number: int) -> Dossier:
    """Raises NotFound for another team's as for one that there is not, Changed for another revision than If-Match's."""
    dossier = await dossiers.close_due_and_get_by_number(deps(request).db, by, number)
    check_revision(dossier, by)
    return dossier


def tag(dossier: Dossier) -> str:
    """The ETag: the revision moves with whatever is shown, also with a ballot that comes in."""
    return f'"{dossier.decision.revision}"'


async def shown(request: Request, response: Response, by: By, dossier: Dossier) -> shapes.DecisionOut:
    response.headers["etag"] = tag(dossier)
    is_new = dossier.decision.status is Status.CREATED
    active = len(await teams.active_members(deps(request).db, by)) if is_new else 0
    return said.decision(dossier, by, url=deps(request).settings.url, active_members=active)


async def shown_anew(request: Request, response: Response, by: By, number: int) -> shapes.DecisionOut:
    """As it is now, whatever revision the request named."""
    dossier = await dossiers.close_due_and_get_by_number(deps(request).db, by, number)
    return await shown(request, response, by, dossier)
