"""Setting up a team and keeping its roll of members."""

from collections.abc import Sequence
from typing import Any

import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.by import By
from bot.domain.team import Actor
from bot.errors import Invalid, slack_name
from bot.profile import read_profiles
from bot.services import newcomer as newcomers
from bot.services import team as teams
from bot.views import team as view
from bot.views.slack.form import uuid_in
from handlers.after_ack import ack_loading, open_modal, refresh_later, show_later
from handlers.person import acting, by, deps, find_actor, is_workspace_admin, profile, workspace_id
from handlers.press import press, pressed_id, pressed_page, view_id

log = structlog.get_logger(__name__)
LOOK_SECONDS = 5.0
"""So long people are looked up while somebody looks at "One moment ..."; less than `newcomer.HELD_SECONDS`."""


async def open_setup(args: AsyncArgs) -> None:
    """Page 1, empty for a new team or with the fields of one's own."""
    channel_id = str(args.body.get("channel_id") or "")

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
    """Save the team and who is to be in it, answer with a loading view, then look the people up and add them."""
    form = view.parse_setup(args.body["view"])
    fields = teams.Fields(form.name, form.company_name, form.industry, form.team_size, form.currency)
    found = await find_actor(args)
    if found is None or form.own_role is not None:
        who = acting(args, await _create(args, form, fields))
    else:
        who = acting(args, found)
        is_admin = await is_workspace_admin(args)
        await teams.update(deps(args).db, who, fields=fields, is_workspace_admin=is_admin)

    # Kept before the answer: whatever becomes of this process, nobody of them is forgotten.
    wanted = await newcomers.request(deps(args).db, who, role=form.role, user_ids=form.user_ids) if form.role else None

    async def build() -> dict[str, Any]:
        return await _add_people(args, who, *wanted) if wanted else await _members(args, who)

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


async def _add_people(args: AsyncArgs, who: By, order: newcomers.Order, key: str) -> dict[str, Any]:
    """Add those whom Slack tells us about while the person waits; a delivery goes on with the rest."""
    looked = await read_profiles(args.client, workspace_id=order.workspace_id, user_ids=order.rest, within=LOOK_SECONDS)
    if looked.error:
        log.info("people are added later", people=len(looked.rest), error=slack_name(looked.error))
    left, notes = await newcomers.add(deps(args).patient_db, order, looked, key=key)
    return await _members(args, who, notes=notes, coming=left.rest)


async def _members(
    args: AsyncArgs, who: By, *, notes: Sequence[str] = (), coming: Sequence[str] = ()
) -> dict[str, Any]:
    db = deps(args).db
    team = await teams.get_team(db, who.team.id)
    return view.members(team, await teams.members(db, who), notes=notes, coming=coming)


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

        refresh_later(args, str(beneath), build)
