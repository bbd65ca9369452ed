"""Opening a decision, looking at it, editing its case, cancelling it."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.by import By
from bot.domain.decision import Decision, Dossier
from bot.domain.permission import Action
from bot.domain.team import Member
from bot.services import card as cards
from bot.services import decision as decisions
from bot.services import result as results
from bot.services import team as teams
from bot.views import card as card_view
from bot.views import decision as view
from bot.views import help as help_view
from bot.views.slack import ids, notice, text
from bot.views.slack.form import uuid_in
from handlers import export as export_handlers
from handlers import preference as preference_handlers
from handlers import team as team_handlers
from handlers.after_ack import later, open_modal, show_later
from handlers.payload import press, pressed_id, view_id
from handlers.person import actor, deps
from handlers.private import answer, is_in_modal, tell

_SHOW = re.compile(r"(?:show\s+#?|#)(\d{1,9})", re.IGNORECASE)
_USUAL_TIME = timedelta(days=3)


async def command(args: AsyncArgs) -> None:
    """`/decide`: one of its words alone, or the title of a new decision."""
    words = str(args.body.get("text") or "").strip()
    show = _SHOW.fullmatch(words)
    if show:
        await args.ack()
        later(args, lambda: _show_by_number(args, int(show.group(1))))
    elif words.lower() == "list":
        await args.ack()
        later(args, lambda: _list(args, offset=0))
    elif words.lower() == "help":
        await args.ack(response_type="ephemeral", **help_view.help_message())
    elif words.lower() == "setup":
        await team_handlers.open_setup(args)
    elif words.lower() == "settings":
        await preference_handlers.open_settings(args)
    elif words.lower() == "export":
        await export_handlers.request(args)
    else:
        await _open_new(args, title=words, channel_id=str(args.body.get("channel_id") or ""))


async def open_new(args: AsyncArgs) -> None:
    """The global shortcut."""
    await _open_new(args)


async def open_from_message(args: AsyncArgs) -> None:
    """The message shortcut: its text becomes the description, and the way back to it is kept."""
    message, place = args.body["message"], args.body["channel"]["id"]
    ts = str(args.body.get("message_ts") or message["ts"])
    domain = (args.body.get("team") or {}).get("domain")
    permalink = f"https://{domain}.slack.com/archives/{place}/p{ts.replace('.', '')}" if domain else None
    await _open_new(args, description=text.plain(message.get("text") or ""), channel_id=place, permalink=permalink)


async def _open_new(
    args: AsyncArgs,
    *,
    title: str = "",
    description: str = "",
    channel_id: str = "",
    permalink: str | None = None,
) -> None:
    async def build() -> dict[str, Any]:
        who = await actor(args)
        return view.new_decision(
            team=who.team,
            title=title,
            description=description,
            # A DM is never the place for a card.
            channel_id=channel_id if channel_id.startswith(("C", "G")) else None,
            permalink=permalink,
            expected=(deps(args).now + _USUAL_TIME).replace(minute=0, second=0, microsecond=0),
        )

    await open_modal(args, build, title="New decision")


async def create(args: AsyncArgs) -> None:
    who = await actor(args)
    d = deps(args)
    form = view.parse_new(args.body["view"], currency=who.team.currency, now=d.now)
    created, missing = await decisions.open_decision(
        d.db,
        actor=who,
        case=form.case,
        channel_id=form.channel_id,
        permalink=form.permalink,
        templates=d.rules.templates.by_type[form.case.decision_type],
        press=press(args),
    )
    await args.ack(response_action="update", view=view.created(created, missing=missing))


async def _show_by_number(args: AsyncArgs, number: int) -> None:
    d = deps(args)
    found = await decisions.get_by_number(d.db, actor=await actor(args), number=number, now=d.now)
    await answer(args, card_view.card(found, now=d.now))


async def _list(args: AsyncArgs, *, offset: int, replaces: bool = False) -> None:
    d = deps(args)
    lines = await decisions.unfinished(d.db, By(await actor(args), d.now, d.rules))
    message = view.decision_list(lines, total=len(lines), offset=offset, now=d.now)
    await answer(args, message, replaces=replaces)


async def turn_list_page(args: AsyncArgs) -> None:
    await args.ack()
    offset = str(args.action["value"]) if args.action else ""
    later(args, lambda: _list(args, offset=int(offset) if offset.isdecimal() else 0, replaces=True))


async def show(args: AsyncArgs) -> None:
    """Show details."""
    decision_id = pressed_id(args)
    await open_modal(args, lambda: _details(args, decision_id), title="Decision")


async def _details(args: AsyncArgs, decision_id: UUID) -> dict[str, Any]:
    who, d = await actor(args), deps(args)
    found = await decisions.get(d.db, actor=who, decision_id=decision_id, now=d.now)
    return view.details(
        found,
        now=d.now,
        viewer=who.member,
        table=d.rules.authority,
        deciders=await active_members(args),
        comments=await results.comments(d.db, found=found),
    )


async def ack_done(args: AsyncArgs, done: dict[str, Any], *, decision_id: UUID) -> None:
    """Answer a submission with what was done, and bring the windows beneath it up to date: it has made them stale."""
    await args.ack(response_action="update", view=done)
    submitted = args.body["view"]
    beneath = {submitted.get("previous_view_id"), submitted.get("root_view_id")} - {None, submitted["id"]}
    for stale in beneath:
        show_later(args, str(stale), lambda: _details(args, decision_id), title="Decision")


def tell_done(args: AsyncArgs, sentence: str, *, decision_id: UUID) -> None:
    """Say privately what a press has done; details in which it was pressed show it as well. Comes after the ack."""
    later(args, lambda: tell(args, sentence, level="success"))
    if is_in_modal(args) and args.body["view"].get("callback_id") == ids.SHOW:
        show_later(args, view_id(args), lambda: _details(args, decision_id), title="Decision")


async def active_members(args: AsyncArgs) -> list[Member]:
    """Those of the actor's team: whose authority counts."""
    return [m for m in await teams.members(deps(args).db, actor=await actor(args)) if m.is_active]


