"""Owns how Block Kit looks to a reader: messages, modals and Home as readable plain text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.inputs import Json, Key, state, value_of
from sandbox.mrkdwn import Reader, plain, rich_text, text_of

_LEVELS = {"info": "(i)", "warning": "(!)", "error": "(x)", "success": "(v)"}
_BOXES = {"checkboxes": "[x]", "radio_buttons": "(o)"}


@dataclass(frozen=True)
class Filled:
    """What stands in the inputs and under them."""

    states: Mapping[Key, Json] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def render_blocks(blocks: Sequence[Json], reader: Reader, filled: Filled | None = None) -> str:
    """Render blocks from top to bottom, one or more lines each; block types unknown here are named."""
    lines = [_BLOCKS.get(block["type"], _unknown)(block, reader, filled or Filled()) for block in blocks]
    return "\n".join(line for line in lines if line)


def render_message(text: str, blocks: Sequence[Json], reader: Reader, filled: Filled | None = None) -> str:
    """Render what Slack shows of a message: its blocks, or its text where it has none."""
    return render_blocks(blocks, reader, filled) if blocks else plain(text, reader)


def render_view(given: Json, blocks: Sequence[Json], reader: Reader, filled: Filled) -> str:
    """Render a modal with its title and its two buttons, or a Home."""
    body = render_blocks(blocks, reader, filled)
    if given.get("type") != "modal":
        return body
    close = text_of(given.get("close"), reader) or "Cancel"
    buttons = [f"[ {text_of(given['submit'], reader)} ]"] if given.get("submit") else []
    return "\n".join([f"=== {text_of(given['title'], reader)} ===", body, *buttons, f"[ {close} ]"])


def _section(block: Json, reader: Reader, filled: Filled) -> str:
    lines = [text_of(block.get("text"), reader)]
    lines += [text_of(part, reader) for part in block.get("fields") or ()]
    if block.get("accessory"):
        lines.append(_element(block, block["accessory"], reader, filled))
    return "\n".join(line for line in lines if line)


def _header(block: Json, reader: Reader, filled: Filled) -> str:
    return text_of(block.get("text"), reader)


def _divider(block: Json, reader: Reader, filled: Filled) -> str:
    return "-" * 10


def _context(block: Json, reader: Reader, filled: Filled) -> str:
    return " ".join(
        _image(part, reader, filled) if part["type"] == "image" else text_of(part, reader) for part in block["elements"]
    )


def _actions(block: Json, reader: Reader, filled: Filled) -> str:
    return " ".join(_element(block, element, reader, filled) for element in block["elements"])


def _input(block: Json, reader: Reader, filled: Filled) -> str:
    optional = " (optional)" if block.get("optional") else ""
    label = text_of(block["label"], reader) + optional
    lines = [f"{label}: {_element(block, block['element'], reader, filled)}"]
    if block.get("hint"):
        lines.append(f"  {text_of(block['hint'], reader)}")
    if block["block_id"] in filled.errors:
        lines.append(f"  ! {filled.errors[block['block_id']]}")
    return "\n".join(lines)


def _image(block: Json, reader: Reader, filled: Filled) -> str:
    return f"[image: {block.get('alt_text', '')}]"


def _alert(block: Json, reader: Reader, filled: Filled) -> str:
    return f"{_LEVELS.get(block.get('level', ''), '(-)')} {text_of(block['text'], reader)}"


def _rich(block: Json, reader: Reader, filled: Filled) -> str:
    return rich_text(block.get("elements"), reader)


def _markdown(block: Json, reader: Reader, filled: Filled) -> str:
    return str(block.get("text", ""))


def _table(block: Json, reader: Reader, filled: Filled) -> str:
    rows = [" | ".join(_cell(cell, reader) for cell in row) for row in block["rows"]]
    return "\n".join([str(block["caption"]), *rows] if block.get("caption") else rows)


def _cell(cell: Json, reader: Reader) -> str:
    if cell["type"] == "rich_text":
        return rich_text(cell.get("elements"), reader)
    return str(cell.get("text") or cell.get("value", ""))


def _chart(block: Json, reader: Reader, filled: Filled) -> str:
    chart, lines = block["chart"], [f"[chart: {block['title']}]"]
    for segment in chart.get("segments") or ():
        lines.append(f"  {segment['label']}: {segment['value']}")
    for series in chart.get("series") or ():
        points = ", ".join(f"{point['label']} {point['value']}" for point in series["data"])
        lines.append(f"  {series['name']}: {points}")
    return "\n".join(lines)


def _container(block: Json, reader: Reader, filled: Filled) -> str:
    return render_blocks(block.get("child_blocks") or (), reader, filled)


def _card(block: Json, reader: Reader, filled: Filled) -> str:
    lines = [text_of(block.get(part), reader) for part in ("title", "subtitle", "body")]
    lines += [_element(block, element, reader, filled) for element in block.get("actions") or ()]
    return "\n".join(line for line in lines if line)


def _carousel(block: Json, reader: Reader, filled: Filled) -> str:
    return "\n".join(_card(card, reader, filled) for card in block["elements"])


def _unknown(block: Json, reader: Reader, filled: Filled) -> str:
    return f"[{block['type']} block]"


_BLOCKS = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "context_actions": _actions,
    "input": _input,
    "image": _image,
    "alert": _alert,
    "rich_text": _rich,
    "markdown": _markdown,
    "table": _table,
    "data_table": _table,
    "data_visualization": _chart,
    "container": _container,
    "card": _card,
    "carousel": _carousel,
}


def _element(block: Json, element: Json, reader: Reader, filled: Filled) -> str:
    kind = element["type"]
    if kind == "image":
        return _image(element, reader, filled)
    if kind in ("button", "workflow_button"):
        return f"[ {text_of(element['text'], reader)} ]"
    if kind == "overflow":
        return "[ ... " + " / ".join(text_of(option["text"], reader) for option in element["options"]) + " ]"
    held = filled.states.get((block.get("block_id", ""), element.get("action_id", "")))
    if kind in _BOXES:
        return _boxes(element, held, reader)
    shown = shown_value(held, reader) if held else ""
    placeholder = text_of(element.get("placeholder"), reader)
    return f"[ {shown} ]" if shown else f"[ {placeholder or '...'} ]"


def _boxes(element: Json, held: Json | None, reader: Reader) -> str:
    """Every choice on its own line, the chosen ones marked."""
    chosen = value_of(held or state(element, element.get("initial_options") or element.get("initial_option")))
    listed = chosen if isinstance(chosen, list) else [chosen] if chosen else []
    marked = {option["value"] for option in listed}
    mark = _BOXES[element["type"]]
    lines = []
    for option in element["options"]:
        box = mark if option["value"] in marked else mark[0] + " " + mark[2]
        description = text_of(option.get("description"), reader)
        lines.append(f"  {box} {text_of(option['text'], reader)}{f' - {description}' if description else ''}")
    return "\n" + "\n".join(lines)


def shown_value(held: Json, reader: Reader) -> str:
    """Write what an input holds as a reader sees it: option texts, names, local time."""
    value = value_of(held)
    if value is None or value == []:
        return ""
    if held["type"] == "datetimepicker":
        return f"{datetime.fromtimestamp(int(value), ZoneInfo(reader.tz)):%Y-%m-%d %H:%M}"
    if held["type"] == "rich_text_input":
        return rich_text(value.get("elements"), reader)
    return ", ".join(_one_value(one, reader) for one in (value if isinstance(value, list) else [value]))


def _one_value(value: Any, reader: Reader) -> str:
    if isinstance(value, Mapping):
        return text_of(value.get("text"), reader)
    named = reader.people.get(value) or reader.channels.get(value)
    return str(named or value)
