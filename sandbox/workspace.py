"""Owns the state of one workspace: people, channels, messages, open views, triggers and response_urls.

Knows nothing of HTTP: the Web API, the deliveries and the people act on it.
"""

import itertools
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.channel import Channel, File, Message
from sandbox.clock import Clock
from sandbox.inputs import Json
from sandbox.notifications import Notification, notified, place_of
from sandbox.spec import GroupSpec, PersonSpec, WorkspaceSpec
from sandbox.views import View
from slack_limits import Problem, message_problems

SLACKBOT = "USLACKBOT"


@dataclass
class Trigger:
    """The right to open or push one view, for three seconds. view_id: the modal that was pressed."""

    user: str
    expires: float
    view_id: str | None = None
    channel: str | None = None
    used: bool = False


@dataclass(frozen=True)
class Scheduled:
    """A message that waits for its time. post_at, created: seconds since 1970."""

    id: str
    channel: str
    post_at: int
    text: str
    created: int


@dataclass
class Run:
    """A workflow that somebody has started, which waits for the app's step."""

    id: str
    step: str
    user: str
    inputs: Json
    state: str = "running"
    """'running' | 'completed' | 'failed'."""
    outputs: Json | None = None
    error: str | None = None


@dataclass
class ResponseUrl:
    """The right to answer late, five times. expires: by the workspace's clock, in seconds since 1970."""

    user: str
    channel: str
    expires: float
    message_ts: str | None = None
    uses_left: int = 5


