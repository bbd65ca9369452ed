"""Owns what Slack accepts: every Block Kit limit, so that nothing leaves that Slack would refuse.

Knows nothing of the product. Problems hold pointers and numbers, never the text that was too long.
Source: Slack's Block Kit reference, and its validator's answers where the reference is silent.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from slack_limits.blocks import check_blocks
from slack_limits.check import ID, Check, Json, Problem
from slack_limits.data import json_chars

Document = TypeVar("Document", bound=Mapping[str, Any])

VIEW_BLOCKS = 100
MESSAGE_BLOCKS = 50
VIEW_BYTES = 250_000
MESSAGE_BLOCK_CHARS = 13_200  # undocumented; slackapi/bolt-js#2509
MESSAGE_TEXT = 40_000
UPDATE_TEXT = 4_000
PRIVATE_METADATA = 3_000
VIEW_TITLE = 24

__all__ = ["LimitError", "Problem", "check_message", "check_view", "message_problems", "view_problems"]


class LimitError(ValueError):
    """A view or message that Slack would refuse; `problems` say where, `error` is what Slack would answer."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.error}: {p}" for p in problems[:5]))
        self.problems = tuple(problems)
        self.error = problems[0].error


def check_view(view: Document) -> Document:
    """Return the view unchanged. Raises LimitError if Slack would refuse it."""
    if problems := view_problems(view):
        raise LimitError(problems)
    return view


def check_message(message: Document) -> Document:
    """Return the message unchanged. Raises LimitError if Slack would refuse it."""
    if problems := message_problems(message):
        raise LimitError(problems)
    return message


def view_problems(view: Json) -> list[Problem]:
    """Find what Slack would refuse in a modal or Home view; empty when it would be accepted."""
    check = Check("modal" if view.get("type") == "modal" else "home", "invalid_arguments")
    if view.get("type") not in ("modal", "home"):
        check.add("/type", "must be modal or home")
    if view.get("type") == "modal":
        _check_frame(check, view)
    check.string(view.get("private_metadata"), "/private_metadata", PRIVATE_METADATA, empty=True)
    for part in ("callback_id", "external_id"):
        check.string(view.get(part), f"/{part}", ID, empty=True)
    check_blocks(check, view.get("blocks"), VIEW_BLOCKS)
    _check_together(check, view)
    if len(json.dumps(view, separators=(",", ":"), ensure_ascii=False, default=str).encode()) > VIEW_BYTES:
        check.add("", f"must be at most {VIEW_BYTES} bytes", error="view_too_large")
    return check.problems


def _check_frame(check: Check, view: Json) -> None:
    """The title and the buttons of a modal."""
    check.text(view.get("title"), "/title", VIEW_TITLE, plain=True)
    for part in ("submit", "close"):
        check.optional_text(view.get(part), f"/{part}", VIEW_TITLE, plain=True)


def _check_together(check: Check, view: Json) -> None:
    """What only all blocks together show; to be asked after they were checked."""
    if view.get("type") == "modal" and check.inputs and not view.get("submit"):
        check.add("/submit", "is required when a block is an input")
    if check.focused > 1:
        check.add("/blocks", "only one element may have focus_on_load")


def message_problems(message: Json) -> list[Problem]:
    """Find what Slack would refuse, or a screen reader could not read, in the arguments of a message.

    message: arguments of chat.postMessage, chat.update (has `ts`), chat.postEphemeral or a response_url body.
    """
    if message.get("delete_original"):
        return []
    check = Check("message", "invalid_blocks")
    text = message.get("text")
    if not isinstance(text, str) or not text.strip():
        check.add("/text", "is required: notifications and screen readers read it", error="no_text")
    else:
        most = UPDATE_TEXT if message.get("ts") else MESSAGE_TEXT
        if len(text) > most:
            check.add("/text", f"must be at most {most} characters, is {len(text)}", error="msg_too_long")
    if message.get("blocks") is not None:
        check_blocks(check, message["blocks"], MESSAGE_BLOCKS)
        if json_chars(message["blocks"]) > MESSAGE_BLOCK_CHARS:
            most = MESSAGE_BLOCK_CHARS
            check.add("/blocks", f"must be at most {most} characters of JSON", error="msg_blocks_too_long")
    return check.problems
