"""`/decide export`."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.services import export as exports
from bot.views import export as view
from handlers.person import by, deps


async def request(args: AsyncArgs) -> None:
    """Committed, then answered: what was promised here comes even if this process dies now."""
    is_new = await exports.request(deps(args).db, await by(args))
    await args.ack(response_type="ephemeral", **view.on_its_way(is_new=is_new))
