"""A hook: the address at which another system hands tickets in, what it calls what, and where the outcome goes back.

Pure: signatures are checked from secret, headers and bytes; nothing here is parsed before that.
"""

import base64
import hashlib
import hmac
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from bot.domain.draft import READERS, SAID
from bot.domain.team import Member
from bot.domain.text import clean, one_line
from bot.errors import Invalid

NAME_LENGTH, PATH_LENGTH, SECRET_LENGTH, ADDRESS_LENGTH = 80, 200, 500, 500
OLD = timedelta(minutes=5)
"""How far the time of a signature may be from ours, in both directions."""
PREFIX = "whsec_"
"""Of secrets that we make, as the Standard Webhooks specification writes them."""
FIXED = "="
"""A path that begins so is no path: what follows is the value."""
REFERENCE_LENGTH = 200


class Kind(StrEnum):
    GENERIC = "generic"
    ZENDESK = "zendesk"
    INTERCOM = "intercom"

    @property
    def label(self) -> str:
        return {"generic": "Any other system", "zendesk": "Zendesk", "intercom": "Intercom"}[self.value]


FIELDS: Mapping[str, str] = MappingProxyType(
    {
        **{name: SAID[name][:1].upper() + SAID[name][1:] for name in READERS},
        "owner": "Owner's e-mail",
        "reference": "The ticket's own number or id",
        "link": "The ticket's address",
        "reply_to": "Where the outcome is posted to",
    }
)
"""What a hook's table has a row for, as people read it."""

PRESETS: Mapping[Kind, Mapping[str, str]] = MappingProxyType(
    {
        Kind.GENERIC: {name: name for name in FIELDS},
        Kind.ZENDESK: {
            "title": "ticket.subject",
            "description": "ticket.description",
            "customer": "ticket.organization",
            "customer_email": "ticket.requester_email",
            "urgency": "ticket.priority",
            "owner": "ticket.assignee_email",
            "reference": "ticket.id",
            "link": "ticket.url",
        },
        Kind.INTERCOM: {
            "title": "data.item.source.subject",
            "description": "data.item.source.body",
            "customer": "data.item.source.author.name",
            "customer_email": "data.item.source.author.email",
            "reference": "data.item.id",
            "link": "data.item.links.conversation_web",
        },
    }
)
"""Where each kind usually has it; a path such as "ticket.subject" or "items.0.name"."""


@dataclass(frozen=True)
class Secrets:
    """What lies encrypted."""

    secret: str = field(repr=False)
    """By which its calls are signed."""
    reply: str = field(default="", repr=False)
    """By which we may write into the other system: of Zendesk "agent@example.com/token:KEY", of Intercom a token."""


@dataclass(frozen=True)
class Hook:
    id: UUID
    team_id: UUID
    workspace_id: str
    """In which its owners are told."""
    name: str
    kind: Kind
    mapping: Mapping[str, str]
    fallback_id: UUID | None
    """Who gets what names no owner here; None once they were erased: then whoever may decide most."""
    reply_base: str | None
    """Where the other system is, "https://acme.zendesk.com"; None: the outcome does not go back there."""
    reply_as: str
    """Of Intercom: the id of the admin who writes the note."""
    has_reply_secret: bool = False

    @property
    def source_key(self) -> str:
        return f"hook:{self.id}"

    def check(self) -> None:
        """Raise Invalid, with the field, where the outcome could not go back as it is said here."""
        if not self.reply_base:
            return
        check_address(self.reply_base)
        if self.kind is not Kind.GENERIC and not self.has_reply_secret:
            raise Invalid(f"To write into {self.kind.label} it takes a token of its own.", field="reply_secret")
        if self.kind is Kind.INTERCOM and not self.reply_as.isdigit():
            raise Invalid("Intercom takes the id of the admin who writes the note, a number.", field="reply_as")


def check_name(typed: str) -> str:
    """Raises Invalid (field "name")."""
    name = one_line(typed)
    if not 0 < len(name) <= NAME_LENGTH:
        raise Invalid(f"Give the hook a name, of {NAME_LENGTH} characters at most.", field="name")
    return name


def check_secret(typed: str) -> str:
    """One that the other system gave. Raises Invalid (field "secret")."""
    secret = typed.strip()
    if not 8 <= len(secret) <= SECRET_LENGTH or not secret.isprintable():
        raise Invalid("Paste the secret that the other system shows for it.", field="secret")
    return secret


def check_address(typed: str) -> str:
    """Raises Invalid (field "reply_base"). Which machines may be reached is looked at when something is sent."""
    try:
        parts = urlsplit(typed)
        is_one = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or "@" in parts.netloc or len(typed) > ADDRESS_LENGTH or not typed.isprintable() or " " in typed:
        raise Invalid(
            "Give an address like https://example.com, without a name or a password in it.", field="reply_base"
        )
    return typed.rstrip("/")


# --- Who calls.


