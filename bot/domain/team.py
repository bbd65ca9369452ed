"""A team, its members, and the person at the other end of a click. Knows nothing of how they sign in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

ROLES = {
    "customer_success_manager": "Customer success manager",
    "support_manager": "Support manager",
    "account_manager": "Account manager",
    "sales_manager": "Sales manager",
    "legal_compliance": "Legal & compliance",
    "operations_manager": "Operations manager",
}
TOP_AUTHORITY = 5


_LANGUAGES = (
    "danish dutch english finnish french german hungarian italian norwegian portuguese romanian russian spanish "
    "swedish turkish"
)
LANGUAGES = {name: name.capitalize() for name in _LANGUAGES.split()} | {"simple": "Another one, or several"}
"""In which a team writes: PostgreSQL's name of its text search configuration -> what people read."""


@dataclass(frozen=True)
class Team:
    id: UUID
    name: str
    company_name: str
    industry: str | None
    team_size: int
    currency: str
    """ISO 4217, three capital letters."""
    broadcasts: bool = True
    """Whether results and decisions are shown to the whole channel, where no other company reads there."""
    tier: str = "starter"
    """The plan it has: one of `plan.TIERS`."""
    language: str = "english"
    """Of `LANGUAGES`."""
    guests_score: bool = False
    """Whether guests of the workspace may be in it, and be asked to score."""

    @property
    def key(self) -> str:
        """What tells its decisions from those of other teams in an address: "/d/3f2a9c1e-42"."""
        return self.id.hex[:8]


@dataclass(frozen=True)
class Absent:
    """Somebody who is away, and for whom another member stands in meanwhile."""

    id: UUID
    name: str
    authority: int
    until: datetime


@dataclass(frozen=True)
class Member:
    id: UUID
    team_id: UUID
    name: str
    email: str
    role: str
    authority: int
    """1..5: what size of decision this person may resolve."""
    expertise_areas: tuple[str, ...] = ()
    is_active: bool = True
    slack_user_id: str | None = None
    """In the workspace at hand; None for a member who has not met the bot there yet."""
    away_until: datetime | None = None
    """While somebody stands in for them: others are asked in their place, and they may act all the same."""
    is_guest: bool = False
    """Of the workspace; whatever authority somebody gave them, they decide nothing."""
    stands_for: tuple[Absent, ...] = ()
    """Whose deputy they are now, the most authority first. Only what those may by themselves is lent: no chains."""


@dataclass(frozen=True)
class SlackUser:
    """Who Slack says is clicking; the profile is read once and only when it is needed."""

    workspace_id: str
    user_id: str


@dataclass(frozen=True)
class Profile:
    """What `users.info` tells of a person."""

    workspace_id: str
    user_id: str
    name: str
    email: str | None
    tz: str | None
    is_admin: bool
    is_person: bool
    """False for bots, Slackbot, deactivated accounts and guests, who cannot make a team or join one by themselves."""
    is_guest: bool = False
    is_gone: bool = False
    """Deactivated."""


@dataclass(frozen=True)
class Actor:
    """A member in their team, acting from one workspace; or an admin of that workspace who looks after the team."""

    member: Member
    team: Team
    workspace_id: str
    user_id: str
    is_member: bool = True

    @property
    def keeper(self) -> "Keeper":
        member_id = self.member.id if self.is_member else None
        return Keeper(self.team.id, member_id, self.workspace_id, self.user_id, self.is_outside)

    @property
    def is_outside(self) -> bool:
        """Whether the team is to hear of what this person does to it: it is not, or no longer, theirs."""
        return not (self.is_member and self.member.is_active)


@dataclass(frozen=True)
class Keeper:
    """Who looks after a team, as ids: enough for the trail, for what the team is told, and for a delivery."""

    team_id: UUID
    member_id: UUID | None
    """Whom the trail names; None for an admin of the workspace who is not in the team."""
    workspace_id: str
    user_id: str
    is_outside: bool


def from_outside(team: Team, profile: Profile) -> Actor:
    """An admin of the workspace who is not in the team: may do to it what an admin may, and nothing that members do."""
    nobody = Member(UUID(int=0), team.id, profile.name, "", "", authority=0, is_active=False)
    return Actor(nobody, team, profile.workspace_id, profile.user_id, is_member=False)


MOST_NAMED = 3


def who_edits(names: Iterable[str]) -> str:
    """ "Ana, Bo or a workspace admin": who can add people to a team and say what they may decide.

    names: of those for whom `may_edit_team` holds; three of them are enough for a sentence.
    """
    *others, last = [*list(names)[:MOST_NAMED], "a workspace admin"]
    return f"{', '.join(others)} or {last}" if others else last


def may_edit_team(member: Member, *, is_workspace_admin: bool) -> bool:
    is_top = member.authority >= TOP_AUTHORITY and not member.is_guest
    return is_workspace_admin or (member.is_active and is_top)


@dataclass(frozen=True)
class UserGroup:
    """One of Slack's, as in @care."""

    id: str
    handle: str


@dataclass(frozen=True)
class Looked:
    """How far it went to look people up in Slack, who tells about so many at a time."""

    profiles: tuple[Profile, ...]
    unknown: tuple[str, ...]
    """Ids behind which Slack shows nobody."""
    rest: tuple[str, ...]
    """Those that were not asked about yet."""
    error: Exception | None = None
    """Why not, where it was not the time: Slack wants a pause, or does not answer."""
