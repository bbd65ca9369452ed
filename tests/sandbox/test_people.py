"""What a person can do by pointing at labels, and what Slack's own client refuses before the app hears of it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sandbox.people import CannotDo, Modal, Person
from sandbox.server import Sandbox
from tests.support.desk import Desk, button, modal, plain, section, text_input

DECISIONS = "C0DECISIONS"


def option(text: str, value: str) -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def field(label: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": label.lower().replace(" ", "_"),
        "label": plain(label),
        "element": {"action_id": "x", **element},
        "optional": True,
        **more,
    }


URGENCY = [option("1 - can wait", "1"), option("3 - this week", "3"), option("5 - now", "5")]
EVERYTHING = modal(
    text_input("Title", "title", max_length=10),
    field("Relationship months", {"type": "number_input", "is_decimal_allowed": False, "min_value": "0"}),
    field("Relationship owner", {"type": "users_select"}),
    field("Urgency", {"type": "static_select", "options": URGENCY, "initial_option": URGENCY[1]}),
    field("Tags", {"type": "multi_static_select", "options": URGENCY, "max_selected_items": 2}),
    field("People", {"type": "multi_users_select"}),
    field("Channel", {"type": "conversations_select", "default_to_current_conversation": True}),
    field("Due", {"type": "datepicker"}),
    field("Closes", {"type": "datetimepicker"}),
    field("Sure", {"type": "checkboxes", "options": [option("I am sure", "sure")]}),
    field("Size", {"type": "radio_buttons", "options": URGENCY}),
    field("Mail", {"type": "email_text_input"}),
    submit=plain("Save"),
)


@pytest.fixture
async def tom(sandbox: Sandbox, desk: Desk) -> Person:
    """Tom, in Berlin, with every kind of input before him."""
    desk.next_view = EVERYTHING
    person = sandbox.person("tom")
    await person.slash("/decide open")
    return person


async def shown(person: Person) -> Modal:
    found = await person.modal()
    assert found is not None
    return found


async def test_every_kind_of_input_is_filled_by_label_and_delivered_in_slacks_shape(desk: Desk, tom: Person) -> None:
    await tom.fill(
        {
            "Title": "Refund",
            "Relationship m": 18,
            "Relationship owner": "lisa",
            "Urgency": "5 - now",
            "Tags": ["1 - can wait", "3"],
            "People": ["mike", "Ana Silva"],
            "Due": date(2026, 12, 24),
            "Closes": datetime(2026, 12, 24, 16, 0, tzinfo=UTC),
            "Sure": True,
            "Size": "3 - this week",
            "Mail": "bo@example.com",
        }
    )
    assert (await shown(tom)).inputs["Closes"] == "2026-12-24 17:00"

    answer = await tom.submit()

    assert answer.ok
    state = desk.bodies[-1]["view"]["state"]["values"]
    held = {block_id: next(iter(actions.values())) for block_id, actions in state.items()}
    assert held == {
        "title": {"type": "plain_text_input", "value": "Refund"},
        "relationship_months": {"type": "number_input", "value": "18"},
        "relationship_owner": {"type": "users_select", "selected_user": "U0LISA"},
        "urgency": {"type": "static_select", "selected_option": URGENCY[2]},
        "tags": {"type": "multi_static_select", "selected_options": URGENCY[:2]},
        "people": {"type": "multi_users_select", "selected_users": ["U0MIKE", "U0ANA"]},
        "channel": {"type": "conversations_select", "selected_conversation": DECISIONS},
        "due": {"type": "datepicker", "selected_date": "2026-12-24"},
        "closes": {"type": "datetimepicker", "selected_date_time": 1798128000},
        "sure": {"type": "checkboxes", "selected_options": [option("I am sure", "sure")]},
        "size": {"type": "radio_buttons", "selected_option": URGENCY[1]},
        "mail": {"type": "email_text_input", "value": "bo@example.com"},
    }


async def test_none_clears_an_input(desk: Desk, tom: Person) -> None:
    await tom.fill({"Title": "x", "Urgency": None, "Channel": None})
    await tom.submit()

    state = desk.bodies[-1]["view"]["state"]["values"]
    assert state["urgency"]["x"]["selected_option"] is None
    assert state["channel"]["x"]["selected_conversation"] is None


@pytest.mark.parametrize(
    ("values", "label", "sentence"),
    [
        ({}, "Title", "Please complete this required field."),
        ({"Title": "x" * 11}, "Title", "Please use at most 10 characters."),
        ({"Title": "x", "Relationship m": "many"}, "Relationship months", "Please enter a whole number."),
        ({"Title": "x", "Relationship m": -1}, "Relationship months", "Please enter a number of at least 0."),
        ({"Title": "x", "Mail": "nowhere"}, "Mail", "Please enter a valid email address."),
    ],
)
async def test_what_slacks_client_refuses_is_shown_and_never_sent(
    desk: Desk, tom: Person, values: dict[str, Any], label: str, sentence: str
) -> None:
    await tom.fill(values)

    answer = await tom.submit()

    assert (answer.status, answer.error) == ("refused", sentence)
    assert (await shown(tom)).errors == {label: sentence}
    assert len(desk.bodies) == 1


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"Relationship": 1}, "several inputs called 'Relationship'"),
        ({"Price": 1}, "no input called 'Price'; there are: Title; Relationship months"),
        ({"Urgency": "7"}, "'7' is not one of the options: 1 - can wait; 3 - this week; 5 - now"),
        ({"Tags": ["1", "3", "5"]}, "at most 2 can be chosen"),
        ({"People": ["nobody"]}, "'nobody' is not offered"),
        ({"Channel": "leadership"}, "'leadership' is not offered"),
    ],
)
async def test_a_mistake_names_what_is_there_and_fills_nothing(
    tom: Person, values: dict[str, Any], complaint: str
) -> None:
    before = (await shown(tom)).inputs

    with pytest.raises(CannotDo, match=complaint):
        await tom.fill({"Title": "Refund", **values})

    assert (await shown(tom)).inputs == before


async def test_the_newest_message_with_that_button_is_pressed(sandbox: Sandbox, desk: Desk) -> None:
    for name in ("first", "second"):
        row = {"type": "actions", "elements": [button("Score", "go", value=name)]}
        await desk.client.chat_postMessage(channel=DECISIONS, text=name, blocks=[section(name), row])
    tom = sandbox.person("tom")

    await tom.click("Score")
    await tom.click("Score", within="first")
    await tom.click("go", channel="customer-decisions")

    assert [body["actions"][0]["value"] for body in desk.bodies] == ["second", "first", "second"]


async def test_several_buttons_of_one_name_need_a_hint(sandbox: Sandbox, desk: Desk) -> None:
    rows = [section(f"Case {n}", accessory=button("Open", "go", value=str(n))) for n in (1, 2, 3)]
    await desk.client.chat_postMessage(channel=DECISIONS, text="List", blocks=rows)
    tom = sandbox.person("tom")

    with pytest.raises(CannotDo, match="3 things are called 'Open'"):
        await tom.click("Open")
    await tom.click("Open", nth=2)
    await tom.click("Open", within="Case 3")

    assert [body["actions"][0]["value"] for body in desk.bodies] == ["2", "3"]


async def test_a_button_that_is_not_there_lists_those_that_are(sandbox: Sandbox, desk: Desk) -> None:
    row = {"type": "actions", "elements": [button("Score", "go")]}
    await desk.client.chat_postMessage(channel=DECISIONS, text="Card", blocks=[row])

    with pytest.raises(CannotDo, match="nothing called 'Resolve' in the messages; there are: Score"):
        await sandbox.person("tom").click("Resolve")


async def test_menus_in_messages_are_pressed_by_their_items(sandbox: Sandbox, desk: Desk) -> None:
    menu = {"type": "overflow", "action_id": "menu", "options": [option("Edit", "edit"), option("Drop", "drop")]}
    pick = {"type": "static_select", "action_id": "pick", "options": URGENCY}
    boxes = {"type": "checkboxes", "action_id": "boxes", "options": [option("A", "a"), option("B", "b")]}
    row = {"type": "actions", "elements": [menu, pick, boxes]}
    await desk.client.chat_postMessage(channel=DECISIONS, text="Card", blocks=[row])
    tom = sandbox.person("tom")

    for item in ("Drop", "5 - now", "A", "B", "A"):
        await tom.click(item)

    actions = [body["actions"][0] for body in desk.bodies]
    assert actions[0]["selected_option"]["value"] == "drop"
    assert actions[1]["selected_option"]["value"] == "5"
    assert [[o["value"] for o in a["selected_options"]] for a in actions[2:]] == [["a"], ["a", "b"], ["b"]]
    await tom.see("[ 5 - now ]")


async def test_a_button_for_others_is_not_seen(sandbox: Sandbox, desk: Desk) -> None:
    row = {"type": "actions", "elements": [button("Score", "go", visible_to_user_ids=["U0ANA"])]}
    await desk.client.chat_postMessage(channel=DECISIONS, text="Card", blocks=[row])

    with pytest.raises(CannotDo, match="nothing called 'Score'"):
        await sandbox.person("tom").click("Score")
    assert (await sandbox.person("ana").click("Score")).ok


async def test_a_person_can_be_joined_from_outside(sandbox: Sandbox) -> None:
    async with await Person.connect(sandbox.url, "lisa") as lisa:
        await lisa.say("Hello", "general")
        await lisa.see("lisa: Hello")

    with pytest.raises(CannotDo, match="nobody called 'bob'"):
        await Person.connect(sandbox.url, "bob")


async def test_not_seeing_fails_with_the_whole_screen(sandbox: Sandbox) -> None:
    await sandbox.person("lisa").say("Something else", "general")

    with pytest.raises(CannotDo, match=r"does not see 'Hello'(.|\n)*Something else"):
        await sandbox.person("lisa").see("Hello", timeout=0.05)
