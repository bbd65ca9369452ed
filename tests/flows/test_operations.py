"""What an operator sees: readiness, metrics, deliveries that were given up, and how to try them again."""

import asyncio
import os
import subprocess
import sys

import aiohttp
import pytest
from pydantic import SecretStr

from bot import app, http
from bot.delivery import slack
from bot.http import asgi, readiness
from bot.services import card as cards
from bot.services import housekeeping
from bot.services import outbox as deliveries
from bot.store.outbox import Delivery
from tests.support.team import Team


async def test_readiness_names_what_holds_and_how_the_deliveries_stand(team: Team) -> None:
    await team.tick()
    await team.settled()
    checks, details = await readiness(team.house.bot.deps, team.house.bot.identity, 0.0)

    held = {"database": True, "schema": True, "slack": True, "tasks": True, "sweep": True, "deliveries": True}
    assert checks == held
    assert details["outbox"] == {"ready": 0, "dead": 0, "oldest_due_seconds": 0.0}
    assert isinstance(details["sweep_age_seconds"], float)


async def test_a_process_that_does_work_is_not_ready_when_no_sweep_went_through_for_three_minutes(team: Team) -> None:
    await team.tick()
    team.sql("UPDATE sweep_runs SET last_ok = now() - interval '4 minutes'")

    working, _ = await readiness(team.house.bot.deps, team.house.bot.identity, -1e9)
    serving, _ = await readiness(team.house.bot.deps, team.house.bot.identity, None)

    assert working["sweep"] is False
    assert "sweep" not in serving


async def test_a_database_of_another_version_is_not_ready(team: Team) -> None:
    team.sql("UPDATE alembic_version SET version_num = 'conclave'")
    checks, _ = await readiness(team.house.bot.deps, team.house.bot.identity, None)

    assert checks["schema"] is False


async def test_given_up_deliveries_are_listed_counted_and_put_back(team: Team) -> None:
    await team.open()
    await team.settled()
    team.sql(
        "INSERT INTO outbox(kind, lane, dedupe_key, payload, state, attempts, last_error, done_at) "
        "VALUES ('card', 'slack:T0TECHCORP:C0DECISIONS', 'card:again', "
        "jsonb_build_object('decision', %s::text, 'revision', 99), 'dead', 8, 'fatal_error', now())",
        team.decision_id,
    )
    (row,) = await deliveries.given_up(team.db, at_most=10)
    assert (row.kind, row.error, row.attempts) == ("card", "fatal_error", 8)
    assert (await deliveries.standing(team.db)).dead == 1

    assert await deliveries.retry(team.db, ids=[row.id + 1]) == 0
    assert await deliveries.retry(team.db, ids=[]) == 1
    await team.settled()

    assert (await deliveries.standing(team.db)).dead == 0


async def test_metrics_need_the_token_and_name_nobody(team: Team) -> None:
    await team.to_scoring("sarah", "lisa", "tom")
    await team.settled()
    await team.house.person("tom").slash("/decide list")
    columns = "outbox(kind, lane, dedupe_key, state, last_error, done_at)"
    given_up = f"INSERT INTO {columns} VALUES ('card', 'x', %s, 'dead', %s, now())"
    for number, error in enumerate(("fatal_error", "Tom is gone", None)):
        team.sql(given_up, f"given-up:{number}", error)
    # Of another workspace, so that no worker takes it.
    team.sql("INSERT INTO outbox(kind, lane, dedupe_key) VALUES ('held', 'slack:T9:C1', 'held:1')")
    deps = team.house.bot.deps
    settings = deps.settings.model_copy(update={"metrics_token": SecretStr("let-me-in")})
    object.__setattr__(deps, "settings", settings)
    bot = app.Bot(deps, team.house.bot.identity, asgi(deps, team.house.bot.identity, None, does_work=True))
    async with http.serving(bot.asgi, host="127.0.0.1", port=0) as port, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/metrics"
        async with session.get(url) as answer:
            assert answer.status == 401
        async with session.get(url, headers={"Authorization": "Bearer let-me-in"}) as answer:
            body = await answer.text()
            assert answer.status == 200

    assert 'conclave_deliveries_total{kind="card",verdict="done"}' in body
    assert 'conclave_request_seconds_count{kind="command",listener="list_open"}' in body
    assert 'conclave_requests_total{kind="command",outcome="done"}' in body
    assert 'conclave_pool_wait_seconds_count{pool="transactions"}' in body
    assert 'conclave_decisions_unfinished{state="evaluating"} 1.0' in body
    assert 'conclave_outbox_dead_by_reason{reason="fatal_error"} 1.0' in body
    assert 'conclave_outbox_dead_by_reason{reason="other"} 2.0' in body
    assert 'conclave_outbox_due{kind="held"} 1.0' in body
    assert 'conclave_outbox_due_seconds{kind="held"}' in body
    assert "conclave_outbox_oldest_due_seconds 0.0" in body
    for name in ("U0", "T0TECHCORP", str(team.decision_id), "Tom", "tom@"):
        assert name not in body


