"""What a team chooses about suggestions from the text."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.services import classification as classifications
from bot.views import classification as view
from bot.views import team as team_view
from handlers.after_ack import open_modal
from handlers.person import deps
from handlers.team import keeping


async def open_choices(args: AsyncArgs) -> None:
    """The button in the window of setup."""
    before = args.body.get("view") or {}

    async def build() -> dict[str, Any]:
        who, is_admin = await keeping(args, team_view.team_in(before))
        chosen = await classifications.choices(deps(args).db, who, is_workspace_admin=is_admin)
        return view.choices(chosen, team=str(who.team.id), model=who.rules.model)

    await open_modal(args, build, title="Suggestions")


async def choose(args: AsyncArgs) -> None:
    submitted = args.body["view"]
    who, is_admin = await keeping(args, team_view.team_in(submitted))
    chosen = view.parse_choices(submitted)
    await classifications.choose(deps(args).db, who, chosen, is_workspace_admin=is_admin)
    await args.ack(response_action="update", view=view.chosen(chosen))
