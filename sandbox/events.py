"""Owns the events that the app hears of in the background, where it subscribed to them."""

import re
from html import unescape
from urllib.parse import urlsplit

from sandbox import payloads
from sandbox.channel import Channel, Message
from sandbox.delivery import Courier
from sandbox.inputs import Json
from sandbox.spec import PersonSpec
from sandbox.workspace import Run, Workspace

_FAMILIES = {"im": "im", "group": "groups", "channel": "channels"}
"""channel_type of a message -> how the event is called under which an app subscribes to such channels' messages."""


_LINK = re.compile(r"https?://[^\s<>|]+")


class Events:
    def __init__(self, workspace: Workspace, courier: Courier) -> None:
        self.workspace = workspace
        self.courier = courier

    def send(self, event: Json, *, is_ext_shared: bool = False) -> bool:
        """Tell the app, if it subscribed to this type; returns whether it did."""
        if event["type"] not in self.workspace.spec.events:
            return False
        self._send(event, is_ext_shared=is_ext_shared)
        return True

    def _send(self, event: Json, *, is_ext_shared: bool = False) -> None:
        user, at = str(event.get("user") or ""), self.workspace.clock.time()
        body = payloads.event(self.workspace.spec, event, at=at, is_ext_shared=is_ext_shared)
        self.courier.send_event(event["type"], user, body)

    def home_opened(self, person: PersonSpec) -> None:
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": self.workspace.dm(person.id).id,
            "tab": "home",
            "event_ts": self._ts(),
        }
        if person.id in self.workspace.homes:
            event["view"] = self.workspace.homes[person.id].payload()
        self.send(event)

    def app_joined(self, channel: Channel, *, inviter: PersonSpec) -> None:
        self.send(
            {
                "type": "member_joined_channel",
                "user": self.workspace.spec.bot_user_id,
                "channel": channel.id,
                "channel_type": "G" if channel.is_private else "C",
                "team": self.workspace.spec.team_id,
                "inviter": inviter.id,
                "event_ts": self._ts(),
            }
        )

    def said(self, message: Message, channel: Channel) -> None:
        """A person's message in a channel of the app: message, and app_mention where the app was called."""
        event: Json = {
            **payloads.message_part(self.workspace.spec, message),
            "channel": channel.id,
            "event_ts": message.ts,
        }
        kind = "im" if channel.is_dm else "group" if channel.is_private else "channel"
        if {"message", f"message.{_FAMILIES[kind]}"} & set(self.workspace.spec.events):
            self._send({**event, "channel_type": kind})
        if f"<@{self.workspace.spec.bot_user_id}>" in message.text and not channel.is_dm:
            self.send({**event, "type": "app_mention"})

    def linked(self, message: Message, channel: Channel) -> None:
        """A person's message with links to hosts of the app: it hears of them in every channel, if it may read them."""
        urls = [unescape(url) for url in _LINK.findall(message.text)]
        ours = [(host, url) for url in urls if (host := urlsplit(url).hostname) in self.workspace.spec.unfurl_domains]
        if not ours or "links:read" not in self.workspace.spec.scopes:
            return
        event: Json = {
            "type": "link_shared",
            "user": message.user,
            "channel": channel.id,
            "is_bot_user_member": self.workspace.spec.bot_user_id in channel.members,
            "message_ts": message.ts,
            "unfurl_id": f"{channel.id}.{message.ts}",
            "source": "conversations_history",
            "links": [{"domain": host, "url": url} for host, url in ours],
            "event_ts": self._ts(),
        }
        if message.thread_ts:
            event["thread_ts"] = message.thread_ts
        self.send(event, is_ext_shared=channel.shared_with == "another company")

    def step_ran(self, run: Run) -> bool:
        """Tell the app that a workflow has come to its step."""
        return self.send(
            {
                "type": "function_executed",
                "function": {
                    "id": "Fn0SANDBOX",
                    "callback_id": run.step,
                    "type": "app",
                    "app_id": self.workspace.spec.app_id,
                },
                "inputs": run.inputs,
                "function_execution_id": run.id,
                "workflow_execution_id": f"Wx{run.id[2:]}",
                "bot_access_token": "xwfp-sandbox",
                "event_ts": self._ts(),
            }
        )

    def _ts(self) -> str:
        return payloads.action_ts(self.workspace.clock.time())
