"""Set up a team, find the person behind a click, keep the roll of members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Origin
from bot.domain.plan import FIRST, Plans
from bot.domain.press import Press
from bot.domain.team import (
    ROLES,
    TOP_AUTHORITY,
    Actor,
    Keeper,
    Member,
    Profile,
    SlackUser,
    Team,
    from_outside,
    may_edit_team,
    who_edits,
)
from bot.errors import Invalid, NotAllowed, NotFound
from bot.services import closing
from bot.services import plan as plans_of
from bot.store import audit, decision, home, outbox, reminder, round, team
from bot.store import press as presses
from bot.store.db import Db, autocommit, run_tx

ANNOUNCE = "team.announce"
TENDED = "team.tended"
LANGUAGE = "team.language"
LANGUAGE_SECONDS = 17.0
"""Less than a delivery is given."""
TOLD_AT_MOST = 20
"""People who are told one by one, where their team has no channel; those with the most authority first."""
ONLY_MEMBERS = "Only full members of this workspace can be in a team, not guests or bots."


@dataclass(frozen=True)
class Fields:
    """The team's own fields as typed."""

    name: str
    company_name: str
    industry: str | None
    team_size: int
    currency: str
    broadcasts: bool = True
    language: str = "english"
    guests_score: bool = False

    def values(self) -> dict[str, object]:
        return {
            "name": self.name,
            "company_name": self.company_name,
            "industry": self.industry,
            "team_size": self.team_size,
            "currency": self.currency,
            "broadcasts": self.broadcasts,
            "language": self.language,
            "guests_score": self.guests_score,
        }


@dataclass(frozen=True)
class MemberFields:
    """What may be edited of a member."""

    name: str
    email: str
    role: str
    authority: int
    expertise_areas: tuple[str, ...]
    is_active: bool


async def find_actor(db: Db, user: SlackUser) -> Actor | None:
    """The member behind a Slack user; None for somebody unknown. Raises NotAllowed for an inactive member."""

    found = await autocommit(db, lambda c: team.find_by_identity(c, user))
    if found is None:
        return None
    member, its_team = found
    if not member.is_active:
        await run_tx(db, lambda c: _check_active(c, member, its_team))
    return Actor(member, its_team, user.workspace_id, user.user_id)


async def _check_active(c: AsyncConnection, member: Member, its_team: Team) -> None:
    if member.is_active:
        return
    people = await team.active_members(c, team_id=its_team.id, workspace_id=None)
    has_admin = any(may_edit_team(m, is_workspace_admin=False) for m in people)
    who = "Somebody there who may decide any amount" if has_admin else "An admin of this workspace"
    raise NotAllowed(
        f"You are an inactive member of {its_team.name}. {who} can make you active again with /decide setup."
    )


async def link_by_email(db: Db, profile: Profile) -> None:
    """Tie a Slack user to who they are in another workspace of their organisation, else to the member with the same
    address, inside teams that are bound to this workspace only."""
    await run_tx(db, lambda c: _link_by_email(c, profile))


async def _link_by_email(c: AsyncConnection, profile: Profile) -> None:
    member_id = await _find_seat(c, profile) if profile.is_person else None
    if member_id:
        await _link(c, member_id, profile)


async def _find_seat(c: AsyncConnection, profile: Profile) -> UUID | None:
    """The seat of somebody who has not met the bot in this workspace yet: one person has one in an organisation."""
    theirs = await team.find_in_organisation(c, SlackUser(profile.workspace_id, profile.user_id))
    if theirs or not profile.email:
        return theirs
    return await team.find_unlinked_by_email(c, workspace_id=profile.workspace_id, email=profile.email)


async def _link(c: AsyncConnection, member_id: UUID, profile: Profile) -> None:
    """The trail says who has taken whose seat: whoever has the address of a member takes it."""
    await team.link(c, member_id=member_id, profile=profile)
    details = {"member": str(member_id), "workspace": profile.workspace_id, "user": profile.user_id}
    await audit.write(c, "member.linked", details=details)


