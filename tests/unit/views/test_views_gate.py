"""What Slack would refuse is not made at all: every window, tab and message passes the gate."""

from collections.abc import Callable

import pytest

from bot.views.slack import kit
from slack_limits import LimitError

MADE: dict[str, Callable[[], object]] = {
    "modal": lambda: kit.modal("Too long", [kit.divider()] * 101, callback_id="notice"),
    "home": lambda: kit.home([kit.divider()] * 101),
    "message": lambda: kit.message("Too long", [kit.divider()] * 51),
}


@pytest.mark.parametrize("what", MADE)
def test_what_slack_would_refuse_is_not_made(what: str) -> None:
    with pytest.raises(LimitError, match="block"):
        MADE[what]()
