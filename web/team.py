"""The team, its people and its trail."""

from starlette.requests import Request
from starlette.responses import Response

from bot.domain.authority import reach
from bot.services import team as teams
from bot.services import trail as trails
from web import person
from web.page import render
from web.views import trail


async def show(request: Request) -> Response:
    who = await person.by(request)
    members = await teams.members(person.deps(request).db, who)
    reaches = {m.id: reach(m.authority, who.rules.authority, who.team.currency) for m in members}
    return await render(request, "team.jinja", members=members, reaches=reaches)


async def audit(request: Request) -> Response:
    who = await person.by(request)
    before = request.query_params.get("before", "")
    found = await trails.read(person.deps(request).db, who, before=int(before) if _is_place(before) else None)
    return await render(request, "audit.jinja", found=found, trail=trail, zone=await person.zone(request))


def _is_place(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) <= 18
