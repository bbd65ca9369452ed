"""How far an option gives the customer what they asked for: in full, in part or not at all. Its title and cost tell.

The one rule for precedents, learning, exceptions and words to copy. Words go before amounts: what is at stake is often
more than was asked for, and an option that gives nothing may cost something ("No refund, but send an engineer").
"""

import re
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """The values are stored with a team's own wordings, so they stay as they are."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"
    OTHER = "other"
    """Neither its words nor its cost tell."""


KINDS = (Kind.FULL, Kind.PARTIAL, Kind.NONE)
GRANTED = frozenset({Kind.FULL, Kind.PARTIAL})
NOUNS = {
    "refund_request": "refund",
    "billing_dispute": "credit",
    "service_escalation": "remedy",
    "policy_exception": "exception",
    "contract_modification": "change",
    "churn_prevention": "offer",
}
"""What is given or not, by the type of the decision: "4 partial refund"."""

_NONE = re.compile(
    r"\b(no|not|none|never|nothing|without|decline[ds]?|declining|den(y|ied|ies)|refus(e|es|al)|reject(ed|s)?|dismiss\w*|"
    r"keep to|stick to|hold to|hold firm|insist|stands?|as it is|as agreed|unchanged|let (it|them|him|her) go|"
    r"kein\w*|ablehn\w*|ningun\w*|rechaz\w*)\b",
    re.IGNORECASE,
)
_PARTIAL = re.compile(
    r"\b(part(s|ial|ially|ly)?|half|halves|third|quarter|pro.?rata|some|split|goodwill|voucher|discount\w*|credit|"
    r"reduc\w+|limited|shorter|(?<!at )once|one.time|single|meet (them )?in the middle|compromise|"
    r"teil\w*|gutschrift|parcial\w*)\b"
    r"|(?<![\d.,])[1-9]\d?(?:[.,]\d+)? ?(%|per ?cent)",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"\b(full|fully|whole|entire(ly)?|all|complete(ly)?|everything|total|grant(ed)?|accept(ed)?|approve[ds]?|"
    r"waive[ds]?|pay (it|them) back|as (asked|requested)|volle?\w*|ganz\w*|complet[oa]\w*)\b|100 ?(%|per ?cent)",
    re.IGNORECASE,
)
_WORDS = ((Kind.NONE, _NONE), (Kind.PARTIAL, _PARTIAL), (Kind.FULL, _FULL))
_NEARLY_ALL = Decimal("0.95")


def kind_of(title: str, *, cost: Decimal | None, amount: Decimal | None) -> Kind:
    """What the title says ("Pay half of it back", "No refund"), else how much of the amount at stake it costs.

    cost and amount: of the option and at stake, in one currency; None where nobody knows. Of what is at stake only the
    size counts: it is typed with either sign.
    """
    said = next((kind for kind, words in _WORDS if words.search(title)), None)
    if said is not None:
        return said
    if cost is None or not amount or cost < 0:
        return Kind.OTHER
    if not cost:
        return Kind.NONE
    return Kind.FULL if cost >= _NEARLY_ALL * abs(amount) else Kind.PARTIAL
