"""What waits for the person who is signed in: the same as in Slack."""

from starlette.requests import Request
from starlette.responses import Response

from bot.services import decision as decisions
from web import person
from web.page import render


async def show(request: Request) -> Response:
    who = await person.by(request)
    lines = await decisions.unfinished(person.deps(request).db, who)
    waiting = [line for line in lines if line.waits]
    others = [line for line in lines if not line.waits]
    zone = await person.zone(request)
    return await render(request, "inbox.jinja", waiting=waiting, others=others, zone=zone, now=who.now)
