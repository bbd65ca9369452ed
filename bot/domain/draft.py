"""A draft of a decision: what a ticket or a program proposes to decide, for one person to open or to put away.

No machine opens anything. What it says is read leniently: what does not fit becomes a sentence for the owner.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from bot.domain.decision import (
    CUSTOMER_LENGTH,
    DECISION_TYPES,
    DESCRIPTION_LENGTH,
    TIERS,
    TITLE_LENGTH,
    URGENCY,
    Case,
)
from bot.domain.money import parse_money
from bot.domain.option import OptionDraft
from bot.domain.text import clean, one_line
from bot.errors import BotError, Conflict

KEPT = timedelta(days=14)
"""How long a draft waits that nobody takes."""
REST_LENGTH = 6000
"""Of a text that is longer than its field, so much more is kept, for the owner to copy."""
NORMAL = 3
_URGENCIES = {"low": 2, "normal": 3, "medium": 3, "high": 4, "urgent": 5, "critical": 5}
"""What ticket systems call them."""
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ADDRESS_LENGTH = 254


class Status(StrEnum):
    WAITING = "waiting"
    OPENED = "opened"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class Source:
    """Who handed it in. The same reference from the same source is the same draft."""

    key: str
    """ "hook:<id>" or "token:<id>"."""
    name: str
    """As people read it: "Zendesk", the label of a token."""


@dataclass(frozen=True)
class Content:
    """What is proposed. Whatever is empty the owner fills in."""

    title: str = ""
    description: str = ""
    customer: str = ""
    customer_email: str | None = None
    customer_tier: str | None = None
    decision_type: str = ""
    urgency: int | None = None
    amount: Decimal | None = None
    """In the team's currency."""
    channel_id: str | None = None
    options: tuple[OptionDraft, ...] = ()
    """Added once the decision has been opened."""
    unread: tuple[str, ...] = ()
    """What did not fit, each a sentence."""
    rest: str = ""
    """What was longer than its field: the whole title, the end of the description."""

    @property
    def case(self) -> Case:
        """What the window "New decision" begins with."""
        return Case(
            decision_type=self.decision_type,
            customer_name=self.customer,
            title=self.title,
            description=self.description,
            customer_tier=self.customer_tier or "standard",
            customer_email=self.customer_email,
            urgency_level=self.urgency or NORMAL,
            financial_impact=self.amount,
        )

    @property
    def is_silent(self) -> bool:
        """Whether it says nothing of what the text alone may suggest."""
        return not (self.decision_type or self.urgency or self.amount is not None)

    @property
    def has_more(self) -> bool:
        """Whether it fills a field that the window "New decision" folds away."""
        return bool(self.customer_email or self.customer_tier)

    def to_json(self) -> dict[str, Any]:
        amount = None if self.amount is None else str(self.amount)
        options = [_option_to_json(one) for one in self.options]
        return {**vars(self), "amount": amount, "options": options, "unread": list(self.unread)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Names that are no field are passed over: an erased name may have been one."""
        amount, options = body.get("amount"), body.get("options") or ()
        known = {one.name: body[one.name] for one in fields(cls) if one.name in body}
        read = {"amount": Decimal(amount) if amount else None, "options": tuple(map(_option_from_json, options))}
        return cls(**{**known, **read, "unread": tuple(body.get("unread") or ())})


@dataclass(frozen=True)
class Draft:
    id: UUID
    team_id: UUID
    owner_id: UUID
    owner: str
    source: Source
    reference: str
    """What the source itself calls it: the number of a ticket."""
    link: str | None
    """The address of the ticket."""
    content: Content
    """Empty once it is opened or put away."""
    status: Status
    decision: str | None = None
    """ "#42": what was opened of it."""

    def check_waiting(self) -> None:
        """Raise Conflict where somebody has opened it, or put it away."""
        if self.status is Status.OPENED:
            raise Conflict(f"This was opened as {self.decision or 'a decision'} already. Use /decide list to find it.")
        if self.status is Status.DISMISSED:
            raise Conflict("This was put away as not needed. If it is needed after all, open it with /decide.")


def _option_to_json(one: OptionDraft) -> dict[str, Any]:
    cost = None if one.financial_cost is None else str(one.financial_cost)
    return {"title": one.title, "description": one.description, "cost": cost}


def _option_from_json(body: Mapping[str, Any]) -> OptionDraft:
    return OptionDraft(body["title"], body["description"], Decimal(body["cost"]) if body["cost"] else None)


# --- Reading what another system says.


@dataclass
class _Reading:
    """What was read so far."""

    read: dict[str, Any] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def read(given: Mapping[str, object], *, currency: str, options: Sequence[OptionDraft] = ()) -> Content:
    """given: by the names of `READERS`; a missing one is empty. Never raises: what does not fit is said in `unread`.

    Texts may be of any length, and values of any type that JSON has.
    """
    found = _Reading()
    for name, reader in READERS.items():
        typed = _text(found, name, given.get(name))
        if typed:
            reader(found, typed, currency)
    rest = "\n\n".join(found.rest)
    if len(rest) > REST_LENGTH:
        found.unread.append("The text was longer than is kept here; its end stands in the ticket alone.")
    return Content(**found.read, options=tuple(options), unread=tuple(found.unread), rest=rest[:REST_LENGTH])


def _text(found: _Reading, name: str, value: object) -> str:
    """As typed; '' for nothing. A list, an object or true is no value of a field."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        found.unread.append(f"The field {SAID[name]} is neither a text nor a number.")
        return ""
    return clean(str(value)).strip()


def _title(found: _Reading, typed: str, currency: str) -> None:
    line = one_line(typed)
    found.read["title"] = _cut(line, TITLE_LENGTH)
    if len(line) > TITLE_LENGTH:
        found.unread.append(f"The title was longer than {TITLE_LENGTH} characters; the whole of it stands below.")
        found.rest.append(line)


def _description(found: _Reading, typed: str, currency: str) -> None:
    found.read["description"] = typed[:DESCRIPTION_LENGTH]
    if len(typed) > DESCRIPTION_LENGTH:
        found.unread.append(f"The text was longer than {DESCRIPTION_LENGTH} characters; its end stands below.")
        found.rest.append(typed[DESCRIPTION_LENGTH:])


def _customer(found: _Reading, typed: str, currency: str) -> None:
    line = one_line(typed)
    found.read["customer"] = _cut(line, CUSTOMER_LENGTH)
    if len(line) > CUSTOMER_LENGTH:
        found.unread.append(f"The customer's name was longer than {CUSTOMER_LENGTH} characters.")
        found.rest.append(line)


def _email(found: _Reading, typed: str, currency: str) -> None:
    if len(typed) <= _ADDRESS_LENGTH and _ADDRESS.fullmatch(typed):
        found.read["customer_email"] = typed
    else:
        found.unread.append(f"“{_short(typed)}” is no e-mail address of a customer.")


def _tier(found: _Reading, typed: str, currency: str) -> None:
    _choose(found, "customer_tier", typed, TIERS, "tier of a customer")


def _type(found: _Reading, typed: str, currency: str) -> None:
    _choose(found, "decision_type", typed, DECISION_TYPES, "type of decision")


def _choose(found: _Reading, name: str, typed: str, words: Mapping[str, str], called: str) -> None:
    """By key or by label, in whatever case."""
    plain = one_line(typed).casefold().replace("_", " ").replace("-", " ")
    key = next((k for k, label in words.items() if plain in (k.replace("_", " "), label.casefold())), None)
    if key:
        found.read[name] = key
    else:
        found.unread.append(f"“{_short(typed)}” is no {called}; there are {', '.join(words.values())}.")


def _urgency(found: _Reading, typed: str, currency: str) -> None:
    plain = typed.casefold()
    level = int(plain) if plain in {str(one) for one in URGENCY} else _URGENCIES.get(plain)
    if level:
        found.read["urgency"] = level
    else:
        found.unread.append(f"“{_short(typed)}” is no urgency: 1 to 5, low, normal, high or urgent.")


def _amount(found: _Reading, typed: str, currency: str) -> None:
    try:
        found.read["amount"] = parse_money(typed, currency=currency, allow_negative=True)
    except BotError as refusal:
        found.unread.append(f"“{_short(typed)}” was not taken as the amount at stake. {refusal.message}")


def _channel(found: _Reading, typed: str, currency: str) -> None:
    if _CHANNEL.fullmatch(typed):
        found.read["channel_id"] = typed
    else:
        found.unread.append(f"“{_short(typed)}” is no id of a channel, which looks like C0123456789.")


def _short(typed: str) -> str:
    return _cut(one_line(typed), 60)


def _cut(line: str, length: int) -> str:
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


READERS: Mapping[str, Callable[[_Reading, str, str], None]] = {
    "title": _title,
    "description": _description,
    "customer": _customer,
    "customer_email": _email,
    "customer_tier": _tier,
    "type": _type,
    "urgency": _urgency,
    "amount": _amount,
    "channel": _channel,
}
"""By field how a text of another system is read into it."""
SAID = {
    "title": "title",
    "description": "what happened",
    "customer": "customer",
    "customer_email": "customer e-mail",
    "customer_tier": "customer tier",
    "type": "type",
    "urgency": "urgency",
    "amount": "amount",
    "channel": "channel",
}
