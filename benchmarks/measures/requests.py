"""What a request costs: P1, P1s, P3, P4, P5, P16, and the headroom of what sends them."""

from benchmarks.bench import BALLOT, BARE, JS, LIMIT, NULL, PAGE, PRESS, PRODUCT, Bench, Missing, Turn
from benchmarks.contender import slow_limit
from benchmarks.ground import memory_mb
from benchmarks.report import Found, ratios, skipped

KEYS = ("P1", "P1s", "P3", "P4", "P5", "P16")


async def measure(bench: Bench) -> list[Found]:
    found: list[Found] = []
    if bench.wants("P1"):
        found.append(_rates("P1", await bench.turns("P1 a page", PAGE, (LIMIT, PRODUCT)), LIMIT))
    if bench.wants("P1s"):
        found.append(_rates("P1s", await bench.turns("P1s a ballot", BALLOT, (LIMIT, PRODUCT)), LIMIT))
    if bench.wants("P3"):
        found.append(_rates("P3", await bench.turns("P3 a press", PRESS, (LIMIT, PRODUCT)), LIMIT))
    if bench.wants("P4", "P16"):
        found += await _beside_js(bench)
    if bench.wants("P5"):
        found.append(await _idle(bench))
    await _headroom(bench)
    return found


def _rates(key: str, turns: dict[str, list[Turn]], peer: str) -> Found:
    found = ratios([turn.rate for turn in turns[PRODUCT]], [turn.rate for turn in turns[peer]])
    return Found(key, found, slow_limit() if peer == LIMIT else "")


async def _beside_js(bench: Bench) -> list[Found]:
    """Memory is read after both have had the same load."""
    try:
        turns = await bench.turns("P4 a page", PAGE, (JS, PRODUCT))
    except Missing as why:
        return skipped(("P4", "P16"), str(why))
    ours, theirs = [memory_mb((await bench.running(name)).pid or 0) for name in (PRODUCT, JS)]
    bench.notes.append(f"P16: web {ours:.0f} MB, Bolt-JS {theirs:.0f} MB")
    return [_rates("P4", turns, JS), Found("P16", (ours / theirs,))]


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
