"""A team's programs are told what happens: each event once and in order, signed, and nothing of a ballot."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from bot import keyring, metrics
from bot.cli import operations
from bot.demo.techcorp import techcorp
from bot.domain import webhook as domain
from bot.domain.outcome import Answer, OutcomeDraft
from bot.domain.team import TOP_AUTHORITY
from bot.domain.token import Scope
from bot.domain.webhook import Draft, Event
from bot.errors import BotError, Conflict, NotFound, StartError
from bot.services import decision as decisions
from bot.services import erasure, housekeeping
from bot.services import outcome as outcomes
from bot.services import webhook as webhooks
from bot.store import db
from bot.store import webhook as store
from sandbox.receiver import Hook, Received
from tests.support.browser import Browser
from tests.support.house import House, living
from tests.support.program import Program, program
from tests.support.team import TITLES, Team
from tests.support.web import sign_in
from tests.web.conftest import URL

KEYS = keyring.new_key()
RING = keyring.parse(KEYS)
EVERYTHING = tuple(Event)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    more: dict[str, Any] = {"CONCLAVE_TOKEN_KEYS": KEYS, "CONCLAVE_WEBHOOK_ALLOW": "127.0.0.1/32"}
    async with living(database_url, techcorp(), CONCLAVE_URL=URL, **more) as house:
        yield house


@pytest.fixture
def hook(team: Team) -> Hook:
    return team.house.sandbox.hooks["one"]


@pytest.fixture
async def sarahs(team: Team) -> AsyncIterator[Program]:
    """Sarah's program, which may do all that she may."""
    async with program(team, "sarah") as found:
        yield found


def address(team: Team, name: str = "one") -> str:
    return f"{team.house.sandbox.url}/hooks/{name}"


async def add(team: Team, hook: Hook, *, events: tuple[Event, ...] = EVERYTHING, query: str = "") -> UUID:
    """An endpoint that leads to `hook`."""
    made = await webhooks.add(team.db, team.by("sarah"), Draft("Helpdesk", address(team) + query, events), keyring=RING)
    hook.secret = made.secret
    return made.endpoint.id


async def comes(team: Team, hook: Hook, number: int) -> list[Received]:
    """What the hook has taken, once it is so much and nothing else is on its way."""
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'webhook' AND state = 'ready'", 0)
    assert len(hook.taken) == number
    return hook.taken


async def again_at_once(team: Team) -> None:
    """What waits for its next attempt is due now."""
    await team.change(
        "UPDATE outbox SET run_at = now() WHERE kind = 'webhook' AND state = 'ready' AND last_error IS NOT NULL"
    )


async def tried(team: Team, hook: Hook, number: int) -> list[tuple[Any, ...]]:
    """The log once it has so many lines: (attempt, outcome, status), the oldest first."""
    await team.until("SELECT count(*) FROM webhook_attempts", number)
    return team.sql("SELECT attempt, outcome, status FROM webhook_attempts ORDER BY id")


async def wait_seconds(team: Team) -> float:
    """For how long the one delivery under way waits for its next attempt."""
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'webhook' AND last_error IS NOT NULL", 1)
    return float(team.value("SELECT extract(epoch FROM run_at - now()) FROM outbox WHERE kind = 'webhook'"))


async def dms(team: Team) -> str:
    """What Sarah has got by direct message."""
    return "\n".join(message.rendered for message in await team.house.person("sarah").messages("dm"))


# --- What is told.


async def test_each_event_comes_once_and_in_order_and_verifies(team: Team, hook: Hook) -> None:
    await add(team, hook)
    await team.to_resolved("sarah", "lisa", "tom")
    await outcomes.set_informed(team.db, team.by("mike"), team.decision_id)
    await outcomes.record(team.db, team.by("sarah"), team.decision_id, draft=OutcomeDraft(worked=True))

    came = await comes(team, hook, 6)

    assert [one.type for one in came] == [
        "decision.created",
        "round.opened",
        "round.closed",
        "result.published",
        "decision.resolved",
        "outcome.recorded",
    ]
    assert {(one.is_genuine, one.signatures) for one in came} == {(True, 1)}
    assert len({one.id for one in came}) == 6
    ids = team.sql("SELECT id FROM outbox WHERE kind = 'webhook' ORDER BY id")
    assert [one.id for one in came] == [f"msg_{row[0]}" for row in ids]
    data = [json.loads(one.body)["data"] for one in came]
    assert [one["status"] for one in data] == ["created", *["evaluating"] * 3, "resolved", "resolved"]
    assert {one["url"] for one in data} == {f"{URL}/d/{team.actors['sarah'].team.key}-1"}
    assert {(one["id"], one["number"]) for one in data} == {(str(team.decision_id), 1)}


