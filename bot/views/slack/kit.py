"""Block Kit as functions named like its blocks, elements and objects. `modal` and `message` pass a gate.

Lengths that a user's text could break are cut here with a visible sign; other faults are the gate's.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.views.slack.text import clean, cut, one_line
from slack_limits import check_message, check_view

Block = dict[str, Any]
Element = dict[str, Any]
View = dict[str, Any]
Message = dict[str, Any]

TITLE, BUTTON, LABEL, HINT, HEADER = 24, 75, 2000, 2000, 150
OPTION_TEXT, OPTION_VALUE, PLACEHOLDER, MRKDWN, ALERT = 75, 150, 150, 3000, 200
PLAIN_TEXT_INPUT = 3000
MODAL_BLOCKS = 100
MESSAGE_ROOM = 12_000
"""Characters of serialised blocks that a message may safely have; Slack refuses somewhere around 13,200."""


def plain_text(text: str, length: int = MRKDWN) -> Element:
    """Text that nothing in it can bring to life. Slack refuses empty ones: a dash stands for nothing."""
    return {"type": "plain_text", "text": cut(clean(text).strip(), length) or "–", "emoji": True}


def mrkdwn(text: str) -> Element:
    """`text` is mrkdwn that already fits; users' words in it went through `text.escape`."""
    # verbatim: else Slack would turn "@here" and "#general" in users' words into mentions and links.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str, *, accessory: Element | None = None, block_id: str | None = None) -> Block:
    """A paragraph of mrkdwn of at most 3000 characters."""
    return _with({"type": "section", "text": mrkdwn(text)}, accessory=accessory, block_id=block_id)


def paragraph(text: str) -> Block:
    """A user's own paragraph, shown exactly as typed."""
    return {"type": "section", "text": plain_text(text)}


def facts(pairs: Iterable[tuple[str, str]]) -> Block:
    """Up to ten (name, mrkdwn value) pairs in two columns."""
    return {"type": "section", "fields": [mrkdwn(f"*{name}*\n{value}") for name, value in pairs]}


def header(text: str) -> Block:
    return {"type": "header", "text": plain_text(one_line(text), HEADER)}


def paging(action_id: str, *, back: int | None, on: int | None) -> list[Block]:
    """Previous and Next, where they lead somewhere; the buttons' values are these numbers.

    Each in a block of its own: both bear one action id, which Slack allows once a block.
    """
    pages = (("Previous", back), ("Next", on))
    return [actions([button(words, action_id, value=str(page))]) for words, page in pages if page is not None]


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def divider() -> Block:
    return {"type": "divider"}


def actions(elements: Sequence[Element], *, block_id: str | None = None) -> Block:
    return _with({"type": "actions", "elements": list(elements)}, block_id=block_id)


def alert(text: str, *, level: str = "warning") -> list[Block]:
    """A sentence in an alert; one that is too long for it follows whole as a paragraph."""
    block = {"type": "alert", "level": level, "text": plain_text(text, ALERT)}
    return [block] if len(clean(text).strip()) <= ALERT else [block, paragraph(text)]


def input_block(
    label: str,
    element: Element,
    *,
    block_id: str,
    hint: str | None = None,
    optional: bool = False,
) -> Block:
    block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, LABEL),
        "element": element,
        "optional": optional,
    }
    return _with(block, hint=plain_text(hint, HINT) if hint else None)


def block_id(field: str, thing: object, revision: object) -> str:
    """Name a field, the thing it is of, and the rendering that prefilled it: "title:<decision>:<revision>".

    Slack keeps what was typed, and ignores a new prefill, for as long as this id stays the same.
    """
    return f"{field}:{thing}:{revision}"


def button(
    text: str,
    action_id: str,
    *,
    value: str | None = None,
    style: str | None = None,
    label: str | None = None,
    confirm: Element | None = None,
) -> Element:
    """`label` is what a screen reader says where `text` alone would be ambiguous."""
    element = {"type": "button", "text": plain_text(text, BUTTON), "action_id": action_id}
    spoken = cut(one_line(label), BUTTON) if label else None
    return _with(element, value=value, style=style, accessibility_label=spoken, confirm=confirm)


def confirm(title: str, text: str, *, yes: str, no: str = "Not now", is_danger: bool = False) -> Element:
    words = {
        "title": plain_text(title, 100),
        "text": plain_text(text, 300),
        "confirm": plain_text(yes, 30),
        "deny": plain_text(no, 30),
    }
    return _with(words, style="danger" if is_danger else None)


def option(text: str, value: str, *, description: str | None = None) -> Element:
    shown = plain_text(description, OPTION_TEXT) if description else None
    return _with({"text": plain_text(one_line(text), OPTION_TEXT), "value": value}, description=shown)


def select(
    action_id: str,
    options: Sequence[Element],
    *,
    initial: str | None = None,
    placeholder: str | None = None,
) -> Element:
    """`initial` is a value; one that is not among the options chooses nothing."""
    chosen = next((o for o in options if o["value"] == initial), None)
    element = {"type": "static_select", "action_id": action_id, "options": list(options)}
    return _with(element, initial_option=chosen, placeholder=_placeholder(placeholder))


