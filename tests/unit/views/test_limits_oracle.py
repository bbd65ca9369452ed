"""Our limits beside those of slackblocks, which keeps a registry of them: a second opinion, from other hands."""

import pytest
from slackblocks import _limits as theirs  # generated from its registry; pinned, so that a new one is read first

import slack_limits
from slack_limits import blocks, check, data, elements, message_problems

SAME = {
    "ACTIONS_ELEMENTS_MAX_ITEMS": blocks.ACTIONS_ELEMENTS,
    "ACTION_ID_MAX_LENGTH": check.ID,
    "ALERT_TEXT_MAX_LENGTH": blocks.ALERT_TEXT,
    "BLOCK_ID_MAX_LENGTH": check.ID,
    "BUTTON_ACCESSIBILITY_LABEL_MAX_LENGTH": elements.BUTTON_TEXT,
    "BUTTON_TEXT_MAX_LENGTH": elements.BUTTON_TEXT,
    "BUTTON_URL_MAX_LENGTH": elements.URL,
    "BUTTON_VALUE_MAX_LENGTH": elements.BUTTON_VALUE,
    "CARD_ACTIONS_MAX_ITEMS": blocks.CARD_ACTIONS,
    "CARD_BODY_MAX_LENGTH": blocks.CARD_TEXT,
    "CARD_SUBTEXT_MAX_LENGTH": blocks.CARD_TEXT,
    "CARD_SUBTITLE_MAX_LENGTH": blocks.CARD_TITLE,
    "CARD_TITLE_MAX_LENGTH": blocks.CARD_TITLE,
    "CAROUSEL_ELEMENTS_MAX_ITEMS": blocks.CAROUSEL_CARDS,
    "CHECKBOXES_OPTIONS_MAX_ITEMS": elements.CHOICES,
    "CONTAINER_CHILD_BLOCKS_MAX_ITEMS": blocks.CONTAINER_BLOCKS,
    "CONTEXT_ACTIONS_ELEMENTS_MAX_ITEMS": blocks.CONTEXT_ACTIONS,
    "CONTEXT_ELEMENTS_MAX_ITEMS": blocks.CONTEXT_ELEMENTS,
    "DATA_TABLE_COLUMNS_MAX_ITEMS": data.TABLE_COLUMNS,
    "DATA_VISUALIZATION_AXIS_LABEL_MAX_LENGTH": data.CHART_TITLE,
    "DATA_VISUALIZATION_CATEGORIES_MAX_ITEMS": data.CHART_POINTS,
    "DATA_VISUALIZATION_CATEGORY_LABEL_MAX_LENGTH": data.CHART_LABEL,
    "DATA_VISUALIZATION_DATA_MAX_ITEMS": data.CHART_POINTS,
    "DATA_VISUALIZATION_POINT_LABEL_MAX_LENGTH": data.CHART_LABEL,
    "DATA_VISUALIZATION_SEGMENT_LABEL_MAX_LENGTH": data.CHART_LABEL,
    "DATA_VISUALIZATION_SERIES_NAME_MAX_LENGTH": data.CHART_LABEL,
    "DATA_VISUALIZATION_TITLE_MAX_LENGTH": data.CHART_TITLE,
    "HEADER_TEXT_MAX_LENGTH": blocks.HEADER_TEXT,
    "IMAGE_ALT_TEXT_MAX_LENGTH": elements.ALT_TEXT,
    "IMAGE_IMAGE_URL_MAX_LENGTH": elements.URL,
    "INPUT_HINT_MAX_LENGTH": blocks.INPUT_LABEL,
    "INPUT_LABEL_MAX_LENGTH": blocks.INPUT_LABEL,
    "MARKDOWN_TEXT_MAX_LENGTH": blocks.MARKDOWN_TEXT,
    "MARKDOWN_TOTAL_TEXT_MAX_LENGTH": blocks.MARKDOWN_TEXT,
    "MESSAGE_BLOCKS_MAX_ITEMS": slack_limits.MESSAGE_BLOCKS,
    "MESSAGE_DATA_VISUALIZATIONS_MAX_ITEMS": blocks.CHARTS,
    "OPTION_DESCRIPTION_MAX_LENGTH": check.OPTION_TEXT,
    "OPTION_TEXT_MAX_LENGTH": check.OPTION_TEXT,
    "OPTION_VALUE_MAX_LENGTH": check.OPTION_VALUE,
    "OVERFLOW_OPTIONS_MAX_ITEMS": elements.OVERFLOW_OPTIONS,
    "PLAIN_TEXT_INPUT_MAX_LENGTH_MAX": elements.INPUT_VALUE,
    "RADIO_BUTTONS_OPTIONS_MAX_ITEMS": elements.CHOICES,
    "SECTION_FIELDS_ITEM_MAX_LENGTH": blocks.SECTION_FIELD,
    "SECTION_FIELDS_MAX_ITEMS": blocks.SECTION_FIELDS,
    "SECTION_TEXT_MAX_LENGTH": blocks.SECTION_TEXT,
    "SELECT_OPTIONS_MAX_ITEMS": elements.SELECT_OPTIONS,
    "SELECT_PLACEHOLDER_MAX_LENGTH": elements.PLACEHOLDER,
    "TABLE_COLUMNS_MAX_ITEMS": data.TABLE_COLUMNS,
    "TABLE_ROWS_MAX_ITEMS": data.TABLE_ROWS,
    "VIEW_BLOCKS_MAX_ITEMS": slack_limits.VIEW_BLOCKS,
    "VIEW_CALLBACK_ID_MAX_LENGTH": check.ID,
    "VIEW_PRIVATE_METADATA_MAX_LENGTH": slack_limits.PRIVATE_METADATA,
    "VIEW_TITLE_MAX_LENGTH": slack_limits.VIEW_TITLE,
}
OTHER = {
    # name: (theirs, ours); Slack's own pages have ours, see the comments in slack_limits/data.py.
    "DATA_TABLE_CONTENT_MAX_LENGTH": (20_000, data.TABLE_CHARS),
    "DATA_TABLE_ROWS_MAX_ITEMS": (201, data.TABLE_ROWS + 1),
    "DATA_VISUALIZATION_SEGMENTS_MAX_ITEMS": (12, data.CHART_SERIES),
    "DATA_VISUALIZATION_SERIES_MAX_ITEMS": (12, data.CHART_SERIES),
}


@pytest.mark.parametrize("name", SAME)
def test_a_limit_is_the_same_in_both_registries(name: str) -> None:
    assert getattr(theirs, name) == SAME[name]


@pytest.mark.parametrize("name", OTHER)
def test_where_the_registries_differ_ours_is_the_stricter(name: str) -> None:
    known, ours = OTHER[name]

    assert getattr(theirs, name) == known  # a newer registry: look at Slack's page again
    assert ours < known


@pytest.mark.parametrize(
    ("buttons", "subtext", "faults"), [(3, 200, []), (4, 200, ["/actions"]), (3, 201, ["/subtext/text"])]
)
def test_a_card_holds_three_buttons_and_a_short_subtext(buttons: int, subtext: int, faults: list[str]) -> None:
    label = {"type": "plain_text", "text": "Go"}
    card = {
        "type": "card",
        "title": {"type": "mrkdwn", "text": "A card"},
        "subtext": {"type": "mrkdwn", "text": "x" * subtext},
        "actions": [{"type": "button", "text": label, "action_id": str(n)} for n in range(buttons)],
    }

    problems = message_problems({"text": "A card", "blocks": [card]})

    assert [problem.pointer for problem in problems] == [f"/blocks/0{fault}" for fault in faults]