async def test_a_resolution_says_what_was_chosen_what_it_may_cost_and_why(team: Team, hook: Hook) -> None:
    await add(team, hook, events=(Event.RESOLVED,))
    await team.to_resolved("sarah", "lisa", "tom")

    (came,) = await comes(team, hook, 1)

    assert json.loads(came.body)["data"]["choice"] == {
        "option": str(team.option_id(TITLES[0])),
        "title": "Full refund",
        "reason": "It leads.",
        "cost": "100.00",
        "currency": "USD",
        "effort": "medium",
        "risk": "medium",
    }


async def test_a_choice_that_was_taken_back_meanwhile_is_not_told(team: Team, hook: Hook) -> None:
    await add(team, hook, events=(Event.RESOLVED,))
    hook.ways.append("500")
    await team.to_resolved("sarah", "lisa", "tom")
    await tried(team, hook, 1)
    await outcomes.reopen(team.db, team.by("mike"), team.decision_id, reason="Too soon.")
    await again_at_once(team)

    (came,) = await comes(team, hook, 1)

    assert "choice" not in json.loads(came.body)["data"]


async def test_cancelling_and_passing_the_date_are_told(team: Team, hook: Hook) -> None:
    await add(team, hook, events=(Event.CANCELLED, Event.OVERDUE))
    await team.to_options()
    passes = "UPDATE customer_decisions SET expected_resolution_date = timezone('UTC', now()) - interval '1 second'"
    await team.change(passes)
    await team.tick()
    await team.tick()
    await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="They left.")

    came = await comes(team, hook, 2)

    assert [one.type for one in came] == ["decision.overdue", "decision.cancelled"]


@pytest.mark.parametrize(("answer", "told"), [(Answer.WORKED, 1), (Answer.EARLY, 0)])
async def test_an_answer_by_one_press_is_an_outcome_unless_it_is_too_early(
    team: Team, hook: Hook, answer: Answer, told: int
) -> None:
    await add(team, hook, events=(Event.RECORDED,))
    await team.to_resolved("sarah", "lisa", "tom")
    await outcomes.set_informed(team.db, team.by("mike"), team.decision_id)
    await outcomes.answer(team.db, team.by("sarah"), team.decision_id, answer)

    await comes(team, hook, told)


async def test_nothing_of_a_ballot_or_a_result_and_no_word_of_the_case_is_sent(team: Team, hook: Hook) -> None:
    await add(team, hook)
    await team.to_scoring("sarah", "lisa", "tom", title="Zqtitle", description="Zqtext", customer_name="Zqcustomer")
    for name in ("sarah", "lisa", "tom"):
        await team.ballot(name, 9, 2, comment="Zqcomment")
    await team.published()

    came = await comes(team, hook, 4)

    for one in came:
        data = json.loads(one.body)["data"]
        assert data.keys() == {"id", "number", "url", "status"}
        assert not re.search("zq|Full refund|Partial credit|Trust|comment|score|ballot", one.body, re.IGNORECASE)


async def test_no_event_tells_that_somebody_has_scored(team: Team, hook: Hook) -> None:
    await add(team, hook)
    await team.to_scoring("sarah", "lisa", "tom")
    await comes(team, hook, 2)

    await team.ballot("lisa")
    await team.ballot("tom")
    await team.settled()

    await comes(team, hook, 2)


async def test_a_rolled_back_change_tells_nobody(team: Team, hook: Hook) -> None:
    await add(team, hook)
    await team.to_options()
    await comes(team, hook, 1)

    with pytest.raises(BotError):
        await outcomes.set_informed(team.db, team.by("mike"), team.decision_id)

    await team.settled()
    await comes(team, hook, 1)