async def who_can_add(db: Db, workspace_id: str) -> tuple[bool, list[str]]:
    """(is there a team in this workspace, names of those who may add people to one)."""

    async def work(c: AsyncConnection) -> tuple[bool, list[str]]:
        names = await team.admins(c, workspace_id=workspace_id, authority=TOP_AUTHORITY)
        return await team.has_team(c, workspace_id), names

    return await run_tx(db, work)


@dataclass(frozen=True)
class Setup:
    """What `/decide setup` is about for one person."""

    about: Actor | None
    """The team; None where there is none yet, or where it has to be chosen."""
    teams: tuple[Team, ...] = ()
    """For an admin of the workspace: all that it may be about."""
    may_create: bool = False
    """Whether this person may make a team: nobody belongs to two."""


async def set_up_what(db: Db, profile: Profile, *, channel_id: str) -> Setup:
    """Which team this person may set up from this channel.

    A member's own; for an admin of the workspace that of the channel, then their own, then the only one there is.
    Raises NotAllowed for an inactive member and where somebody who is in no team may not make one here.
    """

    async def work(c: AsyncConnection) -> Setup:
        own = await _find_own(c, profile)
        if not profile.is_admin:
            if own is None:
                await _check_may_create(c, profile)
                return Setup(None, may_create=True)
            await _check_active(c, own.member, own.team)
            return Setup(own)
        teams = await team.of_workspace(c, profile.workspace_id)
        here = await team.in_channel(c, channel_id, among=[one.id for one in teams])
        about = _about(own, [one for one in teams if one.id in here] or teams, profile)
        return Setup(about, tuple(teams), may_create=own is None)

    return await run_tx(db, work)


async def may_make_another(db: Db, profile: Profile) -> None:
    """Raise NotAllowed where this person may not make one more team here."""

    async def work(c: AsyncConnection) -> None:
        own = await _find_own(c, profile)
        if own:
            raise NotAllowed(_in_a_team(own.team))
        await _check_may_create(c, profile)

    await run_tx(db, work)


def _in_a_team(its_team: Team) -> str:
    return f"You are a member of {its_team.name} already, and a person belongs to one team."


def _about(own: Actor | None, candidates: Sequence[Team], profile: Profile) -> Actor | None:
    if own and (own.team.id in {one.id for one in candidates} or len(candidates) != 1):
        return own
    return from_outside(candidates[0], profile) if len(candidates) == 1 else None


async def _find_own(c: AsyncConnection, profile: Profile) -> Actor | None:
    """As the member that this person is, active or not; they are linked by their address where that is new."""
    user = SlackUser(profile.workspace_id, profile.user_id)
    found = await team.find_by_identity(c, user)
    if found is None and profile.is_person:
        await _link_by_email(c, profile)
        found = await team.find_by_identity(c, user)
    return Actor(*found, *_ids(profile)) if found else None


async def find_keeper(db: Db, profile: Profile, *, team_id: UUID | None) -> Actor | None:
    """Who a window of setup is pressed by: a member of that team, or an admin of the workspace at whose home it is.

    team_id: None for the person's own. Returns None for somebody who is in no team, and no admin. Raises NotAllowed
    for an inactive member, and where the window is about a team that this person may not see.
    """

    async def work(c: AsyncConnection) -> Actor | None:
        own = await _find_own(c, profile)
        if own and team_id in (None, own.team.id):
            if not profile.is_admin:
                await _check_active(c, own.member, own.team)
            return own
        homes = await team.of_workspace(c, profile.workspace_id) if profile.is_admin else []
        found = next((one for one in homes if one.id == team_id), None)
        if found is None and own:
            raise NotAllowed("This window is about another team than yours. Use /decide setup again.")
        return from_outside(found, profile) if found else None

    return await run_tx(db, work)


async def _check_may_create(c: AsyncConnection, profile: Profile, *, is_first: bool = False) -> None:
    """`is_first`: nobody asked for one more team than there is, and there was none."""
    if not profile.is_person:
        raise NotAllowed(ONLY_MEMBERS)
    if await team.has_team(c, profile.workspace_id) and (is_first or not profile.is_admin):
        names = await team.admins(c, workspace_id=profile.workspace_id, authority=TOP_AUTHORITY)
        who = who_edits(names)
        who = f"{who[:1].upper()}{who[1:]}"
        raise NotAllowed(f"This workspace has a team already. {who} can add you to it with /decide setup.")


