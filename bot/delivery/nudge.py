"""Senders of nudges: look once more what still waits for the person, then tell them by the ways they chose."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from bot.delivery.answer import judged
from bot.delivery.posting import insist, post_dm
from bot.delivery.verdict import Done, Verdict
from bot.deps import Deps
from bot.domain.authority import least_authority
from bot.domain.team import SlackUser
from bot.domain.waiting import Kind
from bot.services import card as cards
from bot.services import home as homes
from bot.services import nudge as nudges
from bot.services import outbox as deliveries
from bot.services import reminder as reminders
from bot.services.nudge import Item, Nudge
from bot.services.reminder import FOLLOW
from bot.store.outbox import Delivery
from bot.views import reminder as view


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {FOLLOW: follow, nudges.NUDGE: judged(send_nudge)}


async def follow(deps: Deps, delivery: Delivery) -> Verdict:
    """After a change of a decision: plan its reminders anew, say what is due, and queue updates of open Home tabs.

    Later changes of the same decision that wait behind this one are settled with it, so a burst is planned once.
    """
    decision_id = UUID(delivery.payload["decision"])
    behind = await deliveries.behind(deps.patient_db, delivery_id=delivery.id, lane=delivery.lane, kind=FOLLOW)
    await reminders.tell(deps.patient_db, decision_id=decision_id, now=deps.now, rules=deps.rules)
    await homes.spread(deps.patient_db, decision_id=decision_id, occasion=delivery.id, merged=behind)
    return Done()


async def send_nudge(deps: Deps, delivery: Delivery) -> Verdict:
    """One direct message for this delivery and those that wait behind it for the same person."""
    nudge = await nudges.prepare(deps.patient_db, delivery=delivery, now=deps.now, rules=deps.rules)
    if nudge.items:
        ways = deps.settings.ways
        await nudges.write_letters(deps.patient_db, nudge=nudge, key=delivery.dedupe_key, ways=ways)
        await _tell(deps, delivery, nudge)
    await insist(lambda: nudges.told(deps.patient_db, nudge=nudge, now=deps.now, rules=deps.rules))
    return Done()


def told(deps: Deps, nudge: Nudge) -> list[view.Told]:
    """The nudge's items as the views take them."""
    return [_told(deps, item) for item in nudge.items]


def _told(deps: Deps, item: Item) -> view.Told:
    table = deps.rules.of(item.brief.decision.team_id).authority
    takes = least_authority(item.brief.decision.case, item.brief.options, table)
    return view.Told(item.brief, item.waits, takes, table, item.is_first, item.link)


async def _with_dossiers(deps: Deps, items: Sequence[view.Told]) -> list[view.Told]:
    """Those whose message says what the result is or who decided, with what it takes to say so."""

    async def completed(one: view.Told) -> view.Told:
        if one.waits.kind not in _ABOUT_A_RESULT:
            return one
        return replace(one, dossier=await cards.get(deps.patient_db, one.brief.decision.id))

    shown = [await completed(one) for one in items[: view.MOST_LINES]]
    return [*shown, *items[view.MOST_LINES :]]


_ABOUT_A_RESULT = frozenset({Kind.RESOLVE, Kind.RESULT, Kind.RESOLVED})


async def _tell(deps: Deps, delivery: Delivery, nudge: Nudge) -> None:
    member = nudge.member
    if member is None or not (nudge.preferences.push and member.slack_user_id):
        return
    message = view.nudge(await _with_dossiers(deps, told(deps, nudge)), authority=member.authority)
    workspace_id = nudge.items[0].brief.decision.workspace_id or ""
    await post_dm(deps, delivery, user=SlackUser(workspace_id, member.slack_user_id), message=message)
