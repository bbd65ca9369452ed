"""Every endpoint of the API, by its description: another team's token finds nothing, and who may not do it is refused.

A new endpoint fails here until it has a line in `WAYS`, and one that only some may use until `STEPS` has it as well.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.token import Scope
from tests.support.program import Answer, Program, program
from tests.support.statements import statements
from tests.support.team import Team
from web.api.app import application

SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()
WHY = {"reason": "Because."}
NO_ID = "00000000-0000-0000-0000-000000000000"
CASE = {"type": "refund_request", "title": "Ours", "customer": "ABC"}
AT = "/decisions/{number}/actions"
ONE = "/webhooks/{webhook}"
WEBHOOK = {"label": "Helpdesk", "url": "https://desk.example/conclave", "events": ["decision.resolved"]}
DEAR = Decimal(4000)
"""More than Tom may decide."""


@dataclass(frozen=True)
class Way:
    """What an endpoint takes."""

    scope: Scope
    body: Any = None
    is_for_some: bool = False
    """Whether only some of the team may use it: the decision's owner, a decider."""


READ = Way(Scope.READ)
WAYS: dict[tuple[str, str], Way] = {
    ("GET", "/decisions"): READ,
    ("POST", "/decisions"): Way(Scope.OPEN, CASE),
    ("GET", "/decisions/{number}"): READ,
    ("PATCH", "/decisions/{number}"): Way(Scope.OPEN, {"title": "Other"}, True),
    ("POST", "/decisions/{number}/criteria"): Way(Scope.OPEN, {"criteria": [{"name": "Trust"}]}, True),
    ("POST", "/decisions/{number}/options"): Way(Scope.OPEN, {"options": [{"title": "A voucher"}]}),
    ("POST", f"{AT}/start"): Way(Scope.OPEN, {"people": ["lisa@techcorp.com"], "closes_at": SOON}, True),
    ("POST", f"{AT}/close"): Way(Scope.ACT, None, True),
    ("POST", f"{AT}/extend"): Way(Scope.ACT, {"closes_at": SOON}, True),
    ("POST", f"{AT}/proceed"): Way(Scope.ACT, WHY, True),
    ("POST", f"{AT}/void"): Way(Scope.ACT, WHY, True),
    ("POST", f"{AT}/second"): Way(Scope.ACT, {"closes_at": SOON}, True),
    ("POST", f"{AT}/cancel"): Way(Scope.ACT, WHY, True),
    ("POST", f"{AT}/resolve"): Way(Scope.ACT, WHY | {"option": NO_ID}, True),
    ("POST", f"{AT}/reopen"): Way(Scope.ACT, WHY, True),
    ("POST", f"{AT}/informed"): Way(Scope.ACT, None, True),
    ("GET", "/decisions/{number}/outcome"): READ,
    ("PUT", "/decisions/{number}/outcome"): Way(Scope.ACT, {"worked": True}, True),
    ("GET", "/decisions/{number}/result"): READ,
    ("GET", "/decisions/{number}/precedents"): READ,
    ("GET", "/decisions/{number}/timeline"): READ,
    ("GET", "/audit"): READ,
    ("GET", "/members"): READ,
    ("GET", "/me"): READ,
    ("GET", "/export.csv"): READ,
    ("GET", "/webhooks"): Way(Scope.ACT, None, True),
    ("POST", "/webhooks"): Way(Scope.ACT, WEBHOOK, True),
    ("GET", ONE): Way(Scope.ACT, None, True),
    ("PATCH", ONE): Way(Scope.ACT, {"label": "Other"}, True),
    ("DELETE", ONE): Way(Scope.ACT, None, True),
    ("POST", f"{ONE}/test"): Way(Scope.ACT, None, True),
    ("POST", f"{ONE}/rotate"): Way(Scope.ACT, None, True),
    ("GET", f"{ONE}/deliveries"): Way(Scope.ACT, None, True),
    ("POST", f"{ONE}/deliveries/{{delivery}}/replay"): Way(Scope.ACT, None, True),
}
WEBHOOKS = {f"{method} {path}" for method, path in WAYS if path.startswith("/webhooks")}
"""Of another team's `test_webhooks.py` asks."""
STEPS = (
    ("options", {"PATCH /decisions/{number}", "POST /decisions/{number}/criteria", f"POST {AT}/start"}),
    ("scoring", {f"POST {AT}/close", f"POST {AT}/void", f"POST {AT}/cancel"}),
    ("too few", {f"POST {AT}/extend", f"POST {AT}/proceed"}),
    ("result", {f"POST {AT}/resolve", f"POST {AT}/second"}),
    ("resolved", {f"POST {AT}/reopen", f"POST {AT}/informed"}),
    ("informed", {"PUT /decisions/{number}/outcome", *WEBHOOKS}),
)
"""Where a decision stands while they are refused for who asks, not for where it stands."""


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as found:
        yield found


