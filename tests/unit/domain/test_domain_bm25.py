"""Search by words without a database."""

import pytest

from bot.domain.bm25 import Bm25, stem, stems


@pytest.mark.parametrize(
    "alike",
    [
        ("charge", "charges", "charged", "charging"),
        ("refund", "refunds", "refunded", "refunding"),
        ("company", "companies"),
        ("bill", "billed", "billing", "bills"),
        ("cancel", "cancelled", "cancellation"),
    ],
)
def test_forms_of_a_word_are_one(alike: tuple[str, ...]) -> None:
    assert len({stem(word) for word in alike}) == 1


def test_short_words_keep_what_they_are() -> None:
    assert [stem(word) for word in ("is", "red", "bus", "ring", "loss")] == ["is", "red", "bus", "ring", "los"]


def test_stop_words_numbers_and_single_letters_say_nothing() -> None:
    assert stems("The 3 invoices, and I was BILLED 2 times") == ["invoic", "bil", "tim"]


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    found = Bm25(["refund outage", "refund parcel", "refund", "refund"]).scores("refund for an outage")

    assert found[0] > found[2] > found[1] > 0


def test_of_two_texts_with_the_word_the_shorter_comes_first() -> None:
    short, long = Bm25(["outage", "outage of a very big printing machine"]).scores("outage")

    assert short > long > 0


def test_nothing_in_common_scores_nothing() -> None:
    assert Bm25(["refund", ""]).scores("zebra") == [0, 0]
    assert Bm25([]).scores("zebra") == []
