"""A person's own: sessions, tokens of programs, the password; for admins whether there are passwords at all."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.domain.team import may_edit_team
from bot.domain.token import AGENT_SCOPES, API_DAYS, Kind, Scope
from bot.errors import BotError, Invalid, NotFound
from bot.services import password as passwords
from bot.services import token as tokens
from web import form, person
from web.page import render, status_of

SCOPES = {
    Scope.READ: "read: look at decisions",
    Scope.OPEN: "open: also make decisions and options, and start scoring",
    Scope.ACT: "act: also resolve, close, cancel and the rest.",
}


async def show(request: Request) -> Response:
    return await _page(request)


async def make_token(request: Request) -> Response:
    """Shows the token: this once, and never again."""
    typed, who = await form.read(request), await person.by(request)
    for_agent = typed.get("for") == "agent"
    try:
        made = await tokens.issue_api_token(
            person.deps(request).db,
            who,
            label=typed.get("label", ""),
            scope=_scope(typed),
            days=_days(typed),
            for_agent=for_agent,
        )
    except Invalid as refusal:
        return await _page(request, refusal=refusal, holder="agent" if for_agent else "program")
    return await _page(request, made=made)


async def take_token(request: Request) -> Response:
    """Take a program's token or a session away; of one's own session that is signing out."""
    await tokens.revoke(person.deps(request).db, await person.by(request), _id(request.path_params["token"]))
    return RedirectResponse("/settings", HTTPStatus.SEE_OTHER)


async def set_password(request: Request) -> Response:
    typed, who = await form.read(request), await person.by(request)
    try:
        await passwords.change(person.deps(request).db, who, typed=typed.get("password", ""))
    except BotError as refusal:
        return await _page(request, refusal=refusal)
    return RedirectResponse("/settings", HTTPStatus.SEE_OTHER)


async def remove_password(request: Request) -> Response:
    await passwords.remove(person.deps(request).db, await person.by(request))
    return RedirectResponse("/settings", HTTPStatus.SEE_OTHER)


async def allow_passwords(request: Request) -> Response:
    typed, who = await form.read(request), await person.by(request)
    await passwords.allow(person.deps(request).db, who, is_on=typed.get("on") == "yes")
    return RedirectResponse("/settings", HTTPStatus.SEE_OTHER)


async def _page(
    request: Request, *, made: tokens.Secret | None = None, refusal: BotError | None = None, holder: str = "program"
) -> Response:
    """holder: whose form was refused, "program" or "agent": that one is shown open."""
    db, who = person.deps(request).db, await person.by(request)
    mine = await tokens.mine(db, who)
    return await render(
        request,
        "settings.jinja",
        status=status_of(refusal) if refusal else HTTPStatus.OK,
        refusal=refusal,
        made=made,
        programs=[one for one in mine if one.kind is Kind.API],
        sessions=[one for one in mine if one.kind is Kind.SESSION],
        current=(await person.token(request)).id,
        asked_for=holder,
        scopes=SCOPES,
        agent_scopes={scope: SCOPES[scope] for scope in AGENT_SCOPES},
        days=API_DAYS,
        passwords=await passwords.standing(db, who),
        is_admin=may_edit_team(who.member, is_workspace_admin=False),
        zone=await person.zone(request),
    )


def _scope(typed: Mapping[str, str]) -> Scope:
    scope = typed.get("scope", "")
    if scope not in set(Scope):
        raise Invalid("Choose what the token may do.", field="scope")
    return Scope(scope)


def _days(typed: Mapping[str, str]) -> int:
    days = typed.get("days", "")
    return int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0


def _id(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError as error:
        raise NotFound("There is no such token among yours; it may have been taken away already.") from error
