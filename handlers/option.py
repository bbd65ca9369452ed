"""Proposing options, and changing one's own."""

from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.action import Action
from bot.domain.decision import Dossier
from bot.domain.option import Option
from bot.services import option as options
from bot.views import option as view
from bot.views.slack import notice
from bot.views.slack.form import uuid_in
from handlers.after_ack import open_modal
from handlers.decision import ack_done, active_members, allowed
from handlers.payload import press, pressed_id
from handlers.person import actor, deps


async def open_propose(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        found = await allowed(args, Action.PROPOSE_OPTION, decision_id)
        return view.propose(found, members=await active_members(args), table=deps(args).rules.authority)

    await open_modal(args, build, title="Propose option")


async def propose(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    form = view.parse(submitted, currency=who.team.currency)
    after = await options.propose(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        draft=form.draft,
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    await ack_done(args, view.proposed(after, member_id=who.member.id), decision_id=after.decision.id)


async def open_mine(args: AsyncArgs) -> None:
    """One's only option at once, or a list of them to choose from."""
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        d = deps(args)
        found, own = await options.mine(
            d.db,
            actor=await actor(args),
            decision_id=decision_id,
            now=d.now,
            table=d.rules.authority,
        )
        return await _edit(args, found, own[0]) if len(own) == 1 else view.mine(found, own)

    await open_modal(args, build, title="My option")


async def open_chosen(args: AsyncArgs) -> None:
    option_id = pressed_id(args)
    decision_id = uuid_in(args.body["view"])

    async def build() -> dict[str, Any]:
        d = deps(args)
        found, own = await options.get_own(
            d.db,
            actor=await actor(args),
            decision_id=decision_id,
            option_id=option_id,
            now=d.now,
            table=d.rules.authority,
        )
        return await _edit(args, found, own)

    await open_modal(args, build, title="My option")


async def _edit(args: AsyncArgs, found: Dossier, option: Option) -> dict[str, Any]:
    members = await active_members(args)
    return view.edit(found, option, members=members, table=deps(args).rules.authority)


async def change(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    option_id: UUID = uuid_in(submitted, "option")
    form = view.parse(submitted, currency=who.team.currency)
    after = await options.change(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        option_id=option_id,
        draft=None if form.remove else form.draft,
        now=d.now,
        table=d.rules.authority,
    )
    sentence = "Your option is removed." if form.remove else "Your option is changed."
    await ack_done(args, notice.done(after.decision.name, sentence), decision_id=after.decision.id)
