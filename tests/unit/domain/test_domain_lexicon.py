"""Words and phrases: how they are written, and where they stand in a text."""

from typing import Any

import pytest

from bot import lexicon as files
from bot.domain.lexicon import CLASSES, Index, Lexicon, Phrase, words


def stands(written: str, text: str) -> bool:
    return any(True for _ in Index([Phrase(written, "refund_request")]).find(words(text)))


@pytest.mark.parametrize(
    ("written", "text", "is_there"),
    [
        ("refund", "A REFUND, please", True),
        ("refund", "They refunded it", False),
        ("refund*", "They refunded it", True),
        ("bill|invoice", "your invoice", True),
        ("money back", "my money, back", True),
        ("money back", "my money is back", False),
        ("money .. back", "my money back", True),
        ("money .. back", "my money that you took is back", True),
        ("money .. back", "my money that you took for it is back", False),
        ("dont want", "I don't want it", True),
        ("dont want", "I don’t want it", True),
        ("i ll", "I'll go", True),
        ("took $", "took {$45.00} from me", True),
        ("took $", "took 45 euros from me", True),
        ("took $", "took 45 minutes", False),
        ("ruckerstattung", "Rückerstattung", True),
        ("card", "@card <@card> https://card.example", False),
    ],
)
def test_a_phrase_stands_in_a_text_as_it_is_written(written: str, text: str, is_there: bool) -> None:
    assert stands(written, text) is is_there


def test_of_several_alternatives_each_begins_a_phrase() -> None:
    assert [stands("bill|invoice fee", text) for text in ("bill fee", "invoice fee", "my invoice fee")] == [True] * 3


def test_what_was_found_says_from_which_word_to_which() -> None:
    (found,) = Index([Phrase("money .. back", "refund_request")]).find(words("I want my money quickly back now"))

    assert (found.start, found.end) == (3, 6)


def raw(**changes: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {about: {} for about in CLASSES}
    return nothing | {
        "version": "t",
        "weights": {"strong": 2.0, "decisive": 4.0},
        "sets": {"plan": "plan|contract"},
        "reading": {"persons": [], "negations": []},
        "urgency": {},
        "tier": {},
        "risk": {},
        "german": {},
        "spanish": {},
        **changes,
    }


def test_the_name_of_a_set_stands_for_its_words() -> None:
    made = Lexicon.from_dict(raw(churn_prevention={"strong": ["cancel .. {plan}|it"]}))

    assert [(p.written, p.about, p.weight) for p in made.phrases] == [
        ("cancel .. plan|contract|it", "churn_prevention", 2.0)
    ]


def test_words_of_a_team_weigh_most_and_mean_what_they_say() -> None:
    own = Lexicon.from_dict(raw()).with_words({"refund_request": ["Wrist-Band*", " ", "!"]})

    assert [(p.written, p.about, p.weight) for p in own.phrases] == [("wrist band", "refund_request", 4.0)]


def test_the_lexicon_of_the_product_has_no_phrase_that_can_never_be_found() -> None:
    shipped = files.authored().lexicon
    alternatives = {word for phrase in shipped.phrases for step in phrase.steps for word in step} - {"..", "$"}

    assert {word for word in alternatives if words(word) != [word.rstrip("*")]} == set()
    assert [p.written for p in shipped.phrases if not all(map(all, p.steps)) or p.steps[0][0] in ("..", "*")] == []
