"""Teams, members and who they are in Slack."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, insert, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.preference import FROM_SLACK
from bot.domain.team import Absent, Member, Profile, SlackUser, Team
from bot.errors import Invalid, NotFound
from bot.store import tables as t

NO_PASSWORD = "!"
"""What stands for the password of a member created from Slack: no hash looks so, therefore no password fits."""


def team_of(row: Any) -> Team:
    about = (row.team_id, row.team_name, row.company_name, row.industry, row.team_size)
    return Team(*about, row.currency, row.broadcasts, row.tier, row.language, row.guests_score)


def member_of(row: Any) -> Member:
    return Member(
        id=row.member_id,
        team_id=row.member_team_id,
        name=row.member_name,
        email=row.email,
        role=row.role,
        authority=row.escalation_authority or 1,
        expertise_areas=tuple(row.expertise_areas or ()),
        is_active=bool(row.is_active),
        is_guest=row.is_guest,
        slack_user_id=row.slack_user_id,
        away_until=row.away_until,
        stands_for=tuple(_absent(one) for one in row.stands_for or ()),
    )


def _absent(body: Mapping[str, Any]) -> Absent:
    return Absent(UUID(body["id"]), body["name"], body["authority"], datetime.fromisoformat(body["until"]))


TEAM_COLUMNS = (
    t.teams.c.id.label("team_id"),
    t.teams.c.name.label("team_name"),
    t.teams.c.company_name,
    t.teams.c.industry,
    t.teams.c.team_size,
    t.teams.c.currency,
    t.teams.c.broadcasts,
    func.coalesce(t.teams.c.subscription_tier, "starter").label("tier"),
    t.teams.c.language,
    t.teams.c.guests_score,
)
# While it lasts; of nobody who is no longer active. One look at a key of a small table for each member.
_AWAY: ColumnElement[Any] = literal_column(
    """(SELECT y.until FROM deputies y JOIN team_members z ON z.id = y.deputy_id AND z.is_active
        WHERE y.member_id = team_members.id AND y.begins <= now() AND y.until > now())""",
    t.TIMESTAMPTZ,
)
_STANDS_FOR: ColumnElement[Any] = literal_column(
    """(SELECT jsonb_agg(jsonb_build_object('id', z.id, 'name', z.name, 'until', y.until,
            'authority', coalesce(z.escalation_authority, 1)) ORDER BY z.escalation_authority DESC, z.name)
        FROM deputies y JOIN team_members z ON z.id = y.member_id AND z.is_active AND NOT z.is_guest
        WHERE y.deputy_id = team_members.id AND y.begins <= now() AND y.until > now())"""
)
MEMBER_COLUMNS = (
    t.team_members.c.id.label("member_id"),
    t.team_members.c.team_id.label("member_team_id"),
    t.team_members.c.name.label("member_name"),
    t.team_members.c.email,
    t.team_members.c.role,
    t.team_members.c.escalation_authority,
    t.team_members.c.expertise_areas,
    t.team_members.c.is_active,
    t.team_members.c.is_guest,
    t.slack_identities.c.slack_user_id,
    _AWAY.label("away_until"),
    _STANDS_FOR.label("stands_for"),
)


def identity_in(workspace_id: str | ColumnElement[str] | None) -> Any:
    """Join condition: the member's identity in this workspace, named or in a column."""
    return and_(
        t.slack_identities.c.member_id == t.team_members.c.id,
        t.slack_identities.c.workspace_id == ("" if workspace_id is None else workspace_id),
    )


_BY_IDENTITY = (
    select(*MEMBER_COLUMNS, *TEAM_COLUMNS)
    .select_from(t.slack_identities)
    .join(t.team_members, t.team_members.c.id == t.slack_identities.c.member_id)
    .join(t.teams, t.teams.c.id == t.team_members.c.team_id)
    .where(
        t.slack_identities.c.workspace_id == bindparam("workspace"),
        t.slack_identities.c.slack_user_id == bindparam("user"),
    )
)


async def find_by_identity(c: AsyncConnection, user: SlackUser) -> tuple[Member, Team] | None:
    """The member behind a Slack user, with the team."""
    row = (await c.execute(_BY_IDENTITY, {"workspace": user.workspace_id, "user": user.user_id})).one_or_none()
    return (member_of(row), team_of(row)) if row else None


