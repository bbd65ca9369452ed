"""What the app is sent, by which way, and what a person sees when it does not answer well."""

import asyncio
import logging
from dataclasses import replace

import aiohttp
import pytest

from bot.demo.techcorp import techcorp
from sandbox.server import Sandbox, running
from sandbox.spec import WorkspaceSpec
from tests.support.desk import Desk, a_desk, eventually, form, modal, plain, section, serving


async def test_a_slash_commands_answer_is_seen_by_that_person_alone(sandbox: Sandbox, desk: Desk) -> None:
    answer = await sandbox.person("sarah").slash("/decide hello")

    assert answer.ok
    await sandbox.person("sarah").see("conclave (only visible to you): Hello @sarah")
    await sandbox.person("mike").see_no("Hello")


async def test_a_slash_command_has_slacks_form(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("mike").slash("/decide hello", channel="#leadership")

    body = desk.bodies[0]
    assert body["channel_id"] == "C0LEADERSHIP"
    assert body["channel_name"] == "privategroup"
    assert (body["user_id"], body["user_name"], body["team_domain"]) == ("U0MIKE", "mike", "techcorp")
    assert body["response_url"].startswith(f"{sandbox.url}/respond/commands/T0TECHCORP/")


async def test_a_slash_command_is_refused_where_the_person_is_not(sandbox: Sandbox, desk: Desk) -> None:
    with pytest.raises(AssertionError, match="no channel 'leadership'"):
        await sandbox.person("lisa").slash("/decide hello", channel="leadership")


async def test_a_late_slash_command_shows_operation_timeout(sandbox: Sandbox, desk: Desk) -> None:
    desk.wait = 1.3

    answer = await sandbox.person("sarah").slash("/decide hello")

    assert (answer.status, answer.error) == ("failed", "operation_timeout")
    await sandbox.person("sarah").see('/decide failed with the error "operation_timeout"')
    await asyncio.sleep(0.5)
    await sandbox.person("sarah").see_no("Hello")


@pytest.mark.parametrize("text", ["boom", "long"])
async def test_a_broken_or_refused_answer_shows_dispatch_failed(sandbox: Sandbox, desk: Desk, text: str) -> None:
    answer = await sandbox.person("sarah").slash(f"/decide {text}")

    assert answer.error == "dispatch_failed"
    await sandbox.person("sarah").see('/decide failed with the error "dispatch_failed"')


async def test_an_absent_app_shows_dispatch_failed(sandbox: Sandbox) -> None:
    answer = await sandbox.person("sarah").slash("/decide hello")

    assert answer.error == "dispatch_failed"


async def test_a_wrong_signature_is_refused_by_the_app(spec: WorkspaceSpec) -> None:
    async with (
        running(replace(spec, signing_secret="another")) as sandbox,
        serving(a_desk(sandbox.api_url).app) as url,
    ):
        sandbox.bot_url = url
        answer = await sandbox.person("sarah").slash("/decide hello")

    assert answer.error == "dispatch_failed"


async def test_a_message_shortcut_carries_the_message(sandbox: Sandbox, desk: Desk) -> None:
    message = await sandbox.person("lisa").say("The customer wants out", "customer-decisions")

    await sandbox.person("sarah").shortcut("Decide about this message", message=message)

    body = desk.bodies[0]
    assert (body["type"], body["callback_id"]) == ("message_action", "decision.from_message")
    assert body["message"]["text"] == "The customer wants out"
    assert (body["message"]["user"], body["message_ts"]) == ("U0LISA", message.ts)
    assert body["channel"] == {"id": "C0DECISIONS", "name": "customer-decisions"}


async def test_a_global_shortcut_has_a_trigger_and_no_channel(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("sarah").shortcut("New customer decision")

    assert desk.bodies[0]["trigger_id"]
    assert "channel" not in desk.bodies[0]


async def test_an_opened_home_is_told_to_the_app_and_published_to_that_person(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("sarah").open_home()
    await eventually(lambda: desk.bodies)
    await desk.client.views_publish(user_id="U0SARAH", view={"type": "home", "blocks": [section("Yours")]})

    assert desk.bodies[0]["event"]["type"] == "app_home_opened"
    assert await sandbox.person("sarah").home() == "Yours"
    assert await sandbox.person("mike").home() == ""


async def test_events_are_retried_and_nothing_else_is(sandbox: Sandbox) -> None:
    sandbox.bot_url = "http://127.0.0.1:9"
    await sandbox.person("sarah").open_home()
    await sandbox.person("sarah").slash("/decide hello")
    await eventually(lambda: len(sandbox.deliveries("event")) == 4)

    assert [d.attempt for d in sandbox.deliveries("event")] == [0, 1, 2, 3]
    assert [d.attempt for d in sandbox.deliveries("slash")] == [0]


async def test_an_event_that_was_not_subscribed_is_not_sent(sandbox: Sandbox, desk: Desk) -> None:
    assert sandbox.send_event({"type": "member_joined_channel"}) is False


async def test_the_same_payload_can_arrive_twice(sandbox: Sandbox, desk: Desk) -> None:
    sarah = sandbox.person("sarah")
    await sarah.slash("/decide open")
    await sarah.fill({"Name": "Bob"})

    await sarah.submit(copies=2)
    await sarah.again()

    hashes = [body["view"]["hash"] for body in desk.bodies if body.get("type") == "view_submission"]
    assert len(hashes) == 3
    assert len(set(hashes)) == 1


async def test_a_lost_answer_leaves_the_modal_to_be_edited_and_sent_again(sandbox: Sandbox, desk: Desk) -> None:
    sarah = sandbox.person("sarah")
    await sarah.slash("/decide open")
    await sarah.fill({"Name": "Bob"})

    answer = await sarah.submit(lose_answer=True)

    assert answer.error == "operation_timeout"
    await sarah.see("We had some trouble connecting. Try again?")
    await sarah.fill({"Name": "Robert"})
    assert (await sarah.submit()).ok
    assert await sarah.modal() is None
    names = [body["view"]["state"]["values"]["name"]["value"]["value"] for body in desk.bodies[1:]]
    assert names == ["Bob", "Robert"]


async def test_socket_mode_carries_commands_buttons_and_submissions(socket_desk: tuple[Sandbox, Desk]) -> None:
    sandbox, desk = socket_desk
    sarah = sandbox.person("sarah")

    await sarah.slash("/decide hello")
    await sarah.see("Hello @sarah")
    await sarah.slash("/decide open")
    await sarah.fill({"Name": "Bob"})
    desk.submission = {"response_action": "errors", "errors": {"name": "Taken"}}
    answer = await sarah.submit()

    assert (answer.status, answer.error) == ("errors", "Taken")
    await sarah.open_home()
    await eventually(lambda: desk.bodies[-1].get("event"))
    assert desk.bodies[-1]["event"]["type"] == "app_home_opened"


async def test_a_refreshed_socket_comes_back(socket_desk: tuple[Sandbox, Desk]) -> None:
    sandbox, _ = socket_desk

    await sandbox.town.disconnect("warning")
    await sandbox.app_connected()

    assert (await sandbox.person("sarah").slash("/decide hello")).ok
    assert len(sandbox.calls("apps.connections.open")) == 2


async def test_a_workspace_may_close_before_its_app(spec: WorkspaceSpec) -> None:
    async with aiohttp.ClientSession() as session:
        async with running(spec, mode="socket") as sandbox:
            headers = {"Authorization": f"Bearer {spec.app_token}"}
            async with session.post(f"{sandbox.api_url}apps.connections.open", headers=headers) as answer:
                url = (await answer.json())["url"]
            socket = await session.ws_connect(url)
            hello = await socket.receive_json()
        goodbye = await socket.receive()

    assert hello["type"] == "hello"
    assert goodbye.type is aiohttp.WSMsgType.CLOSE or socket.closed


async def test_a_crash_over_the_socket_is_a_timeout(socket_desk: tuple[Sandbox, Desk]) -> None:
    sandbox, _ = socket_desk

    answer = await sandbox.person("sarah").slash("/decide boom")

    assert answer.error == "operation_timeout"


async def test_the_records_tell_what_happened_and_no_log_does(
    sandbox: Sandbox, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")
    sarah = sandbox.person("sarah")
    await sarah.slash("/decide open")
    await sarah.fill({"Name": "Unspeakable"})
    await sarah.submit()

    async with aiohttp.ClientSession() as session:
        calls = await (await session.get(f"{sandbox.url}/sandbox/calls")).json()
        deliveries = await (await session.get(f"{sandbox.url}/sandbox/deliveries")).json()
    assert [call["method"] for call in calls] == ["views.open"]
    assert [(d["kind"], d["ident"], d["status"], d["error"]) for d in deliveries] == [
        ("slash", "/decide", 200, None),
        ("view_submission", "form", 200, None),
    ]
    assert all(d["ack_ms"] > 0 for d in deliveries)
    assert "Unspeakable" not in caplog.text


async def test_two_workspaces_run_beside_each_other() -> None:
    async with running(techcorp()) as one, running(techcorp()) as other:
        assert one.url != other.url
        await one.person("sarah").say("Here", "general")

        await one.person("mike").see("Here")
        await other.person("mike").see_no("Here")


async def test_a_view_that_slack_would_refuse_leaves_only_trouble(sandbox: Sandbox, desk: Desk) -> None:
    sarah = sandbox.person("sarah")
    await sarah.slash("/decide open")
    await sarah.fill({"Name": "Bob"})
    desk.submission = {"response_action": "update", "view": modal(section("x" * 3001), title="Broken")}

    answer = await sarah.submit()

    assert answer.status == "failed"
    shown = await sarah.modal()
    assert shown is not None
    assert (shown.title, shown.inputs["Name"], shown.trouble is not None) == ("A form", "Bob", True)
    assert form()["title"] == plain("A form")
