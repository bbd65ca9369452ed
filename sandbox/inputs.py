"""Owns what an input holds: the state of one element, from its initial_* to what a person put in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
Key = tuple[str, str]  # block_id, action_id

# Element type -> the key of its value in view.state.values; a plural key holds a list.
VALUE_KEYS = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
}
EXTERNAL = ("external_select", "multi_external_select")
LEAST_QUERY = 3
"""How much is typed before Slack asks the app for options, where the element does not say."""
_MULTIPLE = frozenset(key for key in VALUE_KEYS.values() if key.endswith("s"))
REQUIRED = "Please complete this required field."


def elements_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Walk (block, element) over everything a person can press or fill, top to bottom."""
    for block in blocks:
        if isinstance(block.get("element"), Mapping):
            yield block, block["element"]
        if isinstance(block.get("accessory"), Mapping):
            yield block, block["accessory"]
        if block.get("type") in ("actions", "context_actions"):
            for element in block["elements"]:
                yield block, element
        for child in block.get("child_blocks", ()):
            yield from elements_of([child])


def initial_states(blocks: list[Json], *, here: str | None = None) -> dict[Key, Json]:
    """Give every stateful element its first state. here: what `default_to_current_conversation` means."""
    return {
        (block["block_id"], element["action_id"]): initial_state(element, here=here)
        for block, element in elements_of(blocks)
        if element["type"] in VALUE_KEYS
    }


def initial_state(element: Json, *, here: str | None = None) -> Json:
    key = VALUE_KEYS[element["type"]]
    name = "value" if key == "rich_text_value" else key.removeprefix("selected_")
    value: Any = element.get(f"initial_{name}")
    if value is None and element.get("default_to_current_conversation") and here and _offers(element, here):
        value = [here] if key in _MULTIPLE else here
    return state(element, value)


def _offers(element: Json, here: str) -> bool:
    """Whether the element's filter lets a direct message in, where that is what is meant."""
    include = (element.get("filter") or {}).get("include")
    return not (here.startswith("D") and include and "im" not in include)


def state(element: Json, value: Any) -> Json:
    """Write a value the way view.state.values does; None and empty lists are an empty input."""
    key = VALUE_KEYS[element["type"]]
    if key in _MULTIPLE:
        return {"type": element["type"], key: list(value or ())}
    return {"type": element["type"], key: None if value == "" else value}


def value_of(held: Json) -> Any:
    return held.get(VALUE_KEYS[held["type"]])


def carry_over(old: dict[Key, Json], blocks: list[Json], *, here: str | None = None) -> dict[Key, Json]:
    """Keep what was held under the same ids and type: as in Slack, a new initial_* under old ids is ignored.

    An option that is no longer offered is not kept.
    """
    fresh = initial_states(blocks, here=here)
    elements = {(b["block_id"], e["action_id"]): e for b, e in elements_of(blocks)}
    for key, held in fresh.items():
        before = old.get(key)
        if before is not None and before["type"] == held["type"]:
            fresh[key] = _still_offered(before, elements[key])
    return fresh


def _still_offered(held: Json, element: Json) -> Json:
    if "options" not in element and "option_groups" not in element:
        return held
    offered = {option["value"] for option in options_of(element)}
    value = value_of(held)
    if isinstance(value, list):
        return state(element, [option for option in value if option["value"] in offered])
    return held if value is None or value["value"] in offered else state(element, None)


def options_of(element: Json) -> list[Json]:
    """List all options of a select, group by group."""
    grouped = [option for group in element.get("option_groups") or () for option in group["options"]]
    return [*(element.get("options") or ()), *grouped]


def complaint(block: Json, held: Json) -> str | None:
    """Say what Slack's own client would show under this input on Submit, None when it would send it."""
    element, value = block["element"], value_of(held)
    if value in (None, "", []):
        return None if block.get("optional") else REQUIRED
    if element["type"] == "plain_text_input":
        return _wrong_length(element, value)
    if element["type"] == "number_input":
        return _wrong_number(element, value)
    if element["type"] == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return "Please enter a valid email address."
    if element["type"] == "url_text_input" and not re.fullmatch(r"https?://\S+", value):
        return "Please enter a valid URL."
    return None


def _wrong_length(element: Json, value: str) -> str | None:
    most, least = element.get("max_length", 3000), element.get("min_length", 0)
    if len(value) > most:
        return f"Please use at most {most} characters."
    return f"Please use at least {least} characters." if len(value) < least else None


def _wrong_number(element: Json, value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element.get("is_decimal_allowed") else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Please enter a number." if element.get("is_decimal_allowed") else "Please enter a whole number."
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and float(value) < float(least):
        return f"Please enter a number of at least {least}."
    return f"Please enter a number of at most {most}." if most is not None and float(value) > float(most) else None
