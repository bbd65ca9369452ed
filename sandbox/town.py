"""Owns the wiring of one workspace: its state, the way to the app, the records and the faults."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from sandbox import payloads
from sandbox.acts import Acts
from sandbox.answers import Answers
from sandbox.channel import Channel
from sandbox.clock import Clock
from sandbox.delivery import Courier, HttpLink
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.methods.api import Api
from sandbox.methods.people import user_shape
from sandbox.modals import Modals
from sandbox.records import Records
from sandbox.seat import Seat
from sandbox.sending import Sending
from sandbox.socket_mode import SocketLink
from sandbox.spec import WorkspaceSpec
from sandbox.workspace import Workspace

Mode = Literal["http", "socket"]


class Town:
    """Everything behind one sandbox address. base_url: where the app and the people reach it. clock: its time."""

    def __init__(
        self, spec: WorkspaceSpec, *, base_url: str, mode: Mode, bot_url: str | None = None, clock: Clock | None = None
    ) -> None:
        self.spec = spec
        self.base_url = base_url
        self.mode = mode
        self.clock = clock or Clock()
        self.workspace = Workspace(spec, self.clock)
        self.records = Records()
        self.faults = Faults()
        self.http = HttpLink(spec, bot_url)
        self.socket = SocketLink(spec.app_id)
        self.courier = Courier(spec, self.socket if mode == "socket" else self.http, self.records, self.clock)
        self.modals = Modals(self.workspace)
        self.answers = Answers(self.workspace, self.modals)
        self.events = Events(self.workspace, self.courier)
        sending = Sending(self.workspace, self.courier, self.answers)
        self.acts = Acts(self.workspace, self.courier, sending, self.events, base_url)
        self.api = Api(self.workspace, self.modals, base_url, self._socket_url, self.courier.background)

    def _socket_url(self) -> str:
        address = self.base_url.replace("http://", "ws://", 1)
        return f"{address}/link/?ticket={self.socket.new_ticket()}&app_id={self.spec.app_id}"

    def seat(self, who: str) -> Seat:
        """Sit down as a person. Raises KeyError naming who is there."""
        return Seat(self.workspace, self.acts, self.workspace.person(who))

    def channel(self, which: str) -> Channel:
        """Find any channel by name or id. Raises KeyError."""
        for channel in self.workspace.channels.values():
            if which in (channel.id, channel.name):
                return channel
        raise KeyError(f"no channel {which!r}")

    def let_bot(self, change: str, *, channel: str) -> None:
        """Invite the bot to a channel or kick it out. Raises KeyError, ValueError."""
        members = self.channel(channel).members
        if change not in ("invite", "kick"):
            raise ValueError("the bot can be invited or kicked")
        if change == "invite":
            members.add(self.spec.bot_user_id)
        else:
            members.discard(self.spec.bot_user_id)

    def behave(self) -> None:
        """Forget every failure that still waits for its call."""
        self.faults.clear()
        self.workspace.spoiled_triggers = 0

    def deactivate(self, who: str) -> None:
        person = self.workspace.person(who)
        self.workspace.people[person.id] = replace(person, deleted=True)

    def activate(self, who: str) -> None:
        person = self.workspace.person(who)
        self.workspace.people[person.id] = replace(person, deleted=False)

    def change(self, who: str, **facts: Any) -> None:
        """Somebody's profile is another one now; an app that subscribed to `user_change` hears of it."""
        person = self.workspace.person(who)
        changed = self.workspace.people[person.id] = replace(person, **facts)
        at = payloads.action_ts(self.clock.time())
        self.events.send({"type": "user_change", "user": user_shape(self.api, changed), "event_ts": at})

    def regroup(self, which: str, members: Sequence[str]) -> None:
        """These people, by handle, are in the user group now. Raises KeyError where there is none, or nobody so called.

        Slack tells apps of it only by events, which nobody here subscribes to: an app asks when it wants to know.
        """
        groups = self.workspace.groups
        group = next((one for one in groups.values() if which in (one.id, one.handle)), None)
        if group is None:
            raise KeyError(f"no user group {which!r}")
        groups[group.id] = replace(group, members=tuple(self.workspace.person(who).name for who in members))

    def set_bot_url(self, url: str) -> None:
        self.http.bot_url = url

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        await self.socket.disconnect(reason)

    async def close(self) -> None:
        await self.courier.close()
        await self.http.close()