async def allowed(args: AsyncArgs, action: Action, decision_id: UUID) -> Dossier:
    """The decision that a button is about, refused where this person may not press the button now."""
    d = deps(args)
    return await decisions.check_allowed(
        d.db,
        actor=await actor(args),
        decision_id=decision_id,
        action=action,
        now=d.now,
        table=d.rules.authority,
    )


async def open_complete(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.edit_case(await allowed(args, Action.COMPLETE_CASE, decision_id), action=Action.COMPLETE_CASE)

    await open_modal(args, build, title="Complete the case")


async def open_edit(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.edit_case(await allowed(args, Action.EDIT_CASE, decision_id), action=Action.EDIT_CASE)

    await open_modal(args, build, title="Edit case")


async def edit(args: AsyncArgs) -> None:
    """Submit of both forms of the case."""
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    decision_id = uuid_in(submitted)
    before = await decisions.get(d.db, actor=who, decision_id=decision_id, now=d.now)
    case = view.parse_case(submitted, currency=who.team.currency, now=d.now, before=before.decision.case)
    after, missing = await decisions.edit_case(
        d.db,
        actor=who,
        decision_id=decision_id,
        action=Action(submitted["callback_id"]),
        case=case,
        channel_id=view.parse_channel(submitted),
        templates=d.rules.templates.by_type[case.decision_type],
        now=d.now,
        table=d.rules.authority,
    )
    await ack_done(args, view.edited(after, missing=missing), decision_id=after.id)


async def open_urgency(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.urgency(await allowed(args, Action.EDIT_URGENCY, decision_id))

    await open_modal(args, build, title="Change urgency")


async def change_urgency(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await decisions.change_urgency(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        urgency_level=view.parse_urgency(submitted),
        now=d.now,
        table=d.rules.authority,
    )
    await _done(args, after, f"The urgency of {after.name} is {after.case.urgency_level} now.")


async def open_cancel(args: AsyncArgs) -> None:
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        return view.cancel(await allowed(args, Action.CANCEL, decision_id))

    await open_modal(args, build, title="Cancel decision")


async def cancel(args: AsyncArgs) -> None:
    who, d, submitted = await actor(args), deps(args), args.body["view"]
    after = await decisions.cancel(
        d.db,
        actor=who,
        decision_id=uuid_in(submitted),
        reason=view.parse_reason(submitted),
        now=d.now,
        table=d.rules.authority,
        press=press(args),
    )
    await _done(args, after, f"{after.name} is cancelled. Its reason stands on the card.")


async def _done(args: AsyncArgs, after: Decision, sentence: str) -> None:
    await ack_done(args, notice.done(after.name, sentence), decision_id=after.id)


async def post_card(args: AsyncArgs) -> None:
    who = await actor(args)
    found = await cards.post_again(deps(args).db, actor=who, decision_id=pressed_id(args))
    await args.ack()
    sentence = f"Posting the card of {found.name}. If the channel still refuses it, you will hear from me again."
    later(args, lambda: tell(args, sentence, level="success"))
