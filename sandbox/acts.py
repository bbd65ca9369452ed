"""Owns what a person does in Slack's client: commands, presses, submissions, messages, and the payload of each."""

import re
from typing import Any

from sandbox import inputs, payloads
from sandbox.channel import Channel, Message
from sandbox.delivery import Courier
from sandbox.events import Events
from sandbox.inputs import Json
from sandbox.mrkdwn import escape
from sandbox.pressed import Pressed
from sandbox.sending import Outcome, Sending, Sent
from sandbox.spec import PersonSpec
from sandbox.views import View
from sandbox.workspace import ResponseUrl, Run, Workspace

_HANDLE = re.compile(r"(?<![\w@])@([\w.-]*\w)")
_RESPONSE_URL_SECONDS = 1800


class Acts:
    """The hands of the workspace's people."""

    def __init__(self, workspace: Workspace, courier: Courier, sending: Sending, events: Events, base_url: str) -> None:
        self.workspace = workspace
        self.courier = courier
        self.sending = sending
        self.events = events
        self.base_url = base_url

    async def slash(self, person: PersonSpec, line: str, channel: Channel, **how: Any) -> Outcome:
        """Type a slash command in a channel. Raises KeyError for a command that the app does not have."""
        command, _, text = line.strip().partition(" ")
        if command not in self.workspace.spec.commands:
            raise KeyError(f"{command} is not a command of this workspace")
        payload = payloads.slash(
            self.workspace.spec,
            person,
            channel,
            command=command,
            text=text.strip(),
            trigger=self.workspace.new_trigger(person.id, channel=channel.id),
            url=self.response_url("commands", person, channel),
        )
        return await self.sending.send(person, Sent("slash", command, payload, channel), **how)

    async def shortcut(self, person: PersonSpec, name: str, *, at: tuple[Channel, Message] | None) -> Outcome:
        """Choose a shortcut by name or callback id; a message shortcut needs the message it is used on."""
        shortcut = next((s for s in self.workspace.spec.shortcuts if name in (s.name, s.callback_id)), None)
        if shortcut is None or (shortcut.kind == "message") != (at is not None):
            raise KeyError(f"no such shortcut here: {name!r}")
        kind = "message_action" if at else "shortcut"
        more: Json = {"callback_id": shortcut.callback_id, "action_ts": self._now()}
        if at:
            channel, message = at
            more |= {
                "channel": payloads.channel_part(channel),
                "message": payloads.message_part(self.workspace.spec, message),
                "message_ts": message.ts,
                "response_url": self.response_url("app", person, channel),
            }
        here = at[0].id if at else None
        more["trigger_id"] = self.workspace.new_trigger(person.id, channel=here)
        payload = payloads.interaction(self.workspace.spec, person, kind, **more)
        return await self.sending.send(person, Sent(kind, shortcut.callback_id, payload, None))

    def run_step(self, person: PersonSpec, which: str, inputs: Json | None, here: Channel) -> Run:
        """Start a workflow of Workflow Builder that has this step of the app, by its name or callback id.

        inputs: None for the step's example. Raises KeyError where the app has no such step, or hears of none.
        """
        step = next((one for one in self.workspace.spec.steps if which in (one.name, one.callback_id)), None)
        if step is None:
            raise KeyError(f"no such step here: {which!r}")
        given = {"@me": person.id, "#here": here.id}
        filled = {name: given.get(value, value) for name, value in step.example.items()} if inputs is None else inputs
        run = Run(self.workspace.new_id("Fx"), step.callback_id, person.id, filled)
        self.workspace.runs[run.id] = run
        if not self.events.step_ran(run):
            raise KeyError("the app has not subscribed to function_executed")
        return run

    async def press(self, person: PersonSpec, pressed: Pressed, **how: Any) -> Outcome:
        """Press a button, choose an overflow item or pick in a select: block_actions."""
        chosen = self._hold_choice(person, pressed)
        payload = payloads.interaction(self.workspace.spec, person, "block_actions", **self._place(person, pressed))
        payload["actions"] = [payloads.action_part(pressed.block, pressed.element, at=self._now(), **chosen)]
        ident = pressed.element["action_id"]
        return await self.sending.send(person, Sent("block_actions", ident, payload, pressed.view), **how)

    async def dispatch(self, person: PersonSpec, view: View, block: Json) -> Outcome:
        """Tell the app that an input with dispatch_action changed."""
        held = view.held(block)
        payload = payloads.interaction(
            self.workspace.spec,
            person,
            "block_actions",
            **self._place(person, Pressed(block, block["element"], view=view)),
        )
        chosen = {key: value for key, value in held.items() if key != "type"}
        payload["actions"] = [payloads.action_part(block, block["element"], at=self._now(), **chosen)]
        ident = block["element"]["action_id"]
        return await self.sending.send(person, Sent("block_actions", ident, payload, view))

    def _place(self, person: PersonSpec, pressed: Pressed) -> Json:
        """Where it was pressed: the message with its channel, or the view with its state."""
        if pressed.view is not None:
            root = pressed.view.id if pressed.view.given["type"] == "modal" else None
            trigger = self.workspace.new_trigger(person.id, view_id=root, channel=pressed.view.here)
            container = payloads.view_container(pressed.view)
            return {"container": container, "view": pressed.view.payload(), "trigger_id": trigger}
        channel, message = pressed.channel, pressed.message
        if channel is None or message is None:
            raise ValueError("a press is in a view or in a message")
        return {
            "container": payloads.message_container(channel, message),
            "channel": payloads.channel_part(channel),
            "message": payloads.message_part(self.workspace.spec, message),
            "state": {"values": _nested(self.message_states(person.id, message))},
            "trigger_id": self.workspace.new_trigger(person.id, channel=channel.id),
            "response_url": self.response_url("actions", person, channel, message),
        }

    def message_states(self, user: str, message: Message) -> dict[inputs.Key, Json]:
        """What this person picked in the message's own selects and inputs."""
        picked = self.workspace.picks.get((user, message.ts), {})
        return inputs.carry_over(picked, message.blocks)

    def _hold_choice(self, person: PersonSpec, pressed: Pressed) -> Json:
        """Keep what was picked in a menu; returns what the action says of it."""
        if pressed.held is not None:
            self.hold(person, pressed)
            return {key: value for key, value in pressed.held.items() if key != "type"}
        if pressed.option is None:
            return {}
        if not pressed.keeps_choice:
            return {"selected_option": pressed.option}
        states = self._states(person, pressed)
        chosen = pressed.chosen_from(states.get(pressed.key))
        states[pressed.key] = inputs.state(pressed.element, chosen)
        return {inputs.VALUE_KEYS[pressed.element["type"]]: chosen}

    def hold(self, person: PersonSpec, pressed: Pressed) -> None:
        """Keep what was typed or picked; the app is not told."""
        if pressed.held is not None:
            self._states(person, pressed)[pressed.key] = pressed.held

    async def suggest(self, person: PersonSpec, pressed: Pressed, typed: str) -> list[Json]:
        """Ask the app for the options of an external select; empty when it has no good answer."""
        place = self._place(person, pressed)
        place.pop("trigger_id")
        ident = pressed.element["action_id"]
        more = {"action_id": ident, "block_id": pressed.block["block_id"], "value": typed, **place}
        payload = payloads.interaction(self.workspace.spec, person, "block_suggestion", **more)
        answer = (await self.courier.deliver("block_suggestion", ident, person.name, payload)).answer
        if not isinstance(answer, dict):
            return []
        return inputs.options_of(answer)

    def _states(self, person: PersonSpec, pressed: Pressed) -> dict[inputs.Key, Json]:
        if pressed.view is not None:
            return pressed.view.states
        if pressed.message is None:
            raise ValueError("a press is in a view or in a message")
        states = self.message_states(person.id, pressed.message)
        self.workspace.picks[(person.id, pressed.message.ts)] = states
        return states

    async def submit(self, person: PersonSpec, **how: Any) -> Outcome:
        """Press Submit. What Slack's client would refuse stays in the modal and is not sent."""
        view = self.open_view(person)
        if not view.given.get("submit"):
            raise KeyError("this modal has no submit button")
        view.trouble, view.errors = None, view.complaints()
        if view.errors:
            return Outcome("refused", "; ".join(sorted(set(view.errors.values()))))
        payload = payloads.interaction(
            self.workspace.spec,
            person,
            "view_submission",
            view=view.payload(),
            trigger_id=self.workspace.new_trigger(person.id, view_id=view.id, channel=view.here),
            response_urls=self._chosen_response_urls(person, view),
        )
        ident = str(view.given.get("callback_id") or "")
        return await self.sending.send(person, Sent("view_submission", ident, payload, view), **how)

    async def close(self, person: PersonSpec, *, everything: bool = False) -> Outcome:
        """Leave the top modal (or the whole stack by its X); the app hears of it where it asked to."""
        view = self.open_view(person)
        stack = self.workspace.stacks[person.id]
        cleared = everything or bool(view.given.get("clear_on_close"))
        gone = list(stack) if cleared else [view]
        self.workspace.stacks[person.id] = [open_view for open_view in stack if open_view not in gone]
        outcome = Outcome("ok")
        for closed in reversed(gone):
            if closed.given.get("notify_on_close"):
                payload = payloads.interaction(
                    self.workspace.spec, person, "view_closed", view=closed.payload(), is_cleared=cleared
                )
                ident = str(closed.given.get("callback_id") or "")
                outcome = await self.sending.send(person, Sent("view_closed", ident, payload, closed))
        return outcome

    def open_view(self, person: PersonSpec) -> View:
        view = self.workspace.top(person.id)
        if view is None:
            raise KeyError(f"{person.name} has no modal open")
        return view

    def say(self, person: PersonSpec, text: str, channel: Channel, *, thread_ts: str | None = None) -> Message:
        """Post a message; Slack hands the app the text with &, < and > escaped and with mentions as ids.

        The app hears of it where it subscribed and is a member.
        """
        written = self._mentioning(escape(text))
        message = self.workspace.post(channel, user=person.id, text=written, thread_ts=thread_ts)
        if self.workspace.spec.bot_user_id in channel.members:
            self.events.said(message, channel)
        self.events.linked(message, channel)
        return message

    def _mentioning(self, text: str) -> str:
        """Turn @handles of this workspace into mentions; others stay words."""
        ids = {person.name: person.id for person in self.workspace.people.values()}
        ids[self.workspace.spec.app_name] = self.workspace.spec.bot_user_id
        return _HANDLE.sub(lambda at: f"<@{ids[at[1]]}>" if at[1] in ids else at[0], text)

    def response_url(self, kind: str, person: PersonSpec, channel: Channel, message: Message | None = None) -> str:
        key = self.workspace.new_id("R")
        ts = message.ts if message else None
        expires = self.workspace.clock.time() + _RESPONSE_URL_SECONDS
        self.workspace.response_urls[key] = ResponseUrl(person.id, channel.id, expires, ts)
        return f"{self.base_url}/respond/{kind}/{self.workspace.spec.team_id}/{key}"

    def _now(self) -> str:
        return payloads.action_ts(self.workspace.clock.time())

    def _chosen_response_urls(self, person: PersonSpec, view: View) -> list[Json]:
        found = []
        for block in view.input_blocks():
            chosen = inputs.value_of(view.held(block))
            if block["element"].get("response_url_enabled") and chosen in self.workspace.channels:
                found.append(
                    {
                        "block_id": block["block_id"],
                        "action_id": block["element"]["action_id"],
                        "channel_id": chosen,
                        "response_url": self.response_url("app", person, self.workspace.channels[chosen]),
                    }
                )
        return found


def _nested(states: dict[inputs.Key, Json]) -> Json:
    values: dict[str, Json] = {}
    for (block_id, action_id), held in states.items():
        values.setdefault(block_id, {})[action_id] = held
    return values
