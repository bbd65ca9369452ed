"""Resolving, telling the customer, recording how it turned out."""

from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.outcome import Answer
from bot.services import outcome as outcomes
from bot.services import precedent as precedents
from bot.views import outcome as view
from bot.views.slack.form import currency_in, uuid_in
from handlers.after_ack import later
from handlers.answering import Handler, ack_done, ack_said, tell_done
from handlers.person import by, deps
from handlers.press import pressed_id
from handlers.private import answer, is_in_modal


async def resolve_window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    found, active = await outcomes.prepare(d.db, who, decision_id)
    return view.resolve(found, who, members=active, precedents=await precedents.find(d.db, who, found))


async def resolve(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    form = view.parse_resolve(submitted)
    after = await outcomes.resolve(
        deps(args).db, who, uuid_in(submitted), option_id=form.option_id, reason=form.reason, sure=form.sure
    )
    await ack_done(args, after.decision, view.resolved(after))


async def confirm(args: AsyncArgs) -> None:
    after = (await outcomes.confirm(deps(args).db, await by(args), pressed_id(args))).decision
    await args.ack()
    tell_done(args, after, f"{after.name} is resolved with the choice that you have confirmed.")


async def send_back(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    reason = view.parse_reason(submitted)
    after = (await outcomes.send_back(deps(args).db, who, uuid_in(submitted), reason=reason)).decision
    sentence = f"The choice of {after.name} is sent back. A decider is asked to decide anew, and reads why."
    await ack_said(args, after, sentence, title=f"{after.name} sent back")


async def reopen(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    reason = view.parse_reason(submitted)
    after = (await outcomes.reopen(deps(args).db, who, uuid_in(submitted), reason=reason)).decision
    sentence = f"The choice of {after.name} is open again. Scores and result stay as they were published."
    await ack_said(args, after, sentence, title=f"{after.name} reopened")


async def set_informed(args: AsyncArgs) -> None:
    after = (await outcomes.set_informed(deps(args).db, await by(args), pressed_id(args))).decision
    await args.ack()
    sentence = f'Noted: the customer of {after.name} knows. "Record outcome" is for how it turned out.'
    tell_done(args, after, sentence)


async def record(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    draft = view.parse_record(submitted, currency=currency_in(submitted, who.team.currency), now=who.now)
    after = (await outcomes.record(deps(args).db, who, uuid_in(submitted), draft=draft)).decision
    sentence = f"The outcome of {after.name} is recorded. It can be amended at any time."
    await ack_said(args, after, sentence, title=f"{after.name} outcome")


def answers(said: Answer) -> Handler:
    """The handler of a button that says by one press how it turned out."""

    async def handler(args: AsyncArgs) -> None:
        after = await outcomes.answer(deps(args).db, await by(args), pressed_id(args), said)
        await args.ack()
        _tell_noted(args, after)

    return handler


async def undo(args: AsyncArgs) -> None:
    after = await outcomes.undo(deps(args).db, await by(args), pressed_id(args))
    await args.ack()
    _tell_noted(args, after)


def _tell_noted(args: AsyncArgs, after: Dossier) -> None:
    """With the way back, where that is not in the window already."""
    if is_in_modal(args):
        tell_done(args, after.decision, view.noted(after))
    else:
        later(args, lambda: answer(args, view.answered(after)))
