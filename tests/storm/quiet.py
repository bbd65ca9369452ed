"""Tells what is still under way after everybody was answered: windows that load, deliveries, events."""

import asyncio
from typing import Any

AT_WORK = ("after_ack.py", "worker.py", "sandbox/delivery.py")
"""Files whose coroutines do what follows an act."""
NEVER_END = ("run", "_listen")


def under_way() -> list[str]:
    """Names of coroutines, bot and sandbox being tasks of this very loop."""
    found = (_code_of(task) for task in asyncio.all_tasks())
    return [name for file, name in found if file.endswith(AT_WORK) and name not in NEVER_END]


def _code_of(task: "asyncio.Task[Any]") -> tuple[str, str]:
    code = getattr(task.get_coro(), "cr_code", None)
    return (code.co_filename, code.co_name) if code else ("", "")
