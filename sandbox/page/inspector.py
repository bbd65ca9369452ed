"""Owns what may be looked at between the app and its Slack: every request and answer.

The bodies of views that the workspace keeps secret (the spec's `secret_views`) are never shown, nor what was answered
to them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.inputs import Json
from sandbox.records import Call, Delivery
from sandbox.town import Town

SHOWN = 200
_SECRETS = ("token", "trigger_id", "response_url")


@dataclass(frozen=True)
class Entry:
    """One request with its answer. is_from_app: a Web API call; else a delivery to the app. ms: until the answer."""

    key: str
    at: float
    time: str
    is_from_app: bool
    name: str
    detail: str
    status: str
    ms: float
    error: str
    request: str
    answer: str


def entries(town: Town, *, tz: str) -> list[Entry]:
    """What was said last, newest first; tz: the reader's zone."""
    calls = list(town.records.calls)
    deliveries = list(town.records.deliveries)
    found = [_of_call(town, call, number, tz) for number, call in enumerate(calls)]
    found += [_of_delivery(town, delivery, number, tz) for number, delivery in enumerate(deliveries)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:SHOWN]


def _of_call(town: Town, call: Call, number: int, tz: str) -> Entry:
    secret = is_secret(town, call.arguments) or is_secret(town, call.answer)
    return Entry(
        f"c{call.at}-{number}",
        call.at,
        _time(call.at, tz),
        True,
        call.method,
        str(call.arguments.get("channel") or call.arguments.get("user_id") or ""),
        str(call.status or ""),
        call.ms,
        call.spoiled or _error(call.answer or {}),
        town.spec.hidden if secret else shown(call.arguments),
        town.spec.hidden if secret else shown(call.answer),
    )


def _error(answer: Json) -> str:
    return "" if answer.get("ok") else str(answer.get("error") or "")


def _of_delivery(town: Town, delivery: Delivery, number: int, tz: str) -> Entry:
    secret = is_secret(town, delivery.payload) or is_secret(town, delivery.answer)
    again = f", attempt {delivery.attempt + 1}" if delivery.attempt else ""
    return Entry(
        f"d{delivery.at}-{number}",
        delivery.at,
        _time(delivery.at, tz),
        False,
        delivery.kind,
        f"{delivery.ident} by {delivery.user}{again}",
        str(delivery.status or ""),
        delivery.ack_ms,
        delivery.error or "",
        town.spec.hidden if secret else shown(delivery.payload),
        town.spec.hidden if secret else shown(delivery.answer),
    )


def is_secret(town: Town, body: Any) -> bool:
    """Whether a view that the workspace keeps secret, or a press in one, stands anywhere in this body."""
    if not town.spec.secret_views:
        return False
    if isinstance(body, str):
        return _is_secret_text(town, body)
    if isinstance(body, Mapping):
        named = str(body.get("callback_id") or "").startswith(town.spec.secret_views)
        return named or any(is_secret(town, value) for value in body.values())
    return isinstance(body, Sequence) and any(is_secret(town, one) for one in body)


def _is_secret_text(town: Town, text: str) -> bool:
    """JSON within JSON, as many arguments come."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        return is_secret(town, json.loads(text))
    except ValueError:
        return any(prefix in text for prefix in town.spec.secret_views)


def shown(body: Any) -> str:
    """The body as indented JSON, without what would let somebody else act."""
    if body is None:
        return "(empty)"
    return json.dumps(_without_secrets(body), indent=2, ensure_ascii=False, default=str)


def _without_secrets(body: Any) -> Any:
    if isinstance(body, Mapping):
        return {key: "…" if key in _SECRETS else _without_secrets(value) for key, value in body.items()}
    if isinstance(body, list):
        return [_without_secrets(one) for one in body]
    if isinstance(body, str) and body[:1] in "{[" and body[:1]:
        try:
            return _without_secrets(json.loads(body))
        except ValueError:
            return body
    return body


def _time(at: float, tz: str) -> str:
    moment = datetime.fromtimestamp(at, ZoneInfo(tz))
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
