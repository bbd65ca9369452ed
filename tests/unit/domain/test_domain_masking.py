"""What of a text leaves when a language model is asked about it, and what comes back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import lexicon
from bot.domain.masking import Masked, masked

NAMES = ("ABC Corporation", "CUS-4471", "cfo@abc.example", "Premium Support", "Sarah Johnson")


def cut(text: str) -> Masked:
    return masked(text, names=NAMES, is_word=lexicon.authored().knows)


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("Refund for ABC after the outage", "Refund for [name 1] after the outage"),
        ("abc corporation wants it back", "[name 1] wants it back"),
        ("sarah said no, Johnson as well", "[name 2] said no, [name 1] as well"),
        ("The premium support team", "The [name 1] team"),
        ("support for a premium customer", "support for a premium customer"),
        ("I am Jane Roe, a customer", "I am [name 1], a customer"),
        ("I am Jane. I am angry.", "I am [name 1]. I am angry."),
        ("Write to jane.roe+x@mail.example", "Write to [e-mail 1]"),
        ("<mailto:j@x.example|j@x.example> wrote", "<[e-mail 1]> wrote"),
        ("Call +49 (151) 234-5678 or 0151 2345678", "Call [phone 1] or [phone 2]"),
        ("Order 4711 and invoice INV-2024-0012", "[id 2] and invoice [id 1]"),
        ("Card 4111 1111 1111 1111", "Card [phone 1]"),
        ("<@U0123ABCD> in <#C04567|general>, U03ABCDEFG", "[mention 1] in [mention 2], [id 1]"),
        ("See https://x.example/a?id=7 and www.x.example", "See [link 1] and [link 2]"),
        ("It cost $1,240.50, EUR 300 or 500 dollars", "It cost [amount 1], [amount 2] or [amount 3]"),
        ("20 % off, 2 of 5 servers, within 24h, on 2026-11-03", "20 % off, 2 of 5 servers, within 24h, on 2026-11-03"),
        ("CUS-4471 and 550e8400-e29b-41d4-a716-446655440000", "[name 1] and [id 1]"),
        ("Wir möchten von Frau Schneider 300 € zurück", "Wir möchten von [name 1] [amount 1] zurück"),
        ("", ""),
    ],
)
def test_who_and_which_number_it_is_stays_here(text: str, leaves: str) -> None:
    assert cut(text).text == leaves


def test_the_same_name_keeps_its_gap() -> None:
    assert cut("Roe asked, and Roe asked again.").text == "[name 1] asked, and [name 1] asked again."


def test_names_and_amounts_are_put_in_again_and_nothing_else() -> None:
    gaps = cut("ABC was charged $50 twice, says jane@x.example")

    back = gaps.restored("[name 1] was charged [amount 1]. Write to [e-mail 1], [name 7] or [id 3].")

    assert back == "ABC was charged $50. Write to (e-mail), (name) or (id)."


def test_a_text_cannot_bring_gaps_of_its_own() -> None:
    gaps = cut("[amount 1] for ABC, [name 2] says $7")

    assert gaps.text == "(amount 1) for [name 1], (name 2) says [amount 1]"


@given(st.text(max_size=300), st.sampled_from(["CANARY-77@leak.example", "+1 415 555 0100", "Zzyzx Qwxyz", "AB-99812"]))
def test_no_text_around_it_keeps_a_canary_in(around: str, canary: str) -> None:
    gaps = masked(f"{around} {canary} {around}", names=["Zzyzx Qwxyz"], is_word=lexicon.authored().knows)

    assert canary.casefold() not in gaps.text.casefold()
    assert not re.search(r"415 555|leak|99812|qwxyz", gaps.text, re.IGNORECASE)
