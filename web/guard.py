"""What stands around every page: headers that bind the browser, refusal of other sites' forms, bounds, the last net."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import told

log = structlog.get_logger(__name__)

MOST_BODY_BYTES = 65_536
"""A form of these pages holds a few short fields."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": CSP,
    "cross-origin-opener-policy": "same-origin",
    # With no-referrer a browser would send `Origin: null` along with our own forms.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_SAFE = {"GET", "HEAD", "OPTIONS"}


class _TooLarge(Exception):
    """The body goes on after its bound."""


class Guard:
    """Around the pages of browsers, which cookies sign in. Programs have tokens, and no need of it."""

    def __init__(self, app: ASGIApp, *, url: str) -> None:
        self.app = app
        self.url = url
        is_https = {"strict-transport-security": "max-age=31536000"} if url.startswith("https://") else {}
        self.headers = {**_HEADERS, **is_https}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        has_begun = False
        scope["reference"] = reference = uuid4().hex[:8]

        async def framed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", _kept(scope["path"]))
            await send(message)

        try:
            await (self._refusal(scope) or self.app)(scope, _bounded(receive), framed)
        except _TooLarge:
            await _answer_instead(too_large(), has_begun)(scope, receive, framed)
        except Exception as error:
            log.error("web request failed", reference=reference, path=scope["path"], **told(error))
            await _answer_instead(unexpected(reference), has_begun)(scope, receive, framed)

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to what is not let in; None for all else."""
        headers = Headers(scope=scope)
        if int(headers.get("content-length") or 0) > MOST_BODY_BYTES:
            return too_large()
        if scope["method"] in _SAFE or self._is_own_form(headers):
            return None
        return PlainTextResponse("This form was sent from another site. Open the page here and try again.", 403)

    def _is_own_form(self, headers: Headers) -> bool:
        """Whether the browser says that one of our pages sent it. Every browser since 2020 sends Sec-Fetch-Site."""
        site = headers.get("sec-fetch-site")
        return site == "same-origin" if site else headers.get("origin") == self.url


def _kept(path: str) -> str:
    """Pages are kept nowhere; what all pages share may be, and is asked for again by its ETag."""
    return "no-cache" if path.startswith("/static/") else "no-store"


def too_large() -> Response:
    return PlainTextResponse("That is more than a form here may hold. Nothing was saved.", 413)


def unexpected(reference: str) -> Response:
    return PlainTextResponse(f"Something went wrong here. An operator finds it in the log as {reference}.", 500)


def _answer_instead(answer: Response, has_begun: bool) -> ASGIApp:
    return _nothing if has_begun else answer


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """The other answer is under way already."""


def _bounded(receive: Receive) -> Callable[[], Awaitable[Any]]:
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MOST_BODY_BYTES:
            raise _TooLarge
        return message

    return bounded
