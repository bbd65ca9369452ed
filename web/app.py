"""The second front door: what browsers and programs are served beside Slack. Loaded only where CONCLAVE_URL is set."""

from importlib.util import find_spec

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.deps import Deps
from bot.errors import BotError
from web import decision, hook, inbox, learning, page, reference, search, settings, sign_in, slack, team, webhooks
from web.api.app import PREFIX, api
from web.api.door import Counts
from web.guard import Guard
from web.hand_in import PATH, HandIn

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
    Route("/settings/webhooks", webhooks.show),
    Route("/settings/webhooks", webhooks.add, methods=["POST"]),
    Route("/settings/webhooks/{webhook}", webhooks.show_one),
    Route("/settings/webhooks/{webhook}", webhooks.change, methods=["POST"]),
    Route("/settings/webhooks/{webhook}/test", webhooks.test, methods=["POST"]),
    Route("/settings/webhooks/{webhook}/rotate", webhooks.rotate, methods=["POST"]),
    Route("/settings/webhooks/{webhook}/remove", webhooks.remove, methods=["POST"]),
    Route("/settings/webhooks/{webhook}/deliveries/{delivery:int}", webhooks.replay, methods=["POST"]),
    Route("/settings/hooks", hook.show_all),
    Route("/settings/hooks", hook.make, methods=["POST"]),
    Route("/settings/hooks/{hook}", hook.show),
    Route("/settings/hooks/{hook}", hook.change, methods=["POST"]),
    Route("/settings/hooks/{hook}/remove", hook.remove, methods=["POST"]),
    Route("/api/docs", reference.show),
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
    """Everything that is not Slack's and no health page: the API for programs, hooks for tickets, browsers' pages."""
    browser, counts = Guard(_browser(deps), url=deps.settings.url), Counts()
    tickets = Route(PATH, HandIn(deps), methods=["POST", "HEAD"])
    doors = [Mount(PREFIX, api(deps, counts)), *_tools(deps, counts), tickets, Mount("/", browser)]
    return Router(doors, redirect_slashes=False)


def _tools(deps: Deps, counts: Counts) -> list[BaseRoute]:
    """For agents by MCP, where the extra `mcp` is installed. Imported only then: it takes a tenth of a second."""
    if find_spec("mcp") is None:
        return []
    from web.mcp import app as tools

    return [Route(tools.PATH, tools.mcp(deps, counts))]


def _browser(deps: Deps) -> ASGIApp:
    static = Mount("/static", StaticFiles(directory=page.HERE / "static"))
    app = Starlette(
        routes=[static, *ROUTES],
        exception_handlers={BotError: page.refuse, HTTPException: page.refuse_http, Exception: page.fail},
    )
    app.router.redirect_slashes = False
    app.state.deps = deps
    return app
