"""Slack out of order: limited, broken, slow, closed to us, without the person. What arrives then, and how often."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.demo.techcorp import techcorp
from bot.http import readiness
from bot.services import outbox as deliveries
from bot.services import sweep
from bot.store.outbox import MAX_ATTEMPTS
from tests.support.hours import ALWAYS
from tests.support.house import living
from tests.support.team import Team

HISTORY = ("channels:history", "groups:history", "im:history")
OTHER = "C0GENERAL"
# Without its error a row is not touched again while its next attempt is under way.
OVER = "UPDATE outbox SET run_at = now(), last_error = NULL WHERE state = 'ready' AND last_error IS NOT NULL"
READY = "SELECT count(*) FROM outbox WHERE state = 'ready'"


@pytest.fixture
async def knowing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A team whose bot may look at what it has posted, and waits a second for Slack instead of eight."""
    monkeypatch.setattr("bot.identity.SLACK_SECONDS", 1.0)
    base = techcorp()
    async with living(database_url, replace(base, scopes=(*base.scopes, *HISTORY))) as house:
        team = await Team(house).gather("mike", "lisa", "tom")
        team.give("mike", 4)
        yield team


async def hurry(team: Team, *, while_ready: int = 0) -> None:
    """Let the pauses between attempts be over until so many deliveries are left."""
    async with asyncio.timeout(15):
        while team.value(READY) > while_ready:
            await team.change(OVER)
            await asyncio.sleep(0.05)


async def failed(team: Team, error: str, kind: str = "card") -> None:
    """Wait until an attempt has been written down with this error."""
    await team.until("SELECT count(*) > 0 FROM outbox WHERE kind = %s AND last_error = %s", True, kind, error)


async def test_a_limited_conversation_waits_as_long_as_slack_says_and_the_others_go_on(team: Team) -> None:
    team.house.sandbox.invite_bot("general")
    team.house.sandbox.fail("chat.postMessage", "ratelimited", retry_after=2)
    first = await team.open(title="Limited")
    await failed(team, "ratelimited")
    await team.open(title="Free", channel_id=OTHER)

    await team.until("SELECT state FROM outbox WHERE kind = 'card' AND lane LIKE %s", "done", f"%{OTHER}")
    assert team.value("SELECT state FROM outbox WHERE kind = 'card' AND lane NOT LIKE %s", f"%{OTHER}") == "ready"
    await team.settled()

    refused, *posts = team.house.sandbox.calls("chat.postMessage")
    assert (refused.status, len(posts)) == (429, 2)
    assert posts[-1].at - refused.at >= 2
    assert team.value("SELECT attempts FROM outbox WHERE dedupe_key = %s", f"card:{first.id}:{first.revision}") == 1


async def test_a_slow_conversation_holds_up_nobody_elses(team: Team) -> None:
    team.house.sandbox.invite_bot("general")
    team.house.sandbox.fail("chat.postMessage", "slow", seconds=4)
    await team.open(title="Slow")
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'card' AND token IS NOT NULL", 1)
    await team.open(title="Quick", channel_id=OTHER)

    await team.until("SELECT state FROM outbox WHERE kind = 'card' AND lane LIKE %s", "done", f"%{OTHER}", timeout=3)

    assert team.value("SELECT state FROM outbox WHERE kind = 'card' AND lane NOT LIKE %s", f"%{OTHER}") == "ready"
    await team.settled()


@pytest.mark.parametrize("fault", ["http_500", "drop"])
async def test_a_post_that_did_not_arrive_is_repeated(team: Team, fault: str) -> None:
    team.house.sandbox.fail("chat.postMessage", fault)
    await team.open()
    await hurry(team)
    assert len(await team.cards()) == 1


