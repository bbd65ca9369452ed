"""Answers for one person's eyes: by response_url from a message, on top of an open modal, else as a DM."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.views.slack import ids, notice


async def tell(args: AsyncArgs, sentence: str, *, level: str = "warning") -> None:
    """Show `sentence` to the person who clicked, and to nobody else."""
    view = notice.notice("Conclave", sentence, level=level)
    if is_in_modal(args) and is_passing(args):
        await args.client.views_update(view_id=args.body["view"]["id"], view=view)
    elif is_in_modal(args) and not is_stack_full(args):
        await args.client.views_push(trigger_id=args.body["trigger_id"], view=view)
    else:
        await answer(args, notice.private(sentence))


def is_in_modal(args: AsyncArgs) -> bool:
    """Whether the click came from a modal, not from a message or the Home tab."""
    return (args.body.get("view") or {}).get("type") == "modal"


def is_passing(args: AsyncArgs) -> bool:
    """Whether the modal that was clicked only led on: what follows takes its place, and closes back to the card."""
    return args.body["view"].get("callback_id") in (ids.NOTICE, ids.MORE)


def is_stack_full(args: AsyncArgs) -> bool:
    """Whether the modal that was clicked lies upon two others: Slack pushes no fourth."""
    view = args.body["view"]
    return view.get("previous_view_id") not in (None, view.get("root_view_id"))


async def write(args: AsyncArgs, sentence: str) -> None:
    """Say it in a DM: the way that is open when no other is."""
    await args.client.chat_postMessage(channel=str(args.context.user_id), **notice.private(sentence))


async def answer(args: AsyncArgs, message: dict[str, Any], *, replaces: bool = False) -> None:
    """Send a message that only this person sees; `replaces` puts it in the place of the one that was clicked."""
    if args.body.get("response_url"):
        await args.respond(**message, response_type="ephemeral", replace_original=replaces)
    else:
        await args.client.chat_postMessage(channel=str(args.context.user_id), **message)
