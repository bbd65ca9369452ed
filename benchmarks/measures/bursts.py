"""Many people at once: P6 in one instant, P7 within one second, and who was told no although it was saved."""

from benchmarks.bench import GROUP, NAIVE, PAGE, PRODUCT, Bench
from benchmarks.contender import slow_limit
from benchmarks.load import Volley
from benchmarks.report import Found, ratios

KEYS = ("P6", "P7", "P7r")


async def measure(bench: Bench) -> list[Found]:
    found: list[Found] = []
    if bench.wants("P6"):
        volleys = await _volleys(bench, "P6 in one instant", (GROUP, PRODUCT), within=0.0)
        found.append(_tails("P6", volleys, GROUP))
    if bench.wants("P7", "P7r"):
        volleys = await _volleys(bench, "P7 within a second", (NAIVE, PRODUCT), within=1.0)
        found.append(_tails("P7", volleys, NAIVE))
        found.append(Found("P7r", tuple(float(one.refused_though_saved) for one in volleys[PRODUCT])))
    return [one for one in found if one.key in bench.wanted]


async def _volleys(bench: Bench, what: str, names: tuple[str, ...], *, within: float) -> dict[str, list[Volley]]:
    volleys: dict[str, list[Volley]] = {name: [] for name in names}
    for name in names:
        await bench.running(name)
        await bench.fire(name, PAGE)
    for _ in bench.rounds(what):
        for name in names:
            volleys[name].append(await bench.fire(name, PAGE, within=within))
    for name in names:
        bench.notes.append(f"{what}, {name}: {_told(volleys[name])}")
    return volleys


def _told(volleys: list[Volley]) -> str:
    tails = [one.centile(0.99) * 1000 for one in volleys]
    refused = sum(len(one.refused) for one in volleys)
    though_saved = sum(one.refused_though_saved for one in volleys)
    return f"p99 {min(tails):.0f} to {max(tails):.0f} ms, refused {refused}, of these saved {though_saved}"


def _tails(key: str, volleys: dict[str, list[Volley]], peer: str) -> Found:
    ours, theirs = ([one.centile(0.99) for one in volleys[name]] for name in (PRODUCT, peer))
    return Found(key, ratios(ours, theirs), slow_limit() if peer == GROUP else "")
