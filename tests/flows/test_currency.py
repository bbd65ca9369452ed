"""Amounts stay in the currency in which they were typed, whatever the team counts in later."""

import csv
import io

import pytest

from tests.flows.test_team import FIELDS, set_up
from tests.support.team import Team

NEW = {
    "Type of decision": "Refund request",
    "Customer": "Acme",
    "What happened": "They paid twice.",
    "Urgency": "3 · normal",
}


async def switch_to_euros(team: Team) -> None:
    assert (await set_up(team, "sarah", {"Currency": "EUR"})).ok
    await team.modal("sarah", at_least="currency EUR")
    await team.house.person("sarah").close(everything=True)
    await team.settled()


async def test_a_decision_keeps_its_currency_when_the_team_changes_its_own(team: Team) -> None:
    await team.to_options(financial_impact=500)
    await switch_to_euros(team)
    await team.retitle("Refund once more")

    card = await team.card()
    assert "USD 500" in card
    assert "EUR" not in card
    assert "Cost of option 1 (USD)" in (await team.window("lisa", "option.propose")).text
    answer = await team.submit("lisa", {"Option 1": "Credit", "Cost of option 1": "€200"})
    assert answer.error == "Amounts here are in USD: convert it, type the number. Type it like 1200 or 1,200.50."


async def test_what_is_opened_after_the_change_is_in_the_new_currency_and_the_table_says_both(team: Team) -> None:
    await team.open(title="Old")
    await switch_to_euros(team)
    lisa = team.house.person("lisa")
    await lisa.slash("/decide New")
    assert "Amount at stake (EUR)" in (await team.modal("lisa")).text
    assert (await team.submit("lisa", {**NEW, "Amount at stake": "€70"})).ok

    await lisa.close(everything=True)
    await lisa.slash("/decide export")
    await team.settled()
    (file,) = (await lisa.messages("dm"))[-1].files
    rows = list(csv.DictReader(io.StringIO((await lisa.download(file["path"])).decode("utf-8-sig"))))

    assert [(row["Title"], row["Expected financial impact"], row["Currency"]) for row in rows] == [
        ("New", "70.00", "EUR"),
        ("Old", "500.00", "USD"),
    ]


async def test_a_window_that_was_open_at_the_change_is_read_as_it_was_shown(team: Team) -> None:
    lisa = team.house.person("lisa")
    await lisa.slash("/decide Refund")
    assert "Amount at stake (USD)" in (await team.modal("lisa")).text
    await switch_to_euros(team)

    assert (await team.submit("lisa", {**NEW, "Amount at stake": "$70"})).ok

    assert team.sql("SELECT title, financial_impact::text, currency FROM customer_decisions") == [
        ("Refund", "70.00", "USD")
    ]


async def test_home_tabs_show_the_new_currency_of_the_team(team: Team) -> None:
    mike = team.house.person("mike")
    await mike.open_home()
    await team.settled()

    await switch_to_euros(team)

    assert "· EUR" in str(await mike.home())


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "ABC", "HRK"])
async def test_a_code_that_nobody_pays_with_is_refused_under_its_field(newcomers: Team, code: str) -> None:
    answer = await set_up(newcomers, "mike", {**FIELDS, "Currency": code})

    assert answer.error == f"{code} is no currency that anybody pays with. Write one like EUR."
    assert newcomers.value("SELECT count(*) FROM teams") == 0
