"""Answers for one person's eyes: by response_url from a message, on top of an open modal, else as a DM."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.views import notice


async def tell(args: AsyncArgs, sentence: str) -> None:
    """Show `sentence` to the person who clicked, and to nobody else."""
    if args.body.get("view"):
        await args.client.views_push(trigger_id=args.body["trigger_id"], view=notice.notice("Conclave", sentence))
    else:
        await answer(args, notice.private(sentence))


async def answer(args: AsyncArgs, message: dict[str, Any], *, replaces: bool = False) -> None:
    """Send a message that only this person sees; `replaces` puts it in the place of the one that was clicked."""
    if args.body.get("response_url"):
        await args.respond(**message, response_type="ephemeral", replace_original=replaces)
    else:
        await args.client.chat_postMessage(channel=str(args.context.user_id), **message)
