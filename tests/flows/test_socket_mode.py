"""A decision over Socket Mode: the same handlers behind another door."""

import asyncio
import socket
from typing import Any

import pytest

from bot import app
from bot.cli import operations
from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from bot.http import readiness
from tests.flows.test_watched import Heard
from tests.support.house import House, as_service, living, settings_for
from tests.support.scoring import typed
from tests.support.team import Team


async def test_a_decision_goes_from_the_command_to_its_resolution_over_a_websocket(database_url: str) -> None:
    async with living(database_url, techcorp(), mode="socket") as house:
        await house.sandbox.app_connected()
        team = await Team(house).gather("mike", "lisa")
        team.give("mike", 4)
        sarah, mike = house.person("sarah"), house.person("mike")
        assert (await sarah.slash("/decide Refund over a websocket")).ok
        await team.modal("sarah", at_least="Decide by")
        values = {"Type of decision": "Refund request", "Customer": "ABC", "What happened": "All."}
        assert (await team.submit("sarah", {**values, "Amount at stake": "junk"})).status == "errors"
        values = {"What happened": "All back.", "Amount at stake": "500"}
        assert (await team.submit("sarah", values)).ok
        await team.card()
        assert (await sarah.click("Edit")).ok
        await team.modal("sarah", at_least="Weight")
        assert (await sarah.submit()).ok
        for title in ("Full refund", "Partial credit"):
            await team.window("mike", Action.PROPOSE_OPTION)
            assert (await team.submit("mike", {"Option 1": title})).ok
        assert '"Start scoring" on #1 is for its owner' in await team.told("mike", Action.START_SCORING)
        await team.window("sarah", Action.START_SCORING)
        assert (await sarah.submit()).ok
        for name in ("sarah", "mike", "lisa"):
            await team.window(name, Action.SCORE)
            names = ("Customer trust", "Cost", "Fairness", "Precedent")
            assert (await team.submit(name, typed(9, 3, on=names))).ok
        await team.published()
        assert "You are not a member" in await team.told("eve", Action.SCORE)
        await mike.see("Result of #1")
        await team.window("mike", Action.RESOLVE)
        assert (await team.submit("mike", {"Option": "Full refund", "Reason": "It leads."})).ok
        assert "Decided: Full refund" in await team.card()
        assert [d.summary() for d in house.sandbox.deliveries() if d.error] == []
        assert house.sandbox.calls("apps.connections.open") != []


async def test_a_connection_that_slack_refreshes_is_taken_up_again(database_url: str) -> None:
    async with living(database_url, techcorp(), mode="socket") as house:
        await house.sandbox.app_connected()
        team = await Team(house).gather("mike")
        await house.sandbox.town.disconnect()
        await house.sandbox.app_connected(within=15)
        await team.until("SELECT count(*) FROM teams", 1)
        assert (await house.person("sarah").slash("/decide help")).ok
        assert "/decide list" in await house.person("sarah").screen()


async def is_ready(bot: app.Bot) -> dict[str, bool]:
    checks, _ = await readiness(bot.deps, bot.identity, None, watch=bot.watch, socket=bot.socket)
    return checks


async def doctor(house: House, **settings: Any) -> dict[str, str]:
    """What it says of each thing that is wrong."""
    known = {"database_url": as_service(house.database_url), "mode": "socket", **settings}
    found = settings_for(house.sandbox.spec, known.pop("api_url", house.sandbox.api_url), **known)
    return {one.subject: one.words for one in await operations.examine(found) if not one.is_fine}


async def test_ready_means_that_the_socket_is_live(database_url: str) -> None:
    async with living(database_url, techcorp(), mode="socket") as house:
        async with asyncio.timeout(20):
            await house.bot.until_ready()

        assert (await is_ready(house.bot))["socket"] is True
        assert await doctor(house) == {}


async def test_a_socket_that_is_gone_for_long_is_not_ready(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with living(database_url, techcorp(), mode="socket") as house:
        async with asyncio.timeout(20):
            await house.bot.until_ready()
        monkeypatch.setattr("bot.socket_mode.GONE_SECONDS", 0.0)

        assert (await is_ready(house.bot))["socket"] is False


async def test_with_a_wrong_app_token_nothing_is_ready_and_the_doctor_names_it(database_url: str) -> None:
    async with living(database_url, techcorp()) as house:
        settings = settings_for(house.sandbox.spec, house.sandbox.api_url, mode="socket")
        wrong = settings.model_copy(update={"slack_app_token": type(settings.slack_app_token)("xapp-wrong")})
        async with app.running(wrong, database_url=as_service(database_url)) as bot:
            await bot.identity.ready.wait()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(bot.until_ready(), 0.5)
            checks = await is_ready(bot)
        found = wrong.model_copy(update={"database_url": type(settings.slack_app_token)(as_service(database_url))})
        said = {one.subject: one.words for one in await operations.examine(found) if not one.is_fine}

    assert (checks["slack"], checks["socket"]) == (True, False)
    assert said == {
        "socket mode": "Slack refuses SLACK_APP_TOKEN: invalid_auth. Check SLACK_APP_TOKEN: an app-level token of this "
        "app with connections:write, xapp-..."
    }


async def test_a_slack_that_cannot_be_reached_is_no_wrong_token(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nowhere = f"127.0.0.1:{free.getsockname()[1]}"
    async with living(database_url, techcorp()) as house:
        said = await doctor(house, api_url=f"http://{nowhere}/api/")

    assert said["slack"] == said["socket mode"]
    assert said["slack"].startswith(f"{nowhere} cannot be reached (")
    assert "TOKEN" not in said["slack"]


@pytest.mark.parametrize(
    ("fault", "how", "meaning"),
    [
        ("error", {"error": "invalid_auth"}, "Slack refuses SLACK_BOT_TOKEN: invalid_auth. Check SLACK_BOT_TOKEN"),
        ("ratelimited", {}, "Slack answers ratelimited. It passes: try again in a minute."),
        ("http_500", {}, "answers, but not as Slack does (HTTP 500). Check SLACK_API_URL and proxies."),
        ("drop", {"times": 3}, "cannot be reached ("),
    ],
)
async def test_what_slack_answers_the_doctor_is_said_for_what_it_is(
    database_url: str, fault: str, how: dict[str, Any], meaning: str
) -> None:
    async with living(database_url, techcorp()) as house:
        await house.bot.until_ready()
        house.sandbox.fail("auth.test", fault, **how)

        assert meaning in (await doctor(house))["slack"]


async def test_a_process_that_slack_refuses_never_says_that_it_is_ready(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, refused = Heard(), asyncio.Event()
    monkeypatch.setattr("bot.app.log", said)

    def note_trouble(*_: object) -> float:
        refused.set()
        return 60.0

    monkeypatch.setattr("bot.identity._note_trouble", note_trouble)
    async with living(database_url, techcorp()) as house:
        house.sandbox.fail("auth.test", "error", error="invalid_auth", times=99)
        settings = settings_for(house.sandbox.spec, house.sandbox.api_url, host="127.0.0.1", port=0)
        serving = asyncio.create_task(app.serve(settings, database_url=as_service(database_url)))
        await said.until("listening")
        await refused.wait()
        serving.cancel()
        await asyncio.wait({serving})

    assert "ready" not in [event for event, _ in said.said]