def multi_select(
    action_id: str,
    options: Sequence[Element],
    *,
    initial: Iterable[str] = (),
    placeholder: str | None = None,
) -> Element:
    """More than 100 options, the most that Slack takes in one list, become groups."""
    wanted = set(initial)
    chosen = [o for o in options if o["value"] in wanted]
    element: Element = {"type": "multi_static_select", "action_id": action_id}
    if len(options) <= 100:
        element["options"] = list(options)
    else:
        element["option_groups"] = [
            {
                "label": plain_text(f"{i + 1} to {min(i + 100, len(options))}"),
                "options": list(options[i : i + 100]),
            }
            for i in range(0, len(options), 100)
        ]
    return _with(element, initial_options=chosen or None, placeholder=_placeholder(placeholder))


def users_select(action_id: str, *, placeholder: str | None = None) -> Element:
    return _with({"type": "multi_users_select", "action_id": action_id}, placeholder=_placeholder(placeholder))


def conversations_select(action_id: str, *, initial: str | None = None, placeholder: str | None = None) -> Element:
    """Channels only, public and private: a card has nothing to look for in a direct message."""
    element = {
        "type": "conversations_select",
        "action_id": action_id,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return _with(element, initial_conversation=initial, placeholder=_placeholder(placeholder))


def checkboxes(action_id: str, options: Sequence[Element], *, initial: Iterable[str] = ()) -> Element:
    wanted = set(initial)
    chosen = [o for o in options if o["value"] in wanted]
    element = {"type": "checkboxes", "action_id": action_id, "options": list(options)}
    return _with(element, initial_options=chosen or None)


def radio(action_id: str, options: Sequence[Element], *, initial: str | None = None) -> Element:
    chosen = next((o for o in options if o["value"] == initial), None)
    return _with({"type": "radio_buttons", "action_id": action_id, "options": list(options)}, initial_option=chosen)


def datetimepicker(action_id: str, *, initial: datetime | None = None) -> Element:
    """Slack shows and takes it in the person's own zone; what travels is seconds since 1970."""
    epoch = int(initial.timestamp()) if initial else 0
    epoch = epoch if 10**9 <= epoch < 10**10 else 0  # Slack takes ten digits: nothing before 2001
    return _with({"type": "datetimepicker", "action_id": action_id}, initial_date_time=epoch or None)


def number_input(
    action_id: str,
    *,
    initial: Decimal | int | None = None,
    least: Decimal | int | None = None,
    most: Decimal | int | None = None,
    is_decimal: bool = False,
    placeholder: str | None = None,
) -> Element:
    element = {"type": "number_input", "action_id": action_id, "is_decimal_allowed": is_decimal}
    return _with(
        element,
        initial_value=_digits(initial),
        min_value=_digits(least),
        max_value=_digits(most),
        placeholder=_placeholder(placeholder),
    )


def text_input(
    action_id: str,
    *,
    initial: str | None = None,
    length: int = PLAIN_TEXT_INPUT,
    is_long: bool = False,
    placeholder: str | None = None,
) -> Element:
    """A prefill that is too long is cut, as Slack would refuse the whole modal."""
    element = {"type": "plain_text_input", "action_id": action_id, "max_length": length, "multiline": is_long}
    typed = clean(initial or "") if is_long else one_line(initial or "")
    return _with(element, initial_value=cut(typed, length) or None, placeholder=_placeholder(placeholder))


def email_input(action_id: str, *, initial: str | None = None, placeholder: str | None = None) -> Element:
    return _with(
        {"type": "email_text_input", "action_id": action_id},
        initial_value=initial or None,
        placeholder=_placeholder(placeholder),
    )


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str,
    submit: str | None = None,
    close: str = "Cancel",
    metadata: Mapping[str, str | None] | None = None,
) -> View:
    """A modal that Slack accepts. `metadata` comes back by `state.metadata`. Raises LimitError."""
    view = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(one_line(title), TITLE),
        "close": plain_text(close, TITLE),
        "blocks": list(blocks),
        "private_metadata": _packed(metadata or {}),
    }
    check_view(_with(view, submit=plain_text(submit, TITLE) if submit else None))
    return view


def home(blocks: Sequence[Block], *, metadata: Mapping[str, str | None] | None = None) -> View:
    """A Home tab that Slack accepts. Raises LimitError."""
    view = {"type": "home", "blocks": list(blocks), "private_metadata": _packed(metadata or {})}
    check_view(view)
    return view


def message(text: str, blocks: Sequence[Block]) -> Message:
    """Arguments of a message that Slack accepts. `text` is what a screen reader says instead of the blocks."""
    kwargs = {"text": text, "blocks": list(blocks)}
    check_message(kwargs)
    return kwargs


def size(blocks: Sequence[Block]) -> int:
    """Characters that the blocks take on the wire."""
    return len(json.dumps(list(blocks), ensure_ascii=False))


def size_bytes(blocks: Sequence[Block]) -> int:
    """The same in bytes, which is what a view is measured in."""
    return len(json.dumps(list(blocks), ensure_ascii=False).encode())


def _packed(metadata: Mapping[str, str | None]) -> str:
    return json.dumps({k: v for k, v in metadata.items() if v is not None}, separators=(",", ":"))


def _with(block: Block, **extra: Any) -> Block:
    """Add what is there: Slack refuses null."""
    block.update({name: value for name, value in extra.items() if value is not None})
    return block


def _placeholder(text: str | None) -> Element | None:
    return plain_text(text, PLACEHOLDER) if text else None


def _digits(value: Decimal | int | None) -> str | None:
    return None if value is None else f"{Decimal(value).normalize():f}"
