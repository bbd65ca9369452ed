"""Owns what notifies whom, as in Slack: direct messages, mentions, replies in threads that one follows.

A message notifies when it is posted, or never: an edit notifies nobody, whatever it mentions. What only one person sees
notifies them where it mentions them. Nobody is notified of what they said themselves.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.channel import Channel, Message

Why = Literal["dm", "mention", "thread", "channel"]
_MENTION = re.compile(r"<@(\w+)(?:\|[^>]*)?>|<!(channel|here|everyone)(?:\|[^>]*)?>")
ALL = "*"
"""Among those mentioned: the whole channel."""


@dataclass(frozen=True)
class Notification:
    """user: who is notified. why: the first of these that holds: dm, mention, thread, channel (all of it notifies)."""

    user: str
    why: Why
    channel: str
    message: Message

    @property
    def place(self) -> str:
        """Where it is read: the channel, or the thread of a reply."""
        return place_of(self.channel, self.message.reply_to)


def place_of(channel_id: str, thread_ts: str | None) -> str:
    return f"{channel_id}/{thread_ts}" if thread_ts else channel_id


def notified(channel: Channel, message: Message) -> Iterator[Notification]:
    """Who is notified of this message, which was posted there just now."""
    readers = channel.members if message.only_for is None else {message.only_for} & channel.members
    for user in sorted(readers - {message.user}):
        if why := _why(channel, message, user):
            yield Notification(user, why, channel.id, message)


def _why(channel: Channel, message: Message, user: str) -> Why | None:
    if {user, ALL} & mentioned(message) and not channel.is_dm:
        return "mention"
    if message.only_for is not None:
        return None
    if channel.is_dm:
        return "dm"
    if message.reply_to and user in followers(channel, message.reply_to):
        return "thread"
    return "channel" if user in channel.notifies_all and message.is_in_channel else None


def followers(channel: Channel, thread_ts: str) -> set[str]:
    """Who follows a thread: everybody who began it, has replied in it, or was mentioned there by name."""
    found: set[str] = set()
    for message in channel.messages.values():
        if thread_ts in (message.ts, message.thread_ts) and message.only_for is None:
            found |= {message.user} | mentioned(message) - {ALL}
    return found


def mentioned(message: Message) -> set[str]:
    """Ids of those whom what is shown of a message mentions, and ALL for @channel and its like."""
    return set(_mentions(message.blocks or {"type": "mrkdwn", "text": message.text}))


def _mentions(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _mentions(one)
    elif isinstance(part, dict):
        yield from _of_element(part)
        for value in part.values():
            yield from _mentions(value)


def _of_element(part: dict[str, Any]) -> Iterator[str]:
    """Of a text in Slack's mark-up, or of a mention in rich text; plain text mentions nobody."""
    match part.get("type"):
        case "mrkdwn" | "markdown":
            for found in _MENTION.finditer(str(part.get("text", ""))):
                yield found[1] or ALL
        case "user":
            yield str(part.get("user_id"))
        case "broadcast":
            yield ALL