@pytest.mark.parametrize("fault", ["http_500_after", "drop_after", "slow_after"])
async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(knowing: Any, fault: str) -> None:
    knowing.house.sandbox.fail("chat.postMessage", fault, seconds=2.0)
    await knowing.open()
    await hurry(knowing)
    assert len(knowing.house.sandbox.calls("chat.postMessage")) == 1
    assert len(await knowing.cards()) == 1
    assert knowing.value("SELECT max(attempts) FROM outbox WHERE kind = 'card'") == 2


@pytest.mark.parametrize("fault", ["ratelimited", "http_500", "drop"])
async def test_as_long_as_slack_cannot_say_whether_it_is_there_it_is_not_repeated(knowing: Any, fault: str) -> None:
    knowing.house.sandbox.fail("chat.postMessage", "drop_after")
    knowing.house.sandbox.fail("conversations.history", fault, times=2)
    await knowing.open()
    await hurry(knowing)
    assert len(knowing.house.sandbox.calls("conversations.history")) >= 3
    assert len(await knowing.cards()) == 1


async def test_it_is_found_behind_whatever_was_said_since(knowing: Any) -> None:
    knowing.house.sandbox.fail("chat.postMessage", "drop_after")
    await knowing.open()
    await knowing.until("SELECT count(*) FROM outbox WHERE kind = 'card' AND last_error IS NOT NULL", 1)
    channel = knowing.house.sandbox.town.channel("customer-decisions")
    for n in range(450):
        knowing.house.sandbox.town.workspace.post(channel, user="U0EVE", text=f"word {n}")
    await hurry(knowing)
    assert len(await knowing.cards()) == 1
    assert len(knowing.house.sandbox.calls("conversations.history")) == 3


async def test_a_direct_message_whose_answer_was_lost_is_found_as_well(knowing: Any) -> None:
    knowing.house.sandbox.kick_bot("customer-decisions")
    knowing.house.sandbox.fail("chat.postMessage", "error", error="not_in_channel")
    knowing.house.sandbox.fail("chat.postMessage", "drop_after")
    await knowing.open()
    await hurry(knowing)
    (message,) = await knowing.house.person("sarah").messages("dm")
    assert "could not be posted" in message.rendered


@pytest.mark.parametrize(
    "error",
    ["account_inactive", "invalid_auth", "token_revoked", "missing_scope", "org_login_required", "ekm_access_denied"],
)
async def test_with_a_token_that_slack_refuses_everything_waits_for_the_operator(team: Team, error: str) -> None:
    team.house.sandbox.fail("chat.postMessage", "error", error=error, times=MAX_ATTEMPTS + 2)
    await team.open()
    for _ in range(MAX_ATTEMPTS + 2):
        await failed(team, error)
        await team.change("UPDATE outbox SET run_at = now(), last_error = NULL WHERE kind = 'card'")
    await hurry(team)
    assert len(await team.cards()) == 1
    assert team.value("SELECT max(attempts) FROM outbox WHERE kind = 'card'") == 1


async def test_what_the_workspace_must_mend_is_said_where_an_operator_looks_and_over_once_it_is_mended(
    team: Team,
) -> None:
    deps, identity = team.house.bot.deps, team.house.bot.identity
    team.house.sandbox.fail("chat.postMessage", "error", error="team_access_not_granted")
    await team.open()
    await failed(team, "team_access_not_granted")
    _, told = await readiness(deps, identity, None)
    await hurry(team)
    _, mended = await readiness(deps, identity, None)

    assert (told["slack_refuses"], told["waiting_for_an_operator"]) == ("team_access_not_granted", 1)
    assert (mended["slack_refuses"], mended["waiting_for_an_operator"]) == (None, 0)


@pytest.mark.parametrize("error", ["rate_limited", "internal_error", "team_added_to_org", "update_failed"])
async def test_what_passes_burns_no_attempt(team: Team, error: str) -> None:
    team.house.sandbox.fail("chat.postMessage", "error", error=error, times=MAX_ATTEMPTS + 3)
    await team.open()
    await hurry(team)
    assert len(await team.cards()) == 1
    assert team.value("SELECT attempts FROM outbox WHERE kind = 'card'") == 1


