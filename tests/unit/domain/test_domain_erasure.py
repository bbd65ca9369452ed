"""Whole words of a person's: found in texts and JSON, replaced, and nothing beside them touched."""

from typing import Any
from uuid import UUID

import pytest

from bot.domain.erasure import Needles, address, pseudonym

NEEDLES = Needles.of([("Ana Silva", "X"), ("ana@corp.com", "M"), ("U0ANA", "S"), ("", "?"), (None, "?"), ("A", "?")])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Ask Ana Silva.", "Ask X."),
        ("ask ANA   silva's team", "ask X's team"),
        ("_Ana\nSilva_", "_X_"),
        ("<@U0ANA> wrote to ana@corp.com.", "<@S> wrote to M."),
        ("slack:T1:U0ANA", "slack:T1:S"),
        ("Dana Silva, Ana Silvano, Mary-Ana Silva", "Dana Silva, Ana Silvano, Mary-Ana Silva"),
        (
            "dana.ana@corp.com, ana@corp.com.br",
            "dana.ana@corp.com, ana@corp.com.br",
        ),
        ("U0ANAB, XU0ANA, A", "U0ANAB, XU0ANA, A"),
    ],
)
def test_only_whole_words_are_replaced_in_whatever_case(before: str, after: str) -> None:
    assert NEEDLES.replaced(before) == after
    assert NEEDLES.are_in(before) is (before != after)


def test_json_is_walked_and_numbers_stay_numbers() -> None:
    value: dict[str, Any] = {"who": ["U0ANA", 3, None, True], "U0ANA": {"note": 'say "Ana Silva"'}}

    assert NEEDLES.replaced(value) == {"who": ["S", 3, None, True], "S": {"note": 'say "X"'}}


def test_words_that_json_has_a_meaning_for_break_nothing() -> None:
    assert Needles.of([("true", "X"), ("null", "Y")]).replaced({"a": True, "b": None, "c": "true"}) == {
        "a": True,
        "b": None,
        "c": "X",
    }


def test_a_word_of_hexadecimal_digits_is_not_found_in_an_id() -> None:
    assert not Needles.of([("cafe", "X")]).are_in("0b0b0b0b-cafe-4000-8000-000000000001")


def test_what_the_database_is_asked_for_finds_a_name_across_spaces_and_escapes() -> None:
    assert Needles.of([('Ana "Bo" 50%', "X")]).likes == ["%Ana%Bo%50%"]


def test_nothing_to_look_for_finds_nothing() -> None:
    assert not Needles.of([]).are_in("anything")


def test_a_pseudonym_tells_nothing_but_apart() -> None:
    key = UUID("3f2a9c01-0000-4000-8000-000000000001")

    assert pseudonym("Former member", key) == "Former member 3f2a9c01"
    assert address(key).endswith("@erased.invalid")
