"""What is shown of earlier cases, and of options from them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bot.domain.choice import Kind
from bot.domain.decision import Status
from bot.domain.option import OptionDraft
from bot.domain.precedent import MOST, Answer, Precedent, Precedents, Suggestion, recommended
from bot.views import precedent as view
from bot.views.slack import ids, kit
from tests.support.dossiers import NOW, a_dossier, a_round

PUBLISHED = a_dossier(Status.EVALUATING, 4, round=a_round(submitted=5, closed_at=NOW, published_at=NOW))
OPEN = a_dossier(Status.EVALUATING, 4, round=a_round(submitted=2))
NAMES = "*_x_* <!channel> & `y`"


def a_case(n: int, **facts: Any) -> Precedent:
    given = {"title": f"Case {n}", "customer": "Globex", "decision_type": "refund_request", "currency": "USD", **facts}
    return Precedent(UUID(int=n), n, decided_at=NOW - timedelta(days=20), amount=Decimal(1000), **given)


def answers(*kinds: Kind, stayed: bool | None = True, cost: int | None = 310) -> tuple[Answer, ...]:
    price = None if cost is None else Decimal(cost)
    return tuple(Answer(UUID(int=n), kind, price, "USD", NOW, stayed) for n, kind in enumerate(kinds, start=1))


def said(blocks: Sequence[kit.Block]) -> str:
    kit.modal("Test", blocks, callback_id=ids.NOTICE)  # Slack would take it
    return "\n".join(str(block) for block in blocks)


P, F, N, X = Kind.PARTIAL, Kind.FULL, Kind.NONE, Kind.OTHER
CASES = tuple(a_case(n) for n in range(1, 7))


def test_the_answers_of_before_are_counted_with_costs_and_ends() -> None:
    told = Precedents(CASES, answers(P, P, P, P, F, N))

    words = said(view.panel(told, PUBLISHED, now=NOW))

    assert "6 cases like this since November" in words
    assert "4 partial refund (median USD 310), 1 full (USD 310), 1 none (USD 310)." in words
    assert "Outcome known for 6: 6 kept the customer." in words


def test_without_costs_and_ends_that_is_said() -> None:
    words = said(view.panel(Precedents(CASES[:2], answers(N, X, stayed=None, cost=None)), PUBLISHED, now=NOW))

    assert "Decided: 1 no refund, 1 other. No outcome is known." in words


@pytest.mark.parametrize("dossier", [OPEN, a_dossier(Status.TEAM_INPUT, 3)], ids=["scoring", "collecting"])
def test_before_publication_answers_are_not_shown_even_if_somebody_hands_them_over(dossier: Any) -> None:
    favoured = recommended(answers(P, P, P), decision_type="refund_request", resolved=30, now=NOW)
    told = Precedents(CASES[:3], answers(P, P, P), favoured)

    words = said(view.panel(told, dossier, now=NOW))

    assert "3 cases like this" in words
    assert not any(word in words for word in ("partial", "Decided", "favour", ids.USEFUL))


def test_only_three_are_named_and_what_people_typed_stays_text() -> None:
    words = said(view.panel(Precedents(tuple(a_case(n, title=NAMES) for n in range(1, 6))), OPEN, now=NOW))

    assert words.count("at stake") == 3
    assert "<!channel>" not in words
    assert "5 cases like this" in words


def test_many_are_not_counted_to_the_end_and_another_year_is_named() -> None:
    old = replace(a_case(1), decided_at=datetime(2024, 3, 1, tzinfo=UTC))
    many = Precedents((old, *(a_case(n) for n in range(2, MOST + 1))))

    assert f"{MOST} cases or more like this since March 2024" in said(view.panel(many, OPEN, now=NOW))


def test_nothing_similar_is_a_panel() -> None:
    assert "Nothing similar yet." in said(view.panel(Precedents(), OPEN, now=NOW))


def test_what_is_favoured_has_buttons_that_give_way_to_thanks() -> None:
    favoured = recommended(answers(P, P, P), decision_type="refund_request", resolved=30, now=NOW)
    blocks = view.panel(Precedents(CASES[:3], answers(P, P, P), favoured), PUBLISHED, now=NOW)
    window = kit.modal("Test", blocks, callback_id=ids.SHOW)

    after = view.rated({**window, "id": "V1", "hash": "1"})

    assert "They favour: partial refund." in said(blocks)
    assert ids.USEFUL in str(window)
    assert ids.USEFUL not in str(after)
    assert "Noted, thank you" in str(after)
    assert "hash" not in after


def test_a_suggestion_says_where_its_cost_comes_from_and_loses_its_button_once_added() -> None:
    one = Suggestion(UUID(int=1), OptionDraft(NAMES, "", Decimal(250)), is_scaled=True)
    other = Suggestion(UUID(int=2), OptionDraft("Nothing", "", None))
    blocks = view.suggestions([one, other], OPEN.decision)
    window = kit.modal("Test", blocks, callback_id=ids.NOTICE)

    after = str(view.added(window, str(UUID(int=1)))["blocks"])

    assert "cost USD 250, scaled to the amount at stake here" in said(blocks)
    assert "cost not known" in said(blocks)
    assert after.count(ids.ADD_SUGGESTED) == 1
    assert "✓ Added" in after
    assert view.suggestions([], OPEN.decision) == []
