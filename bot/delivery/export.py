"""Senders of a team's table: as a file to the person's direct messages, else as text there, a message at a time."""

from collections.abc import Awaitable, Callable, Mapping

from slack_sdk.errors import SlackApiError

from bot.delivery.answer import is_final, judged
from bot.delivery.posting import post_dm
from bot.delivery.verdict import Done, Verdict
from bot.deps import Deps
from bot.domain.team import SlackUser
from bot.errors import slack_error
from bot.nature import nature_of
from bot.services import export as exports
from bot.services.export import Order, Source
from bot.store.outbox import Delivery
from bot.views import export as view


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {exports.FILE: judged(send_file), exports.PART: judged(send_part)}


async def send_file(deps: Deps, delivery: Delivery) -> Verdict:
    """Upload the table; by messages where files are refused (no `files:write`, uploads switched off, no room)."""
    order = Order.from_payload(delivery.payload)
    found = await exports.source(deps.patient_db, order)
    if found is None:
        return Done()
    try:
        await _upload(deps, order, found)
    except SlackApiError as error:
        if not _is_refused(error):
            raise
        await exports.send_part(deps.patient_db, order)
    return Done()


def _is_refused(error: SlackApiError) -> bool:
    """Also by a name that nobody knows: there is another way, so no need to find out whether that one passes."""
    name = slack_error(error)
    return is_final(error) or bool(name and nature_of(name) is None)


async def _upload(deps: Deps, order: Order, found: Source) -> None:
    content = await _table(deps, found)
    opened = await deps.client.conversations_open(users=order.user_id)
    await deps.client.files_upload_v2(
        channel=opened["channel"]["id"],
        filename=(name := view.file_name(found.team, deps.now)),
        title=name,
        content=content,
        initial_comment=view.file_comment(found.team, found.decisions),
    )


async def _table(deps: Deps, found: Source) -> bytes:
    lines = [view.BOM, view.heading()]
    async for records in exports.pages(deps.patient_db, team_id=found.team.id):
        lines += [view.line(record, found.team) for record in records]
    return "".join(lines).encode()


async def send_part(deps: Deps, delivery: Delivery) -> Verdict:
    """One message of the table; the next one, where there is more, is a delivery of its own."""
    order = Order.from_payload(delivery.payload)
    found = await exports.source(deps.patient_db, order)
    if found is None:
        return Done()
    records = await exports.page(deps.patient_db, team_id=order.team_id, before=order.before)
    has_more = len(records) == exports.PAGE
    message, took, goes_on = view.part(
        found.team, records, number=order.part, decisions=found.decisions, has_more=has_more
    )
    await post_dm(deps, delivery, user=SlackUser(order.workspace_id, order.user_id), message=message)
    if goes_on:
        await exports.send_part(deps.patient_db, order, before=records[took - 1].decision.number)
    return Done()
