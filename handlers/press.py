"""What was pressed: the ids and numbers in buttons and views, and the press that a submission is."""

import hashlib
import json
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.press import Press
from bot.domain.team import UserGroup
from bot.domain.text import one_line
from bot.errors import Invalid
from bot.views import usergroup
from bot.views.slack import ids
from bot.views.slack.form import as_uuid, metadata

_STALE = "This button is out of date. Use /decide list to see where your decisions stand."


def pressed_id(args: AsyncArgs) -> UUID:
    """The id in the button that was clicked. Raises Invalid for a button of an older version."""
    found = as_uuid((args.action or {}).get("value"))
    if found is None:
        raise Invalid(_STALE)
    return found


def pressed_group(args: AsyncArgs) -> UserGroup:
    """The user group that was chosen. Raises Invalid for a choice of an older version."""
    chosen = (args.action or {}).get("selected_option") or {}
    if not chosen.get("value"):
        raise Invalid(_STALE)
    return usergroup.read(str(chosen["value"]))


_QUOTES = str.maketrans(dict.fromkeys("\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u200b\u2060\ufeff"))


def spoken(words: str) -> str:
    """The words without what a phone's keyboard adds: curly quotes, hard blanks, a full stop at the end."""
    return " ".join(words.translate(_QUOTES).split()).rstrip(". ")


def command_words(args: AsyncArgs) -> str:
    """What follows the command, on one line."""
    return one_line(str(args.body.get("text") or ""))


def pressed_page(args: AsyncArgs) -> int:
    """The number in a button that turns pages; the first page for one that makes no sense."""
    value = str((args.action or {}).get("value"))
    return int(value) if value.isdecimal() else 0


def view_id(args: AsyncArgs) -> str:
    return str(args.body["view"]["id"])


def find_press(args: AsyncArgs) -> Press | None:
    """The press that a submission is; None for a click, and for a page of scores."""
    is_form = args.body.get("type") == "view_submission" and args.body["view"].get("callback_id") not in ids.SECRET
    return press(args) if is_form else None


def press(args: AsyncArgs) -> Press:
    """Slack repeats view id and hash when its user presses again. Never for a ballot: a digest of scores is a score.

    A window that changes while somebody types gets other hashes meanwhile; it carries a name of its own, "once".
    """
    view = args.body["view"]
    typed = json.dumps((view.get("state") or {}).get("values") or {}, sort_keys=True)
    once = metadata(view).get("once") or view.get("hash") or ""
    return Press(view["id"], once, hashlib.sha256(typed.encode()).hexdigest())
