"""Starting and ending a round of scoring."""

from datetime import datetime
from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.deadline import Clock, closes_at
from bot.domain.decision import Dossier
from bot.services import dossier as dossiers
from bot.services import round as rounds
from bot.services import team as teams
from bot.usergroup import read_groups, read_people
from bot.views import round as view
from bot.views import second_round as second_view
from bot.views import usergroup as usergroup_view
from bot.views.slack.form import uuid_in
from handlers.after_ack import later, open_modal, refresh
from handlers.answering import ack_done, ack_said, tell_done
from handlers.person import by, clock_of, deps
from handlers.press import pressed_group, pressed_id


async def open_start(args: AsyncArgs) -> None:
    """Start scoring. By hand, not by `opens`: which user groups there are is asked of the person's workspace."""
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        d, who = deps(args), await by(args)
        found, active = await rounds.prepare(d.db, who, decision_id)
        clock, groups = await clock_of(d, who), await read_groups(args.client)
        proposed = _proposed(found, who, clock)
        return view.start(found, who, members=active, closes_at=proposed, zone=clock.zone, groups=groups)

    await open_modal(args, build, title=Action.START_SCORING.window)


async def choose_group(args: AsyncArgs) -> None:
    """The people of a user group, as those who score."""
    await args.ack()
    later(args, lambda: _choose_group(args))


async def _choose_group(args: AsyncArgs) -> None:
    who, group = await by(args), pressed_group(args)
    people, members = await read_people(args.client, group.id), await teams.active_members(deps(args).db, who)
    refresh(args, view.with_group(args.body["view"], group, members=members, people=people))


async def take_in(args: AsyncArgs) -> None:
    """Also ask those who have joined the user group since."""
    decision_id = pressed_id(args)
    await args.ack()
    later(args, lambda: _take_in(args, decision_id))


async def _take_in(args: AsyncArgs, decision_id: UUID) -> None:
    who = await by(args)
    found = await dossiers.close_due_and_get(deps(args).db, who, decision_id)
    group = await rounds.find_group(deps(args).db, who, found)
    people = await read_people(args.client, group.id) if group else ()
    after = await rounds.take_in(deps(args).db, who, decision_id, people=people)
    asked = len(after.round.roster) if after.round else 0
    tell_done(args, after.decision, f"{asked} people are asked to score {after.decision.name} now.")


def _proposed(found: Dossier, who: By, clock: Clock) -> datetime:
    """The closing time that the form begins with."""
    return closes_at(who.now, found.decision.case.expected_resolution_date, clock=clock)


async def start(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    form = view.parse_start(submitted, now=who.now)
    after = await rounds.start(
        deps(args).db,
        who,
        uuid_in(submitted),
        member_ids=form.member_ids,
        closes_at=form.closes_at,
        is_two_confirmed=form.confirmed_two,
        group=usergroup_view.in_window(submitted),
    )
    await ack_done(args, after.decision, view.started(after))


async def close(args: AsyncArgs) -> None:
    after = (await rounds.close(deps(args).db, await by(args), pressed_id(args))).decision
    await args.ack()
    tell_done(args, after, f"Scoring of {after.name} is closed. The result follows in a moment.")


async def extend_window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    found = await dossiers.get_allowed(d.db, who, decision_id, Action.EXTEND_ROUND)
    return view.extend(found, closes_at=_proposed(found, who, await clock_of(d, who)))


async def extend(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    until = view.parse_extend(submitted, now=who.now)
    after = (await rounds.extend(deps(args).db, who, uuid_in(submitted), closes_at=until)).decision
    await ack_said(args, after, f"Scoring of {after.name} goes on; the scores so far stand.")


async def proceed(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    reason = view.parse_reason(submitted)
    after = (await rounds.proceed(deps(args).db, who, uuid_in(submitted), reason=reason)).decision
    await ack_said(args, after, f"{after.name} goes on although too few have scored. The result follows.")


async def void(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    decision_id, round_id, reason = uuid_in(submitted), uuid_in(submitted, "round"), view.parse_reason(submitted)
    after = (await rounds.void(deps(args).db, who, decision_id, round_id=round_id, reason=reason)).decision
    await ack_said(
        args, after, f"{after.name} starts over: all scores are deleted, and its options can be edited again."
    )


async def second_window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    found = await dossiers.get_allowed(d.db, who, decision_id, Action.SECOND_ROUND)
    return second_view.ask(found, closes_at=_proposed(found, who, await clock_of(d, who)))


async def second(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    until = view.parse_extend(submitted, now=who.now)
    after = await rounds.second(deps(args).db, who, uuid_in(submitted), closes_at=until)
    await ack_done(args, after.decision, view.started(after))
