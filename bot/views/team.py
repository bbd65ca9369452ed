"""The modals in which a team is set up and its members are edited."""

import re
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Attribute

from bot.domain.authority import AuthorityTable, reach
from bot.domain.by import By
from bot.domain.decision import DECISION_TYPES
from bot.domain.money import CURRENCIES
from bot.domain.team import LANGUAGES, ROLES, TOP_AUTHORITY, Member, Team, UserGroup
from bot.errors import Invalid
from bot.views import authority, deputy, usergroup
from bot.views.slack import element, ids, kit, text
from bot.views.slack.entry import checkbox, choice, email, line, number, optional_choice, optional_line, users
from bot.views.slack.field import Answers, Ask, Field, Inputs
from bot.views.slack.form import Fields, View, as_uuid, field_of, metadata, revision_of, thing_of, uuid_in
from bot.views.slack.form import inputs as inputs_of

NAME_LENGTH, INDUSTRY_LENGTH, MAX_TEAM_SIZE, DEFAULT_TEAM_SIZE = 255, 100, 100_000, 5
TAGS, TAG_LENGTH = 10, 40
MEMBERS_PAGE = 20
MOST_NAMED = 100
TEAMS_SHOWN = 90
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


class SetupForm(BaseModel):
    """Page 1 as typed. role: of the people chosen; own_role: of whoever makes a team; team_id: None for a new one."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str
    company_name: str
    industry: str | None = None
    team_size: int = DEFAULT_TEAM_SIZE
    currency: str = "USD"
    broadcasts: bool = True
    language: str = "english"
    guests_score: bool = False
    user_ids: tuple[str, ...] = ()
    role: str | None = None
    own_role: str | None = None
    channel_id: str | None = None
    team_id: UUID | None = None
    is_another: bool = False


class MemberForm(BaseModel):
    """One member as typed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    member_id: UUID
    name: str
    role: str
    authority: int
    expertise_areas: tuple[str, ...]
    is_active: bool
    email: str = Attribute(repr=False)


def setup(
    *,
    team: Team | None,
    is_first: bool,
    channel_id: str | None = None,
    is_another: bool = False,
    is_outside: bool = False,
    others: Sequence[Team] = (),
    may_create: bool = False,
    plan: Sequence[str] = (),
    groups: Sequence[UserGroup] = (),
) -> kit.View:
    """Page 1, with the fields of the team that it is about, or empty for a new one.

    is_first: nobody set this workspace up before; is_another: there is a team, and one more is wanted. Whoever makes a
    team becomes a member with authority 5. is_outside: an admin of the workspace looks after a team that is not theirs.
    others, may_create: what the window may be about instead. plan: what it allows and how much of that is used, and
    which limit is reached. groups: whose people may be taken.
    """
    is_new = is_first or is_another
    inputs = Inputs("setup" if is_new or team is None else team.id, 1)
    _setup(inputs, team or _NEW, asks_own_role=is_new)
    about = {"team": str(team.id) if team else None, "channel": channel_id, "another": "yes" if is_another else None}
    top = _welcome(is_another=is_another) if is_new or team is None else _about(team, is_outside=is_outside)
    return kit.modal(
        "Set up your team",
        [
            kit.section(top),
            *(kit.context(text.safe(line, 600)) for line in plan),
            *_instead(others=others, may_create=may_create),
            *_with_groups(inputs.blocks, groups),
            *_more(is_new=is_new),
        ],
        callback_id=ids.SETUP,
        submit="Save",
        metadata=about,
    )


def _with_groups(blocks: Sequence[kit.Block], groups: Sequence[UserGroup]) -> list[kit.Block]:
    """Right beneath the people to add."""
    there = next(place for place, block in enumerate(blocks, 1) if field_of(block["block_id"]) == "people")
    return [*blocks[:there], *usergroup.choice(groups, ids.SETUP_GROUP), *blocks[there:]]


def with_group(view: View, group: UserGroup, *, people: Sequence[str]) -> kit.View:
    """The window with the people of the group beside those who were chosen before."""
    before = next(block for block in inputs_of(view) if field_of(block["block_id"]) == "people")
    chosen = tuple(dict.fromkeys([*Fields(view).users("people"), *people]))
    revision = int(revision_of(before["block_id"])) + 1  # under another id Slack takes the new choice
    block = _newcomers().block(chosen, thing=thing_of(before["block_id"]), revision=revision)
    return usergroup.filled(view, block, group=group, said=usergroup.added(group, people))


def _more(*, is_new: bool) -> list[kit.Block]:
    """What else there is to set up of a team that is there."""
    return [] if is_new else [kit.actions([kit.button("Suggestions from the text", ids.SUGGESTIONS)])]


