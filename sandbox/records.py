"""Owns what can be looked up afterwards: the app's calls and its deliveries. In memory, never logged."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.inputs import Json

KEPT = 5_000


@dataclass
class Call:
    """One Web API call of the app; `answer` is None when the connection was dropped before it was done.

    ms: how long the app waited for it, in milliseconds. spoiled: what the app got instead of the answer.
    """

    method: str
    arguments: Json
    answer: Json | None = None
    status: int = 0
    at: float = field(default_factory=time.time)
    """By the workspace's clock, in seconds since 1970; likewise a delivery's."""
    ms: float = 0.0
    spoiled: str = ""


@dataclass
class Delivery:
    """One payload sent to the app. kind: 'slash', 'event' or the payload's type; ident: its command or id.

    error: Slack's name of the failure, None when the app answered in time. attempt: 0, or the retry's number.
    """

    kind: str
    ident: str
    user: str
    attempt: int = 0
    status: int | None = None
    ack_ms: float = 0.0
    error: str | None = None
    answer: Any = None
    at: float = field(default_factory=time.time)
    payload: Json = field(default_factory=dict)

    def summary(self) -> Json:
        """Everything but the bodies."""
        return {name: value for name, value in vars(self).items() if name not in ("answer", "payload")}


class Records:
    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=KEPT)
        self.deliveries: deque[Delivery] = deque(maxlen=KEPT)
