"""Who stands in while somebody is away: by that person, in their settings, or by an admin of the team."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.services import deputy as deputies
from bot.views import deputy as view
from bot.views import team as team_view
from bot.views.slack.form import uuid_in
from handlers.after_ack import open_modal
from handlers.person import deps
from handlers.press import pressed_id
from handlers.team import keeping


async def open_window(args: AsyncArgs) -> None:
    member_id, before = pressed_id(args), args.body.get("view") or {}

    async def build() -> dict[str, Any]:
        who, is_admin = await keeping(args, team_view.team_in(before))
        found = await deputies.find(deps(args).db, who, member_id, is_workspace_admin=is_admin)
        is_own = member_id == who.member.id
        return view.window(found.member, found.absence, found.deputy, is_own=is_own, team_id=who.team.id)

    await open_modal(args, build, title="Deputy")


async def appoint(args: AsyncArgs) -> None:
    submitted = args.body["view"]
    who, is_admin = await keeping(args, team_view.team_in(submitted))
    form = view.parse(submitted, now=who.now)
    found = await deputies.appoint(
        deps(args).db,
        who,
        uuid_in(submitted, "member"),
        user_id=form.user_id,
        begins=form.begins,
        until=form.until or who.now,
        is_workspace_admin=is_admin,
    )
    await args.ack(response_action="update", view=view.saved(found.absence, found.deputy))