def which_team(teams: Sequence[Team], *, channel_id: str | None, may_create: bool) -> kit.View:
    """For an admin of the workspace: which of its teams setup is to be about."""
    shown = teams[:TEAMS_SHOWN]
    top = f"This workspace has {text.count('team', len(teams))}. Which one is it about?"
    rows = [
        kit.section(_called(one), accessory=kit.button("This one", ids.CHOOSE_TEAM, value=str(one.id), label=one.name))
        for one in shown
    ]
    more = [kit.context(f"… and {len(teams) - len(shown)} more: use `{ids.COMMAND} setup` in a channel of theirs.")]
    return kit.modal(
        "Set up a team",
        [
            kit.section(top),
            *rows,
            *(more if len(teams) > len(shown) else []),
            *_instead(others=(), may_create=may_create),
        ],
        callback_id=ids.SETUP,
        close="Close",
        metadata={"channel": channel_id},
    )


def _instead(*, others: Sequence[Team], may_create: bool) -> list[kit.Block]:
    """Ways from here to another team."""
    buttons = [
        *([kit.button("Another team of this workspace", ids.OTHER_TEAM)] if len(others) > 1 else []),
        *([kit.button("Make a new team", ids.ANOTHER_TEAM)] if may_create else []),
    ]
    return [kit.actions(buttons)] if buttons else []


def channel_of(view: View) -> str | None:
    """Where the windows of setup began."""
    return metadata(view).get("channel") or None


def team_in(view: View) -> UUID | None:
    """The team that the window is about; None for the person's own, or a new one."""
    return as_uuid(metadata(view).get("team"))


def parse_setup(view: View) -> SetupForm:
    """Raises Invalid with the name of the field."""
    answers = Answers(view)
    form = _setup(answers, _NEW, asks_own_role="own_role" in answers)
    if form.user_ids and form.role is None:
        raise Invalid("Choose the role of the people you add.", field="role")
    about = metadata(view)
    kept = {"channel_id": about.get("channel"), "team_id": team_in(view), "is_another": about.get("another") == "yes"}
    return form.model_copy(update=kept)


_NEW = SetupForm(name="", company_name="")


def _setup(ask: Ask, start: Team | SetupForm, *, asks_own_role: bool) -> SetupForm:
    """The form of a team, with the people to add."""
    return SetupForm(
        name=ask(line("name", "Team", called="team's name", length=NAME_LENGTH), start.name),
        company_name=ask(line("company", "Company", called="company's name", length=NAME_LENGTH), start.company_name),
        industry=ask(optional_line("industry", "Industry", length=INDUSTRY_LENGTH), start.industry),
        team_size=ask(number("team_size", "Team size", least=1, most=MAX_TEAM_SIZE), start.team_size),
        currency=ask(_currency(), start.currency),
        broadcasts=ask(_BROADCASTS, start.broadcasts),
        language=ask(_LANGUAGE, start.language),
        guests_score=ask(_GUESTS, start.guests_score),
        user_ids=ask(_newcomers(), ()),
        role=ask(
            optional_choice(
                "role",
                "Role of these people",
                ROLES,
                placeholder="Choose a role",
                hint="Needed when you add people.",
            ),
            None,
        ),
        own_role=ask(_own_role(), "") if asks_own_role else None,
    )


def _newcomers() -> Field[tuple[str, ...]]:
    return users(
        "people",
        "People to add",
        placeholder="Choose people",
        hint="Whoever is in a team already is skipped and named. You can edit each person afterwards.",
    )


_BROADCASTS = checkbox(
    "broadcasts",
    "Results and decisions",
    "Show them to the whole channel",
    about="Where another company reads it, whoever was asked is told directly.",
)


_GUESTS = checkbox("guests", "Guests", "May be added, and asked to score", about="They never decide.")


_LANGUAGE = choice(
    "language",
    "Language of your decisions",
    LANGUAGES,
    missing="Choose the language that you write decisions in.",
    hint="By it earlier cases are found, whatever ending a word has. Windows and messages stay in English.",
)


def _own_role() -> Field[str]:
    return choice("own_role", "Your own role", ROLES, missing="Choose your own role.", placeholder="Choose your role")


def _currency() -> Field[str]:
    """The three letters of ISO 4217."""

    def read(fields: Fields) -> str:
        currency = fields.text("currency").upper()
        if not _CURRENCY.match(currency):
            raise Invalid("Write the currency as three letters, for example EUR.", field="currency")
        if currency not in CURRENCIES:
            raise Invalid(f"{currency} is no currency that anybody pays with. Write one like EUR.", field="currency")
        return currency

    return Field(
        "currency",
        "Currency",
        lambda start: element.text_input("currency", initial=start, length=3),
        read,
        "Decisions keep the currency that they were opened in.",
    )


