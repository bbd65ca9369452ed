"""What people do in Slack: press, fill in, submit, and read what they are told."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sandbox.people import Answer, Message, Modal, Person
from sandbox.spec import PersonSpec
from tests.support.known import known
from tests.support.records import PATIENCE_SECONDS, Records

OWNER = "sarah"
WAITING = "One moment"


class Hands(Records):
    """The hands of everybody in a house."""

    def _slack(self, name: str) -> PersonSpec:
        return self.house.sandbox.town.workspace.person(name)

    def offer(self, name: str, action: str, value: object) -> str:
        """Lay a message with one button before a person, as an old card (or a forger) would; returns its label."""
        workspace = self.house.sandbox.town.workspace
        button, person = _button(action, value), self._slack(name)
        workspace.post(
            workspace.visible_channels(person.id)[0],
            user=self.house.sandbox.spec.bot_user_id,
            text="an old card",
            blocks=[{"type": "actions", "elements": [button]}],
            only_for=person.id,
        )
        return str(button["text"]["text"])

    def lay(self, name: str, action: str, value: object) -> str:
        """The same in the window that the person has open."""
        button = _button(action, value)
        view = known(self.house.sandbox.town.workspace.top(self._slack(name).id))
        view.blocks.append({"type": "actions", "block_id": "laid", "elements": [button]})
        return str(button["text"]["text"])

    async def press(self, name: str, action: str, value: object = None, **how: Any) -> Answer:
        """Press a button that may be long out of date; about the decision at hand by default."""
        person = self.house.person(name)
        if await person.modal():
            await person.close(everything=True)
        label = self.offer(name, action, self.decision_id if value is None else value)
        return await person.click(label, **how)

    async def told(self, name: str, action: str, value: object = None) -> str:
        """Press, and return the sentence that came back: in the window, or as a private message."""
        person = self.house.person(name)
        before = {m.ts for m in await person.messages()}
        answer = await self.press(name, action, value)
        assert answer.ok, answer
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            modal = await person.modal()
            if modal and WAITING not in modal.text:
                assert modal.callback_id == "notice", modal.text
                await person.close(everything=True)
                return modal.text
            new = [m for m in await person.messages() if m.ts not in before and m.text != "an old card" and m.ephemeral]
            if new:
                return new[-1].rendered
            await asyncio.sleep(0.02)
        raise AssertionError(f"{name} was told nothing. {await person.screen()}")

    async def window(self, name: str, action: str, value: object = None) -> Modal:
        """Press a button that opens a modal, and wait until it stands there."""
        answer = await self.press(name, action, value)
        assert answer.ok, answer
        return await self.modal(name)

    async def modal(self, name: str, *, at_least: str = "") -> Modal:
        """The top modal, once it has stopped loading (and shows this text)."""
        return await modal_of(self.house.person(name), at_least=at_least)

    async def submit(self, name: str, values: Mapping[str, Any], **how: Any) -> Answer:
        person = self.house.person(name)
        await person.fill(values)
        return await person.submit(**how)

    async def card(self, name: str = OWNER) -> str:
        """The card in the channel once all is delivered; there is exactly one."""
        await self.settled()
        (card,) = await self.cards(name)
        return card.rendered

    async def cards(self, name: str = OWNER) -> list[Message]:
        number = self.value("SELECT number FROM customer_decisions WHERE id = %s", self.decision_id)
        found = await self.house.person(name).messages()
        return [m for m in found if m.rendered.startswith(f"#{number} · ") and not m.ephemeral and not m.thread_ts]

    def check_deliveries(self) -> None:
        """Every payload was answered in time and well."""
        bad = [d.summary() for d in self.house.sandbox.deliveries() if d.status != 200 or d.error]
        assert bad == []


def _button(action: str, value: object) -> dict[str, Any]:
    text = {"type": "plain_text", "text": f"stale {uuid4().hex[:6]}"}
    return {"type": "button", "text": text, "action_id": action, "value": str(value)}


async def modal_of(person: Person, *, at_least: str = "", timeout: float = PATIENCE_SECONDS) -> Modal:
    """A person's top modal, once it has stopped loading (and shows this text)."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        modal = await person.modal()
        if modal and WAITING not in modal.text and at_least in modal.text:
            return modal
        await asyncio.sleep(0.02)
    raise AssertionError(f"{person.name} has no such window. {await person.screen()}")
