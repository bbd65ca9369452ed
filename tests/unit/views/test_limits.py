"""Every limit by a literal example just inside and just outside it; slack_sdk.models as a second opinion."""

import copy
import time
from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from slack_limits import LimitError, check_message, check_view, message_problems, view_problems

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(text: str = "One", value: str = "1", **more: Any) -> Json:
    return {"text": plain(text), "value": value, **more}


def options(count: int) -> list[Json]:
    return [option(f"Option {n}", str(n)) for n in range(count)]


def section(text: str = "Hello", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": "go", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(count: int = 2, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": options(count), **more}


def field(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Label"), "element": element, **more}


def text_field(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "text", **more}


def boxes(count: int, kind: str = "checkboxes") -> Json:
    return {"type": kind, "action_id": "boxes", "options": options(count)}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "submit": plain("Save"), "blocks": list(blocks), **more}


def confirm(**more: Any) -> Json:
    parts = {"title": plain("Sure?"), "text": plain("Really"), "confirm": plain("Yes"), "deny": plain("No")}
    return parts | more


def image(**more: Any) -> Json:
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A chart", **more}


def table(rows: int = 2, columns: int = 2, text: str = "cell", **more: Any) -> Json:
    cells = [[{"type": "raw_text", "text": text} for _ in range(columns)] for _ in range(rows)]
    return {"type": "table", "rows": cells, **more}


def data_table(**more: Any) -> Json:
    return {**table(), "type": "data_table", "caption": "Ranking", **more}


def pie(segments: int = 2, *, value: float = 1, label: str = "A") -> Json:
    parts = [{"label": label, "value": value} for _ in range(segments)]
    return {"type": "data_visualization", "title": "Chart", "chart": {"type": "pie", "segments": parts}}


def bars(series: int = 1, *, name: str = "Series", points: int = 2, **axes: Any) -> Json:
    categories = [f"C{n}" for n in range(points)]
    data = [{"label": category, "value": 1} for category in categories]
    lines = [{"name": f"{name}{n}", "data": data} for n in range(series)]
    axis = {"categories": categories, **axes}
    chart = {"type": "bar", "series": lines, "axis_config": axis}
    return {"type": "data_visualization", "title": "Chart", "chart": chart}


