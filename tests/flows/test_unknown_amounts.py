"""An amount that nobody has given does not make a decision about money small."""

from typing import Any

from bot.domain.action import Action
from tests.support.steps import does
from tests.support.team import Team

UNKNOWN: Any = {"financial_impact": None}


async def scored(team: Team, **case: Any) -> None:
    """Scored by everybody but Mike; what its options cost was left empty."""
    await team.open(by="lisa", **UNKNOWN, **case)
    values = {"Option 1": "Full refund", "Option 2": "Partial credit"}
    await does(team, "lisa", Action.PROPOSE_OPTION, values)
    await team.starts("lisa", "tom", "sarah", by="lisa")
    for name in ("lisa", "tom", "sarah"):
        await team.ballot(name)
    await team.published()


async def test_a_refund_of_an_unknown_amount_takes_a_decider_of_level_three(team: Team) -> None:
    await scored(team)
    assert team.sql("SELECT DISTINCT financial_cost FROM response_options") == [(None,)]

    assert "Resolving #1 needs a decider up to USD 10,000" in await team.told("lisa", Action.RESOLVE)
    modal = await team.window("mike", Action.RESOLVE)
    assert modal.text.count("needs a decider up to USD 10,000") == 2


async def test_of_another_kind_of_decision_it_takes_what_the_smallest_takes(team: Team) -> None:
    await scored(team, decision_type="service_escalation")

    assert "needs a decider up to USD 100" in (await team.window("lisa", Action.RESOLVE)).text
