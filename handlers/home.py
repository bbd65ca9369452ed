"""The Home tab: published when it is opened and when its page is turned; changes reach it through the outbox."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.services import home as homes
from bot.services import team as teams
from bot.views import home as view
from handlers.after_ack import later
from handlers.person import deps, profile, slack_user
from handlers.press import pressed_page

_PASSES = 3


async def opened(args: AsyncArgs) -> None:
    """The event. Its other tab, the messages, is none of ours."""
    if (args.event or {}).get("tab", "home") == "home":
        later(args, lambda: _publish(args, page=0))


async def turn_page(args: AsyncArgs) -> None:
    await args.ack()
    later(args, lambda: _publish(args, page=pressed_page(args)))


async def _publish(args: AsyncArgs, *, page: int) -> None:
    """Publish, then look again: a change that was delivered meanwhile must not be covered by what was read before."""
    d, user = deps(args), slack_user(args)
    is_first = await homes.opened(d.db, user=user, page=page)
    if not await homes.is_known(d.db, user=user):
        await teams.link_by_email(d.db, await profile(args))
    for _ in range(_PASSES):
        before = await homes.shown(d.db, user=user)
        found = await homes.read(d.db, user=user, now=d.now, rules=d.rules, is_first=is_first)
        tab = view.home(found, now=d.now, has_web=bool(d.settings.url))
        if view.digest(tab) == before:
            return
        await args.client.views_publish(user_id=user.user_id, view=tab)
        await homes.published(d.db, user=user, digest=view.digest(tab), before=before)