async def test_what_should_have_passed_after_hours_counts_like_anything_that_fails(team: Team) -> None:
    team.house.sandbox.fail("chat.postMessage", "error", error="internal_error", times=99)
    await team.open()
    await failed(team, "internal_error")
    await team.change("UPDATE outbox SET created_at = created_at - interval '7 hours' WHERE kind = 'card'")
    async with asyncio.timeout(15):
        while team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0:
            await team.change(OVER)
            await asyncio.sleep(0.05)
    assert team.value("SELECT attempts FROM outbox WHERE kind = 'card' AND state = 'dead'") == MAX_ATTEMPTS


@pytest.mark.parametrize("header", ["abc", "-1", "1e300", "999999999999"])
async def test_a_limit_that_says_nothing_sensible_parks_no_conversation(team: Team, header: str) -> None:
    team.house.sandbox.fail("chat.postMessage", "ratelimited", retry_after=header)
    await team.open()
    await failed(team, "ratelimited")
    assert team.value("SELECT max(run_at) <= now() + interval '5 minutes' FROM outbox WHERE state = 'ready'") is True
    await hurry(team)
    assert len(await team.cards()) == 1


async def test_a_name_that_nobody_knows_may_pass(team: Team) -> None:
    team.house.sandbox.fail("chat.postMessage", "error", error="brand_new", times=MAX_ATTEMPTS - 1)
    await team.open()
    await hurry(team)
    assert len(await team.cards()) == 1
    assert team.value("SELECT attempts FROM outbox WHERE kind = 'card'") == MAX_ATTEMPTS


@pytest.mark.parametrize("error", ["no_permission", "restricted_action_thread_locked", "access_denied"])
async def test_whatever_closes_a_channel_its_owner_hears_of(team: Team, error: str) -> None:
    team.house.sandbox.fail("chat.postMessage", "error", error=error)
    await team.open()
    await team.house.person("sarah").see("could not be posted")
    await team.settled()
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0


async def test_what_fails_eight_times_is_given_up_frees_its_lane_and_can_be_put_back(team: Team) -> None:
    team.house.sandbox.fail("chat.postMessage", "error", error="fatal_error", times=MAX_ATTEMPTS)
    await team.open(title="Poison")
    await team.open(title="Behind it")
    await hurry(team)

    assert [m.rendered.split("\n")[0] for m in await _cards(team)] == ["#2 · Behind it"]
    await team.house.person("sarah").see("The card of #1 Poison could not be posted.")
    standing = await deliveries.standing(team.db)
    assert (standing.ready, standing.dead) == (0, 1)
    (given_up,) = await deliveries.given_up(team.db, at_most=9)
    assert (given_up.error, given_up.attempts) == ("fatal_error", MAX_ATTEMPTS)

    assert await deliveries.retry(team.db, ids=[given_up.id]) == 1
    await team.settled()
    assert len(await _cards(team)) == 2


async def test_what_slack_will_never_take_is_given_up_at_once(team: Team) -> None:
    team.house.sandbox.fail("chat.postMessage", "error", error="invalid_blocks")
    await team.open()
    await team.settled()
    assert team.value("SELECT attempts FROM outbox WHERE state = 'dead'") == 1


async def test_an_owner_gone_from_slack_is_excused_instead_of_told(team: Team) -> None:
    team.house.sandbox.kick_bot("customer-decisions")
    team.house.sandbox.deactivate("lisa")
    await team.open(by="lisa")
    await team.settled()
    assert team.value("SELECT is_active FROM team_members WHERE name = 'Lisa Rodriguez'") is False
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0