# --- Attempts.


async def test_later_events_of_a_decision_wait_for_earlier_ones_and_other_decisions_do_not(
    team: Team, hook: Hook
) -> None:
    await add(team, hook, events=(Event.CREATED, Event.CANCELLED))
    hook.ways.append("500")
    first = (await team.open()).id
    await tried(team, hook, 1)
    await decisions.cancel(team.db, team.by("sarah"), first, reason="Wrong customer.")
    second = (await team.open()).id
    await team.until("SELECT count(*) FROM webhook_attempts", 2)
    assert [json.loads(one.body)["data"]["id"] for one in hook.taken] == [str(second)]

    await again_at_once(team)

    came = await comes(team, hook, 3)
    assert [one.type for one in came if str(first) in one.body] == ["decision.created", "decision.cancelled"]


@pytest.mark.parametrize("way", ["401", "404", "500", "redirect", "drop", "garbage"])
async def test_whatever_is_no_success_is_tried_again_after_five_seconds(team: Team, hook: Hook, way: str) -> None:
    await add(team, hook, events=(Event.CREATED,))
    hook.ways.append(way)

    await team.open()

    assert 3 < await wait_seconds(team) < 5.6
    assert team.house.sandbox.hooks["redirected"].received == []
    await again_at_once(team)
    (came,) = await comes(team, hook, 1)
    assert hook.received[0].id == came.id
    assert [row[:2] for row in await tried(team, hook, 2)] == [(1, "failed"), (2, "delivered")]


async def test_retry_after_is_kept_where_it_is_longer_than_the_table(team: Team, hook: Hook) -> None:
    await add(team, hook, events=(Event.CREATED,))
    hook.ways.append("429")
    hook.retry_after = "3600"

    await team.open()

    assert 3500 < await wait_seconds(team) < 3970


async def test_where_its_owner_has_left_somebody_who_decides_all_is_told_and_no_guest(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook)
    owner = team.value("SELECT owner_id FROM webhook_endpoints")
    heirs = (
        "UPDATE team_members SET escalation_authority = CASE WHEN name LIKE 'Tom %%' THEN %s ELSE 1 END, is_guest = %s"
    )

    async def told() -> str | None:
        found = await db.run_tx(team.db, lambda c: store.who_is_told(c, endpoint_id))
        return found.user_id if found else None

    assert await told() == "U0SARAH"
    await team.change("UPDATE team_members SET is_active = false WHERE id = %s", owner)
    await team.change(heirs, TOP_AUTHORITY, True)
    assert await told() is None
    await team.change(heirs, TOP_AUTHORITY, False)
    assert await told() == "U0TOM"


async def test_an_endpoint_that_answers_410_is_disabled_at_once_and_its_owner_is_told(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook)
    hook.always = "410"

    await team.to_options()
    await team.settled()

    assert await tried(team, hook, 1) == [(1, "gone", 410)]
    told = await dms(team)
    assert "Helpdesk" in told
    assert "answered 410" in told
    assert f"{URL}/settings/webhooks/{endpoint_id}" in told
    assert address(team) not in told
    await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="They left.")
    await team.settled()
    assert len(hook.received) == 1


async def test_three_deliveries_given_up_in_a_row_disable_and_one_success_forgives(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook, events=(Event.CREATED,))
    last = len(domain.RETRIES)

    async def give_up() -> None:
        """A decision whose event has all its attempts but the last behind it."""
        hook.ways.append("500")
        before = team.value("SELECT count(*) FROM webhook_attempts")
        await team.open()
        await tried(team, hook, before + 1)
        hook.ways.append("500")
        await team.change(
            "UPDATE outbox SET attempts = %s, run_at = now() WHERE kind = 'webhook' AND state = 'ready'", last
        )
        await tried(team, hook, before + 2)

    for _ in range(2):
        await give_up()
    await team.open()
    await comes(team, hook, 1)
    for _ in range(3):
        assert (await webhooks.get(team.db, team.by("sarah"), endpoint_id)).disabled_at is None
        await give_up()
    await team.settled()

    found = await webhooks.get(team.db, team.by("sarah"), endpoint_id)
    assert found.disabled_why == "exhausted"
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0
    assert "Three events in a row" in await dms(team)