async def test_without_a_token_there_is_no_metrics_page(team: Team) -> None:
    async with (
        http.serving(team.house.bot.asgi, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        assert answer.status == 404


async def test_the_owner_hears_of_a_card_that_was_given_up(team: Team) -> None:
    await team.open()
    await team.settled()
    team.sql("DELETE FROM card_messages")
    found = await cards.get(team.db, team.decision_id)
    key = f"card:{team.decision_id}:x"
    payload = {"decision": str(team.decision_id), "revision": found.decision.revision, "asked": 0}
    await slack.giving_up(
        team.house.bot.deps, Delivery(1, 1, "card", "slack:T0TECHCORP:C1", key, payload, 8, True, team.now)
    )
    await team.settled()

    await team.house.person("sarah").see("The card of #1 Refund for the outage could not be posted.")
    await team.house.person("sarah").see("Press the button to let me try again")


async def conclave(team: Team, *words: str, **more: str) -> tuple[int, str]:
    """Run the command as an operator would; returns its exit code and what it printed. more: of its environment."""
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": team.house.database_url, "HOME": "/nonexistent", **more}
    command = [sys.executable, "-m", "bot", *words]
    done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


async def test_the_command_lists_and_repeats_what_was_given_up(team: Team) -> None:
    assert await conclave(team, "outbox", "list") == (0, "Nothing was given up.\n")
    team.sql(
        "INSERT INTO outbox(kind, lane, dedupe_key, state, attempts, last_error, done_at) "
        "VALUES ('held', 'nowhere', 'held:1', 'dead', 8, 'fatal_error', now())"
    )

    code, listed = await conclave(team, "outbox", "list")
    doctor_code, examined = await conclave(team, "doctor")

    assert code == 0
    assert "held  nowhere  fatal_error  after 8 attempts" in listed
    assert doctor_code == 1
    assert "1 given up" in examined
    assert "See: conclave outbox list" in examined
    assert await conclave(team, "outbox", "retry") == (0, "1 put back.\n")
    team.sql("DELETE FROM outbox WHERE kind = 'held'")


async def test_the_doctor_names_what_the_workspace_must_mend(team: Team) -> None:
    team.sql(
        "INSERT INTO outbox(kind, lane, dedupe_key, last_error, run_at) "
        "VALUES ('held', 'slack:T0ELSEWHERE:C1', 'held:2', 'org_login_required', now() + interval '1 minute')"
    )
    code, examined = await conclave(team, "doctor")

    assert code == 1
    assert "FAIL  workspace: Slack answers org_login_required; waiting for that to be mended: 1" in examined
    assert "ok    web pages: off; CONCLAVE_URL, as people reach this port, switches them on" in examined


@pytest.mark.parametrize(
    ("more", "ways"),
    [
        ({}, "by a link from Slack; with SLACK_CLIENT_ID and SLACK_CLIENT_SECRET also with Slack"),
        (
            {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s", "SLACK_BOT_TOKEN": "x"},
            "by a link from Slack, and with Slack",
        ),
    ],
)
async def test_the_doctor_says_where_the_web_pages_are_and_how_people_sign_in(
    team: Team, more: dict[str, str], ways: str
) -> None:
    _, examined = await conclave(team, "doctor", CONCLAVE_URL="https://conclave.example", **more)

    assert f"ok    web pages: at https://conclave.example; people sign in {ways}\n" in examined


async def test_reminders_of_what_has_been_over_for_a_month_are_purged_and_no_others(team: Team) -> None:
    for title, status in (("Open", None), ("Over", "cancelled"), ("Just said", "cancelled"), ("Kept", "cancelled")):
        await team.open(title=title)
        await team.settled()
        if status:
            await team.change("UPDATE customer_decisions SET status = %s WHERE title = %s", status, title)
    team.sql("ALTER TABLE customer_decisions DISABLE TRIGGER touch_updated_at")
    await team.change("UPDATE customer_decisions SET updated_at = now() - interval '30 days 1 minute'")
    team.sql(
        "UPDATE reminders SET waiting_since = NULL, next_at = NULL, step = 1, last_at = now() - CASE WHEN "
        "decision_id = (SELECT id FROM customer_decisions WHERE title = 'Just said') THEN interval '29 days' "
        "ELSE interval '30 days 1 minute' END"
    )
    # As long as the outbox knows the key of what was said last, a row that began anew could not be told.
    team.sql(
        "INSERT INTO outbox (kind, lane, dedupe_key, state, done_at) SELECT 'nudge', 'slack:T:U', "
        "format('nudge:%s:%s:%s:%s', r.decision_id, r.member_id, r.kind, r.step), 'done', now() FROM reminders r "
        "JOIN customer_decisions d ON d.id = r.decision_id WHERE d.title = 'Kept'"
    )

    of_each = "SELECT count(*) FROM reminders r JOIN customer_decisions d ON d.id = r.decision_id WHERE d.title = %s"
    over = team.value(of_each, "Over")

    deleted = await housekeeping.purge(team.db)

    assert deleted == over > 0
    left = "SELECT DISTINCT d.title FROM reminders r JOIN customer_decisions d ON d.id = r.decision_id ORDER BY 1"
    assert team.sql(left) == [("Just said",), ("Kept",), ("Open",)]


async def test_what_has_piled_up_is_deleted_in_batches_and_what_is_left_an_hour_later(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    await team.settled()
    team.sql("DELETE FROM outbox")
    team.sql(
        "INSERT INTO outbox (kind, lane, dedupe_key, state, done_at) "
        "SELECT 'card', 'none', 'old:' || n, 'done', now() - interval '31 days' * n FROM generate_series(1, 12) n"
    )
    monkeypatch.setattr(housekeeping, "BATCH", 5)
    monkeypatch.setattr(housekeeping, "BATCHES_AT_MOST", 2)

    assert await housekeeping.purge(team.db) == 10
    assert team.sql("SELECT dedupe_key FROM outbox ORDER BY done_at DESC") == [("old:1",), ("old:2",)]
    assert await housekeeping.purge(team.db) == 2


async def test_what_is_kept_for_a_day_goes_after_it_and_tokens_with_their_time(team: Team) -> None:
    token = "INSERT INTO auth_tokens (user_id, token_hash, expires_at, kind) SELECT id, %s, "
    token += "timezone('UTC', now()) + %s::interval, %s FROM team_members LIMIT 1 RETURNING id"
    living = team.value(token, "living", "1 minute", "session")
    team.value(token, "over", "-1 minute", "session")
    team.value(token, "another program's", "-1 minute", None)
    for name, age in (("young", "23 hours 59 minutes"), ("old", "24 hours 1 minute")):
        team.sql("INSERT INTO attempts VALUES (%s, 1, now() - %s::interval)", name, age)
        answer = "INSERT INTO kept_answers (token_id, key, digest, begun_at) VALUES (%s, %s, '', now() - %s::interval)"
        team.sql(answer, living, name, age)

    await housekeeping.purge(team.db)

    assert team.sql("SELECT token_hash FROM auth_tokens ORDER BY 1") == [("another program's",), ("living",)]
    assert team.sql("SELECT key FROM attempts") == [("young",)]
    assert team.sql("SELECT key FROM kept_answers") == [("young",)]


async def test_presses_and_settled_deliveries_are_kept_for_thirty_days(team: Team) -> None:
    await team.settled()
    team.sql("DELETE FROM submissions")
    team.sql("DELETE FROM outbox")
    for name, age in (("young", "29 days 23 hours"), ("old", "30 days 1 minute")):
        team.sql(
            "INSERT INTO submissions (view_id, hash, digest, created_kind, created_id, created_at) "
            "VALUES (%s, '', '', 'decision', '', now() - %s::interval)",
            name,
            age,
        )
        team.sql(
            "INSERT INTO outbox (kind, lane, dedupe_key, state, done_at) "
            "VALUES ('card', 'none', %s, 'done', now() - %s::interval)",
            name,
            age,
        )

    assert await housekeeping.purge(team.db) == 2

    assert team.sql("SELECT view_id FROM submissions") == [("young",)]
    assert team.sql("SELECT dedupe_key FROM outbox") == [("young",)]
