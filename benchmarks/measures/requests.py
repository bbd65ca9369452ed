"""What a request costs: P1, P1s, P3, P4, P5, P16, and the headroom of what sends them."""

from statistics import median

from benchmarks.bench import BALLOT, BARE, JS, LIMIT, NULL, PAGE, PRESS, PRODUCT, Bench, Missing
from benchmarks.contender import slow_limit
from benchmarks.ground import memory_mb
from benchmarks.report import Found, ratios, skipped

KEYS = ("P1", "P1s", "P3", "P4", "P5", "P16")


async def measure(bench: Bench) -> list[Found]:
    found: list[Found] = []
    if bench.wants("P1"):
        found.append(await _rates(bench, "P1", "a page", PAGE))
    if bench.wants("P1s"):
        found.append(await _rates(bench, "P1s", "a ballot", BALLOT))
    if bench.wants("P3"):
        found.append(await _rates(bench, "P3", "a press", PRESS))
    if bench.wants("P4", "P16"):
        found += await _beside_js(bench)
    if bench.wants("P5"):
        found.append(await _idle(bench))
    await _headroom(bench)
    return found


async def _rates(bench: Bench, key: str, what: str, kind: str, *, peer: str = LIMIT) -> Found:
    """The CPU is noted besides: of all that is measured, neighbours disturb it least."""
    turns = await bench.turns(f"{key} {what}", kind, (peer, PRODUCT))
    ours, theirs = turns[PRODUCT], turns[peer]
    cpu = median(ratios([turn.cpu_ms for turn in theirs], [turn.cpu_ms for turn in ours]))
    bench.notes.append(f"{key} by CPU alone: {cpu:.3f}")
    found = ratios([turn.rate for turn in ours], [turn.rate for turn in theirs])
    return Found(key, found, slow_limit() if peer == LIMIT else "")


async def _beside_js(bench: Bench) -> list[Found]:
    """Memory is read after both have had the same load."""
    try:
        beside = await _rates(bench, "P4", "a page", PAGE, peer=JS)
    except Missing as why:
        return skipped(("P4", "P16"), str(why))
    ours, theirs = [memory_mb((await bench.running(name)).pid or 0) for name in (PRODUCT, JS)]
    bench.notes.append(f"P16: web {ours:.0f} MB, Bolt-JS {theirs:.0f} MB")
    return [beside, Found("P16", (ours / theirs,))]


async def _idle(bench: Bench) -> Found:
    """Everybody one after the other on a single connection: nobody waits but for the work itself."""
    waits: dict[str, list[float]] = {PRODUCT: [], BARE: []}
    for name in waits:
        await bench.running(name)
        await bench.fire(name, PAGE)
    for _ in bench.rounds("P5 unloaded"):
        for name, found in waits.items():
            found.append((await bench.fire(name, PAGE, connections=1)).centile(0.5))
    for name, found in waits.items():
        bench.notes.append(f"P5, {name}: p50 {min(found) * 1000:.1f} to {max(found) * 1000:.1f} ms")
    return Found("P5", ratios(waits[PRODUCT], waits[BARE]))


async def _headroom(bench: Bench) -> None:
    rate = (await bench.turn(NULL, PAGE)).rate
    bench.notes.append(
        f"The load generator sends {rate:.0f} pages a second to a server that does nothing: "
        f"{rate / max(bench.fastest, 1):.1f} times what the fastest contender took."
    )
