"""What goes to Slack: P12 cards by the worker, P18 calls over TLS, P19 deliveries beside a noisy neighbour."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks import contender as contenders
from benchmarks import fair
from benchmarks.bench import SLACK, Bench
from benchmarks.contender import HERE
from benchmarks.ground import cpu_seconds
from benchmarks.installation import CARDS, Installation
from benchmarks.report import Found, ratios, skipped

KEYS = ("P12", "P18", "P19")
CALLS = 300
# As `bot.store.decision.changed` does, but for the cards alone, and planned already: what plans the reminders is not
# measured here, and a tick would do it at the same time. Decisions are locked first, as the worker does that may still
# be writing down the cards before.
_CHANGED = f"""
SELECT FROM customer_decisions WHERE starts_with(channel_id, '{CARDS}') ORDER BY id FOR UPDATE;
DELETE FROM outbox;
WITH changed AS (
    UPDATE customer_decisions SET revision = revision + 1, planned_revision = revision + 1
    WHERE starts_with(channel_id, '{CARDS}') RETURNING *)
INSERT INTO outbox (kind, lane, dedupe_key, payload)
SELECT 'card', 'slack:' || workspace_id || ':' || channel_id, 'card:' || id || ':' || revision,
    jsonb_build_object('decision', id, 'revision', revision, 'asked', 0) FROM changed;
SELECT pg_notify('outbox', '');
"""


async def measure(bench: Bench) -> list[Found]:
    found: list[Found] = []
    if bench.wants("P12"):
        found.append(await _cards(bench))
    if bench.wants("P18"):
        found += await _calls(bench)
    if bench.wants("P19"):
        found.append(await _beside_a_neighbour(bench))
    return found


async def _beside_a_neighbour(bench: Bench) -> Found:
    """By the worker alone, as `python -m benchmarks.fair` shows it one by one."""
    url = bench.ground.new_database("fair")
    return Found("P19", tuple([fair.ratio(await fair.compare(url)) for _ in bench.rounds("P19 a noisy neighbour")]))


async def _cards(bench: Bench) -> Found:
    """Every decision has changed: until all their cards are up to date. Each has a channel of its own."""
    made, port = await bench.installation(), (await bench.running(SLACK)).port
    bench.step(f"P12 {bench.effort.cards} decisions are opened")
    for number in range(bench.effort.cards):
        await made.open(f"Card {number}", channel=f"{CARDS}{number:04d}")
    worker = made.process("worker", SLACK_API_URL=f"http://127.0.0.1:{port}/api/")
    made.clear()
    await worker.start()
    ours: list[float] = []
    theirs: list[float] = []
    cpu: list[float] = []
    try:
        await _seconds_of_cards(bench, made, port)
        for _ in bench.rounds("P12 cards"):
            before = cpu_seconds(worker.pid or 0)
            ours.append(bench.effort.cards / await _seconds_of_cards(bench, made, port))
            cpu.append((cpu_seconds(worker.pid or 0) - before) / bench.effort.cards * 1000)
            theirs.append(bench.effort.cards / await _seconds_of_loop(bench, port))
    finally:
        await worker.stop()
        made.clear()
    rates = f"worker {median(ours):.0f} cards a second, CPU {median(cpu):.2f} ms each"
    bench.notes.append(f"P12: {rates}; bare loop {median(theirs):.0f} a second")
    return Found("P12", ratios(ours, theirs))


async def _seconds_of_cards(bench: Bench, made: Installation, port: int) -> float:
    """From the commit that changed the decisions until Slack has all their cards. Nobody asks meanwhile how far it is:
    two cores would notice."""
    await _seen(port, "forget")
    with psycopg.connect(made.ground.server.url, autocommit=True) as owner:
        owner.execute(_CHANGED.encode())
    began = time.perf_counter()
    if (await _seen(port, f"until/{bench.effort.cards}"))["channels"] < bench.effort.cards:
        raise SystemExit("The worker did not bring all cards up to date.")
    return time.perf_counter() - began


async def _seconds_of_loop(bench: Bench, port: int) -> float:
    """The last of these cards as often, by the client as slack_sdk makes it."""
    card = json.loads((await _seen(port))["last"])
    client = AsyncWebClient(token="xoxb-benchmark", base_url=f"http://127.0.0.1:{port}/api/")
    about: dict[str, Any] = {name: card[name] for name in ("channel", "text", "blocks")}
    began = time.perf_counter()
    for _ in range(bench.effort.cards):
        await client.chat_update(ts="1.1", **about)
    return time.perf_counter() - began


async def _seen(port: int, page: str = "") -> Mapping[str, Any]:
    def read() -> Mapping[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}") as answer:
            found: Mapping[str, Any] = json.load(answer)
            return found

    return await asyncio.to_thread(read)


async def _calls(bench: Bench) -> list[Found]:
    """In a process of its own, which trusts the certificate that was made for this."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return skipped(("P18",), "openssl is missing")
    certificate, key = _certificate(openssl, bench.ground.place)
    port = contenders.free_port()
    command = [sys.executable, "-m", "benchmarks.slack", str(port), certificate, key]
    slack = await contenders.start(command, port=port)
    try:
        ours: list[float] = []
        theirs: list[float] = []
        for _ in bench.rounds("P18 calls over TLS"):
            ours.append(await _calls_a_second(port, certificate, "ours"))
            theirs.append(await _calls_a_second(port, certificate, "default"))
    finally:
        await slack.stop()
    bench.notes.append(f"P18: {median(ours):.0f} calls a second, the default client {median(theirs):.0f}")
    return [Found("P18", ratios(ours, theirs))]


def _certificate(openssl: str, place: Path) -> tuple[str, str]:
    certificate, key = str(place / "slack.pem"), str(place / "slack.key")
    asked = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    named = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key]
    subprocess.run([openssl, "req", *asked, *named], check=True, capture_output=True)
    return certificate, key


async def _calls_a_second(port: int, certificate: str, whose: str) -> float:
    asked = [sys.executable, "-m", "benchmarks.calls", str(port), whose, str(CALLS)]
    process = await asyncio.create_subprocess_exec(
        *asked,
        cwd=HERE.parent,
        env={"SSL_CERT_FILE": certificate, "PYTHONPATH": str(HERE.parent)},
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return float(said)