async def create(
    db: Db,
    *,
    profile: Profile,
    fields: Fields,
    role: str,
    domain: str | None,
    channel_id: str | None,
    press: Press,
    is_first: bool = False,
    tier: str = FIRST,
) -> Actor:
    """Make a team bound to the workspace; whoever sets it up gets the top authority, and the channel is told.

    `is_first`: refused where somebody has made one meanwhile, also to an admin, who may make one more on purpose.

    The same press again returns the same team; an edited one updates it.
    """

    async def work(c: AsyncConnection) -> Actor:
        await team.lock_workspace(c, profile.workspace_id)
        user = SlackUser(profile.workspace_id, profile.user_id)
        prior = await presses.find(c, press)
        found = await team.find_by_identity(c, user)
        if prior and found:
            if not prior.is_same:
                await team.update_team(c, found[1].id, fields.values())
                await presses.record(c, press, kind="team", made=found[1].id)
            return Actor(found[0], await team.get_team(c, found[1].id), *_ids(profile))
        if found:
            raise NotAllowed(_in_a_team(found[1]))
        await _check_may_create(c, profile, is_first=is_first)
        values = {**fields.values(), "subscription_tier": tier}
        team_id = await team.add_team(c, workspace_id=profile.workspace_id, domain=domain, values=values)
        member_id = await team.add_member(c, team_id=team_id, profile=profile, role=role, authority=TOP_AUTHORITY)
        await audit.write(c, "team.created", by=member_id, details={"team": str(team_id)})
        await presses.record(c, press, kind="team", made=team_id)
        if channel_id:
            await _announce(c, team_id=team_id, profile=profile, channel_id=channel_id)
        created = await team.find_by_identity(c, user)
        if created is None:  # the row was inserted in this very transaction
            raise NotFound("The team was made, but you could not be added to it. Use /decide setup again.")
        return Actor(*created, *_ids(profile))

    return await run_tx(db, work)


def _ids(profile: Profile) -> tuple[str, str]:
    return profile.workspace_id, profile.user_id


async def _announce(c: AsyncConnection, *, team_id: UUID, profile: Profile, channel_id: str) -> None:
    await outbox.enqueue(
        c,
        kind=ANNOUNCE,
        lane=outbox.slack_lane(profile.workspace_id, channel_id),
        key=f"announce:{team_id}",
        payload={
            "team": str(team_id),
            "channel": channel_id,
            "workspace": profile.workspace_id,
            "user": profile.user_id,
        },
    )


async def get_team(db: Db, team_id: UUID) -> Team:
    async def work(c: AsyncConnection) -> Team:
        return await team.get_team(c, team_id)

    return await run_tx(db, work)


async def update(db: Db, by: By, *, fields: Fields, is_workspace_admin: bool) -> Team:
    """Change the team's own fields. Raises NotAllowed for anybody but a team admin."""

    async def work(c: AsyncConnection) -> Team:
        check_admin(by.actor, is_workspace_admin=is_workspace_admin)
        language = (await team.get_team(c, by.team.id)).language
        await team.update_team(c, by.team.id, {**fields.values(), "language": language})
        if fields.language != language:
            await _change_language(c, by, fields.language)
        await write(c, by.actor.keeper, "team.changed", {"team": str(by.team.id)}, origin=by.origin)
        await home.refresh(c, by.team.id, occasion=f"team:{by.now.isoformat()}")
        return await team.get_team(c, by.team.id)

    return await run_tx(db, work)


async def _change_language(c: AsyncConnection, by: By, language: str) -> None:
    """In the worker: with it the words of all decided cases are read anew, seconds for a team with thousands."""
    payload = {"team": str(by.team.id), "language": language}
    key = f"language:{by.team.id}:{by.now.isoformat()}"
    await outbox.enqueue(c, kind=LANGUAGE, lane=f"team:{by.team.id}", key=key, payload=payload)


async def set_language(db: Db, team_id: UUID, language: str) -> None:
    """In which the team writes; see `LANGUAGES` of the domain."""
    await run_tx(db, lambda c: team.update_team(c, team_id, {"language": language}), budget_seconds=LANGUAGE_SECONDS)


