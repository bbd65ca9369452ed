"""Setting the criteria."""

import secrets
from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.action import Action
from bot.services import criterion as criteria
from bot.services import decision as decisions
from bot.views import criterion as view
from bot.views import decision as decision_view
from bot.views.slack.form import uuid_in
from handlers.after_ack import open_modal, show_later
from handlers.decision import ack_done, allowed, tell_done
from handlers.payload import press, pressed_id, view_id
from handlers.person import actor, deps


async def open_edit(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        found = await allowed(args, Action.EDIT_CRITERIA, decision_id)
        rows = view.drafts_of(found.criteria)
        return view.edit(found, rows=rows, revision=secrets.token_hex(3))

    await open_modal(args, build, title="Criteria")


async def add_row(args: AsyncArgs) -> None:
    """One more empty row; what was typed stays, because its blocks keep their ids."""
    await args.ack()
    before = args.body["view"]

    async def build() -> dict[str, Any]:
        d = deps(args)
        found = await decisions.get(d.db, actor=await actor(args), decision_id=uuid_in(before), now=d.now)
        return view.with_row(found, before)

    show_later(args, view_id(args), build, title="Criteria")


async def submit(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await criteria.submit(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        drafts=view.parse(submitted),
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    await ack_done(args, decision_view.criteria_set(after), decision_id=after.id)


async def go_back(args: AsyncArgs) -> None:
    d = deps(args)
    after = await criteria.go_back(
        d.db,
        actor=await actor(args),
        decision_id=pressed_id(args),
        now=d.now,
        table=d.rules.authority,
    )
    await args.ack()
    sentence = f"{after.name} is back at its criteria. Its options stay; submit the criteria to go on with them."
    tell_done(args, sentence, decision_id=after.id)
