"""Whether what earlier cases speak for was useful."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.services import precedent as precedents
from bot.views import precedent as view
from handlers.after_ack import later, refresh
from handlers.person import by, deps
from handlers.press import pressed_id
from handlers.private import is_in_modal


async def useful(args: AsyncArgs) -> None:
    await _rate(args, is_useful=True)


async def not_useful(args: AsyncArgs) -> None:
    await _rate(args, is_useful=False)


async def _rate(args: AsyncArgs, *, is_useful: bool) -> None:
    await args.ack()
    decision_id = pressed_id(args)

    async def work() -> None:
        await precedents.rate(deps(args).db, await by(args), decision_id, is_useful=is_useful)
        if is_in_modal(args):
            refresh(args, view.rated(args.body["view"]))

    later(args, work)
