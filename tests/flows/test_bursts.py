"""More presses at once than can be served: a bound, words for whoever has to wait, and all that was typed is saved."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.client import respond
from bot.domain.action import Action
from handlers.after_ack import BUSY, AfterAck
from tests.flows.test_ack import send
from tests.support.team import Team

JSON_TYPE = {"Content-Type": "application/json"}


def no_room(*_: object) -> bool:
    return False


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is more to do than anybody else is let in for."""
    monkeypatch.setattr(AfterAck, "has_room", no_room)


@pytest.mark.usefixtures("full")
async def test_a_command_is_told_in_its_own_answer_that_nothing_was_done(team: Team) -> None:
    lisa = team.house.person("lisa")

    assert (await lisa.slash("/decide a refund")).ok

    await lisa.see(BUSY)
    assert await lisa.modal() is None
    assert team.house.sandbox.calls("views.open") == []


async def test_a_button_does_nothing_and_says_so(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    await team.to_options()
    monkeypatch.setattr(AfterAck, "has_room", no_room)

    assert (await team.press("lisa", Action.PROPOSE_OPTION)).ok

    await team.house.person("lisa").see(BUSY)
    assert team.house.sandbox.calls("views.open") == []


async def test_what_was_typed_is_saved_however_much_there_is_to_do(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    await team.to_options()
    await team.window("lisa", Action.PROPOSE_OPTION)
    monkeypatch.setattr(AfterAck, "has_room", no_room)

    assert (await team.submit("lisa", {"Option 1": "A voucher"})).ok

    assert team.value("SELECT count(*) FROM response_options") == 3


@pytest.mark.usefixtures("full")
async def test_an_event_that_nobody_has_time_for_is_left_for_slack_to_send_again(team: Team) -> None:
    event = {"type": "app_home_opened", "user": "U0SARAH", "tab": "home"}
    stray = {"type": "reaction_added", "user": "U0SARAH", "reaction": "wave"}
    for one, status in ((event, 503), (stray, 200)):
        body = json.dumps({"type": "event_callback", "team_id": "T0TECHCORP", "event": one, "event_id": "Ev1"})
        assert await send(team.house, body, **JSON_TYPE) == status


async def test_somebody_who_asks_a_hundred_times_is_served_so_far_and_others_do_not_wait_for_it(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    await team.to_options()
    monkeypatch.setattr("handlers.after_ack.AT_ONCE", 2)
    team.house.sandbox.fail("views.open", "slow", seconds=0.2, times=8)
    tom, lisa = team.house.person("tom"), team.house.person("lisa")

    presses = [asyncio.create_task(tom.slash("/decide settings")) for _ in range(60)]
    await asyncio.wait(presses, return_when=asyncio.FIRST_COMPLETED)
    assert (await lisa.slash("/decide settings")).ok
    await team.modal("lisa", at_least="Your settings")

    assert all(answer.ok for answer in await asyncio.gather(*presses))
    await tom.see(BUSY)


async def test_answers_by_response_url_go_through_the_one_session(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[object] = []

    async def noted(client: AsyncWebClient, url: str, message: Mapping[str, Any]) -> None:
        sessions.append(client.session)
        await respond(client, url, message)

    monkeypatch.setattr("handlers.private.respond", noted)

    assert (await team.house.person("lisa").slash("/decide list")).ok

    await team.house.person("lisa").see("No open decisions")
    assert sessions == [team.house.bot.deps.client.session]
