"""What the handlers of a decision's buttons share: windows that ask for more, and answers that say what was done."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import orjson
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_bolt.response import BoltResponse

from bot.deps import Deps
from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Decision, Dossier, Status
from bot.domain.round import joined
from bot.domain.team import Member
from bot.services import dossier as dossiers
from bot.services import outcome as outcomes
from bot.services import precedent as precedents
from bot.services import result as results
from bot.services import round as rounds
from bot.services import sketch as sketches
from bot.services import team as teams
from bot.services import thread as threads
from bot.usergroup import find_people
from bot.views import details as details_view
from bot.views.slack import ids, notice
from bot.views.usergroup import Joined
from handlers.after_ack import later, open_modal, refresh_later
from handlers.person import by, deps
from handlers.press import pressed_id, view_id
from handlers.private import is_in_modal, tell

View = dict[str, Any]
Handler = Callable[[AsyncArgs], Awaitable[None]]


def opens(action: Action, window: Callable[[Deps, By, UUID], Awaitable[View]]) -> Handler:
    """The handler of a button that opens a window about its decision."""

    async def handler(args: AsyncArgs) -> None:
        decision_id = pressed_id(args)

        async def build() -> View:
            return await window(deps(args), await by(args), decision_id)

        await open_modal(args, build, title=action.window)

    return handler


def asks(action: Action, window: Callable[[Dossier], View]) -> Handler:
    """`opens`, for a window that shows the decision to whoever may press the button now."""

    async def build(d: Deps, who: By, decision_id: UUID) -> View:
        return window(await dossiers.get_allowed(d.db, who, decision_id, action))

    return opens(action, build)


async def details(args: AsyncArgs, decision_id: UUID) -> View:
    """The window with everything about a decision, as it stands now."""
    db, who = deps(args).db, await by(args)
    found = await dossiers.close_due_and_get(db, who, decision_id)
    deciders, comments = await teams.active_members(db, who), await results.comments(db, found=found)
    similar = None if found.decision.status is Status.CANCELLED else await precedents.find(db, who, found)
    forecast = await outcomes.forecast_of(db, who, decision_id)
    read = await sketches.find(db, who, decision_id)
    short = await threads.want_and_find(db, who, found)
    joined = await _joined(args, who, found, deciders)
    return details_view.details(
        found,
        who,
        deciders=deciders,
        comments=comments,
        precedents=similar,
        forecast=forecast,
        sketch=read,
        thread=short,
        joined=joined,
    )


async def _joined(args: AsyncArgs, who: By, found: Dossier, members: Sequence[Member]) -> Joined | None:
    """Who has joined the user group since its people were asked; None where that is nothing to this person."""
    group = await rounds.find_group(deps(args).db, who, found)
    if group is None or found.round is None:
        return None
    return Joined(group, joined(found.round, members, await find_people(args.client, group.id) or ()))


def ack_view(args: AsyncArgs, view: View) -> None:
    """Answer a submission with the window that takes its place, all of whose words come from the database.

    Bolt's `ack` would have it written by Python's json: 45 us for a page of scores, where orjson takes 4. But orjson
    raises TypeError for half of a pair of surrogates, as somebody might type it.
    """
    body = orjson.dumps({"response_action": "update", "view": view}).decode()
    args.ack.response = BoltResponse(status=200, body=body)


async def ack_done(args: AsyncArgs, after: Decision, done: View) -> None:
    """Answer a submission with what was done, and bring the windows beneath it up to date: it has made them stale."""
    await args.ack(response_action="update", view=done)
    refresh_beneath(args, after.id)


def refresh_beneath(args: AsyncArgs, decision_id: UUID) -> None:
    """Bring the windows beneath a submitted one up to date."""
    submitted = args.body["view"]
    beneath = {submitted.get("previous_view_id"), submitted.get("root_view_id")} - {None, submitted["id"]}
    for stale in beneath:
        refresh_later(args, str(stale), lambda: details(args, decision_id))


async def ack_said(args: AsyncArgs, after: Decision, sentence: str, *, title: str | None = None) -> None:
    """`ack_done` in one sentence, under the decision's name."""
    await ack_done(args, after, notice.done(title or after.name, sentence))


def tell_done(args: AsyncArgs, after: Decision, sentence: str) -> None:
    """Say privately what a press has done; details in which it was pressed show it as well. Comes after the ack."""
    later(args, lambda: tell(args, sentence, level="success"))
    if is_in_modal(args) and args.body["view"].get("callback_id") == ids.SHOW:
        refresh_later(args, view_id(args), lambda: details(args, after.id))
