"""Spans of what a process does, sent by OTLP (extra `otel`): requests, use cases, statements, deliveries.

Names are words of the program, attributes are ids and kinds. An error is its class: a message may quote a row. No
instrumentation of libraries is used: theirs note addresses, headers and whole statements.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import StartError

_tracer: Any = None


@contextmanager
def exporting(url: str) -> Iterator[None]:
    """Send spans to this address of a collector (.../v1/traces); nowhere without one.

    Raises StartError where the extra is missing.
    """
    global _tracer
    if not url:
        yield
        return
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter.otlp.proto.http") is None:
        raise StartError("CONCLAVE_OTLP_URL needs OpenTelemetry. Install it with: pip install 'conclave[otel]'")
    provider = _provider(url)
    _tracer = provider.get_tracer("conclave", version("conclave"))
    try:
        yield
    finally:
        _tracer = None
        provider.shutdown()


def _provider(url: str) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "conclave", "service.version": version("conclave")}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    return provider


def watch(engine: AsyncEngine) -> None:
    """A span for each statement too, of which it says the verb."""

    def begin(_1: Any, _2: Any, statement: str, _3: Any, context: Any, _4: Any) -> None:
        context.around = span(f"statement {statement.split(None, 1)[0]}")
        context.around.__enter__()

    def end(_1: Any, _2: Any, _3: Any, _4: Any, context: Any, _5: Any) -> None:
        context.around.__exit__(None, None, None)

    def fail(error: Any) -> None:
        if hasattr(error.execution_context, "around"):
            error.execution_context.around.__exit__(None, None, None)

    event.listen(engine.sync_engine, "before_cursor_execute", begin)
    event.listen(engine.sync_engine, "after_cursor_execute", end)
    event.listen(engine.sync_engine, "handle_error", fail)


@contextmanager
def span(name: str, parent: str | None = None, **ids: object) -> Iterator[None]:
    """One span, if any are wanted. parent: one of another process, as `at_hand` has told it."""
    if _tracer is None:
        yield
        return
    attributes = {f"conclave.{key}": str(value) for key, value in ids.items()}
    context = _w3c().extract({"traceparent": parent}) if parent else None
    how: dict[str, Any] = {"context": context, "record_exception": False, "set_status_on_exception": False}
    with _tracer.start_as_current_span(name, attributes=attributes, **how) as current:
        try:
            yield
        except BaseException as error:
            current.set_attribute("error.type", type(error).__qualname__)
            raise


def at_hand() -> str:
    """The span that is open, for `span` in another process; '' where none is, or none are wanted."""
    if _tracer is None:
        return ""
    carrier: dict[str, str] = {}
    _w3c().inject(carrier)
    return carrier.get("traceparent", "")


def _w3c() -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator()
