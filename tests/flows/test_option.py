"""Proposing options and changing one's own."""

from bot.domain.action import Action
from tests.support.known import known
from tests.support.team import Team

THIRD = {"Option 1": "A voucher"}


async def test_any_member_proposes_and_the_card_hides_who(team: Team) -> None:
    await team.to_options()
    await team.window("lisa", Action.PROPOSE_OPTION)
    lisa = team.house.person("lisa")
    await lisa.fill({**THIRD, "Cost of option 1": "1.200,50"})
    await lisa.click("More fields")
    assert (await team.modal("lisa", at_least="Risk of option 1")).inputs["Option 1"] == "A voucher"
    assert (await team.submit("lisa", {"Risk of option 1": "High"})).ok
    told = (await team.modal("lisa", at_least="added")).text
    assert "1 option added to #1; there are 3 now." in told
    assert "A voucher · cost USD 1,200.50" in told
    card = await team.card("mike")
    assert "A voucher · cost USD 1,200.50 · effort medium · risk high" in card
    assert "Lisa" not in card
    assert "@lisa" not in card
    await team.press("mike", "decision.show")
    assert "Lisa" not in (await team.modal("mike", at_least="Description")).text.partition("Options")[2]
    assert "proposed" not in str(team.sql("SELECT user_id, details FROM audit_logs WHERE action = 'option.proposed'"))


async def test_options_are_proposed_one_after_another_from_the_same_window(team: Team) -> None:
    await team.to_options()
    await team.window("lisa", Action.PROPOSE_OPTION)
    lisa = team.house.person("lisa")
    for n in range(5):
        assert (await team.submit("lisa", {"Option 1": f"Idea {n}"})).ok
        await team.modal("lisa", at_least=f"there are {n + 3} now")
        await lisa.click("Add more options")
        modal = await team.modal("lisa", at_least="Cost")
        assert modal.inputs["Option 1"] == ""
    assert modal.depth == 1


async def test_a_button_in_the_third_window_takes_its_place(team: Team) -> None:
    await team.open()
    lisa, sarah = team.house.person("lisa"), team.house.person("sarah")
    await sarah.slash("/decide list")
    await sarah.see("1 open decision")
    await sarah.click("Show")
    await team.modal("sarah", at_least="Description")
    await sarah.click("Edit criteria")
    await team.modal("sarah", at_least="Weight")
    assert (await sarah.submit()).ok
    await team.modal("sarah", at_least="are set")
    await sarah.click("Show details")
    await team.modal("sarah", at_least="phase 3 of 6")
    await sarah.click("Add options")
    modal = await team.modal("sarah", at_least="Cost")
    assert modal.depth == 3
    assert (await team.submit("sarah", THIRD)).ok
    await sarah.click("Show details")
    modal = await team.modal("sarah", at_least="A voucher")
    assert modal.depth == 3
    await sarah.click("Edit my option")
    assert (await team.modal("sarah", at_least="Cost")).inputs["Title"] == "A voucher"
    assert await lisa.modal() is None


UNUSABLE = (
    ({"Option 2": "full  REFUND"}, "Option 2", "An option has this title already. Say in the title what is different."),
    ({"Option 3": "a VOUCHER"}, "Option 3", "An option has this title already. Say in the title what is different."),
    (
        {"Option 3": "Nothing", "Cost of option 3": "a lot"},
        "Cost of option 3 (USD)",
        "That is not an amount that I can read. Type it like 1200 or 1,200.50.",
    ),
    ({"Cost of option 2": "5"}, "Option 2", "Write the title."),
)


async def test_what_cannot_be_used_is_said_under_its_field(team: Team) -> None:
    await team.to_options()
    for values, field, sentence in UNUSABLE:
        await team.window("lisa", Action.PROPOSE_OPTION)
        assert (await team.submit("lisa", {**THIRD, **values})).status == "errors"
        assert (await team.modal("lisa")).errors == {field: sentence}
    assert team.value("SELECT count(*) FROM response_options") == 2


