"""A draft that a ticket or a program handed in: open it as a decision, or put it away."""

import secrets
from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.by import By
from bot.domain.classification import Reading
from bot.domain.draft import Content
from bot.services import classification as classifications
from bot.services import draft as drafts
from bot.services import plan as plans
from bot.views import decision as decision_view
from bot.views import draft as view
from handlers.after_ack import later, open_modal
from handlers.decision import proposals
from handlers.person import by, deps
from handlers.press import pressed_id
from handlers.private import answer


async def open_window(args: AsyncArgs) -> None:
    """The window "New decision", filled in. Nothing is opened before it is submitted."""
    draft_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        who, db = await by(args), deps(args).db
        found = await drafts.get_waiting(db, who, draft_id)
        if why := await plans.why_full(db, who):
            return decision_view.full(why, typed=found.content.title)
        return decision_view.new_decision(
            team=who.team,
            channel_id=found.content.channel_id,
            permalink=found.link,
            reading=await _reading(args, who, found.content),
            proposals=await proposals(args, who),
            once=secrets.token_hex(4),
            draft=found,
        )

    await open_modal(args, build, title="New decision")


async def _reading(args: AsyncArgs, who: By, content: Content) -> Reading | None:
    """What the text suggests, where the ticket says nothing of it itself."""
    if not content.is_silent:
        return None
    return await classifications.suggest(deps(args).db, who, title=content.title, description=content.description)


async def dismiss(args: AsyncArgs) -> None:
    """Not needed. The message goes with its text."""
    found = await drafts.dismiss(deps(args).db, await by(args), pressed_id(args))
    await args.ack()
    later(args, lambda: answer(args, view.dismissed(found), replaces=True))
