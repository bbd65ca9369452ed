"""How far an option gives the customer what they asked for: in full, in part or not at all."""

import re
from decimal import Decimal
from enum import StrEnum


class Grant(StrEnum):
    """The value is stored with a team's own wording, so it stays as it is."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


_WORDS = {
    Grant.NONE: re.compile(r"\b(no|not|none|nothing|decline|deny|refuse|reject|dismiss|insist)\b", re.IGNORECASE),
    Grant.PARTIAL: re.compile(
        r"\b(partial|partly|part|half|third|some|credit|voucher|discount|goodwill|compromise)\b|\d ?%", re.IGNORECASE
    ),
    Grant.FULL: re.compile(r"\b(full|fully|whole|entire|all|everything|accept|approve|grant|waive)\b", re.IGNORECASE),
}
"""In the order in which they are looked for: "No full refund" gives nothing, "full credit of half the fee" a part."""


def grant_of(title: str, cost: Decimal | None, asked: Decimal | None) -> Grant:
    """By what the option costs against the amount at stake, where both are known and not 0; else by its title.

    cost, asked: in the same currency; only their size counts, as an amount at stake is typed with either sign. What
    neither tells is taken by its cost: 0 gives nothing, anything else a part.
    """
    if cost and asked:
        return Grant.FULL if abs(cost) >= abs(asked) else Grant.PARTIAL
    said = next((grant for grant, words in _WORDS.items() if words.search(title)), None)
    return said or (Grant.NONE if cost == 0 else Grant.PARTIAL)
