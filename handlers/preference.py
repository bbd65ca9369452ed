"""One's own settings, and snoozing from a nudge."""

import secrets
from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.preference import Preferences
from bot.services import deputy as deputies
from bot.services import preference as preferences
from bot.services import reminder as reminders
from bot.views import deputy as deputy_view
from bot.views import preference as view
from bot.views import reminder as reminder_view
from handlers.after_ack import later, open_modal
from handlers.person import by, deps, profile, slack_user
from handlers.private import answer


async def open_settings(args: AsyncArgs) -> None:
    async def build() -> dict[str, Any]:
        who, d = await by(args), deps(args)
        chosen = await preferences.get(d.db, who, tz=(await profile(args)).tz)
        planned = await deputies.own(d.db, who)
        return view.settings(
            chosen.preferences,
            zone=chosen.zone,
            ways=d.settings.ways,
            email=who.member.email,
            phone=chosen.phone,
            now=who.now,
            revision=secrets.token_hex(3),
            away=deputy_view.in_settings(who.member, planned.absence, planned.deputy),
        )

    await open_modal(args, build, title="Your settings")


async def save(args: AsyncArgs) -> None:
    form = view.parse(args.body["view"])
    until = await preferences.change(
        deps(args).db,
        await by(args),
        preferences=Preferences(form.push, form.email, form.sms, form.news, form.starts, form.ends, form.days),
        phone=form.phone,
        snooze=form.snooze,
    )
    await args.ack(response_action="update", view=view.saved(until))


async def snooze(args: AsyncArgs) -> None:
    """The button under a nudge."""
    d = deps(args)
    until = await reminders.snooze_at_once(d.db, slack_user(args), d.now) or await reminders.snooze(
        d.db, await by(args)
    )
    await args.ack()
    later(args, lambda: answer(args, reminder_view.snoozed(until)))
