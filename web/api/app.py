"""The API as an application of its own, mounted at /api/v1; FastAPI is loaded nowhere else."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from bot.deps import Deps
from bot.errors import BotError
from web.api import actions, decisions, lookups, problem, webhooks
from web.api.door import Counts, Door
from web.api.problem import DOCUMENTED, Problem

PREFIX = "/api/v1"
_ABOUT = """Decisions of customer-facing teams. People score in Slack, in secret; nothing here holds a ballot, and no
result before it is published. Amounts are texts in the decision's currency; moments are RFC 3339 with an offset."""


def api(deps: Deps, counts: Counts) -> ASGIApp:
    """Behind its door."""
    return Door(application(deps), deps, counts)


def application(deps: Deps | None = None) -> FastAPI:
    """deps None: for its description alone."""
    app = FastAPI(
        title="Conclave",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        responses=DOCUMENTED,
        exception_handlers={
            BotError: problem.refused,
            RequestValidationError: problem.unreadable,
            HTTPException: problem.by_http,
        },
        redirect_slashes=False,
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
    )
    for router in (decisions.router, actions.router, lookups.router, webhooks.router):
        app.include_router(router)
    app.state.deps = deps
    app.openapi = lambda: description(app)  # type: ignore[method-assign]
    return app


def description(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1. FastAPI's own shape of a refusal is replaced by ours."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            servers=app.servers,
        )
        schemas = found["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= shape.pop("$defs", {}) | {"Problem": shape}
        app.openapi_schema = found
    return app.openapi_schema
