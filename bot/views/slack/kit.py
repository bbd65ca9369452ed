"""Block Kit as functions named like its blocks, elements and objects. `modal` and `message` pass a gate.

Lengths that a user's text could break are cut here with a visible sign; other faults are the gate's.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.views.slack.text import clean, cut, one_line
from slack_limits import check_message, check_view

Block = dict[str, Any]
Element = dict[str, Any]
View = dict[str, Any]
Message = dict[str, Any]

TITLE, BUTTON, LABEL, HINT, HEADER = 24, 75, 2000, 2000, 150
MRKDWN, ALERT = 3000, 200
MODAL_BLOCKS = 100
MESSAGE_ROOM = 12_000
"""Characters of serialised blocks that a message may safely have; Slack refuses somewhere around 13,200."""


def plain_text(text: str, length: int = MRKDWN) -> Element:
    """Text that Slack shows as it stands, without links and mentions. It refuses an empty one: then it is a dash."""
    return {"type": "plain_text", "text": cut(clean(text).strip(), length) or "–", "emoji": True}


def mrkdwn(text: str) -> Element:
    """`text` is mrkdwn that already fits; users' words in it went through `text.escape`."""
    # verbatim: else Slack would turn "@here" and "#general" in users' words into mentions and links.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str, *, accessory: Element | None = None, block_id: str | None = None) -> Block:
    """A paragraph of mrkdwn of at most 3000 characters."""
    return with_given({"type": "section", "text": mrkdwn(text)}, accessory=accessory, block_id=block_id)


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
    return with_given({"type": "actions", "elements": list(elements)}, block_id=block_id)


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
    dispatches: bool = False,
) -> Block:
    """dispatches: Slack tells us at once what is entered (see `telling`), not with the form alone."""
    block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, LABEL),
        "element": element,
        "optional": optional,
    }
    return with_given(
        block, hint=plain_text(hint, HINT) if hint else None, dispatch_action=True if dispatches else None
    )


def telling(element: Element, action_id: str) -> Element:
    """The element of an input that dispatches: a choice when it is made, a text while it is typed."""
    is_text = element["type"] == "plain_text_input"
    config = {"trigger_actions_on": ["on_character_entered"]} if is_text else None
    return with_given({**element, "action_id": action_id}, dispatch_action_config=config)


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
    return with_given(element, value=value, style=style, accessibility_label=spoken, confirm=confirm)


def confirm(title: str, text: str, *, yes: str, no: str = "Not now", is_danger: bool = False) -> Element:
    words = {
        "title": plain_text(title, 100),
        "text": plain_text(text, 300),
        "confirm": plain_text(yes, 30),
        "deny": plain_text(no, 30),
    }
    return with_given(words, style="danger" if is_danger else None)


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str,
    submit: str | None = None,
    close: str = "Cancel",
    metadata: Mapping[str, str | None] | None = None,
    is_proven: bool = False,
) -> View:
    """A modal that Slack accepts. `metadata` comes back by `form.metadata`. Raises LimitError.

    is_proven: tests show that nothing over the limits can be made here, so it is not checked again each time. For the
    pages of scores alone, where the check takes longer than all the rest (docs/hot-path.md).
    """
    view = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(one_line(title), TITLE),
        "close": plain_text(close, TITLE),
        "blocks": list(blocks),
        "private_metadata": _packed(metadata or {}),
    }
    with_given(view, submit=plain_text(submit, TITLE) if submit else None)
    return view if is_proven else check_view(view)


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


def with_given(block: Block, **extra: Any) -> Block:
    """Add what is there: Slack refuses null."""
    block.update({name: value for name, value in extra.items() if value is not None})
    return block
