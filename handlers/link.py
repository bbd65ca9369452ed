"""Somebody has posted a link to a decision's page: Slack shows below it what everybody there may read."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.link import Place, places
from bot.services import link as links
from bot.views import link as view
from handlers.after_ack import quietly
from handlers.person import deps, workspace_id


async def shared(args: AsyncArgs) -> None:
    """The event. Nothing is told where another company reads along, nor while a message is still being typed: Slack
    does not say then where it will be read, and asks again once it is posted."""
    event, url = args.event or {}, deps(args).settings.url
    if not url or args.body.get("is_ext_shared_channel") or event.get("source") == "composer":
        return
    found = places((str(link.get("url")) for link in event.get("links") or ()), pages=url)
    if found:
        quietly(args, lambda: _unfurl(args, found))


async def _unfurl(args: AsyncArgs, found: dict[str, Place]) -> None:
    event, told = args.event or {}, await links.told(deps(args).db, workspace_id(args), found)
    if told:
        channel, ts = str(event.get("channel")), str(event.get("message_ts"))
        await args.client.chat_unfurl(channel=channel, ts=ts, unfurls=view.unfurls(told))
