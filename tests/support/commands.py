"""Programs that a test starts as somebody types them, and what they print."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def started(*words: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Python with these words; ended if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *words),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def read_until(process: asyncio.subprocess.Process, words: str, *, seconds: float) -> str:
    """What it prints up to the line with these words. Raises TimeoutError."""
    assert process.stdout is not None
    read = b""
    async with asyncio.timeout(seconds):
        while words.encode() not in read:
            line = await process.stdout.readline()
            assert line, read.decode()
            read += line
    return read.decode()