async def write(
    c: AsyncConnection, keeper: Keeper, line: str, details: Mapping[str, object], *, origin: Origin | None
) -> None:
    """A line of the trail; an admin of the workspace who is not in the team is named by what Slack calls them."""
    whom = {} if keeper.member_id else {"workspace_admin": keeper.user_id}
    await audit.write(c, line, by=keeper.member_id, details={**details, **whom}, origin=origin)


def check_admin(actor: Actor, *, is_workspace_admin: bool) -> None:
    if not may_edit_team(actor.member, is_workspace_admin=is_workspace_admin):
        raise NotAllowed(
            f"{actor.team.name} is set up already. Those of its members who may decide any amount, and the workspace's "
            "admins, can change it. Ask one of them."
        )


async def add_people(
    db: Db, by: By, *, profiles: Sequence[Profile], role: str, channel_id: str | None = None
) -> list[str]:
    """Add people from Slack with one role and authority 1. Returns a sentence for each one who was left out.

    The team is told where somebody from outside did it; channel_id: where that was, for a team without a channel.
    """

    async def work(c: AsyncConnection) -> list[str]:
        left_out = await add_profiles(
            c,
            by.actor.keeper,
            profiles=profiles,
            role=role,
            channel_id=channel_id,
            plans=by.rules.plans,
            origin=by.origin,
        )
        return list(left_out.values())

    return await run_tx(db, work)


async def add_profiles(
    c: AsyncConnection,
    keeper: Keeper,
    *,
    profiles: Sequence[Profile],
    role: str,
    channel_id: str | None,
    plans: Plans,
    origin: Origin | None = None,
) -> dict[str, str]:
    """`add_people` in the caller's transaction; the sentences by Slack user."""
    # Two copies of one press would both find nobody, and the second would make everybody a double.
    await team.lock_workspace(c, keeper.workspace_id)
    await reminder.replan_team(c, keeper.team_id)
    rest: dict[str, Any] = {"role": role, "plans": plans, "origin": origin}
    found = {p.user_id: await _add_person(c, keeper, profile=p, **rest) for p in profiles}
    added = [one for one in found.values() if isinstance(one, UUID)]
    await _tell_team(c, keeper, added, channel_id=channel_id)
    return {user_id: one for user_id, one in found.items() if isinstance(one, str)}


async def _tell_team(c: AsyncConnection, keeper: Keeper, member_ids: Sequence[UUID], *, channel_id: str | None) -> None:
    """Somebody from outside has added or changed these people: in the team's channel, else to the team's people."""
    if not (keeper.is_outside and member_ids):
        return
    channel = await team.find_channel(c, keeper.team_id, keeper.workspace_id) or channel_id
    payload = {
        "team": str(keeper.team_id),
        "workspace": keeper.workspace_id,
        "user": keeper.user_id,
        "members": [str(member_id) for member_id in member_ids],
    }
    if channel:
        await _tell(c, payload, channel)
    else:
        await _tell_people(c, payload)


async def _tell(c: AsyncConnection, payload: Mapping[str, object], channel: str) -> None:
    """channel: a channel, or a person."""
    await outbox.enqueue(
        c,
        kind=TENDED,
        lane=outbox.slack_lane(str(payload["workspace"]), channel),
        key=f"tended:{uuid4()}",
        payload={**payload, "channel": channel},
    )


async def _tell_people(c: AsyncConnection, payload: Mapping[str, object]) -> None:
    everybody = await team.members(c, team_id=UUID(str(payload["team"])), workspace_id=str(payload["workspace"]))
    people = sorted((m for m in everybody if m.is_active), key=lambda m: -m.authority)
    for user in [m.slack_user_id for m in people if m.slack_user_id][:TOLD_AT_MOST]:
        await _tell(c, payload, user)


async def tell_people(db: Db, payload: Mapping[str, object]) -> None:
    """The team's channel is closed to us: its people hear of it one by one."""
    await run_tx(db, lambda c: _tell_people(c, payload))