def is_signed(kind: Kind, secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> bool:
    """Whether who knows the secret has sent exactly these bytes; of Zendesk's calls also: at most five minutes ago.

    headers: names in small letters. The generic kind by a bearer secret alone; its signatures are the library's.
    """
    match kind:
        case Kind.ZENDESK:
            return _by_zendesk(secret, headers, body, now)
        case Kind.INTERCOM:
            signed = "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
            return _is_same(signed, headers.get("x-hub-signature", ""))
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and _is_same(secret, shown.strip())


def _by_zendesk(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """https://developer.zendesk.com/documentation/webhooks/verifying/"""
    said = headers.get("x-zendesk-webhook-signature-timestamp", "")
    signed = base64.b64encode(hmac.digest(secret.encode(), said.encode() + body, "sha256")).decode()
    is_right = _is_same(signed, headers.get("x-zendesk-webhook-signature", ""))
    return is_right and _is_young(said, now)


def _is_young(said: str, now: datetime) -> bool:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return False
    return abs(now - (at if at.tzinfo else at.replace(tzinfo=UTC))) <= OLD


def _is_same(expected: str, shown: str) -> bool:
    return hmac.compare_digest(expected.encode(), shown.encode("utf-8", "surrogateescape"))


def signature(secret: str, *, id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The headers that say who sends these bytes. Source: the Standard Webhooks specification, version 1."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = base64.b64encode(hmac.digest(key, f"{id}.{stamp}.".encode() + body, "sha256")).decode()
    return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signed}"}


# --- What it says.


@dataclass(frozen=True)
class Handed:
    """One call, by our own names."""

    given: Mapping[str, object]
    """For `draft.read`."""
    owner: str
    """An e-mail address; '' where none is said."""
    reference: str
    link: str | None
    reply_to: str | None
    """Of the generic kind: an address for this ticket alone."""

    @property
    def is_empty(self) -> bool:
        """Whether the table has found nothing that could be decided about."""
        return not any(_line(self.given.get(name)) for name in ("title", "description", "customer"))


def handed(hook: Hook, body: Mapping[str, Any], *, event_id: str) -> Handed:
    """event_id: what tells this call from others, where the ticket has no id of its own."""
    found = {name: value_at(body, hook.mapping.get(name, "")) for name in FIELDS}
    if hook.kind is Kind.INTERCOM:
        found = {name: without_tags(value) for name, value in found.items()}
    said = {name: _line(found[name]) for name in ("owner", "reference", "link", "reply_to")}
    return Handed(
        given={name: found[name] for name in READERS},
        owner=said["owner"],
        reference=(said["reference"] or event_id)[:REFERENCE_LENGTH],
        link=said["link"][:ADDRESS_LENGTH] or None,
        reply_to=(said["reply_to"][:ADDRESS_LENGTH] or None) if hook.kind is Kind.GENERIC else None,
    )


def value_at(body: Any, path: str) -> Any:
    """What stands at a path like "ticket.tags.0"; None where nothing does. "=refund_request" is that word itself."""
    if path.startswith(FIXED):
        return path.removeprefix(FIXED)
    found = body if path else None
    for step in path.split("."):
        if isinstance(found, list) and step.isdecimal() and len(step) < 5:
            found = found[int(step)] if int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found


_BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|li|h\d)>", re.IGNORECASE)
_TAGS = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)


def without_tags(value: Any) -> Any:
    """A text without HTML's marks, its paragraphs as lines."""
    if not isinstance(value, str):
        return value
    return html.unescape(_TAGS.sub("", _BREAKS.sub("\n", value))).strip()


def _line(value: object) -> str:
    is_said = isinstance(value, str | int) and not isinstance(value, bool)
    return one_line(clean(str(value))) if is_said else ""


def owner_among(people: Sequence[Member], hook: Hook, email: str) -> Member | None:
    """Who gets a draft: whoever has the address, else the hook's own choice, else who may decide most."""
    named = [one for one in people if is_address_of(one, email)]
    chosen = [one for one in people if one.id == hook.fallback_id]
    return next(iter([*named, *chosen]), None) or max(people, key=lambda one: one.authority, default=None)


def is_address_of(member: Member, email: str) -> bool:
    return bool(email) and member.email.casefold() == email.casefold()


# --- What goes back.


@dataclass(frozen=True)
class Note:
    """One request to the other system."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any]
    signs: str = field(default="", repr=False)
    """The secret to sign it by; '' where it is not signed."""


def note(hook: Hook, secrets: Secrets, reference: str, *, reply_to: str | None, text: str, number: int) -> Note | None:
    """text: what was decided, for colleagues alone. None where there is no way back to this ticket."""
    base = hook.reply_base
    if hook.kind is Kind.GENERIC:
        url = reply_to or base
        told = {"type": "decision.resolved", "data": {"reference": reference, "decision": number, "note": text}}
        return Note("POST", url, {}, told, signs=secrets.secret) if url else None
    if not base or not secrets.reply or not reference.isdecimal():
        return None
    if hook.kind is Kind.ZENDESK:
        about = {"ticket": {"comment": {"body": text, "public": False}}}
        return Note("PUT", f"{base}/api/v2/tickets/{reference}.json", _authorization(secrets.reply), about)
    said = {
        "message_type": "note",
        "type": "admin",
        "admin_id": hook.reply_as,
        "body": html.escape(text).replace("\n", "<br>"),
    }
    headers = {**_authorization(secrets.reply), "Intercom-Version": "2.11"}
    return Note("POST", f"{base}/conversations/{reference}/reply", headers, said)


def _authorization(secret: str) -> Mapping[str, str]:
    """Zendesk's tokens of the API go with an agent's address; all others by themselves."""
    if ":" in secret:
        return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    return {"Authorization": f"Bearer {secret}"}
