"""The second front door: what browsers and programs are served beside Slack. Loaded only where CONCLAVE_URL is set."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.deps import Deps
from bot.errors import BotError
from web import decision, inbox, learning, page, search, settings, sign_in, slack, team
from web.api.app import PREFIX, api
from web.guard import Guard

ROUTES: tuple[BaseRoute, ...] = (
    Route("/", inbox.show),
    Route("/decisions", search.show),
    Route("/d/{place}.md", decision.markdown),
    Route("/d/{place}.json", decision.data),
    Route("/d/{place}/turnout", decision.turnout),
    Route("/d/{place}/earlier", decision.earlier),
    Route("/d/{place}", decision.show),
    Route("/learning", learning.show),
    Route("/customers", learning.customers),
    Route("/team", team.show),
    Route("/audit", team.audit),
    Route("/settings", settings.show),
    Route("/settings/tokens", settings.make_token, methods=["POST"]),
    Route("/settings/tokens/{token}", settings.take_token, methods=["POST"]),
    Route("/settings/password", settings.set_password, methods=["POST"]),
    Route("/settings/password/remove", settings.remove_password, methods=["POST"]),
    Route("/settings/passwords", settings.allow_passwords, methods=["POST"]),
    Route("/sign-in", sign_in.door),
    Route("/sign-in/slack", slack.leave),
    Route("/sign-in/slack/back", slack.come_back),
    Route("/sign-in/password", sign_in.by_password, methods=["POST"]),
    Route("/sign-out", sign_in.out, methods=["POST"]),
    Route("/sign-out-everywhere", sign_in.out_everywhere, methods=["POST"]),
    Route("/link/{value}", sign_in.look_at_link),
    Route("/link/{value}", sign_in.use_link, methods=["POST"]),
)
"""The pages. Whatever changes something is a POST."""


def pages(deps: Deps) -> ASGIApp:
    """Everything that is not Slack's and no health page: the API for programs, pages for browsers."""
    browser = Guard(_browser(deps), url=deps.settings.url)
    return Router([Mount(PREFIX, api(deps)), Mount("/", browser)], redirect_slashes=False)


def _browser(deps: Deps) -> ASGIApp:
    static = Mount("/static", StaticFiles(directory=page.HERE / "static"))
    app = Starlette(
        routes=[static, *ROUTES],
        exception_handlers={BotError: page.refuse, HTTPException: page.refuse_http, Exception: page.fail},
    )
    app.router.redirect_slashes = False
    app.state.deps = deps
    return app
