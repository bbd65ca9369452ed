"""Owns the limits of what can be pressed and filled: buttons, menus and inputs, and where each may stand."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slack_limits.check import ID, OPTION_TEXT, Check, Json

INPUT_VALUE = 3_000
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
URL = 3_000
SELECT_OPTIONS = 100
CHOICES = 10
OVERFLOW_OPTIONS = 5
PLACEHOLDER = 150
ALT_TEXT = 2_000

_SINGLE = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
_MULTI = tuple(f"multi_{name}" for name in _SINGLE)
_PICKERS = ("datepicker", "timepicker", "datetimepicker")
_BUTTONS = ("button", "overflow", "workflow_button")
_CHOICES = ("checkboxes", "radio_buttons")
_TYPED = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
_ELEMENTS_IN: dict[str, frozenset[str]] = {
    "section": frozenset((*_BUTTONS, "image", *_PICKERS[:2], *_CHOICES, *_SINGLE, *_MULTI)),
    "actions": frozenset((*_BUTTONS, *_CHOICES, *_PICKERS, *_SINGLE)),
    "input": frozenset((*_TYPED, "rich_text_input", "file_input", *_CHOICES, *_PICKERS, *_SINGLE, *_MULTI)),
    "context_actions": frozenset(("feedback_buttons", "icon_button")),
}


def check_element(check: Check, element: Any, at: str, home: str) -> None:
    """Check an interactive element inside a block of type `home`."""
    if not isinstance(element, Mapping):
        check.add(at, "must be an element")
        return
    kind = str(element.get("type"))
    if kind not in _ELEMENTS:
        check.add(f"{at}/type", "unsupported element type")
        return
    if kind not in _ELEMENTS_IN[home]:
        check.add(f"{at}/type", f"{kind} is not allowed in {home}")
    check.string(element.get("action_id"), f"{at}/action_id", ID)
    check.optional_text(element.get("placeholder"), f"{at}/placeholder", PLACEHOLDER, plain=True)
    if element.get("confirm") is not None:
        check.confirm(element["confirm"], f"{at}/confirm")
    check.focused += bool(element.get("focus_on_load"))
    _ELEMENTS[kind](check, element, at)


def check_elements(check: Check, value: Any, at: str, home: str, most: int) -> None:
    seen: set[str] = set()
    for index, element in enumerate(check.items(value, at, most)):
        check_element(check, element, f"{at}/{index}", home)
        action_id = element.get("action_id") if isinstance(element, Mapping) else None
        if action_id is not None and str(action_id) in seen:
            check.add(f"{at}/{index}/action_id", "must be unique in its block")
        seen.add(str(action_id))


def check_image(check: Check, block: Json, at: str) -> None:
    check.string(block.get("alt_text"), f"{at}/alt_text", ALT_TEXT, required=True)
    if (block.get("image_url") is None) == (block.get("slack_file") is None):
        check.add(at, "must have either image_url or slack_file")
    check.string(block.get("image_url"), f"{at}/image_url", URL)
    check.optional_text(block.get("title"), f"{at}/title", ALT_TEXT, plain=True)


def _opaque(check: Check, element: Json, at: str) -> None:
    """A type that exists but that nobody here builds: only its place is checked."""


def _button(check: Check, element: Json, at: str) -> None:
    check.text(element.get("text"), f"{at}/text", BUTTON_TEXT, plain=True)
    check.string(element.get("value"), f"{at}/value", BUTTON_VALUE, empty=True)
    check.string(element.get("url"), f"{at}/url", URL)
    check.string(element.get("accessibility_label"), f"{at}/accessibility_label", BUTTON_TEXT)
    check.one_of(element.get("style"), f"{at}/style", ("primary", "danger"))


def _overflow(check: Check, element: Json, at: str) -> None:
    check.options(element.get("options"), f"{at}/options", OVERFLOW_OPTIONS)


def _choices(check: Check, element: Json, at: str) -> None:
    options = check.options(element.get("options"), f"{at}/options", CHOICES, plain=False)
    _preselected(check, element, at, options)


def _static_select(check: Check, element: Json, at: str) -> None:
    if (element.get("options") is None) == (element.get("option_groups") is None):
        check.add(at, "must have either options or option_groups")
        return
    options: list[Json] = []
    if element.get("options") is not None:
        options = check.options(element["options"], f"{at}/options", SELECT_OPTIONS)
    else:
        groups = check.items(element["option_groups"], f"{at}/option_groups", SELECT_OPTIONS)
        for index, group in enumerate(groups):
            where, group = f"{at}/option_groups/{index}", group if isinstance(group, Mapping) else {}
            check.text(group.get("label"), f"{where}/label", OPTION_TEXT, plain=True)
            options += check.options(group.get("options"), f"{where}/options", SELECT_OPTIONS)
    _preselected(check, element, at, options)


def _preselected(check: Check, element: Json, at: str, options: Sequence[Json]) -> None:
    check.initial(element.get("initial_option"), f"{at}/initial_option", options)
    if element.get("initial_options") is not None:
        chosen = check.items(element["initial_options"], f"{at}/initial_options", SELECT_OPTIONS)
        for index, option in enumerate(chosen):
            check.initial(option, f"{at}/initial_options/{index}", options)
    _max_selected(check, element, at)


def _max_selected(check: Check, element: Json, at: str) -> None:
    most = element.get("max_selected_items")
    if most is not None and (not isinstance(most, int) or most < 1):
        check.add(f"{at}/max_selected_items", "must be at least 1")


def _plain_text_input(check: Check, element: Json, at: str) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", INPUT_VALUE)
    if not isinstance(least, int) or not 0 <= least <= INPUT_VALUE:
        check.add(f"{at}/min_length", f"must be 0 to {INPUT_VALUE}")
    if not isinstance(most, int) or not 1 <= most <= INPUT_VALUE:
        check.add(f"{at}/max_length", f"must be 1 to {INPUT_VALUE}")
        return
    if isinstance(least, int) and least > most:
        check.add(f"{at}/min_length", "must not be more than max_length")
    check.string(element.get("initial_value"), f"{at}/initial_value", most, empty=True)


def _number_input(check: Check, element: Json, at: str) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        check.add(f"{at}/is_decimal_allowed", "is required")
    for part in ("initial_value", "min_value", "max_value"):
        value = element.get(part)
        if value is not None and not (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value)):
            check.add(f"{at}/{part}", "must be a number written as a string")


def _line_input(check: Check, element: Json, at: str) -> None:
    check.string(element.get("initial_value"), f"{at}/initial_value", INPUT_VALUE, empty=True)


def _picker(check: Check, element: Json, at: str) -> None:
    for part, pattern in (
        ("initial_date", r"\d{4}-\d{2}-\d{2}"),
        ("initial_time", r"([01]\d|2[0-3]):[0-5]\d"),
        ("initial_date_time", r"\d{10}"),
    ):
        value = element.get(part)
        if value is not None and not re.fullmatch(pattern, str(value)):
            check.add(f"{at}/{part}", "has the wrong format")


_ElementCheck = Callable[[Check, Json, str], None]
_ELEMENTS: dict[str, _ElementCheck] = {
    "button": _button,
    "workflow_button": _button,
    "image": check_image,
    "overflow": _overflow,
    "checkboxes": _choices,
    "radio_buttons": _choices,
    "static_select": _static_select,
    "multi_static_select": _static_select,
    "plain_text_input": _plain_text_input,
    "number_input": _number_input,
    "email_text_input": _line_input,
    "url_text_input": _line_input,
    "datepicker": _picker,
    "timepicker": _picker,
    "datetimepicker": _picker,
    "rich_text_input": _opaque,
    "file_input": _opaque,
    "feedback_buttons": _opaque,
    "icon_button": _opaque,
    **{name: _max_selected for name in (*_SINGLE, *_MULTI) if "static" not in name},
}
