"""Opening a decision, looking at it, editing its case, cancelling it."""

import re
import secrets
from datetime import datetime
from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.channel import seems_foreign
from bot.domain.action import Action
from bot.domain.authority import AuthorityTable
from bot.domain.by import By
from bot.domain.deadline import decide_by
from bot.domain.decision import URGENCY
from bot.domain.permission import standing
from bot.services import card as cards
from bot.services import classification as classifications
from bot.services import decision as decisions
from bot.services import dossier as dossiers
from bot.services import plan as plans
from bot.views import card as card_view
from bot.views import decision as view
from bot.views import help as help_view
from bot.views.slack.form import currency_in, uuid_in
from bot.views.slack.message import flattened
from handlers.after_ack import later, open_modal, refresh
from handlers.answering import ack_done, ack_said, details, tell_done
from handlers.person import acting, by, clock_of, deps, find_actor, may_make_a_team
from handlers.press import command_words, pressed_id, pressed_page
from handlers.private import answer

_NUMBER = re.compile(r"\d+")


async def open_new(args: AsyncArgs) -> None:
    """The global shortcut, and the button on the Home tab."""
    await _open_new(args)


async def open_titled(args: AsyncArgs) -> None:
    """`/decide` with the title of a new decision, or with nothing."""
    await _open_new(args, title=command_words(args), channel_id=str(args.body.get("channel_id") or ""))


async def open_from_message(args: AsyncArgs) -> None:
    """The message shortcut: what it says becomes the description, and the way back to it is kept."""
    message, place = args.body["message"], args.body["channel"]["id"]
    ts = str(args.body.get("message_ts") or message["ts"])
    domain = (args.body.get("team") or {}).get("domain")
    permalink = f"https://{domain}.slack.com/archives/{place}/p{ts.replace('.', '')}" if domain else None
    await _open_new(args, description=flattened(message), channel_id=place, permalink=permalink)


async def _open_new(
    args: AsyncArgs,
    *,
    title: str = "",
    description: str = "",
    channel_id: str = "",
    permalink: str | None = None,
) -> None:
    async def build() -> dict[str, Any]:
        found = await find_actor(args)
        if found is None and await may_make_a_team(args):
            return help_view.no_team(channel_id=channel_id)
        who = await by(args) if found is None else acting(args, found)
        if why := await plans.why_full(deps(args).db, who):
            return view.full(why, typed=title)
        # A DM is never the place for a card.
        place = channel_id if channel_id.startswith(("C", "G")) else None
        return view.new_decision(
            team=who.team,
            title=title,
            description=description,
            channel_id=place,
            permalink=permalink,
            reading=await classifications.suggest(deps(args).db, who, title=title, description=description),
            proposals=await proposals(args, who),
            once=secrets.token_hex(4),
            is_foreign=place is not None and await _is_to_be_confirmed(args, who, place),
        )

    await open_modal(args, build, title="New decision")


async def proposals(args: AsyncArgs, who: By) -> dict[int, datetime]:
    """By urgency, the date to decide by that the form begins with."""
    clock = await clock_of(deps(args), who)
    return {urgency: decide_by(urgency, now=who.now, clock=clock) for urgency in URGENCY}


async def _is_to_be_confirmed(args: AsyncArgs, who: By, channel_id: str) -> bool:
    """Whether another company reads the channel, as far as Slack tells us soon, and nobody has said that it may."""
    if not await seems_foreign(args.client, channel_id):
        return False
    return not await cards.is_confirmed(deps(args).db, who.team.id, channel_id=channel_id)


async def unfold(args: AsyncArgs) -> None:
    """The button "More fields"."""
    await args.ack()
    refresh(args, view.unfolded(args.body["view"]))


async def undo(args: AsyncArgs) -> None:
    """Away with what was suggested from the text."""
    await args.ack()
    refresh(args, view.undone(args.body["view"]))


