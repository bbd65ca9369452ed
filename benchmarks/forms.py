"""What people send: taken from windows that the product itself has rendered, and made anew for each person."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.load import Shot
from sandbox.delivery import encode, sign

PAGE, BALLOT, PRESS = "page", "ballot", "press"


@dataclass(frozen=True)
class Form:
    """One payload as `sample` sent it, and the answer that saved it. marker: words that only such an answer holds."""

    kind: str
    name: str
    """The callback or action id."""
    sample: str
    payload: dict[str, Any]
    answer: Any
    marker: str

    def shots(self, people: Iterable[str], *, secret: str) -> list[Shot]:
        """The same by these people (ids in Slack), signed now; signatures count for five minutes."""
        words = json.dumps(self.payload)
        return [self._shot(person, words.replace(f'"{self.sample}"', f'"{person}"'), secret) for person in people]

    def _shot(self, person: str, words: str, secret: str) -> Shot:
        body, content_type = encode(self.payload["type"], json.loads(words))
        signed = "".join(f"{name}: {value}\r\n" for name, value in sign(secret, body).items())
        head = (
            "POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Slackbot 1.0\r\nAccept: */*\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{signed}\r\n"
        )
        return Shot(person, (head + body).encode(), self.marker.encode())

    @property
    def sizes(self) -> str:
        body, _ = encode(self.payload["type"], self.payload)
        return f"{self.kind}: {len(body) / 1000:.1f} kB in, {len(json.dumps(self.answer or '')) / 1000:.1f} kB out"