class Workspace:
    """One living workspace. Ids of people are Slack's, handles only serve to find them."""

    def __init__(self, spec: WorkspaceSpec, clock: Clock | None = None) -> None:
        self.spec = spec
        self.clock = clock or Clock()
        self.people: dict[str, PersonSpec] = {person.id: person for person in spec.people}
        self.groups: dict[str, GroupSpec] = {group.id: group for group in spec.groups}
        self.channels: dict[str, Channel] = {}
        self.stacks: dict[str, list[View]] = {person.id: [] for person in spec.people}
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.scheduled: dict[str, Scheduled] = {}
        self.runs: dict[str, Run] = {}
        self.notices: dict[str, str] = {}
        self.files: dict[str, File] = {}
        self.tokens: set[str] = {spec.bot_token}
        """The bot tokens that the app may call with now."""
        self.done: set[tuple[str, str]] = set()
        """(kind, ident) of all that people have sent the app and that it refused nothing of."""
        self.notifications: list[Notification] = []
        self._read: dict[tuple[str, str], str] = {}
        self.picks: dict[tuple[str, str], dict[tuple[str, str], Json]] = {}
        self.spoiled_triggers = 0
        self._counter = itertools.count(1)
        self._last_ts = 0
        for channel in spec.channels:
            members = {self._member_id(handle) for handle in channel.members}
            self.channels[channel.id] = Channel(
                channel.id, channel.name, members, channel.is_private, channel.archived, channel.shared_with
            )

    def _member_id(self, handle: str) -> str:
        return self.spec.bot_user_id if handle == self.spec.app_name else self.person(handle).id

    def person(self, who: str) -> PersonSpec:
        """Find a person by handle, id or full name. Raises KeyError naming who is there."""
        for person in self.people.values():
            if who.removeprefix("@") in (person.name, person.id, person.real_name):
                return person
        raise KeyError(f"nobody called {who!r}; there are {', '.join(p.name for p in self.people.values())}")

    def channel(self, which: str, *, user: str) -> Channel:
        """Find a channel that this person sees, by name, id or 'dm'. Raises KeyError naming what they see."""
        if which == "dm":
            return self.dm(user)
        for channel in self.visible_channels(user):
            if which.removeprefix("#") in (channel.name, channel.id):
                return channel
        names = ", ".join(channel.name for channel in self.visible_channels(user))
        raise KeyError(f"no channel {which!r} for this person; there are {names}, dm")

    def visible_channels(self, user: str) -> list[Channel]:
        return [channel for channel in self.channels.values() if user in channel.members]

    def dm(self, user: str) -> Channel:
        """The conversation between this person and the app, made when first asked for."""
        for channel in self.channels.values():
            if channel.person == user:
                return channel
        channel = Channel(f"D0{user[1:]}", "directmessage", {user, self.spec.bot_user_id}, True, person=user)
        self.channels[channel.id] = channel
        return channel

    def next_ts(self) -> str:
        """A timestamp that no other message has, in Slack's form of seconds and six digits."""
        now = max(int(self.clock.time() * 1_000_000), self._last_ts + 1)
        self._last_ts = now
        return f"{now // 1_000_000}.{now % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._counter):06d}{secrets.token_hex(3).upper()}"

    def post(self, channel: Channel, *, user: str, text: str, **more: Any) -> Message:
        message = Message(self.next_ts(), user, text, **more)
        message.blocks = self.with_block_ids(message.blocks)
        channel.messages[message.ts] = message
        present = {person.id for person in self.people.values() if not person.deleted}
        self.notifications += [one for one in notified(channel, message) if one.user in present]
        return message

    def read(self, user: str, channel: Channel, thread_ts: str | None = None) -> None:
        """This person looks at a channel, or at a thread in it: all that is there is read."""
        there = [m.ts for m in channel.messages.values() if thread_ts in (None, m.ts, m.thread_ts)]
        self._read[(user, place_of(channel.id, thread_ts))] = max(there, default="")

    def is_read(self, user: str, place: str, ts: str) -> bool:
        """Whether this person has looked at the channel or thread since that message was posted."""
        return ts <= self._read.get((user, place), "")

    def unread(self, user: str) -> list[Notification]:
        """Of what has this person been notified that they have not looked at since?"""
        mine = [one for one in self.notifications if one.user == user]
        return [one for one in mine if not self.is_read(user, one.place, one.message.ts)]

    def problems(self, message: Json) -> list[Problem]:
        """What this Slack refuses in a message."""
        found = message_problems(message)
        if self.spec.needs_text or not message.get("blocks"):
            return found
        return [problem for problem in found if problem.error != "no_text"]

    def with_block_ids(self, blocks: list[Json]) -> list[Json]:
        """Copy the blocks, giving ids to whatever has none, as Slack does: new ones at every render."""
        return [self._with_ids(block) for block in blocks]

    def _with_ids(self, block: Json) -> Json:
        block = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
        for part in ("element", "accessory"):
            if isinstance(block.get(part), dict):
                block[part] = _with_action_id(block[part])
        if block["type"] in ("actions", "context_actions"):
            block["elements"] = [_with_action_id(element) for element in block["elements"]]
        if block.get("child_blocks"):
            block["child_blocks"] = self.with_block_ids(block["child_blocks"])
        return block

    def visible_messages(self, user: str) -> Iterator[tuple[Channel, Message]]:
        """Walk what a person may read: channels they are in, their DM, ephemerals meant for them."""
        for channel in self.visible_channels(user):
            for message in channel.messages.values():
                if message.only_for in (None, user):
                    yield channel, message

    def new_trigger(self, user: str, *, view_id: str | None = None, channel: str | None = None) -> str:
        trigger_id = f"{self.new_id('')}.{secrets.token_hex(8)}"
        expires = time.monotonic() + (0.0 if self.spoiled_triggers else self.spec.trigger_seconds)
        self.spoiled_triggers = max(0, self.spoiled_triggers - 1)
        self.triggers[trigger_id] = Trigger(user, expires, view_id, channel)
        return trigger_id

    def expire_triggers(self) -> None:
        for trigger in self.triggers.values():
            trigger.expires = 0.0

    def spoil_triggers(self, times: int = 1) -> None:
        """Let the next trigger_ids be expired when the app gets them."""
        self.spoiled_triggers += times

    def find_view(self, view_id: str) -> View | None:
        """Find an open modal or a published Home by id or external id."""
        open_views = itertools.chain(*self.stacks.values(), self.homes.values())
        return next((view for view in open_views if view_id in (view.id, view.external_id)), None)

    def top(self, user: str) -> View | None:
        return self.stacks[user][-1] if self.stacks[user] else None


def _with_action_id(element: Json) -> Json:
    if element["type"] in ("image", "plain_text", "mrkdwn"):
        return element
    return {**element, "action_id": element.get("action_id") or secrets.token_urlsafe(4)}