async def tended(db: Db, payload: Mapping[str, object]) -> tuple[Team, list[Member]]:
    """What an announcement is about: the team, and those who were added or changed, as they are now."""

    async def work(c: AsyncConnection) -> tuple[Team, list[Member]]:
        team_id, wanted = UUID(str(payload["team"])), payload["members"]
        everybody = await team.members(c, team_id=team_id, workspace_id=str(payload["workspace"]))
        people = [m for m in everybody if isinstance(wanted, list) and str(m.id) in wanted]
        return await team.get_team(c, team_id), people

    return await run_tx(db, work)


async def _add_person(
    c: AsyncConnection, keeper: Keeper, *, profile: Profile, role: str, plans: Plans, origin: Origin | None
) -> UUID | str | None:
    """The new member, or why somebody was left out; None for somebody who is in the team already."""
    if why := await _why_not_in_a_team(c, keeper, profile):
        return why
    known = await _find_seat(c, profile)
    if known:
        await _link(c, known, profile)
        await team.update_member(c, known, {"is_guest": profile.is_guest})
    found = await team.find_by_identity(c, SlackUser(profile.workspace_id, profile.user_id))
    if found and found[1].id != keeper.team_id:
        return f"{profile.name} was skipped: in a team already."
    if found:
        is_active = found[0].is_active
        return None if is_active else f"{profile.name} is in the team, and inactive: Edit makes them active again."
    if why := await plans_of.no_member(c, keeper.team_id, plans):
        return f"{profile.name} was skipped. {why}"
    member_id = await team.add_member(c, team_id=keeper.team_id, profile=profile, role=role)
    await write(c, keeper, "member.added", {"member": str(member_id), "role": role}, origin=origin)
    return member_id


async def _why_not_in_a_team(c: AsyncConnection, keeper: Keeper, profile: Profile) -> str | None:
    if profile.is_person or (profile.is_guest and (await team.get_team(c, keeper.team_id)).guests_score):
        return None
    more = " A guest can, where setup allows it." if profile.is_guest else ""
    return f"{profile.name} was skipped: bots, guests and deactivated accounts cannot score.{more}"


async def members(db: Db, by: By) -> list[Member]:
    """The team's members, inactive ones last."""

    async def work(c: AsyncConnection) -> list[Member]:
        return await team.members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id)

    return await run_tx(db, work)


async def active_members(db: Db, by: By) -> list[Member]:
    """Those whose authority counts."""

    async def work(c: AsyncConnection) -> list[Member]:
        return await team.active_members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id)

    return await run_tx(db, work)


async def get_member(db: Db, by: By, member_id: UUID) -> Member:
    """Raises NotFound where the actor's team has no such member."""

    async def work(c: AsyncConnection) -> Member:
        return await _member_of_team(c, by, member_id)

    return await run_tx(db, work)


async def _member_of_team(c: AsyncConnection, by: By, member_id: UUID, *, lock: bool = False) -> Member:
    everybody = await team.members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id, lock=lock)
    found = next((m for m in everybody if m.id == member_id), None)
    if found is None:
        raise NotFound("Your team has no such member. /decide setup lists those it has.")
    return found


async def edit_member(
    db: Db,
    by: By,
    member_id: UUID,
    *,
    fields: MemberFields,
    is_workspace_admin: bool,
    channel_id: str | None = None,
) -> Member:
    """Change a member. Nobody raises their own authority, and no team is left without anybody to run it.

    Somebody made inactive is excused from the rounds that are open; a ballot they submitted stays. The team is told
    where somebody from outside did it; channel_id: where that was, for a team without a channel.
    """

    async def work(c: AsyncConnection) -> Member:
        check_admin(by.actor, is_workspace_admin=is_workspace_admin)
        # Asked before anything else is looked up: another answer would tell that another team asks its member.
        await _member_of_team(c, by, member_id)
        await reminder.replan_team(c, by.team.id)
        naming = await decision.lock_those_that_name(c, member_id)
        rounds = [] if fields.is_active else await _rounds_that_ask(c, team_id=by.team.id, member_id=member_id)
        before = await _member_of_team(c, by, member_id, lock=True)
        await _check_still_admin(c, by, is_workspace_admin=is_workspace_admin)
        _check_member(before, fields, by.member)
        if fields.is_active and not before.is_active:
            await _check_room(c, by)
        if not await team.email_is_free(c, email=fields.email, member_id=member_id):
            raise Invalid("This address cannot be used here. Leave the one that stands, or use another.", field="email")
        await team.update_member(
            c,
            member_id,
            {
                "name": fields.name,
                "email": fields.email.lower(),
                "role": fields.role,
                "escalation_authority": fields.authority,
                "expertise_areas": list(fields.expertise_areas) or None,
                "is_active": fields.is_active,
            },
        )
        changes = _changes(before, fields)
        await write(c, by.actor.keeper, "member.changed", {"member": str(member_id), **changes}, origin=by.origin)
        await _tell_team(c, by.actor.keeper, [member_id] if changes else [], channel_id=channel_id)
        for decision_id, round_id in rounds:
            await _excuse(c, by.team.id, decision_id, round_id, member_id)
        if (fields.is_active, fields.name) != (before.is_active, before.name):
            await _show_anew(c, naming, rounds)
        return await _member_of_team(c, by, member_id)

    return await run_tx(db, work)


