"""A decision over Socket Mode: the same handlers behind another door."""

from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from tests.support.house import living
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
            for _ in range(team.value("SELECT count(*) FROM decision_criteria")):
                assert (await team.submit(name, {"Full refund": "9", "Partial credit": "3"})).ok
            assert (await team.submit(name, {"Before you submit": True})).ok
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
