"""Owns one person's place before the screen: what they see, and what they do by pointing at labels."""

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox import finder, inputs, pointing
from sandbox.acts import Acts
from sandbox.channel import Channel, Message
from sandbox.finder import NotThere
from sandbox.inputs import Json
from sandbox.mrkdwn import Reader, plain, text_of
from sandbox.notifications import Notification
from sandbox.pressed import Pressed
from sandbox.screen import Filled, render_message, render_view, shown_value
from sandbox.sending import Outcome
from sandbox.spec import PersonSpec
from sandbox.views import View
from sandbox.workspace import SLACKBOT, Workspace

READ_ONLY = "Sending messages to this app has been turned off."
_MOVES = {"/invite": "joined", "/kick": "left", "/remove": "left"}


class Seat:
    """A person in front of Slack. Raises NotThere (a LookupError) for what is not on the screen."""

    def __init__(self, workspace: Workspace, acts: Acts, person: PersonSpec) -> None:
        self.workspace = workspace
        self.acts = acts
        self.person = person

    def screen(self) -> Json:
        """Everything this person sees, as one text and in parts."""
        messages = self.messages()
        modal, home, notice = self.modal(), self.home(), self.workspace.notices.get(self.person.id)
        parts = [f"(!) {notice}"] if notice else []
        for channel in {message["channel"]: None for message in messages}:
            lines = [_line(message) for message in messages if message["channel"] == channel]
            parts.append("\n".join([f"--- {channel} ---", *lines]))
        if home:
            parts.append(f"--- Home ---\n{home['rendered']}")
        if modal:
            parts.append(modal["text"])
        text = "\n\n".join(parts)
        return {"text": text, "messages": messages, "modal": modal, "home": home, "notice": notice}

    def messages(self) -> list[Json]:
        """Visible messages, oldest first within each channel, thread replies after their root."""
        seen = list(self.workspace.visible_messages(self.person.id))
        seen.sort(key=lambda pair: (pair[0].id, pair[1].thread_ts or pair[1].ts, pair[1].ts))
        return [self._message(channel, message) for channel, message in seen]

    def _message(self, channel: Channel, message: Message) -> Json:
        filled = Filled(self.acts.message_states(self.person.id, message))
        rendered = render_message(message.text, message.blocks, self.reader, filled)
        unfurled = [render_message("", blocks, self.reader) for blocks in message.unfurls.values()]
        shown = [rendered, *unfurled, *(f"[file: {file.name}, {file.length} bytes]" for file in message.files)]
        return {
            "channel": "dm" if channel.is_dm else f"#{channel.name}",
            "channel_id": channel.id,
            "ts": message.ts,
            "thread_ts": message.thread_ts,
            "broadcast": message.is_broadcast,
            "who": self._name(message.user),
            "text": message.text,
            "blocks": message.blocks,
            "rendered": "\n".join(part for part in shown if part) + _reactions(message),
            "files": [{"name": file.name, "path": file.path_for(self.person)} for file in message.files],
            "ephemeral": message.only_for is not None,
            "edited": message.edited_ts is not None,
        }

    def modal(self) -> Json | None:
        view = self.workspace.top(self.person.id)
        if view is None:
            return None
        filled = Filled(view.states, view.errors)
        rendered = render_view(view.given, view.blocks, self.reader, filled)
        return {
            "view_id": view.id,
            "hash": view.hash,
            "callback_id": view.given.get("callback_id") or "",
            "title": text_of(view.given.get("title"), self.reader),
            "submit": text_of(view.given.get("submit"), self.reader) or None,
            "text": f"! {view.trouble}\n{rendered}" if view.trouble else rendered,
            "trouble": view.trouble,
            "blocks": view.blocks,
            "errors": {self._label(b): view.errors[b["block_id"]] for b in view.blocks if b["block_id"] in view.errors},
            "inputs": {self._label(b): shown_value(view.held(b), self.reader) for b in view.input_blocks()},
            "options": {self._label(b): self._option_texts(b) for b in view.input_blocks()},
            "buttons": [finder.label_of(p) for p in finder.pressables(view.blocks, user=self.person.id)],
            "depth": len(self.workspace.stacks[self.person.id]),
        }

    def home(self) -> Json | None:
        view = self.workspace.homes.get(self.person.id)
        if view is None:
            return None
        rendered = render_view(view.given, view.blocks, self.reader, Filled(view.states, view.errors))
        return {"view_id": view.id, "blocks": view.blocks, "rendered": rendered}

    @property
    def reader(self) -> Reader:
        people = {person.id: person.name for person in self.workspace.people.values()}
        people[self.workspace.spec.bot_user_id] = self.workspace.spec.app_name
        channels = {channel.id: channel.name for channel in self.workspace.visible_channels(self.person.id)}
        return Reader(people, channels, self.person.tz, self.workspace.clock.now())

    def _name(self, user: str) -> str:
        return "slackbot" if user == SLACKBOT else self.reader.people.get(user, user)

    def _label(self, block: Json) -> str:
        return text_of(block.get("label"), self.reader) or str(block["block_id"])

    def _option_texts(self, block: Json) -> list[str]:
        return [text_of(option["text"], self.reader) for option in inputs.options_of(block["element"])]

    def notifications(self) -> list[Json]:
        """All that this person was notified of, oldest first."""
        return [self._notification(one) for one in self.workspace.notifications if one.user == self.person.id]

    def _notification(self, one: Notification) -> Json:
        channel, message = self.workspace.channels[one.channel], one.message
        return {
            "why": one.why,
            "channel": "dm" if channel.is_dm else f"#{channel.name}",
            "channel_id": channel.id,
            "ts": message.ts,
            "thread_ts": message.reply_to,
            "who": self._name(message.user),
            "text": plain(message.text, self.reader) or render_message("", message.blocks, self.reader),
            "is_read": self.workspace.is_read(self.person.id, one.place, message.ts),
        }

    def read(self, channel: str, *, thread_ts: str | None = None) -> Outcome:
        """Look at a channel, or at a thread: what is there is not new any more."""
        self.workspace.read(self.person.id, self.channel(channel), thread_ts)
        return Outcome("ok")

    def notify(self, channel: str, *, everything: bool) -> Outcome:
        """Choose what notifies in this channel: every message, or mentions alone, which is how Slack begins."""
        chosen = self.channel(channel).notifies_all
        (chosen.add if everything else chosen.discard)(self.person.id)
        return Outcome("ok")

    async def slash(
        self, command: str, *, channel: str | None = None, thread_ts: str | None = None, **how: Any
    ) -> Outcome:
        """Type a command into the box of a channel; in that of a thread Slack refuses it."""
        place = self._writable(channel)
        if thread_ts:
            return self._refused_in_thread(command, place, thread_ts)
        if self._moves_app(command):
            return self._move_app(command, place)
        return await self.acts.slash(self.person, command, place, **how)

    def _refused_in_thread(self, command: str, channel: Channel, thread_ts: str) -> Outcome:
        words = f"{command.split()[0]} is not supported in threads. Sorry!"
        self.workspace.post(channel, user=SLACKBOT, text=words, only_for=self.person.id, thread_ts=thread_ts)
        return Outcome("refused", words)

    def _writable(self, channel: str | None) -> Channel:
        """The channel, where there is a box to type in. Raises NotThere."""
        place = self.channel(channel)
        if place.is_dm and self.workspace.spec.messages_tab_read_only:
            raise NotThere(READ_ONLY)
        return place

    def _moves_app(self, command: str) -> bool:
        verb, _, rest = command.strip().partition(" ")
        means_app = rest.strip().lstrip("@").lower() == self.workspace.spec.app_name.lower()
        return verb in _MOVES and verb not in self.workspace.spec.commands and means_app

    def _move_app(self, command: str, channel: Channel) -> Outcome:
        """Slack's own /invite and /kick, for the app alone. Raises NotThere in a DM."""
        if channel.is_dm:
            raise NotThere("nobody can be invited to a direct message")
        verb, bot = command.split()[0], self.workspace.spec.bot_user_id
        if _MOVES[verb] == "joined":
            channel.members.add(bot)
            self.acts.events.app_joined(channel, inviter=self.person)
        else:
            channel.members.discard(bot)
        self.workspace.post(channel, user=SLACKBOT, text=f"<@{bot}> {_MOVES[verb]} the channel ({verb}).")
        return Outcome("ok")

    def channel(self, which: str | None) -> Channel:
        """Find a channel this person is in; their first one when none is named."""
        if which is None:
            return self.workspace.visible_channels(self.person.id)[0]
        return self.workspace.channel(which, user=self.person.id)

    async def shortcut(self, name: str, *, message: Json | None = None) -> Outcome:
        at = self._at(message) if message else None
        return await self.acts.shortcut(self.person, name, at=at)

    def run_step(self, step: str, *, inputs: Json | None = None, channel: str | None = None) -> Json:
        return vars(self.acts.run_step(self.person, step, inputs, self.channel(channel)))

    def _at(self, ref: Mapping[str, Any]) -> tuple[Channel, Message]:
        for channel, message in self.workspace.visible_messages(self.person.id):
            if message.ts == ref["ts"] and channel.id == ref.get("channel_id", channel.id):
                return channel, message
        raise NotThere("this person does not see that message")

    def say(self, text: str, channel: str, *, thread_ts: str | None = None) -> Json:
        place = self._writable(channel)
        return self._message(place, self.acts.say(self.person, text, place, thread_ts=thread_ts))

    async def click(
        self,
        what: str,
        *,
        within: str | None = None,
        channel: str | None = None,
        nth: int | None = None,
        **how: Any,
    ) -> Outcome:
        """Press what is called so: in Home where asked, in the open modal, else in the newest message."""
        view = self._view_for(within=within, channel=channel)
        pressed = self._in_view(view, what, within, nth) if view else self._in_messages(what, within, channel, nth)
        outcome = await self.acts.press(self.person, pressed, **how)
        confirm = pressed.element.get("confirm")
        return replace(outcome, confirm=_confirm_text(confirm, self.reader)) if confirm else outcome

    async def press(self, at: Mapping[str, Any], *, block_id: str, action_id: str, value: Any = None) -> Outcome:
        """Press or change what has these ids, in a view or in a message; the app is told at once."""
        return await self.acts.press(self.person, self._pressed_at(at, block_id, action_id, value))

    def hold(self, at: Mapping[str, Any], values: Sequence[Mapping[str, Any]]) -> Outcome:
        """Keep what stands in inputs, each with block_id, action_id and value; the app is not told.

        What the app has taken off the screen meanwhile is passed over: there is nothing to keep it in.
        """
        for one in values:
            with contextlib.suppress(NotThere):
                self.acts.hold(self.person, self._pressed_at(at, one["block_id"], one["action_id"], one.get("value")))
        return Outcome("ok")

    async def suggest(self, at: Mapping[str, Any], *, block_id: str, action_id: str, typed: str) -> list[Json]:
        """Ask the app what an external select offers for what was typed."""
        return await self.acts.suggest(self.person, self._pressed_at(at, block_id, action_id, None), typed)

    def _pressed_at(self, at: Mapping[str, Any], block_id: str, action_id: str, value: Any) -> Pressed:
        """at: {"view_id"} or {"channel_id", "ts"}."""
        ids = {"block_id": block_id, "action_id": action_id, "value": value}
        if "view_id" in at:
            view = self._own_view(str(at["view_id"]))
            return replace(pointing.pressed_at(view.blocks, user=self.person.id, tz=self.person.tz, **ids), view=view)
        channel, message = self._at(at)
        found = pointing.pressed_at(message.blocks, user=self.person.id, tz=self.person.tz, **ids)
        return replace(found, channel=channel, message=message)

    def _own_view(self, view_id: str) -> View:
        mine: list[View] = list(self.workspace.stacks[self.person.id])
        if self.person.id in self.workspace.homes:
            mine.append(self.workspace.homes[self.person.id])
        for view in mine:
            if view.id == view_id:
                return view
        raise NotThere("this window is not open any more")

    def _view_for(self, *, within: str | None, channel: str | None) -> View | None:
        if channel == "home":
            home = self.workspace.homes.get(self.person.id)
            if home is None:
                raise NotThere("nothing was published to this Home")
            return home
        return self.workspace.top(self.person.id) if channel is None else None

    def _in_view(self, view: View, what: str, within: str | None, nth: int | None) -> Pressed:
        found = list(finder.pressables(view.blocks, user=self.person.id))
        pressed = finder.choose(found, what, within=within, nth=nth, reader=self.reader)
        if pressed is None:
            labels = ", ".join(dict.fromkeys(map(finder.label_of, found)))
            raise NotThere(f"nothing called {what!r} in the view; there are: {labels or 'no buttons'}")
        return replace(pressed, view=view)

    def _in_messages(self, what: str, within: str | None, channel: str | None, nth: int | None) -> Pressed:
        place = self.channel(channel) if channel else None
        labels: dict[str, None] = {}
        seen = sorted(self.workspace.visible_messages(self.person.id), key=lambda pair: pair[1].ts, reverse=True)
        seen = [(c, m) for c, m in seen if place in (None, c) and self._has(m, within)]
        # A full name in an older message goes before the beginning of a name in a newer one.
        for exactly, (where, message) in itertools.product((True, False), seen):
            found = list(finder.pressables(message.blocks, user=self.person.id))
            labels |= dict.fromkeys(map(finder.label_of, found))
            if p := finder.choose(found, what, within=within, nth=nth, reader=self.reader, exactly=exactly):
                return replace(p, channel=where, message=message)
        raise NotThere(f"nothing called {what!r} in the messages; there are: {', '.join(labels) or 'no buttons'}")

    def _has(self, message: Message, within: str | None) -> bool:
        return within is None or within in render_message(message.text, message.blocks, self.reader)

    async def fill(self, values: Mapping[str, Any]) -> Outcome:
        """Fill inputs of the open modal by label, all or none; those that dispatch tell the app at once."""
        view = self.acts.open_view(self.person)
        found = {label: finder.input_called(view.blocks, label) for label in values}
        states = {label: await self._typed(view, block, values[label]) for label, block in found.items()}
        outcome = Outcome("ok")
        for label, block in found.items():
            view.states[(block["block_id"], block["element"]["action_id"])] = states[label]
            if block.get("dispatch_action"):
                outcome = await self.acts.dispatch(self.person, view, block)
        return outcome

    async def offered(self, label: str, typed: str) -> list[str]:
        """What the app offers in an external select of the open modal for what was typed."""
        view = self.acts.open_view(self.person)
        options = await self._options(view, finder.input_called(view.blocks, label), typed)
        return [text_of(option["text"], self.reader) for option in options]

    async def _typed(self, view: View, block: Json, value: Any) -> Json:
        """The state of an input once the value is typed or chosen."""
        element = block["element"]
        if element["type"] not in inputs.EXTERNAL or not value:
            return finder.typed(element, value, self._names())
        wanted = [value] if isinstance(value, str) else list(value)
        chosen = [finder.option(await self._options(view, block, one), one) for one in wanted]
        return inputs.state(element, chosen if element["type"].startswith("multi_") else chosen[0])

    async def _options(self, view: View, block: Json, typed: str) -> list[Json]:
        """Ask the app, as Slack does once enough was typed. Raises NotThere before."""
        least = block["element"].get("min_query_length", inputs.LEAST_QUERY)
        if len(typed) < least:
            raise NotThere(f"this list asks the app from {least} characters on; {typed!r} is shorter")
        return await self.acts.suggest(self.person, Pressed(block, block["element"], view=view), typed)

    def _names(self) -> dict[str, dict[str, str]]:
        active = [person for person in self.workspace.people.values() if not person.deleted]
        people = {key: person.id for person in active for key in (person.name, person.real_name, person.id)}
        visible = [c for c in self.workspace.visible_channels(self.person.id) if not c.is_dm]
        return {"people": people, "channels": {key: c.id for c in visible for key in (c.name, c.id)}}


def _reactions(message: Message) -> str:
    found = " ".join(f"[:{name}: {len(people)}]" for name, people in message.reactions.items())
    return f"\n{found}" if found else ""


def _line(message: Json) -> str:
    indent = "    " if message["thread_ts"] not in (None, message["ts"]) else ""
    replied = " (replied to a thread)" if message["broadcast"] else ""
    private = " (only visible to you)" if message["ephemeral"] else ""
    lines = f"{message['who']}{private}{replied}: {message['rendered']}".split("\n")
    return "\n".join(indent + line for line in lines)


def _confirm_text(confirm: Json, reader: Reader) -> str:
    return f"{text_of(confirm.get('title'), reader)}: {text_of(confirm.get('text'), reader)}"
