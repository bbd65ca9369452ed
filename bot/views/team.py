"""The modals in which a team is set up and its members are edited."""

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.by import By
from bot.domain.decision import DECISION_TYPES
from bot.domain.team import ROLES, TOP_AUTHORITY, Member, Team
from bot.errors import Invalid
from bot.views import authority, case
from bot.views.slack import ids, kit, text
from bot.views.slack.form import Fields, View, metadata, uuid_in

NAME_LENGTH, INDUSTRY_LENGTH, MAX_TEAM_SIZE, DEFAULT_TEAM_SIZE = 255, 100, 100_000, 5
TAGS, TAG_LENGTH = 10, 40
MEMBERS_PAGE = 20
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


class SetupForm(BaseModel):
    """Page 1 as typed. role: of the people chosen; own_role: of whoever sets up, where asked."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str
    company_name: str
    industry: str | None
    team_size: int
    currency: str
    user_ids: tuple[str, ...]
    role: str | None
    own_role: str | None
    channel_id: str | None = None


class MemberForm(BaseModel):
    """One member as typed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    member_id: UUID
    name: str
    role: str
    authority: int
    expertise_areas: tuple[str, ...]
    is_active: bool
    email: str = Field(repr=False)


def setup(
    *,
    team: Team | None,
    is_first: bool,
    channel_id: str | None = None,
    asks_own_role: bool | None = None,
) -> kit.View:
    """Page 1. is_first: nobody set this workspace up before; whoever does becomes a member with authority 5.

    asks_own_role: the person is not a member yet; by default the same as is_first.
    """
    blocks = [kit.section(_welcome(is_first)), *_team_inputs(team), *_people_inputs()]
    if is_first if asks_own_role is None else asks_own_role:
        roles = kit.select("own_role", case.choices(ROLES), placeholder="Choose your role")
        blocks.append(kit.input_block("Your own role", roles, block_id=kit.block_id("own_role", "setup", 1)))
    return kit.modal(
        "Set up your team",
        blocks,
        callback_id=ids.SETUP,
        submit="Save",
        metadata={"team": str(team.id) if team else None, "channel": channel_id},
    )


def parse_setup(view: View) -> SetupForm:
    """Raises Invalid with the name of the field."""
    fields = Fields(view)
    user_ids = fields.users("people")
    role = fields.choice("role")
    if user_ids and role not in ROLES:
        raise Invalid("Choose the role of the people you add.", field="role")
    if "own_role" in fields and fields.choice("own_role") not in ROLES:
        raise Invalid("Choose your own role.", field="own_role")
    return SetupForm(
        name=case.parse_line(fields, "name", "team's name", NAME_LENGTH),
        company_name=case.parse_line(fields, "company", "company's name", NAME_LENGTH),
        industry=text.one_line(case.parse_text(fields, "industry", "industry", INDUSTRY_LENGTH)) or None,
        team_size=_team_size(fields),
        currency=_currency(fields),
        user_ids=user_ids,
        role=role,
        own_role=fields.choice("own_role"),
        channel_id=metadata(view).get("channel"),
    )


