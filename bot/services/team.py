"""Set up a team, find the person behind a click, keep the roll of members."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.press import Press
from bot.domain.team import ROLES, TOP_AUTHORITY, Actor, Member, Profile, SlackUser, Team, may_edit_team, who_edits
from bot.errors import Invalid, NotAllowed, NotFound
from bot.services import closing
from bot.store import audit, decision, dossier, outbox, reminder, round, team
from bot.store import press as presses
from bot.store.db import Db, run_tx

ANNOUNCE = "team.announce"
ONLY_MEMBERS = "Only full members of this workspace can be in a team, not guests or bots."


@dataclass(frozen=True)
class Fields:
    """The team's own fields as typed."""

    name: str
    company_name: str
    industry: str | None
    team_size: int
    currency: str

    def values(self) -> dict[str, object]:
        return {
            "name": self.name,
            "company_name": self.company_name,
            "industry": self.industry,
            "team_size": self.team_size,
            "currency": self.currency,
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

    async def work(c: AsyncConnection) -> tuple[Member, Team] | None:
        return await team.find_by_identity(c, user)

    found = await run_tx(db, work)
    if found is None:
        return None
    member, its_team = found
    _check_active(member, its_team)
    return Actor(member, its_team, user.workspace_id, user.user_id)


def _check_active(member: Member, its_team: Team) -> None:
    if not member.is_active:
        raise NotAllowed(
            f"You are an inactive member of {its_team.name}. Somebody with authority {TOP_AUTHORITY} there can make "
            "you active again with /decide setup."
        )


async def link_by_email(db: Db, profile: Profile) -> None:
    """Tie a Slack user to the member with the same address, inside teams that are bound to this workspace only."""

    async def work(c: AsyncConnection) -> None:
        if not (profile.email and profile.is_person):
            return
        member_id = await team.find_unlinked_by_email(c, workspace_id=profile.workspace_id, email=profile.email)
        if member_id:
            await team.link(c, member_id=member_id, profile=profile)

    await run_tx(db, work)


async def who_can_add(db: Db, workspace_id: str) -> tuple[bool, list[str]]:
    """(is there a team in this workspace, names of those who may add people to one)."""

    async def work(c: AsyncConnection) -> tuple[bool, list[str]]:
        names = await team.admins(c, workspace_id=workspace_id, authority=TOP_AUTHORITY)
        return await team.has_team(c, workspace_id), names

    return await run_tx(db, work)


async def may_set_up(db: Db, profile: Profile) -> None:
    """Raise NotAllowed where this person, who is in no team, may not make one here."""

    async def work(c: AsyncConnection) -> None:
        await _check_may_create(c, profile)

    await run_tx(db, work)


async def _check_may_create(c: AsyncConnection, profile: Profile) -> None:
    if not profile.is_person:
        raise NotAllowed(ONLY_MEMBERS)
    if await team.has_team(c, profile.workspace_id) and not profile.is_admin:
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
) -> Actor:
    """Make a team bound to the workspace; whoever sets it up gets the top authority, and the channel is told.

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
            raise NotAllowed(f"You are a member of {found[1].name} already, and a person belongs to one team.")
        await _check_may_create(c, profile)
        team_id = await team.add_team(c, workspace_id=profile.workspace_id, domain=domain, values=fields.values())
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
        payload={"team": str(team_id), "channel": channel_id, "user": profile.user_id},
    )


async def get_team(db: Db, team_id: UUID) -> Team:
    async def work(c: AsyncConnection) -> Team:
        return await team.get_team(c, team_id)

    return await run_tx(db, work)


async def update(db: Db, by: By, *, fields: Fields, is_workspace_admin: bool) -> Team:
    """Change the team's own fields. Raises NotAllowed for anybody but a team admin."""

    async def work(c: AsyncConnection) -> Team:
        check_admin(by.actor, is_workspace_admin=is_workspace_admin)
        await team.update_team(c, by.team.id, fields.values())
        await audit.write(c, "team.changed", by=by.member.id, details={"team": str(by.team.id)})
        return await team.get_team(c, by.team.id)

    return await run_tx(db, work)


def check_admin(actor: Actor, *, is_workspace_admin: bool) -> None:
    if not may_edit_team(actor.member, is_workspace_admin=is_workspace_admin):
        raise NotAllowed(
            f"{actor.team.name} is set up already. Its members with authority {TOP_AUTHORITY} and the workspace's "
            f"admins can change it; you have authority {actor.member.authority}."
        )


async def add_people(db: Db, by: By, *, profiles: Sequence[Profile], role: str) -> list[str]:
    """Add people from Slack with one role and authority 1. Returns a sentence for each one who was left out."""

    async def work(c: AsyncConnection) -> list[str]:
        # Two copies of one press would both find nobody, and the second would make everybody a double.
        await team.lock_workspace(c, by.actor.workspace_id)
        await reminder.replan_team(c, by.team.id)
        notes: list[str] = []
        for profile in profiles:
            note = await _add_person(c, by, profile=profile, role=role)
            if note:
                notes.append(note)
        return notes

    return await run_tx(db, work)


