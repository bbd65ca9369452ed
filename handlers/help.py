"""`/decide help`."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.views import help as view


async def show(args: AsyncArgs) -> None:
    await args.ack(response_type="ephemeral", **view.help_message())
