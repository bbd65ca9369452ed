"""A step of Workflow Builder that has a customer decided about: what it is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bot.domain.decision import (
    CUSTOMER_LENGTH,
    DECISION_TYPES,
    DESCRIPTION_LENGTH,
    TITLE_LENGTH,
    URGENCY,
    Case,
    Dossier,
    Status,
)
from bot.domain.team import SlackUser
from bot.domain.text import one_line
from bot.errors import Invalid

STEP = "decide_about_customer"
"""The function's id in the manifest."""
INPUTS = ("title", "description", "customer", "type", "urgency", "channel", "owner")
OUTPUTS = ("number", "status", "chosen_option", "permalink")
NORMAL = 3


@dataclass(frozen=True)
class Request:
    """One run of the step. All texts are as somebody, or another step, has filled them in."""

    execution_id: str
    """Slack's id of the run, which its answer names."""
    workspace_id: str
    title: str
    description: str
    customer: str
    type: str
    urgency: str
    channel: str
    owner: str
    """A Slack user."""

    @classmethod
    def of(cls, execution_id: str, workspace_id: str, inputs: Mapping[str, Any]) -> Self:
        given = {name: str(inputs.get(name) or "").strip() for name in INPUTS}
        return cls(execution_id, workspace_id, **given)

    @property
    def user(self) -> SlackUser:
        return SlackUser(self.workspace_id, self.owner)

    @property
    def channel_id(self) -> str | None:
        """None: no card is posted. A direct message is never the place for one."""
        return self.channel if self.channel.startswith(("C", "G")) else None

    @property
    def urgency_level(self) -> int:
        """Raises Invalid where something else than 1 to 5 was given."""
        if not self.urgency:
            return NORMAL
        if not self.urgency.isdecimal() or int(self.urgency) not in URGENCY:
            raise Invalid("The urgency of the step has to be a whole number from 1 (whenever) to 5 (critical).")
        return int(self.urgency)

    @property
    def decision_type(self) -> str:
        """By its key or its name. Raises Invalid, which names all six."""
        for key, label in DECISION_TYPES.items():
            if self.type.casefold() in (key, label.casefold()):
                return key
        raise Invalid(f"The type of the step has to be one of: {', '.join(DECISION_TYPES.values())}.")

    def case(self, decide_by: datetime) -> Case:
        """What is to be decided. Raises Invalid where something is missing."""
        title, customer = one_line(self.title)[:TITLE_LENGTH], one_line(self.customer)[:CUSTOMER_LENGTH]
        for name, text in (("title", title), ("customer", customer)):
            if not text:
                raise Invalid(f"The step needs a {name}.")
        return Case(
            decision_type=self.decision_type,
            customer_name=customer,
            title=title,
            description=self.description[:DESCRIPTION_LENGTH] or title,
            urgency_level=self.urgency_level,
            expected_resolution_date=decide_by,
        )


@dataclass(frozen=True)
class Ending:
    """What Slack is told of a run: it succeeded with these outputs, or failed with a sentence."""

    outputs: Mapping[str, str]
    error: str | None = None


def ending(found: Dossier) -> Ending | None:
    """None while the decision is not over, which a decision may come back to be."""
    if found.decision.status is Status.CANCELLED:
        reason = one_line(found.decision.cancel_reason or "no reason")
        return Ending({}, f"{found.decision.name} was cancelled: {reason}")
    if found.decision.status is not Status.RESOLVED or found.outcome is None:
        return None
    option = found.option(found.outcome.selected_option_id)
    link = (found.card.permalink if found.card else None) or ""
    given = (str(found.decision.number), found.decision.status.value, option.title if option else "", link)
    return Ending(dict(zip(OUTPUTS, given, strict=True)))