async def retell(args: AsyncArgs) -> None:
    """Type, amount or urgency were entered. Nothing is asked of the database: it is said while somebody types."""
    await args.ack()
    refresh(args, view.retold(args.body["view"], _authority(args)))


def _authority(args: AsyncArgs) -> AuthorityTable:
    """The table of the team that the window was opened for; one of an older version names none."""
    rules, team_id = deps(args).rules, view.team_in(args.body["view"])
    return (rules.of(team_id) if team_id else rules).authority


async def create(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    currency = currency_in(submitted, who.team.currency)
    form = view.parse_new(submitted, currency=currency, now=who.now)
    created, missing = await decisions.open_decision(
        deps(args).db,
        who,
        case=form.case,
        currency=currency,
        channel_id=form.channel_id,
        permalink=form.permalink,
        draft_id=form.draft_id,
        is_for_others=form.is_for_others,
    )
    criteria = len(who.rules.templates.of(created.case.decision_type))
    done = view.created(created, currency=who.team.currency, criteria=criteria, missing=missing)
    await args.ack(response_action="update", view=done)


async def show_by_number(args: AsyncArgs) -> None:
    """`/decide show 42`: its card, for this person alone."""
    await args.ack()
    number = int(_NUMBER.findall(command_words(args))[0])
    later(args, lambda: _show_card(args, number))


async def _show_card(args: AsyncArgs, number: int) -> None:
    who = await by(args)
    found = await dossiers.close_due_and_get_by_number(deps(args).db, who, number)
    await answer(args, card_view.card(found, now=who.now))


async def list_open(args: AsyncArgs) -> None:
    """`/decide list`."""
    await args.ack()
    later(args, lambda: _list(args, offset=0))


async def turn_list_page(args: AsyncArgs) -> None:
    await args.ack()
    later(args, lambda: _list(args, offset=pressed_page(args), replaces=True))


async def _list(args: AsyncArgs, *, offset: int, replaces: bool = False) -> None:
    who = await by(args)
    lines = await decisions.unfinished(deps(args).db, who)
    message = view.decision_list(lines, total=len(lines), offset=offset, now=who.now)
    await answer(args, message, replaces=replaces)


async def show(args: AsyncArgs) -> None:
    """Show details."""
    decision_id = pressed_id(args)
    await open_modal(args, lambda: details(args, decision_id), title="Decision")


async def edit(args: AsyncArgs) -> None:
    """Submit of both forms of the case."""
    db, who, submitted = deps(args).db, await by(args), args.body["view"]
    decision_id, action = uuid_in(submitted), Action(submitted["callback_id"])
    before = (await dossiers.close_due_and_get(db, who, decision_id)).decision
    currency = currency_in(submitted, before.currency)
    case = view.parse_case(submitted, currency=currency, now=who.now, before=before.case)
    channel_id = view.parse_channel(submitted)
    after, missing = await decisions.edit_case(db, who, decision_id, action=action, case=case, channel_id=channel_id)
    await ack_done(args, after, view.edited(after, missing=missing))


async def change_urgency(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    level = view.parse_urgency(submitted)
    after = (await decisions.change_urgency(deps(args).db, who, uuid_in(submitted), urgency_level=level)).decision
    await ack_said(args, after, f"The urgency of {after.name} is {after.case.urgency_level} now.")


async def cancel(args: AsyncArgs) -> None:
    who, submitted = await by(args), args.body["view"]
    reason = view.parse_reason(submitted)
    after = (await decisions.cancel(deps(args).db, who, uuid_in(submitted), reason=reason)).decision
    await ack_said(args, after, f"{after.name} is cancelled. Its reason stands on the card.")


async def take_over(args: AsyncArgs) -> None:
    after = await decisions.take_over(deps(args).db, await by(args), pressed_id(args))
    await args.ack()
    before = f"; {after.predecessor.name} was its owner" if after.predecessor else ""
    tell_done(args, after.decision, f"{after.decision.name} is yours now{before}. {standing(after, deps(args).now)}")
