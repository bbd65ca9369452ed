"""Block Kit as plain text."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.mrkdwn import Reader, date_part, plain
from sandbox.screen import Filled, render_blocks, render_view
from tests.support.desk import button, modal, section, text_input
from tests.support.desk import plain as words

BERLIN = Reader({"U1": "sarah"}, {"C1": "general"}, "Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("*Bold* and _italic_ and ~gone~ and `code`", "Bold and italic and gone and code"),
        ("snake_case_name 2*3*4", "snake_case_name 2*3*4"),
        ("*_both_*", "both"),
        ("<@U1> in <#C1> and <#C9|elsewhere>", "@sarah in #general and #elsewhere"),
        ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
        ("<https://example.com|the page> <https://example.com>", "the page https://example.com"),
        ("<!channel> <!subteam^S1|@team>", "@channel @team"),
        ("due <!date^1798128000^{date_num} {time}|then>", "due 2026-12-24 5:00 PM"),
        ("<!date^1798128000^{date_long}|then>", "Thursday, December 24th, 2026"),
        (":warning: stays", ":warning: stays"),
    ],
)
def test_mrkdwn_reads_as_a_person_reads_it(text: str, seen: str) -> None:
    assert plain(text, BERLIN) == seen


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("date_short_pretty", "tomorrow"),
        ("date", "December 25th, 2026"),
        ("ago", "in 18 hours"),
        ("nonsense", "{nonsense}"),
    ],
)
def test_date_parts_follow_slacks_names(name: str, seen: str) -> None:
    now = datetime(2026, 12, 24, 16, tzinfo=UTC)

    assert date_part(name, datetime(2026, 12, 25, 10, tzinfo=UTC), now) == seen


def test_plain_text_is_shown_as_it_stands() -> None:
    assert render_blocks([{"type": "header", "text": words("*A* <b>")}], BERLIN) == "*A* <b>"


BLOCKS: list[tuple[dict[str, Any], str]] = [
    (section("Hi", fields=[words("One"), words("Two")], accessory=button("Go", "go")), "Hi\nOne\nTwo\n[ Go ]"),
    ({"type": "context", "elements": [words("Small"), {"type": "image", "alt_text": "pic"}]}, "Small [image: pic]"),
    ({"type": "actions", "elements": [button("Yes", "y"), button("No", "n")]}, "[ Yes ] [ No ]"),
    ({"type": "alert", "level": "error", "text": words("Closed")}, "(x) Closed"),
    ({"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_number", "value": 2}]]}, "a | 2"),
    (
        {
            "type": "data_visualization",
            "title": "Scores",
            "chart": {"type": "bar", "series": [{"name": "All", "data": [{"label": "A", "value": 7}]}]},
        },
        "[chart: Scores]\n  All: A 7",
    ),
    (
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "elements": [
                        {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}]},
                        {"type": "rich_text_section", "elements": [{"type": "text", "text": "second"}]},
                    ],
                }
            ],
        },
        "1. @sarah\n2. second",
    ),
    ({"type": "plan"}, "[plan block]"),
]


@pytest.mark.parametrize(("block", "seen"), BLOCKS, ids=lambda case: case["type"] if isinstance(case, dict) else "")
def test_each_block_reads_well(block: dict[str, Any], seen: str) -> None:
    assert render_blocks([block], BERLIN) == seen


def test_a_modal_shows_title_values_errors_and_buttons() -> None:
    view = modal(text_input("Name", "name", placeholder=words("Who?")), text_input("Note", "note", optional=True))
    view["submit"] = words("Save")
    states = {("note", "value"): {"type": "plain_text_input", "value": "Soon"}}

    seen = render_view(view, view["blocks"], BERLIN, Filled(states, {"name": "Missing"}))

    assert seen.split("\n") == [
        "=== A modal ===",
        "Name: [ Who? ]",
        "  ! Missing",
        "Note (optional): [ Soon ]",
        "[ Save ]",
        "[ Cancel ]",
    ]


def test_choices_are_listed_with_the_chosen_marked() -> None:
    options = [{"text": words("One"), "value": "1"}, {"text": words("Two"), "value": "2", "description": words("b")}]
    element = {"type": "radio_buttons", "action_id": "x", "options": options, "initial_option": options[1]}
    block = {"type": "input", "block_id": "b", "label": words("Pick"), "element": element}

    assert render_blocks([block], BERLIN) == "Pick: \n  ( ) One\n  (o) Two - b"
