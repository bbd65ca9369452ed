"""The learning page, and the one press that opens what it proposes as a decision."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.deadline import decide_by
from bot.services import learning as learnings
from bot.views import learning as view
from bot.views.slack.form import metadata
from handlers.after_ack import later, open_modal, refresh_later
from handlers.person import by, clock_of, deps
from handlers.press import view_id
from handlers.private import is_in_modal, tell

NORMAL = 3
"""The urgency of what is opened from a proposal."""


async def show(args: AsyncArgs) -> None:
    """`/decide learn`, and the button under a proposal."""
    place = str(args.body.get("channel_id") or "")
    await open_modal(args, lambda: _page(args, place if place.startswith(("C", "G")) else None), title=view.TITLE)


async def _page(args: AsyncArgs, channel_id: str | None) -> dict[str, Any]:
    found = await learnings.read(deps(args).db, await by(args))
    return view.page(found.lessons, found.lines, found.ledger, found.proposals, channel_id=channel_id)


async def open_policy(args: AsyncArgs) -> None:
    who, key = await by(args), str((args.action or {}).get("value"))
    channel_id = metadata(args.body["view"]).get("channel") if is_in_modal(args) else None
    at = decide_by(NORMAL, now=who.now, clock=await clock_of(deps(args), who))
    after = await learnings.open_policy(deps(args).db, who, key, decide_by=at, channel_id=channel_id)
    await args.ack()
    sentence = f"{after.name} is open: {after.case.title}. Next: add the options; /decide show {after.number} shows it."
    later(args, lambda: tell(args, sentence, level="success"))
    if is_in_modal(args):
        refresh_later(args, view_id(args), lambda: _page(args, channel_id))