async def _check_still_admin(c: AsyncConnection, by: By, *, is_workspace_admin: bool) -> None:
    """Of two members who change each other at once the second may not be one, or an admin, any more."""
    if by.actor.is_outside:
        return check_admin(by.actor, is_workspace_admin=is_workspace_admin)
    doer = await _member_of_team(c, by, by.member.id)
    await _check_active(c, doer, by.team)
    return check_admin(replace(by.actor, member=doer), is_workspace_admin=is_workspace_admin)


async def _check_room(c: AsyncConnection, by: By) -> None:
    if why := await plans_of.no_member(c, by.team.id, by.rules.plans):
        raise NotAllowed(why, field="active")


_ASK_ANOTHER = "Ask somebody who may decide any amount, or a workspace admin."


def _check_member(before: Member, fields: MemberFields, doer: Member) -> None:
    if fields.role not in ROLES:
        raise Invalid("Choose one of the six roles.", field="role")
    if not 1 <= fields.authority <= TOP_AUTHORITY:
        raise Invalid("Choose up to what amount this person may decide.", field="authority")
    is_self = before.id == doer.id
    if is_self and fields.authority > before.authority:
        raise NotAllowed(f"Nobody raises what they may decide themselves. {_ASK_ANOTHER}", field="authority")
    if is_self and not fields.is_active:
        raise NotAllowed(f"You cannot make yourself inactive. {_ASK_ANOTHER}", field="active")


def _changes(before: Member, fields: MemberFields) -> dict[str, object]:
    changed: dict[str, object] = {}
    for name, old, new in (
        ("name", before.name, fields.name),
        ("email", before.email, fields.email.lower()),
        ("role", before.role, fields.role),
        ("authority", before.authority, fields.authority),
        ("is_active", before.is_active, fields.is_active),
    ):
        if old != new:
            changed[name] = [old, new]
    return changed


async def deactivate(db: Db, *, user: SlackUser, cause: str) -> None:
    """Slack knows this person no more: inactive from here on, excused from open rounds, asked nothing."""

    async def work(c: AsyncConnection) -> None:
        known = await team.find_by_identity(c, user)
        if known:
            await _deactivate(c, known[0], cause)

    await run_tx(db, work)


async def retire(db: Db, member_id: UUID, *, cause: str) -> None:
    """`deactivate`, of a member whom the operator names."""

    async def work(c: AsyncConnection) -> None:
        known = await team.find_member(c, member_id)
        if known:
            await _deactivate(c, known, cause)

    await run_tx(db, work)


async def _deactivate(c: AsyncConnection, known: Member, cause: str) -> None:
    if not known.is_active:
        return
    member_id, team_id = known.id, known.team_id
    await reminder.replan_team(c, team_id)
    found = await team.find_member(c, member_id)
    if found is None or not found.is_active:
        return  # the same news, twice at once
    naming = await decision.lock_those_that_name(c, member_id)
    rounds = await _rounds_that_ask(c, team_id=team_id, member_id=member_id)
    await team.update_member(c, member_id, {"is_active": False})
    details = {"member": str(member_id), "is_active": [True, False], "cause": cause}
    await audit.write(c, "member.changed", details=details)
    for decision_id, round_id in rounds:
        await _excuse(c, team_id, decision_id, round_id, member_id)
    await _show_anew(c, naming, rounds)


