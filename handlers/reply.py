"""Words to copy once a decision is made, and the team's own wording of them."""

from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.by import By
from bot.services import reply as replies
from bot.views import reply as view
from bot.views.slack.form import uuid_in
from handlers.after_ack import open_modal
from handlers.person import by, deps
from handlers.press import pressed_id


async def window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    return view.reply(*await replies.read(d.db, who, decision_id))


async def edit(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.wording(*await replies.read(deps(args).db, await by(args), decision_id))

    await open_modal(args, build, title="The team's wording")


async def save(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    typed = view.parse_wording(submitted)
    after = await replies.word(deps(args).db, who, uuid_in(submitted), typed)
    await args.ack(response_action="update", view=view.reply(*after))
