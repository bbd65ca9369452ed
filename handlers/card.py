"""The card in its channel: try once more to post it."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.services import card as cards
from handlers.after_ack import later
from handlers.person import by, deps
from handlers.press import pressed_id
from handlers.private import tell


async def post(args: AsyncArgs) -> None:
    found = await cards.post_again(deps(args).db, await by(args), pressed_id(args))
    await args.ack()
    sentence = f"Posting the card of {found.name}. If the channel still refuses it, you will hear from me again."
    later(args, lambda: tell(args, sentence, level="success"))
