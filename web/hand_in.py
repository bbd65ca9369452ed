"""`POST /in/{hook}`: other systems hand tickets in. Who calls is known before anything of it is parsed.

An unknown hook, a wrong signature, an old one and none at all get the same answer, so that nobody learns by asking.
"""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import structlog
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.deps import Deps
from bot.domain.by import Origin
from bot.domain.hook import PREFIX, Kind, Secrets, is_signed
from bot.errors import BotError, TryAgain, told
from bot.services import hook as hooks
from bot.services.hook import Known
from web import body
from web.page import status_of

log = structlog.get_logger(__name__)

PATH = "/in/{hook}"
MOST_BODY_BYTES = 262_144
A_MINUTE = 60
"""Calls by one hook that are worked on, in this process."""
_MOST_COUNTED = 10_000
_WHO = "There is no such hook, or the call is not signed as it has to be, or too old."
_NOBODY = Secrets(PREFIX + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
"""Checked in place of an unknown hook's: a refusal takes the same work."""


class HandIn:
    """An ASGI app for the one path; who routes here sees to it that nothing but POST and HEAD comes."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._counts: OrderedDict[UUID, tuple[int, float]] = OrderedDict()
        """By hook how many calls, since when; the clock is the process's own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            answer = await self._answer(request, receive)
        except TryAgain as error:
            answer = refused(HTTPStatus.SERVICE_UNAVAILABLE, error.message, retry_after=5)
        except BotError as error:
            answer = refused(status_of(error), error.message)
        except Exception as error:
            reference = uuid4().hex[:8]
            log.error("hand-in failed", reference=reference, **told(error))
            answer = refused(HTTPStatus.INTERNAL_SERVER_ERROR, f"Something went wrong here; in the log: {reference}.")
        answer.headers["cache-control"] = "no-store"
        await answer(scope, receive, send)

    async def _answer(self, request: Request, receive: Receive) -> Response:
        if request.method == "HEAD":
            return Response()  # some systems look first whether there is something at the address
        sent = await body.read(request.scope, receive, at_most=MOST_BODY_BYTES)
        if sent is None:
            return refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"More than {MOST_BODY_BYTES // 1024} KiB is not taken."
            )
        known = await self._caller(request, sent)
        if known is None:
            return refused(HTTPStatus.UNAUTHORIZED, _WHO)
        wait = self._seconds_to_wait(known.hook.id)
        if wait:
            return refused(HTTPStatus.TOO_MANY_REQUESTS, f"A hook takes {A_MINUTE} calls a minute.", retry_after=wait)
        return await self._take(known, request, sent)

    async def _caller(self, request: Request, sent: bytes) -> Known | None:
        """The hook of the path, if who calls knows its secret."""
        hook_id = _id(request.path_params["hook"])
        known = await hooks.find(self._deps.db, self._deps.settings.keyring, hook_id) if hook_id else None
        kind, opened = (known.hook.kind, known.secrets) if known else (Kind.GENERIC, _NOBODY)
        headers = {name.lower(): value for name, value in request.headers.items()}
        is_theirs = _is_signed(kind, opened, headers, sent) or is_signed(
            kind, opened.secret, headers, sent, now=self._deps.now
        )
        return known if is_theirs else None

    def _seconds_to_wait(self, hook_id: UUID) -> int:
        """0 where the call may be worked on."""
        now = time.monotonic()
        count, since = self._counts.pop(hook_id, (0, now))
        if now - since >= 60:
            count, since = 0, now
        self._counts[hook_id] = (count + 1, since)
        if len(self._counts) > _MOST_COUNTED:
            self._counts.popitem(last=False)
        return 0 if count < A_MINUTE else max(1, round(60 - (now - since)))

    async def _take(self, known: Known, request: Request, sent: bytes) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
        said = parsed(sent)
        if said is None:
            return refused(HTTPStatus.BAD_REQUEST, "That is no JSON object.")
        if known.hook.kind is Kind.INTERCOM and said.get("topic") == "ping":
            return JSONResponse({"draft": None})
        event_id = _event_id(known.hook.kind, request.headers, said, sent)
        db, where = self._deps.db, Origin(agent=known.hook.name)
        made = await hooks.hand_in(db, known.hook, said, event_id=event_id, origin=where)
        await hooks.used(db, known.hook, self._deps.now.date())
        if made is None:
            words = "Neither a title nor a text nor a customer stands where the table of this hook looks for them."
            return refused(HTTPStatus.UNPROCESSABLE_ENTITY, words)
        return JSONResponse({"draft": str(made.id), "is_new": made.is_new}, HTTPStatus.ACCEPTED)


def refused(status: HTTPStatus, sentence: str, *, retry_after: int = 0) -> Response:
    headers = {"retry-after": str(retry_after)} if retry_after else {}
    return JSONResponse({"detail": sentence}, status, headers)


def parsed(sent: bytes | str) -> dict[str, Any] | None:
    """None for what is no JSON object, or lies in itself deeper than Python goes. Amounts stay exact."""
    try:
        found = json.loads(sent, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _is_signed(kind: Kind, opened: Secrets, headers: Mapping[str, str], sent: bytes) -> bool:
    """By the Standard Webhooks specification, at most five minutes ago. Whatever the library cannot read is not."""
    if kind is not Kind.GENERIC:
        return False
    try:
        Webhook(opened.secret).verify(sent, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _event_id(kind: Kind, headers: Mapping[str, str], said: Mapping[str, Any], sent: bytes) -> str:
    """What tells this call from others where its ticket has no id: the sender's own, else what it says."""
    own = said.get("id") if kind is Kind.INTERCOM else None
    own = own or headers.get("webhook-id") or headers.get("x-zendesk-webhook-invocation-id")
    return str(own) if isinstance(own, str | int) else hashlib.sha256(sent).hexdigest()


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None
