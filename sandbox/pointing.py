"""Owns finding by id what a page's control stands for, and what is put into it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox import inputs
from sandbox.finder import NotThere
from sandbox.inputs import Json
from sandbox.pressed import Pressed

_MARKED = re.compile(r"(?<!\w)(?:\*(?P<bold>\S(?:[^*\n]*\S)?)\*|_(?P<italic>\S(?:[^_\n]*\S)?)_"
                     r"|~(?P<strike>\S(?:[^~\n]*\S)?)~|`(?P<code>[^`\n]+)`)(?!\w)")  # fmt: skip
_ITEM = re.compile(r"(?:[-•]|\d+\.) +")


def pressed_at(blocks: Sequence[Json], *, user: str, block_id: str, action_id: str, value: Any, tz: str) -> Pressed:
    """Find the element with these ids and give it the value; a button takes none. Raises NotThere, ValueError.

    A button that the app drew anew under another block_id between look and press is still that button.
    """
    same = [(b, e) for b, e in inputs.elements_of(list(blocks)) if e.get("action_id") == action_id]
    found = [(b, e) for b, e in same if b["block_id"] == block_id]
    if not found and len(same) == 1 and same[0][1]["type"] == "button":
        found = same
    if not found:
        raise NotThere("this is not on the screen any more")
    block, element = found[0]
    return _pressed(block, element, user=user, value=value, tz=tz)


def _pressed(block: Json, element: Json, *, user: str, value: Any, tz: str) -> Pressed:
    if user not in element.get("visible_to_user_ids", (user,)):
        raise NotThere("this person does not see that button")
    if element["type"] in inputs.VALUE_KEYS:
        return Pressed(block, element, held=held(element, value, tz=tz))
    if element["type"] == "overflow":
        return Pressed(block, element, option=_option(element, value))
    return Pressed(block, element)


def held(element: Json, value: Any, *, tz: str) -> Json:
    """Turn a control's value into the element's state; None and '' empty it.

    Selects take option values (external ones whole options), people and channels ids, date-times
    'YYYY-MM-DDTHH:MM' in the person's zone or seconds. Raises NotThere, ValueError.
    """
    kind = element["type"]
    if value in (None, "", []):
        return inputs.state(element, None)
    if kind in inputs.EXTERNAL:
        return inputs.state(element, value)
    if "options" in element or "option_groups" in element:
        several = isinstance(value, list)
        chosen = [_option(element, one) for one in (value if several else [value])]
        return inputs.state(element, chosen if several else chosen[0])
    if kind == "datetimepicker":
        return inputs.state(element, _epoch(value, tz))
    if kind == "rich_text_input":
        return inputs.state(element, rich_text_of(str(value)))
    return inputs.state(element, value)


def _option(element: Json, value: Any) -> Json:
    for option in inputs.options_of(element):
        if option.get("value") == value:
            return option
    raise NotThere("this choice is not offered any more")


def _epoch(value: Any, tz: str) -> int:
    if isinstance(value, int):
        return value
    return int(datetime.fromisoformat(str(value)).replace(tzinfo=ZoneInfo(tz)).timestamp())


def rich_text_of(text: str) -> Json:
    """Read what was typed as rich text: *bold*, _italic_, ~strike~, `code`, and lines of a list."""
    elements: list[Json] = []
    for line in text.split("\n"):
        item = _ITEM.match(line)
        section = {"type": "rich_text_section", "elements": _leaves(line[item.end() :] if item else line + "\n")}
        style = "ordered" if item and line[0].isdigit() else "bullet"
        if not item:
            elements.append(section)
        elif elements and elements[-1].get("style") == style:
            elements[-1]["elements"].append(section)
        else:
            elements.append({"type": "rich_text_list", "style": style, "elements": [section]})
    return {"type": "rich_text", "elements": elements}


def _leaves(line: str) -> list[Json]:
    leaves: list[Json] = []
    end = 0
    for mark in _MARKED.finditer(line):
        style = str(mark.lastgroup)
        styled: Json = {"type": "text", "text": mark.group(style), "style": {style: True}}
        leaves += [{"type": "text", "text": line[end : mark.start()]}, styled]
        end = mark.end()
    leaves.append({"type": "text", "text": line[end:]})
    return [leaf for leaf in leaves if leaf["text"]]


def typed_text(rich: Mapping[str, Any]) -> str:
    """Write rich text back as it would be typed."""
    return "\n".join(_typed(element) for element in rich.get("elements") or ())


def _typed(element: Mapping[str, Any]) -> str:
    if element.get("type") == "rich_text_list":
        sign = "1. " if element.get("style") == "ordered" else "- "
        return "\n".join(sign + _typed(item) for item in element["elements"])
    return "".join(_typed_leaf(leaf) for leaf in element.get("elements") or ()).removesuffix("\n")


def _typed_leaf(leaf: Mapping[str, Any]) -> str:
    mark = next((_SIGNS[name] for name in leaf.get("style") or () if name in _SIGNS), "")
    return f"{mark}{leaf.get('text', '')}{mark}"


_SIGNS = {"bold": "*", "italic": "_", "strike": "~", "code": "`"}
