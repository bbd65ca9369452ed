"""Owns the addresses of the page: the choice of a person, their page, its parts, the live stream, the static files."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.inputs import VALUE_KEYS
from sandbox.page import inspector, markup, pulse
from sandbox.page.scene import INSPECTOR, Scene, initials
from sandbox.seat import READ_ONLY
from sandbox.town import Town
from sandbox.welcome import page as plain_page

HERE = Path(__file__).parent
# Nothing but what this server itself sends may be loaded, run, framed or called.
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
    "img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; worker-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PARTS = ("sidebar", "top", "hints", "main", "thread", "modal", "notice")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NOT_DRAWN = ("file_input",)

Handler = Callable[[Request], Awaitable[Response]]


def environment() -> jinja2.Environment:
    """The templates, escaping everything that is not Markup."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
    )
    found.globals |= {
        "initials": initials,
        "stamp": _stamp(),
        "read_only": READ_ONLY,
        "known": [*(kind for kind in VALUE_KEYS if kind not in _NOT_DRAWN), "overflow"],
    }
    return found


def _stamp() -> str:
    """A part of the static files' addresses that changes with them."""
    return f"{zlib.crc32(b''.join(path.read_bytes() for path in sorted((HERE / 'static').iterdir()))):08x}"


class Page:
    """The page of one workspace."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.environment = environment()

    def pick(self) -> str:
        people = list(self.town.workspace.people.values())
        return self.environment.get_template("pick.html").render(spec=self.town.spec, people=people)

    def full(self, scene: Scene) -> str:
        template = self.environment.get_template("page.html")
        return template.render(version=self._version(scene), **self._context(scene))

    def parts(self, scene: Scene) -> dict[str, Any]:
        """Everything that may have changed, each part as HTML, and the version that it shows."""
        version = self._version(scene)
        macros = self.environment.get_template("parts.html").make_module(self._context(scene))
        html = {part: str(getattr(macros, part)(scene)) for part in PARTS}
        return {"version": version, "parts": html, "place": scene.place}

    def _context(self, scene: Scene) -> dict[str, Any]:
        is_inspector = scene.place == INSPECTOR
        return {
            "scene": scene,
            "first_steps": markup.mrkdwn(scene.first_steps, scene.eyes),
            "commands": [{"command": command, "usage": usage} for command, usage in scene.commands],
            "entries": inspector.entries(self.town, tz=scene.person.tz) if is_inspector else [],
        }

    def _version(self, scene: Scene) -> str:
        if scene.place == INSPECTOR:
            return pulse.versions(self.town)[pulse.ALL] + pulse.version(self.town, scene.person.id)
        return pulse.version(self.town, scene.person.id)


def page_routes(town: Town) -> list[Route]:
    """Make the page's routes."""
    page = Page(town)

    def scene_of(request: Request) -> Scene:
        params = request.path_params
        return Scene(town, params["who"], params.get("place"), request.query_params.get("thread"))

    async def pick(request: Request) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return plain_page(town.spec, base_url=town.base_url)
        return HTMLResponse(page.pick(), headers=HEADERS)

    async def full(request: Request) -> Response:
        return HTMLResponse(page.full(scene_of(request)), headers=HEADERS)

    async def parts(request: Request) -> Response:
        return JSONResponse(page.parts(scene_of(request)), headers=HEADERS)

    async def live(request: Request) -> Response:
        return _Stream(pulse.beats(town), media_type="text/event-stream", headers=HEADERS)

    async def static(request: Request) -> Response:
        path = HERE / "static" / Path(request.path_params["name"]).name
        if path.suffix not in _TYPES or not path.is_file():
            return Response("Not found", 404)
        headers = HEADERS | {"Cache-Control": "max-age=86400"}
        return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=headers)

    table = [
        ("/", pick),
        ("/as/{who}", _or_home(full)),
        ("/as/{who}/{place}", _or_home(full)),
        ("/page/parts/{who}/{place}", _or_home(parts)),
        ("/page/live", live),
        ("/page/{stamp}/{name}", static),
    ]
    return [Route(path, handler, methods=["GET"]) for path, handler in table]


class _Stream(StreamingResponse):
    """A stream that has no end of its own: the server's stopping is one, not an error of the application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):
            await super().__call__(scope, receive, send)


def _or_home(handler: Handler) -> Handler:
    """A person or place that is not there leads to the choice of persons."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except KeyError:
            return RedirectResponse("/", 303)

    return answer
