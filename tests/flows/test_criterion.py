"""Agreeing on the criteria."""

from bot.demo.story.pressing import press
from bot.domain.action import Action
from tests.support.team import Team


async def test_the_templates_criteria_are_edited_and_submitted(team: Team) -> None:
    await team.open()
    modal = await team.window("sarah", Action.EDIT_CRITERIA)
    assert modal.inputs["Criterion 1"] == "Trust"
    values = {"Criterion 2": "Cost (10 = cheapest)", "Weight of criterion 2": "1.25", "Criterion 3": "Speed"}
    assert (await team.submit("sarah", values)).ok
    assert "The criteria of #1 are set. Next: add the options, at least two." in (await team.modal("sarah")).text
    assert team.state == ("team_input", 3)
    rows = team.sql("SELECT name, weight::text FROM decision_criteria ORDER BY position")
    assert rows == [("Trust", "3.00"), ("Cost (10 = cheapest)", "1.25"), ("Speed", "1.00")]
    card = await team.card("lisa")
    assert "Criteria: Trust 57 %, Cost 24 %, Speed 19 %" in card


async def test_one_more_row_keeps_what_was_typed(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.EDIT_CRITERIA)
    sarah = team.house.person("sarah")
    await sarah.fill({"Criterion 1": "Trust, reworded", "Criterion 3": "Speed", "Weight of criterion 3": "4"})
    await sarah.click("Add another criterion")
    modal = await team.modal("sarah", at_least="Criterion 4")
    assert modal.inputs["Criterion 1"] == "Trust, reworded"
    assert (
        modal.inputs["Criterion 3"],
        next(v for k, v in modal.inputs.items() if k.startswith("Weight of criterion 3")),
    ) == (
        "Speed",
        "4",
    )
    assert (await team.submit("sarah", {"Criterion 4": "Law"})).ok
    assert team.value("SELECT count(*) FROM decision_criteria") == 4


async def test_an_emptied_row_removes_its_criterion(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.EDIT_CRITERIA)
    assert (await team.submit("sarah", {"Criterion 1": None, "What criterion 1 means": None})).ok
    assert team.sql("SELECT name FROM decision_criteria") == [("Cost",)]


async def test_two_criteria_of_one_name_are_refused_under_the_second(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.EDIT_CRITERIA)
    answer = await team.submit("sarah", {"Criterion 3": " trust "})
    assert answer.status == "errors"
    assert (await team.modal("sarah")).errors == {
        "Criterion 3": "Criterion 3 has the same name as criterion 1. Rename or clear one."
    }
    assert team.value("SELECT count(*) FROM decision_criteria") == 2


async def test_a_weight_that_is_none_is_refused_under_its_row_though_a_blank_row_comes_before(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.EDIT_CRITERIA)
    await team.submit("sarah", {"Criterion 1": None, "What criterion 1 means": None, "Weight of criterion 2": None})
    (label, sentence), *more = (await team.modal("sarah")).errors.items()
    assert label.startswith("Weight of criterion 2")
    assert sentence == "Give this criterion a weight from 0.1 to 5, for example 1.5."
    assert more == []


async def test_a_weight_with_three_decimals_is_refused(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.EDIT_CRITERIA)
    answer = await team.submit("sarah", {"Weight of criterion 1": "1.234"})
    assert answer.error == "A weight has at most 2 decimals. Type it like 1.25."


async def test_a_decision_needs_a_criterion(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.EDIT_CRITERIA)
    blank = {f"{field} {n}": None for n in (1, 2) for field in ("Criterion", "What criterion")}
    values = {(f"{k} means" if k.startswith("What") else k): v for k, v in blank.items()}
    answer = await team.submit("sarah", values)
    assert answer.error == "A decision needs at least 1 criterion. Fill in a name and a weight."


async def test_criteria_can_be_edited_until_scoring_starts_and_the_options_stay(team: Team) -> None:
    await team.to_options()
    await team.card()
    sarah = team.house.person("sarah")
    assert (await press(sarah, "Edit criteria")).ok
    await team.modal("sarah", at_least="Criterion 1")
    assert (await team.submit("sarah", {"Criterion 1": "Goodwill"})).ok
    assert team.state == ("team_input", 3)
    assert team.value("SELECT count(*) FROM response_options") == 2
    assert "Goodwill" in await team.card()


async def test_a_card_from_before_still_leads_to_the_criteria(team: Team) -> None:
    await team.to_options()
    assert (await team.window("sarah", "criterion.back")).inputs["Criterion 1"] == "Trust"


async def test_the_same_criteria_pressed_twice_at_once_are_set_once(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.EDIT_CRITERIA)
    assert (await team.house.person("sarah").submit(copies=2)).ok
    assert (
        team.value("SELECT count(*) FROM audit_logs WHERE action = 'criteria.submitted'") == 2
    )  # the first at opening
    assert team.value("SELECT count(*) FROM decision_criteria") == 2
    team.check_deliveries()


async def test_criteria_edited_after_a_lost_answer_replace_the_first(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.EDIT_CRITERIA)
    sarah = team.house.person("sarah")
    await sarah.submit(lose_answer=True)
    await team.until("SELECT count(*) FROM audit_logs WHERE action = 'criteria.submitted'", 2)
    assert (await team.submit("sarah", {"Criterion 2": "Price"})).ok
    assert [n for (n,) in team.sql("SELECT name FROM decision_criteria ORDER BY position")] == ["Trust", "Price"]


async def test_criteria_that_come_once_scoring_has_started_are_refused_and_kept_in_the_window(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.EDIT_CRITERIA)
    await team.house.person("sarah").fill({"Criterion 1": "Late"})
    await team.starts()
    answer = await team.house.person("sarah").submit()
    assert answer.error is not None
    assert answer.error.startswith(
        'Scoring started by you a moment ago. "Edit criteria" is not possible now. #1 is being scored (phase 4 of 6)'
    )
    assert (await team.modal("sarah")).inputs["Criterion 1"] == "Late"
    assert team.value("SELECT count(*) FROM decision_criteria WHERE name = 'Late'") == 0


async def test_a_decision_of_before_gets_its_criteria_and_goes_on(team: Team) -> None:
    await team.open()
    await team.change("UPDATE customer_decisions SET current_phase = 2")
    await team.window("sarah", Action.EDIT_CRITERIA)
    assert (await team.house.person("sarah").submit()).ok
    assert team.state == ("team_input", 3)
