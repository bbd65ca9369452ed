"""A team's webhooks, on pages under Settings: where its programs are told what happens. For those who may decide any
amount."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.domain.webhook import Draft, Event, Wall, check_draft, check_may
from bot.errors import BotError, NotFound
from bot.services import webhook as webhooks
from bot.services.sealing import NO_KEYS
from bot.services.webhook import Made
from web import form, person
from web.page import render, status_of

HERE = "/settings/webhooks"


async def show(request: Request) -> Response:
    return await _list(request)


async def add(request: Request) -> Response:
    """Shows the secret: this once, and never again."""
    typed, who, d = await form.read(request), await person.by(request), person.deps(request)
    check_may(who.member)
    try:
        made = await webhooks.add(d.db, who, _draft(request, typed), keyring=d.settings.keyring)
    except BotError as refusal:
        return await _list(request, typed=typed, refusal=refusal)
    return await _one(request, made.endpoint.id, made=made)


async def show_one(request: Request) -> Response:
    return await _one(request, id_in(request))


async def change(request: Request) -> Response:
    typed, who, endpoint_id = await form.read(request), await person.by(request), id_in(request)
    try:
        is_on = typed.get("on") == "yes"
        await webhooks.change(person.deps(request).db, who, endpoint_id, _draft(request, typed), is_on=is_on)
    except BotError as refusal:
        return await _one(request, endpoint_id, refusal=refusal)
    return _back(endpoint_id)


async def rotate(request: Request) -> Response:
    who, endpoint_id, d = await person.by(request), id_in(request), person.deps(request)
    try:
        made = await webhooks.rotate(d.db, who, endpoint_id, keyring=d.settings.keyring)
    except BotError as refusal:
        return await _one(request, endpoint_id, refusal=refusal)
    return await _one(request, endpoint_id, made=made)


async def test(request: Request) -> Response:
    who, endpoint_id = await person.by(request), id_in(request)
    try:
        await webhooks.test(person.deps(request).db, who, endpoint_id)
    except BotError as refusal:
        return await _one(request, endpoint_id, refusal=refusal)
    return _back(endpoint_id)


async def replay(request: Request) -> Response:
    who, endpoint_id = await person.by(request), id_in(request)
    try:
        delivery = request.path_params["delivery"]
        await webhooks.replay(person.deps(request).db, who, endpoint_id, delivery_id=delivery)
    except BotError as refusal:
        return await _one(request, endpoint_id, refusal=refusal)
    return _back(endpoint_id)


async def remove(request: Request) -> Response:
    await webhooks.remove(person.deps(request).db, await person.by(request), id_in(request))
    return RedirectResponse(HERE, HTTPStatus.SEE_OTHER)


async def _list(
    request: Request, *, typed: Mapping[str, str] | None = None, refusal: BotError | None = None
) -> Response:
    every = await webhooks.every(person.deps(request).db, await person.by(request))
    status = status_of(refusal) if refusal else HTTPStatus.OK
    missing = None if person.deps(request).settings.keyring else NO_KEYS
    shown = {"endpoints": every, "events": Event, "typed": typed or {}, "refusal": refusal, "missing": missing}
    return await render(request, "webhooks.jinja", status=status, zone=await person.zone(request), **shown)


async def _one(
    request: Request, endpoint_id: UUID, *, made: Made | None = None, refusal: BotError | None = None
) -> Response:
    db, who = person.deps(request).db, await person.by(request)
    endpoint = made.endpoint if made else await webhooks.get(db, who, endpoint_id)
    status = status_of(refusal) if refusal else HTTPStatus.OK
    shown = {"endpoint": endpoint, "made": made, "refusal": refusal, "events": Event, "now": who.now}
    log = await webhooks.log(db, who, endpoint_id)
    return await render(request, "webhook.jinja", status=status, log=log, zone=await person.zone(request), **shown)


def _draft(request: Request, typed: Mapping[str, str]) -> Draft:
    chosen = [event for event in Event if typed.get(event) == "yes"]
    wall = Wall(person.deps(request).settings.webhook_allow)
    return check_draft(label=typed.get("label", ""), url=typed.get("url", ""), events=chosen, wall=wall)


def id_in(request: Request) -> UUID:
    """Of the endpoint that the path names. Raises NotFound for what is no id, as for an unknown one."""
    try:
        return UUID(request.path_params["webhook"])
    except ValueError as error:
        raise NotFound(webhooks.UNKNOWN) from error


def _back(endpoint_id: UUID) -> Response:
    return RedirectResponse(f"{HERE}/{endpoint_id}", HTTPStatus.SEE_OTHER)
