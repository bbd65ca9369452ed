"""The learning page: words before numbers, always how many outcomes are known, nothing that does not fit."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from bot.domain.choice import Kind
from bot.domain.learning import MOST, Past, learn
from bot.domain.ledger import Drift, Entry
from bot.domain.policy import Proposal, proposals
from bot.domain.rate import rate
from bot.views import learning
from tests.support.lines import lines_of
from tests.support.pasts import START, pasts
from tests.unit.views.test_words import OLD

NOW = START + timedelta(days=100)
RISING = Drift("refund_request", ((2026, 1), (2026, 2), (2026, 3)), (1, 3, 8), (5, 5, 9))


def shown(cases: Sequence[Past]) -> str:
    found = proposals(cases, [RISING], now=NOW)
    return "\n".join(lines_of(learning.page(learn(cases), [RISING], [], [(one, None) for one in found]))).replace(
        "*", ""
    )


@pytest.mark.parametrize(
    ("known", "unknown", "said"),
    [
        (4, 3, "too few to say; outcome known for 4 of 7"),
        (5, 0, "first signs, mostly worked; outcome known for 5 of 5"),
        (19, 1, "first signs, mostly worked; outcome known for 19 of 20"),
        (
            20,
            2,
            "worked in about 95\u00a0%, likely between 90 and 99\u00a0%  ●●●●●●●●●○; outcome known for 20 of 22",
        ),
    ],
)
def test_the_page_says_as_much_as_the_cases_support_and_how_many_are_known(known: int, unknown: int, said: str) -> None:
    page = shown(pasts([True] * known + [None] * unknown))

    assert f"All: {said}" in page
    assert f"Outcome known for {known} of {known + unknown} decisions" in page
    if known < 20:
        assert "%" not in page.replace("about 8 of 10", "")


def test_of_a_big_team_the_page_says_that_it_is_about_the_latest() -> None:
    assert f"Outcome known for {MOST} of the latest {MOST} decisions" in shown(pasts([True] * MOST))


def test_a_team_without_any_outcome_reads_a_page_all_the_same() -> None:
    assert "No decision is resolved yet" in "\n".join(lines_of(learning.page(learn([]), [], [], [])))


def test_what_few_people_decided_says_why_nothing_is_said() -> None:
    assert shown(pasts([True] * 30, resolved_by=UUID(int=1))).count("it would be about them") == 1


def test_stated_probabilities_are_told_in_steps_of_five_and_never_those_of_one() -> None:
    page = shown(pasts([True, True, False] * 10, sure=80))

    assert "said on average: 80\u00a0% (Brier 0.24, skill -0.1 against always saying the average; 30 statements" in page


def test_scores_are_held_against_outcomes_with_their_range() -> None:
    good = pasts([True] * 12, total=8.0, means={"Trust": 8.0})
    page = shown([*good, *pasts([False] * 12, start=13, total=5.0, means={"Trust": 4.0})])

    assert "rank correlation +1.0, likely between" in page
    assert "Trust tells most: in 100\u00a0% of pairs what worked had the higher average" in page


def test_a_proposal_can_be_opened_and_one_that_was_is_shown() -> None:
    page = shown(pasts([True] * 6))

    assert "Write a policy? Refund requests up to USD 60: 6 cases within a year, each answered in part" in page
    assert page.count("[ Open as a decision ]") == 2
    assert "Exceptions for refund requests have become more frequent" in page


@pytest.mark.parametrize("pattern", ["x", "<&>", "漢字", "*_~`"])
def test_whatever_people_typed_fits(pattern: str) -> None:
    long = (pattern * 500)[:500]
    cases = pasts([True] * 40, title=long, means={long: 8.0}, sure=90, total=7.0)
    cases += pasts([False] * 20, start=50, title=long, means={long: 2.0}, sure=50, total=4.0)
    at = datetime(2026, 5, 1, tzinfo=UTC)
    entry = Entry(UUID(int=1), 12, long, long, Kind.FULL, Decimal("9999999999.99"), "USD", at)
    proposal = Proposal("key", "refund_request", Kind.PARTIAL, long[:150], Decimal(100), "USD", tuple(cases))

    learning.page(learn(cases), [RISING] * 6, [(long, entry)] * 20, [(proposal, None)] * 8)
    learning.proposed(proposal)


def test_no_word_of_the_code_is_read() -> None:
    said = json.dumps(learning.page(learn(pasts([True, False] * 30, sure=80)), [RISING], [], []), ensure_ascii=False)

    assert not OLD.search(said)


def test_a_rate_without_a_part_is_its_own() -> None:
    assert learning.rate("All", rate(3, 4, 4)) == "*All*: too few to say; outcome known for 4 of 4"
