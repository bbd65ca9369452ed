"""Which earlier cases come first, what they speak for, which of their options fit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bot.domain.choice import Kind
from bot.domain.decision import Phase, Status
from bot.domain.option import Option
from bot.domain.precedent import (
    LEAST_RESOLVED,
    SUGGESTED,
    Answer,
    Hit,
    Precedent,
    costs,
    fused,
    is_told,
    may_suggest,
    nearest,
    recommended,
    suggestions,
)
from tests.support.dossiers import CASE, NOW, a_decision, a_dossier, a_round

DAY = timedelta(days=1)


def a_case(n: int, *, amount: int | None = 1000, age: timedelta = DAY, currency: str = "USD") -> Precedent:
    at = NOW - age
    cost = None if amount is None else Decimal(amount)
    return Precedent(UUID(int=n), n, f"Case {n}", f"Customer {n}", "refund_request", at, cost, currency)


def found(
    by_words: Sequence[Hit],
    by_meaning: Sequence[Hit] = (),
    *cases: Precedent,
    words: int = 5,
    amount: int | None = 1000,
) -> list[int]:
    known = {case.decision_id: case for case in cases or [a_case(n) for n in range(1, 9)]}
    stake = None if amount is None else Decimal(amount)
    order = nearest(by_words, by_meaning, known, words=words, amount=stake, currency="USD", now=NOW)
    return [case.number for case in order]


def hit(n: int, score: float, shared: int = 3) -> Hit:
    return Hit(UUID(int=n), score, shared)


def test_the_best_score_comes_first_and_what_is_far_below_it_is_not_like_it() -> None:
    assert found([hit(1, 4), hit(2, 10), hit(3, 3.9), hit(4, 6)]) == [2, 4, 1]


def test_too_few_words_in_common_are_chance_unless_the_case_has_no_more() -> None:
    hits = [hit(1, 9, shared=2), hit(2, 8, shared=3)]

    assert found(hits) == [2]
    assert found(hits, words=2) == [1, 2]


def test_meaning_finds_what_words_do_not_from_a_certain_nearness_on() -> None:
    assert found([], [hit(1, 0.41), hit(2, 0.39), hit(3, 0.9)]) == [3, 1]


def test_what_both_find_comes_before_what_one_finds() -> None:
    assert found([hit(1, 10), hit(2, 9)], [hit(3, 0.9), hit(2, 0.8)])[0] == 2


def test_fusing_adds_one_by_sixty_plus_the_place() -> None:
    assert fused(["a", "b"], ["b"]) == [("b", 1 / 62 + 1 / 61), ("a", 1 / 61)]


def test_similar_amounts_then_newer_cases_come_first() -> None:
    cases = (a_case(1, amount=90_000), a_case(2), a_case(3, age=1500 * DAY), a_case(4, amount=None))

    assert found([hit(n, 5) for n in (1, 2, 3, 4)], (), *cases) == [2, 4, 3, 1]
    assert found([hit(1, 5), hit(2, 5)], (), a_case(1, currency="EUR"), a_case(2)) == [2, 1]
    assert found([hit(1, 5), hit(2, 5)], (), a_case(1, amount=0), a_case(2, amount=0), amount=0) == [2, 1]


def test_a_case_that_is_gone_meanwhile_is_left_out() -> None:
    assert found([hit(1, 5), hit(99, 6)]) == [1]


def test_choices_are_told_only_while_the_latest_round_is_published() -> None:
    published = a_round(submitted=5, closed_at=NOW, published_at=NOW)
    second = a_round(follows=published.id)

    assert is_told(a_dossier(Status.EVALUATING, 4, round=published))
    assert not is_told(a_dossier(Status.EVALUATING, 4, round=second))
    assert not is_told(a_dossier(Status.EVALUATING, 4, round=a_round(submitted=5)))
    assert not is_told(a_dossier(Status.TEAM_INPUT, 3))


# --- Options from earlier cases


def an_option(n: int, title: str, cost: int | None = 500) -> Option:
    price = None if cost is None else Decimal(cost)
    return Option(UUID(int=100 + n), UUID(int=n), None, title, "Words of then", price, "low", "high")


def collecting(*titles: str, impact: int | None = 2000) -> Any:
    options = tuple(an_option(50 + n, title) for n, title in enumerate(titles))
    case = replace(CASE, financial_impact=None if impact is None else Decimal(impact))
    return a_dossier(Status.TEAM_INPUT, 3, decision=a_decision(Status.TEAM_INPUT, 3, case=case), options=options)


def suggested(dossier: Any, *options: Option, case: Precedent | None = None) -> list[str]:
    one = case or a_case(1)
    return [s.draft.title for s in suggestions(dossier, [one], {one.decision_id: options})]


def test_options_come_in_the_order_of_the_alphabet_each_once() -> None:
    options = [an_option(1, "Half"), an_option(2, "Full"), an_option(3, "  half "), an_option(4, "Nothing")]

    assert suggested(collecting("A voucher"), *options) == ["Full", "Half", "Nothing"]


def test_what_is_there_or_names_another_customer_or_amount_is_left_out() -> None:
    options = [
        an_option(1, "a  VOUCHER"),
        an_option(2, "Give customer 1 a month"),
        an_option(3, "Back with 4200"),
        an_option(4, "Back with 1.500"),
        an_option(5, "Back with $50"),
        an_option(6, "50 % back"),
    ]

    assert suggested(collecting("A voucher"), *options) == ["50 % back"]


def test_there_are_few_of_them() -> None:
    assert len(suggested(collecting(), *(an_option(n, f"Option {n}") for n in range(20)))) == SUGGESTED


@pytest.mark.parametrize(
    ("cost", "amount", "impact", "currency", "expected", "is_scaled"),
    [
        (500, 1000, 2000, "USD", 1000, True),
        (333, 1000, 500, "USD", 166, True),
        (500, 1000, 1000, "USD", 500, False),
        (0, 1000, 2000, "USD", 0, False),
        (None, 1000, 2000, "USD", None, False),
        (500, None, 2000, "USD", None, False),
        (500, 1000, None, "USD", None, False),
        (500, 1000, 0, "USD", None, False),
        (500, 1000, 2000, "EUR", None, False),
    ],
)
def test_a_cost_is_scaled_to_what_is_at_stake_or_unknown(
    cost: int | None, amount: int | None, impact: int | None, currency: str, expected: int | None, is_scaled: bool
) -> None:
    case = a_case(1, amount=amount, currency=currency)

    (one,) = suggestions(collecting(impact=impact), [case], {case.decision_id: [an_option(1, "Half", cost)]})

    assert one.draft.financial_cost == (None if expected is None else Decimal(expected))
    assert one.is_scaled is is_scaled
    assert bool(one.draft.description) is is_scaled
    assert (one.draft.implementation_effort, one.draft.risk_level) == ("low", "high")


def test_nothing_is_suggested_where_no_option_fits_any_more() -> None:
    assert may_suggest(collecting("A"))
    assert not may_suggest(collecting(*(f"Option {n}" for n in range(12))))
    assert not may_suggest(a_dossier(Status.EVALUATING, Phase.EVALUATE))


# --- What they speak for


def answers(*kinds: Kind, **facts: Any) -> list[Answer]:
    given = {"cost": Decimal(100), "currency": "USD", "decided_at": NOW - DAY, "stayed": True, **facts}
    return [Answer(UUID(int=n), kind, **given) for n, kind in enumerate(kinds)]


def recommendation(found: Sequence[Answer], *, resolved: int = LEAST_RESOLVED) -> Any:
    return recommended(found, decision_type="refund_request", resolved=resolved, now=NOW)


F, P, N, X = Kind.FULL, Kind.PARTIAL, Kind.NONE, Kind.OTHER


def test_most_of_them_are_followed_with_a_confidence_that_grows_with_their_number() -> None:
    few, many = recommendation(answers(P, P, P)), recommendation(answers(*[P] * 30))

    assert (few.kind, few.noun, few.known, few.stayed) == (P, "refund", 3, 3)
    assert few.confidence == pytest.approx((3 + 4 / 3) / 7)
    assert 0.6 < few.confidence < many.confidence < 1
    assert many.body()["confidence"] == 0.92
    assert many.body()["counts"] == {"partial": 30}


@pytest.mark.parametrize(
    "kinds", [(P, P, F, F), (P, P), (), (X, X, X), (X, X, P)], ids=["even", "two", "none", "unclear", "mostly unclear"]
)
def test_nothing_is_recommended_where_they_are_few_or_of_two_minds(kinds: tuple[Kind, ...]) -> None:
    assert recommendation(answers(*kinds)) is None


def test_nothing_is_recommended_to_a_team_with_few_decided_cases() -> None:
    assert recommendation(answers(P, P, P), resolved=LEAST_RESOLVED - 1) is None


def test_what_speaks_against_it_is_said() -> None:
    told = [
        *answers(P, P, P),
        *answers(P, stayed=False, was_escalated=True),
        *answers(P, stayed=None, decided_at=NOW - 400 * DAY),
        *answers(F),
    ]

    found = recommendation(told)

    assert found.against == (
        "1 of these customers left",
        "1 escalated all the same",
        "1 of 6 were answered otherwise",
        "how 1 turned out is not known",
        "1 is older than a year",
    )
    assert (found.known, found.stayed) == (4, 3)


def test_the_median_cost_is_of_one_kind_and_one_currency() -> None:
    told = [*answers(P, cost=Decimal(10)), *answers(P, cost=Decimal(30)), *answers(P, cost=None)]
    told += [*answers(F, cost=Decimal(90)), *answers(P, cost=Decimal(99), currency="EUR")]

    assert costs(told, P, "USD") == 20
    assert costs(told, N, "USD") is None
