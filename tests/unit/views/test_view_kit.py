"""The kit lets nothing out that Slack would refuse: each of the three things that are sent passes the gate."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.views.slack import kit
from slack_limits import LimitError

SENT: dict[str, Callable[[list[kit.Block]], Any]] = {
    "a modal": lambda blocks: kit.modal("A title", blocks, callback_id="a.window"),
    "a Home tab": kit.home,
    "a message": lambda blocks: kit.message("Some words", blocks),
}
TOO_LONG = "x" * 3001


@pytest.mark.parametrize("what", SENT)
def test_what_slack_would_refuse_is_not_made(what: str) -> None:
    with pytest.raises(LimitError):
        SENT[what]([kit.section(TOO_LONG)])


@pytest.mark.parametrize("what", SENT)
def test_what_slack_takes_is_made_as_it_was_given(what: str) -> None:
    blocks = [kit.section(TOO_LONG[:-1])]

    assert SENT[what](blocks)["blocks"] == blocks


def test_a_modal_whose_metadata_is_too_long_is_not_made() -> None:
    with pytest.raises(LimitError):
        kit.modal("A title", [kit.divider()], callback_id="a.window", metadata={"decision": TOO_LONG})


def test_a_message_without_words_for_a_screen_reader_is_not_made() -> None:
    with pytest.raises(LimitError):
        kit.message("", [kit.divider()])
