"""The words for what waits: every kind that has a button, and every one that has none, says what to do."""

from bot.domain.todo import WORDS
from bot.domain.waiting import Kind


def test_every_kind_of_waiting_that_asks_for_something_has_words() -> None:
    named = {kind for kind, _ in WORDS}

    assert {kind for kind in Kind if not kind.is_news} - named == set()


def test_words_stand_in_the_midst_of_a_sentence() -> None:
    for words in WORDS.values():
        assert words[0].islower()
        assert not words.endswith(".")
