"""Acting by typed words: labels are found in what was typed, and mistakes are answered with a sentence."""

import pytest

from sandbox.people import CannotDo
from sandbox.speak import split_pairs

LABELS = ["Type of decision", "Customer", "Customer tier", "Customer value (USD)", "Title", "Urgency"]


def test_values_need_no_quotes() -> None:
    pairs = split_pairs("Title=Refund for ABC Urgency=4", LABELS)

    assert pairs == {"Title": "Refund for ABC", "Urgency": "4"}


def test_a_label_of_several_words_is_one_label_and_the_value_before_it_ends_there() -> None:
    pairs = split_pairs("Customer=ABC Corporation Customer tier=Enterprise type of decision=Refund", LABELS)

    assert pairs == {"Customer": "ABC Corporation", "Customer tier": "Enterprise", "Type of decision": "Refund"}


def test_the_beginning_of_a_label_is_enough_where_only_one_begins_so() -> None:
    assert split_pairs("Customer val=1,200.50", LABELS) == {"Customer value (USD)": "1,200.50"}


def test_an_equals_sign_that_no_label_stands_before_belongs_to_the_value() -> None:
    assert split_pairs("Title=1+1=2 Urgency=3", LABELS) == {"Title": "1+1=2", "Urgency": "3"}


def test_nothing_after_the_sign_clears_the_field() -> None:
    assert split_pairs("Title= Urgency=3", LABELS) == {"Title": "", "Urgency": "3"}


@pytest.mark.parametrize("text", ["Refund", "Colour=red", "Colour=red Title=x"])
def test_an_unknown_label_is_answered_with_those_there_are(text: str) -> None:
    with pytest.raises(CannotDo, match=r"Write LABEL=VALUE; the labels here: Type of decision; Customer;"):
        split_pairs(text, LABELS)
