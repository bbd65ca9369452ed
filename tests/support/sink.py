"""What stands for a Sentry and for a collector of spans: takes everything, and keeps what was in it."""

import gzip
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Sink:
    """`url`: where to send, without a path. `bodies`: as they were before they were packed."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.dsn = f"http://public@127.0.0.1:{port}/1"
        self.spans = f"{self.url}/v1/traces"
        self.bodies: list[bytes] = []
        self.came = threading.Event()

    @property
    def text(self) -> str:
        return b"\n".join(self.bodies).decode(errors="replace")

    @property
    def all_spans(self) -> list[Any]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        scopes = [scope for request in requests for kept in request.resource_spans for scope in kept.scope_spans]
        return [span for scope in scopes for span in scope.spans]


@contextmanager
def open_sink() -> Iterator[Sink]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sink.bodies.append(unpacked(self.rfile.read(int(self.headers["content-length"]))))
            sink.came.set()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Taking)
    sink = Sink(server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def unpacked(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body
