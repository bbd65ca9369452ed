"""Owns noticing that a person's page is out of date: a version for each person that moves when their screen does."""

import asyncio
import json
from collections.abc import AsyncIterator

from sandbox.page.scene import crc
from sandbox.town import Town

LOOK_SECONDS = 0.1
_KEEP_ALIVE_LOOKS = 100
ALL = "*"
"""The version of what the inspector shows."""


def versions(town: Town) -> dict[str, str]:
    """The version of every person's page, by handle, and that of the inspector."""
    found = {person.name: version(town, person.id) for person in town.workspace.people.values()}
    calls, deliveries = town.records.calls, town.records.deliveries
    last = [(call.at, call.ms, call.status) for call in list(calls)[-3:]]
    sent = [(delivery.at, delivery.ack_ms, delivery.error) for delivery in list(deliveries)[-3:]]
    faults = [(fault.method, fault.kind, fault.times) for fault in town.faults.waiting]
    return found | {ALL: crc((len(calls), len(deliveries), last, sent, faults, town.workspace.spoiled_triggers))}


def version(town: Town, user: str) -> str:
    """Sum up what this person sees."""
    workspace = town.workspace
    channels = [
        (
            channel.id,
            channel.archived,
            channel.topic,
            sorted(channel.members),
            [
                (m.ts, m.edited_ts, m.reactions, workspace.is_read(user, channel.id, m.ts))
                for m in channel.messages.values()
                if m.only_for in (None, user)
            ],
        )
        for channel in workspace.visible_channels(user)
    ]
    stack = [(view.id, view.hash, view.errors, view.trouble) for view in workspace.stacks[user]]
    home = workspace.homes.get(user)
    people = [(person.deleted, len(workspace.unread(person.id))) for person in workspace.people.values()]
    done = sorted(workspace.done)
    minute = workspace.clock.time() // 60
    return crc((channels, stack, home.hash if home else "", workspace.notices.get(user), people, done, minute))


async def beats(town: Town) -> AsyncIterator[str]:
    """Server-sent events: all versions, at once and whenever one has moved.

    The workspace is looked at ten times a second rather than told to notify: state changes in many places, and a place
    that forgot would be a page that lies. Costs well below a millisecond a look.
    """
    known, still = None, 0
    while True:
        now = versions(town)
        if now != known:
            known, still = now, 0
            yield f"data: {json.dumps(now)}\n\n"
        elif still >= _KEEP_ALIVE_LOOKS:
            still = 0
            yield ": here\n\n"
        still += 1
        await asyncio.sleep(LOOK_SECONDS)