def members(
    team: Team,
    members: Sequence[Member],
    *,
    table: AuthorityTable,
    page: int = 0,
    notes: Sequence[str] = (),
    coming: Sequence[str] = (),
    channel_id: str | None = None,
) -> kit.View:
    """Page 2: 20 members a page, each with an Edit button.

    notes: who was skipped and why; coming: Slack users who are still being added; page: from 0.
    """
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
        *([kit.section(_still_coming(coming))] if coming else []),
        *(_member_line(member, team, table) for member in shown),
        *kit.paging(ids.TEAM_PAGE, back=page - 1 if page else None, on=page + 1 if page < last else None),
    ]
    return kit.modal(
        "Your team",
        blocks,
        callback_id=ids.SAVED_TEAM,
        close="Close",
        metadata={"team": str(team.id), "page": str(page), "channel": channel_id},
    )


def _still_coming(user_ids: Sequence[str]) -> str:
    return (
        f"*Still being added:* {_people(user_ids)}. Slack tells about so many people only bit by bit; you get a direct "
        "message when all are in."
    )


def all_added(team: Team, *, skipped: Sequence[str]) -> kit.Message:
    """To whoever added people of whom some had to wait. skipped: Slack users who cannot be in the team."""
    why = (
        f" Left out: {_people(skipped)}; bots, guests, deactivated accounts and people of another team cannot be in "
        "it, nor more people than its plan allows."
    )
    sentence = f"The people whom you added to {text.inline(team.name, 300)} are all in it now.{why if skipped else ''}"
    return kit.message(sentence, [kit.section(f"{sentence} {ids.COMMAND} setup shows everybody.")])


def _people(user_ids: Sequence[str]) -> str:
    named = [text.mention(user_id, "somebody") for user_id in user_ids[:MOST_NAMED]]
    more = len(user_ids) - len(named)
    return text.listing([*named, *([f"{more} more"] if more else [])])


def edit_member(
    member: Member, by: By, *, page: int = 0, channel_id: str | None = None, full: str | None = None
) -> kit.View:
    """One person. Nobody is offered more authority for themselves than they have.

    full: why somebody inactive cannot be made active again.

    page: the one of the list beneath, to come back to.
    """
    top = min(by.member.authority, TOP_AUTHORITY) if member.id == by.member.id else TOP_AUTHORITY
    inputs = Inputs(member.id, 1)
    _member(
        inputs,
        member,
        member_id=member.id,
        levels=authority.levels(by.rules.authority, by.team.currency, top=max(top, member.authority)),
    )
    return kit.modal(
        "Edit member",
        [
            *([kit.section(text.safe(full, 600))] if full else []),
            *inputs.blocks,
            *_seat(member),
            kit.actions([deputy.button(member, words="Deputy")]),
        ],
        callback_id=ids.EDIT_MEMBER,
        submit="Save",
        metadata={
            "member": str(member.id),
            "page": str(page),
            "team": str(member.team_id),
            "channel": channel_id,
        },
    )


def _seat(member: Member) -> list[kit.Block]:
    """To whom the seat goes of somebody who has not met the bot here yet."""
    if member.slack_user_id:
        return []
    name = text.inline(member.name, 120)
    said = f"{name} is not linked to anybody in Slack yet: whoever has the e-mail address above takes this seat."
    return [kit.context(said)]


def page_of(view: View) -> int:
    """The page that a list shows, or that the form above it came from."""
    page = metadata(view).get("page", "")
    return int(page) if page.isdecimal() else 0


def parse_member(view: View) -> MemberForm:
    """Raises Invalid with the name of the field."""
    return _member(Answers(view), _NOBODY, member_id=uuid_in(view, "member"))


_NOBODY = MemberForm(member_id=UUID(int=0), name="", role="", authority=1, expertise_areas=(), is_active=True, email="")


def _member(
    ask: Ask, start: Member | MemberForm, *, member_id: UUID, levels: Mapping[int, str] | None = None
) -> MemberForm:
    """The form of a member. levels: what each authority that is offered may decide, while it is shown."""
    offered = levels or {level: str(level) for level in range(1, TOP_AUTHORITY + 1)}
    missing, hint = "Choose up to what amount this person may decide.", authority.LEVELS_HINT
    return MemberForm(
        member_id=member_id,
        name=ask(line("name", "Name", length=NAME_LENGTH), start.name),
        role=ask(choice("role", "Role", ROLES, missing="Choose the role."), start.role),
        authority=ask(choice("authority", "May decide", offered, missing=missing, hint=hint), start.authority),
        expertise_areas=_unique([*ask(_KNOWN, start.expertise_areas), *ask(_TAGS, start.expertise_areas)]),
        is_active=ask(checkbox("active", "Active", "Is asked to score"), start.is_active),
        email=ask(
            email("email", "E-mail", missing="Write the e-mail address. One looks like name@example.com."),
            start.email,
        ).lower(),
    )


