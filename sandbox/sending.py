"""Owns the sending of what a person did, and what they see of the app's answer or of its failure."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.answers import Answers
from sandbox.delivery import Courier
from sandbox.inputs import Json
from sandbox.records import Delivery
from sandbox.spec import PersonSpec
from sandbox.workspace import Workspace

Status = Literal["ok", "refused", "errors", "failed"]


@dataclass(frozen=True)
class Outcome:
    """'refused': the client sent nothing; 'errors': shown under inputs; 'failed': no good answer came."""

    status: Status
    error: str | None = None
    ack_ms: float = 0.0
    confirm: str | None = None


@dataclass(frozen=True)
class Sent:
    """A payload of a person. ident: its command or id. place: the view or the channel in which it was done."""

    kind: str
    ident: str
    payload: Json
    place: Any


class Sending:
    def __init__(self, workspace: Workspace, courier: Courier, answers: Answers) -> None:
        self.workspace = workspace
        self.courier = courier
        self.answers = answers
        self.last: dict[str, Sent] = {}
        """The last payload of each person, so that it can be sent again."""

    async def send(self, person: PersonSpec, sent: Sent, *, lose_answer: bool = False, copies: int = 1) -> Outcome:
        """Deliver (copies at once, as an impatient double press) and show the answers.

        lose_answer: the app does its work, the person sees what they see after three seconds of silence.
        """
        self.last[person.id] = sent
        self.workspace.notices.pop(person.id, None)
        deliveries = await asyncio.gather(
            *(self.courier.deliver(sent.kind, sent.ident, person.name, sent.payload) for _ in range(copies))
        )
        outcomes = [self._show(person, sent, _lost(d) if lose_answer else d) for d in deliveries]
        return outcomes[-1]

    async def again(self, person: PersonSpec) -> Outcome:
        """Deliver this person's last payload once more, byte for byte."""
        return await self.send(person, self.last[person.id])

    def _show(self, person: PersonSpec, sent: Sent, delivery: Delivery) -> Outcome:
        if delivery.error is None:
            delivery.error = self.answers.take(person, sent.kind, sent.place, delivery.answer)
        if delivery.error == "errors":
            delivery.error = None
            return Outcome("errors", "; ".join(sent.place.errors.values()), delivery.ack_ms)
        if delivery.error is not None:
            self.answers.show_failure(person, sent.kind, sent.ident, sent.place, delivery.error)
            return Outcome("failed", delivery.error, delivery.ack_ms)
        self.workspace.done.add((sent.kind, sent.ident))
        return Outcome("ok", None, delivery.ack_ms)


def _lost(delivery: Delivery) -> Delivery:
    delivery.error, delivery.answer = "operation_timeout", None
    return delivery
