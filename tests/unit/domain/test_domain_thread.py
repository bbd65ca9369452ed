"""From when on a thread is told in short, how much of it is read, and what of an answer may be shown."""

import pytest

from bot.domain.masking import Masked
from bot.domain.thread import GROWN, LEAST, LONGEST, NEWEST, READ, Thread, language_for, shown

GAPS = Masked("- Refund in full\n- they paid [amount 1] in 2 months", {"[amount 1]": "USD 50", "[name 1]": "Zoe"})
FINE = "For a full refund: the outage took two days. Against it: [amount 1] is more than was lost. Open: the contract."


def told(answer: str) -> str:
    return shown(answer, GAPS, names=("Tom Becker", "ABC"), is_word=lambda word: word.casefold() in {"open", "for"})


def test_a_neutral_answer_is_shown_with_amounts_in_it_and_without_names() -> None:
    assert told(FINE) == FINE.replace("[amount 1]", "USD 50")
    assert told("It is said that [name 1] left.") == "It is said that (name) left."


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "x" * 501,
        "They should refund it.",
        "Option A is best.",
        "Three people are for a refund.",
        "3 of them want the refund.",
        "2 colleagues are against it.",
        "Most want a refund.",
        "The majority is against it.",
        "Everybody agrees.",
        "They prefer the refund.",
        "Die Mehrheit ist dagegen.",
        "Am besten volle Rückzahlung.",
        "La mayoría quiere el reembolso.",
        "Tom is against it.",
        "For the refund: abc is loyal.",
        "See www.evil.example for more.",
        "They paid 900 for it.",
        "Two ballots are in.",
    ],
)
def test_an_answer_that_recommends_counts_heads_or_names_is_dropped(answer: str) -> None:
    assert told(answer) == ""


def test_an_amount_that_makes_it_too_long_again_is_not_shown() -> None:
    assert shown("It is [amount 1].", Masked("[amount 1]", {"[amount 1]": "9" * 500}), names=(), is_word=bool) == ""


@pytest.mark.parametrize(
    ("replies", "before", "is_due"),
    [
        (LEAST - 1, 0, False),
        (LEAST, 0, True),
        (LEAST + GROWN - 1, LEAST, False),
        (LEAST + GROWN, LEAST, True),
        (LEAST, LEAST, False),
        (LEAST, LEAST + 1, True),
        (LEAST - 1, LEAST, False),
    ],
)
def test_it_is_due_from_twelve_replies_on_and_again_after_five_more_or_where_some_are_gone(
    replies: int, before: int, is_due: bool
) -> None:
    assert Thread.of(["."] * replies).is_due(before) is is_due


def test_the_newest_replies_are_read_a_line_each_in_order_and_all_are_counted() -> None:
    found = Thread.of([f"number\n{i}" for i in range(NEWEST + 5)])

    assert found.replies == NEWEST + 5
    assert found.text.splitlines() == [f"- number {i}" for i in range(5, NEWEST + 5)]


def test_replies_are_read_whole_or_not_at_all() -> None:
    found = Thread.of(["a" * LONGEST, "b" * (LONGEST + 1), *("c" * LONGEST for _ in range(20))])

    assert {len(line) for line in found.text.splitlines()} == {LONGEST + 2}
    assert len(found.text) < READ + LONGEST
    assert not {"a", "b"} & set(found.text)


@pytest.mark.parametrize(("team", "written"), [("german", "german"), ("french", "english"), ("simple", "english")])
def test_it_is_written_in_a_language_that_can_be_looked_through(team: str, written: str) -> None:
    assert language_for(team) == written