async def test_what_waits_for_a_disabled_endpoint_can_be_sent_from_its_log(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook, events=(Event.CREATED,))
    sarah = team.by("sarah")
    draft = Draft("Helpdesk", address(team), (Event.CREATED,))
    hook.ways.append("500")
    await team.open()
    await tried(team, hook, 1)
    await webhooks.change(team.db, sarah, endpoint_id, draft, is_on=False)
    await again_at_once(team)
    assert [row[1] for row in await tried(team, hook, 2)] == ["failed", "disabled"]
    await comes(team, hook, 0)
    delivery = (await webhooks.log(team.db, sarah, endpoint_id))[0].delivery_id
    with pytest.raises(Conflict, match=r"^Helpdesk is disabled\. Enable it first\.$"):
        await webhooks.replay(team.db, sarah, endpoint_id, delivery_id=delivery)

    await webhooks.change(team.db, sarah, endpoint_id, draft, is_on=True)
    await webhooks.replay(team.db, sarah, endpoint_id, delivery_id=delivery)

    (came,) = await comes(team, hook, 1)
    assert came.id == f"msg_{delivery}"
    await webhooks.replay(team.db, sarah, endpoint_id, delivery_id=delivery)
    assert [one.id for one in await comes(team, hook, 2)] == [came.id] * 2


async def test_what_is_on_its_way_cannot_be_replayed(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook, events=(Event.CREATED,))
    hook.ways.append("500")
    await team.open()
    await tried(team, hook, 1)
    (one,) = await webhooks.log(team.db, team.by("sarah"), endpoint_id)

    with pytest.raises(Conflict) as refused:
        await webhooks.replay(team.db, team.by("sarah"), endpoint_id, delivery_id=one.delivery_id)

    assert refused.value.message == "It is on its way already, or older than 30 days, and cannot be sent again."


# --- Secrets.


async def test_two_secrets_sign_for_24_hours_after_a_rotation(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook)
    old = hook.secret
    made = await webhooks.rotate(team.db, team.by("sarah"), endpoint_id, keyring=RING)
    assert made.secret != old
    await webhooks.test(team.db, team.by("sarah"), endpoint_id)
    (first,) = await comes(team, hook, 1)
    assert (first.is_genuine, first.signatures) == (True, 2)
    hook.secret = made.secret

    await team.change("UPDATE webhook_endpoints SET previous_until = now() - interval '1 second'")
    await webhooks.test(team.db, team.by("sarah"), endpoint_id)

    second = (await comes(team, hook, 2))[1]
    assert (second.is_genuine, second.signatures) == (True, 1)
    await housekeeping.purge(team.db)
    assert team.value("SELECT previous_secret FROM webhook_endpoints") is None


async def test_a_secret_lies_in_no_table_and_an_address_in_one(team: Team, hook: Hook) -> None:
    await add(team, hook, query="?key=Zqquery")
    hook.ways.append("drop")
    await team.to_options()
    await tried(team, hook, 1)
    await again_at_once(team)
    await comes(team, hook, 1)

    secret = hook.secret.removeprefix("whsec_")
    for (table,) in team.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"):
        rows = str(team.sql(f"SELECT * FROM {table} AS one"))
        assert secret not in rows, table
        assert "Zqquery" not in rows or table == "webhook_endpoints", table


async def test_keys_are_rotated_and_lost_ones_named(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook)
    await webhooks.rotate(team.db, team.by("sarah"), endpoint_id, keyring=RING)
    settings = team.house.bot.deps.settings.model_copy(update={"token_keys": _secret(newer := keyring.new_key())})
    settings = settings.model_copy(update={"database_url": _secret(team.house.bot.deps.settings.database_url)})
    with pytest.raises(StartError, match=r"by which the secrets of 1 webhook lie encrypted"):
        await operations.rotate_keys(settings)

    both = settings.model_copy(update={"token_keys": _secret(f"{newer},{KEYS}")})
    assert (await operations.rotate_keys(both))[0] == 1
    assert (await operations.rotate_keys(both))[0] == 0

    team.house.bot.deps.settings.__dict__["keyring"] = keyring.parse(newer)
    await webhooks.test(team.db, team.by("sarah"), endpoint_id)
    (came,) = await comes(team, hook, 1)
    assert (came.is_genuine, came.signatures) == (True, 2)
    assert await operations.forget_key(settings.model_copy(update={"token_keys": _secret(KEYS)}), _id(newer)) == 1
    await team.settled()
    assert "The key by which its secret lay encrypted is lost" in await dms(team)


