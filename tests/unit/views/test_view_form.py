"""Forms that are declared once: what they show is what they read."""

from typing import Any

import pytest

from bot.errors import Invalid
from bot.views.slack.entry import channel, checkbox, choice, line, long_text, number, optional_line
from bot.views.slack.field import Answers, Ask, Inputs
from tests.support import payloads

LEVELS = {1: "Low", 2: "High"}


def a_form(ask: Ask, start: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": ask(line("name", "Name", length=10), start["name"]),
        "level": ask(choice("level", "Level", LEVELS, missing="Choose a level."), start["level"]),
        "months": ask(number("months", "Months", least=0, most=12, empty=0), start["months"]),
        "notes": ask(long_text("notes", "Notes", length=20, called="note"), start["notes"]),
        "code": ask(optional_line("code", "Code", length=5), start["code"]),
    }


START = {"name": "Acme", "level": 2, "months": 3, "notes": "a\nb", "code": "X1"}
BLANK = {"name": "", "level": 0, "months": 0, "notes": "", "code": None}


def a_view(start: dict[str, Any]) -> dict[str, Any]:
    inputs = Inputs("thing", 7)
    a_form(inputs, start)
    return {"blocks": inputs.blocks}


def test_a_form_leaves_its_inputs_in_the_order_in_which_it_asks() -> None:
    blocks = a_view(START)["blocks"]

    assert [block["block_id"] for block in blocks] == [f"{name}:thing:7" for name in START]
    assert [block["optional"] for block in blocks] == [False, False, True, True, True]


def test_a_form_that_nobody_touched_reads_back_what_it_started_from() -> None:
    view = payloads.submitted(a_view(START))

    assert a_form(Answers(view), BLANK) == START


def test_what_was_entered_counts_and_not_the_start() -> None:
    view = payloads.submitted(a_view(START), name=" New\n name ", level="1", months=None, notes=None, code=None)

    assert a_form(Answers(view), START) == {"name": "New name", "level": 1, "months": 0, "notes": "", "code": None}


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": "x" * 11}, "name", "The name is too long: 10 characters at most."),
        ({"name": " "}, "name", "Write the name."),
        ({"level": None}, "level", "Choose a level."),
        ({"months": "13"}, "months", "Write the months as a whole number from 0 to 12."),
        ({"months": "1.5"}, "months", "Write the months as a whole number from 0 to 12."),
        ({"notes": "x" * 21}, "notes", "The note is too long: 20 characters at most."),
        ({"code": "x" * 6}, "code", "The code is too long: 5 characters at most."),
    ],
)
def test_a_refusal_names_the_field(typed: dict[str, Any], field: str, sentence: str) -> None:
    view = payloads.submitted(a_view(START), **typed)

    with pytest.raises(Invalid) as refusal:
        a_form(Answers(view), BLANK)

    assert (refusal.value.field, refusal.value.message) == (field, sentence)


def test_the_first_mistake_from_the_top_is_the_one_refused() -> None:
    view = payloads.submitted(a_view(START), months="13", level=None, code="x" * 6)

    with pytest.raises(Invalid) as refusal:
        a_form(Answers(view), BLANK)

    assert refusal.value.field == "level"


def test_of_rows_only_the_one_that_is_meant_is_read() -> None:
    first, second = Inputs("a", 1), Inputs("b", 1)
    a_form(first, START)
    a_form(second, {**START, "name": "Other"})
    view = payloads.submitted({"blocks": [*first.blocks, *second.blocks]})
    values = {
        b["block_id"]: {b["element"]["action_id"]: {"value": b["element"]["initial_value"]}}
        for b in (first.blocks[0], second.blocks[0])
    }
    view["state"]["values"].update(values)

    assert Answers(view, thing="b")(line("name", "Name", length=10), "") == "Other"
    assert Answers(view, thing="a")(line("name", "Name", length=10), "") == "Acme"


def test_a_choice_that_the_form_does_not_know_was_not_made() -> None:
    view = payloads.submitted(a_view(START))
    view["state"]["values"]["level:thing:7"]["level"]["selected_option"] = {"value": "3"}

    with pytest.raises(Invalid):
        a_form(Answers(view), BLANK)


@pytest.mark.parametrize("elsewhere", ["D1", None])
def test_a_card_goes_to_a_channel_and_nowhere_else(elsewhere: str | None) -> None:
    field = channel("channel", "Channel", missing="Choose a channel.")
    view = {"blocks": [field.block("D1", thing="new", revision=1)]}

    with pytest.raises(Invalid, match="Choose a channel"):
        Answers(payloads.submitted(view, channel=elsewhere))(field, "")

    assert "initial_conversation" not in view["blocks"][0]["element"]
    assert Answers(payloads.submitted(view, channel="G1"))(field, "") == "G1"


@pytest.mark.parametrize(("words", "about"), [("w" * 76, None), ("Yes", "w" * 76)])
def test_our_own_words_beside_a_box_are_never_cut_off(words: str, about: str | None) -> None:
    with pytest.raises(ValueError, match="more than 75 characters"):
        checkbox("yes", "Yes", words, about=about)
