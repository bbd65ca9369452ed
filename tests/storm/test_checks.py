"""The checks of a storm notice: each breach of what must be true is found, by the check that is meant for it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import pytest

from sandbox.channel import Message
from tests.storm.checks import Broken
from tests.storm.storm import Setting, Storm, raging

Breach = Callable[[Storm], Awaitable[None]]


def by_sql(query: str) -> Breach:
    async def breach(storm: Storm) -> None:
        await storm.team.change(query)

    return breach


def cards(storm: Storm) -> list[Message]:
    (channel, *_) = storm.house.sandbox.town.workspace.channels.values()
    return [message for message in channel.messages.values() if message.text.startswith("#1 ")]


async def card_out_of_date(storm: Storm) -> None:
    (card,) = cards(storm)
    card.blocks = card.blocks[1:]


async def card_twice(storm: Storm) -> None:
    (card,) = cards(storm)
    (channel, *_) = storm.house.sandbox.town.workspace.channels.values()
    channel.messages["1.2"] = Message("1.2", card.user, card.text, card.blocks, metadata=card.metadata)


async def error_line(storm: Storm) -> None:
    storm.checks.errors.append("unexpected error")


BREACHES = {
    "error": (error_line, "logged as errors"),
    "dead row": (by_sql("UPDATE outbox SET state = 'dead' WHERE kind = 'card'"), "given up"),
    "card out of date": (card_out_of_date, "the card of #1 shows"),
    "card twice": (card_twice, "came more than once"),
    "moved in silence": (
        by_sql("UPDATE customer_decisions SET status = 'cancelled'"), "and the trail leads",
    ),
    "trail without a line": (
        by_sql("DELETE FROM storm.events WHERE kind = 'round.opened'"), "round.closed in",
    ),
    "trail out of order": (
        by_sql("UPDATE storm.events SET kind = CASE kind WHEN 'decision.opened' THEN 'decision.defined' "
               "ELSE 'decision.opened' END WHERE kind IN ('decision.opened', 'decision.defined')"),
        "decision.defined in None",
    ),
    "an option that nobody proposed": (
        by_sql("DELETE FROM storm.events WHERE kind = 'option.proposed'"), "options",
    ),
    "another result": (
        by_sql("UPDATE storm.ballots SET score = 11 - score"), "published",
    ),
    "a member without a line": (
        by_sql("UPDATE team_members SET is_active = false WHERE name = 'Person p4'"), "not so by the trail",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
async def test_a_breach_is_noticed(fresh_database: Callable[[], AbstractContextManager[str]], name: str) -> None:
    breach, sentence = BREACHES[name]
    with fresh_database() as url:
        async with raging(url, Setting(5)) as storm:
            await storm.team.to_result("p0", "p1", "p2", by="p0")
            await storm.settle()
            await checked(storm)

            await breach(storm)

            with pytest.raises(Broken, match=sentence):
                await checked(storm)


async def checked(storm: Storm) -> None:
    await storm.checks.after_step(None)
    await storm.checks.at_the_end()