async def follow(db: Db, profile: Profile) -> None:
    """Take over what Slack says of a member now: name, address and zone, where nobody else has changed them since; and
    at once that they have become a guest, or are gone.

    Somebody who is in no team is no news.
    """
    user = SlackUser(profile.workspace_id, profile.user_id)
    found = await autocommit(db, lambda c: team.find_by_identity(c, user))
    if found is None:
        return
    member, its_team = found

    async def work(c: AsyncConnection) -> None:
        if member.is_active and profile.is_gone:
            return await _deactivate(c, member, "gone_from_slack")
        if member.is_active and profile.is_guest and not its_team.guests_score:
            return await _deactivate(c, member, "guest")
        return await _take_over(c, member, profile)

    await run_tx(db, work)


async def _take_over(c: AsyncConnection, member: Member, profile: Profile) -> None:
    turned = _has_turned(member, profile)
    if turned:
        await reminder.replan_team(c, member.team_id)
    known = await team.known_of(c, SlackUser(profile.workspace_id, profile.user_id))
    told = team.Known(profile.name, profile.email or known.email, profile.tz or known.tz)
    if told == known and not turned:
        return
    values = await _said_anew(c, member, known, profile)
    naming = await decision.lock_those_that_name(c, member.id) if "name" in values else ()
    await team.set_known(c, profile)
    changed: dict[str, object] = {name: [getattr(member, name), value] for name, value in values.items()}
    if told.tz != known.tz:
        changed["zone"] = [known.tz, told.tz]
    if values:
        await team.update_member(c, member.id, values)
    await _show_anew(c, naming)
    if changed:
        await audit.write(c, "member.changed", details={"member": str(member.id), **changed, "cause": "slack"})


def _has_turned(member: Member, profile: Profile) -> bool:
    """Into a guest, or from a guest into a colleague; of somebody who is gone Slack does not tell."""
    return member.is_guest is not profile.is_guest and not profile.is_gone


async def _said_anew(c: AsyncConnection, member: Member, known: team.Known, profile: Profile) -> dict[str, object]:
    """Of the member's own columns; an address that somebody else has is left alone."""
    values: dict[str, object] = {}
    if known.name is not None and profile.name not in (known.name, member.name) and member.name == known.name:
        values["name"] = profile.name
    email = (profile.email or "").lower()
    is_theirs = known.email is not None and member.email == known.email.lower() != email
    if email and is_theirs and await team.email_is_free(c, email=email, member_id=member.id):
        values["email"] = email
    if _has_turned(member, profile):
        values["is_guest"] = profile.is_guest
    return values


async def _show_anew(c: AsyncConnection, naming: Sequence[UUID], excused: Sequence[tuple[UUID, UUID]] = ()) -> None:
    """Cards say what people are called, who has left, and offer to take over; those of rounds that excused somebody are
    drawn anew already."""
    for decision_id in sorted(set(naming) - {known for known, _ in excused}):
        await decision.changed(c, decision_id)


async def _rounds_that_ask(c: AsyncConnection, *, team_id: UUID, member_id: UUID) -> list[tuple[UUID, UUID]]:
    """(decision id, round id) of the rounds that may still ask this person, their decisions locked."""
    # Decisions are locked before members, as everywhere: see `decision.get`.
    for decision_id, _ in await round.unpublished_rounds_of(c, member_id):
        await decision.get(c, team_id=team_id, decision_id=decision_id, lock=True)
    # Once more: a round may have been published or voided while its decision was waited for.
    return await round.unpublished_rounds_of(c, member_id)


async def _excuse(c: AsyncConnection, team_id: UUID, decision_id: UUID, round_id: UUID, member_id: UUID) -> None:
    details = {"member": str(member_id)}
    await audit.write(c, "round.excused", decision_id=decision_id, details=details)
    await closing.excuse(c, team_id=team_id, decision_id=decision_id, round_id=round_id, member_id=member_id)
