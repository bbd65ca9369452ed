"""Hooks: make one, say what its calls call what, try that on an example, take what it hands in, tell it the outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Origin
from bot.domain.decision import Status
from bot.domain.draft import Content, Source, read
from bot.domain.hook import (
    FIELDS,
    PATH_LENGTH,
    PRESETS,
    Handed,
    Hook,
    Kind,
    Note,
    Secrets,
    check_name,
    check_secret,
    handed,
    is_address_of,
    note,
    owner_among,
)
from bot.domain.reply import ticket
from bot.domain.team import Actor, Member, may_edit_team
from bot.domain.text import one_line
from bot.errors import Conflict, NotAllowed
from bot.keyring import KeyLost, Keyring
from bot.services import draft as drafts
from bot.services.sealing import needed, new_secret
from bot.store import audit, dossier, draft, hook, team
from bot.store.db import Db, autocommit, run_tx
from bot.store.hook import Sealed

ONLY_ADMINS = "Only somebody who may decide any amount can look after hooks. /decide setup shows who that is."


@dataclass(frozen=True)
class Known:
    """A hook that is called, with what opens it."""

    hook: Hook
    secrets: Secrets = field(repr=False)


@dataclass(frozen=True)
class Change:
    """What the page of a hook says."""

    name: str
    mapping: Mapping[str, str]
    fallback_id: UUID | None
    reply_base: str
    reply_as: str
    reply_secret: str = field(default="", repr=False)
    """Empty: the one that it has."""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Preview:
    """What an example would make, and for whom."""

    content: Content
    owner: str
    reference: str
    link: str | None


# --- Looking after hooks.


async def every(db: Db, by: By) -> list[Sealed]:
    """Those of the team. Raises NotAllowed."""
    _check_admin(by)
    return await run_tx(db, lambda c: hook.of_team(c, by.team.id))


async def get(db: Db, by: By, hook_id: UUID) -> Sealed:
    """Raises NotAllowed, NotFound."""
    _check_admin(by)
    return await run_tx(db, lambda c: hook.get(c, hook_id, team_id=by.team.id))


def _check_admin(by: By) -> None:
    if not may_edit_team(by.member, is_workspace_admin=False):
        raise NotAllowed(ONLY_ADMINS)


async def make(db: Db, by: By, keyring: Keyring | None, *, name: str, kind: Kind, secret: str) -> Known:
    """secret: of Zendesk and Intercom the one that they show; the generic kind gets one here, which is shown once.

    Raises NotAllowed, Invalid, and Conflict where there is no key or the plan allows no more.
    """
    _check_admin(by)
    ring = needed(keyring)
    made = _new(by, check_name(name), kind)
    opened = Secrets(new_secret() if kind is Kind.GENERIC else check_secret(secret))

    async def work(c: AsyncConnection) -> None:
        await team.take_turns(c, by.team.id)
        if why := by.plan.no_hook(by.team, len(await hook.of_team(c, by.team.id))):
            raise Conflict(why)
        await hook.add(c, made, _sealed(ring, made.id, opened))
        await _write(c, by, "hook.made", made, kind=kind.value)

    await run_tx(db, work)
    return Known(made, opened)


def _new(by: By, name: str, kind: Kind) -> Hook:
    return Hook(uuid4(), by.team.id, by.actor.workspace_id, name, kind, PRESETS[kind], by.member.id, None, "")


async def change(db: Db, by: By, keyring: Keyring | None, hook_id: UUID, said: Change) -> None:
    """Raises Invalid with the field, and as `get` does."""
    _check_admin(by)
    ring = needed(keyring)

    async def work(c: AsyncConnection) -> None:
        before = await hook.get(c, hook_id, team_id=by.team.id, lock=True)
        opened = _changed(_opened(ring, before), said, before.hook.kind)
        after = await _after(c, by, before.hook, said, opened)
        values = {name: getattr(after, name) for name in ("name", "mapping", "fallback_id", "reply_base", "reply_as")}
        await hook.change(c, hook_id, {**values, **_sealed(ring, hook_id, opened)})
        await _write(c, by, "hook.changed", after)

    await run_tx(db, work)


async def _after(c: AsyncConnection, by: By, before: Hook, said: Change, opened: Secrets) -> Hook:
    people = await team.active_members(c, team_id=by.team.id, workspace_id=before.workspace_id)
    is_known = said.fallback_id in {one.id for one in people}
    after = replace(
        before,
        name=check_name(said.name),
        mapping=clean_mapping(said.mapping),
        fallback_id=said.fallback_id if is_known else before.fallback_id,
        reply_base=said.reply_base.strip().rstrip("/") or None,
        reply_as=said.reply_as.strip(),
        has_reply_secret=bool(opened.reply),
    )
    after.check()
    return after


def _changed(before: Secrets, said: Change, kind: Kind) -> Secrets:
    typed = said.secret if kind is not Kind.GENERIC else ""
    return Secrets(check_secret(typed) if typed else before.secret, said.reply_secret.strip() or before.reply)


def clean_mapping(typed: Mapping[str, str]) -> dict[str, str]:
    """Our fields with paths, without those that are left empty."""
    paths = {name: one_line(typed.get(name, ""))[:PATH_LENGTH] for name in FIELDS}
    return {name: path for name, path in paths.items() if path}


async def remove(db: Db, by: By, hook_id: UUID) -> None:
    """Its address answers nobody any more; drafts that came by it stay."""
    _check_admin(by)

    async def work(c: AsyncConnection) -> None:
        found = await hook.get(c, hook_id, team_id=by.team.id, lock=True)
        await hook.remove(c, hook_id)
        await _write(c, by, "hook.removed", found.hook)

    await run_tx(db, work)


async def _write(c: AsyncConnection, by: By, line: str, about: Hook, **details: str) -> None:
    said = {"team": str(by.team.id), "hook": str(about.id), **details}
    await audit.write(c, line, by=by.member.id, details=said, origin=by.origin)


async def people(db: Db, by: By) -> list[Member]:
    """Who may be the one that gets what names no owner."""
    return await run_tx(db, lambda c: team.active_members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id))


def tried(about: Hook, mapping: Mapping[str, str]) -> Hook:
    """The hook with another table, for `preview`."""
    return replace(about, mapping=clean_mapping(mapping))


async def preview(db: Db, by: By, about: Hook, body: Mapping[str, Any]) -> Preview:
    """What a call like this one would make. Nothing is kept."""
    said = handed(about, body, event_id="of the call itself")
    owner, why = await run_tx(db, lambda c: _owner(c, about, said.owner))
    content = _content(said, why, by.team.currency)
    return Preview(content, owner.member.name, said.reference, said.link)


# --- A call.


async def find(db: Db, keyring: Keyring | None, hook_id: UUID) -> Known | None:
    """None for one that is unknown, or whose secrets no key opens."""
    found = await autocommit(db, lambda c: hook.find(c, hook_id))
    if found is None or keyring is None:
        return None
    try:
        return Known(found.hook, _opened(keyring, found))
    except KeyLost:
        return None


async def hand_in(db: Db, about: Hook, body: Mapping[str, Any], *, event_id: str, origin: Origin) -> drafts.Made | None:
    """A draft for the owner whom the call names; None where its table finds nothing to decide about in it.

    Raises Conflict where nobody of the team could be told.
    """
    said = handed(about, body, event_id=event_id)
    if said.is_empty:
        return None
    owner, why = await run_tx(db, lambda c: _owner(c, about, said.owner))
    return await drafts.make(
        db,
        owner,
        source=Source(about.source_key, about.name),
        reference=said.reference,
        content=_content(said, why, owner.team.currency),
        link=said.link,
        reply_to=said.reply_to,
        origin=origin,
    )


def _content(said: Handed, why: str | None, currency: str) -> Content:
    content = read(said.given, currency=currency)
    lacks = [f"Nothing was found for the {name}." for name in ("title", "customer") if not getattr(content, name)]
    return replace(content, unread=(*content.unread, *lacks, *([why] if why else [])))


async def _owner(c: AsyncConnection, about: Hook, email: str) -> tuple[Actor, str | None]:
    """(who gets it, why it is not who was named): the member with this address; else the hook's own choice, else who
    may decide most. Raises Conflict where nobody can be told in Slack."""
    its_team = await team.get_team(c, about.team_id)
    found = await team.active_members(c, team_id=about.team_id, workspace_id=about.workspace_id)
    chosen = owner_among([one for one in found if one.slack_user_id], about, email)
    if chosen is None or chosen.slack_user_id is None:
        raise Conflict(f"Nobody of {its_team.name} can be told in Slack. Somebody of it has to use /decide there once.")
    actor = Actor(chosen, its_team, about.workspace_id, chosen.slack_user_id)
    if not email or is_address_of(chosen, email):
        return actor, None
    return actor, f"“{email[:100]}” is no member of {its_team.name} who can be told, so it came to you."


async def used(db: Db, about: Hook, day: date) -> None:
    """That something came by it on that day."""
    await autocommit(db, lambda c: hook.used(c, about.id, day))


# --- The outcome.


async def read_note(db: Db, keyring: Keyring | None, *, hook_id: UUID, draft_id: UUID) -> Note | None:
    """What goes back to the ticket now; None where the choice was taken back, or there is no way back any more.

    Raises KeyLost.
    """

    async def work(c: AsyncConnection) -> Note | None:
        sealed, came = await hook.find(c, hook_id), await draft.find(c, draft_id)
        if sealed is None or came is None or came.decision_id is None:
            return None
        found = await dossier.get(c, team_id=came.team_id, decision_id=came.decision_id)
        if found.decision.status is not Status.RESOLVED:
            return None
        if keyring is None:
            raise KeyLost(sealed.key_id)
        opened, number = _opened(keyring, sealed), found.decision.number
        return note(sealed.hook, opened, came.reference, reply_to=came.reply_to, text=ticket(found), number=number)

    return await run_tx(db, work)


# --- Keys.


def _sealed(keyring: Keyring, hook_id: UUID, opened: Secrets) -> dict[str, object]:
    """Both by the newest key."""
    reply = keyring.seal(opened.reply, row=hook_id, column="reply_secret") if opened.reply else None
    secret = keyring.seal(opened.secret, row=hook_id, column="secret")
    return {"secret": secret, "reply_secret": reply, "key_id": keyring.newest}


def _opened(keyring: Keyring, found: Sealed) -> Secrets:
    """Raises KeyLost."""
    row, key_id = found.hook.id, found.key_id
    secret = keyring.open(found.secret, key_id=key_id, row=row, column="secret")
    if found.reply_secret is None:
        return Secrets(secret)
    return Secrets(secret, keyring.open(found.reply_secret, key_id=key_id, row=row, column="reply_secret"))


async def rotate_keys(db: Db, keyring: Keyring) -> int:
    """Encrypt every hook's secrets by the newest key, as far as one is here that opens them; how many."""
    ids = await run_tx(db, lambda c: hook.sealed_otherwise(c, key_id=keyring.newest))
    return sum([await run_tx(db, partial(_seal_anew, keyring=keyring, hook_id=hook_id)) for hook_id in ids])


async def _seal_anew(c: AsyncConnection, keyring: Keyring, hook_id: UUID) -> int:
    found = await hook.find(c, hook_id, lock=True)
    if found is None or found.key_id not in keyring.ids:
        return 0
    await hook.change(c, hook_id, _sealed(keyring, hook_id, _opened(keyring, found)))
    return 1


async def lost_keys(db: Db, keyring: Keyring) -> dict[str, int]:
    """Names of keys that are not here -> how many hooks need them."""
    in_use = await run_tx(db, hook.keys_in_use)
    return {key_id: count for key_id, count in in_use.items() if key_id not in keyring.ids}


async def forget_key(db: Db, key_id: str) -> int:
    """Remove the hooks that only a lost key opens."""
    return await run_tx(db, lambda c: hook.forget_key(c, key_id))