ACCEPTED_IN_MODALS = [
    section("x" * 3000),
    section(fields=[mrkdwn("x" * 2000)] * 10),
    section(accessory=button()),
    section(block_id="b" * 255),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn("x")] * 9 + [image()]},
    actions(*(button(action_id=str(n)) for n in range(25))),
    actions(button("x" * 75, value="x" * 2000, confirm=confirm(), style="danger")),
    actions(select(100, initial_option=option("Option 3", "3"))),
    actions({"type": "overflow", "action_id": "more", "options": options(5)}),
    field(text_field(max_length=3000, initial_value="x" * 3000, placeholder=plain("x" * 150))),
    field(boxes(10)),
    field(boxes(10, "radio_buttons")),
    field(select(2), label=plain("x" * 2000), hint=plain("x" * 2000)),
    field({"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "min_value": "1"}),
    field({"type": "datepicker", "action_id": "d", "initial_date": "2026-12-31"}),
    field({"type": "datetimepicker", "action_id": "d", "initial_date_time": 1796000000}),
    field({"type": "multi_users_select", "action_id": "u", "max_selected_items": 3}),
    {"type": "alert", "text": plain("x" * 200), "level": "warning"},
    image(alt_text="x" * 2000),
]
ACCEPTED_IN_MESSAGES = [
    table(100, 20),
    data_table(page_size=100, row_header_column_index=0),
    pie(6),
    bars(6, points=20, x_label="x" * 50),
    {"type": "markdown", "text": "x" * 12_000},
]


@pytest.mark.parametrize("block", ACCEPTED_IN_MODALS, ids=lambda block: block["type"])
def test_what_is_just_inside_the_limits_is_accepted_in_a_modal(block: Json) -> None:
    assert view_problems(modal(block)) == []


@pytest.mark.parametrize("block", ACCEPTED_IN_MESSAGES, ids=lambda block: block["type"])
def test_what_is_just_inside_the_limits_is_accepted_in_a_message(block: Json) -> None:
    problems = message_problems({"text": "Summary", "blocks": [block]})

    assert [p for p in problems if p.error != "msg_blocks_too_long"] == []


REFUSED_BLOCKS = [
    (section("x" * 3001), "/text/text"),
    (section(""), "/text/text"),
    ({"type": "section"}, ""),
    (section(fields=[mrkdwn("x")] * 11), "/fields"),
    (section(fields=[mrkdwn("x" * 2001)]), "/fields/0/text"),
    (section(accessory=text_field()), "/accessory/type"),
    (section(block_id="b" * 256), "/block_id"),
    (section(block_id=""), "/block_id"),
    ({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}, "/text/emoji"),
    ({"type": "header", "text": plain("x" * 151)}, "/text/text"),
    ({"type": "header", "text": mrkdwn("x")}, "/text/type"),
    ({"type": "header", "text": plain("x"), "level": 5}, "/level"),
    ({"type": "context", "elements": [mrkdwn("x")] * 11}, "/elements"),
    ({"type": "context", "elements": []}, "/elements"),
    (actions(*(button(action_id=str(n)) for n in range(26))), "/elements"),
    (actions(), "/elements"),
    (actions(button(), button()), "/elements/1/action_id"),
    (actions(button("x" * 76)), "/elements/0/text/text"),
    (actions(button(value="x" * 2001)), "/elements/0/value"),
    (actions(button(url="x" * 3001)), "/elements/0/url"),
    (actions(button(action_id="x" * 256)), "/elements/0/action_id"),
    (actions(button(style="loud")), "/elements/0/style"),
    (actions(button(accessibility_label="x" * 76)), "/elements/0/accessibility_label"),
    (actions(button(confirm=confirm(title=plain("x" * 101)))), "/elements/0/confirm/title/text"),
    (actions(button(confirm=confirm(text=plain("x" * 301)))), "/elements/0/confirm/text/text"),
    (actions(button(confirm=confirm(confirm=plain("x" * 31)))), "/elements/0/confirm/confirm/text"),
    (actions(button(confirm=confirm(deny=plain("x" * 31)))), "/elements/0/confirm/deny/text"),
    (actions(button(confirm=confirm(text=None))), "/elements/0/confirm/text"),
    (actions({"type": "overflow", "action_id": "o", "options": options(6)}), "/elements/0/options"),
    (actions({"type": "overflow", "action_id": "o", "options": []}), "/elements/0/options"),
    (actions(text_field()), "/elements/0/type"),
    (actions({"type": "lever"}), "/elements/0/type"),
    (actions(select(101)), "/elements/0/options"),
    (actions(select(0)), "/elements/0/options"),
    (actions({"type": "static_select", "action_id": "s"}), "/elements/0"),
    (actions(select(placeholder=plain("x" * 151))), "/elements/0/placeholder/text"),
    (actions(select(initial_option=option("Option 9", "9"))), "/elements/0/initial_option"),
    (actions(select(initial_option=option("Another text", "1"))), "/elements/0/initial_option"),
    (field(select(options=[option(), option()])), "/element/options/1/value"),
    (field(select(options=[option("x" * 76)])), "/element/options/0/text/text"),
    (field(select(options=[option(value="x" * 151)])), "/element/options/0/value"),
    (field(select(options=[option(description=plain("x" * 76))])), "/element/options/0/description/text"),
    (field(select(options=[{"text": mrkdwn("x"), "value": "1"}])), "/element/options/0/text/type"),
    (field(boxes(11)), "/element/options"),
    (field(boxes(11, "radio_buttons")), "/element/options"),
    (field(boxes(2) | {"initial_options": [option("No", "no")]}), "/element/initial_options/0"),
    (field(text_field(), label=plain("x" * 2001)), "/label/text"),
    (field(text_field(), hint=plain("x" * 2001)), "/hint/text"),
    (field(text_field(), label=mrkdwn("x")), "/label/type"),
    ({"type": "input", "label": plain("x")}, "/element"),
    (field(button()), "/element/type"),
    (field(text_field(max_length=3001)), "/element/max_length"),
    (field(text_field(max_length=0)), "/element/max_length"),
    (field(text_field(min_length=5, max_length=4)), "/element/min_length"),
    (field(text_field(max_length=3, initial_value="four")), "/element/initial_value"),
    (field({"type": "number_input", "action_id": "n"}), "/element/is_decimal_allowed"),
    (
        field({"type": "number_input", "action_id": "n", "is_decimal_allowed": True, "min_value": 1}),
        "/element/min_value",
    ),
    (field({"type": "datepicker", "action_id": "d", "initial_date": "31.12.2026"}), "/element/initial_date"),
    (field({"type": "timepicker", "action_id": "t", "initial_time": "24:00"}), "/element/initial_time"),
    (
        field({"type": "multi_users_select", "action_id": "u", "max_selected_items": 0}),
        "/element/max_selected_items",
    ),
    ({"type": "alert", "text": plain("x" * 201)}, "/text/text"),
    ({"type": "alert", "text": plain("x"), "level": "shout"}, "/level"),
    (image(alt_text=""), "/alt_text"),
    (image(alt_text="x" * 2001), "/alt_text"),
    (image(image_url=None), ""),
    (table(), "/type"),
    (pie(), "/type"),
    ({"type": "card", "title": plain("x")}, "/type"),
    ({"type": "hologram"}, "/type"),
]


@pytest.mark.parametrize(("block", "pointer"), REFUSED_BLOCKS)
def test_a_modal_with_a_block_over_a_limit_is_refused_at_the_fault(block: Json, pointer: str) -> None:
    problems = view_problems(modal(block))

    assert [(p.error, p.pointer) for p in problems] == [("invalid_arguments", f"/blocks/0{pointer}")]


REFUSED_IN_MESSAGES = [
    ([section()] * 51, "invalid_blocks", "/blocks"),
    ([table(101, 1)], "invalid_blocks", "/blocks/0/rows"),
    ([table(1, 21)], "invalid_blocks", "/blocks/0/rows/0"),
    ([table(text="")], "invalid_blocks", "/blocks/0/rows/0/0/text"),
    ([table(11, 1, text="x" * 1000)], "invalid_blocks", "/blocks/0/rows"),
    (
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}], []]}],
        "invalid_blocks",
        "/blocks/0/rows/1",
    ),
    ([table(), data_table()], "only_one_table_allowed", "/blocks"),
    ([data_table(caption=None)], "invalid_blocks", "/blocks/0/caption"),
    ([data_table(page_size=101)], "invalid_blocks", "/blocks/0/page_size"),
    ([data_table(rows=table(102)["rows"])], "invalid_blocks", "/blocks/0/rows"),
    ([data_table(rows=table(1)["rows"])], "invalid_blocks", "/blocks/0/rows"),
    ([pie(), pie(), pie()], "invalid_blocks", "/blocks"),
    ([pie(7)], "invalid_blocks", "/blocks/0/chart/segments"),
    ([pie(1, value=0)], "invalid_blocks", "/blocks/0/chart/segments/0/value"),
    ([pie(1, label="x" * 21)], "invalid_blocks", "/blocks/0/chart/segments/0/label"),
    ([pie() | {"title": "x" * 51}], "invalid_blocks", "/blocks/0/title"),
    ([bars(7)], "invalid_blocks", "/blocks/0/chart/series"),
    ([bars(points=21)], "invalid_blocks", "/blocks/0/chart/axis_config/categories"),
    ([bars(name="x" * 20)], "invalid_blocks", "/blocks/0/chart/series/0/name"),
    ([bars(x_label="x" * 51)], "invalid_blocks", "/blocks/0/chart/axis_config/x_label"),
    ([{"type": "markdown", "text": "x" * 7000}] * 2, "invalid_blocks", "/blocks"),
    ([{"type": "alert", "text": plain("x")}], "invalid_blocks", "/blocks/0/type"),
    ([section("x" * 2900)] * 5, "msg_blocks_too_long", "/blocks"),
    ([section(block_id="a"), section(block_id="a")], "invalid_blocks", "/blocks/1/block_id"),
    ([None], "invalid_blocks", "/blocks/0/type"),
    ("[]", "invalid_blocks", "/blocks"),
]