async def _add_person(c: AsyncConnection, by: By, *, profile: Profile, role: str) -> str | None:
    if not profile.is_person:
        return f"{profile.name} was skipped: bots, guests and deactivated accounts cannot score."
    if profile.email:
        # Somebody whom the team knows by address already, but who has not met the bot here yet.
        known = await team.find_unlinked_by_email(c, workspace_id=profile.workspace_id, email=profile.email)
        if known:
            await team.link(c, member_id=known, profile=profile)
    teams = await team.known_identities(c, workspace_id=profile.workspace_id, user_ids=[profile.user_id])
    if profile.user_id in teams:
        return None if teams[profile.user_id] == by.team.id else f"{profile.name} was skipped: in a team already."
    member_id = await team.add_member(c, team_id=by.team.id, profile=profile, role=role)
    await audit.write(c, "member.added", by=by.member.id, details={"member": str(member_id), "role": role})
    return None


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


async def edit_member(db: Db, by: By, member_id: UUID, *, fields: MemberFields, is_workspace_admin: bool) -> Member:
    """Change a member. Nobody raises their own authority, and no team is left without anybody to run it.

    Somebody made inactive is excused from the rounds that are open; a ballot they submitted stays.
    """

    async def work(c: AsyncConnection) -> Member:
        check_admin(by.actor, is_workspace_admin=is_workspace_admin)
        # Asked before anything else is looked up: another answer would tell that another team asks its member.
        await _member_of_team(c, by, member_id)
        await reminder.replan_team(c, by.team.id)
        rounds = [] if fields.is_active else await _rounds_that_ask(c, team_id=by.team.id, member_id=member_id)
        before = await _member_of_team(c, by, member_id, lock=True)
        # Of two who change each other at once the second may not be an admin any more.
        doer = await _member_of_team(c, by, by.member.id)
        _check_active(doer, by.team)
        check_admin(replace(by.actor, member=doer), is_workspace_admin=is_workspace_admin)
        _check_member(before, fields, by.member)
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
        await audit.write(
            c,
            "member.changed",
            by=by.member.id,
            details={"member": str(member_id), **_changes(before, fields)},
        )
        for decision_id, round_id in rounds:
            await _excuse(c, team_id=by.team.id, decision_id=decision_id, round_id=round_id, member_id=member_id)
        return await _member_of_team(c, by, member_id)

    return await run_tx(db, work)


_ASK_ANOTHER = f"Ask somebody with authority {TOP_AUTHORITY} or a workspace admin."


def _check_member(before: Member, fields: MemberFields, doer: Member) -> None:
    if fields.role not in ROLES:
        raise Invalid("Choose one of the six roles.", field="role")
    if not 1 <= fields.authority <= TOP_AUTHORITY:
        raise Invalid("Choose an authority from 1 to 5.", field="authority")
    is_self = before.id == doer.id
    if is_self and fields.authority > before.authority:
        raise NotAllowed(f"Nobody raises their own authority. {_ASK_ANOTHER}", field="authority")
    if is_self and not fields.is_active:
        raise NotAllowed(f"You cannot make yourself inactive. {_ASK_ANOTHER}", field="active")


def _changes(before: Member, fields: MemberFields) -> dict[str, object]:
    changed: dict[str, object] = {}
    for name, old, new in (
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
        if known is None or not known[0].is_active:
            return
        member_id, team_id = known[0].id, known[0].team_id
        await reminder.replan_team(c, team_id)
        found = await team.find_member(c, member_id)
        if found is None or not found.is_active:
            return  # the same news, twice at once
        rounds = await _rounds_that_ask(c, team_id=team_id, member_id=member_id)
        await team.update_member(c, member_id, {"is_active": False})
        details = {"member": str(member_id), "is_active": [True, False], "cause": cause}
        await audit.write(c, "member.changed", details=details)
        for decision_id, round_id in rounds:
            await _excuse(c, team_id=team_id, decision_id=decision_id, round_id=round_id, member_id=member_id)

    await run_tx(db, work)


async def _rounds_that_ask(c: AsyncConnection, *, team_id: UUID, member_id: UUID) -> list[tuple[UUID, UUID]]:
    """(decision id, round id) of the rounds that may still ask this person, their decisions locked."""
    # Decisions are locked before members, as everywhere: see `decision.get`.
    for decision_id, _ in await round.unpublished_rounds_of(c, member_id):
        await decision.get(c, team_id=team_id, decision_id=decision_id, lock=True)
    # Once more: a round may have been published or voided while its decision was waited for.
    return await round.unpublished_rounds_of(c, member_id)


async def _excuse(c: AsyncConnection, *, team_id: UUID, decision_id: UUID, round_id: UUID, member_id: UUID) -> None:
    """Ask them no more; if they were the last one missing, that closes the round."""
    await round.excuse(c, round_id=round_id, member_id=member_id)
    await audit.write(c, "round.excused", decision_id=decision_id, details={"member": str(member_id)})
    found = await dossier.get(c, team_id=team_id, decision_id=decision_id)
    answer = await closing.close(c, found, by=None)
    if answer == "already" and found.round and found.round.has_quorum:
        # It had closed without quorum, and of those who are left enough have scored.
        await closing.enqueue_publication(c, found.round.id)
    if answer != "closed":
        await decision.changed(c, decision_id)
