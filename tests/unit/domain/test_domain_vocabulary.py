"""Counts of words: what they speak for."""

import pytest

from bot.domain.lexicon import NONE
from bot.domain.vocabulary import Vocabulary, stems

TOLD = [
    (["wristband", "broken"], "refund_request"),
    (["wristbands", "lost"], "refund_request"),
    (["invoice", "twice"], "billing_dispute"),
    (["invoices", "wrong"], "billing_dispute"),
    (["tea", "time"], NONE),
]


def best(vocabulary: Vocabulary, *words: str) -> str:
    evidence = vocabulary.evidence(words)
    return max(evidence, key=lambda about: evidence[about])


def test_endings_little_words_and_numbers_tell_nothing() -> None:
    assert stems(["the", "charges", "charged", "charging", "42", "bus"]) == {"charg", "bus"}


def test_a_word_speaks_for_the_class_that_it_stood_in() -> None:
    vocabulary = Vocabulary.of(TOLD)

    assert best(vocabulary, "wristband") == "refund_request"
    assert best(vocabulary, "invoicing") == "billing_dispute"


def test_evidence_is_above_or_below_the_mean_of_all_classes() -> None:
    assert sum(Vocabulary.of(TOLD).evidence(["wristband", "invoice"]).values()) == pytest.approx(0)


def test_a_word_of_one_text_and_one_never_met_tell_nothing() -> None:
    assert set(Vocabulary.of(TOLD).evidence(["broken", "unheard"]).values()) == {0.0}


def test_joined_counts_are_those_of_all_texts() -> None:
    assert Vocabulary.of(TOLD[:2]).joined(Vocabulary.of(TOLD[2:])).evidence(["invoice"]) == Vocabulary.of(
        TOLD
    ).evidence(["invoice"])


def test_a_class_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="index"):
        Vocabulary.of([(["a"], "complaint")])