@pytest.mark.parametrize(("blocks", "error", "pointer"), REFUSED_IN_MESSAGES)
def test_a_message_over_a_limit_is_refused_by_slacks_name(blocks: Any, error: str, pointer: str) -> None:
    problems = message_problems({"text": "Summary", "blocks": blocks})

    assert (error, pointer) in [(p.error, p.pointer) for p in problems]


def test_a_message_needs_text_even_when_it_has_blocks() -> None:
    problems = message_problems({"blocks": [section()]})

    assert [(p.error, p.pointer) for p in problems] == [("no_text", "/text")]


def test_a_response_that_only_deletes_needs_no_text() -> None:
    assert message_problems({"delete_original": True}) == []


@pytest.mark.parametrize(
    ("message", "errors"),
    [
        ({"text": "x" * 40_000}, []),
        ({"text": "x" * 40_001}, ["msg_too_long"]),
        ({"text": "x" * 4_000, "ts": "1.2"}, []),
        ({"text": "x" * 4_001, "ts": "1.2"}, ["msg_too_long"]),
    ],
)
def test_text_may_be_longer_when_posted_than_when_updated(message: Json, errors: list[str]) -> None:
    assert [p.error for p in message_problems(message)] == errors


@pytest.mark.parametrize(
    ("view", "error", "pointer"),
    [
        (modal(title=plain("x" * 25)), "invalid_arguments", "/title/text"),
        (modal(submit=plain("x" * 25)), "invalid_arguments", "/submit/text"),
        (modal(close=plain("x" * 25)), "invalid_arguments", "/close/text"),
        (modal(private_metadata="x" * 3001), "invalid_arguments", "/private_metadata"),
        (modal(callback_id="x" * 256), "invalid_arguments", "/callback_id"),
        (modal(external_id="x" * 256), "invalid_arguments", "/external_id"),
        (modal(*[section()] * 101), "invalid_arguments", "/blocks"),
        (modal(field(text_field()), submit=None), "invalid_arguments", "/submit"),
        (modal(type="poster"), "invalid_arguments", "/type"),
        (modal(blocks=None), "invalid_arguments", "/blocks"),
        (modal(section(block_id="a"), section(block_id="a")), "invalid_arguments", "/blocks/1/block_id"),
        (
            modal(field(text_field(focus_on_load=True)), field(text_field(focus_on_load=True))),
            "invalid_arguments",
            "/blocks",
        ),
        ({"type": "home", "blocks": [table()]}, "invalid_arguments", "/blocks/0/type"),
        (
            {"type": "home", "blocks": [{"type": "alert", "text": plain("x")}]},
            "invalid_arguments",
            "/blocks/0/type",
        ),
    ],
)
def test_a_view_over_a_limit_is_refused(view: Json, error: str, pointer: str) -> None:
    assert (error, pointer) in [(p.error, p.pointer) for p in view_problems(view)]


