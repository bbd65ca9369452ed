"""P15: from the command to ready, `conclave web` beside bare Bolt."""

import asyncio
import http.client
import sys
import time
from statistics import median

from benchmarks import contender as contenders
from benchmarks.bench import BARE, Bench
from benchmarks.report import Found, ratios

KEYS = ("P15",)


async def measure(bench: Bench) -> list[Found]:
    """Bytecode is warm: each has been started once before."""
    ours: list[float] = []
    theirs: list[float] = []
    await _product(bench), await _bare(bench)
    for _ in bench.rounds("P15 starting"):
        ours.append(await _product(bench))
        theirs.append(await _bare(bench))
    bench.notes.append(f"P15: web {median(ours) * 1000:.0f} ms, bare Bolt {median(theirs) * 1000:.0f} ms")
    return [Found("P15", ratios(ours, theirs))]


async def _bare(bench: Bench) -> float:
    setting = await bench.setting(BARE)
    began = time.perf_counter()
    made = await contenders.python("benchmarks.contenders.bare", setting, is_fast=True, is_leashed=False)
    took = time.perf_counter() - began
    await made.stop()
    return took


async def _product(bench: Bench) -> float:
    """Until /readyz says yes."""
    process = (await bench.installation()).process("web")
    slack = await bench.running("slack")
    process.port = contenders.free_port()
    more = {**process.environment(), "SLACK_API_URL": f"http://127.0.0.1:{slack.port}/api/"}
    began = time.perf_counter()
    made = await contenders.start([sys.executable, "-m", "bot", "web"], port=process.port, more=more, is_leashed=False)
    while not _is_ready(process.port):  # noqa: ASYNC110 - it offers nothing to wait for
        await asyncio.sleep(0.003)
    took = time.perf_counter() - began
    await made.stop()
    return took


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
