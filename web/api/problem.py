"""Refusals as programs read them: RFC 9457, with the sentence that a person would read in Slack."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from bot.errors import BotError, TryAgain
from web.page import status_of

MEDIA_TYPE = "application/problem+json"
AGAIN = {"retry-after": "1"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Wrong(BaseModel):
    """One thing that cannot be used as it stands."""

    field: str
    message: str


class Problem(BaseModel):
    """Why it was not done. `detail` is the sentence for a person."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    field: str | None = Field(default=None, description="The field it is about, where it is about one.")
    errors: list[Wrong] | None = Field(default=None, description="All that is wrong with what was sent.")


def problem(
    status: int,
    detail: str,
    *,
    field: str | None = None,
    errors: Sequence[Wrong] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    found = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, field=field, errors=list(errors or ()) or None
    )
    body = found.model_dump(exclude_none=True)
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, words in {
        400: "What was sent cannot be read.",
        401: "No valid token.",
        403: "The token, or its owner, may not do that.",
        404: "Your team has no such thing.",
        409: "The decision has moved on; `detail` names its state and the way out.",
        412: "The decision has changed since the revision that If-Match names.",
        413: "The body is too large.",
        422: "What was sent cannot be used as it stands.",
        429: "Too many requests of this token; Retry-After says how long to wait.",
        503: "Nothing was saved: the database was slow or away. Try again.",
    }.items()
}
"""What every endpoint may answer besides; OpenAPI names them all."""


async def refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, BotError)
    if isinstance(error, TryAgain):  # its sentence is for somebody before a window
        return problem(503, "Nothing was saved: the database did not answer in time. Send it again.", headers=AGAIN)
    return problem(status_of(error), error.message, field=error.field)


async def unreadable(_: Request, error: Exception) -> Response:
    """What does not have the documented shape. Never repeats what was sent."""
    assert isinstance(error, RequestValidationError)
    errors = [Wrong(field=_path(one["loc"]), message=str(one["msg"])) for one in error.errors()]
    first = errors[0]
    detail = f"{first.field}: {first.message}." if first.field else f"{first.message}."
    is_syntax = any(one["type"] == "json_invalid" for one in error.errors())
    return problem(400 if is_syntax else 422, detail, field=first.field or None, errors=errors)


def _path(place: Sequence[str | int]) -> str:
    """("body", "options", 1, "title") as "options.1.title"."""
    return ".".join(str(part) for part in place[1:])


def is_served(app: Starlette, scope: Scope) -> bool:
    """Whether there is an endpoint of this method at this path."""
    return any(route.matches(scope)[0] is Match.FULL for route in app.routes)


async def by_http(request: Request, error: Exception) -> Response:
    """What no endpoint answers. One path's methods are endpoints of their own: `Allow` names them all."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = [one for one in METHODS if is_served(request.app, {**request.scope, "method": one})]
        return problem(error.status_code, error.detail, headers={"allow": ", ".join(allowed)})
    return problem(error.status_code, "There is no such thing here." if error.status_code == 404 else error.detail,
                   headers=error.headers)  # fmt: skip
