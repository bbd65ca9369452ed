"""One decision, at an address that stays: as a page, as Markdown, as data."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.domain.by import By
from bot.domain.decision import Dossier, Status
from bot.domain.link import place_of
from bot.domain.round import RoundState
from bot.errors import NotFound
from bot.services import dossier as dossiers
from bot.services import precedent as precedents
from bot.services import result as results
from bot.services import trail as trails
from web import person
from web.page import NO_PAGE, render
from web.views import chart, trail
from web.views import decision as view

_NOBODYS = 0
"""No decision has this number."""


async def show(request: Request) -> Response:
    who, found = await _find(request)
    db, shown = person.deps(request).db, view.shown(found)
    return await render(
        request,
        "decision.jinja",
        found=found,
        d=found.decision,
        now=who.now,
        zone=await person.zone(request),
        view=view,
        rules=who.rules,
        shown=shown,
        totals=chart.totals(shown.places) if shown else None,
        choice=view.choice(found),
        is_scoring=is_scoring(found, who),
        comments=view.comments(found, await results.comments(db, found=found)),
        lines=await trails.of_decision(db, found),
        trail=trail,
    )


async def turnout(request: Request) -> Response:
    """How many have scored: the part of the page that is asked for again while scoring is open."""
    who, found = await _find(request)
    scoring = is_scoring(found, who)
    return await render(request, "turnout.jinja", found=found, now=who.now, view=view, is_scoring=scoring)


async def earlier(request: Request) -> Response:
    """Earlier cases like this one. Apart from the page, as looking for them takes longer than all the rest of it."""
    who, found = await _find(request)
    similar = await _similar(request, who, found)
    return await render(request, "earlier.jinja", found=found, d=found.decision, view=view, similar=similar)


async def markdown(request: Request) -> Response:
    who, found = await _find(request)
    more = await _more(request, who, found)
    body = view.markdown(found, who.rules, who.now, url=person.deps(request).settings.url, more=more)
    return PlainTextResponse(body, media_type="text/markdown")


async def data(request: Request) -> Response:
    who, found = await _find(request)
    more = await _more(request, who, found)
    return JSONResponse(view.data(found, who.now, url=person.deps(request).settings.url, more=more))


async def _more(request: Request, who: By, found: Dossier) -> view.More:
    comments = view.comments(found, await results.comments(person.deps(request).db, found=found))
    return view.More(comments, await _similar(request, who, found))


async def _similar(request: Request, who: By, found: Dossier) -> view.Similar | None:
    """None for what was cancelled, as in Slack."""
    if found.decision.status is Status.CANCELLED:
        return None
    return view.similar(await precedents.find(person.deps(request).db, who, found), found, who.now)


def is_scoring(found: Dossier, who: By) -> bool:
    return found.decision.status is Status.EVALUATING and found.round_state(who.now) is RoundState.OPEN


async def _find(request: Request) -> tuple[By, Dossier]:
    """The decision of the person's own team. Another team's, and one that there is not, run the same statement and get
    the same answer."""
    who = await person.by(request)
    place = place_of(request.path_params["place"])
    number = place[1] if place and place[0] == who.team.key else _NOBODYS
    try:
        return who, await dossiers.close_due_and_get_by_number(person.deps(request).db, who, number)
    except NotFound as error:
        raise NotFound(NO_PAGE) from error
