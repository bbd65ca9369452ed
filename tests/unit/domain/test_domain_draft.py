"""Drafts: what is read of another system's words, and that it survives being stored."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.draft import READERS, REST_LENGTH, Content, read
from bot.domain.option import OptionDraft

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=True) | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("title", "  Two\nlines ", "title", "Two lines"),
        ("title", 42, "title", "42"),
        ("customer", "ABC\u200b Corp", "customer", "ABC Corp"),
        ("customer_email", "a@b.example", "customer_email", "a@b.example"),
        ("customer_tier", "ENTERPRISE", "customer_tier", "enterprise"),
        ("type", "refund_request", "decision_type", "refund_request"),
        ("type", "Refund-Request", "decision_type", "refund_request"),
        ("urgency", 1, "urgency", 1),
        ("urgency", "5", "urgency", 5),
        ("urgency", "low", "urgency", 2),
        ("urgency", "Normal", "urgency", 3),
        ("urgency", "urgent", "urgency", 5),
        ("amount", Decimal("12.5"), "amount", Decimal("12.50")),
        ("amount", "$1,200", "amount", Decimal(1200)),
        ("amount", -5, "amount", Decimal(-5)),
        ("channel", "G0ABC", "channel_id", "G0ABC"),
    ],
)
def test_what_fits_is_read(name: str, value: object, attribute: str, expected: object) -> None:
    found = read({name: value}, currency="USD")

    assert getattr(found, attribute) == expected
    assert found.unread == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", {"a": 1}),
        ("customer", True),
        ("customer_email", "a b@c.example"),
        ("customer_email", "a@" + "b" * 250 + ".example"),
        ("customer_tier", "gold"),
        ("type", "refund"),
        ("urgency", "0"),
        ("urgency", "6"),
        ("urgency", "\u00b2"),
        ("amount", "1.234567"),
        ("amount", "12 EUR"),
        ("channel", "D0ABC"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence_and_left_empty(name: str, value: object) -> None:
    found = read({name: value}, currency="USD")

    assert len(found.unread) == 1
    assert found == Content(unread=found.unread)


def test_nothing_is_lost_of_texts_that_are_too_long_up_to_a_bound() -> None:
    title, text = "t" * 151, "d" * 3001
    found = read({"title": title, "description": text}, currency="USD")

    assert (found.title, found.description) == ("t" * 149 + "…", "d" * 3000)
    assert found.rest == f"{title}\n\nd"
    exact = read({"title": "t" * 150, "description": "d" * 3000, "customer": "c" * 150}, currency="USD")
    assert (exact.rest, exact.unread) == ("", ())
    longest = read({"description": "d" * (3000 + REST_LENGTH + 1)}, currency="USD")
    assert len(longest.rest) == REST_LENGTH
    assert "The text was longer than is kept here; its end stands in the ticket alone." in longest.unread


def test_a_window_folds_nothing_away_that_is_filled_in() -> None:
    assert Content(customer_email="a@b.example").has_more
    assert Content(customer_tier="basic").has_more
    assert not Content(title="A", amount=Decimal(0)).has_more


def test_the_text_is_asked_only_where_the_ticket_says_nothing_itself() -> None:
    assert Content(title="A").is_silent
    assert not Content(decision_type="refund_request").is_silent
    assert not Content(urgency=1).is_silent
    assert not Content(amount=Decimal(0)).is_silent


def test_what_is_not_said_begins_as_in_an_empty_window() -> None:
    case = Content().case

    assert (case.customer_tier, case.urgency_level, case.financial_impact) == ("standard", 3, None)


def test_it_is_stored_and_read_back_as_it_was() -> None:
    options = (OptionDraft("A", "B", Decimal("1.50")), OptionDraft("C", ""), OptionDraft("D", "", Decimal(0)))
    content = read({"title": "T", "amount": 0, "type": "x"}, currency="USD", options=options)

    assert Content.from_json(content.to_json()) == content
    assert Content.from_json({}) == Content()
    assert Content.from_json({"no field": 1}) == Content()


@given(st.fixed_dictionaries(dict.fromkeys(READERS, JSON)))
def test_whatever_json_holds_is_read_and_stored(given: dict[str, object]) -> None:
    content = read(given, currency="EUR")

    assert Content.from_json(content.to_json()) == content
