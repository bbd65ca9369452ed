"""A card that was sent is written down and its delivery settled in one statement: what it settles, and what never."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.decision import Decision, Dossier
from bot.services import card as cards
from bot.store import outbox
from bot.store.db import autocommit, run_tx
from bot.store.outbox import Delivery, slack_lane
from tests.support.team import Team

KIND = "card"


@pytest.fixture
async def quiet(team: Team, monkeypatch: pytest.MonkeyPatch) -> Team:
    """A team whose worker claims nothing: the test does."""

    async def nothing(*_: object, **__: object) -> list[Delivery]:
        return []

    claim = outbox.claim
    await team.settled()
    monkeypatch.setattr(outbox, "claim", nothing)
    monkeypatch.setattr(outbox, "really_claim", claim, raising=False)
    return team


async def queue(team: Team, found: Decision, *, revision: int, channel: str | None = None) -> None:
    lane = slack_lane(found.workspace_id or "", channel or str(found.channel_id))
    payload: Mapping[str, object] = {"decision": str(found.id), "revision": revision}
    key = f"{lane}:{revision}"
    await run_tx(team.db, lambda c: outbox.enqueue(c, kind=KIND, lane=lane, key=key, payload=payload))


async def claimed(team: Team, *, token: int = 1, lane: str) -> Delivery:
    """The head of the lane, as a worker has it."""
    claim: Any = outbox.really_claim  # type: ignore[attr-defined]
    how: dict[str, Any] = {"token": token, "at_most": 100, "lease_seconds": 0.0, "workspace": ""}
    [found] = [d for d in await autocommit(team.db, lambda c: claim(c, **how)) if d.lane == lane]
    return found  # type: ignore[no-any-return]


def states(team: Team, lane: str) -> list[tuple[int, str]]:
    """(revision, state) of the cards' deliveries in a lane."""
    rows = team.sql(
        "SELECT (payload->>'revision')::int, state FROM outbox WHERE kind = 'card' AND lane = %s ORDER BY id", lane
    )
    return [(int(revision), str(state)) for revision, state in rows]


async def a_card(team: Team) -> tuple[Dossier, str]:
    """A new decision without deliveries, and its lane."""
    opened = await team.open()
    team.sql("DELETE FROM outbox")
    found = await cards.get(team.db, opened.id)
    return found, slack_lane(opened.workspace_id or "", str(opened.channel_id))


async def write_posted(team: Team, delivery: Delivery, found: Dossier, *, revision: int, channel: str = "") -> None:
    place: dict[str, Any] = {"channel_id": channel or found.decision.channel_id, "ts": "1.1", "revision": revision}
    await cards.posted(team.db, delivery, found=found, **place)


async def test_a_card_settles_its_own_delivery_and_the_older_ones_behind_it(quiet: Team) -> None:
    found, lane = await a_card(quiet)
    for revision in (1, 2, 3):
        await queue(quiet, found.decision, revision=revision)

    await write_posted(quiet, await claimed(quiet, lane=lane), found, revision=2)

    assert states(quiet, lane) == [(1, "done"), (2, "done"), (3, "ready")]
    assert quiet.value("SELECT rendered_revision FROM card_messages") == 2


async def test_a_card_settles_nothing_of_another_channel(quiet: Team) -> None:
    found, lane = await a_card(quiet)
    await queue(quiet, found.decision, revision=1)
    await queue(quiet, found.decision, revision=1, channel="C0ELSEWHERE")

    await write_posted(quiet, await claimed(quiet, lane=lane), found, revision=1)

    assert states(quiet, lane) == [(1, "done")]
    assert states(quiet, slack_lane("T0TECHCORP", "C0ELSEWHERE")) == [(1, "ready")]


@pytest.mark.parametrize("is_update", [False, True])
async def test_who_has_lost_the_claim_does_not_settle_the_delivery(quiet: Team, is_update: bool) -> None:
    found, lane = await a_card(quiet)
    await queue(quiet, found.decision, revision=1)
    late = await claimed(quiet, token=1, lane=lane)
    await claimed(quiet, token=2, lane=lane)

    if is_update:
        await cards.rendered(quiet.db, late, found=found)
    else:
        await write_posted(quiet, late, found, revision=1)

    assert states(quiet, lane) == [(1, "ready")]
    assert quiet.value("SELECT token FROM outbox WHERE kind = 'card'") == 2


async def test_cards_that_are_written_down_together_settle_each_their_own(quiet: Team) -> None:
    lanes = [slack_lane("T0TECHCORP", channel) for channel in ("C0FIRST", "C0SECOND", "C0LOST")]
    found = [await a_card(quiet) for _ in lanes]
    shown = [replace(one, decision=replace(one.decision, revision=2)) for one, _ in found]
    for one, lane in zip(shown, lanes, strict=True):
        for revision in (1, 2, 3):
            await queue(quiet, one.decision, revision=revision, channel=lane.rpartition(":")[2])
    first, second, late = [await claimed(quiet, lane=lane) for lane in lanes]

    sent = zip((first, second, replace(late, token=2)), shown, strict=True)
    await asyncio.gather(*(cards.rendered(quiet.db, delivery, found=one) for delivery, one in sent))

    settled = [(1, "done"), (2, "done"), (3, "ready")]
    assert [states(quiet, lane) for lane in lanes[:2]] == [settled] * 2
    assert states(quiet, lanes[2]) == [(1, "ready"), (2, "done"), (3, "ready")]


async def test_a_card_posted_where_its_decision_is_no_longer_is_left_behind_and_settled(quiet: Team) -> None:
    found, lane = await a_card(quiet)
    await queue(quiet, found.decision, revision=1)
    delivery = await claimed(quiet, lane=lane)
    quiet.sql("UPDATE customer_decisions SET channel_id = 'C0ELSEWHERE'")

    await write_posted(quiet, delivery, found, revision=1)

    assert states(quiet, lane) == [(1, "done")]
    assert quiet.value("SELECT count(*) FROM card_messages") == 0
    assert quiet.value("SELECT payload->>'ts' FROM outbox WHERE kind = 'card.moved'") == "1.1"


async def test_a_card_known_elsewhere_is_left_behind_there(quiet: Team) -> None:
    found, lane = await a_card(quiet)
    quiet.sql(
        "INSERT INTO card_messages (decision_id, workspace_id, channel_id, ts, rendered_revision) "
        "SELECT id, 'T0TECHCORP', 'C0OLD', '0.9', 1 FROM customer_decisions"
    )
    await queue(quiet, found.decision, revision=1)

    await write_posted(quiet, await claimed(quiet, lane=lane), found, revision=1)

    assert states(quiet, lane) == [(1, "done")]
    assert quiet.value("SELECT channel_id FROM card_messages") == found.decision.channel_id
    assert quiet.value("SELECT lane FROM outbox WHERE kind = 'card.moved'") == slack_lane("T0TECHCORP", "C0OLD")
