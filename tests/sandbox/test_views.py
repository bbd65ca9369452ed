"""Modals and Home as Slack keeps them: triggers, the stack, hashes, and what stays typed across updates."""

import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.people import Modal, Person
from sandbox.server import Sandbox
from tests.support.desk import Desk, button, form, modal, plain, section, text_input


async def the_modal(person: Person) -> Modal:
    found = await person.modal()
    assert found is not None
    return found


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


@pytest.fixture
async def sarah(sandbox: Sandbox, desk: Desk) -> Person:
    """Sarah with the form open."""
    person = sandbox.person("sarah")
    await person.slash("/decide open")
    return person


async def test_a_trigger_opens_one_view(desk: Desk, sarah: Person) -> None:
    trigger_id = desk.bodies[0]["trigger_id"]

    assert await refusal(desk.client.views_open(trigger_id=trigger_id, view=form())) == "exchanged_trigger_id"
    assert await refusal(desk.client.views_open(trigger_id="1.2", view=form())) == "invalid_trigger_id"


async def test_a_trigger_lives_for_a_moment(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("sarah").slash("/decide late")
    trigger_id = desk.bodies[0]["trigger_id"]
    await asyncio.sleep(1.1)

    assert await refusal(desk.client.views_open(trigger_id=trigger_id, view=form())) == "expired_trigger_id"


async def test_triggers_can_be_made_to_expire_at_once(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("sarah").slash("/decide late")
    sandbox.expire_triggers()

    trigger_id = desk.bodies[0]["trigger_id"]
    assert await refusal(desk.client.views_open(trigger_id=trigger_id, view=form())) == "expired_trigger_id"


async def test_a_refused_view_names_the_fault_and_keeps_the_trigger(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("sarah").slash("/decide late")
    trigger_id = desk.bodies[0]["trigger_id"]

    with pytest.raises(SlackApiError) as refused:
        await desk.client.views_open(trigger_id=trigger_id, view=modal(section("x" * 3001)))
    await desk.client.views_open(trigger_id=trigger_id, view=form())

    assert refused.value.response["error"] == "invalid_arguments"
    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be at most 3000 characters, is 3001 [json-pointer:/view/blocks/0/text/text]"
    ]


async def test_two_views_can_be_pushed_and_no_third(desk: Desk, sarah: Person) -> None:
    pushing = modal({"type": "actions", "elements": [button("More", "push")]}, title="Level")
    desk.next_view = pushing
    await sarah.close()
    await sarah.slash("/decide open")

    await sarah.click("More")
    await sarah.click("More")

    top = await the_modal(sarah)
    assert top.depth == 3
    await sarah.click("More")
    assert (await the_modal(sarah)).view_id == top.view_id


async def test_a_pushed_view_knows_its_root_and_gives_it_back_as_it_was(desk: Desk, sarah: Person) -> None:
    await sarah.fill({"Name": "Bob"})
    desk.submission = {"response_action": "push", "view": form(title="Second")}
    below = await the_modal(sarah)

    await sarah.submit()

    assert (await the_modal(sarah)).title == "Second"
    await sarah.fill({"Name": "Eve"})
    desk.submission = {}
    await sarah.submit()
    second = desk.bodies[-1]["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (below.view_id, below.view_id)
    assert (await the_modal(sarah)).inputs["Name"] == "Bob"


async def test_clear_closes_the_whole_stack(desk: Desk, sarah: Person) -> None:
    await sarah.fill({"Name": "Bob"})
    desk.submission = {"response_action": "push", "view": form(title="Second")}
    await sarah.submit()
    await sarah.fill({"Name": "Eve"})
    desk.submission = {"response_action": "clear"}

    await sarah.submit()

    assert await sarah.modal() is None


async def test_errors_stand_under_their_inputs_and_keep_what_was_typed(desk: Desk, sarah: Person) -> None:
    await sarah.fill({"Name": "Bob"})
    desk.submission = {"response_action": "errors", "errors": {"name": "That name is taken."}}

    answer = await sarah.submit()

    shown = await the_modal(sarah)
    assert (answer.status, answer.error) == ("errors", "That name is taken.")
    assert (shown.errors, shown.inputs["Name"]) == ({"Name": "That name is taken."}, "Bob")
    await sarah.see("  ! That name is taken.")


async def test_errors_under_an_unknown_block_are_only_trouble(desk: Desk, sarah: Person) -> None:
    await sarah.fill({"Name": "Bob"})
    desk.submission = {"response_action": "errors", "errors": {"nobody": "Lost"}}

    answer = await sarah.submit()

    assert answer.status == "failed"
    await sarah.see("We had some trouble connecting. Try again?")
    await sarah.see_no("Lost")


async def test_a_late_submission_keeps_the_modal_and_its_input(desk: Desk, sarah: Person) -> None:
    await sarah.fill({"Name": "Bob"})
    desk.wait = 1.3

    answer = await sarah.submit()

    assert answer.error == "operation_timeout"
    assert (await the_modal(sarah)).inputs["Name"] == "Bob"


async def test_an_update_keeps_what_was_typed_under_the_same_ids(desk: Desk, sarah: Person) -> None:
    await sarah.fill({"Name": "Bob"})
    before = await the_modal(sarah)
    updated = modal(
        text_input("Name", "name", initial_value="Ignored"),
        text_input("Name again", "name-2", initial_value="Applied"),
        submit=plain("Save"),
    )

    await desk.client.views_update(view_id=before.view_id, view=updated, hash=before.hash)

    after = await the_modal(sarah)
    assert after.inputs == {"Name": "Bob", "Name again": "Applied"}
    assert (after.view_id, after.hash != before.hash) == (before.view_id, True)


async def test_an_update_ignores_a_new_initial_value_under_old_ids_even_when_empty(desk: Desk, sarah: Person) -> None:
    view = modal(text_input("Name", "name", initial_value="Prefilled"), submit=plain("Save"))

    await desk.client.views_update(view_id=(await the_modal(sarah)).view_id, view=view)

    assert (await the_modal(sarah)).inputs == {"Name": ""}


async def test_a_stale_hash_and_a_closed_view_are_refused(desk: Desk, sarah: Person) -> None:
    stale = await the_modal(sarah)
    await desk.client.views_update(view_id=stale.view_id, view=form())

    update = desk.client.views_update
    assert await refusal(update(view_id=stale.view_id, view=form(), hash=stale.hash)) == "hash_conflict"
    await sarah.close()
    assert await refusal(update(view_id=stale.view_id, view=form())) == "not_found"


async def test_a_view_is_found_by_its_external_id(sandbox: Sandbox, desk: Desk) -> None:
    desk.next_view = form() | {"external_id": "mine"}
    await sandbox.person("sarah").slash("/decide open")

    await desk.client.views_update(external_id="mine", view=form(title="Found"))

    assert (await the_modal(sandbox.person("sarah"))).title == "Found"


async def test_an_external_id_names_one_open_view(sandbox: Sandbox, desk: Desk) -> None:
    desk.next_view = form() | {"external_id": "mine"}
    await sandbox.person("sarah").slash("/decide open")
    await sandbox.person("mike").slash("/decide late")

    second = desk.client.views_open(trigger_id=desk.bodies[-1]["trigger_id"], view=desk.next_view)
    assert await refusal(second) == "duplicate_external_id"


async def test_the_app_hears_of_a_closed_view_only_where_it_asked(desk: Desk, sarah: Person) -> None:
    await sarah.close()
    heard = len(desk.bodies)
    desk.next_view = form() | {"notify_on_close": True}
    await sarah.slash("/decide open")

    await sarah.close()

    closed = [body for body in desk.bodies if body.get("type") == "view_closed"]
    assert heard == 1
    assert [body["is_cleared"] for body in closed] == [False]


async def test_a_button_in_a_modal_carries_the_views_state(desk: Desk, sarah: Person) -> None:
    desk.next_view = modal(
        text_input("Name", "name"),
        {"type": "actions", "block_id": "row", "elements": [button("Refresh", "refresh", value="7")]},
        submit=plain("Save"),
    )
    await sarah.close()
    await sarah.slash("/decide open")
    await sarah.fill({"Name": "Bob"})

    await sarah.click("Refresh")

    body = desk.bodies[-1]
    assert body["container"] == {"type": "view", "view_id": body["view"]["id"]}
    assert body["view"]["state"]["values"]["name"]["value"] == {"type": "plain_text_input", "value": "Bob"}
    action = {key: body["actions"][0][key] for key in ("type", "action_id", "block_id", "value")}
    assert action == {"type": "button", "action_id": "refresh", "block_id": "row", "value": "7"}
    assert "response_url" not in body


async def test_one_persons_modal_is_not_seen_by_another(sandbox: Sandbox, sarah: Person) -> None:
    assert await sandbox.person("mike").modal() is None


async def test_a_home_is_updated_in_place(desk: Desk) -> None:
    home = {"type": "home", "blocks": [section("One")]}
    first = await desk.client.views_publish(user_id="U0SARAH", view=home)

    second = await desk.client.views_publish(user_id="U0SARAH", view=home)

    assert first["view"]["id"] == second["view"]["id"]
    stale = desk.client.views_publish(user_id="U0SARAH", view=home, hash=first["view"]["hash"])
    assert await refusal(stale) == "hash_conflict"