async def test_a_thirteenth_option_is_refused(team: Team) -> None:
    await team.to_options([f"Option {n}" for n in range(12)])
    await team.window("lisa", Action.PROPOSE_OPTION)
    answer = await team.submit("lisa", THIRD)
    assert answer.error == "There are 12 options already; no more fit into the form. Edit one instead."


async def test_ones_only_option_opens_at_once_and_is_changed(team: Team) -> None:
    await team.to_options()
    await team.window("lisa", Action.PROPOSE_OPTION)
    await team.submit("lisa", THIRD)
    modal = await team.window("lisa", Action.EDIT_OPTION)
    assert modal.inputs["Title"] == "A voucher"
    assert (await team.submit("lisa", {"Title": "Two vouchers"})).ok
    assert "Your option is changed." in (await team.modal("lisa")).text
    assert "Two vouchers" in await team.card()


async def test_one_of_several_own_options_is_chosen_and_removed(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.EDIT_OPTION)
    sarah = team.house.person("sarah")
    await sarah.click("Edit Partial credit")
    modal = await team.modal("sarah", at_least="Remove")
    assert modal.inputs["Title"] == "Partial credit"
    assert (await team.submit("sarah", {"Remove": True})).ok
    assert "Your option is removed." in (await team.modal("sarah")).text
    assert "Partial credit" not in await team.card()
    assert (await sarah.again()).ok


async def test_whoever_proposed_nothing_is_told_so(team: Team) -> None:
    await team.to_options()
    assert 'You have proposed no option for #1 yet. "Add options" adds one.' in await team.told(
        "lisa", Action.EDIT_OPTION
    )


async def test_nobody_opens_somebody_elses_option(team: Team) -> None:
    await team.to_options()
    foreign = team.option_id("Full refund")
    await team.window("lisa", Action.PROPOSE_OPTION)
    await team.submit("lisa", THIRD)
    await team.window("lisa", Action.PROPOSE_OPTION)
    await team.submit("lisa", {"Option 1": "Nothing"})
    await team.window("lisa", Action.EDIT_OPTION)
    view = known(team.house.sandbox.town.workspace.top("U0LISA"))
    for block in view.blocks:
        if block.get("accessory"):
            block["accessory"]["value"] = str(foreign)
    await team.house.person("lisa").click("Edit", nth=1)
    assert (
        "Only the person who proposed an option can change it."
        in (await team.modal("lisa", at_least="Only the person")).text
    )


async def test_the_same_option_pressed_twice_at_once_is_added_once(team: Team) -> None:
    await team.to_options()
    await team.window("lisa", Action.PROPOSE_OPTION)
    await team.house.person("lisa").fill(THIRD)
    assert (await team.house.person("lisa").submit(copies=2)).ok
    assert (await team.house.person("lisa").again()).ok
    assert team.value("SELECT count(*) FROM response_options") == 3
    team.check_deliveries()


async def test_an_option_edited_after_a_lost_answer_changes_the_one_that_was_added(team: Team) -> None:
    await team.to_options()
    await team.window("lisa", Action.PROPOSE_OPTION)
    await team.house.person("lisa").fill(THIRD)
    await team.house.person("lisa").submit(lose_answer=True)
    await team.until("SELECT count(*) FROM response_options", 3)
    assert (await team.submit("lisa", {"Option 1": "Two vouchers"})).ok
    assert team.value("SELECT count(*) FROM response_options") == 3
    assert team.value("SELECT count(*) FROM response_options WHERE title = 'Two vouchers'") == 1


async def test_the_windows_beneath_a_finished_form_are_up_to_date(team: Team) -> None:
    await team.to_options(["Full refund"])
    sarah = team.house.person("sarah")
    await sarah.click("Show details")
    assert "Half refund" not in (await team.modal("sarah", at_least="Full refund")).text
    await sarah.click("Add options")
    await team.modal("sarah", at_least="Cost")
    assert (await team.submit("sarah", {"Option 1": "Half refund"})).ok
    await team.modal("sarah", at_least="1 option added")

    await sarah.close()

    assert (await team.modal("sarah", at_least="Half refund")).callback_id == "decision.show"


