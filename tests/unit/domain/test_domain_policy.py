"""Six similar cases that went one way, and worked, propose a policy; five do not."""

from datetime import timedelta
from decimal import Decimal

from bot.domain.choice import Kind
from bot.domain.learning import Past
from bot.domain.ledger import Drift
from bot.domain.policy import Proposal, proposals
from tests.support.pasts import START, past, pasts

NOW = START + timedelta(days=100)


def found(cases: list[Past]) -> list[Proposal]:
    return proposals(cases, [], now=NOW)


def test_six_similar_cases_that_went_one_way_and_worked_propose_a_policy() -> None:
    (one,) = found(pasts([True] * 6))

    assert (one.decision_type, one.grant, one.up_to) == ("refund_request", Kind.PARTIAL, Decimal(60))
    assert one.about == "refund requests up to USD 60"
    assert [case.number for case in one.cases] == [1, 2, 3, 4, 5, 6]


def test_five_or_a_sixth_of_which_nothing_is_known_do_not() -> None:
    assert found(pasts([True] * 5)) == []
    assert found(pasts([True] * 5 + [None])) == []


def test_the_amount_ends_where_one_was_answered_otherwise_or_did_not_work() -> None:
    for odd in (past(8, grant=Kind.NONE, title="A"), past(8, worked=False, title="B")):
        (one,) = found([*pasts([True] * 7), odd, *pasts([True] * 2, start=9)])
        assert one.up_to == Decimal(70)


def test_an_amount_that_went_both_ways_is_not_within_it() -> None:
    odd = past(7, grant=Kind.NONE, amount=Decimal(60))

    assert found([*pasts([True] * 6), odd]) == []


def test_where_the_type_went_several_ways_one_word_makes_cases_similar() -> None:
    others = pasts([True] * 6, start=20, grant=Kind.FULL, title="Damaged parcel", amount=Decimal(5))
    (one,) = found([*pasts([True] * 6), *others][:6] + others[:3])

    assert one.word == "outage"
    assert one.about == 'refund requests about "outage" up to USD 60'


def test_other_years_currencies_and_types_do_not_count() -> None:
    old = pasts([True] * 3, resolved_at=NOW - timedelta(days=366))
    foreign = pasts([True] * 3, start=10, currency="EUR")
    other = pasts([True] * 3, start=20, decision_type="churn_prevention")

    assert found([*old, *foreign, *other]) == []


def test_a_rising_line_proposes_to_review_the_policy() -> None:
    rising = Drift("refund_request", ((2026, 1), (2026, 2), (2026, 3)), (1, 3, 8), (5, 5, 9))
    even = Drift("billing_dispute", ((2026, 1), (2026, 2), (2026, 3)), (4, 4, 4), (5, 5, 5))
    (one,) = proposals([], [rising, even], now=NOW)

    assert one.key == "review:refund_request:(2026, 3)"
    assert one.case.title == "Review the policy for refund requests"
    assert one.case.description.startswith("Exceptions have become more frequent. Should there be a rule for refund")


def test_the_case_of_a_proposal_names_its_evidence_by_number_and_not_what_was_chosen() -> None:
    (one,) = found(pasts([True] * 6, title="Partial refund for the outage"))
    case = one.case

    assert case.decision_type == "policy_exception"
    assert case.description == (
        "Similar cases keep coming up. Should there be a rule for refund requests up to USD 60, and which? "
        "The cases: #1, #2, #3, #4, #5, #6. Each can be read under its own number."
    )
    assert "partial" not in (case.title + case.description).casefold()


def test_of_answers_that_nobody_can_tell_no_policy_is_proposed() -> None:
    assert proposals(pasts([True] * 8, grant=Kind.OTHER), [], now=NOW) == []
