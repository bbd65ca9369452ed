"""Owns what the sample team has worked on before a visitor comes: three cases, in the order in which they began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.decision import Case
from bot.domain.option import OptionDraft

Scores = Sequence[Sequence[int]]
"""One row per criterion, one column per option: the opinion of somebody who does not exist."""


@dataclass(frozen=True)
class Told:
    """A case and how far it came. options: by whom, what. scores: of those who have scored, none: still collecting.

    resolver: who chose the first option, reason: why; empty where nobody has.
    """

    owner: str
    case: Case
    options: Sequence[tuple[str, OptionDraft]]
    scores: Mapping[str, Scores]
    resolver: str = ""
    reason: str = ""
    outcome: str = ""


DECIDED = Told(
    owner="lisa",
    case=Case(
        decision_type="billing_dispute",
        customer_name="Globex",
        title="Globex was billed twice in October",
        description="They paid both invoices, and want the second one back with interest.",
        customer_tier="premium",
        customer_value=Decimal(48_000),
        urgency_level=3,
        financial_impact=Decimal(4_200),
    ),
    options=(
        (
            "lisa",
            OptionDraft("Pay it back, with a month free", "Back today; the month is our apology.", Decimal(4_600)),
        ),
        ("mike", OptionDraft("Pay it back", "The second invoice, without interest.", Decimal(4_200), "low", "medium")),
        ("sarah", OptionDraft("Credit on the next invoice", "No money moves.", Decimal(4_200), "low", "high")),
    ),
    scores={
        "sarah": ((9, 7, 4), (7, 8, 6), (8, 7, 4), (8, 8, 5)),
        "mike": ((8, 7, 3), (6, 8, 8), (9, 6, 4), (7, 8, 5)),
        "lisa": ((9, 6, 3), (7, 7, 7), (9, 7, 3), (8, 7, 6)),
        "tom": ((8, 8, 5), (6, 8, 7), (8, 7, 5), (8, 7, 4)),
        "ana": ((9, 7, 4), (7, 7, 6), (8, 6, 4), (9, 7, 5)),
    },
    resolver="mike",
    reason="It leads, and the mistake was ours.",
    outcome="They wrote a kind letter, and renewed for a year.",
)
COLLECTING = Told(
    owner="sarah",
    case=Case(
        decision_type="refund_request",
        customer_name="ABC Corporation",
        title="Refund Request for Service Outage",
        description="Customer demanding full refund due to 8-hour service outage affecting their business operations",
        customer_tier="enterprise",
        customer_value=Decimal(120_000),
        customer_email="john@abccorp.com",
        urgency_level=4,
        financial_impact=Decimal(8_000),
    ),
    options=(("mike", OptionDraft("Refund of the month", "The whole month is paid back.", Decimal(10_000))),),
    scores={},
)
"""The case of the given schema, which stands there already, as a first note."""
SCORING = Told(
    owner="tom",
    case=Case(
        decision_type="policy_exception",
        customer_name="Northwind",
        title="Waive the setup fee for Northwind?",
        description="They sign for two years this week if the fee is gone. We have never waived it.",
        customer_tier="standard",
        customer_value=Decimal(15_000),
        urgency_level=3,
        financial_impact=Decimal(1_500),
    ),
    options=(
        (
            "mike",
            OptionDraft("Waive half of it", "A signature this week for half the fee.", Decimal(750), "low", "low"),
        ),
        ("lisa", OptionDraft("Waive all of it", "The whole fee, for two years.", Decimal(1_500), "low", "medium")),
    ),
    scores={
        "mike": ((7, 5), (8, 4), (7, 8)),
        "lisa": ((6, 8), (7, 5), (6, 9)),
        "tom": ((8, 5), (8, 3), (7, 7)),
    },
)
CRITERIA = 3
"""So many of a type's template are kept where somebody who comes for the first time is to score: few fields."""
