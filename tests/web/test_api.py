"""Programs: a whole decision by the API beside scoring in Slack, and everything that is refused on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.team import SlackUser
from bot.domain.token import Scope
from bot.errors import TryAgain
from bot.services import erasure
from bot.services import team as teams
from bot.services import token as tokens
from bot.store import db
from bot.store.db import Db
from tests.support.program import Program, program
from tests.support.team import Team


def at(**ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def a_case(**more: Any) -> dict[str, Any]:
    return {
        "type": "refund_request",
        "title": "Refund for the outage",
        "description": "Eight hours without service.",
        "customer": "ABC Corporation",
        "financial_impact": "400.00",
        "decide_by": at(days=3),
    } | more


OPTIONS = {"options": [{"title": "Full refund", "cost": "400"}, {"title": "Partial credit", "cost": 200}]}
"""With the titles that people in `Team` score."""


@pytest.fixture
async def new_program(team: Team) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:

        async def new(name: str, scope: Scope = Scope.ACT) -> Program:
            return await stack.enter_async_context(program(team, name, scope))

        yield new


@pytest.fixture
async def sarahs(new_program: Any) -> Program:
    """Sarah's program, which may do all that she may."""
    found: Program = await new_program("sarah")
    return found


@pytest.fixture
async def owner(team: Team) -> AsyncIterator[Db]:
    """The database for the login that migrates."""
    opened = db.connect(team.house.database_url, budget_seconds=30)
    yield opened
    await opened.close()


async def test_a_decision_goes_from_a_program_through_scoring_in_slack_to_its_outcome(
    team: Team, sarahs: Program, new_program: Any
) -> None:
    mikes = await new_program("mike")
    opened = await sarahs.post("/decisions", a_case(financial_impact="4000.00") | OPTIONS)
    assert opened.status == 201, opened.text
    number = opened.body["number"]
    here = f"/decisions/{number}"
    assert opened.headers["location"] == f"/api/v1{here}"
    assert [one["title"] for one in opened.body["options"]] == ["Full refund", "Partial credit"]
    assert opened.body["options"][0]["cost"] == "400.00"
    people = ["lisa@techcorp.com", "tom@techcorp.com", str(team.actors["mike"].member.id)]

    started = await sarahs.post(f"{here}/actions/start", {"people": people, "closes_at": at(days=1)})
    assert started.status == 200, started.text
    assert (started.body["round"]["state"], started.body["round"]["asked"]) == ("open", 3)
    assert (await sarahs.get(f"{here}/result")).status == 404
    for name in ("lisa", "tom", "mike"):
        await team.ballot(name)
    await team.published()
    result = await sarahs.get(f"{here}/result")
    assert result.status == 200
    assert result.body["result"]["ballots"] == 3

    choice = {"option": opened.body["options"][1]["id"], "reason": "Fair to both."}
    refused = await sarahs.post(f"{here}/actions/resolve", choice)
    assert (refused.status, refused.headers["content-type"]) == (403, "application/problem+json")
    resolved = await mikes.post(f"{here}/actions/resolve", choice)
    assert resolved.status == 200, resolved.text
    assert resolved.body["choice"]["by"] == "Mike Chen"
    assert resolved.body["choice"]["limits"][:2] == [
        "It may cost USD 200, and no more.",
        "It holds for this case of ABC Corporation alone.",
    ]
    assert (await sarahs.post(f"{here}/actions/informed")).status == 200
    recorded = await sarahs.ask("PUT", f"{here}/outcome", {"worked": True, "customer_retained": True})
    assert recorded.status == 200, recorded.text
    assert (await sarahs.get(f"{here}/outcome")).body["worked"] is True
    said = [line["action"] for line in (await sarahs.get(f"{here}/timeline")).body["items"]]
    assert said[0] == "decision.opened"
    assert said[-1] == "outcome.recorded"
    lines = team.sql("SELECT DISTINCT details ->> 'token' IS NOT NULL FROM audit_logs WHERE action = 'round.opened'")
    assert lines == [(True,)]


