"""Whatever people do about a decision: the trail says so, and what shows the decision follows."""

import asyncio
import time
from typing import Any

import pytest

from tests.support.deeds import DEEDS
from tests.support.steps import number
from tests.support.team import Team
from tests.support.trail import added, expected, trail


@pytest.fixture
async def team(shared_team: Any) -> Any:
    return shared_team


@pytest.fixture(scope="module", autouse=True)
async def _onlookers(_shared_team: Any) -> None:
    """Everybody has their Home tab open, and has been welcomed there."""
    for _ in range(2):
        await homes_anew(_shared_team)


async def homes_anew(team: Team) -> dict[str, str]:
    """Open the Home tab of everybody, which publishes it as things are now."""
    since = team.value("SELECT clock_timestamp()")
    await asyncio.gather(*(team.house.person(name).open_home() for name in team.actors))
    fresh = "SELECT count(*) FROM homes WHERE shown IS NOT NULL AND opened_at > %s"
    await team.until(fresh, len(team.actors), since)
    return await homes(team)


async def homes(team: Team) -> dict[str, str]:
    """What everybody's tab shows; whoever is inactive is shown nothing new until they look again."""
    active = {member_id for (member_id,) in team.sql("SELECT id FROM team_members WHERE is_active")}
    return {name: await team.house.person(name).home() for name, who in team.actors.items() if who.member.id in active}


async def shown(team: Team, name: str) -> Any:
    """The card as `/decide show` draws it now, for this person alone."""
    person, title = team.house.person(name), f"#{number(team)} · "
    before = {message.ts for message in await person.messages()}
    assert (await person.slash(f"/decide show {number(team)}")).ok
    end = time.monotonic() + 30
    while time.monotonic() < end:
        new = [m for m in await person.messages() if m.ts not in before and m.rendered.startswith(title)]
        if new:
            return new[-1]
        await asyncio.sleep(0.02)
    raise AssertionError(await person.screen())


def revisions(team: Team) -> tuple[int, int, int]:
    """Of the decision itself, of what its card shows, and of what its reminders were planned from."""
    ((revision, of_card, of_reminders),) = team.sql(
        "SELECT d.revision, m.rendered_revision, d.planned_revision FROM customer_decisions d "
        "JOIN card_messages m ON m.decision_id = d.id WHERE d.id = %s",
        team.decision_id,
    )
    return revision, of_card, of_reminders


@pytest.mark.parametrize("name", DEEDS)
async def test_what_is_done_is_in_the_trail_and_card_home_tabs_and_reminders_follow(team: Team, name: str) -> None:
    deed = DEEDS[name]
    card, since = "", None
    if deed.prepare:
        await deed.prepare(team)
        card, since = await team.card("lisa"), revisions(team)[0]
    before = trail(team)

    await deed.do(team)

    await team.settled()
    assert added(team, before) == expected(team, deed.trail)
    revision, of_card, of_reminders = revisions(team)
    assert since is None or revision == since + deed.changes
    assert of_card == revision
    assert of_reminders == revision
    (message,) = await team.cards("lisa")
    assert message.blocks[-1]["block_id"].endswith(f":{revision}")
    assert message.rendered == (await shown(team, "lisa")).rendered
    for words in deed.card:
        assert words in message.rendered
        assert words not in card
    for words in deed.gone:
        assert words not in message.rendered
        assert words in card
    tabs = await homes(team)
    assert tabs == await homes_anew(team)
