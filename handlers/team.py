"""Setting up a team and keeping its roll of members."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.by import By
from bot.domain.team import Actor
from bot.errors import Invalid, slack_name
from bot.profile import profile_of, read_profiles
from bot.services import newcomer as newcomers
from bot.services import plan as plans
from bot.services import team as teams
from bot.usergroup import read_groups, read_people
from bot.views import team as view
from bot.views.slack.form import uuid_in
from handlers.after_ack import ack_loading, later, open_modal, refresh, refresh_later, show_later
from handlers.person import acting, deps, profile, unknown, workspace_id
from handlers.press import press, pressed_group, pressed_id, pressed_page, view_id

log = structlog.get_logger(__name__)
LOOK_SECONDS = 5.0
"""So long people are looked up while somebody looks at "One moment ..."; less than `newcomer.HELD_SECONDS`."""


async def open_setup(args: AsyncArgs) -> None:
    """Page 1, with the fields of the team that it is about, empty for a new one; or the question which team."""
    channel_id = str(args.body.get("channel_id") or (args.action or {}).get("value") or "")

    async def build() -> dict[str, Any]:
        me = await profile(args)
        found = await teams.set_up_what(deps(args).db, me, channel_id=channel_id)
        if found.about:
            teams.check_admin(found.about, is_workspace_admin=me.is_admin)
            return await _window(args, found, found.about, channel_id=channel_id)
        if found.teams:
            return view.which_team(found.teams, channel_id=channel_id, may_create=found.may_create)
        return view.setup(team=None, is_first=True, channel_id=channel_id, groups=await read_groups(args.client))

    await open_modal(args, build, title="Set up your team")


async def _window(args: AsyncArgs, found: teams.Setup, about: Actor, *, channel_id: str | None) -> dict[str, Any]:
    who = acting(args, about)
    used = await plans.usage(deps(args).db, who)
    full = who.plan.no_member(about.team, used)
    return view.setup(
        team=about.team,
        is_first=False,
        channel_id=channel_id,
        is_outside=about.is_outside,
        others=found.teams,
        may_create=found.may_create,
        plan=[f"Plan {who.plan.in_words(used)}.", *([full] if full else [])],
        groups=await read_groups(args.client),
    )


async def choose_team(args: AsyncArgs) -> None:
    """This one: page 1 again, about the team that was chosen."""
    team_id, before = pressed_id(args), args.body["view"]
    await args.ack()

    async def build() -> dict[str, Any]:
        who, _ = await keeping(args, team_id)
        found = await teams.set_up_what(deps(args).db, await profile(args), channel_id="")
        return await _window(args, found, who.actor, channel_id=view.channel_of(before))

    show_later(args, view_id(args), build, title="Set up your team")


async def ask_which(args: AsyncArgs) -> None:
    before = args.body["view"]
    await args.ack()

    async def build() -> dict[str, Any]:
        found = await teams.set_up_what(deps(args).db, await profile(args), channel_id="")
        return view.which_team(found.teams, channel_id=view.channel_of(before), may_create=found.may_create)

    show_later(args, view_id(args), build, title="Set up your team")


async def make_another(args: AsyncArgs) -> None:
    """Page 1, empty, for an admin of the workspace who wants one more team than there is."""
    before = args.body["view"]
    await args.ack()

    async def build() -> dict[str, Any]:
        await teams.may_make_another(deps(args).db, await profile(args))
        groups = await read_groups(args.client)
        return view.setup(team=None, is_first=False, is_another=True, channel_id=view.channel_of(before), groups=groups)

    show_later(args, view_id(args), build, title="Set up your team")


async def choose_group(args: AsyncArgs) -> None:
    """The people of a user group, beside those who were chosen already."""
    await args.ack()
    later(args, lambda: _choose_group(args))


async def _choose_group(args: AsyncArgs) -> None:
    group = pressed_group(args)
    refresh(args, view.with_group(args.body["view"], group, people=await read_people(args.client, group.id)))


async def keeping(args: AsyncArgs, team_id: UUID | None) -> tuple[By, bool]:
    """Who looks after the team of a window, None: after their own; and whether they are an admin of the workspace."""
    me = await profile(args)
    found = await teams.find_keeper(deps(args).db, me, team_id=team_id)
    if found is None:
        raise await unknown(args)
    return acting(args, found), me.is_admin


async def set_up(args: AsyncArgs) -> None:
    """Save the team and who is to be in it, answer with a loading view, then look the people up and add them."""
    form = view.parse_setup(args.body["view"])
    about = (form.name, form.company_name, form.industry, form.team_size)
    fields = teams.Fields(*about, form.currency, form.broadcasts, form.language, form.guests_score)
    if form.team_id is None:
        who = acting(args, await _create(args, form, fields))
    else:
        who, is_admin = await keeping(args, form.team_id)
        await teams.update(deps(args).db, who, fields=fields, is_workspace_admin=is_admin)

    # Kept before the answer: whatever becomes of this process, nobody of them is forgotten.
    wanted = await _request(args, who, form)

    async def build() -> dict[str, Any]:
        return await (_add_people(args, who, *wanted) if wanted else _members(args, who, channel_id=form.channel_id))

    await ack_loading(args, build, title="Your team")


async def _create(args: AsyncArgs, form: view.SetupForm, fields: teams.Fields) -> Actor:
    if form.own_role is None:
        raise Invalid("Choose your own role in the team.", field="own_role")
    return await teams.create(
        deps(args).db,
        profile=await profile(args),
        fields=fields,
        role=form.own_role,
        domain=(args.body.get("team") or {}).get("domain"),
        channel_id=form.channel_id,
        press=press(args),
        is_first=not form.is_another,
        tier=deps(args).settings.default_tier,
    )


async def _request(args: AsyncArgs, who: By, form: view.SetupForm) -> tuple[newcomers.Order, str] | None:
    if not form.role:
        return None
    where = _channel(form.channel_id)
    return await newcomers.request(deps(args).db, who, role=form.role, user_ids=form.user_ids, channel_id=where)


async def _add_people(args: AsyncArgs, who: By, order: newcomers.Order, key: str) -> dict[str, Any]:
    """Add those whom Slack tells us about while the person waits; a delivery goes on with the rest."""
    workspace_id = order.keeper.workspace_id
    looked = await read_profiles(args.client, workspace_id=workspace_id, user_ids=order.rest, within=LOOK_SECONDS)
    if looked.error:
        log.info("people are added later", people=len(looked.rest), error=slack_name(looked.error))
    left, notes = await newcomers.add(deps(args).patient_db, order, looked, key=key, plans=who.rules.plans)
    return await _members(args, who, notes=notes, coming=left.rest, channel_id=order.channel_id)


async def _members(
    args: AsyncArgs, who: By, *, notes: Sequence[str] = (), coming: Sequence[str] = (), channel_id: str | None = None
) -> dict[str, Any]:
    db = deps(args).db
    team = await teams.get_team(db, who.team.id)
    people = await teams.members(db, who)
    return view.members(
        team, people, table=who.rules.authority, notes=notes, coming=coming, channel_id=_channel(channel_id)
    )


def _channel(channel_id: str | None) -> str | None:
    """Not a conversation between two."""
    return channel_id if channel_id and channel_id.startswith(("C", "G")) else None


async def turn_page(args: AsyncArgs) -> None:
    await args.ack()
    before = args.body["view"]

    async def build() -> dict[str, Any]:
        who, is_admin = await keeping(args, view.team_in(before))
        teams.check_admin(who.actor, is_workspace_admin=is_admin)  # the list holds addresses
        everybody = await teams.members(deps(args).db, who)
        return view.members(
            who.team, everybody, table=who.rules.authority, page=pressed_page(args), channel_id=view.channel_of(before)
        )

    show_later(args, view_id(args), build, title="Your team")


async def open_member(args: AsyncArgs) -> None:
    member_id, before = pressed_id(args), args.body.get("view") or {}

    async def build() -> dict[str, Any]:
        who, is_admin = await keeping(args, view.team_in(before))
        teams.check_admin(who.actor, is_workspace_admin=is_admin)
        member = await teams.get_member(deps(args).db, who, member_id)
        full = None if member.is_active else who.plan.no_member(who.team, await plans.usage(deps(args).db, who))
        page, channel_id = view.page_of(before), view.channel_of(before)
        return view.edit_member(member, who, page=page, channel_id=channel_id, full=full)

    await open_modal(args, build, title="Edit member")


async def person_changed(args: AsyncArgs) -> None:
    """Slack tells of somebody: renamed, a new address or zone, a guest from now on, or gone. Saved before the answer:
    what is not acknowledged comes again."""
    told = (args.event or {}).get("user") or {}
    if told.get("id"):
        await teams.follow(deps(args).db, profile_of(told, workspace_id=workspace_id(args)))


async def edit_member(args: AsyncArgs) -> None:
    """Save, close the form, and bring the list beneath it up to date."""
    submitted = args.body["view"]
    who, is_admin = await keeping(args, view.team_in(submitted))
    form = view.parse_member(submitted)
    await teams.edit_member(
        deps(args).db,
        who,
        uuid_in(submitted, "member"),
        fields=teams.MemberFields(
            name=form.name,
            email=form.email,
            role=form.role,
            authority=form.authority,
            expertise_areas=form.expertise_areas,
            is_active=form.is_active,
        ),
        is_workspace_admin=is_admin,
        channel_id=view.channel_of(submitted),
    )
    await args.ack()
    beneath = submitted.get("previous_view_id")
    if beneath:

        async def build() -> dict[str, Any]:
            everybody, page = await teams.members(deps(args).db, who), view.page_of(submitted)
            return view.members(
                who.team, everybody, table=who.rules.authority, page=page, channel_id=view.channel_of(submitted)
            )

        refresh_later(args, str(beneath), build)
