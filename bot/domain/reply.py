"""Words to copy once a decision is made: for the customer, by type and choice, and for the ticket.

Nothing that was typed about the case gets into what the customer reads but their own name: no title, no amount, no
reason, no score, no comment, nobody's name. The wording is the team's, and so are the gaps it leaves: [amount].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.domain.choice import KINDS, Kind, kind_of
from bot.domain.decision import DECISION_TYPES, Dossier
from bot.domain.money import format_money
from bot.errors import Invalid

CUSTOMER = "{customer}"
"""What stands for the customer's name in a wording."""
WORDING_LENGTH = 2000
CHOICES = {Kind.FULL: "in full", Kind.PARTIAL: "in part", Kind.NONE: "not at all"}


@dataclass(frozen=True)
class Replies:
    """The installation's wordings, by type and choice; a team may have its own in their place."""

    by_type: Mapping[str, Mapping[Kind, str]]

    def of(self, decision_type: str, grant: Kind) -> str:
        return self.by_type[decision_type][grant]

    @classmethod
    def from_dict(cls, replies: Mapping[str, object]) -> "Replies":
        """Read the parsed table [replies]. Raises ValueError that names the key: "replies.refund_request.full"."""
        read = {kind: MappingProxyType({g: _text(replies, kind, g) for g in KINDS}) for kind in DECISION_TYPES}
        return cls(MappingProxyType(read))


NO_REPLIES = Replies({})


def _text(replies: Mapping[str, object], kind: str, grant: Kind) -> str:
    table = replies.get(kind)
    found = table.get(grant.value) if isinstance(table, Mapping) else None
    if not isinstance(found, str) or not found.strip():
        raise ValueError(f"replies.{kind}.{grant}: has to be a text")
    return found.strip()


def check_wording(typed: str) -> str:
    """As it is stored. Raises Invalid (field "wording")."""
    if not typed.strip():
        raise Invalid("Write what the customer is to read.", field="wording")
    if len(typed) > WORDING_LENGTH:
        raise Invalid(f"That is {len(typed)} characters; {WORDING_LENGTH} fit.", field="wording")
    return typed.strip()


@dataclass(frozen=True)
class Kit:
    """What is there to copy."""

    grant: Kind
    wording: str
    """Before the customer's name is in it."""
    reply: str
    """For the customer."""
    ticket: str
    """For colleagues: what was decided and what it costs; not why nor by whom, as people write names into reasons."""


def kit(dossier: Dossier, *, wordings: Mapping[Kind, str]) -> Kit:
    """wordings: those of the decision's type. dossier: of a resolved decision."""
    grant = choice_of(dossier)
    wording = wordings[grant]
    return Kit(grant, wording, wording.replace(CUSTOMER, dossier.decision.case.customer_name), ticket(dossier))


def choice_of(dossier: Dossier) -> Kind:
    """How far the chosen option gives the customer what they asked for; what nobody can tell is worded as a part."""
    chosen = dossier.option(dossier.outcome.selected_option_id) if dossier.outcome else None
    if chosen is None:
        return Kind.NONE
    kind = kind_of(chosen.title, cost=chosen.financial_cost, amount=dossier.decision.case.financial_impact)
    return Kind.PARTIAL if kind is Kind.OTHER else kind


def ticket(dossier: Dossier) -> str:
    """What colleagues read of a resolved decision: no score, no reason, nobody's name but the customer's."""
    decision, outcome = dossier.decision, dossier.outcome
    chosen = dossier.option(outcome.selected_option_id) if outcome else None
    on = f" on {_day(decision.resolved_at)}" if decision.resolved_at else ""
    lines = [
        f"{decision.name} {decision.case.title}",
        f"{DECISION_TYPES[decision.case.decision_type]}, {decision.case.customer_name}",
        f"Decided{on}: {chosen.title if chosen else 'an option that is gone'}",
    ]
    if chosen and chosen.financial_cost is not None:
        lines.append(f"Cost: {format_money(chosen.financial_cost, decision.currency)}")
    if outcome and outcome.follow_up_date:
        lines.append(f"Whether it worked is asked on {_day(outcome.follow_up_date)}")
    return "\n".join(lines + ([f"It began here: {decision.permalink}"] if decision.permalink else []))


def _day(at: datetime) -> str:
    return f"{at:%-d %B %Y}"
