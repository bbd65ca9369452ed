"""The second front door: what browsers and programs are served beside Slack. Loaded only where CONCLAVE_URL is set."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.deps import Deps
from bot.errors import BotError
from web import inbox, page, sign_in
from web.guard import Guard

ROUTES: tuple[BaseRoute, ...] = (
    Route("/", inbox.show),
    Route("/sign-in", sign_in.door),
    Route("/sign-out", sign_in.out, methods=["POST"]),
    Route("/sign-out-everywhere", sign_in.out_everywhere, methods=["POST"]),
    Route("/link/{value}", sign_in.look_at_link),
    Route("/link/{value}", sign_in.use_link, methods=["POST"]),
)
"""The pages. Whatever changes something is a POST."""


def pages(deps: Deps) -> ASGIApp:
    """Everything that is not Slack's and no health page."""
    return Guard(_browser(deps), url=deps.settings.url)


def _browser(deps: Deps) -> ASGIApp:
    static = Mount("/static", StaticFiles(directory=page.HERE / "static"))
    app = Starlette(
        routes=[static, *ROUTES],
        exception_handlers={BotError: page.refuse, HTTPException: page.refuse_http},
    )
    app.router.redirect_slashes = False
    app.state.deps = deps
    return app
