"""The window behind "More" on a card: what this very person may do, each in the window's own place."""

from bot.demo.story.pressing import press
from bot.domain.action import Action
from sandbox.people import Modal
from tests.support import steps
from tests.support.steps import by
from tests.support.team import Team

NOTHING = "There is nothing for you to do here now."


async def opened(team: Team, name: str) -> Modal:
    """The window, opened from the card in the channel."""
    await team.settled()
    assert (await team.house.person(name).click("More", channel="customer-decisions")).ok
    return await team.modal(name, at_least="#1 ")


async def test_it_holds_what_this_person_may_do_and_nothing_else(team: Team) -> None:
    await steps.toms_option(team)

    assert (await opened(team, "tom")).buttons == ["Add options", "Edit my option"]
    assert (await opened(team, "mike")).buttons == ["Add options", "Cancel decision"]
    owner = await opened(team, "lisa")
    assert owner.buttons == [
        *("Add options", "Edit my option", "Start scoring", "Edit criteria", "Edit case", "Cancel decision"),
    ]


async def test_whoever_may_do_nothing_reads_so(team: Team) -> None:
    await steps.result(team)

    found = await opened(team, "tom")

    assert found.buttons == []
    assert NOTHING in found.text


async def test_its_form_takes_its_place_and_closes_back_to_the_card(team: Team) -> None:
    await steps.options(team)
    before = await opened(team, "tom")

    assert (await team.house.person("tom").click("Add options")).ok
    form = await team.modal("tom", at_least="Option 1")
    assert (form.view_id, form.depth) == (before.view_id, 1)
    assert (await team.submit("tom", steps.VOUCHER)).ok
    assert (await team.modal("tom", at_least="1 option added")).depth == 1
    await team.house.person("tom").close()

    assert await team.house.person("tom").modal() is None
    assert "A voucher" in await team.card()
    team.check_deliveries()


async def test_what_needs_no_form_is_said_in_its_place(team: Team) -> None:
    await steps.quorum(team)
    before = await opened(team, "mike")

    answer = await team.house.person("mike").click("Close scoring")
    assert answer.ok
    assert "Close scoring now?" in (answer.confirm or "")
    said = await team.modal("mike", at_least="Scoring of #1 is closed.")

    assert (said.view_id, said.depth) == (before.view_id, 1)
    await team.published()
    team.check_deliveries()


async def test_what_destroys_asks_back_before_it_asks_why(team: Team) -> None:
    await steps.scoring(team)
    await opened(team, "lisa")

    answer = await team.house.person("lisa").click("Start over")

    assert "All scores so far are deleted" in (answer.confirm or "")
    assert (await team.modal("lisa", at_least="Reason")).callback_id == Action.VOID_ROUND


async def test_left_open_while_somebody_else_is_faster_it_says_who_and_with_what(team: Team) -> None:
    await steps.quorum(team)
    await opened(team, "sarah")
    await by("mike", Action.CANCEL, {"Reason": "They have paid."})(team)

    assert (await team.house.person("sarah").click("Close scoring")).ok
    said = await team.modal("sarah", at_least="not possible")

    assert 'Cancelled by Mike Chen a moment ago: They have paid. "Close scoring" is not possible now.' in said.text
    assert said.depth == 1


async def test_once_the_outcome_is_recorded_it_can_be_amended(team: Team) -> None:
    await steps.informed(team)
    await by("lisa", Action.RECORD_OUTCOME, {"Customer satisfaction": "9"})(team)

    await team.settled()
    assert (await press(team.house.person("lisa"), "Amend outcome", channel="customer-decisions")).ok

    assert "9" in (await team.modal("lisa", at_least="Customer satisfaction")).text
