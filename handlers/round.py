"""Starting and ending a round of scoring."""

from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.action import Action
from bot.domain.decision import Dossier
from bot.domain.round import default_closes_at
from bot.services import round as rounds
from bot.views import round as view
from bot.views import second_round as second_view
from bot.views.slack import notice
from bot.views.slack.form import uuid_in
from handlers.after_ack import open_modal
from handlers.decision import ack_done, allowed, tell_done
from handlers.payload import press, pressed_id
from handlers.person import actor, deps


async def open_start(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        d = deps(args)
        found, active = await rounds.prepare(
            d.db,
            actor=await actor(args),
            decision_id=decision_id,
            now=d.now,
            table=d.rules.authority,
        )
        closes_at = default_closes_at(d.now, found.decision.case.expected_resolution_date)
        return view.start(found, members=active, closes_at=closes_at, table=d.rules.authority)

    await open_modal(args, build, title="Start scoring")


async def start(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    form = view.parse_start(submitted, now=d.now)
    after = await rounds.start(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        member_ids=form.member_ids,
        closes_at=form.closes_at,
        is_two_confirmed=form.confirmed_two,
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    await ack_done(args, view.started(after), decision_id=after.decision.id)


async def close(args: AsyncArgs) -> None:
    d = deps(args)
    after = await rounds.close(
        d.db,
        actor=await actor(args),
        decision_id=pressed_id(args),
        now=d.now,
        table=d.rules.authority,
    )
    await args.ack()
    sentence = f"Scoring of {after.decision.name} is closed. The result follows in a moment."
    tell_done(args, sentence, decision_id=after.decision.id)


async def open_extend(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        found = await allowed(args, Action.EXTEND_ROUND, decision_id)
        closes_at = default_closes_at(deps(args).now, found.decision.case.expected_resolution_date)
        return view.extend(found, closes_at=closes_at)

    await open_modal(args, build, title="Extend scoring")


async def extend(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await rounds.extend(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        closes_at=view.parse_extend(submitted, now=d.now),
        now=d.now,
        table=d.rules.authority,
    )
    await _done(args, after, f"Scoring of {after.decision.name} goes on; ballots so far stand.")


async def open_proceed(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.proceed(await allowed(args, Action.PROCEED, decision_id))

    await open_modal(args, build, title="Proceed")


async def proceed(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await rounds.proceed(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        reason=view.parse_reason(submitted),
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    await _done(args, after, f"{after.decision.name} goes on without quorum. The result follows.")


async def open_void(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.void(await allowed(args, Action.VOID_ROUND, decision_id))

    await open_modal(args, build, title="Void and edit")


async def void(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await rounds.void(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        round_id=uuid_in(submitted, "round"),
        reason=view.parse_reason(submitted),
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    sentence = f"All ballots of {after.decision.name} are deleted. Its options can be edited again."
    await _done(args, after, sentence)


async def open_second(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        found = await allowed(args, Action.SECOND_ROUND, decision_id)
        closes_at = default_closes_at(deps(args).now, found.decision.case.expected_resolution_date)
        return second_view.ask(found, closes_at=closes_at)

    await open_modal(args, build, title="Second round")


async def second(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await rounds.second(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        closes_at=view.parse_extend(submitted, now=d.now),
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    await ack_done(args, view.started(after), decision_id=after.decision.id)


async def _done(args: AsyncArgs, after: Dossier, sentence: str) -> None:
    await ack_done(args, notice.done(after.decision.name, sentence), decision_id=after.decision.id)
