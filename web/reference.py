"""The API's description as a page of ours, at /api/docs: for people who write programs, signed in or not."""

from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from web.api.app import PREFIX, application
from web.page import render
from web.views import reference


@cache
def _described() -> dict[str, Any]:
    return application().openapi()


async def show(request: Request) -> Response:
    found = _described()
    return await render(
        request,
        "reference.jinja",
        prefix=PREFIX,
        about=found["info"]["description"],
        groups=reference.endpoints(found),
        refusals=reference.refusals(found),
        shapes=reference.shapes(found),
    )