async def find_unlinked_by_email(c: AsyncConnection, *, workspace_id: str, email: str) -> UUID | None:
    """A member with this address in a team bound to the workspace, who has no identity there yet.

    Data of another program may hold an address twice, in upper and lower case. Then an active member goes before an
    inactive one, an address written exactly so before others, and the oldest row before younger ones.
    """
    member = t.team_members.c
    return (
        await c.execute(
            select(t.team_members.c.id)
            .join(t.team_workspaces, t.team_workspaces.c.team_id == t.team_members.c.team_id)
            .outerjoin(t.slack_identities, identity_in(workspace_id))
            .where(
                t.team_workspaces.c.workspace_id == workspace_id,
                func.lower(t.team_members.c.email) == email.lower(),
                t.slack_identities.c.member_id.is_(None),
            )
            .order_by(
                member.is_active.desc().nulls_last(), (member.email == email).desc(), member.created_at, member.id
            )
            .limit(1)
        )
    ).scalar_one_or_none()


# Slack's ids of people are the same in all workspaces of an organisation. Which workspaces are of one is told by
# installations, thus by Slack itself; two organisations, and workspaces of none, have nobody in common.
_IN_ORGANISATION = text(
    """
    WITH place AS (
      SELECT team_id AS workspace_id, enterprise_id FROM workspace_installations
      WHERE team_id IS NOT NULL AND enterprise_id IS NOT NULL
      UNION SELECT workspace_id, enterprise_id FROM enterprise_workspaces)
    SELECT i.member_id FROM place here
    JOIN place other ON other.enterprise_id = here.enterprise_id AND other.workspace_id <> here.workspace_id
    JOIN slack_identities i ON i.workspace_id = other.workspace_id AND i.slack_user_id = :user
    JOIN team_members m ON m.id = i.member_id
    WHERE here.workspace_id = :workspace AND NOT EXISTS (
      SELECT FROM slack_identities l WHERE l.workspace_id = :workspace
        AND (l.slack_user_id = :user OR l.member_id = i.member_id))
    ORDER BY m.is_active DESC, m.created_at, m.id LIMIT 1
    """
)


async def find_in_organisation(c: AsyncConnection, user: SlackUser) -> UUID | None:
    """The member whom this person is in another workspace of the same organisation, where they have no identity here
    yet; of several an active one goes first, then the oldest."""
    words = {"workspace": user.workspace_id, "user": user.user_id}
    return (await c.execute(_IN_ORGANISATION, words)).scalar_one_or_none()


async def link(c: AsyncConnection, *, member_id: UUID, profile: Profile) -> None:
    """Tie a Slack user to a member; a second click at the same time changes nothing."""
    await c.execute(
        upsert(t.slack_identities)
        .values(
            workspace_id=profile.workspace_id,
            slack_user_id=profile.user_id,
            member_id=member_id,
            tz=profile.tz,
            told_name=profile.name,
            told_email=profile.email,
        )
        .on_conflict_do_nothing()
    )


@dataclass(frozen=True)
class Known:
    """What Slack told last of somebody; None where it never did."""

    name: str | None
    email: str | None
    tz: str | None


async def known_of(c: AsyncConnection, user: SlackUser) -> Known:
    """Of an identity that there is. Locked, so that the same news twice at once is followed once."""
    i = t.slack_identities.c
    here = (i.workspace_id == user.workspace_id) & (i.slack_user_id == user.user_id)
    row = (await c.execute(select(i.told_name, i.told_email, i.tz).where(here).with_for_update())).one()
    return Known(row.told_name, row.told_email, row.tz)


async def set_known(c: AsyncConnection, profile: Profile) -> None:
    i = t.slack_identities
    here = (i.c.workspace_id == profile.workspace_id) & (i.c.slack_user_id == profile.user_id)
    told = {"told_name": profile.name, "told_email": profile.email or i.c.told_email, "tz": profile.tz or i.c.tz}
    await c.execute(update(i).where(here).values(**told))


async def set_zone(c: AsyncConnection, *, workspace_id: str, user_id: str, tz: str) -> None:
    """Take over the time zone of the person's Slack profile, where it has changed."""
    i = t.slack_identities
    here = (i.c.workspace_id == workspace_id) & (i.c.slack_user_id == user_id)
    await c.execute(update(i).where(here, i.c.tz.is_distinct_from(tz)).values(tz=tz))


async def has_team(c: AsyncConnection, workspace_id: str) -> bool:
    found = select(t.team_workspaces.c.team_id).where(t.team_workspaces.c.workspace_id == workspace_id).limit(1)
    return (await c.execute(found)).first() is not None


async def of_workspace(c: AsyncConnection, workspace_id: str) -> list[Team]:
    """The teams that are at home in the workspace, by name."""
    w = t.team_workspaces.c
    mine = select(*TEAM_COLUMNS).join(t.team_workspaces, w.team_id == t.teams.c.id)
    rows = await c.execute(mine.where(w.workspace_id == workspace_id).order_by(t.teams.c.name, t.teams.c.id))
    return [team_of(row) for row in rows]