_KNOWN: Field[tuple[str, ...]] = Field(
    "expertise",
    "Knows about",
    lambda areas: element.multi_select("expertise", element.options(DECISION_TYPES), initial=areas or ()),
    lambda fields: tuple(area for area in fields.choices("expertise") if area in DECISION_TYPES),
    is_optional=True,
)


def _typed_areas(fields: Fields) -> tuple[str, ...]:
    """The words as typed, each once."""
    tags = _unique(text.one_line(tag) for tag in re.split(r"[,;\n]", fields.text("tags")))
    if len(tags) > TAGS or any(len(tag) > TAG_LENGTH for tag in tags):
        raise Invalid(
            f"At most {TAGS} words or phrases of {TAG_LENGTH} characters each, with commas between.", field="tags"
        )
    return tags


def _other_areas(areas: tuple[str, ...] | None) -> kit.Element:
    tags = ", ".join(area for area in areas or () if area not in DECISION_TYPES)
    return element.text_input("tags", initial=tags, length=TAGS * (TAG_LENGTH + 2))


_TAGS: Field[tuple[str, ...]] = Field(
    "tags",
    "Other expertise",
    _other_areas,
    _typed_areas,
    hint="Words with commas between them, for example: pricing, data protection",
    is_optional=True,
)


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple({word.casefold(): word for word in words if word}.values())


def announcement(team: Team, *, slack_user_id: str) -> kit.Message:
    """Said in the channel when somebody set up the team: what they may decide is no secret."""
    who = text.mention(slack_user_id, "Somebody")
    sentence = (
        f"{who} set up the team {text.inline(team.name, 300)} ({text.inline(team.company_name, 300)}) and may decide "
        f"any amount in it. Its members can open a customer decision with `{ids.COMMAND}`."
    )
    return kit.message(sentence, [kit.section(sentence)])


def tended(team: Team, people: Sequence[Member], *, slack_user_id: str, table: AuthorityTable) -> kit.Message:
    """Said to the team when an admin of the workspace, who is not in it, added or changed people of it."""
    who = text.mention(slack_user_id, "Somebody")
    facts = [
        f"{text.inline(m.name, 80)} ({'' if m.is_active else 'inactive, '}{_may_decide(m, team, table)})"
        for m in people[:MEMBERS_PAGE]
    ]
    more = [f"{len(people) - len(facts)} more"] if len(people) > len(facts) else []
    sentence = (
        f"{who}, an admin of this workspace from outside the team {text.inline(team.name, 300)}, added or changed "
        f"people of it: {text.listing([*facts, *more])}."
    )
    return kit.message(sentence, [kit.section(sentence)])


def _welcome(*, is_another: bool) -> str:
    begins = (
        "This makes one more team, beside those that there are." if is_another else "Nobody has set up a team here yet."
    )
    return f"{begins} You will be its first member, may decide any amount, and this is announced in the channel."


def _called(team: Team) -> str:
    return f"*{text.inline(team.name, 300)}*, {text.inline(team.company_name, 300)}"


def _about(team: Team, *, is_outside: bool) -> str:
    more = (
        " You are not one of its active members: as an admin of this workspace you can add people and make members "
        "active again. The team is told."
        if is_outside
        else ""
    )
    return (
        f"This is about {_called(team)}.{more} Change the team, or add people to it. Save leads to a list of "
        "everybody, with their roles and what they may decide."
    )


def _may_decide(member: Member, team: Team, table: AuthorityTable) -> str:
    return f"may decide {reach(member.authority, table, team.currency)}"


def _member_line(member: Member, team: Team, table: AuthorityTable) -> kit.Block:
    facts = [ROLES.get(member.role, text.inline(member.role, 50)), _may_decide(member, team, table)]
    facts += ["guest, decides nothing"] if member.is_guest else []
    facts += [] if member.is_active else ["*inactive*"]
    facts += [text.inline(member.email, 120)]
    areas = [DECISION_TYPES.get(area, text.inline(area, TAG_LENGTH)) for area in member.expertise_areas[:5]]
    about = f"\nKnows about {text.listing(areas)}" if areas else ""
    button = kit.button("Edit", ids.EDIT_MEMBER, value=str(member.id), label=f"Edit {member.name}")
    return kit.section(f"*{text.inline(member.name, 120)}*\n{' · '.join(facts)}{about}", accessory=button)