def members(team: Team, members: Sequence[Member], *, page: int = 0, notes: Sequence[str] = ()) -> kit.View:
    """Page 2: 20 members a page, each with an Edit button. notes: who was skipped and why; page: from 0."""
    last = max((len(members) - 1) // MEMBERS_PAGE, 0)
    page = min(max(page, 0), last)
    first = page * MEMBERS_PAGE
    shown = members[first : first + MEMBERS_PAGE]
    active = sum(m.is_active for m in members)
    top = f"{active} active of {text.count('member', len(members))}; team size given as {team.team_size}"
    said = text.fit([f"• {text.inline(note, 300)}" for note in notes], 2900)
    blocks = [
        kit.header(f"{team.name}, {team.company_name}"),
        kit.context(f"{top}, currency {text.inline(team.currency, 3)}"),
        *([kit.section(f"*To know*\n{said}")] if said else []),
        *(_member_line(member) for member in shown),
        *kit.paging(ids.TEAM_PAGE, back=page - 1 if page else None, on=page + 1 if page < last else None),
    ]
    return kit.modal(
        "Your team",
        blocks,
        callback_id=ids.SAVED_TEAM,
        close="Close",
        metadata={"team": str(team.id), "page": str(page)},
    )


def edit_member(member: Member, by: By, *, page: int = 0) -> kit.View:
    """One person. Nobody is offered more authority for themselves than they have.

    page: the one of the list beneath, to come back to.
    """

    def at(field: str) -> str:
        return kit.block_id(field, member.id, 1)

    top = min(by.member.authority, TOP_AUTHORITY) if member.id == by.member.id else TOP_AUTHORITY
    levels = [kit.option(str(n), str(n)) for n in range(1, max(top, member.authority, 1) + 1)]
    types = [a for a in member.expertise_areas if a in DECISION_TYPES]
    tags = [a for a in member.expertise_areas if a not in DECISION_TYPES]
    active = kit.checkboxes(
        "active", [kit.option("Is asked to score", "yes")], initial=["yes"] if member.is_active else []
    )
    blocks = [
        kit.input_block("Name", kit.text_input("name", initial=member.name, length=NAME_LENGTH), block_id=at("name")),
        kit.input_block("Role", kit.select("role", case.choices(ROLES), initial=member.role), block_id=at("role")),
        kit.input_block(
            "Authority",
            kit.select("authority", levels, initial=str(member.authority)),
            block_id=at("authority"),
            hint=authority.levels_hint(by.rules.authority, by.team.currency),
        ),
        kit.input_block(
            "Knows about",
            kit.multi_select("expertise", case.choices(DECISION_TYPES), initial=types),
            block_id=at("expertise"),
            optional=True,
        ),
        kit.input_block(
            "Other expertise",
            kit.text_input("tags", initial=", ".join(tags), length=TAGS * (TAG_LENGTH + 2)),
            block_id=at("tags"),
            hint="Words with commas between them, for example: pricing, data protection",
            optional=True,
        ),
        kit.input_block("Active", active, block_id=at("active"), optional=True),
        kit.input_block("E-mail", kit.email_input("email", initial=member.email), block_id=at("email")),
    ]
    return kit.modal(
        "Edit member",
        blocks,
        callback_id=ids.EDIT_MEMBER,
        submit="Save",
        metadata={"member": str(member.id), "page": str(page)},
    )


def page_of(view: View) -> int:
    """The page that a list shows, or that the form above it came from."""
    page = metadata(view).get("page", "")
    return int(page) if page.isdecimal() else 0


def parse_member(view: View) -> MemberForm:
    """Raises Invalid with the name of the field."""
    fields = Fields(view)
    email = case.parse_email(fields, "email")
    if email is None:
        raise Invalid("Write the e-mail address. One looks like name@example.com.", field="email")
    level = fields.integer_choice("authority")
    if level is None or not 1 <= level <= TOP_AUTHORITY:
        raise Invalid(f"Choose the authority, from 1 to {TOP_AUTHORITY}.", field="authority")
    return MemberForm(
        member_id=uuid_in(view, "member"),
        name=case.parse_line(fields, "name", "name", NAME_LENGTH),
        role=case.parse_choice(fields, "role", ROLES, "Choose the role."),
        authority=level,
        expertise_areas=_expertise(fields),
        is_active=fields.is_checked("active"),
        email=email.lower(),
    )


def announcement(team: Team, *, slack_user_id: str) -> kit.Message:
    """Said in the channel when somebody set up the team: their authority is no secret."""
    who = text.mention(slack_user_id, "Somebody")
    sentence = (
        f"{who} set up the team {text.inline(team.name, 300)} ({text.inline(team.company_name, 300)}) and has "
        f"authority {TOP_AUTHORITY} in it. Its members can open a customer decision with `{ids.COMMAND}`."
    )
    return kit.message(sentence, [kit.section(sentence)])


def _welcome(is_first: bool) -> str:
    if is_first:
        return (
            "Nobody has set up a team here yet. You will be its first member, with authority 5, and this is "
            "announced in the channel."
        )
    return "Change the team, or add people to it. Save leads to a list of everybody, with their roles and authority."


def _team_inputs(team: Team | None) -> list[kit.Block]:
    def text_field(label: str, field: str, initial: str | None, length: int, *, optional: bool = False) -> kit.Block:
        element = kit.text_input(field, initial=initial, length=length)
        return kit.input_block(label, element, block_id=kit.block_id(field, "setup", 1), optional=optional)

    size = kit.number_input(
        "team_size", initial=team.team_size if team else DEFAULT_TEAM_SIZE, least=1, most=MAX_TEAM_SIZE
    )
    return [
        text_field("Team", "name", team.name if team else None, NAME_LENGTH),
        text_field("Company", "company", team.company_name if team else None, NAME_LENGTH),
        text_field("Industry", "industry", team.industry if team else None, INDUSTRY_LENGTH, optional=True),
        kit.input_block("Team size", size, block_id=kit.block_id("team_size", "setup", 1)),
        text_field("Currency", "currency", team.currency if team else "USD", 3),
    ]


def _people_inputs() -> list[kit.Block]:
    people = kit.users_select("people", placeholder="Choose people")
    role = kit.select("role", case.choices(ROLES), placeholder="Choose a role")
    return [
        kit.input_block(
            "People to add",
            people,
            block_id=kit.block_id("people", "setup", 1),
            hint="Whoever is in a team already is skipped and named. You can edit each person afterwards.",
            optional=True,
        ),
        kit.input_block(
            "Role of these people",
            role,
            block_id=kit.block_id("role", "setup", 1),
            hint="Needed when you add people.",
            optional=True,
        ),
    ]


def _team_size(fields: Fields) -> int:
    size = fields.integer("team_size")
    if size is None or not 1 <= size <= MAX_TEAM_SIZE:
        raise Invalid(f"Write the team size as a whole number from 1 to {MAX_TEAM_SIZE}.", field="team_size")
    return size


def _currency(fields: Fields) -> str:
    currency = fields.text("currency").upper()
    if not _CURRENCY.match(currency):
        raise Invalid("Write the currency as three letters, for example EUR.", field="currency")
    return currency


def _member_line(member: Member) -> kit.Block:
    facts = [ROLES.get(member.role, text.inline(member.role, 50)), f"authority {member.authority}"]
    facts += [] if member.is_active else ["*inactive*"]
    facts += [text.inline(member.email, 120)]
    areas = [DECISION_TYPES.get(area, text.inline(area, TAG_LENGTH)) for area in member.expertise_areas[:5]]
    about = f"\nKnows about {text.listing(areas)}" if areas else ""
    button = kit.button("Edit", ids.EDIT_MEMBER, value=str(member.id), label=f"Edit {member.name}")
    return kit.section(f"*{text.inline(member.name, 120)}*\n{' · '.join(facts)}{about}", accessory=button)


def _expertise(fields: Fields) -> tuple[str, ...]:
    """Decision types first, then the words as typed, each once."""
    types = [t for t in fields.choices("expertise") if t in DECISION_TYPES]
    tags = _unique(text.one_line(tag) for tag in re.split(r"[,;\n]", fields.text("tags")))
    if len(tags) > TAGS or any(len(tag) > TAG_LENGTH for tag in tags):
        raise Invalid(
            f"At most {TAGS} words or phrases of {TAG_LENGTH} characters each, with commas between.",
            field="tags",
        )
    return tuple(_unique([*types, *tags]))


def _unique(words: Iterable[str]) -> list[str]:
    return list({word.casefold(): word for word in words if word}.values())
