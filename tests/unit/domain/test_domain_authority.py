"""How much authority a choice takes: the table, one level more for what is grave, and the cap."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.authority import AuthorityTable, highest_cost, least_authority, required_authority
from bot.domain.decision import DECISION_TYPES, Case
from bot.domain.option import LEVELS, Option

USUAL = AuthorityTable()


def a_case(impact: str | None = None, *, decision_type: str = "refund_request") -> Case:
    amount = None if impact is None else Decimal(impact)
    return Case(decision_type, "ABC Corporation", "Refund", financial_impact=amount)


def an_option(cost: str | None = "0", *, risk: str = "medium") -> Option:
    return Option(UUID(int=1), UUID(int=2), None, "Refund", "", None if cost is None else Decimal(cost), "medium", risk)


@pytest.mark.parametrize(
    ("amount", "level"),
    [
        ("0", 1),
        ("100", 1),
        ("100.01", 2),
        ("1000", 2),
        ("1000.01", 3),
        ("10000", 3),
        ("10000.01", 4),
        ("50000", 4),
        ("50000.01", 5),
        ("9999999999.99", 5),
        ("-100", 1),
        ("-1000.01", 3),
        ("-50000.01", 5),
    ],
)
def test_the_amount_decides_the_level_whatever_its_sign(amount: str, level: int) -> None:
    assert required_authority(a_case(amount), None, USUAL) == level
    assert required_authority(a_case(), an_option(amount), USUAL) == level


@pytest.mark.parametrize(
    ("decision_type", "level"),
    [
        ("refund_request", 3),
        ("billing_dispute", 3),
        ("policy_exception", 3),
        ("contract_modification", 4),
        ("service_escalation", 1),
        ("churn_prevention", 1),
    ],
)
def test_an_amount_that_nobody_knows_takes_the_third_level_where_it_is_about_money(
    decision_type: str, level: int
) -> None:
    unknown = a_case(decision_type=decision_type)

    assert required_authority(unknown, an_option(None), USUAL) == level
    assert required_authority(unknown, None, USUAL) == level
    assert required_authority(unknown, an_option(None, risk="high"), USUAL) == max(level, 2) + (level == 3)


def test_one_known_amount_of_the_two_is_enough() -> None:
    assert required_authority(a_case("50"), an_option(None), USUAL) == 1
    assert required_authority(a_case(None), an_option("0"), USUAL) == 1


@pytest.mark.parametrize(("impact", "cost"), [("20000", "50"), ("50", "20000"), ("-20000", "50"), ("50", "-20000")])
def test_the_larger_of_impact_and_cost_counts(impact: str, cost: str) -> None:
    assert required_authority(a_case(impact), an_option(cost), USUAL) == 4


@pytest.mark.parametrize(
    ("decision_type", "risk", "level"),
    [
        ("refund_request", "medium", 2),
        ("refund_request", "low", 2),
        ("refund_request", "high", 3),
        ("contract_modification", "low", 3),
        ("contract_modification", "high", 3),
    ],
)
def test_high_risk_or_a_contract_takes_one_level_more_and_both_no_more(
    decision_type: str, risk: str, level: int
) -> None:
    case = a_case("500", decision_type=decision_type)

    assert required_authority(case, an_option(risk=risk), USUAL) == level


def test_no_decision_takes_more_than_the_top_authority() -> None:
    case = a_case("1000000", decision_type="contract_modification")

    assert required_authority(case, an_option(risk="high"), USUAL) == 5


@given(
    st.decimals(-(10**9), 10**9, places=2),
    st.decimals(-(10**9), 10**9, places=2),
    st.sampled_from(sorted(LEVELS)),
    st.sampled_from(sorted(DECISION_TYPES)),
)
def test_choosing_an_option_never_takes_less_than_the_case_alone(
    impact: Decimal, cost: Decimal, risk: str, decision_type: str
) -> None:
    case = a_case(str(impact), decision_type=decision_type)

    alone = required_authority(case, None, USUAL)
    chosen = required_authority(case, an_option(str(cost), risk=risk), USUAL)

    assert 1 <= alone <= chosen <= 5


def test_the_least_authority_is_that_of_the_easiest_option() -> None:
    options = [an_option("20000"), an_option("500"), an_option("500", risk="high")]

    assert least_authority(a_case("50"), options, USUAL) == 2
    assert least_authority(a_case("5000"), (), USUAL) == 3


def test_an_own_table_replaces_the_usual_one() -> None:
    table = AuthorityTable((Decimal(10), Decimal(20)))

    assert [table.level(Decimal(a)) for a in (10, 11, 20, 21, 10**9)] == [1, 2, 2, 3, 3]


@pytest.mark.parametrize("decision_type", ["refund_request", "contract_modification"])
def test_the_highest_cost_is_the_last_that_a_level_reaches(decision_type: str) -> None:
    case = a_case(decision_type=decision_type)
    for level in range(required_authority(case, None, USUAL), 5):
        highest = highest_cost(case, level, USUAL)

        assert highest is not None
        assert required_authority(case, an_option(str(highest)), USUAL) == level
        assert required_authority(case, an_option(str(highest + 1)), USUAL) == level + 1
    assert highest_cost(case, 5, USUAL) is None


def test_one_unknown_amount_costs_nothing_even_where_the_first_level_reaches_next_to_nothing() -> None:
    strict = AuthorityTable((Decimal("0.50"), Decimal(1000)))

    assert required_authority(a_case(None, decision_type="churn_prevention"), None, strict) == 1
    assert required_authority(a_case(None), an_option("0.50"), strict) == 1
    assert required_authority(a_case("0.51"), None, strict) == 2
