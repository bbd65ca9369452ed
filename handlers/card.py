"""The card in its channel: what else somebody may do from it; try once more to post it."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.services import card as cards
from bot.services import dossier as dossiers
from bot.views import more as more_view
from handlers.after_ack import later, open_modal
from handlers.person import by, deps
from handlers.press import pressed_id
from handlers.private import tell


async def more(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        who = await by(args)
        return more_view.more(await dossiers.close_due_and_get(deps(args).db, who, decision_id), who)

    await open_modal(args, build, title="More")


async def post(args: AsyncArgs) -> None:
    found = await cards.post_again(deps(args).db, await by(args), pressed_id(args))
    await args.ack()
    sentence = f"Posting the card of {found.name}. If the channel still refuses it, you will hear from me again."
    later(args, lambda: tell(args, sentence, level="success"))


async def show_to_others(args: AsyncArgs) -> None:
    """Another company reads the channel, and the card shall appear there."""
    found = await cards.show_to_others(deps(args).db, await by(args), pressed_id(args))
    await args.ack()
    sentence = f"Posting the card of {found.name}. Later cards of your team appear in this channel without asking."
    later(args, lambda: tell(args, sentence, level="success"))
