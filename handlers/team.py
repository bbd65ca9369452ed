"""Setting up a team and keeping its roll of members."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.team import Actor
from bot.errors import Invalid
from bot.services import team as teams
from bot.views import team as view
from bot.views.slack.form import uuid_in
from handlers.after_ack import ack_loading, open_modal, show_later
from handlers.payload import press, pressed_id, view_id
from handlers.person import actor, deps, find_actor, is_workspace_admin, profile, read_profile, workspace_id


async def open_setup(args: AsyncArgs) -> None:
    """Page 1, empty for a new team or with the fields of one's own."""
    channel_id = str(args.body.get("channel_id") or "")

    async def build() -> dict[str, Any]:
        who = await find_actor(args)
        if who is None:
            await teams.may_set_up(deps(args).db, await profile(args))
            has_team, _ = await teams.who_can_add(deps(args).db, workspace_id(args))
            return view.setup(team=None, is_first=not has_team, channel_id=channel_id, asks_own_role=True)
        teams.check_admin(who, is_workspace_admin=await is_workspace_admin(args))
        return view.setup(team=who.team, is_first=False, channel_id=channel_id)

    await open_modal(args, build, title="Set up your team")


async def set_up(args: AsyncArgs) -> None:
    """Save the team, answer with a loading view, then read the people's profiles and add them."""
    form = view.parse_setup(args.body["view"])
    fields = teams.Fields(form.name, form.company_name, form.industry, form.team_size, form.currency)
    who = await find_actor(args)
    if who is None or form.own_role is not None:
        who = await _create(args, form, fields)
    else:
        await teams.update(deps(args).db, actor=who, is_workspace_admin=await is_workspace_admin(args), fields=fields)
    actor_now, role, user_ids = who, form.role, form.user_ids

    async def build() -> dict[str, Any]:
        return await _add_people(args, actor_now, role=role, user_ids=user_ids)

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
    )


async def _add_people(args: AsyncArgs, who: Actor, *, role: str | None, user_ids: Sequence[str]) -> dict[str, Any]:
    db = deps(args).db
    profiles = [
        await read_profile(args.client, workspace_id=workspace_id(args), user_id=user_id) for user_id in user_ids
    ]
    notes = await teams.add_people(db, actor=who, profiles=profiles, role=role) if role else []
    team = await teams.get_team(db, who.team.id)
    return view.members(team, await teams.members(db, actor=who), page=0, notes=notes)


async def turn_page(args: AsyncArgs) -> None:
    await args.ack()
    page = str(args.action["value"]) if args.action else ""

    async def build() -> dict[str, Any]:
        who = await actor(args)
        teams.check_admin(who, is_workspace_admin=await is_workspace_admin(args))  # the list holds addresses
        everybody = await teams.members(deps(args).db, actor=who)
        return view.members(who.team, everybody, page=int(page) if page.isdecimal() else 0)

    show_later(args, view_id(args), build, title="Your team")


async def open_member(args: AsyncArgs) -> None:
    member_id, page = pressed_id(args), view.page_of(args.body.get("view") or {})

    async def build() -> dict[str, Any]:
        who = await actor(args)
        teams.check_admin(who, is_workspace_admin=await is_workspace_admin(args))
        member = await teams.get_member(deps(args).db, actor=who, member_id=member_id)
        return view.edit_member(
            member,
            own_authority=who.member.authority,
            is_self=member.id == who.member.id,
            table=deps(args).rules.authority,
            currency=who.team.currency,
            page=page,
        )

    await open_modal(args, build, title="Edit member")


async def edit_member(args: AsyncArgs) -> None:
    """Save, close the form, and bring the list beneath it up to date."""
    who, submitted = await actor(args), args.body["view"]
    member_id: UUID = uuid_in(submitted, "member")
    form = view.parse_member(submitted)
    await teams.edit_member(
        deps(args).db,
        actor=who,
        is_workspace_admin=await is_workspace_admin(args),
        member_id=member_id,
        fields=teams.MemberFields(
            name=form.name,
            email=form.email,
            role=form.role,
            authority=form.authority,
            expertise_areas=form.expertise_areas,
            is_active=form.is_active,
        ),
    )
    await args.ack()
    beneath = submitted.get("previous_view_id")
    if beneath:

        async def build() -> dict[str, Any]:
            return view.members(who.team, await teams.members(deps(args).db, actor=who), page=view.page_of(submitted))

        show_later(args, str(beneath), build, title="Your team")
