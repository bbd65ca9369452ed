"""Earlier cases like the one at hand: what a window shows of them when, options from them, what they speak for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.domain.action import Action
from bot.views.slack import ids
from sandbox.people import Modal
from tests.flows.test_second_round import to_second
from tests.support.history import decided
from tests.support.team import Team

CASE: dict[str, Any] = {"title": "Refund for the outage", "description": "The outage of Tuesday cost them a day."}


def history(team: Team, *choices: int, **case: Any) -> None:
    """Decided cases like CASE. choices: which option each chose (full, half, none)."""
    team_id = team.actors["sarah"].team.id
    for n, choice in enumerate(choices):
        facts = {"age": timedelta(days=20 + n), "customer": f"Customer {n}", **case}
        decided(team.house.database_url, team_id, choice=choice, **facts)


async def details(team: Team, name: str, *, at_least: str = "Earlier cases") -> Modal:
    await team.press(name, ids.SHOW)
    return await team.modal(name, at_least=at_least)


# --- The panel


async def test_before_publication_only_the_cases_are_shown_and_afterwards_what_was_chosen(team: Team) -> None:
    history(team, 1, 1, 1, 0, 2)
    history(team, 1, title="Stolen bicycle", description="Nothing alike", decision_type="service_escalation")
    await team.to_scoring(**CASE)

    before = (await details(team, "lisa", at_least="like this since")).text

    assert "5 cases like this since" in before
    assert before.count("Refund request · USD 1,000 at stake") == 3
    assert "is shown here once this one's result is published" in before
    assert not any(word in before for word in ("Half of it back", "Decided:", "partial", "kept the customer"))

    for name in team.actors:
        await team.ballot(name)
    await team.published()
    after = (await details(team, "lisa", at_least="like this since")).text

    assert "Decided: 3 partial refund (median USD 500), 1 full (USD 1,000), 1 none." in after
    assert "Outcome known for 5: 5 kept the customer." in after
    assert "They favour" not in after
    assert "Decided: 3 partial refund" in (await team.window("mike", Action.RESOLVE)).text


async def test_nothing_similar_is_said(team: Team) -> None:
    await team.to_options(**CASE)

    assert "Nothing similar yet." in (await details(team, "lisa")).text


async def test_a_second_round_hides_what_was_chosen_again(team: Team) -> None:
    history(team, 1, 1, 1)
    await to_second(team, **CASE)

    shown = (await details(team, "mike", at_least="like this since")).text

    assert "Decided:" not in shown
    assert "is shown here once this one's result is published" in shown


async def test_of_a_cancelled_decision_nothing_is_looked_for(team: Team) -> None:
    history(team, 1)
    await team.to_options(**CASE)
    await team.change("UPDATE customer_decisions SET status = 'cancelled' WHERE id = %s", team.decision_id)

    assert "like this" not in (await details(team, "lisa", at_least="Cancelled")).text


# --- Suggested options


async def test_an_option_of_an_earlier_case_is_added_with_one_press_and_marked(team: Team) -> None:
    history(team, 2, amount=Decimal(1000), costs=(1000, 500, 0))
    await team.to_options(("A voucher",), **CASE)
    lisa = team.house.person("lisa")

    window = (await team.window("lisa", Action.PROPOSE_OPTION)).text
    assert window.index("Full refund") < window.index("Half of it back") < window.index("No refund")
    assert "cost USD 250, scaled to the amount at stake here" in window
    await lisa.fill({"Option 1": "An apology"})
    assert (await lisa.click("Add Half of it back")).ok
    modal = await team.modal("lisa", at_least="Added")
    assert modal.inputs["Option 1"] == "An apology"
    assert (await lisa.submit()).ok

    stored = "SELECT title, financial_cost, ai_generated, created_by, description FROM response_options"
    rows = {row[0]: row[1:] for row in team.sql(f"{stored} WHERE decision_id = %s", team.decision_id)}
    half = rows["Half of it back"]
    assert half[:3] == (Decimal(250), True, team.actors["lisa"].member.id)
    assert half[3] == "The cost is scaled from an earlier case to the amount at stake here."
    assert rows["An apology"][1] is False
    card = await team.card()
    assert "Half of it back · cost USD 250 · effort medium · risk medium · suggested" in card
    assert "@lisa" not in card


async def test_the_same_press_twice_adds_it_once_and_what_is_there_is_not_suggested(team: Team) -> None:
    history(team, 0)
    await team.to_options(("A voucher", "full  REFUND"), **CASE)
    window = await team.window("lisa", Action.PROPOSE_OPTION)
    assert "Full refund" not in window.text
    source = team.value("SELECT id FROM response_options WHERE title = 'No refund'")

    lisa = team.house.person("lisa")
    assert (await lisa.click("Add No refund")).ok
    await team.modal("lisa", at_least="Added")
    await team.settled()
    count = "SELECT count(*) FROM response_options WHERE decision_id = %s"
    assert team.value(count, team.decision_id) == 3
    assert source


async def test_whoever_takes_options_of_earlier_cases_need_not_type_one(team: Team) -> None:
    history(team, 0)
    await team.to_options(("A voucher",), **CASE)
    lisa = team.house.person("lisa")
    await team.window("lisa", Action.PROPOSE_OPTION)
    assert (await lisa.submit()).status == "refused"  # by Slack: a required field is empty
    assert (await lisa.click("Add No refund")).ok
    await team.modal("lisa", at_least="Added")

    assert (await lisa.submit()).ok

    await team.modal("lisa", at_least="has 2 options now")


async def test_what_names_another_customer_or_amount_is_not_suggested(team: Team) -> None:
    options = ("Pay Globex everything", "Back with USD 4,200", "A month free")
    history(team, 0, customer="Globex", options=options)
    await team.to_options(("A voucher",), **CASE)

    window = (await team.window("lisa", Action.PROPOSE_OPTION)).text

    assert "A month free" in window
    assert "Globex" not in window
    assert "4,200" not in window


async def test_an_option_of_another_team_cannot_be_added(team: Team) -> None:
    """A forged button: the id in it is of a case that this team has not."""
    history(team, 0)
    await team.to_options(("A voucher",), **CASE)
    await team.window("lisa", Action.PROPOSE_OPTION)
    await team.change(
        "WITH other AS (INSERT INTO teams (name, company_name) VALUES ('Other', 'O') RETURNING id) "
        "UPDATE customer_decisions SET team_id = other.id, number = 1 FROM other WHERE status = 'resolved'"
    )

    assert (await team.house.person("lisa").click("Add No refund")).ok

    told = await team.modal("lisa", at_least="The earlier case of this option is gone")
    assert told.callback_id == ids.NOTICE
    assert team.value("SELECT count(*) FROM response_options WHERE decision_id = %s", team.decision_id) == 1


# --- The recommendation


async def test_what_the_precedents_favour_is_told_after_publication_with_what_speaks_against(team: Team) -> None:
    history(team, *[1] * 20, *[0] * 8)
    history(team, 1, 1, stayed=False)
    await team.to_result(**CASE)

    shown = (await team.window("mike", Action.RESOLVE)).text

    assert "They favour: partial refund. 22 of 30 were answered so" in shown
    assert "of 22 it is known how they ended, and 20 kept the customer." in shown
    assert "Against it: 2 of these customers left; 8 of 30 were answered otherwise." in shown
    assert "Confidence: 70 %" in shown.replace("\u00a0", " ")


async def test_below_thirty_decided_cases_nothing_is_recommended(team: Team) -> None:
    history(team, *[1] * 29)
    await team.to_result(**CASE)

    assert "They favour" not in (await team.window("mike", Action.RESOLVE)).text


async def test_of_useful_and_not_useful_only_counts_are_kept_and_what_was_typed_stays(team: Team) -> None:
    history(team, *[1] * 30)
    await team.to_result(**CASE)
    mike = team.house.person("mike")
    await team.window("mike", Action.RESOLVE)
    await mike.fill({"Reason": "It is what we do."})

    assert (await mike.click("Useful")).ok

    modal = await team.modal("mike", at_least="Noted, thank you")
    assert modal.inputs["Reason"] == "It is what we do."
    stored = "SELECT ai_recommendations FROM customer_decisions WHERE id = %s"
    body = team.value(stored, team.decision_id)
    assert (body["kind"], body["useful"], body.get("not_useful")) == ("partial", 1, None)
    assert str(team.actors["mike"].member.id) not in str(body)
    assert (await team.submit("mike", {"Option": "Full refund"})).ok
    await details(team, "lisa", at_least="They favour")
    assert (await team.house.person("lisa").click("Not useful")).ok
    await team.modal("lisa", at_least="Noted, thank you")
    team.sql("DELETE FROM precedents WHERE decision_id <> %s", team.decision_id)
    told = await team.told("tom", ids.USEFUL)
    assert "There is no recommendation for #31 now. Show details tells where it stands." in told
    assert team.value(stored, team.decision_id) | {"useful": 1, "not_useful": 1} == team.value(stored, team.decision_id)