def _secret(value: Any) -> Any:
    return value if isinstance(value, SecretStr) else SecretStr(value)


def _id(key: str) -> str:
    return keyring.parse(key).newest


async def test_without_the_key_of_a_secret_deliveries_wait_for_the_operator(team: Team, hook: Hook) -> None:
    await add(team, hook)
    team.house.bot.deps.settings.__dict__["keyring"] = None

    await team.to_options()

    await team.until("SELECT count(*) FROM outbox WHERE last_error = 'key_lost' AND state = 'ready'", 1)
    assert hook.received == []


# --- The API.


async def test_a_program_adds_tests_changes_rotates_and_removes_a_webhook(
    team: Team, hook: Hook, sarahs: Program
) -> None:
    sent = {"label": "Helpdesk", "url": address(team)}
    made = await sarahs.post("/webhooks", sent)
    assert made.status == 201, made.text
    here = f"/webhooks/{made.body['id']}"
    assert made.body["secret"].startswith("whsec_")
    assert made.body["events"] == list(Event)
    assert "secret" not in (await sarahs.get(here)).body
    assert [one["id"] for one in (await sarahs.get("/webhooks")).body["items"]] == [made.body["id"]]

    hook.secret = made.body["secret"]
    sent_test = await sarahs.post(f"{here}/test")
    (came,) = await comes(team, hook, 1)
    assert (sent_test.status, sent_test.body["message"]) == (202, came.id)
    assert json.loads(came.body)["data"] == {"webhook": made.body["id"]}
    assert (came.is_genuine, came.type) == (True, "webhook.test")
    (logged,) = (await sarahs.get(f"{here}/deliveries")).body["items"]
    assert (logged["outcome"], logged["status"], logged["event"]) == ("delivered", 204, "webhook.test")
    again = await sarahs.post(f"{here}/deliveries/{logged['delivery']}/replay")
    assert (again.status, again.body["message"]) == (202, came.id)
    await comes(team, hook, 2)

    changed = await sarahs.ask("PATCH", here, {"events": ["decision.resolved"], "enabled": False})
    assert (changed.body["events"], changed.body["enabled"]) == (["decision.resolved"], False)
    assert changed.body["disabled_why"] == "by_hand"
    assert (await sarahs.post(f"{here}/test")).detail == "Helpdesk is disabled. Enable it first."
    rotated = await sarahs.post(f"{here}/rotate")
    assert rotated.body["secret"] != made.body["secret"]
    assert rotated.body["previous_secret_until"] is not None
    assert (await sarahs.ask("DELETE", here)).status == 204
    assert (await sarahs.get(here)).status == 404
    lines = team.sql("SELECT action FROM audit_logs WHERE action LIKE 'webhook.%%' ORDER BY seq")
    assert [line for (line,) in lines] == [
        *("webhook.added", "webhook.changed", "webhook.disabled", "webhook.rotated", "webhook.removed")
    ]
    assert address(team) not in str(team.sql("SELECT details FROM audit_logs"))


async def test_a_secret_is_not_kept_with_the_answer_for_the_same_key(team: Team, sarahs: Program) -> None:
    sent = {"label": "Helpdesk", "url": address(team)}

    first = await sarahs.post("/webhooks", sent, Idempotency_Key="once")
    second = await sarahs.post("/webhooks", sent, Idempotency_Key="once")

    assert first.body["secret"].startswith("whsec_")
    assert second.body == first.body | {"secret": "(shown once)"}
    assert first.body["secret"] not in str(team.sql("SELECT body FROM kept_answers"))
    assert team.value("SELECT count(*) FROM webhook_endpoints") == 1


