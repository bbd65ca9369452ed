"""Webhooks: of which events a team's endpoints are told, when an attempt is repeated, and to what addresses it may go.

By the Standard Webhooks specification. There is no event for a ballot, and none for a change of a case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from bot.domain.option import Option
from bot.domain.outcome import Answer
from bot.domain.team import Member, may_edit_team
from bot.errors import Invalid, NotAllowed

RETRIES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 5 * 60, 30 * 60, *(3600 * hours for hours in (2, 5, 10, 14, 20, 24)))
)
"""After the first attempt, which is made at once: how long after each failed one the next is made."""
LONGEST_WAIT = timedelta(days=1)
"""However long the other side asks us to wait by Retry-After."""
EXHAUSTED_AT_MOST = 3
"""So many deliveries in a row to which no attempt got through, and the endpoint is disabled."""
ROTATES_IN = timedelta(hours=24)
"""How long both secrets sign after a rotation."""
LOG_KEPT = 200
"""Attempts of one endpoint that its log shows."""
LABEL_LENGTH, URL_LENGTH = 80, 2000

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Event(StrEnum):
    """The value is the `type` of what is sent."""

    CREATED = "decision.created"
    OPENED = "round.opened"
    CLOSED = "round.closed"
    PUBLISHED = "result.published"
    RESOLVED = "decision.resolved"
    RECORDED = "outcome.recorded"
    CANCELLED = "decision.cancelled"
    OVERDUE = "decision.overdue"


TEST = "webhook.test"
"""The type of what the test button sends; nobody subscribes to it."""
_OF_LINE = {
    "decision.opened": Event.CREATED,
    "round.opened": Event.OPENED,
    "round.closed": Event.CLOSED,
    "round.published": Event.PUBLISHED,
    "decision.resolved": Event.RESOLVED,
    "outcome.recorded": Event.RECORDED,
    "outcome.answered": Event.RECORDED,
    "decision.cancelled": Event.CANCELLED,
}


def event_of(line: str, details: Mapping[str, object]) -> Event | None:
    """What a line of the trail is to those outside; None for most. That it is too early to say how it turned out
    records nothing."""
    return None if details.get("answer") == Answer.EARLY else _OF_LINE.get(line)


class Why(StrEnum):
    """Why an endpoint is disabled."""

    GONE = "gone"
    EXHAUSTED = "exhausted"
    BY_HAND = "by_hand"
    KEY_LOST = "key_lost"


@dataclass(frozen=True)
class Endpoint:
    """Where a team is told. Its secret is in the database alone, encrypted."""

    id: UUID
    team_id: UUID
    owner_id: UUID
    """Who added it, and is told when it is disabled."""
    label: str
    url: str
    events: tuple[Event, ...]
    created_at: datetime
    previous_until: datetime | None = None
    """Until when the secret from before the last rotation signs as well."""
    disabled_at: datetime | None = None
    disabled_why: Why | None = None


@dataclass(frozen=True)
class Draft:
    """An endpoint as typed."""

    label: str
    url: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Attempt:
    """One try at one delivery. The other side's words are not kept."""

    id: int
    delivery_id: int
    event: str
    number: int | None
    """Of the decision; None for a test."""
    attempt: int
    """Of this delivery, from 1."""
    at: datetime
    outcome: str
    """delivered, failed, gone, exhausted, or why nothing was sent: refused, disabled."""
    status: int | None
    """Of the answer, where there was one."""
    milliseconds: int

    @property
    def message(self) -> str:
        return message_id(self.delivery_id)


@dataclass(frozen=True)
class Choice:
    """What was decided, for whoever carries it out: the option, what it may cost, and why."""

    option: Option
    currency: str
    reason: str


def message_id(delivery_id: int) -> str:
    """The `webhook-id`: the same with every attempt, and with a replay."""
    return f"msg_{delivery_id}"


def lane(endpoint_id: UUID, decision_id: UUID | None) -> str:
    """Of one decision events arrive in their order; other decisions and endpoints do not wait for them."""
    return f"webhook:{endpoint_id}:{decision_id or 'test'}"


