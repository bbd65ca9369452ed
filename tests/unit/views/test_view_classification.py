"""Suggestions: what a window begins with, says and takes back; words that a team types."""

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.classification import Choices, Reading
from bot.domain.decision import DECISION_TYPES
from bot.errors import Invalid
from bot.views import classification, decision
from bot.views.slack import ids
from tests.support import dossiers, payloads

DATES = {urgency: dossiers.TOMORROW.replace(day=20 + urgency) for urgency in range(1, 6)}


def a_reading(**changes: Any) -> Reading:
    found: dict[str, Any] = {
        "best": "refund_request",
        "type": "refund_request",
        "confidence": 0.9,
        "why": ("money back",),
        "urgency": 4,
        "amount": Decimal(240),
        "tier": None,
        "risks": (),
        "method": "lexicon",
        "version": "1",
    }
    return Reading(**(found | changes))


def window(reading: Reading | None) -> dict[str, Any]:
    return decision.new_decision(
        team=dossiers.TEAM, title="Money back", channel_id="C1", proposals=DATES, reading=reading
    )


def typed(view: dict[str, Any], **given: Any) -> dict[str, Any]:
    return payloads.submitted(view, **{"customer_name": "Acme", "description": "Down.", **given})


def sentence(view: dict[str, Any]) -> str:
    found = [block["text"]["text"] for block in view["blocks"] if block.get("block_id") == "suggested"]
    return found[0] if found else ""


def test_the_form_begins_with_what_was_read() -> None:
    form = decision.parse_new(typed(window(a_reading())), currency="USD", now=dossiers.NOW)

    assert (form.case.decision_type, form.case.urgency_level) == ("refund_request", 4)
    assert form.case.financial_impact == Decimal(240)
    assert form.case.expected_resolution_date == DATES[4]


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (a_reading(), "refund request, urgency 4 and USD 240 (“money back”)."),
        (a_reading(type=None), "urgency 4 and USD 240."),
        (a_reading(urgency=None, amount=None), "refund request (“money back”)."),
        (a_reading(type=None, urgency=None, amount=Decimal(0)), "USD 0."),
    ],
)
def test_what_was_filled_in_is_said_with_the_words_that_say_it(reading: Reading, said: str) -> None:
    assert sentence(window(reading)) == (
        f"_Suggested from the text:_ {said} It decides nothing: change what does not fit."
    )


@pytest.mark.parametrize("reading", [None, a_reading(type=None, urgency=None, amount=None)])
def test_where_nothing_was_read_the_window_is_as_without(reading: Reading | None) -> None:
    assert window(reading) == window(None)
    assert ids.NEW_UNDO not in str(window(reading))


def test_undo_empties_what_is_still_as_suggested_and_leaves_the_rest() -> None:
    view = typed(window(a_reading()), financial_impact="300")

    after = typed(decision.undone(view), financial_impact="300", decision_type="churn_prevention")

    form = decision.parse_new(after, currency="USD", now=dossiers.NOW)
    assert (form.case.decision_type, form.case.urgency_level) == ("churn_prevention", 3)
    assert form.case.financial_impact == Decimal(300)
    assert form.case.expected_resolution_date == DATES[3]
    assert sentence(after) == ""
    kept = [b["block_id"] for b in after["blocks"] if b["type"] == "input" and b["block_id"].endswith(":1")]
    assert kept == ["title:new:1", "description:new:1", "customer_name:new:1", "financial_impact:new:1"]


def test_another_urgency_than_the_suggested_brings_its_date() -> None:
    form = decision.parse_new(typed(window(a_reading()), urgency="1"), currency="USD", now=dossiers.NOW)

    assert form.case.expected_resolution_date == DATES[1]


def choices(**given: Any) -> Choices:
    view = classification.choices(Choices(words={"churn_prevention": ("rival",)}), team=str(dossiers.TEAM.id))
    return classification.parse_choices(payloads.submitted(view, **given))


def test_words_are_split_cleaned_and_counted_once() -> None:
    found = choices(refund_request=" wristband,  gate   ticket;\nwristband,, ")

    assert found == Choices(
        is_on=True, words={"refund_request": ("wristband", "gate ticket"), "churn_prevention": ("rival",)}
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("?!", "“?!” is no word or short phrase. Write them with commas between."),
        ("x" * 61, f"“{'x' * 59}…” is no word or short phrase."),
        (", ".join(f"w{i}" for i in range(41)), "These are 41 words and phrases; 40 at most."),
    ],
)
def test_what_is_no_list_of_words_is_refused_under_its_field(given: str, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        choices(policy_exception=given)

    assert refusal.value.message.startswith(said)
    assert refusal.value.field == "policy_exception"


def test_the_longest_words_that_are_taken_fit_into_their_field() -> None:
    most = {about: tuple(f"{'w' * 20}{i:02}" for i in range(40)) for about in DECISION_TYPES}

    view = classification.choices(Choices(words=most), team=str(dossiers.TEAM.id))

    assert classification.parse_choices(payloads.submitted(view)).words == most