async def test_another_teams_webhook_is_answered_like_an_unknown_one(team: Team, hook: Hook, sarahs: Program) -> None:
    endpoint_id = await add(team, hook)
    team.sql(
        "WITH other AS (INSERT INTO teams (name, company_name) VALUES ('Others', 'Elsewhere') RETURNING id) "
        "UPDATE webhook_endpoints SET team_id = other.id FROM other"
    )
    ways = [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/rotate"), ("GET", "/deliveries"),
            ("POST", "/deliveries/1/replay")]  # fmt: skip

    for method, path in ways:
        body: dict[str, Any] | None = {} if method == "PATCH" else None
        theirs = await sarahs.ask(method, f"/webhooks/{endpoint_id}{path}", body)
        unknown = await sarahs.ask(method, f"/webhooks/{uuid4()}{path}", body)
        assert (theirs.status, theirs.body) == (404, unknown.body), (method, path)
        assert theirs.detail == "Your team has no such webhook. Settings lists those it has."
    assert (await sarahs.get("/webhooks")).body["items"] == []
    with pytest.raises(NotFound):
        await webhooks.get(team.db, team.by("sarah"), endpoint_id)


async def test_a_webhook_is_for_those_who_may_decide_any_amount_and_for_the_scope_act(team: Team) -> None:
    refused = "Webhooks are for those who may decide any amount. Ask one of them: Team shows who they are."
    async with program(team, "mike") as mikes, program(team, "sarah", Scope.OPEN) as opens:
        assert (await mikes.get("/webhooks")).detail == refused
        assert (await mikes.post("/webhooks", {"label": "x", "url": address(team)})).detail == refused
        assert (await opens.get("/webhooks")).status == 403


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"url": "https://10.1.2.3/x"}, "This address is not one of the public internet."),
        ({"url": "https://[::ffff:169.254.169.254]/"}, "This address is not one of the public internet."),
        ({"url": "ftp://example.com"}, "Give an address such as https://example.com/conclave"),
        ({"url": "https://user:word@example.com/"}, "Leave out what stands before @ or behind #"),
        ({"url": "https://example.com:99999/"}, "Give an address such as https://example.com/conclave"),
    ],
)
async def test_an_address_that_cannot_be_one_is_refused_when_it_is_typed(
    team: Team, sarahs: Program, change: dict[str, str], says: str
) -> None:
    answer = await sarahs.post("/webhooks", {"label": "Helpdesk", "url": address(team)} | change)

    assert (answer.status, answer.body["field"]) == (422, "url")
    assert answer.detail.startswith(says)


