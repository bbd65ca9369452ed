"""Proposing options, and changing one's own."""

import secrets
from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.option import Option
from bot.services import dossier as dossiers
from bot.services import option as options
from bot.services import precedent as precedents
from bot.services import sketch as sketches
from bot.services import team as teams
from bot.views import option as view
from bot.views import precedent as precedent_view
from bot.views.slack.form import currency_in, uuid_in
from handlers.after_ack import later, open_modal, refresh
from handlers.answering import ack_done, ack_said
from handlers.person import by, deps
from handlers.press import pressed_id


async def propose_window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    found = await dossiers.get_allowed(d.db, who, decision_id, Action.PROPOSE_OPTION)
    members, earlier = await teams.active_members(d.db, who), await precedents.suggest(d.db, who, found)
    suggested = (*earlier, *await sketches.suggest(d.db, who, found, besides=earlier))
    return view.propose(found, who, members=members, once=secrets.token_hex(4), suggested=suggested)


async def add_suggested(args: AsyncArgs) -> None:
    """The button "Add" beside a suggested option; what was typed in the window stays."""
    await args.ack()
    submitted, source = args.body["view"], pressed_id(args)

    async def work() -> None:
        await options.add_suggested(deps(args).db, await by(args), uuid_in(submitted), source=source)
        refresh(args, precedent_view.added(submitted, str(source)))

    later(args, work)


async def unfold(args: AsyncArgs) -> None:
    """The button "More fields"."""
    await args.ack()
    refresh(args, view.unfolded(args.body["view"]))


async def propose(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    drafts = view.parse_several(submitted, currency=currency_in(submitted, who.team.currency))
    if drafts or not precedent_view.has_added(submitted):
        after = await options.propose(deps(args).db, who, uuid_in(submitted), drafts=drafts)
    else:  # what was added from earlier cases is there already
        after = await dossiers.get_allowed(deps(args).db, who, uuid_in(submitted), Action.PROPOSE_OPTION)
    await ack_done(args, after.decision, view.proposed(after, who, drafts=drafts))


async def mine_window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    """One's only option at once, or a list of them to choose from."""
    found, own = await options.mine(d.db, who, decision_id)
    return await _edit_window(d, who, found, own[0]) if len(own) == 1 else view.mine(found, own)


async def open_chosen(args: AsyncArgs) -> None:
    option_id, decision_id = pressed_id(args), uuid_in(args.body["view"])

    async def build() -> dict[str, Any]:
        d, who = deps(args), await by(args)
        found, own = await options.get_own(d.db, who, decision_id, option_id=option_id)
        return await _edit_window(d, who, found, own)

    await open_modal(args, build, title=Action.EDIT_OPTION.window)


async def _edit_window(d: Deps, who: By, found: Dossier, option: Option) -> dict[str, Any]:
    return view.edit(found, who, option, members=await teams.active_members(d.db, who))


async def change(args: AsyncArgs) -> None:
    """Submit of one's own option: as it was edited, or with the box that removes it."""
    db, who, submitted = deps(args).db, await by(args), args.body["view"]
    decision_id, option_id = uuid_in(submitted), uuid_in(submitted, "option")
    form = view.parse(submitted, currency=currency_in(submitted, who.team.currency))
    if form.remove:
        after = await options.remove(db, who, decision_id, option_id=option_id)
        await ack_said(args, after.decision, "Your option is removed.")
    else:
        after = await options.change(db, who, decision_id, option_id=option_id, draft=form.draft)
        await ack_said(args, after.decision, "Your option is changed.")
