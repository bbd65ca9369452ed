"""Setting the criteria."""

import secrets
from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.action import Action
from bot.domain.by import By
from bot.services import criterion as criteria
from bot.services import dossier as dossiers
from bot.views import criterion as view
from bot.views import decision as decision_view
from bot.views.slack.form import uuid_in
from handlers.after_ack import show_later
from handlers.answering import ack_done, opens
from handlers.person import by, deps
from handlers.press import view_id


async def edit_window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    found = await dossiers.get_allowed(d.db, who, decision_id, Action.EDIT_CRITERIA)
    return view.edit(found, rows=view.drafts_of(found.criteria), revision=secrets.token_hex(3))


open_from_old_card = opens(Action.EDIT_CRITERIA, edit_window)
"""Cards that were drawn before still say "Back to criteria"."""


async def add_row(args: AsyncArgs) -> None:
    """One more empty row; what was typed stays, because its blocks keep their ids."""
    await args.ack()
    before = args.body["view"]

    async def build() -> dict[str, Any]:
        found = await dossiers.close_due_and_get(deps(args).db, await by(args), uuid_in(before))
        return view.with_row(found, before)

    show_later(args, view_id(args), build, title="Criteria")


async def submit(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    drafts = view.parse(submitted)
    after = (await criteria.submit(deps(args).db, who, uuid_in(submitted), drafts=drafts)).decision
    await ack_done(args, after, decision_view.criteria_set(after))