def body(event: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": event, "timestamp": at.isoformat(), "data": dict(data)}


def about(
    decision_id: UUID, number: int, *, url: str | None, status: str, choice: Choice | None = None
) -> dict[str, Any]:
    """Of a decision what is sent: where it is and how it stands. Whoever wants more asks the API.

    choice: the only words of a case that are ever sent, with `decision.resolved`.
    """
    said = {"choice": _chosen(choice)} if choice else {}
    return {"id": str(decision_id), "number": number, "url": url, "status": status, **said}


def _chosen(choice: Choice) -> dict[str, Any]:
    cost = choice.option.financial_cost
    return {
        "option": str(choice.option.id),
        "title": choice.option.title,
        "reason": choice.reason,
        "cost": None if cost is None else f"{cost:.2f}",
        "currency": choice.currency,
        "effort": choice.option.implementation_effort,
        "risk": choice.option.risk_level,
    }


def wait(attempt: int, *, retries: Sequence[timedelta], asked: timedelta | None) -> timedelta | None:
    """How long after this failed attempt (from 1) the next one is made; None: it was the last.

    asked: what Retry-After says. It makes the wait longer, never shorter, and never longer than `LONGEST_WAIT`.
    """
    if attempt > len(retries):
        return None
    planned = retries[attempt - 1]
    return max(planned, min(asked, LONGEST_WAIT)) if asked else planned


def check_may(member: Member) -> None:
    """Raises NotAllowed."""
    if not may_edit_team(member, is_workspace_admin=False):
        raise NotAllowed("Webhooks are for those who may decide any amount. Ask one of them: Team shows who they are.")


def check_draft(*, label: str, url: str, events: Iterable[str], wall: "Wall") -> Draft:
    """As it is stored. Raises Invalid with the field."""
    name, chosen = " ".join(label.split()), frozenset(events)
    if not 1 <= len(name) <= LABEL_LENGTH:
        raise Invalid(f"Give the webhook a name of 1 to {LABEL_LENGTH} characters: what it leads to.", field="label")
    unknown = sorted(chosen - set(Event))
    if unknown or not chosen:
        raise Invalid(f"Choose at least one of these events: {', '.join(Event)}.", field="events")
    return Draft(name, wall.checked(url.strip()), tuple(event for event in Event if event in chosen))


# --- Addresses.

_INSIDE: tuple[Network, ...] = (
    ip_network("192.0.0.0/24"),  # protocol assignments; 192.0.0.192 tells one cloud's machines about themselves
    ip_network("192.88.99.0/24"),  # relays that are no more
    ip_network("168.63.129.16/32"),  # tells another cloud's machines, at an address that looks public
    ip_network("2001::/32"),  # tunnels to IPv4, as the next one
    ip_network("2002::/16"),
    ip_network("fec0::/10"),  # local by an old rule
)
"""What is not public although `is_global` of some Python says so."""
_NEVER = frozenset(' "<>\\^`{|}')
"""Characters that stand in no URL."""
_NAT64 = ip_network("64:ff9b::/96")
_V4_BITS = 0xFFFF_FFFF


@dataclass(frozen=True)
class Wall:
    """Which addresses a webhook may reach: those of the public internet, and those that the operator allows."""

    allow: tuple[Network, ...] = ()

    def lets(self, address: Address, *, is_https: bool) -> bool:
        """Without TLS to what the operator allows alone."""
        meant = _meant(address)
        if any(meant in network for network in self.allow if network.version == meant.version):
            return True
        return is_https and _is_public(meant)

    def checked(self, url: str) -> str:
        """The URL, where it can be one of ours. A name is looked up at each attempt, not here. Raises Invalid."""
        parts = _split(url)
        if parts.username is not None or parts.fragment:
            raise Invalid("Leave out what stands before @ or behind #: requests are signed.", field="url")
        self._check_way(parts.hostname or "", is_https=parts.scheme == "https")
        return url

    def _check_way(self, host: str, *, is_https: bool) -> None:
        if not is_https and not self.allow:
            raise Invalid("Use https://. Without it webhooks go only where CONCLAVE_WEBHOOK_ALLOW leads.", field="url")
        address = literal(host)
        if address and not self.lets(address, is_https=is_https):
            raise Invalid(
                "This address is not one of the public internet. Whoever runs Conclave can allow it with "
                "CONCLAVE_WEBHOOK_ALLOW.",
                field="url",
            )


def _split(url: str) -> SplitResult:
    """Raises Invalid for what is no address of the web."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _not_a_url() from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0 or not _is_plain(url):
        raise _not_a_url()
    return parts


def _is_plain(url: str) -> bool:
    return len(url) <= URL_LENGTH and url.isascii() and url.isprintable() and _NEVER.isdisjoint(url)


def _not_a_url() -> Invalid:
    return Invalid(
        f"Give an address such as https://example.com/conclave, of at most {URL_LENGTH} characters.", field="url"
    )


def literal(host: str) -> Address | None:
    """The address that stands in place of a name; None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one is another way to write, or leads to."""
    if isinstance(address, IPv4Address):
        return address
    return IPv4Address(int(address) & _V4_BITS) if address in _NAT64 else address.ipv4_mapped or address


def _is_public(address: Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_link_local
    inside = any(address in network for network in _INSIDE if network.version == address.version)
    return address.is_global and not special and not inside
