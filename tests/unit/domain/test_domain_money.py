"""Money as typed: what is read, what is refused, and that both ways fit together."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import MAX_AMOUNT, TEXT_LENGTH, format_money, parse_money
from bot.errors import Invalid

CENTS = st.integers(-999_999_999_999, 999_999_999_999).map(lambda cents: Decimal(cents) / 100)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1200", "1200.00"),
        ("0", "0.00"),
        ("007", "7.00"),
        (" 1200 ", "1200.00"),
        ("1,200.50", "1200.50"),
        ("1.200,50", "1200.50"),
        ("1 200", "1200.00"),
        ("1 200,5", "1200.50"),
        ("1\u00a0200", "1200.00"),
        ("1\u202f200\u202f000,50", "1200000.50"),
        ("1'200.00", "1200.00"),
        ("1’200.00", "1200.00"),
        ("$1,200", "1200.00"),
        ("$ 1,200", "1200.00"),
        ("1200$", "1200.00"),
        ("USD 1200", "1200.00"),
        ("usd1200", "1200.00"),
        ("1200 USD", "1200.00"),
        ("+5", "5.00"),
        ("1,234,567.89", "1234567.89"),
        ("1.234.567,8", "1234567.80"),
        ("9,999,999,999.99", "9999999999.99"),
    ],
)
def test_reads_an_amount_in_the_ways_people_type_it(text: str, amount: str) -> None:
    assert str(parse_money(text)) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,200", "1200"),
        ("1.200", "1200"),
        ("1,20", "1.20"),
        ("1.20", "1.20"),
        ("1,2", "1.20"),
        ("12.345", "12345"),
    ],
)
def test_three_digits_after_a_lone_separator_are_thousands_and_fewer_are_cents(text: str, amount: str) -> None:
    assert parse_money(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a lot",
        "$",
        "USD",
        "12kk",
        "k",
        "12bn",
        "NaN",
        "Infinity",
        "-Infinity",
        "inf",
        "1e3",
        "1E+3",
        "0x10",
        "1_000",
        "(5)",
        ".5",
        "5.",
        "1,",
        "0.125",
        "1234.567",
        "1,20,000",
        "12,00,000",
        "1,2,3",
        "1.200.50",
        "1,200,50",
        "1,200'000",
        "1 2",
        "1  200",
        "1,200.505",
        "--5",
        "-+5",
        "-$-5",
        "5-",
        "5%",
        "1/2",
        "1\n200",
        "٣",
        "１２００",
        "²",
        "1٬200",
        "Ⅻ",
        "1" * (TEXT_LENGTH + 1),
        "0" * TEXT_LENGTH + "1",
    ],
)
def test_refuses_what_it_would_have_to_guess(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_money(text, allow_negative=True, field="financial_impact")

    sentence = "That is not an amount that I can read. Type it like 1200 or 1,200.50."
    assert (refusal.value.message, refusal.value.field) == (sentence, "financial_impact")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("48k", "48000"),
        ("48 K", "48000"),
        ("USD 48k", "48000"),
        ("48k USD", "48000"),
        ("1.2m", "1200000"),
        ("1,25m", "1250000"),
        ("0.5k", "500"),
        ("-3k", "-3000"),
        ("48MXN", None),
    ],
)
def test_reads_thousands_and_millions_as_people_shorten_them(text: str, amount: str | None) -> None:
    if amount is None:
        assert parse_money(text, currency="MXN") == 48
    else:
        assert parse_money(text, allow_negative=True) == Decimal(amount)


@pytest.mark.parametrize("text", ["1.234k", "1,200 k", "1 200k", "USD 1.234m"])
def test_a_shortened_amount_that_could_be_two_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_money(text, field="financial_impact")

    sentence = "With k or m this could be two amounts. Write it out, like 1,200,000."
    assert (refusal.value.message, refusal.value.field) == (sentence, "financial_impact")


@pytest.mark.parametrize("text", ["€5", "EUR 5", "5 eur", "$5 EUR", "£5"])
def test_refuses_another_currency_and_names_the_one_in_use(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_money(text, currency="USD")

    sentence = "Amounts here are in USD: convert it, type the number. Type it like 1200 or 1,200.50."
    assert refusal.value.message == sentence


@pytest.mark.parametrize(("text", "currency"), [("€5", "EUR"), ("$5", "CAD"), ("5 CHF", "CHF"), ("¥5", "JPY")])
def test_reads_the_symbol_and_the_code_of_the_teams_currency(text: str, currency: str) -> None:
    assert parse_money(text, currency=currency) == 5


@pytest.mark.parametrize("text", ["-5", "-$5", "$-5", "USD -5", "- 5", "−5"])
def test_reads_a_minus_only_where_it_makes_sense(text: str) -> None:
    assert parse_money(text, allow_negative=True) == -5

    with pytest.raises(Invalid) as refusal:
        parse_money(text)
    assert refusal.value.message == "This amount cannot be below 0. Type it like 1200 or 1,200.50."


def test_minus_zero_is_zero() -> None:
    assert str(parse_money("-0.00", allow_negative=True)) == "0.00"
    assert format_money(Decimal("-0.00"), "USD") == "USD 0"


@pytest.mark.parametrize("text", ["10000000000", "9,999,999,999.995", "-10000000000", "9" * 30])
def test_refuses_what_the_database_cannot_hold(text: str) -> None:
    with pytest.raises(Invalid):
        parse_money(text, allow_negative=True)


def test_the_refusal_of_a_large_amount_names_the_limit() -> None:
    with pytest.raises(Invalid) as refusal:
        parse_money("10 000 000 000")

    sentence = "That is too large: the most is 9,999,999,999.99. Type it like 1200 or 1,200.50."
    assert refusal.value.message == sentence


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1200", "USD 1,200"),
        ("1200.00", "USD 1,200"),
        ("1200.50", "USD 1,200.50"),
        ("0", "USD 0"),
        ("0.05", "USD 0.05"),
        ("-75", "USD -75"),
        ("-1234567.80", "USD -1,234,567.80"),
        ("1.2E+3", "USD 1,200"),
        ("0.005", "USD 0.01"),
    ],
)
def test_prints_the_currency_and_cents_only_where_there_are_some(amount: str, text: str) -> None:
    assert format_money(Decimal(amount), "USD") == text


@given(CENTS)
def test_what_is_printed_reads_back_as_the_same_amount(amount: Decimal) -> None:
    read = parse_money(format_money(amount, "EUR"), currency="EUR", allow_negative=True)

    assert read == amount
    assert read.as_tuple().exponent == -2


@given(CENTS.filter(lambda amount: amount >= 0))
def test_reads_every_amount_in_english_german_swiss_and_french_writing(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    swiss, french = english.replace(",", "'"), english.replace(",", "\u202f").replace(".", ",")

    assert [parse_money(text) for text in (english, german, swiss, french, f"{amount:.2f}")] == [amount] * 5


@given(st.text(max_size=TEXT_LENGTH + 5))
def test_any_text_is_either_an_amount_in_range_or_refused(text: str) -> None:
    try:
        amount = parse_money(text, allow_negative=True)
    except Invalid:
        return
    assert amount.is_finite()
    assert abs(amount) <= MAX_AMOUNT
    assert amount.as_tuple().exponent == -2


def test_the_longest_text_that_is_read_may_be_all_but_blank() -> None:
    assert parse_money("1200".rjust(40)) == 1200
    with pytest.raises(Invalid):
        parse_money("1200".rjust(41))
