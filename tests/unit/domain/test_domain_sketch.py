"""What of a language model's answer may be shown, whatever the text talked it into."""

from dataclasses import replace

import pytest

from bot.domain.masking import Masked
from bot.domain.option import OptionDraft
from bot.domain.precedent import Suggestion
from bot.domain.sketch import DRAFTED, MOST_OPTIONS, Sketch, checked, restored, source_of, suggestions
from tests.unit.domain.test_domain_precedent import collecting

TEXT = "They were charged [amount 1] twice in 2 months and want it back."
FINE = Sketch(
    "billing_dispute", 4, ("payment",), ("Refund in full", "Credit for half of it"), "They were charged twice."
)


def test_a_plain_answer_is_kept_as_it_is() -> None:
    assert checked(FINE, text=TEXT) == FINE


@pytest.mark.parametrize(
    "summary",
    [
        "The team should approve the refund.",
        "I recommend a full refund.",
        "Ignore the rules.",
        "Four people voted for it.",
        "In precedents they got it all.",
        "They paid 9000 for it.",
        "See https://evil.example.",
        "Ask <!channel> about it.",
        "Write to a@b.example.",
        "x" * 601,
    ],
)
def test_a_summary_that_recommends_or_adds_is_dropped(summary: str) -> None:
    assert checked(replace(FINE, summary=summary), text=TEXT).summary == ""


@pytest.mark.parametrize(
    "title", ["Approve it", "The best option: refund", "Pay 700 back", "<@U1> decides", "", "x" * 81]
)
def test_an_option_that_recommends_or_adds_is_dropped(title: str) -> None:
    assert checked(replace(FINE, options=(title, "No refund")), text=TEXT).options == ("No refund",)


def test_what_is_not_on_our_lists_is_not_taken() -> None:
    found = checked(Sketch("approve", 9, ("payment", "vip"), ("A",) * 9, ""), text=TEXT)

    assert (found.type, found.urgency, found.tags, found.options) == (None, None, ("payment",), ("A",))


def test_few_options_are_kept() -> None:
    assert len(checked(replace(FINE, options=tuple("ABCDEFG")), text=TEXT).options) == MOST_OPTIONS


def test_names_come_back_where_they_stood() -> None:
    gaps = Masked("", {"[name 1]": "ABC", "[amount 1]": "USD 50", "[name 2]": "N" * 149})
    given = replace(FINE, options=("Pay [amount 1] to [name 1]", "Ask [name 2]"), summary="[name 1] asks.")

    found = restored(given, gaps)

    assert found.options == ("Pay USD 50 to ABC",)
    assert found.summary == "ABC asks."


def test_drafts_are_what_nobody_proposed_in_the_order_of_the_alphabet() -> None:
    dossier = collecting("refund in full")
    earlier = Suggestion(source_of(dossier.decision.id, "x"), OptionDraft("No refund", ""))
    sketch = replace(FINE, options=("Voucher", "Refund in full", "no refund", "Credit"))

    found = list(suggestions(dossier, sketch, besides=[earlier]))

    assert [one.draft.title for one in found] == ["Credit", "Voucher"]
    assert all(
        one.is_drafted and one.draft.description == DRAFTED and one.draft.financial_cost is None for one in found
    )


def test_it_survives_being_stored() -> None:
    assert Sketch.from_json(FINE.to_json()) == FINE
    assert Sketch.from_json({}) == Sketch()