async def test_details_follow_a_button_that_was_pressed_in_them(team: Team) -> None:
    await team.to_options()
    sarah = team.house.person("sarah")
    await sarah.click("Show details")
    await team.modal("sarah", at_least="Edit criteria")
    await sarah.click("Edit criteria")
    await team.modal("sarah", at_least="Criterion 1")
    assert (await team.submit("sarah", {"Criterion 1": "Goodwill"})).ok
    await team.modal("sarah", at_least="are set")

    await sarah.close()

    assert "Edit criteria" in (await team.modal("sarah", at_least="Goodwill")).buttons


async def test_the_form_says_how_costly_an_option_the_team_may_resolve(team: Team) -> None:
    await team.to_options()

    modal = await team.window("lisa", Action.PROPOSE_OPTION)

    assert "Somebody in your team may decide up to USD 50,000, less with a high risk." in modal.text


async def test_three_options_come_with_one_press_and_an_edited_one_replaces_them(team: Team) -> None:
    await team.to_options([])
    await team.window("lisa", Action.PROPOSE_OPTION)
    lisa = team.house.person("lisa")
    await lisa.fill({"Option 1": "All", "Cost of option 1": "48k", "Option 2": "Half", "Option 3": "Nothing"})
    await lisa.submit(lose_answer=True)
    await team.until("SELECT count(*) FROM response_options", 3)

    assert (await team.submit("lisa", {"Option 2": None, "Option 3": "A voucher", "Cost of option 3": "0"})).ok

    rows = team.sql("SELECT title, financial_cost::text FROM response_options ORDER BY position")
    assert rows == [("All", "48000.00"), ("A voucher", "0.00")]
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'option.proposed' AND user_id IS NULL") == 3
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'option.removed' AND user_id IS NULL") == 1


async def test_an_option_that_is_added_after_a_lost_answer_is_in_the_trail(team: Team) -> None:
    await team.to_options([])
    await team.window("lisa", Action.PROPOSE_OPTION)
    lisa = team.house.person("lisa")
    await lisa.fill({"Option 1": "All"})
    await lisa.submit(lose_answer=True)
    await team.until("SELECT count(*) FROM response_options", 1)

    assert (await team.submit("lisa", {"Option 2": "Half", "Option 3": "Nothing"})).ok

    told = team.sql("SELECT details ->> 'option' FROM audit_logs WHERE action = 'option.proposed' AND user_id IS NULL")
    assert sorted(told) == team.sql("SELECT id::text FROM response_options ORDER BY 1")


async def test_more_fields_between_a_lost_answer_and_the_next_press_add_nothing_twice(team: Team) -> None:
    await team.to_options([])
    await team.window("lisa", Action.PROPOSE_OPTION)
    lisa = team.house.person("lisa")
    await lisa.fill(THIRD)
    await lisa.submit(lose_answer=True)
    await team.until("SELECT count(*) FROM response_options", 1)

    await lisa.click("More fields")
    await team.modal("lisa", at_least="Risk of option 1")
    assert (await team.submit("lisa", {"Description of option 1": "Two months free."})).ok

    assert team.sql("SELECT title, description FROM response_options") == [("A voucher", "Two months free.")]


async def test_a_changed_cost_stands_in_the_trail_with_what_it_was(team: Team) -> None:
    await team.to_options(["All"])
    await team.window("sarah", Action.EDIT_OPTION)

    assert (await team.submit("sarah", {"Cost": None})).ok

    changed = {"option": str(team.option_id("All")), "financial_cost": ["100.00", None]}
    assert team.value("SELECT details FROM audit_logs WHERE action = 'option.changed'") == changed
    assert "All · cost not known" in await team.card()