async def test_a_plan_says_how_many_webhooks_there_may_be(team: Team, hook: Hook) -> None:
    by = team.by("sarah")
    plans = replace(by.rules.plans, by_tier={t: replace(p, webhooks=1) for t, p in by.rules.plans.by_tier.items()})
    sarah = replace(by, rules=replace(by.rules, plans=plans))
    draft = Draft("Helpdesk", address(team), EVERYTHING)

    at_once = [webhooks.add(team.db, sarah, draft, keyring=RING) for _ in range(5)]
    answers = await asyncio.gather(*at_once, return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(refused) == 4
    assert {one.message for one in refused} == {
        "The plan starter allows 1 webhook, and CS Team has 1. Remove one first: Settings lists them. Whoever runs "
        "Conclave for you can change the plan."
    }


async def test_without_keys_it_is_said_which_variable_is_missing(team: Team) -> None:
    draft = Draft("Helpdesk", address(team), EVERYTHING)

    with pytest.raises(Conflict, match=r"CONCLAVE_TOKEN_KEYS is missing\. Whoever runs Conclave makes one with"):
        await webhooks.add(team.db, team.by("sarah"), draft, keyring=None)


# --- The page.


async def test_the_page_says_that_a_key_is_missing_before_anybody_types(team: Team, sarah: Browser) -> None:
    assert "CONCLAVE_TOKEN_KEYS" not in (await sarah.get("/settings/webhooks")).text
    team.house.bot.deps.settings.__dict__["keyring"] = None

    assert "CONCLAVE_TOKEN_KEYS is missing" in (await sarah.get("/settings/webhooks")).text


async def test_a_webhook_is_set_up_tested_and_removed_on_the_page(team: Team, hook: Hook, sarah: Browser) -> None:
    assert "See the team's webhooks" in (await sarah.get("/settings")).text
    refused = await sarah.post("/settings/webhooks", {"label": "Helpdesk", "url": address(team)})
    assert refused.status == 422
    assert "Choose at least one of these events: decision.created," in refused.text
    form = {"label": "Helpdesk", "url": address(team), "decision.created": "yes", "on": "yes"}
    made = await sarah.post("/settings/webhooks", form)
    assert made.status == 200, made.text
    shown = re.search(r"whsec_[\w+/=]+", made.body)
    assert shown
    hook.secret = shown[0]
    endpoint_id = team.value("SELECT id FROM webhook_endpoints")
    here = f"/settings/webhooks/{endpoint_id}"
    assert "whsec_" not in (await sarah.get(here)).body
    await sarah.post(f"{here}/test")
    (came,) = await comes(team, hook, 1)
    page = await sarah.get(here)
    assert f"{came.id} webhook.test" in page.text
    assert "delivered (204)" in page.text
    await sarah.post(f"{here}/deliveries/{came.id.removeprefix('msg_')}")
    await comes(team, hook, 2)
    assert "whsec_" in (await sarah.post(f"{here}/rotate")).body
    assert "the secret from before signs as well" in (await sarah.get(here)).text
    off = await sarah.post(here, {key: value for key, value in form.items() if key != "on"})
    assert "Somebody of your team disabled it." in off.text
    assert (await sarah.post(f"{here}/test")).status == 409
    assert "Helpdesk" in (await sarah.get("/settings/webhooks")).text
    assert "There is none yet." in (await sarah.post(f"{here}/remove")).text
    assert (await sarah.get(here)).status == 404
    assert (await sarah.get("/settings/webhooks/no-id")).status == 404


async def test_the_pages_are_for_those_who_may_decide_any_amount(team: Team, browser: Browser) -> None:
    await sign_in(team, browser, "lisa")

    assert "See the team's webhooks" not in (await browser.get("/settings")).text
    assert (await browser.get("/settings/webhooks")).status == 403
    assert (await browser.post("/settings/webhooks", {"label": "x"})).status == 403


# --- Around it.


async def test_attempts_are_counted_by_their_outcome(team: Team, hook: Hook) -> None:
    before = metrics.WEBHOOKS.labels("delivered")._value.get()
    await add(team, hook, events=(Event.CREATED,))
    await team.open()
    await comes(team, hook, 1)

    assert metrics.WEBHOOKS.labels("delivered")._value.get() == before + 1


async def test_the_log_keeps_the_last_attempts_alone(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook)
    team.sql(
        "INSERT INTO webhook_attempts (endpoint_id, delivery_id, event, attempt, outcome, milliseconds, at) "
        "SELECT %s, n, 'webhook.test', 1, 'delivered', n, now() - make_interval(days => CASE n WHEN 250 THEN 31 ELSE 0 "
        "END) FROM generate_series(1, 250) AS n",
        endpoint_id,
    )

    await housekeeping.purge(team.db)

    kept = team.sql("SELECT min(milliseconds), max(milliseconds), count(*) FROM webhook_attempts")
    assert kept == [(51, 249, 199)]


async def test_doctor_says_how_many_are_disabled(team: Team, hook: Hook) -> None:
    endpoint_id = await add(team, hook)
    draft = Draft("Helpdesk", address(team), EVERYTHING)
    await webhooks.change(team.db, team.by("sarah"), endpoint_id, draft, is_on=False)

    found = {finding.subject: finding for finding in await operations.examine(team.house.bot.deps.settings)}

    assert found["webhooks"].words == "1 endpoints, 1 disabled: their owners were told"


async def test_a_team_that_is_erased_has_no_webhooks(team: Team, hook: Hook) -> None:
    await add(team, hook)
    owner = db.connect(team.house.database_url, budget_seconds=30)
    try:
        await erasure.erase_team(owner, team.actors["sarah"].team.id)
    finally:
        await owner.close()

    assert team.value("SELECT count(*) FROM webhook_endpoints") == 0
