"""Adding more people to a team than Slack tells about at once: nobody is lost, and everybody is named."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.demo.techcorp import techcorp
from bot.services.newcomer import request
from sandbox.spec import PersonSpec
from tests.flows.test_team import set_up
from tests.support.house import living
from tests.support.team import Team, sarahs_team

MANY = 40
ROLE = {"Role of these people": "Support manager"}


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[Team]:
    """Sarah's team, in a workspace of forty others."""
    others = tuple(PersonSpec(f"U9N{n}", f"n{n}", f"Newcomer {n}", f"n{n}@techcorp.com") for n in range(MANY))
    spec = techcorp()
    async with living(database_url, replace(spec, people=(*spec.people, *others))) as house:
        yield await sarahs_team(house)


def newcomers(team: Team) -> int:
    found: int = team.value("SELECT count(*) FROM team_members WHERE name LIKE 'Newcomer%'")
    return found


async def add_everybody(team: Team) -> None:
    people = [f"n{n}" for n in range(MANY)]
    answer = await set_up(team, "sarah", {"People to add": people, **ROLE})
    assert answer.ok, answer
    assert answer.ack_ms < 3000


async def test_those_read_before_slack_wants_a_pause_are_added_and_the_others_named_and_added_later(
    crowd: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.newcomer.HELD_SECONDS", 4.0)
    crowd.house.sandbox.fail("users.info", "ratelimited", retry_after=2, passes=20)

    await add_everybody(crowd)

    window = await crowd.modal("sarah", at_least="Still being added")
    assert "Newcomer 0" in window.text
    assert "@n39" in window.text
    assert 0 < newcomers(crowd) < MANY
    await crowd.house.person("sarah").see("The people whom you added to CS Team are all in it now.")
    assert newcomers(crowd) == MANY
    await crowd.settled()
    assert crowd.value("SELECT count(*) FROM outbox WHERE state <> 'done'") == 0


async def test_the_same_press_again_is_the_same_order_and_another_is_another(crowd: Team) -> None:
    by = crowd.by("sarah")
    again = replace(by, now=by.now + timedelta(seconds=1))
    assert by.press is not None
    another = replace(again, press=replace(by.press, digest="other"))

    order, _ = await request(crowd.db, by, role="support_agent", user_ids=["U0LISA", "U9N1"])
    assert order.rest == ("U9N1",), "who is in the team already is not looked up"
    await crowd.change("DELETE FROM outbox")
    keys = [(await request(crowd.db, one, role="support_agent", user_ids=["U9N0"]))[1] for one in (by, again, another)]

    assert keys[0] == keys[1] != keys[2]
    assert crowd.value("SELECT count(*) FROM outbox WHERE kind = 'team.newcomers'") == 2


async def test_everybody_is_in_at_once_where_slack_tells_of_all(crowd: Team) -> None:
    await add_everybody(crowd)

    window = await crowd.modal("sarah", at_least="Newcomer 0")
    assert "Still being added" not in window.text
    assert newcomers(crowd) == MANY
    assert crowd.value("SELECT state FROM outbox WHERE kind = 'team.newcomers'") == "done"


async def test_who_was_asked_for_is_added_although_the_window_broke_off(
    crowd: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.newcomer.HELD_SECONDS", 0.5)

    async def breaks_off(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("handlers.team.read_profiles", breaks_off)
    await add_everybody(crowd)

    await crowd.house.person("sarah").see("The people whom you added to CS Team are all in it now.")
    assert newcomers(crowd) == MANY


async def test_somebody_whom_slack_does_not_know_holds_up_nobody(crowd: Team) -> None:
    crowd.house.sandbox.fail("users.info", "error", error="user_not_found", passes=5)

    await add_everybody(crowd)

    await crowd.modal("sarah", at_least="was skipped: Slack shows nobody of that name here.")
    assert newcomers(crowd) == MANY - 1
