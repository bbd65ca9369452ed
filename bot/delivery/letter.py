"""Senders of letters: e-mail and SMS by URLs that the operator configures, one row per person and way.

The library apprise sends them. It raises nothing and tells only whether it worked; where not, the outbox tries again.
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote
from uuid import UUID

from bot.delivery.nudge import told
from bot.delivery.verdict import Done, Later, Verdict
from bot.deps import Deps
from bot.services import nudge as nudges
from bot.store.outbox import Delivery
from bot.views.letter import Letter, letter

NO_ADDRESS = "@slack.invalid"
"""How the placeholder ends that somebody has for an address if Slack told none (`store.team.add_member`)."""


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {nudges.EMAIL: send_email, nudges.SMS: send_sms}


async def send_email(deps: Deps, delivery: Delivery) -> Verdict:
    found = await _still(deps, delivery)
    address = found.member.email if found.member else ""
    url = deps.settings.email_url.get_secret_value()
    if not (url and found.items and found.preferences.email) or address.endswith(NO_ADDRESS):
        return Done()
    words = _letter(deps, found)
    return await _notify(url.replace("{email}", quote(address, safe="")), words.subject, words.html, is_html=True)


async def send_sms(deps: Deps, delivery: Delivery) -> Verdict:
    found = await _still(deps, delivery)
    url = deps.settings.sms_url.get_secret_value()
    if not (url and found.items and found.preferences.sms and found.phone):
        return Done()
    words = _letter(deps, found)
    return await _notify(url.replace("{phone}", quote(found.phone, safe="")), "", words.plain, is_html=False)


async def _still(deps: Deps, delivery: Delivery) -> nudges.Nudge:
    """What of the letter's items still waits for the person now; nothing where they have acted meanwhile."""
    payload = delivery.payload
    return await nudges.still_waiting(
        deps.patient_db,
        member_id=UUID(str(payload["member"])),
        wanted=[(UUID(str(one["decision"])), str(one["kind"])) for one in payload["items"]],
        now=deps.now,
        rules=deps.rules,
    )


def _letter(deps: Deps, found: nudges.Nudge) -> Letter:
    member = found.member
    return letter(told(deps, found), name=member.name if member else "", authority=member.authority if member else 1)


async def _notify(url: str, title: str, body: str, *, is_html: bool) -> Verdict:
    import apprise  # here, as it takes a quarter of a second, and only installations with letters need it

    way = apprise.Apprise()
    if not way.add(url):
        return Later("the configured URL is not one that apprise knows")
    kind = apprise.NotifyFormat.HTML if is_html else apprise.NotifyFormat.TEXT
    went = await way.async_notify(title=title, body=body, body_format=kind)
    return Done() if went else Later("not accepted")
