"""Owns who may speak to the sandbox: programs and pages of this machine, no web page from elsewhere.

A page on the internet can let its own name lead to 127.0.0.1 (DNS rebinding): its browser then takes the sandbox for
that page's server, and lets it read and press everything. What gives it away is the name in the Host header.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::")
MISDIRECTED, FORBIDDEN = 421, 403


class Gate:
    """Lets through what names this sandbox as its host and, where a browser says so, comes from its own page.

    host: where the sandbox was told to listen; everywhere lets in any address, but no name. port: where it listens.
    """

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        self.app = app
        self.host = host
        self.port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(Headers(scope=scope))
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            status, sentence = refusal
            await JSONResponse({"error": sentence}, status)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 4403, "reason": refusal[1]})

    def refusal(self, headers: Headers) -> tuple[int, str] | None:
        """(HTTP status, sentence), None for whom to let in."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_here(host):
            return MISDIRECTED, f"This sandbox answers at http://{self._address()} only, not under another name."
        if origin is not None and origin != f"http://{host}":
            return FORBIDDEN, f"Only the sandbox's own page may act here, not one of {origin[:200]}."
        return None

    def _address(self) -> str:
        return f"{'localhost' if self.host in EVERYWHERE else self.host}:{self.port}"

    def _is_here(self, host: str) -> bool:
        """Whether this Host header means us. Programs may leave the port out; a browser never does."""
        try:
            named = urlsplit(f"//{host}")
            name, port = named.hostname or "", named.port
        except ValueError:
            return False
        return port in (None, self.port) and (name in (*LOOPBACK, self.host.lower()) or self._is_any_address(name))

    def _is_any_address(self, name: str) -> bool:
        if self.host not in EVERYWHERE:
            return False
        try:
            return bool(ip_address(name))
        except ValueError:
            return False