async def test_whatever_a_program_does_says_from_where_in_the_trail(team: Team, sarahs: Program) -> None:
    opened = await sarahs.post("/decisions", a_case() | OPTIONS)
    here = f"/decisions/{opened.body['number']}"
    people = [str(team.actors[name].member.id) for name in ("sarah", "lisa", "tom", "mike")]
    await sarahs.post(f"{here}/actions/start", {"people": people, "closes_at": at(days=1)})
    for name in ("lisa", "tom", "mike"):
        await team.ballot(name)

    closed = await sarahs.post(f"{here}/actions/close")

    assert closed.status == 200, closed.text
    named = "SELECT action, host(ip_address), user_agent FROM audit_logs WHERE user_id = %s ORDER BY seq"
    lines = team.sql(named, team.actors["sarah"].member.id)
    assert ("round.closed", "127.0.0.1") in [(action, address) for action, address, _ in lines]
    in_slack = {"team.created", "member.added", "token.made"}  # before there was a program
    assert [line for line in lines if line[0] not in in_slack and None in line] == []


async def test_the_same_request_five_times_at_once_opens_one_decision(team: Team, sarahs: Program) -> None:
    case = a_case() | OPTIONS
    answers = await asyncio.gather(*(sarahs.post("/decisions", case, Idempotency_Key="outage-1") for _ in range(5)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert team.value("SELECT count(*) FROM customer_decisions") == 1
    later = await sarahs.post("/decisions", case, Idempotency_Key="outage-1")
    assert (later.text, later.headers["idempotency-replayed"]) == (answers[0].text, "true")
    other = await sarahs.post("/decisions", a_case(title="Another"), Idempotency_Key="outage-1")
    assert other.status == 422
    assert "came with another request before" in other.detail
    assert (await sarahs.post("/me", case, Idempotency_Key="outage-1")).status == 405


async def test_work_that_was_done_before_its_answer_was_kept_is_not_done_again(team: Team, sarahs: Program) -> None:
    case = a_case() | OPTIONS
    first = await sarahs.post("/decisions", case, Idempotency_Key="k")
    await team.change("UPDATE kept_answers SET status = NULL, begun_at = now() - interval '2 minutes'")
    again = await sarahs.post("/decisions", case, Idempotency_Key="k")
    assert (again.status, again.body["number"]) == (201, first.body["number"])
    assert team.value("SELECT count(*) FROM customer_decisions") == 1
    assert team.value("SELECT count(*) FROM response_options") == 2


async def test_what_could_not_be_done_just_then_is_done_by_the_same_request_again(
    team: Team, sarahs: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = a_case()

    async def away(*_: object, **__: object) -> None:
        raise TryAgain("The database is away.")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("bot.services.decision.open_decision", away)
        refused = await sarahs.post("/decisions", case, Idempotency_Key="k")
    assert refused.status == 503
    again = await sarahs.post("/decisions", case, Idempotency_Key="k")

    assert again.status == 201
    assert "idempotency-replayed" not in again.headers
    assert team.value("SELECT count(*) FROM customer_decisions") == 1


async def test_a_copy_of_a_request_that_is_being_worked_on_waits_and_is_then_told_so(
    team: Team, sarahs: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.api.once.PATIENCE_SECONDS", 0.1)
    await sarahs.post("/decisions", a_case(), Idempotency_Key="k")
    await team.change("UPDATE kept_answers SET status = NULL, begun_at = now()")
    case = (await sarahs.get("/decisions/1")).body
    answer = await sarahs.post("/decisions", a_case(decide_by=case["case"]["decide_by"]), Idempotency_Key="k")
    assert answer.status in (409, 422)


async def test_what_has_changed_since_it_was_read_is_left_alone(sarahs: Program) -> None:
    await sarahs.post("/decisions", a_case())
    read = await sarahs.get("/decisions/1")
    tag = read.headers["etag"]
    changed = await sarahs.ask("PATCH", "/decisions/1", {"urgency": 5}, If_Match=tag)
    assert (changed.status, changed.body["case"]["urgency"]) == (200, 5)
    stale = await sarahs.ask("PATCH", "/decisions/1", {"urgency": 1}, If_Match=tag)
    assert (stale.status, stale.detail) == (412, "#1 has changed since you read it. Read it again.")
    assert (await sarahs.get("/decisions/1")).body["case"]["urgency"] == 5
    assert (await sarahs.ask("PATCH", "/decisions/1", {"urgency": 1}, If_Match="nonsense")).status == 412


async def test_who_asks_again_with_the_etag_is_told_that_nothing_is_new(sarahs: Program) -> None:
    await sarahs.post("/decisions", a_case())
    tag = (await sarahs.get("/decisions/1")).headers["etag"]

    same = await sarahs.get("/decisions/1", If_None_Match=tag)
    await sarahs.ask("PATCH", "/decisions/1", {"urgency": 5})
    new = await sarahs.get("/decisions/1", If_None_Match=tag)

    assert (same.status, same.text, same.headers["etag"]) == (304, "", tag)
    assert (new.status, new.body["case"]["urgency"]) == (200, 5)
    assert new.headers["etag"] != tag


async def test_an_agents_token_opens_a_decision_and_is_led_to_a_person_for_all_that_ends_it(team: Team) -> None:
    async with program(team, "sarah", Scope.OPEN, for_agent=True) as agents:
        assert (await agents.post("/decisions", a_case())).status == 201
        await team.change("ALTER TABLE auth_tokens DROP CONSTRAINT ck_auth_tokens_for_agent")
        await team.change("UPDATE auth_tokens SET scopes = ARRAY['read', 'open', 'act']")
        refused = await agents.post("/decisions/1/actions/cancel", {"reason": "Because."})

    assert (refused.status, refused.detail) == (
        403,
        "An agent's token opens decisions and never ends them. Ask a person to do this in Slack.",
    )


@pytest.mark.parametrize("scope", [Scope.READ, Scope.OPEN])
async def test_a_token_without_act_resolves_closes_and_cancels_nothing(
    team: Team, new_program: Any, scope: Scope
) -> None:
    await team.to_result()
    mikes = await new_program("mike", scope)
    reason = {"reason": "Because."}
    bodies: dict[str, Any] = {
        "close": None,
        "extend": {"closes_at": at(days=1)},
        "proceed": reason,
        "void": reason,
        "second": {"closes_at": at(days=1)},
        "cancel": reason,
        "resolve": reason | {"option": str(team.option_id("Full refund"))},
        "reopen": reason,
        "informed": None,
    }
    before = team.value("SELECT revision FROM customer_decisions")
    for action, body in bodies.items():
        answer = await mikes.post(f"/decisions/1/actions/{action}", body)
        assert (answer.status, "lacks the scope act" in answer.detail) == (403, True), action
    assert (await mikes.ask("PUT", "/decisions/1/outcome", {"worked": True})).status == 403
    assert team.value("SELECT revision FROM customer_decisions") == before


async def test_a_token_to_read_opens_nothing(new_program: Any, team: Team) -> None:
    mikes = await new_program("mike", Scope.READ)
    assert (await mikes.post("/decisions", a_case())).status == 403
    assert (await mikes.get("/me")).body["scopes"] == ["read"]
    assert team.value("SELECT count(*) FROM customer_decisions") == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "\u200b\u2800"}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"type": "gift"}, "type"),
        ({"urgency": 6}, "urgency"),
        ({"urgency": True}, "urgency"),
        ({"financial_impact": "-1"}, "financial_impact"),
        ({"financial_impact": 1.5}, "financial_impact"),
        ({"financial_impact": "NaN"}, "financial_impact"),
        ({"financial_impact": "12345678901"}, "financial_impact"),
        ({"decide_by": "2020-01-01T00:00:00Z"}, "decide_by"),
        ({"decide_by": "2999-01-01T00:00:00Z"}, "decide_by"),
        ({"decide_by": "2027-01-01T00:00:00"}, "decide_by"),
        ({"channel": "general"}, "channel"),
        ({"customer": "   "}, "customer"),
        ({"surprise": 1}, "surprise"),
        ({"options": [{"title": "A"}] * 13}, "options"),
        ({"options": [{"title": "A"}, {"title": "a"}]}, "title_1"),
        ({"options": [{"title": "A"}], "decide_by": None}, "options"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_its_field_and_opens_nothing(
    team: Team, sarahs: Program, body: dict[str, Any], field: str
) -> None:
    answer = await sarahs.post("/decisions", a_case() | body)
    assert (answer.status, answer.body["field"]) == (422, field), answer.text
    assert team.value("SELECT count(*) FROM customer_decisions") == 0


async def test_what_is_no_json_or_too_large_or_nowhere_is_told_so(sarahs: Program) -> None:
    json = {"content_type": "application/json"}
    assert (await sarahs.post("/decisions", b"{", **json)).status == 400
    assert (await sarahs.post("/decisions", b"[]", **json)).status == 422
    assert (await sarahs.post("/decisions", b" " * 300_000, **json)).status == 413
    assert (await sarahs.get("/nowhere")).status == 404
    assert (await sarahs.get("/decisions/0")).status == 422
    gone = await sarahs.get("/decisions/999999")
    assert (gone.status, gone.headers["content-type"]) == (404, "application/problem+json")
    wrong = await sarahs.ask("DELETE", "/decisions/1")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, PATCH")


async def test_no_token_and_wrong_ones_open_nothing(team: Team, sarahs: Program) -> None:
    link = await tokens.issue_link(team.db, team.by("mike"))
    good = sarahs.token
    for header in ("", "Bearer", "Bearer conclave_x", f"Basic {good}", f"Bearer {link}", f"Bearer {good}x"):
        answer = await sarahs.get("/me", authorization=header)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert (await sarahs.get("/me", authorization=f"bearer {good}")).body["member"]["name"] == "Sarah Johnson"


@pytest.mark.parametrize("why", ["revoked", "too old", "deactivated"])
async def test_a_token_that_is_over_opens_nothing_any_more(team: Team, new_program: Any, why: str) -> None:
    mikes = await new_program("mike", Scope.READ)
    assert (await mikes.get("/me")).status == 200
    mike = team.actors["mike"]
    if why == "revoked":
        (token,) = await tokens.mine(team.db, team.by("mike"))
        await tokens.revoke(team.db, team.by("mike"), token.id)
    elif why == "too old":
        await team.change("UPDATE auth_tokens SET expires_at = created_at")
    else:
        await teams.deactivate(team.db, user=SlackUser(mike.workspace_id, mike.user_id), cause="test")
    assert (await mikes.get("/me")).status == 401


async def test_one_request_too_many_is_told_when_to_come_again(
    sarahs: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.api.door.A_MINUTE", 3)
    left = [(await sarahs.get("/me")).headers["ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    answer = await sarahs.get("/me")
    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_lists_go_by_pages_and_filters(team: Team, sarahs: Program) -> None:
    for n in range(27):
        await team.open(title=f"Case {n}", customer_name="ABC" if n % 2 else "XYZ")
    first = await sarahs.get("/decisions")
    assert len(first.body["items"]) == 25
    rest = await sarahs.get(f"/decisions?before={first.body['next']}")
    assert [row["number"] for row in rest.body["items"]] == [2, 1]
    assert rest.body["next"] is None
    assert len((await sarahs.get("/decisions?customer=xyz")).body["items"]) == 14
    assert [row["title"] for row in (await sarahs.get("/decisions?q=26")).body["items"]] == ["Case 26"]


async def test_the_whole_table_is_the_very_export_and_stands_in_the_trail(team: Team, sarahs: Program) -> None:
    await team.to_result()
    table = await sarahs.get("/export.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(table.text.splitlines()) == 2
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'team.exported'") == 1


async def test_earlier_cases_tell_what_was_chosen_only_after_publication(team: Team, sarahs: Program) -> None:
    await team.to_scoring()
    found = (await sarahs.get("/decisions/1/precedents")).body
    assert (found["answers"], found["recommendation"]) == (None, None)


async def test_an_erased_customer_is_in_no_kept_answer_and_found_by_no_word(
    team: Team, sarahs: Program, owner: Db
) -> None:
    await sarahs.post("/decisions", a_case(description="zqcase"), Idempotency_Key="k")
    await sarahs.post("/decisions/1/actions/cancel", {"reason": "zqover"}, Idempotency_Key="l")
    assert team.value("SELECT count(*) FROM kept_answers WHERE body LIKE '%ABC Corporation%'") == 2
    await erasure.erase_customer(owner, await erasure.plan_customer(owner, "ABC Corporation"))
    assert team.value("SELECT count(*) FROM kept_answers") == 0
    for words in ("corporation", "zqcase"):
        assert (await sarahs.get(f"/decisions?q={words}")).body["items"] == []
    assert team.value("SELECT count(*) FROM decision_words WHERE words::text ~ 'corporation|zqcase'") == 0
    again = await sarahs.post("/decisions", a_case(description="zqcase"), Idempotency_Key="k")
    assert team.value("SELECT count(*) FROM customer_decisions") == 1, again.text


async def test_an_erased_member_leaves_no_token(team: Team, new_program: Any, owner: Db) -> None:
    mikes = await new_program("mike")
    assert (await mikes.get("/me")).status == 200
    await erasure.erase_member(owner, await erasure.plan_member(owner, "mike@techcorp.com"))
    assert (await mikes.get("/me")).status == 401
    assert team.value("SELECT count(*) FROM auth_tokens") == 0
