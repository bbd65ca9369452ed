"""Whatever Slack answers: every name of its reference, once per conversation, and what became of each delivery."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bot.nature import Nature, names_of
from bot.store.outbox import MAX_ATTEMPTS
from tests.support.installation import Installation, a_workspace, crew, installed, posted, until
from tests.support.postgres import Postgres
from tests.support.stub_slack import Reply, StubSlack

FAILURES = MAX_ATTEMPTS + 4
"""More than a row has attempts."""
ODD = {
    "429 without a header": Reply("ratelimited", 429),
    "429, abc": Reply("ratelimited", 429, {"Retry-After": "abc"}),
    "429, -1": Reply("ratelimited", 429, {"Retry-After": "-1"}),
    "429, a date": Reply("ratelimited", 429, {"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}),
    "429, for ever": Reply("ratelimited", 429, {"Retry-After": "99999999999"}),
    "429, a page": Reply(status=429, body="<html>", headers={"Content-Type": "text/html"}),
}
"""Limits that are said in ways of their own."""
ONCE = {
    "500": Reply(status=500, body="server error", headers={"Content-Type": "text/plain"}),
    "503, a page": Reply(status=503, body="<html>", headers={"Content-Type": "text/html"}),
    "200, no JSON": Reply(body="{"),
    "cut": Reply(is_cut=True),
    "an unknown name": Reply("brand_new"),
}
"""What may have had its effect, or nobody knows: counts, and passes."""
GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}


async def test_every_answer_of_slack(
    short: bool, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    waits, closed, ours = _cases(short)
    cases = [*waits, *ONCE, *closed, *ours]
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=len(cases))
    async with (
        crew(spec, server.url) as team,
        installed(spec, server.url, logs) as house,
        StubSlack(house.sandbox.api_url).running() as stub,
    ):
        house.more["SLACK_API_URL"] = stub.url
        await house.start("worker")
        for n, case in enumerate(cases):
            reply = {**ODD, **ONCE}.get(case, Reply(case))
            times = FAILURES if case in waits else 2 if case in ONCE else 1
            stub.say("chat.postMessage", reply, channel=f"C{n:05d}", times=times)
        await asyncio.gather(*(team.open(case, channel_id=f"C{n:05d}") for n, case in enumerate(cases)))
        await until(lambda: _hurried(server), "everything has ended, one way or the other", timeout=240)
        found = dict(zip(cases, _ends(server, house, len(cases)), strict=True))
        told = server.value("SELECT count(*) FROM outbox WHERE kind = 'card.unreachable' AND state = 'done'")
        said = house.logged("deliveries wait until somebody mends it")
    ends = Counter(found.values())
    name = f"{len(cases)} answers of Slack"
    count(name, "waited, burnt no attempt, delivered", ends["delivered at the first that counts"])
    count(name, "failed, delivered by another attempt", ends["delivered"])
    count(name, "owners told of a card that did not arrive", told)
    count(name, "given up", ends["given up"])
    assert {case for case in waits if found[case] != "delivered at the first that counts"} == set()
    assert {case for case in ONCE if found[case] != "delivered"} == set()
    assert {case for case in closed if found[case] != "told"} == set()
    assert {case for case in ours if found[case] != "given up"} == set()
    assert said == len(set(waits) & names_of(Nature.WORKSPACE))


def _cases(short: bool) -> tuple[list[str], list[str], list[str]]:
    """(what waits, what closes a channel, what is ours): every name, in the short form three of each."""
    most = 3 if short else None
    waits = [*sorted(names_of(Nature.PASSES))[:most], *sorted(names_of(Nature.WORKSPACE))[:most], *ODD]
    closed = sorted(names_of(Nature.CHANNEL))[:most]
    return waits, closed, sorted(names_of(Nature.OURS) - {"fatal_error"})[:most]


async def _hurried(server: Postgres) -> bool:
    """Let the pauses between attempts be over; whether nothing waits any more."""
    over = "UPDATE outbox SET run_at = now(), last_error = NULL WHERE state = 'ready' AND last_error IS NOT NULL"
    await asyncio.to_thread(server.sql, over)
    return bool(await asyncio.to_thread(server.value, "SELECT count(*) = 0 FROM outbox WHERE state = 'ready'"))


def _ends(server: Postgres, house: Installation, cases: int) -> list[str]:
    """What became of the card of each channel."""
    seen = posted(house.sandbox)
    rows = {
        lane.rpartition(":")[2]: (state, attempts)
        for lane, state, attempts in server.sql("SELECT lane, state, attempts FROM outbox WHERE kind = 'card'")
    }
    return [_end(*rows[f"C{n:05d}"], is_posted=bool(seen.get(f"C{n:05d}"))) for n in range(cases)]


def _end(state: str, attempts: int, *, is_posted: bool) -> str:
    if state == "dead":
        return "given up"
    if not is_posted:
        return "told"
    return "delivered at the first that counts" if attempts == 1 else "delivered"