async def in_channel(c: AsyncConnection, channel_id: str, *, among: Iterable[UUID]) -> set[UUID]:
    """Those of the teams that have a decision in the channel."""
    d = t.customer_decisions.c
    has_one = exists().where(d.team_id == t.teams.c.id, d.channel_id == channel_id)
    return set((await c.execute(select(t.teams.c.id).where(t.teams.c.id.in_(list(among)), has_one))).scalars())


async def find_channel(c: AsyncConnection, team_id: UUID, workspace_id: str) -> str | None:
    """The channel of the workspace in which the team decided last; None where it has none."""
    d = t.customer_decisions.c
    latest = select(d.channel_id).where(d.team_id == team_id, d.workspace_id == workspace_id, d.channel_id.is_not(None))
    return (await c.execute(latest.order_by(d.number.desc()).limit(1))).scalar_one_or_none()


async def workspaces(c: AsyncConnection, team_id: UUID) -> Sequence[str]:
    """Where the team is at home."""
    w = t.team_workspaces.c
    rows = await c.execute(select(w.workspace_id).where(w.team_id == team_id).order_by(w.workspace_id))
    return rows.scalars().all()


async def lock_workspace(c: AsyncConnection, workspace_id: str) -> None:
    """Let setups of one workspace take turns, until the transaction ends: two at once would both find no team there."""
    await c.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"setup:{workspace_id}", 7))))


async def take_turns(c: AsyncConnection, team_id: UUID) -> None:
    """Let those who add what a plan counts take turns, until the transaction ends: two at once would both find room."""
    await c.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"plan:{team_id}", 7))))


async def admins(c: AsyncConnection, *, workspace_id: str, authority: int) -> list[str]:
    """Names of the active members of the workspace's teams who may add people."""
    rows = await c.execute(
        select(t.team_members.c.name)
        .join(t.team_workspaces, t.team_workspaces.c.team_id == t.team_members.c.team_id)
        .where(
            t.team_workspaces.c.workspace_id == workspace_id,
            t.team_members.c.is_active,
            ~t.team_members.c.is_guest,
            t.team_members.c.escalation_authority >= authority,
        )
        .order_by(t.team_members.c.name)
    )
    return list(rows.scalars())


async def add_team(c: AsyncConnection, *, workspace_id: str, domain: str | None, values: Mapping[str, object]) -> UUID:
    team_id: UUID = (await c.execute(insert(t.teams).values(**values).returning(t.teams.c.id))).scalar_one()
    await c.execute(insert(t.team_workspaces).values(workspace_id=workspace_id, team_id=team_id, domain=domain))
    return team_id


async def update_team(c: AsyncConnection, team_id: UUID, values: Mapping[str, object]) -> None:
    await c.execute(update(t.teams).where(t.teams.c.id == team_id).values(**values))


_TEAM = select(*TEAM_COLUMNS).where(t.teams.c.id == bindparam("team"))


async def get_team(c: AsyncConnection, team_id: UUID) -> Team:
    return team_of((await c.execute(_TEAM, {"team": team_id})).one())


async def get_by_name(c: AsyncConnection, name: str | None) -> Team:
    """The team that an operator calls so, whatever the case; None means the only one.

    Raises NotFound where there is no such team, Invalid where several match.
    """
    query = select(*TEAM_COLUMNS)
    rows = await c.execute(query.where(func.lower(t.teams.c.name) == name.lower()) if name else query)
    found = [team_of(row) for row in rows]
    if not found:
        raise NotFound(f"There is no team called {name}." if name else "There is no team yet.")
    if len(found) > 1:
        names = ", ".join(sorted(one.name for one in found))
        raise Invalid(f"Several teams match; choose one with --team: {names}.")
    return found[0]


async def members(c: AsyncConnection, *, team_id: UUID, workspace_id: str | None, lock: bool = False) -> list[Member]:
    """All members of the team, inactive ones last, by name.

    `lock`: lock their rows until the transaction ends, so that two changes of members take turns. FOR NO KEY UPDATE,
    since it does not hold up rows that merely refer to a member. FOR UPDATE could deadlock: somebody saving a page of
    scores holds the round and would wait for the member, and whoever excuses the member waits for the round.
    """
    query = (
        select(*MEMBER_COLUMNS)
        .outerjoin(t.slack_identities, identity_in(workspace_id))
        .where(t.team_members.c.team_id == team_id)
        .order_by(t.team_members.c.is_active.desc(), t.team_members.c.name, t.team_members.c.id)
    )
    rows = await c.execute(query.with_for_update(of=t.team_members, key_share=True) if lock else query)
    return [member_of(row) for row in rows]


