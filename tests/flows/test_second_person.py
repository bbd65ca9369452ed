"""A choice that takes two people: the first proposes it, somebody else confirms it or sends it back."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.action import Action
from bot.services import sweep as sweeps
from tests.support.hours import ALWAYS
from tests.support.plans import plan, waiting
from tests.support.steps import FULL, does, edited_by_sarah, names_a_deputy, proposed
from tests.support.team import Team

LARGE: Any = {"financial_impact": 20_000}
"""Takes authority 4: Mike's, and Sarah's."""
RESOLVE = {"Option": FULL, "Reason": "It leads."}


@pytest.fixture
async def large(team: Team) -> Team:
    """Lisa's decision, which takes authority 4 and two people."""
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_result("lisa", "tom", "sarah", by="lisa", **LARGE)
    team.take_two(4)
    return team


async def test_the_first_proposes_and_somebody_else_is_asked_to_confirm(large: Team) -> None:
    modal = await large.window("mike", Action.RESOLVE)
    assert "needs a decider up to USD 50,000, and a second person" in modal.text
    sure = next(label for label in modal.inputs if label.startswith("How sure are you"))
    answer = await large.submit("mike", {**RESOLVE, sure: "80 %"})
    assert answer.ok, answer
    await large.modal("mike", at_least="It takes two people: somebody else is asked to confirm your choice")
    await large.house.person("mike").close(everything=True)

    card = await large.card("tom")
    assert "Proposed: Full refund" in card
    assert "[ Confirm the choice ]" in card
    sarah = large.house.person("sarah")
    await sarah.see("Confirm the choice of #1")
    await sarah.see("Proposed: Full refund")
    await plan(large)
    assert waiting(large) == {"Sarah Johnson": {"confirm"}}
    await sarah.slash("/decide list")
    await sarah.see("confirm the choice, or send it back")
    told = await large.told("tom", Action.SCORE)
    assert "#1 has a choice that a second person has to confirm (phase 4 of 6)." in told
    assert "Mike Chen has proposed this choice of #1." in await large.told("mike", Action.CONFIRM_CHOICE)
    assert "It is confirmed or sent back by somebody else," in await large.told("tom", Action.CONFIRM_CHOICE)

    assert "#1 is resolved with the choice that you have confirmed." in await large.told("sarah", Action.CONFIRM_CHOICE)

    assert "By @mike, confirmed by Sarah Johnson" in await large.card("lisa")
    assert large.value("SELECT member_id FROM forecasts") == large.actors["mike"].member.id
    assert large.value("SELECT proposal FROM customer_decisions") is None
    await plan(large)
    assert waiting(large)["Mike Chen"] == {"inform"}
    large.check_deliveries()


async def test_a_choice_that_is_sent_back_is_made_anew_by_who_reads_why(large: Team) -> None:
    await does(large, "mike", Action.RESOLVE, RESOLVE)
    await plan(large)

    await does(large, "sarah", Action.RETURN_CHOICE, {"Reason": "A third would do."})

    card = await large.card("lisa")
    assert "Sent back by Sarah Johnson: Full refund" in card
    assert "A third would do." in card
    await large.house.person("mike").see("A third would do.")
    await plan(large)
    assert waiting(large)["Mike Chen"] == {"resolve"}
    assert large.value("SELECT count(*) FROM forecasts") == 0
    await does(large, "mike", Action.RESOLVE, RESOLVE)
    assert "Sent back by" not in await large.card("lisa")


async def test_the_first_takes_a_choice_back_themselves(large: Team) -> None:
    await does(large, "mike", Action.RESOLVE, RESOLVE)
    await does(large, "mike", Action.RETURN_CHOICE, {"Reason": "The wrong option."})
    assert "[ Resolve ]" in await large.card("lisa")


async def test_where_nobody_could_be_the_second_it_is_refused_before_anything_is_typed(large: Team) -> None:
    large.give("sarah", 2)

    told = await large.told("mike", Action.RESOLVE)

    assert "This choice of #1 takes two people, and there is nobody else to confirm it: that needs" in told
    assert "a decider up to USD 10,000. A workspace admin can give somebody more in /decide setup." in told


async def test_a_deputy_never_confirms_what_the_absent_has_proposed_but_may_for_somebody_else(large: Team) -> None:
    next_week = large.now.replace(microsecond=0, second=0) + timedelta(days=7)
    await names_a_deputy(large, "mike", "tom", until=next_week)
    await does(large, "mike", Action.RESOLVE, RESOLVE)
    assert "It is confirmed or sent back by somebody else" in await large.told("tom", Action.CONFIRM_CHOICE)
    await names_a_deputy(large, "sarah", "lisa", until=next_week)
    assert "It is confirmed or sent back by somebody else" in await large.told("lisa", Action.CONFIRM_CHOICE)  # owner
    await does(large, "sarah", Action.RETURN_CHOICE, {"Reason": "By the deputy, please."})

    await does(large, "tom", Action.RESOLVE, RESOLVE)
    assert "It is confirmed or sent back by somebody else" in await large.told("mike", Action.CONFIRM_CHOICE)
    await does(large, "sarah", Action.CONFIRM_CHOICE)

    assert "By @tom, in the place of Mike Chen, confirmed by Sarah Johnson" in await large.card("lisa")
    details = large.value("SELECT details FROM audit_logs WHERE action = 'decision.resolved'")
    assert details["proposed_by"] == str(large.actors["tom"].member.id)
    assert details["proposed_for"] == str(large.actors["mike"].member.id)


async def test_a_choice_that_nobody_confirms_in_seven_days_is_to_be_made_anew(large: Team) -> None:
    await does(large, "mike", Action.RESOLVE, RESOLVE)
    await large.change(
        "UPDATE customer_decisions SET proposal = "
        "jsonb_set(proposal, '{proposed_at}', to_jsonb(now() - interval '8 days'))"
    )

    await sweeps.sweep(large.db, now=large.now, rules=large.rules)

    assert "[ Resolve ]" in await large.card("lisa")
    await plan(large)
    assert waiting(large)["Mike Chen"] == {"resolve"}
    ((who, details),) = large.sql("SELECT user_id, details FROM audit_logs WHERE action = 'choice.expired'")
    assert (who, details) == (None, None)
    told = await large.told("sarah", Action.CONFIRM_CHOICE)
    assert '"Confirm the choice" is not possible now.' in told


async def test_what_somebody_proposed_who_has_left_is_not_confirmed(team: Team) -> None:
    await proposed(team)
    await edited_by_sarah(team, "mike", {"Active": False})

    told = await team.told("sarah", Action.CONFIRM_CHOICE)

    assert "Mike Chen, who proposed it, is no longer active. Send it back." in told
