"""Plays the person: makes the view of a submission out of the real modal, so that ids cannot drift apart."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

View = dict[str, Any]


def submitted(view: View, **typed: Any) -> View:
    """The view as Slack sends it back: prefilled values, and what was `typed` by field name.

    Text as str; a select's value; several values as a list; a datetime; None clears. Refuses a field or a choice that
    the view does not offer. Names with characters that Python does not take come as `**{"score_…": "7"}`; where several
    things have a field of this name, all of them are filled in, or by "field:thing" one.
    """
    asked = [block for block in view["blocks"] if block["type"] == "input"]
    unknown = set(typed) - {name for block in asked for name in (_field(block), _one_of(block))}
    assert not unknown, f"the view does not ask for {unknown}"
    values = {b["block_id"]: _entry(b["element"], typed.get(_one_of(b), typed.get(_field(b), ...))) for b in asked}
    return {**deepcopy(view), "id": "V1", "hash": "1.a", "state": {"values": values}}


def in_rows(view: View, rows: Mapping[int, Mapping[str, Any]]) -> View:
    """The same for a view of rows: {row from 0: {field: value}}."""
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    things = list(dict.fromkeys(block["block_id"].split(":")[1] for block in inputs))
    values = {}
    for block in inputs:
        field, thing, _ = block["block_id"].split(":")
        typed = rows.get(things.index(thing), {}).get(field, ...)
        values[block["block_id"]] = _entry(block["element"], typed)
    return {**deepcopy(view), "id": "V1", "hash": "1.a", "state": {"values": values}}


def _field(block: Mapping[str, Any]) -> str:
    return str(block["block_id"].split(":")[0])


def _one_of(block: Mapping[str, Any]) -> str:
    return str(block["block_id"].rpartition(":")[0])


def _entry(element: Mapping[str, Any], typed: Any) -> dict[str, Any]:
    key, prefilled, value = _READERS[element["type"]](element, typed)
    return {element["action_id"]: {"type": element["type"], key: prefilled if typed is ... else value}}


def _text(element: Mapping[str, Any], typed: Any) -> tuple[str, Any, Any]:
    return "value", element.get("initial_value"), typed


def _one(element: Mapping[str, Any], typed: Any) -> tuple[str, Any, Any]:
    return "selected_option", element.get("initial_option"), _pick(element, typed)


def _many(element: Mapping[str, Any], typed: Any) -> tuple[str, Any, Any]:
    chosen = [] if typed in (..., None) else [_pick(element, value) for value in typed]
    return "selected_options", element.get("initial_options", []), chosen


def _moment(element: Mapping[str, Any], typed: Any) -> tuple[str, Any, Any]:
    epoch = int(typed.timestamp()) if isinstance(typed, datetime) else None
    return "selected_date_time", element.get("initial_date_time"), epoch


def _users(element: Mapping[str, Any], typed: Any) -> tuple[str, Any, Any]:
    return "selected_users", element.get("initial_users", []), [] if typed in (..., None) else list(typed)


def _conversation(element: Mapping[str, Any], typed: Any) -> tuple[str, Any, Any]:
    return "selected_conversation", element.get("initial_conversation"), typed


def _pick(element: Mapping[str, Any], value: Any) -> Any:
    if value in (..., None):
        return None
    groups = element.get("option_groups", [])
    offered = [*element.get("options", []), *(o for group in groups for o in group["options"])]
    return next(option for option in offered if option["value"] == value)


_READERS = {
    "plain_text_input": _text,
    "number_input": _text,
    "email_text_input": _text,
    "static_select": _one,
    "radio_buttons": _one,
    "multi_static_select": _many,
    "checkboxes": _many,
    "datetimepicker": _moment,
    "multi_users_select": _users,
    "conversations_select": _conversation,
}
