"""The cookie that holds a browser's session: sent to this host alone, unseen by scripts, not by other sites' forms."""

from typing import Literal, TypedDict

from starlette.requests import Request
from starlette.responses import Response

from bot.domain.token import SESSION_AGE


class _How(TypedDict):
    path: str
    secure: bool
    httponly: bool
    samesite: Literal["lax"]


def name(request: Request, what: str = "conclave") -> str:
    """`__Host-` binds a cookie to https and to this very host; on http, which is this machine alone, nothing does."""
    return f"__Host-{what}" if _is_https(request) else what


def read(request: Request, what: str = "conclave") -> str | None:
    return request.cookies.get(name(request, what))


def put(request: Request, response: Response, value: str) -> None:
    seconds = int(SESSION_AGE.total_seconds())
    response.set_cookie(name(request), value, max_age=seconds, **how(request))


def clear(request: Request, response: Response, what: str = "conclave") -> None:
    response.delete_cookie(name(request, what), **how(request))


def how(request: Request) -> _How:
    return {"path": "/", "secure": _is_https(request), "httponly": True, "samesite": "lax"}


def _is_https(request: Request) -> bool:
    url: str = request.app.state.deps.settings.url
    return url.startswith("https://")
