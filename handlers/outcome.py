"""Resolving, telling the customer, recording how it turned out."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.action import Action
from bot.services import outcome as outcomes
from bot.views import outcome as view
from bot.views.slack import notice
from bot.views.slack.form import uuid_in
from handlers.after_ack import open_modal
from handlers.decision import ack_done, allowed, tell_done
from handlers.payload import press, pressed_id
from handlers.person import actor, deps


async def open_resolve(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        found = await allowed(args, Action.RESOLVE, decision_id)
        who = await actor(args)
        return view.resolve(found, member=who.member, table=deps(args).rules.authority)

    await open_modal(args, build, title="Resolve")


async def resolve(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    form = view.parse_resolve(submitted)
    after = await outcomes.resolve(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        option_id=form.option_id,
        reason=form.reason,
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    await ack_done(args, view.resolved(after), decision_id=after.decision.id)


async def open_reopen(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.reopen(await allowed(args, Action.CHANGE_CHOICE, decision_id))

    await open_modal(args, build, title="Change the choice")


async def reopen(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await outcomes.reopen(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        reason=view.parse_reason(submitted),
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    sentence = f"The choice of {after.decision.name} is open again. Scores and result stay as they were published."
    await ack_done(args, notice.done(f"{after.decision.name} reopened", sentence), decision_id=after.decision.id)


async def set_informed(args: AsyncArgs) -> None:
    d = deps(args)
    after = await outcomes.set_informed(
        d.db,
        actor=await actor(args),
        decision_id=pressed_id(args),
        now=d.now,
        table=d.rules.authority,
    )
    await args.ack()
    sentence = f'Noted: the customer of {after.decision.name} knows. "Record outcome" is for how it turned out.'
    tell_done(args, sentence, decision_id=after.decision.id)


async def open_record(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.record(await allowed(args, Action.RECORD_OUTCOME, decision_id))

    await open_modal(args, build, title="Outcome")


async def record(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await outcomes.record(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        draft=view.parse_record(submitted, currency=who.team.currency, now=d.now),
        now=d.now,
        table=d.rules.authority,
    )
    sentence = f"The outcome of {after.decision.name} is recorded. It can be amended at any time."
    await ack_done(args, notice.done(f"{after.decision.name} outcome", sentence), decision_id=after.decision.id)
