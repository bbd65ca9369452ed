"""How a browser gets its session, and loses it. The bot's own door: a link that Slack shows to one person."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.errors import NotAllowed
from bot.services import password as passwords
from bot.services import token as tokens
from web import cookie, form, person
from web.page import render


async def door(request: Request) -> Response:
    """Where somebody lands who is signed out."""
    back = request.query_params.get("next", "/")
    if await person.find_by(request):
        return _go(back)
    return await show_door(request, back=back)


async def show_door(request: Request, *, back: str, sentence: str = "", status: int = 200) -> Response:
    """sentence: why it is shown again."""
    d = person.deps(request)
    ways = {"has_slack": bool(d.settings.slack_client_id), "has_passwords": await passwords.are_allowed(d.db)}
    return await render(request, "sign_in.jinja", status=status, back=person.way_back(back), sentence=sentence, **ways)


async def look_at_link(request: Request) -> Response:
    """Say whom the link signs in. Looking uses nothing up: chat programs open links to show a preview."""
    d, value = person.deps(request), request.path_params["value"]
    actor = await tokens.look_at_link(d.db, value, now=d.now)
    return await render(request, "link.jinja", actor=actor, back=request.query_params.get("next", "/"))


async def use_link(request: Request) -> Response:
    d, value = person.deps(request), request.path_params["value"]
    began = await tokens.use_link(d.db, value, now=d.now, origin=person.origin(request))
    return await signed_in(request, began, back=request.query_params.get("next", "/"))


async def by_password(request: Request) -> Response:
    d, sent, back = person.deps(request), await form.read(request), request.query_params.get("next", "/")
    email, typed = sent.get("email", ""), sent.get("password", "")
    try:
        began = await passwords.sign_in(d.db, email=email, typed=typed, now=d.now, origin=person.origin(request))
    except NotAllowed as refusal:
        return await show_door(request, back=back, sentence=refusal.message, status=HTTPStatus.FORBIDDEN)
    return await signed_in(request, began, back=back)


async def signed_in(request: Request, began: str, *, back: str) -> Response:
    """Give the browser its new session; the one that it had before, whoever's it was, is over."""
    before = cookie.read(request)
    if before:
        await tokens.sign_out(person.deps(request).db, before)
    response = _go(back)
    cookie.put(request, response, began)
    return response


async def out(request: Request) -> Response:
    value = cookie.read(request)
    if value:
        await tokens.sign_out(person.deps(request).db, value)
    return _gone(request)


async def out_everywhere(request: Request) -> Response:
    await tokens.sign_out_everywhere(person.deps(request).db, await person.by(request))
    return _gone(request)


def _gone(request: Request) -> Response:
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    cookie.clear(request, response)
    return response


def _go(back: str) -> Response:
    return RedirectResponse(back if person.is_ours(back) else "/", HTTPStatus.SEE_OTHER)
