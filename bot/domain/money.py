"""Money as people type it and read it. Amounts are Decimal in whole cents, as NUMERIC(12, 2) holds them."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.errors import Invalid

CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("9999999999.99")
TEXT_LENGTH = 40
EXAMPLE = "Type it like 1200 or 1,200.50."

SYMBOLS = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
}
_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP
    CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR
    IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG
    SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST
    XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())
"""What people pay with: ISO 4217, list one, of 2026, without codes for funds, metals, units of account, tests and none
(XXX). A currency that was given up since stays on the decisions that were opened in it."""
_CURRENCY = r"[$€£¥₹]|[A-Z]{3}"
# A sign may stand on either side of the currency: "-$5" and "$-5" are both in use.
_TYPED = re.compile(
    rf"(?P<sign1>[+-]?) ?(?P<before>{_CURRENCY})? ?(?P<sign2>[+-]?)"
    rf"(?P<number>[0-9][0-9.,' ]*?) ?(?P<scale>[KM])? ?(?P<after>{_CURRENCY})?"
)
_PLAIN = re.compile(r"(?P<whole>[0-9]+)(?:[.,](?P<cents>[0-9]{1,2}))?")
_GROUPED = re.compile(
    r"(?P<whole>[1-9][0-9]{0,2}(?P<group>[.,' ])[0-9]{3}(?:(?P=group)[0-9]{3})*)"
    r"(?:(?!(?P=group))[.,](?P<cents>[0-9]{1,2}))?"
)
_SCALES = {"K": Decimal(1000), "M": Decimal(1_000_000)}
_AMBIGUOUS = "With k or m this could be two amounts. Write it out, like 1,200,000."
# What keyboards and spreadsheets put in place of the plain characters.
_LOOKALIKES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-", "\t": " "})


def parse_money(text: str, *, currency: str = "USD", allow_negative: bool = False, field: str | None = None) -> Decimal:
    """Read an amount in `currency`, in cents, within NUMERIC(12, 2). Raises Invalid, with an example.

    "1200", "1,200.50", "1.200,50", "1 200", "1'200.00", "$1,200", "USD 1200", "1200 usd". A lone separator
    before exactly three digits groups thousands ("1.200" and "1,200" are 1200: cents never have three
    digits); before one or two digits it starts the cents. "48k" is 48,000, "1.2m" 1,200,000. Refused, because reading
    them would be guessing: "1.200k" (1,200 or 1,200,000), "1e3", ".5", "(5)", "0.125", groups of any other
    size, another currency.
    """
    typed = _read(text)
    if typed is None and _is_ambiguous(text):
        raise Invalid(_AMBIGUOUS, field=field)
    if typed is None:
        raise Invalid(f"That is not an amount that I can read. {EXAMPLE}", field=field)
    if not typed.is_in(currency):
        raise Invalid(f"Amounts here are in {currency}: convert it, type the number. {EXAMPLE}", field=field)
    if typed.is_negative and not allow_negative:
        raise Invalid(f"This amount cannot be below 0. {EXAMPLE}", field=field)
    if typed.number > MAX_AMOUNT:
        raise Invalid(f"That is too large: the most is {MAX_AMOUNT:,}. {EXAMPLE}", field=field)
    return -typed.number if typed.is_negative and typed.number else typed.number


@dataclass(frozen=True)
class _Typed:
    number: Decimal
    is_negative: bool
    units: tuple[str, ...]
    """The currencies that were typed before and after the number, as symbols or in three letters."""

    def is_in(self, currency: str) -> bool:
        return all(currency in SYMBOLS.get(unit, {unit}) for unit in self.units)


def _match(text: str) -> re.Match[str] | None:
    return _TYPED.fullmatch(text.strip().translate(_LOOKALIKES).upper()) if len(text) <= TEXT_LENGTH else None


def _is_ambiguous(text: str) -> bool:
    """Whether thousands or millions are meant of a number with groups: their point may as well begin decimals."""
    match = _match(text)
    return bool(match and match["scale"] and _GROUPED.fullmatch(match["number"]))


def _read(text: str) -> _Typed | None:
    match = _match(text)
    number = _read_number(match["number"], match["scale"]) if match else None
    if match is None or number is None or (match["sign1"] and match["sign2"]):
        return None
    units = tuple(filter(None, (match["before"], match["after"])))
    return _Typed(number, "-" in (match["sign1"], match["sign2"]), units)


def _read_number(number: str, scale: str | None) -> Decimal | None:
    match = _PLAIN.fullmatch(number) or (None if scale else _GROUPED.fullmatch(number))
    if match is None:
        return None
    whole = re.sub(r"[^0-9]", "", match["whole"])
    plain = Decimal(f"{whole}.{(match['cents'] or '').ljust(2, '0')}")
    return (plain * _SCALES[scale]).quantize(CENT) if scale else plain


def format_money(amount: Decimal, currency: str) -> str:
    """ "USD 1,200.50"; whole amounts without cents: "USD 1,200", "USD -75". Reads back by `parse_money`."""
    cents = amount.quantize(CENT, ROUND_HALF_UP) + 0  # + 0: no "-0"
    return f"{currency} {cents:,.0f}" if cents == cents.to_integral_value() else f"{currency} {cents:,.2f}"