async def asked(who: Program, method: str, path: str, number: int) -> Answer:
    filled = path.format(number=number, webhook=NO_ID, delivery=1)
    return await who.ask(method, filled, WAYS[method, path].body)


def test_every_endpoint_has_its_line() -> None:
    described = application().openapi()["paths"]
    there = {(method.upper(), path) for path, methods in described.items() for method in methods}

    assert there == WAYS.keys()
    some = {f"{method} {path}" for (method, path), way in WAYS.items() if way.is_for_some}
    assert some == {name for _, names in STEPS for name in names}


async def test_another_teams_decision_runs_the_same_statements_and_gets_the_same_answer_as_none(
    team: Team, theirs: Team, stack: AsyncExitStack
) -> None:
    sarahs = await stack.enter_async_context(program(team, "sarah"))
    for title in ("Theirs alone", "Theirs alone too"):
        await theirs.to_resolved(by="hank", title=title, customer_name="Theircustomer", resolver="hank")
    await team.to_options()
    await team.settled()
    revisions = "SELECT number, revision FROM customer_decisions ORDER BY team_id, number"
    before = team.sql(revisions)

    for method, path in WAYS:
        if "{number}" not in path:
            continue
        told = {}
        for number in (2, 99):
            with statements(team) as heard:
                answer = await asked(sarahs, method, path, number)
            body = answer.text.replace(f"#{number}", "#n")
            told[number] = (answer.status, body, [one for one in heard if "customer_decisions.number" in one])
        assert told[2] == told[99], (method, path)
        assert told[2][0] == 404, (method, path)
        assert told[2][2] != [], (method, path)
    assert team.sql(revisions) == before


async def test_no_list_holds_anything_of_another_team(team: Team, theirs: Team, stack: AsyncExitStack) -> None:
    sarahs = await stack.enter_async_context(program(team, "sarah"))
    await theirs.to_resolved(by="hank", title="Theirs alone", customer_name="Theircustomer", resolver="hank")
    await team.to_options()

    for method, path in WAYS:
        if method == "GET" and "{" not in path:
            answer = await sarahs.get(path)
            assert answer.status == 200, path
            assert not re.search(r"Their|[Hh]ank|globex", answer.text), path


async def test_a_token_of_less_than_an_endpoint_takes_is_refused_before_anything_is_looked_for(
    team: Team, stack: AsyncExitStack
) -> None:
    readers = await stack.enter_async_context(program(team, "sarah", Scope.READ))
    openers = await stack.enter_async_context(program(team, "sarah", Scope.OPEN))

    for (method, path), way in WAYS.items():
        if way.scope is not Scope.READ:
            who = readers if way.scope is Scope.OPEN else openers
            answer = await asked(who, method, path, 1)
            assert (answer.status, f"lacks the scope {way.scope}" in answer.detail) == (403, True), (method, path)
    assert team.value("SELECT count(*) FROM customer_decisions") == 0


async def test_every_endpoint_for_some_refuses_a_colleague_who_is_neither_owner_nor_decider(
    team: Team, stack: AsyncExitStack
) -> None:
    toms = await stack.enter_async_context(program(team, "tom"))
    stands: dict[str, Callable[[], Awaitable[object]]] = {
        "options": lambda: team.to_options(),
        "scoring": lambda: scored(team),
        "too few": lambda: too_few(team),
        "result": lambda: undecided(team),
        "resolved": lambda: team.to_resolved(financial_impact=DEAR),
        "informed": lambda: informed(team, stack),
    }

    for step, names in STEPS:
        await stands[step]()
        number = team.value("SELECT number FROM customer_decisions WHERE id = %s", team.decision_id)
        for name in sorted(names):
            method, path = name.split(" ")
            before = team.value("SELECT revision FROM customer_decisions WHERE id = %s", team.decision_id)
            answer = await asked(toms, method, path, number)
            assert answer.status == 403, (step, name, answer.text)
            after = team.value("SELECT revision FROM customer_decisions WHERE id = %s", team.decision_id)
            assert after == before, (step, name)


async def scored(team: Team) -> None:
    """By enough of those who are asked, so that its owner may end it."""
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)


async def undecided(team: Team) -> None:
    """Published, and as close as can be: a second round is possible."""
    await team.to_scoring(financial_impact=DEAR)
    for name, scores in zip(team.actors, ((9, 2), (2, 9), (9, 2), (2, 9)), strict=True):
        await team.ballot(name, *scores)
    await team.published()


async def too_few(team: Team) -> None:
    await team.to_scoring()
    await team.end_round_now()
    await team.tick()


async def informed(team: Team, stack: AsyncExitStack) -> None:
    await team.to_resolved()
    mikes = await stack.enter_async_context(program(team, "mike"))
    number = team.value("SELECT number FROM customer_decisions WHERE id = %s", team.decision_id)
    assert (await mikes.post(f"/decisions/{number}/actions/informed")).status == 200