def test_a_view_of_more_than_250_kilobytes_is_too_large() -> None:
    view = modal(*[section("é" * 2900)] * 50)

    assert [p.error for p in view_problems(view)] == ["view_too_large"]


def test_a_hundred_blocks_are_accepted_in_a_home() -> None:
    assert view_problems({"type": "home", "blocks": [section()] * 100}) == []


def test_the_gate_returns_what_it_was_given_or_raises_without_the_text() -> None:
    view, message = modal(section()), {"text": "Hello"}

    assert check_view(view) is view
    assert check_message(message) is message
    with pytest.raises(LimitError) as refusal:
        check_view(modal(section("secret" * 600)))
    assert refusal.value.error == "invalid_arguments"
    assert "secret" not in str(refusal.value)
    with pytest.raises(LimitError, match="no_text"):
        check_message({"blocks": []})


# slack_sdk checks less than we do, but what it refuses we must refuse, and what we accept it must accept.


def _sdk_accepts(block: Json) -> bool:
    parsed = Block.parse(copy.deepcopy(block))
    assert parsed is not None
    try:
        parsed.to_dict()
    except SlackObjectFormationError:
        return False
    return True


@pytest.mark.parametrize("block", ACCEPTED_IN_MODALS, ids=lambda block: block["type"])
def test_slack_sdk_accepts_every_block_that_we_accept(block: Json) -> None:
    assert _sdk_accepts(block)


SDK_CHECKS = [
    section("x" * 3001),
    section(fields=[mrkdwn("x")] * 11),
    section(block_id="b" * 256),
    {"type": "header", "text": plain("x" * 151)},
    {"type": "context", "elements": [mrkdwn("x")] * 11},
    actions(*(button(action_id=str(n)) for n in range(26))),
    actions(button("x" * 76)),
    actions(button(value="x" * 2001)),
    actions(select(101)),
    field(text_field(), label=plain("x" * 2001)),
    image(alt_text="x" * 2001),
]


@pytest.mark.parametrize("block", SDK_CHECKS, ids=lambda block: block["type"])
def test_what_slack_sdk_refuses_we_refuse(block: Json) -> None:
    assert not _sdk_accepts(block)
    assert view_problems(modal(block))


@pytest.mark.parametrize("part", ["title", "submit", "close"])
def test_slack_sdk_agrees_about_the_length_of_titles(part: str) -> None:
    for length, accepted in ((24, True), (25, False)):
        view = modal(section(), **{part: plain("x" * length)})
        assert (view_problems(view) == []) is accepted
        if accepted:
            View(**copy.deepcopy(view)).to_dict()
        else:
            with pytest.raises(SlackObjectFormationError):
                View(**copy.deepcopy(view)).to_dict()


def test_a_full_modal_is_checked_in_a_few_milliseconds() -> None:
    view = modal(*(field(select(10), block_id=str(n)) for n in range(100)))
    started = time.perf_counter()

    assert view_problems(view) == []

    assert time.perf_counter() - started < 0.1