async def test_a_reader_of_the_result_gone_from_slack_is_excused_and_the_others_get_it(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_scoring("sarah", "lisa", "tom")
    await team.settled()
    team.house.sandbox.kick_bot("customer-decisions")
    team.house.sandbox.deactivate("tom")
    for name in ("sarah", "lisa", "tom"):
        await team.ballot(name)
    await team.published()
    await team.settled()
    assert any("Full refund" in m.rendered for m in await team.house.person("lisa").messages("dm"))
    assert team.value("SELECT is_active FROM team_members WHERE name = 'Tom Becker'") is False
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0


async def _cards(team: Team) -> list[Any]:
    found = await team.house.person("mike").messages("customer-decisions")
    return [m for m in found if m.rendered.startswith("#") and not m.ephemeral]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_goes_wrong_in_between_the_card_shows_the_last_change(knowing: Any, seed: int) -> None:
    """Random changes, faults and moments of delivery; at the end one message, of the newest revision."""
    dice = random.Random(seed)
    team = knowing
    await team.open(title="Change 0")
    faults = ("ratelimited", "http_500", "http_500_after", "drop", "drop_after", "slow_after")
    for n in range(1, 9):
        for method in ("chat.postMessage", "chat.update"):
            if dice.random() < 0.6:
                team.house.sandbox.fail(method, dice.choice(faults), seconds=1.5)
        await team.retitle(f"Change {n}")
        await asyncio.sleep(dice.choice((0, 0.02, 0.1, 0.3)))
        if dice.random() < 0.5:
            await team.change(OVER)
    await hurry(team)

    (card,) = await _cards(team)
    assert card.rendered.startswith("#1 · Change 8")
    shown = "SELECT rendered_revision = revision FROM card_messages JOIN customer_decisions d ON d.id = decision_id"
    assert team.value(shown) is True
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0


async def test_a_nudge_queued_behind_one_whose_answer_was_lost_is_told_as_well(knowing: Any) -> None:
    team = knowing
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)

    async def due(title: str) -> None:
        await team.change(
            "UPDATE reminders r SET next_at = now() - interval '1 second' FROM customer_decisions d, team_members m "
            "WHERE d.id = r.decision_id AND m.id = r.member_id AND d.title = %s AND m.name = 'Tom Becker'",
            title,
        )
        await sweep.sweep(team.db, now=team.now, rules=team.rules)

    for title in ("First", "Second"):
        await team.to_scoring("lisa", "tom", title=title)
    await team.settled()
    for channel in team.house.sandbox.town.workspace.channels.values():
        channel.messages.clear()  # what was told at the start
    team.house.sandbox.fail("chat.postMessage", "drop_after")
    await due("First")
    await failed(team, "ServerDisconnectedError", "nudge")
    await team.change("UPDATE outbox SET run_at = now() + interval '1 hour' WHERE kind = 'nudge'")
    await due("Second")
    await hurry(team)

    told = [m.rendered for m in await team.house.person("tom").messages("dm")]
    assert [sum(title in text for text in told) for title in ("First", "Second")] == [1, 1]


async def test_a_card_that_changed_before_its_post_was_found_shows_the_change(knowing: Any) -> None:
    team = knowing
    team.house.sandbox.fail("chat.postMessage", "drop_after")
    await team.open(title="Before")
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'card' AND last_error IS NOT NULL", 1)
    await team.change("UPDATE outbox SET run_at = now() + interval '1 hour' WHERE kind = 'card'")
    await team.retitle("After")
    await hurry(team)

    (card,) = await _cards(team)
    assert card.rendered.startswith("#1 · After")


async def test_one_given_up_without_knowing_is_looked_for_when_it_is_put_back(knowing: Any) -> None:
    team = knowing
    team.house.sandbox.fail("chat.postMessage", "drop_after")
    team.house.sandbox.fail("conversations.history", "http_500", times=MAX_ATTEMPTS - 1)
    await team.open()
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'card' AND last_error IS NOT NULL", 1)
    await hurry(team)
    assert team.value("SELECT state FROM outbox WHERE kind = 'card'") == "dead"

    await deliveries.retry(team.db, ids=[])
    await team.settled()

    assert len(await team.cards()) == 1
    assert team.value("SELECT state FROM outbox WHERE kind = 'card'") == "done"
