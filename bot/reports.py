"""Error lines of the log, sent to a Sentry as well (extra `sentry`). Nothing but what stands in the log.

Of sentry-sdk only the transport is used. Its integrations would add bodies, headers, local variables and messages of
exceptions, each of which may hold a ballot; a client without a scope has none of them, and `_only_ours` keeps to a
list.
"""

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from bot.errors import StartError

Line = MutableMapping[str, Any]
"""A line of the log before it is rendered: `event` and what is said about it."""
Processor = Callable[[Any, str, Line], Line]
KEPT = (
    "event_id",
    "timestamp",
    "platform",
    "level",
    "logger",
    "logentry",
    "exception",
    "tags",
    "fingerprint",
    "release",
)
_NO_TAGS = {"event", "level", "timestamp", "frames"}
_FLUSH_SECONDS = 2.0


@contextmanager
def sending(dsn: str) -> Iterator[Processor | None]:
    """What is to see each line of the log; None without a DSN. Raises StartError where the extra is missing."""
    if not dsn:
        yield None
        return
    if find_spec("sentry_sdk") is None:
        raise StartError("CONCLAVE_SENTRY_DSN needs sentry-sdk. Install it with: pip install 'conclave[sentry]'")
    client = _client(dsn)

    def report(_: Any, level: str, line: Line) -> Line:
        if level in ("error", "critical"):
            client.capture_event(event_of(line))
        return line

    try:
        yield report
    finally:
        client.close(timeout=_FLUSH_SECONDS)


def _client(dsn: str) -> Any:
    import sentry_sdk

    try:
        return sentry_sdk.Client(
            dsn,
            release=version("conclave"),
            default_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            before_send=lambda event, _: _only_ours(event),
        )
    except ValueError:  # of sentry-sdk; it quotes the DSN, which is a secret
        raise StartError("CONCLAVE_SENTRY_DSN is none. Copy it from the project's settings in Sentry.") from None


def event_of(line: Line) -> dict[str, Any]:
    """Sentry's event for a line; events with the same words and the same error are one issue there."""
    words, error = str(line["event"]), str(line.get("error") or "")
    event: dict[str, Any] = {"level": "error", "logger": "conclave", "logentry": {"message": words}}
    event["tags"] = {key: str(value)[:200] for key, value in line.items() if key not in _NO_TAGS and value is not None}
    event["fingerprint"] = [words, error]
    if error:
        frames = [_frame(place) for place in line.get("frames", ())]
        event["exception"] = {"values": [{"type": error, "value": words, "stacktrace": {"frames": frames}}]}
    return event


def _frame(place: str) -> dict[str, Any]:
    """From "bot/services/round.py:12 extend"."""
    file, _, rest = place.rpartition(":")
    number, _, name = rest.partition(" ")
    return {"filename": file, "lineno": int(number), "function": name}


def _only_ours(event: Any) -> Any:
    return {key: event[key] for key in KEPT if key in event}
