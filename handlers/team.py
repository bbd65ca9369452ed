"""Setting up a team and keeping its roll of members."""

from collections.abc import Sequence
from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.by import By
from bot.domain.team import Actor
from bot.errors import Invalid
from bot.services import team as teams
from bot.views import team as view
from bot.views.slack.form import uuid_in
from handlers.after_ack import ack_loading, open_modal, show_later
from handlers.person import acting, by, deps, find_actor, is_workspace_admin, profile, read_profile, workspace_id
from handlers.press import press, pressed_id, pressed_page, view_id


async def open_setup(args: AsyncArgs) -> None:
    """Page 1, empty for a new team or with the fields of one's own."""
    channel_id = str(args.body.get("channel_id") or (args.action or {}).get("value") or "")

    async def build() -> dict[str, Any]:
        found = await find_actor(args)
        if found is None:
            await teams.may_set_up(deps(args).db, await profile(args))
            has_team, _ = await teams.who_can_add(deps(args).db, workspace_id(args))
            return view.setup(team=None, is_first=not has_team, channel_id=channel_id, asks_own_role=True)
        teams.check_admin(found, is_workspace_admin=await is_workspace_admin(args))
        return view.setup(team=found.team, is_first=False, channel_id=channel_id)

    await open_modal(args, build, title="Set up your team")


async def set_up(args: AsyncArgs) -> None:
    """Save the team, answer with a loading view, then read the people's profiles and add them."""
    form = view.parse_setup(args.body["view"])
    fields = teams.Fields(form.name, form.company_name, form.industry, form.team_size, form.currency)
    found = await find_actor(args)
    if found is None or form.own_role is not None:
        who = acting(args, await _create(args, form, fields))
    else:
        who = acting(args, found)
        is_admin = await is_workspace_admin(args)
        await teams.update(deps(args).db, who, fields=fields, is_workspace_admin=is_admin)

    async def build() -> dict[str, Any]:
        return await _add_people(args, who, role=form.role, user_ids=form.user_ids)

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


async def _add_people(args: AsyncArgs, who: By, *, role: str | None, user_ids: Sequence[str]) -> dict[str, Any]:
    db = deps(args).db
    profiles = [
        await read_profile(args.client, workspace_id=workspace_id(args), user_id=user_id) for user_id in user_ids
    ]
    notes = await teams.add_people(db, who, profiles=profiles, role=role) if role else []
    team = await teams.get_team(db, who.team.id)
    return view.members(team, await teams.members(db, who), page=0, notes=notes)


async def turn_page(args: AsyncArgs) -> None:
    await args.ack()

    async def build() -> dict[str, Any]:
        who = await by(args)
        teams.check_admin(who.actor, is_workspace_admin=await is_workspace_admin(args))  # the list holds addresses
        everybody = await teams.members(deps(args).db, who)
        return view.members(who.team, everybody, page=pressed_page(args))

    show_later(args, view_id(args), build, title="Your team")


async def open_member(args: AsyncArgs) -> None:
    member_id, page = pressed_id(args), view.page_of(args.body.get("view") or {})

    async def build() -> dict[str, Any]:
        who = await by(args)
        teams.check_admin(who.actor, is_workspace_admin=await is_workspace_admin(args))
        return view.edit_member(await teams.get_member(deps(args).db, who, member_id), who, page=page)

    await open_modal(args, build, title="Edit member")


async def edit_member(args: AsyncArgs) -> None:
    """Save, close the form, and bring the list beneath it up to date."""
    who, submitted = await by(args), args.body["view"]
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
        is_workspace_admin=await is_workspace_admin(args),
    )
    await args.ack()
    beneath = submitted.get("previous_view_id")
    if beneath:

        async def build() -> dict[str, Any]:
            return view.members(who.team, await teams.members(deps(args).db, who), page=view.page_of(submitted))

        show_later(args, str(beneath), build, title="Your team")
