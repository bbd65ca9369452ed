"""Text as typed: what nobody can see goes, what scripts and emoji need stays."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import _PLAIN, MOST_MARKS, clean, one_line

MEANT = [
    *("👩‍💻", "🏳️‍🌈", "👨‍👩‍👧‍👦", "🧑🏽‍🤝‍🧑🏻", "❤️‍🔥", "🙂‍↔️", "1️⃣", "ℹ️", "‼️", "👋🏽", "🇪🇺"),
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
    *("می‌خواهم", "العربية", "\u0600١٢", "שָׁלוֹם"),
    *("क्‍ष", "র‍্যাব", "ශ්‍රී", "ന്‍ മല", "ไทยน้ำ", "བོད་ཡིག"),
    *("葛\U000e0100飾", "漢字かな", "ガ", "Việt", "e\u0301", "c\u0327\u0301", "5 − 3 → 2", "naïve\nlines"),
]
UNSEEN = [
    *("\x00", "\x1b", "\x7f", "\x80", "\x9f", "\u200b", "\u200e", "\u200f", "\u2060", "\u2061", "\ufeff", "\u00ad"),
    *("\u202a", "\u202e", "\u2066", "\u2069", "\u061c", "\u180e", "\ufff9", "\U000e0041", "\U0001d173", "\ud800"),
    *("\u034f", "\u17b4", "\u200c", "\u200d", "\ufe0f", "\U000e0100", "\u0301", "\u0488"),
]
BLANKS = ["\t", "\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\u00a0", "\u2003", "\u3000"]


@pytest.mark.parametrize("text", MEANT)
def test_what_people_mean_stays_as_typed(text: str) -> None:
    assert clean(text) == text
    assert clean(f"a {text} b") == f"a {text} b"


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_what_nobody_sees_is_dropped(character: str) -> None:
    assert clean(character) == ""
    assert clean(f"{character}{character}Re {character}fund") == "Re fund"


def test_what_is_taken_for_plain_at_one_look_would_stay_at_a_close_one() -> None:
    """Read through a text that needs the close look: it ends with a letter that carries a mark."""
    plain = [chr(code) for code in range(sys.maxunicode + 1) if _PLAIN.fullmatch(chr(code))]

    assert {"ä", "·", "„", "€", "\n", "\u00a0"} < set(plain)
    assert [one for one in plain if clean(f"a{one}e\u0301") != f"a{one}e\u0301"] == []


@pytest.mark.parametrize("character", [*UNSEEN, *BLANKS], ids=ascii)
def test_a_line_of_nothing_to_see_is_empty(character: str) -> None:
    assert one_line(character * 3 + "\u200b ") == ""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_every_end_of_a_line_is_one(end: str) -> None:
    assert clean(f"a{end}b") == "a\nb"
    assert one_line(f"a{end}b") == "a b"


def test_two_names_that_look_alike_are_alike() -> None:
    assert clean("Half\u200d re\u200cfu\ufe0fnd\U000e0101") == clean("Half refund")


def test_words_hidden_behind_an_emoji_are_not_carried_along() -> None:
    behind = "".join(chr(0xE0100 + ord(letter)) for letter in "approve")
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in "approve")

    assert clean(f"😀{behind}") == "😀"
    assert clean(f"\U0001f3f4{tags}\U000e007f") == "\U0001f3f4"
    assert clean("😀\ufe0f\ufe0e\ufe0f\u200d\u200d") == "😀\ufe0f"


def test_a_pile_of_marks_on_a_letter_is_cut_down() -> None:
    assert clean("Z" + "\u0335\u0301\u0302" * 20 + "a") == "Z" + ("\u0335\u0301\u0302" * 20)[:MOST_MARKS] + "a"


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("".join([*MEANT, *UNSEEN, *BLANKS])))))
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    clean(text).encode()
