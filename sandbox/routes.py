"""Owns the JSON interface under /sandbox: people act and look, tests inject failures and read the records."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.clock import span
from sandbox.inputs import Json
from sandbox.seat import Seat
from sandbox.sending import Outcome
from sandbox.town import Town

Handler = Callable[[Request], Awaitable[Response]]
Act = Callable[[Seat, Json], Awaitable[Any]]


def _guarded(handler: Handler) -> Handler:
    """Answer a mistake of the caller with its sentence: 409 what is not there, 400 bad arguments."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except LookupError as error:
            return JSONResponse({"error": str(error.args[0])}, 409)
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return answer


async def _body(request: Request) -> Json:
    raw = await request.body()
    body = json.loads(raw) if raw else {}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _acting(town: Town, act: Act) -> Handler:
    async def handle(request: Request) -> Response:
        result = await act(town.seat(request.path_params["who"]), await _body(request))
        return JSONResponse(asdict(result) if isinstance(result, Outcome) else result)

    return handle


async def _slash(seat: Seat, body: Json) -> Any:
    return await seat.slash(body.pop("command"), **body)


async def _shortcut(seat: Seat, body: Json) -> Any:
    return await seat.shortcut(body.pop("name"), **body)


async def _workflow(seat: Seat, body: Json) -> Any:
    return seat.run_step(body.pop("step"), **body)


async def _say(seat: Seat, body: Json) -> Any:
    return seat.say(body.pop("text"), body.pop("channel"), **body)


async def _click(seat: Seat, body: Json) -> Any:
    return await seat.click(body.pop("what"), **body)


async def _fill(seat: Seat, body: Json) -> Any:
    return await seat.fill(body["values"])


async def _offered(seat: Seat, body: Json) -> Any:
    return await seat.offered(body["label"], body["typed"])


async def _press(seat: Seat, body: Json) -> Any:
    at = body.pop("at")
    seat.hold(at, body.pop("values", ()))
    return await seat.press(at, **body)


async def _hold(seat: Seat, body: Json) -> Any:
    return seat.hold(body["at"], body["values"])


async def _suggest(seat: Seat, body: Json) -> Any:
    return await seat.suggest(body.pop("at"), **body)


async def _submit(seat: Seat, body: Json) -> Any:
    if "at" in body:
        seat.hold(body.pop("at"), body.pop("values", ()))
    return await seat.acts.submit(seat.person, **body)


async def _close(seat: Seat, body: Json) -> Any:
    return await seat.acts.close(seat.person, **body)


async def _again(seat: Seat, body: Json) -> Any:
    return await seat.acts.sending.again(seat.person)


async def _read(seat: Seat, body: Json) -> Any:
    return seat.read(body.pop("channel"), **body)


async def _notify(seat: Seat, body: Json) -> Any:
    return seat.notify(body.pop("channel"), **body)


async def _open_home(seat: Seat, body: Json) -> Any:
    seat.acts.events.home_opened(seat.person)
    return Outcome("ok")


_ACTS: dict[str, Act] = {
    "slash": _slash,
    "shortcut": _shortcut,
    "workflow": _workflow,
    "say": _say,
    "click": _click,
    "fill": _fill,
    "offered": _offered,
    "press": _press,
    "hold": _hold,
    "suggest": _suggest,
    "submit": _submit,
    "close": _close,
    "again": _again,
    "home": _open_home,
    "read": _read,
    "notify": _notify,
}


def routes(town: Town) -> list[Route]:
    """Make the routes of one workspace."""

    async def people(request: Request) -> Response:
        return JSONResponse([asdict(person) for person in town.workspace.people.values()])

    async def channels(request: Request) -> Response:
        found = town.workspace.channels.values()
        return JSONResponse([{"id": c.id, "name": c.name, "members": sorted(c.members)} for c in found])

    async def screen(request: Request) -> Response:
        return JSONResponse(town.seat(request.path_params["who"]).screen())

    async def notifications(request: Request) -> Response:
        return JSONResponse({"notifications": town.seat(request.path_params["who"]).notifications()})

    async def calls(request: Request) -> Response:
        return JSONResponse([vars(call) for call in town.records.calls])

    async def deliveries(request: Request) -> Response:
        return JSONResponse([delivery.summary() for delivery in town.records.deliveries])

    async def workflows(request: Request) -> Response:
        return JSONResponse([vars(run) for run in town.workspace.runs.values()])

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            town.behave()
        else:
            town.faults.add(**await _body(request))
        return JSONResponse({"ok": True})

    async def membership(request: Request) -> Response:
        town.let_bot(request.path_params["change"], channel=request.path_params["channel"])
        return JSONResponse({"ok": True})

    async def archive(request: Request) -> Response:
        town.channel(request.path_params["channel"]).archived = True
        return JSONResponse({"ok": True})

    async def deactivate(request: Request) -> Response:
        town.deactivate(request.path_params["who"])
        return JSONResponse({"ok": True})

    async def activate(request: Request) -> Response:
        town.activate(request.path_params["who"])
        return JSONResponse({"ok": True})

    async def groups(request: Request) -> Response:
        return JSONResponse([asdict(group) for group in town.workspace.groups.values()])

    async def regroup(request: Request) -> Response:
        """Who is in it from now on: {"members": ["lisa", "tom"]}."""
        town.regroup(request.path_params["group"], (await _body(request))["members"])
        return JSONResponse({"ok": True})

    async def expire(request: Request) -> Response:
        """Those handed out so far; with {"next": n} the next n instead."""
        coming = (await _body(request)).get("next")
        if coming:
            town.workspace.spoil_triggers(int(coming))
        else:
            town.workspace.expire_triggers()
        return JSONResponse({"ok": True})

    async def reconnect(request: Request) -> Response:
        await town.disconnect(**await _body(request))
        return JSONResponse({"ok": True})

    async def clock(request: Request) -> Response:
        """The time, moved before by {"later": "1d"} where it is posted."""
        if request.method == "POST":
            await town.clock.move(span(str((await _body(request)).get("later"))))
        ahead = town.clock.ahead.total_seconds()
        return JSONResponse({"now": town.clock.now().isoformat(), "ahead_seconds": ahead})

    async def event(request: Request) -> Response:
        return JSONResponse({"sent": town.events.send(await _body(request))})

    async def bot_url(request: Request) -> Response:
        town.set_bot_url(str((await _body(request))["url"]))
        return JSONResponse({"ok": True})

    table: list[tuple[str, str, Handler]] = [
        ("GET", "/people", people),
        ("GET", "/channels", channels),
        ("GET", "/people/{who}/screen", screen),
        ("GET", "/people/{who}/notifications", notifications),
        ("GET", "/calls", calls),
        ("GET", "/deliveries", deliveries),
        ("GET", "/workflows", workflows),
        ("POST", "/faults", faults),
        ("DELETE", "/faults", faults),
        ("POST", "/channels/{channel}/archive", archive),
        ("POST", "/channels/{channel}/{change}", membership),
        ("POST", "/people/{who}/deactivate", deactivate),
        ("POST", "/people/{who}/activate", activate),
        ("GET", "/groups", groups),
        ("POST", "/groups/{group}", regroup),
        ("POST", "/triggers/expire", expire),
        ("POST", "/socket/disconnect", reconnect),
        ("GET", "/clock", clock),
        ("POST", "/clock", clock),
        ("POST", "/events", event),
        ("POST", "/bot", bot_url),
        *(("POST", f"/people/{{who}}/{name}", _acting(town, act)) for name, act in _ACTS.items()),
    ]
    return [Route(f"/sandbox{path}", _guarded(handler), methods=[verb]) for verb, path, handler in table]
