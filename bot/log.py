"""Structured logs as JSON lines on standard error: ids and states, never bodies.

Other people's loggers stay at INFO or above whatever level is asked for: at DEBUG slack_sdk and slack_bolt write whole
payloads, and SQLAlchemy whole rows.
"""

import logging
import sys

import structlog

_QUIET = {
    "alembic": logging.WARNING,
    "apprise": logging.CRITICAL,  # it names the address that a letter goes to
    "apscheduler": logging.WARNING,
    "asyncio": logging.WARNING,
    **dict.fromkeys(("openai", "httpx", "httpx2", "httpcore", "httpcore2", "pydantic_ai"), logging.WARNING),
    "mcp": logging.CRITICAL,  # its traces and refused frames would quote what agents send
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.WARNING,
    "slack_sdk": logging.INFO,
    "slack_bolt": logging.INFO,
    # Before it tries again it says where, and the address of an answer lets whoever knows it write as the bot.
    "slack_sdk.webhook": logging.WARNING,
}
# Says the whole body of a request whose signature does not fit, at INFO: after a changed secret or with a slow clock
# that is somebody's ballot. Bolt sets this logger's level anew for every app, so a level would not hold; a filter does.
_QUOTES_BODIES = "slack_bolt.RequestVerification"
_SHARED: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str, also: structlog.types.Processor | None = None) -> None:
    """Set up logging for the process. `level` concerns our own loggers; `also` sees each of their lines."""
    structlog.configure(
        processors=[*_SHARED, *([also] if also else []), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.getLogger(_QUOTES_BODIES).addFilter(_refuse)


def _refuse(_: logging.LogRecord) -> bool:
    return False
