"""Zendesk and Intercom, as far as an app meets them: their signed calls, and the notes that they are written.

Sources: Zendesk's documentation of webhooks and of the Tickets API, Intercom's of webhooks and of conversations.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ZENDESK_TOKEN, INTERCOM_TOKEN = "agent@example.com/token:the-sandboxs-key", "the-sandboxs-intercom-token"
"""By which notes may be written here."""
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Note:
    """What was written into a ticket. is_public: for the customer's eyes too, which none of an app's should be."""

    system: str
    ticket: str
    body: str
    is_public: bool
    headers: Headers = field(repr=False)


@dataclass
class Helpdesk:
    notes: list[Note] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Statuses that the next notes get in place of 200."""

    def routes(self) -> list[Route]:
        return [
            Route("/zendesk/api/v2/tickets/{ticket}.json", self._zendesk, methods=["PUT"]),
            Route("/intercom/conversations/{ticket}/reply", self._intercom, methods=["POST"]),
            Route("/generic/notes", self._generic, methods=["POST"]),
            Route("/sandbox/helpdesk/notes", self._shown),
            Route("/sandbox/helpdesk/{system}", self._call, methods=["POST"]),
        ]

    async def _zendesk(self, request: Request) -> Response:
        expected = "Basic " + base64.b64encode(ZENDESK_TOKEN.encode()).decode()
        comment = ((await request.json()).get("ticket") or {}).get("comment") or {}
        is_public = bool(comment.get("public", True))  # Zendesk shows a comment to all unless it is told not to
        return self._written(request, "zendesk", expected, str(comment.get("body", "")), is_public=is_public)

    async def _intercom(self, request: Request) -> Response:
        said = await request.json()
        is_public = said.get("message_type") != "note"
        body = str(said.get("body", "")) if said.get("admin_id") and said.get("type") == "admin" else ""
        return self._written(request, "intercom", f"Bearer {INTERCOM_TOKEN}", body, is_public=is_public)

    async def _generic(self, request: Request) -> Response:
        return self._written(request, "generic", "", (await request.body()).decode(), is_public=False)

    def _written(self, request: Request, system: str, authorization: str, body: str, *, is_public: bool) -> Response:
        if authorization and request.headers.get("authorization") != authorization:
            return JSONResponse({"error": "Couldn't authenticate you"}, 401)
        if self.answers:
            return JSONResponse({"error": "told to"}, self.answers.pop(0), {"Retry-After": "1"})
        if not body:
            return JSONResponse({"error": "RecordInvalid"}, 422)
        ticket = str(request.path_params.get("ticket", ""))
        self.notes.append(Note(system, ticket, body, is_public, dict(request.headers)))
        return JSONResponse({"ok": True})

    async def _shown(self, request: Request) -> Response:
        return JSONResponse([{"system": n.system, "ticket": n.ticket, "body": n.body} for n in self.notes])

    async def _call(self, request: Request) -> Response:
        """{"url", "secret", "body"}: post this body as that system does; its answer."""
        said = await request.json()
        status, text = await call(request.path_params["system"], said["url"], said["secret"], said["body"])
        return JSONResponse({"status": status, "body": text})


async def call(system: str, url: str, secret: str, body: Any, **changed: str) -> tuple[int, str]:
    """Post as Zendesk or Intercom does; (status, text). changed: headers in place of their own, "_" for "-"."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**SIGNED[system](secret, sent), **{name.replace("_", "-"): value for name, value in changed.items()}}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=sent, headers={"Content-Type": "application/json", **headers}) as answer,
    ):
        return answer.status, await answer.text()


def _by_zendesk(secret: str, body: bytes) -> Headers:
    return zendesk_signature(secret, body, at=datetime.now(UTC))


def zendesk_signature(secret: str, body: bytes, *, at: datetime) -> Headers:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    signed = base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + body, "sha256")).decode()
    return {"X-Zendesk-Webhook-Signature": signed, "X-Zendesk-Webhook-Signature-Timestamp": stamp}


def _by_intercom(secret: str, body: bytes) -> Headers:
    return {"X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}


def _by_bearer(secret: str, body: bytes) -> Headers:
    return {"Authorization": f"Bearer {secret}"}


SIGNED: Mapping[str, Callable[[str, bytes], Headers]] = {
    "zendesk": _by_zendesk,
    "intercom": _by_intercom,
    "generic": _by_bearer,
}
