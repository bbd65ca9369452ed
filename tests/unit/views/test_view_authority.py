"""What a team hears early of who may resolve."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.authority import AuthorityTable
from bot.domain.decision import Dossier
from bot.views import authority
from tests.support import dossiers

TABLE = AuthorityTable()


@pytest.fixture
def found() -> Dossier:
    """A small case with two options, of which one is costly."""
    options = (dossiers.an_option(0, "Credit", cost="900"), dossiers.an_option(1, "Full refund", cost="2000"))
    small = replace(dossiers.CASE, financial_impact=None)
    dossier = dossiers.situations()["options"]
    return replace(dossier, decision=replace(dossier.decision, case=small), options=options)


def test_options_that_nobody_may_resolve_with_are_named_with_the_way_out(found: Dossier) -> None:
    people = [dossiers.LISA, dossiers.ANA]

    assert authority.out_of_reach(found, people, TABLE) == (
        '*Nobody in the team may resolve with "Full refund" (needs a decider up to USD 10,000) yet.* '
        "A workspace admin can change that in /decide setup. Scoring need not wait for it."
    )


def test_nothing_is_said_where_somebody_may(found: Dossier) -> None:
    assert authority.out_of_reach(found, [dossiers.LISA, dossiers.MIKE], TABLE) is None


def test_the_owner_of_a_decision_may_not_resolve_it_above_the_limit(found: Dossier) -> None:
    said = authority.out_of_reach(found, [dossiers.SARAH, dossiers.LISA], TABLE)

    assert said is not None
    assert '"Full refund" (needs a decider up to USD 10,000)' in said
    assert "Sarah Johnson or a workspace admin can change that in /decide setup." in said


def test_of_many_options_some_are_named(found: Dossier) -> None:
    many = tuple(dossiers.an_option(n, f"No {n}", cost="60000") for n in range(5))

    said = authority.out_of_reach(replace(found, options=many), [dossiers.ANA], TABLE)

    assert said is not None
    needs = "(needs a decider for any amount)"
    assert f'"No 0" {needs}, "No 1" {needs}, "No 2" {needs} or 2 more yet' in said


@pytest.mark.parametrize(
    ("impact", "people", "sentence"),
    [
        (None, "LISA ANA", "Somebody in your team may decide up to USD 1,000, less with a high risk."),
        (None, "SARAH ANA", "Somebody in your team may decide up to USD 1,000, less with a high risk."),
        (None, "LISA", "Amount unknown: without a cost an option needs a decider up to USD 10,000; give the cost to"),
        (
            "2000",
            "LISA",
            "Whatever an option costs, #42 needs a decider up to USD 10,000, and nobody in the team is one",
        ),
        ("70", "LISA BOSS", "A costly option needs somebody who may decide more."),
    ],
)
def test_the_cost_of_an_option_says_how_far_the_team_reaches(
    found: Dossier, impact: str | None, people: str, sentence: str
) -> None:
    everybody = {**vars(dossiers), "BOSS": replace(dossiers.MIKE, authority=5)}
    case = replace(found.decision.case, financial_impact=Decimal(impact) if impact else None)
    dossier = replace(found, decision=replace(found.decision, case=case))

    assert sentence in authority.cost_hint(dossier, [everybody[name] for name in people.split()], TABLE)


def test_of_a_contract_the_same_authority_reaches_less(found: Dossier) -> None:
    case = replace(found.decision.case, decision_type="contract_modification")
    dossier = replace(found, decision=replace(found.decision, case=case))

    said = authority.cost_hint(dossier, [dossiers.MIKE], TABLE)

    assert said.endswith("Somebody in your team may decide up to USD 10,000, since it is about a contract.")


def test_whoever_gives_authority_reads_what_each_level_reaches() -> None:
    assert authority.levels(TABLE, "EUR") == {
        1: "up to EUR 100",
        2: "up to EUR 1,000",
        3: "up to EUR 10,000",
        4: "up to EUR 50,000",
        5: "any amount",
    }
    assert list(authority.levels(TABLE, "EUR", top=2)) == [1, 2]


@pytest.mark.parametrize(
    ("decision_type", "amount", "sentence"),
    [
        ("refund_request", "48000", "USD 48,000: needs a decider up to USD 50,000."),
        ("contract_modification", "900", "USD 900: needs a decider up to USD 10,000."),
        ("refund_request", "60000", "USD 60,000: needs a decider for any amount."),
        ("refund_request", None, "Amount unknown: needs a decider up to USD 10,000; give the amount to lower it."),
        ("service_escalation", None, None),
        ("", None, None),
    ],
)
def test_what_an_amount_takes_is_said_while_one_types(
    decision_type: str, amount: str | None, sentence: str | None
) -> None:
    impact = Decimal(amount) if amount else None
    case = replace(dossiers.CASE, decision_type=decision_type, financial_impact=impact)

    assert authority.stake(case, TABLE, "USD") == sentence
