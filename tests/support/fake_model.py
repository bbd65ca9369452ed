"""A service that speaks as OpenAI's does, over real HTTP, and answers what a test wants; it keeps what it was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER: dict[str, Any] = {
    "type": "churn_prevention",
    "urgency": 5,
    "tags": ["outage", "repeated"],
    "options": ["Refund in full", "Offer a shorter contract"],
    "summary": "The service of [name 1] was down twice, and they are looking elsewhere.",
}


@dataclass(frozen=True)
class Reply:
    """One answer. body: what the model says, as text or to be made JSON; holds: it comes only once that is set."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    tokens: int = 900
    holds: threading.Event | None = None


@dataclass
class FakeModel:
    """replies: the next ones, in turn; the last goes on for ever."""

    url: str
    replies: list[Reply] = field(default_factory=lambda: [Reply(ANSWER)])
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    wire: list[str] = field(default_factory=list)
    """Every request with its head, as it came."""

    def says(self, *replies: Reply) -> None:
        self.replies[:] = replies

    def texts(self) -> list[str]:
        """What was asked about, each time."""
        return [str(request["messages"][1]["content"]) for request in self.requests]


@contextmanager
def running() -> Iterator[FakeModel]:
    """It listens on this machine until the end."""
    model = FakeModel("")

    class Service(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            model.wire.append(f"{self.path}\n{self.headers}\n{body}")
            model.keys.append(str(self.headers["authorization"]))
            model.requests.append(json.loads(body))
            self._reply(model.replies.pop(0) if len(model.replies) > 1 else model.replies[0])

        def _reply(self, reply: Reply) -> None:
            if reply.holds:
                reply.holds.wait(30)
            with suppress(OSError):  # whoever asked has given up
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            sent = json.dumps(_completion(reply) if reply.status == 200 else {"error": {"message": "no"}}).encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    model.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _completion(reply: Reply) -> dict[str, Any]:
    said = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
    usage = {"prompt_tokens": reply.tokens - 100, "completion_tokens": 100, "total_tokens": reply.tokens}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
    head = {"id": "fake", "object": "chat.completion", "created": 1, "model": "fake"}
    return {**head, "choices": [choice], "usage": usage if reply.tokens else None}
