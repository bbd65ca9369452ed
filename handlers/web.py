"""`/decide web`, and the button on the Home tab: the way from Slack to the web pages."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.errors import NotFound
from bot.services import token as tokens
from bot.views import web as view
from handlers.after_ack import open_modal
from handlers.person import by, deps


async def open_door(args: AsyncArgs) -> None:
    """A window that only this person sees, with a link that signs them in once."""
    await open_modal(args, lambda: _door(args), title=view.TITLE)


async def _door(args: AsyncArgs) -> dict[str, Any]:
    d = deps(args)
    if not d.settings.url:
        raise NotFound("Conclave has no web pages here. Whoever runs it can switch them on with CONCLAVE_URL.")
    link = await tokens.issue_link(d.db, await by(args))
    return view.door(f"{d.settings.url}/link/{link}")
