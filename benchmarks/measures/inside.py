"""What one process costs without a port: P8 the use case that saves a page, P10 the way to a listener.

The only measures that call the product's own functions. Where those change their names, this file does.
"""

import asyncio
import time
from collections.abc import Mapping
from statistics import median
from typing import Any, cast
from unittest.mock import patch
from uuid import UUID

import psycopg
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_bolt.request.async_request import AsyncBoltRequest

from benchmarks.bench import PAGE, Bench
from benchmarks.installation import Installation
from benchmarks.report import Found, ratios
from bot.domain.evaluation import Page
from bot.domain.team import SlackUser
from bot.services import evaluation
from handlers import routes
from handlers.after_ack import AfterAck

KEYS = ("P8", "P10")
AT_ONCE, DISPATCHES = 32, 1_500
_BENCH = """
\\set n random(1, {people})
SELECT save_page('{round}', (SELECT id FROM bench_people WHERE n = :n), '{criterion}',
    '{{"scores": {scores}, "confidence": null, "abstain": false}}');
"""
_PEOPLE = """
DROP TABLE IF EXISTS bench_people;
CREATE TABLE bench_people (n int PRIMARY KEY, id uuid NOT NULL);
INSERT INTO bench_people SELECT row_number() OVER (ORDER BY slack_user_id), member_id FROM slack_identities;
ANALYZE bench_people;
"""


async def measure(bench: Bench) -> list[Found]:
    found: list[Found] = []
    if bench.wants("P8"):
        found.append(await _saving(bench))
    if bench.wants("P10"):
        found.append(await _dispatching(bench))
    return found


async def _saving(bench: Bench) -> Found:
    made = await bench.installation()
    criterion, options = _asked(made)
    script = _script(made, criterion, options)
    people = [SlackUser(made.sandbox.spec.team_id, person) for person in made.people]
    page = {criterion: Page(dict.fromkeys(options, 7))}
    ours: list[float] = []
    theirs: list[float] = []
    for _ in bench.rounds("P8 pages by the use case"):
        made.clear()
        ours.append(await _by_use_case(bench, made, people, page))
        theirs.append(bench.ground.pgbench(bench.ground.server.url, script, seconds=bench.effort.seconds))
    bench.notes.append(f"P8: use case {median(ours):.0f} a second, pgbench {median(theirs):.0f}")
    return Found("P8", ratios(ours, theirs))


def _asked(made: Installation) -> tuple[UUID, list[UUID]]:
    """The first criterion of the round, and its options."""
    with psycopg.connect(made.ground.server.url) as owner:
        row = owner.execute("SELECT snapshot FROM rounds WHERE id = %s", [made.rounds[PAGE]]).fetchone()
    snapshot: dict[str, Any] = row[0] if row else {}
    return UUID(snapshot["criteria"][0]["id"]), [UUID(one) for one in snapshot["options"]]


def _script(made: Installation, criterion: UUID, options: list[UUID]) -> str:
    with psycopg.connect(made.ground.server.url, autocommit=True) as owner:
        owner.execute(_PEOPLE)
    scores = "{" + ", ".join(f'"{option}": 7' for option in options) + "}"
    return _BENCH.format(people=len(made.people), round=made.rounds[PAGE], criterion=criterion, scores=scores)


async def _by_use_case(bench: Bench, made: Installation, people: list[SlackUser], page: Mapping[UUID, Page]) -> float:
    """Everybody once for each time that is left; pages a second."""
    began, saved = time.perf_counter(), 0
    while time.perf_counter() < began + bench.effort.seconds:
        waiting = iter(people)

        async def save_some() -> None:
            for who in waiting:  # noqa: B023 - shared by those who save at the same time
                await evaluation.save_at_once(made.db, who, made.rounds[PAGE], pages=page, comments=None)

        await asyncio.gather(*(save_some() for _ in range(AT_ONCE)))
        saved += len(people)
    rate = saved / (time.perf_counter() - began)
    bench.wrong += len(set(made.people) - made.kept(PAGE))
    bench.answers += saved
    return rate


async def _dispatching(bench: Bench) -> Found:
    """CPU of Bolt's way to what answers a page, and only acks: by the product's table, and by one listener."""
    payload = (await bench.installation()).forms[PAGE].payload
    ours, one = _app(), _app()
    routes.register(ours, deps=cast(Any, None), after_ack=AfterAck())
    one.view(payload["view"]["callback_id"])(_ack)
    spent: dict[int, list[float]] = {id(ours): [], id(one): []}
    with patch.dict(routes._LISTENERS, {"view_submission": _ack_only}):
        for _ in bench.rounds("P10 dispatch"):
            for app in (one, ours):
                spent[id(app)].append(await _seconds(app, payload))
    bench.notes.append(f"P10: {median(spent[id(ours)]) / DISPATCHES * 1e6:.0f} us a dispatch")
    return Found("P10", ratios(spent[id(ours)], spent[id(one)]))


async def _ack_only(args: AsyncArgs) -> None:
    await args.ack()


async def _ack(ack: AsyncAck) -> None:
    await ack()


def _app() -> AsyncApp:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="xoxb-benchmark")

    return AsyncApp(signing_secret="benchmark", authorize=authorize, process_before_response=True)


async def _seconds(app: AsyncApp, payload: dict[str, Any]) -> float:
    began = time.process_time()
    for _ in range(DISPATCHES):
        answer = await app.async_dispatch(AsyncBoltRequest(body=payload, mode="socket_mode"))
        assert answer.status == 200
    return time.process_time() - began
