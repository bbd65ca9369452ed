"""The address of a decision's page, and what of the decision everybody may read who reads a message with it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.decision import Status

MOST = 5
"""So many links of one message are told about."""
PLACE = re.compile(r"([0-9a-f]{8})-([0-9]{1,9})")
"""The key of a team, and the number of one of its decisions."""
Place = tuple[str, int]


@dataclass(frozen=True)
class Told:
    """Nothing of the customer, no money, and no title: it may name either."""

    number: int
    decision_type: str
    status: Status
    closes_at: datetime | None
    """Of the scoring that is open."""


def place_of(text: str) -> Place | None:
    """ "3f2a9c1e-42" -> ("3f2a9c1e", 42)."""
    found = PLACE.fullmatch(text)
    return (found[1], int(found[2])) if found else None


def places(urls: Iterable[str], *, pages: str) -> dict[str, Place]:
    """Of those that lead to a decision's page, url -> place; at most `MOST`. pages: the address of all pages."""
    start = f"{pages}/d/"
    found = {url: place_of(url.removeprefix(start)) for url in urls if url.startswith(start)}
    return dict([(url, place) for url, place in found.items() if place][:MOST])
