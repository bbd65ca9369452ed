"""How much authority a choice takes. The table is configuration; the rule is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.decision import Case
from bot.domain.money import format_money
from bot.domain.option import Option
from bot.domain.team import TOP_AUTHORITY

OWN_DECISION_LIMIT = 2
"""What takes no more authority than this may be resolved by the decision's own owner, who needs that authority like
anybody; above it somebody else has to decide."""
UNKNOWN_LEVEL = 3
"""What a decision about money takes while nobody has said how much: a forgotten amount must not make it small."""


@dataclass(frozen=True)
class AuthorityTable:
    ceilings: tuple[Decimal, ...] = (Decimal(100), Decimal(1000), Decimal(10_000), Decimal(50_000))
    """Amounts up to ceilings[i] take level i+1; anything above the last takes the next level."""
    two_persons_from: int | None = None
    """From this level on a choice takes two people; None: never."""

    def level(self, amount: Decimal) -> int:
        return next((i + 1 for i, top in enumerate(self.ceilings) if amount <= top), len(self.ceilings) + 1)

    def ceiling(self, level: int) -> Decimal | None:
        """The largest amount that `level` reaches; None where it reaches every amount."""
        return self.ceilings[level - 1] if level <= len(self.ceilings) else None


def reach(level: int, table: AuthorityTable, currency: str) -> str:
    """ "up to USD 10,000": what somebody of this level may decide; of 0, which is a guest's, "nothing"."""
    if level < 1:
        return "nothing, as a guest of the workspace"
    top = table.ceiling(level)
    return f"up to {format_money(top, currency)}" if top is not None else "any amount"


def decider(level: int, table: AuthorityTable, currency: str) -> str:
    """ "a decider up to USD 10,000": who is needed where `level` is."""
    return f"a decider {reach(level, table, currency)}".replace("any amount", "for any amount")


def required_authority(case: Case, option: Option | None, table: AuthorityTable) -> int:
    """1..5 for resolving with `option`; of the case alone where no option is chosen yet.

    The amount is max(|financial impact|, |cost of the option|), of what is known of the two; where neither is, a
    decision about money takes `UNKNOWN_LEVEL`, any other 1. One level more for a high-risk option or a contract
    modification.
    """
    is_grave = case.is_contract or (option is not None and option.risk_level == "high")
    return min(TOP_AUTHORITY, _level(case, option.financial_cost if option else None, table) + is_grave)


def _level(case: Case, cost: Decimal | None, table: AuthorityTable) -> int:
    known = [abs(amount) for amount in (case.financial_impact, cost) if amount is not None]
    if known:
        return table.level(max(known))
    return UNKNOWN_LEVEL if case.is_about_money else 1


def least_for_any(case: Case, table: AuthorityTable) -> int:
    """What the case takes by itself, with whatever option: 1..5."""
    amount = abs(case.financial_impact or Decimal(0))
    return min(TOP_AUTHORITY, table.level(amount) + case.is_contract)


def highest_cost(case: Case, level: int, table: AuthorityTable) -> Decimal | None:
    """The most that an option without high risk may cost where `level` is to suffice; None: whatever it costs.

    level: 1..5, and at least `least_for_any` of the case.
    """
    return None if level >= TOP_AUTHORITY else table.ceiling(level - case.is_contract)


def least_authority(case: Case, options: Sequence[Option], table: AuthorityTable) -> int:
    """What at least one of the options takes: who has less can resolve with none of them."""
    return min((required_authority(case, o, table) for o in options), default=required_authority(case, None, table))


def takes_two(case: Case, option: Option, table: AuthorityTable) -> bool:
    """Whether somebody else has to confirm a choice of this option."""
    return table.two_persons_from is not None and required_authority(case, option, table) >= table.two_persons_from


def second_authority(case: Case, option: Option, table: AuthorityTable) -> int:
    """What whoever confirms it needs: at least the level below."""
    return max(1, required_authority(case, option, table) - 1)
