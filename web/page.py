"""Pages from templates: what every one of them is given, and what a refusal looks like."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.errors import BotError, Changed, Conflict, Invalid, NotAllowed, NotFound, TryAgain
from web import person
from web.guard import unexpected
from web.person import SignedOut
from web.views import words

HERE = Path(__file__).parent
_STATUS: dict[type[BotError], HTTPStatus] = {
    SignedOut: HTTPStatus.UNAUTHORIZED,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Changed: HTTPStatus.PRECONDITION_FAILED,
    TryAgain: HTTPStatus.SERVICE_UNAVAILABLE,
}
NO_PAGE = "There is no such page for you. It may have been moved, or belong to another team."

templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.globals["w"] = words


PAGES = (
    ("/", "Inbox"),
    ("/decisions", "Decisions"),
    ("/learning", "Learning"),
    ("/customers", "Customers"),
    ("/team", "Team"),
    ("/audit", "Audit"),
    ("/settings", "Settings"),
)
"""What the frame of every page leads to."""


async def render(request: Request, template: str, /, *, status: int = 200, **values: Any) -> Response:
    """A page in its frame: `who` is the person signed in, or None."""
    who = await person.find_by(request)
    body = templates.get_template(template).render(who=who, here=request.url.path, pages=PAGES, **values)
    return HTMLResponse(body, status_code=status)


def status_of(error: BotError) -> HTTPStatus:
    """The status of a refusal, on pages and for programs alike."""
    return _STATUS.get(type(error), HTTPStatus.BAD_REQUEST)


async def refuse(request: Request, error: Exception) -> Response:
    """A refusal in its own words; who is signed out is led to the door, and back to where they wanted to go."""
    assert isinstance(error, BotError)
    if isinstance(error, SignedOut) and request.method in {"GET", "HEAD"}:
        return RedirectResponse("/sign-in" + person.way_back(request.url.path), HTTPStatus.SEE_OTHER)
    return await _refusal(request, status_of(error), error.message)


async def refuse_http(request: Request, error: Exception) -> Response:
    """What no page answers: an unknown path, or a method that it does not know."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    return await _refusal(request, status, NO_PAGE if status is HTTPStatus.NOT_FOUND else status.phrase)


async def fail(request: Request, error: Exception) -> Response:
    """What nobody expected; `Guard` writes it down."""
    return unexpected(request.scope["reference"])


async def _refusal(request: Request, status: HTTPStatus, sentence: str) -> Response:
    return await render(request, "refusal.jinja", status=status, title=status.phrase, sentence=sentence)
