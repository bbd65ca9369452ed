"""Whatever arrives is answered within three seconds, and well: never a 500, never silence."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
import psycopg
import pytest
import structlog
from psycopg import sql

from bot.domain.action import Action
from handlers import private, refusal
from sandbox.delivery import sign
from tests.support.house import House
from tests.support.known import known
from tests.support.scoring import TRUST, field, typed
from tests.support.team import Team

NOT_SAVED = "Not saved yet: the database did not answer in time. Your text is still here; press Submit again."
TOO_LONG = "Not saved yet: it took too long. Your text is still here; press Submit again."
AGAIN = "The database did not answer in time. Try it once more in a moment."


@asynccontextmanager
async def held(url: str, table: str = "customer_decisions") -> AsyncIterator[None]:
    """A database in which everything that needs this table waits."""
    # Not in the way of the bot, which lives in the same loop and may have to finish a transaction first.
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table)))
        yield
        await connection.rollback()


async def send(house: House, body: str, *, secret: str | None = None, **headers: str) -> int:
    """POST a body as Slack would; returns the status."""
    signature = sign(secret or house.sandbox.spec.signing_secret, body)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{house.sandbox.bot_url}/slack/events", data=body, headers={**kind, **signature, **headers}
        ) as it,
    ):
        return it.status


def interaction(team: Team, **payload: Any) -> str:
    spec = team.house.sandbox.spec
    whole = {
        "team": {"id": spec.team_id, "domain": spec.domain},
        "user": {"id": "U0SARAH", "team_id": spec.team_id},
        "api_app_id": spec.app_id,
        "token": "x",
        "trigger_id": "1.2.3",
        **payload,
    }
    return urlencode({"payload": json.dumps(whole)})


async def test_a_slow_database_is_answered_in_time_and_the_text_is_kept(team: Team) -> None:
    await team.to_options()
    await team.window("lisa", Action.PROPOSE_OPTION)
    lisa = team.house.person("lisa")
    await lisa.fill({"Option 1": "A voucher"})
    async with held(team.house.database_url):
        answer = await lisa.submit()
    assert answer.error in (NOT_SAVED, TOO_LONG)
    assert answer.ack_ms < 3000
    assert (await team.modal("lisa")).inputs["Option 1"] == "A voucher"
    assert team.value("SELECT count(*) FROM response_options") == 2
    assert (await lisa.submit()).ok
    assert team.value("SELECT count(*) FROM response_options") == 3


async def test_a_button_is_answered_in_time_by_a_slow_database(team: Team) -> None:
    await team.to_options()
    sarah, mike = team.house.person("sarah"), team.house.person("mike")
    await team.settled()
    async with held(team.house.database_url):
        answers = await asyncio.gather(
            team.press("sarah", Action.EDIT_CRITERIA),
            team.press("mike", Action.PROPOSE_OPTION),
            team.house.person("lisa").slash("/decide list"),
            team.house.person("tom").slash("/decide show 1"),
        )
        await asyncio.gather(*(team.house.person(name).see(AGAIN, timeout=4) for name in team.actors))
    assert all(a.ok and a.ack_ms < 3000 for a in answers)
    assert known(await mike.modal()).callback_id == "notice"
    assert "Submit" not in await sarah.screen()
    assert team.state == ("team_input", 3)


async def test_scoring_survives_a_slow_database(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    lisa = team.house.person("lisa")
    await lisa.fill(typed(9, 3))
    async with held(team.house.database_url, "rounds"):
        answer = await lisa.submit()
        assert answer.error in (NOT_SAVED, TOO_LONG)
        saved = await lisa.click("Save for later")
        assert saved.ack_ms < 3000
        await lisa.see(AGAIN)
        await lisa.close()
    assert (await team.modal("lisa")).inputs[field("Full refund", on=TRUST)] == "9"
    assert (await lisa.submit()).ok
    assert "Submitted in secret" in (await team.modal("lisa")).text


@pytest.mark.parametrize("state", ["53100", "53200", "53300", "58030"])
async def test_a_database_without_room_keeps_the_text_and_is_named_in_the_log(
    team: Team, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    monkeypatch.setattr(refusal, "log", structlog.wrap_logger(structlog.PrintLogger(said)))
    await team.to_options()
    await team.window("lisa", Action.PROPOSE_OPTION)
    lisa = team.house.person("lisa")
    await lisa.fill({"Option 1": "A voucher"})
    team.sql(
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '{state}'; END $$; "
        "CREATE TRIGGER full_disk BEFORE INSERT ON response_options FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    answer = await lisa.submit()
    assert answer.error in (NOT_SAVED, TOO_LONG)
    assert state in said.getvalue()
    team.sql("DROP TRIGGER full_disk ON response_options")
    assert (await lisa.submit()).ok
    assert team.value("SELECT count(*) FROM response_options") == 3


async def test_slow_slack_profiles_do_not_delay_the_answer(team: Team) -> None:
    team.house.sandbox.fail("users.info", "slow", seconds=3.2)
    eve = team.house.person("eve")
    answer = await eve.slash("/decide list")
    assert answer.ok
    assert answer.ack_ms < 3000


async def test_a_wrong_signature_is_refused(team: Team) -> None:
    body = urlencode({"command": "/decide", "text": "list", "team_id": "T0TECHCORP", "user_id": "U0SARAH"})
    assert await send(team.house, body, secret="wrong") == 401
    assert await send(team.house, body, **{"X-Slack-Request-Timestamp": "1500000000"}) == 401
    assert team.house.sandbox.calls("response_url") == []


async def test_only_posts_to_the_one_address_are_taken(team: Team) -> None:
    base = team.house.sandbox.bot_url
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{base}/slack/events") as answer:
            assert answer.status == 405
        async with session.get(f"{base}/") as answer:
            assert answer.status == 404
        async with session.post(
            f"{base}/slack/events", data=io.BytesIO(b"x" * 1_100_000), headers={"Content-Length": "1100000"}
        ) as answer:
            assert answer.status == 413
        for path in ("healthz", "readyz"):
            async with session.get(f"{base}/{path}") as answer:
                assert answer.status == 200


async def test_payloads_made_by_hand_get_an_answer_and_change_nothing(team: Team) -> None:
    await team.to_options()
    spec = team.house.sandbox.spec
    view = {"id": "V1", "type": "modal", "hash": "1.a", "callback_id": "option.propose", "team_id": spec.team_id}
    container = {"type": "message", "message_ts": "1.1", "channel_id": "C0DECISIONS"}
    button = {"type": "button", "block_id": "b", "action_ts": "1.1"}
    payloads: tuple[dict[str, Any], ...] = (
        {"type": "view_submission", "view": view},
        {"type": "view_submission", "view": {**view, "blocks": [], "state": {"values": {}}}},
        {"type": "view_submission", "view": {**view, "state": {"values": {}}, "private_metadata": "{]"}},
        {"type": "view_submission", "view": {**view, "callback_id": "nobody.knows", "state": {"values": {}}}},
        *({"type": "view_submission", "view": {**view, "callback_id": action, "state": {"values": {}}, "blocks": [],
           "private_metadata": '{"decision": "junk", "round": 7, "page": -1}'}} for action in Action),
        {"type": "view_closed", "view": view},
        {"type": "block_actions", "container": container, "actions": [{**button, "action_id": "evaluation.turn"}]},
        {"type": "block_actions", "container": container, "actions": [{**button, "action_id": "round.close",
                                                                       "value": "\\u0000"}]},
        {"type": "block_actions", "container": container, "actions": [{**button, "action_id": ""}]},
        {"type": "shortcut", "callback_id": "nobody.knows"},
        {"type": "message_action", "callback_id": "decision.from_message"},
        {"type": "block_suggestion", "action_id": "x", "block_id": "b", "value": "v"},
        {"type": "something_new"},
    )  # fmt: skip
    for payload in payloads:
        assert await send(team.house, interaction(team, **payload)) == 200, payload
    for form in (
        {"command": "/decide", "text": "show 99999999999999", "team_id": spec.team_id, "user_id": "U0SARAH"},
        {"command": "/decide", "team_id": spec.team_id, "user_id": "U0NOBODY", "text": "list"},
        {"command": "/other", "text": "help", "team_id": spec.team_id, "user_id": "U0SARAH"},
    ):
        assert await send(team.house, urlencode({**form, "trigger_id": "1.2.3"})) == 200
    assert team.state == ("team_input", 3)
    assert team.value("SELECT count(*) FROM response_options") == 2


async def test_an_unknown_event_is_acknowledged(team: Team) -> None:
    event = {
        "type": "event_callback",
        "team_id": "T0TECHCORP",
        "event": {"type": "reaction_added", "user": "U0SARAH", "reaction": "wave"},
        "event_id": "Ev1",
    }
    assert await send(team.house, json.dumps(event), **{"Content-Type": "application/json"}) == 200


@pytest.mark.parametrize("fault", ["http_500", "drop"])
async def test_a_window_that_slack_does_not_open_says_so(team: Team, fault: str) -> None:
    sarah = team.house.person("sarah")
    team.house.sandbox.fail("views.open", fault)
    assert (await sarah.slash("/decide a refund")).ok
    await sarah.see("Slack did not let the window open in time. Try it once more.")
    assert await sarah.modal() is None


@pytest.mark.parametrize("fault", ["http_500_after", "drop_after"])
async def test_a_window_whose_opening_is_not_confirmed_does_not_load_for_ever(team: Team, fault: str) -> None:
    team.house.sandbox.fail("views.open", fault)
    assert (await team.house.person("sarah").slash("/decide a refund")).ok
    await team.modal("sarah", at_least="What happened")


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("ratelimited", {"retry_after": 1}),
        ("ratelimited", {"retry_after": "soon"}),
        ("http_500", {"times": 3}),
        ("drop", {"times": 2}),
        ("error", {"error": "internal_error"}),
        ("error", {"error": "brand_new"}),
    ],
)
async def test_a_window_whose_update_fails_at_first_is_shown_all_the_same(team: Team, fault: str, how: Any) -> None:
    team.house.sandbox.fail("views.update", fault, **how)
    assert (await team.house.person("sarah").slash("/decide a refund")).ok
    await team.modal("sarah", at_least="What happened")


async def test_a_window_that_slack_lets_us_open_a_second_later_opens(team: Team) -> None:
    team.house.sandbox.fail("views.open", "ratelimited", retry_after=1)
    assert (await team.house.person("sarah").slash("/decide a refund")).ok
    await team.modal("sarah", at_least="What happened")


async def test_a_window_that_cannot_be_shown_for_long_says_so_itself(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.after_ack.WAIT_SECONDS", 0.1)
    team.house.sandbox.fail("views.update", "http_500")
    assert (await team.house.person("sarah").slash("/decide a refund")).ok
    modal = await team.modal("sarah", at_least="Slack did not let the window open in time. Try it once more.")
    assert modal.callback_id == "notice"


async def test_a_refusal_that_no_window_can_show_comes_as_a_direct_message(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.after_ack.WAIT_SECONDS", 0.1)
    monkeypatch.setattr("handlers.after_ack.TELL_SECONDS", 0.1)
    await team.to_options()
    team.house.sandbox.fail("views.update", "http_500", times=2)
    answer = await team.press("mike", Action.START_SCORING)
    assert answer.ok
    await team.house.person("mike").see('"Start scoring" on #1 is for its owner')


async def test_a_window_that_slack_will_not_take_says_so_itself(team: Team) -> None:
    team.house.sandbox.fail("views.update", "error", error="view_too_large")
    assert (await team.house.person("sarah").slash("/decide a refund")).ok
    await team.modal("sarah", at_least="Something went wrong")


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("error", {"error": "not_found"}),
        ("error", {"error": "expired_trigger_id"}),
        ("error", {"error": "view_not_found"}),
        ("error", {"error": "push_limit_reached"}),
        ("error", {"error": "brand_new"}),
        ("http_500", {}),
        ("drop", {}),
        ("ratelimited", {"retry_after": 60}),
    ],
)
async def test_what_a_press_has_done_is_told_by_direct_message_where_its_window_is_gone(
    team: Team, fault: str, how: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    monkeypatch.setattr(private, "log", structlog.wrap_logger(structlog.PrintLogger(said)))
    await team.to_resolved("sarah", "lisa", "tom")
    mike = team.house.person("mike")
    await team.window("mike", "decision.show")
    team.house.sandbox.fail("views.push", fault, **how)
    team.house.sandbox.fail("views.update", "error", error="not_found")  # closed at once

    assert (await mike.click("Customer informed")).ok

    await team.settled()
    assert [m.text for m in await mike.messages("dm")][-1:] == [
        'Noted: the customer of #1 knows. "Record outcome" is for how it turned out.'
    ]
    assert "a private answer goes by direct message" in said.getvalue()


@pytest.mark.parametrize("fault", ["http_500", "drop"])
async def test_a_private_answer_whose_way_back_is_closed_comes_as_a_direct_message(team: Team, fault: str) -> None:
    lisa = team.house.person("lisa")
    await team.open()
    team.house.sandbox.fail("response_url", fault, times=9)

    assert (await lisa.slash("/decide list")).ok

    await lisa.see("1 open decision")
    assert "Refund for the outage" in str(await lisa.messages("dm"))


async def test_a_window_that_cannot_be_brought_up_to_date_is_nobodys_trouble(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.after_ack.WAIT_SECONDS", 0.1)
    await team.to_resolved("sarah", "lisa", "tom")
    mike = team.house.person("mike")
    await team.window("mike", "decision.show")
    before = await mike.messages("dm")
    team.house.sandbox.fail("views.update", "http_500", times=3)

    assert (await mike.click("Customer informed")).ok

    await team.modal("mike", at_least="Noted: the customer of #1 knows.")
    await team.house.sandbox.idle()
    assert await mike.messages("dm") == before


async def test_a_profile_that_slack_will_not_tell_just_now_keeps_the_text(team: Team) -> None:
    sarah = team.house.person("sarah")
    await sarah.slash("/decide setup")
    await team.modal("sarah", at_least="Team size")
    team.house.sandbox.fail("users.info", "ratelimited", retry_after=30)

    answer = await team.submit("sarah", {"Team": "Care"})

    assert "Not saved yet: Slack asks us to wait." in (await team.modal("sarah")).text, answer


async def test_a_window_for_which_slack_will_not_tell_who_somebody_is_says_that_it_asks_to_wait(team: Team) -> None:
    team.house.sandbox.fail("users.info", "ratelimited", retry_after=30)

    assert (await team.house.person("lisa").slash("/decide settings")).ok

    await team.modal("lisa", at_least="Slack asks us to wait. Try it once more in a minute.")


async def test_a_slack_that_cannot_say_who_somebody_is_just_now_is_asked_again_by_the_person(team: Team) -> None:
    """Eve is not in the team, so her address is asked for."""
    team.house.sandbox.fail("users.info", "http_500")
    eve = team.house.person("eve")
    assert (await eve.slash("/decide a refund")).ok
    await team.modal("eve", at_least="Slack did not answer as it should. Try it once more in a moment.")
    await eve.close(everything=True)
    assert (await eve.slash("/decide a refund")).ok
    await team.modal("eve", at_least="Sarah Johnson")