# The moment at which each was asked last, or will be: one look into ix_reminders_turn a person.
_LAST_TURN: ColumnElement[Any] = literal_column(
    """(SELECT max(greatest(r.last_at, r.next_at)) FROM reminders r WHERE r.member_id = team_members.id
        AND (r.kind IN ('resolve', 'beyond', 'take_over') OR starts_with(r.kind, 'escalation.')))"""
)


async def in_turn(c: AsyncConnection, *, team_id: UUID, workspace_id: str | None) -> list[Member]:
    """`members`, for whoever chooses among them whom to ask: the least recently asked first."""
    member = t.team_members.c
    rows = await c.execute(
        select(*MEMBER_COLUMNS)
        .outerjoin(t.slack_identities, identity_in(workspace_id))
        .where(member.team_id == team_id)
        .order_by(_LAST_TURN.asc().nulls_first(), member.name, member.id)
    )
    return [member_of(row) for row in rows]


async def active_members(c: AsyncConnection, *, team_id: UUID, workspace_id: str | None) -> list[Member]:
    return [m for m in await members(c, team_id=team_id, workspace_id=workspace_id) if m.is_active]


async def find_member(c: AsyncConnection, member_id: UUID) -> Member | None:
    """A member of any team, without an identity; None where there is none."""
    nowhere = select(*MEMBER_COLUMNS).outerjoin(t.slack_identities, identity_in(None))
    row = (await c.execute(nowhere.where(t.team_members.c.id == member_id))).one_or_none()
    return member_of(row) if row else None


async def find_by_email(c: AsyncConnection, email: str) -> Member | None:
    """Of any team. Of an address that stands there in upper and in lower case: the one that is written exactly so."""
    nowhere = select(*MEMBER_COLUMNS).outerjoin(t.slack_identities, identity_in(None))
    meant = nowhere.where(func.lower(t.team_members.c.email) == email.lower())
    row = (await c.execute(meant.order_by((t.team_members.c.email == email).desc()).limit(1))).one_or_none()
    return member_of(row) if row else None


async def every(c: AsyncConnection) -> list[Team]:
    return [team_of(row) for row in await c.execute(select(*TEAM_COLUMNS))]


async def only_in(c: AsyncConnection, workspace_id: str) -> list[UUID]:
    """The teams that are at home in this workspace, and in no other."""
    w = t.team_workspaces.c
    query = select(w.team_id).group_by(w.team_id).having(func.max(w.workspace_id) == workspace_id)
    return list((await c.execute(query.having(func.count() == 1))).scalars())


async def add_member(c: AsyncConnection, *, team_id: UUID, profile: Profile, role: str, authority: int = 1) -> UUID:
    """Add a person from Slack. An address that is missing or used elsewhere becomes a placeholder that can be edited.

    ON CONFLICT DO NOTHING tells whether an address is taken: looking first would leave room for somebody else in
    between, and an INSERT that fails would write the address into the server's log.
    """
    placeholder = f"{profile.user_id}.{profile.workspace_id}@slack.invalid".lower()
    for email in [*([profile.email.lower()] if profile.email else []), placeholder]:
        added = await c.execute(
            upsert(t.team_members)
            .values(
                team_id=team_id,
                email=email,
                name=profile.name,
                password_hash=NO_PASSWORD,
                role=role,
                escalation_authority=authority,
                is_guest=profile.is_guest,
                notification_preferences=FROM_SLACK,
            )
            .on_conflict_do_nothing()
            .returning(t.team_members.c.id)
        )
        member_id: UUID | None = added.scalar_one_or_none()
        if member_id:
            await link(c, member_id=member_id, profile=profile)
            return member_id
    # Even the placeholder is taken. It is made of the person's Slack ids, so somebody else has just added this person.
    existing = select(t.team_members.c.id).where(t.team_members.c.email == placeholder)
    found: UUID = (await c.execute(existing)).scalar_one()
    return found


async def email_is_free(c: AsyncConnection, *, email: str, member_id: UUID) -> bool:
    taken = select(t.team_members.c.id).where(
        func.lower(t.team_members.c.email) == email.lower(), t.team_members.c.id != member_id
    )
    return (await c.execute(taken)).first() is None


async def update_member(c: AsyncConnection, member_id: UUID, values: Mapping[str, object]) -> None:
    await c.execute(update(t.team_members).where(t.team_members.c.id == member_id).values(**values))
