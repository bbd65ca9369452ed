"""Deciding with authority, telling the customer, learning how it turned out."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.domain.action import Action
from tests.support.team import Team


async def test_a_decider_resolves_and_the_card_says_what_why_by_whom(team: Team) -> None:
    await team.to_result()
    modal = await team.window("mike", Action.RESOLVE)
    assert "Full refund leads, and the lead is clear." in modal.text
    assert "You may decide up to USD 50,000." in modal.text
    assert (await team.submit("mike", {"Option": "Full refund", "Reason": "It is <right>."})).ok
    assert '#1 is resolved. Press "Customer informed" once the customer knows.' in (await team.modal("mike")).text
    card = await team.card()
    for words in ("Decided: Full refund", "By @mike", "It is <right>.", "Resolved within 1 hour"):
        assert words in card
    assert "not the leader" not in card
    ((hours, resolved),) = team.sql(
        "SELECT o.resolution_time_hours, d.actual_resolution_date IS NOT NULL FROM decision_outcomes o "
        "JOIN customer_decisions d ON d.id = o.decision_id"
    )
    assert (hours, resolved) == (1, True)


async def test_a_choice_against_the_ranking_says_so_on_the_card(team: Team) -> None:
    await team.to_result()
    await team.window("mike", Action.RESOLVE)
    assert (await team.submit("mike", {"Option": "Partial credit", "Reason": "Cheaper."})).ok
    assert "This is not the leader of the ranking, which is Full refund." in await team.card()


async def test_the_window_of_the_choice_leads_on_to_the_customer_and_the_card_ends_finished(team: Team) -> None:
    await team.to_result()
    await team.window("mike", Action.RESOLVE)
    assert (await team.submit("mike", {"Option": "Full refund", "Reason": "It leads."})).ok
    assert "resolved" in (await team.modal("mike", at_least="Customer informed")).text
    mike = team.house.person("mike")
    assert (await mike.click("Customer informed")).ok
    await mike.see("Noted: the customer of #1 knows.")
    assert team.state == ("resolved", 6)
    await team.window("mike", Action.RECORD_OUTCOME)
    assert (await team.submit("mike", {"Notes": "They were glad."})).ok
    await team.modal("mike", at_least="is recorded")
    card = await team.card()
    assert "Decided, the customer knows · Finished" in card


async def test_a_reason_is_mandatory(team: Team) -> None:
    await team.to_result()
    await team.window("mike", Action.RESOLVE)
    answer = await team.submit("mike", {"Option": "Full refund", "Reason": " \n "})
    assert answer.error == "Write a reason: the team reads it on the card."
    assert team.state == ("evaluating", 4)


async def test_two_people_resolving_at_once_resolve_once(team: Team) -> None:
    await team.to_result()
    team.give("lisa", 3)
    for name, option in (("mike", "Full refund"), ("lisa", "Partial credit")):
        await team.window(name, Action.RESOLVE)
        await team.house.person(name).fill({"Option": option, "Reason": f"By {name}"})
    answers = await asyncio.gather(*(team.house.person(name).submit() for name in ("mike", "lisa")))
    assert sorted(a.status for a in answers) == ["errors", "ok"]
    refused = next(a.error for a in answers if not a.ok)
    faster = {"Mike Chen": "Full refund", "Lisa Rodriguez": "Partial credit"}
    assert refused in {
        f'Resolved by {name} a moment ago: {option}. "Resolve" is not possible now. #1 is resolved (phase 5 of 6); '
        "next, the customer is informed."
        for name, option in faster.items()
    }
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'decision.resolved'") == 1
    team.check_deliveries()


async def test_the_same_resolve_pressed_twice_at_once_resolves_once(team: Team) -> None:
    await team.to_result()
    await team.window("mike", Action.RESOLVE)
    await team.house.person("mike").fill({"Option": "Full refund", "Reason": "Right."})
    assert (await team.house.person("mike").submit(copies=2)).ok
    assert (await team.house.person("mike").again()).ok
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'decision.resolved'") == 1


async def test_a_resolve_edited_after_a_lost_answer_replaces_the_choice(team: Team) -> None:
    await team.to_result()
    await team.window("mike", Action.RESOLVE)
    await team.house.person("mike").fill({"Option": "Full refund", "Reason": "First."})
    await team.house.person("mike").submit(lose_answer=True)
    await team.until("SELECT current_phase FROM customer_decisions", 5)
    assert (await team.submit("mike", {"Option": "Partial credit", "Reason": "Second."})).ok
    assert team.sql("SELECT reason FROM decision_outcomes") == [("Second.",)]
    assert "Decided: Partial credit" in await team.card()


async def test_the_choice_is_reopened_with_a_reason_and_the_ballots_stay(team: Team) -> None:
    await team.to_resolved()
    before = team.value("SELECT count(*) FROM evaluations")
    await team.window("mike", Action.CHANGE_CHOICE)
    assert (await team.submit("mike", {"Reason": "A new offer."})).ok
    assert (
        "The choice of #1 is open again. Scores and result stay as they were published."
        in (await team.modal("mike")).text
    )
    assert team.state == ("evaluating", 4)
    assert team.value("SELECT count(*) FROM evaluations") == before
    card = await team.card()
    assert "Decided" not in card
    assert "[ Resolve ]" in card
    await team.window("mike", Action.RESOLVE)
    assert (await team.submit("mike", {"Option": "Partial credit", "Reason": "Their wish."})).ok
    assert "Decided: Partial credit" in await team.card()
    assert team.sql("SELECT reopened_reason FROM decision_outcomes") == [("A new offer.",)]


async def test_a_reopening_edited_after_a_lost_answer_keeps_the_last_reason(team: Team) -> None:
    await team.to_resolved()
    await team.window("mike", Action.CHANGE_CHOICE)
    await team.house.person("mike").fill({"Reason": "First."})
    await team.house.person("mike").submit(lose_answer=True)
    await team.until("SELECT current_phase FROM customer_decisions", 4)
    assert (await team.submit("mike", {"Reason": "Second."})).ok
    assert team.sql("SELECT reopened_reason FROM decision_outcomes") == [("Second.",)]
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'choice.reopened'") == 1


async def test_informing_the_customer_asks_first_and_is_answered_privately(team: Team) -> None:
    await team.to_resolved()
    await team.card()
    answer = await team.house.person("mike").click("Customer informed")
    assert answer.confirm is not None
    assert "Does the customer know?" in answer.confirm
    await team.house.person("mike").see("Noted: the customer of #1 knows.")
    assert "Noted" not in await team.house.person("sarah").screen()
    assert "Customer informed" in await team.card()
    assert team.value("SELECT response_sent_at IS NOT NULL AND informed_by IS NOT NULL FROM decision_outcomes")


async def test_the_outcome_is_recorded_and_amended(team: Team) -> None:
    await team.to_resolved()
    await team.press("mike", Action.INFORMED)
    values = {
        "Customer satisfaction": "9",
        "Did the customer stay?": "Yes",
        "Actual financial impact": "-1,200.50",
        "Escalation": True,
        "Notes": "Thanked us.",
        "Follow up": datetime.now(UTC) + timedelta(days=30),
    }
    await team.window("sarah", Action.RECORD_OUTCOME)
    assert (await team.submit("sarah", values)).ok
    card = await team.card()
    for words in ("Customer satisfaction: 9 of 10", "The customer stayed", "USD -1,200.50", "It was escalated"):
        assert words in card
    modal = await team.window("mike", Action.RECORD_OUTCOME)
    assert modal.inputs["Notes"] == "Thanked us."
    assert (await team.submit("mike", {"Customer satisfaction": "3", "Follow up": None})).ok
    ((score, follow, required),) = team.sql(
        "SELECT customer_satisfaction_score, follow_up_date, follow_up_required FROM decision_outcomes"
    )
    assert (score, follow, required) == (3, None, False)


async def test_an_outcome_that_cannot_be_used_is_said_under_its_field(team: Team) -> None:
    await team.to_resolved()
    await team.press("mike", Action.INFORMED)
    await team.window("mike", Action.RECORD_OUTCOME)
    await team.submit("mike", {})
    assert (await team.modal("mike")).errors == {
        "Customer satisfaction": "Tell at least one thing about how it turned out."
    }
    await team.submit("mike", {"Actual financial impact": "much"})
    assert (await team.modal("mike")).errors == {
        "Actual financial impact (USD)": "That is not an amount that I can read. Type it like 1200 or 1,200.50."
    }
    await team.submit("mike", {"Actual financial impact": None, "Follow up": datetime(2020, 1, 1, tzinfo=UTC)})
    assert (await team.modal("mike")).errors == {"Follow up": "The follow-up date is in the past; choose a later one."}
    assert team.value("SELECT recorded_at FROM decision_outcomes") is None
