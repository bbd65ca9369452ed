"""How much a team may do at once: the limits of its plan, and the sentences that say so. The numbers are configuration.

A limit keeps people from adding, and from nothing else: a team that is above one, since it was lowered or another plan
was chosen, goes on with all it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from bot.domain.team import Team

TIERS = ("starter", "professional", "enterprise")
FIRST = TIERS[0]
"""The plan of a team whose row names none."""
MOST = 1_000_000
WHO = "Whoever runs Conclave for you can change the plan"


@dataclass(frozen=True)
class Plan:
    """What one tier allows. Of each number 0 means: no limit."""

    tier: str
    members: int = 0
    """Active members at most."""
    open_decisions: int = 0
    """Decisions at once that are neither resolved nor cancelled."""
    hooks: int = 0
    """Addresses at most at which other systems hand tickets in."""
    suggestions: bool = True
    """Whether anything is suggested: fields from the text, options and a recommendation from similar cases."""
    webhooks: int = 0
    """Endpoints at most that are told what happens."""
    retention_months: int = 0
    """So long after their end decisions are kept, in months of 30 days; 0: for ever."""

    def no_member(self, team: Team, usage: "Usage") -> str | None:
        """Why nobody can be added, or made active again; None where somebody can."""
        if not self.members or usage.members < self.members:
            return None
        return (
            f"The plan {self.tier} allows {_counted(self.members, 'active member')}, and {team.name} has "
            f"{usage.members}. Make somebody inactive with /decide setup first. {WHO}."
        )

    def no_decision(self, team: Team, usage: "Usage") -> str | None:
        """Why no decision can be opened; None where one can."""
        if not self.open_decisions or usage.open_decisions < self.open_decisions:
            return None
        return (
            f"The plan {self.tier} allows {_counted(self.open_decisions, 'open decision')} at once, and {team.name} "
            f"has {usage.open_decisions}. Resolve or cancel one first: /decide list shows them. {WHO}."
        )

    def no_webhook(self, team: Team, usage: "Usage") -> str | None:
        """Why no webhook can be added; None where one can."""
        if not self.webhooks or usage.webhooks < self.webhooks:
            return None
        return (
            f"The plan {self.tier} allows {_counted(self.webhooks, 'webhook')}, and {team.name} has {usage.webhooks}. "
            f"Remove one first: Settings lists them. {WHO}."
        )

    def no_hook(self, team: Team, there: int) -> str | None:
        """Why no hook can be made; None where one can."""
        if not self.hooks or there < self.hooks:
            return None
        return (
            f"The plan {self.tier} allows {_counted(self.hooks, 'hook')}, and {team.name} has {there}. "
            f"Remove one that nothing comes by any more. {WHO}."
        )

    def no_suggestions(self, team: Team) -> str | None:
        """Why nothing is suggested to the team; None where it may be."""
        return None if self.suggestions else f"The plan {self.tier} of {team.name} has no suggestions. {WHO}."

    def in_words(self, usage: "Usage") -> str:
        """ "starter: 3 of 50 active members, 2 of 500 open decisions, with suggestions, decisions are kept"."""
        months = self.retention_months
        kept = f"for {_counted(months, 'month')} after their end" if months else "for good"
        return (
            f"{self.tier}: {_of(usage.members, self.members, 'active member')}, "
            f"{_of(usage.open_decisions, self.open_decisions, 'open decision')}, "
            f"{_webhooks(usage.webhooks, self.webhooks)}"
            f"{'with' if self.suggestions else 'without'} suggestions, decisions are kept {kept}"
        )

    def is_above(self, usage: "Usage") -> bool:
        """Whether the team has more than could be added by now."""
        most = (self.members, self.open_decisions, self.webhooks)
        used = (usage.members, usage.open_decisions, usage.webhooks)
        return any(0 < limit < there for limit, there in zip(most, used, strict=True))


@dataclass(frozen=True)
class Usage:
    """How much of its plan a team uses."""

    members: int
    open_decisions: int
    webhooks: int = 0


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _of(used: int, most: int, noun: str) -> str:
    return f"{used:,} of {_counted(most, noun)}" if most else _counted(used, noun)


def _webhooks(used: int, most: int) -> str:
    """Nothing to say to a team that has none."""
    return f"{_of(used, most, 'webhook')}, " if used else ""


@dataclass(frozen=True)
class Plans:
    by_tier: Mapping[str, Plan]
    """Every tier has one."""

    def of(self, team: Team) -> Plan:
        return self.by_tier[team.tier]

    @classmethod
    def from_dict(cls, plans: Mapping[str, Any]) -> "Plans":
        """Read the parsed table [plans]: for each tier its limits.

        Raises ValueError that names the key, as in "plans.starter.members: ...".
        """
        for tier in plans:
            if tier not in TIERS:
                raise ValueError(f"plans.{tier}: no such plan, there are {', '.join(TIERS)}")
        return cls(MappingProxyType({tier: _plan(tier, plans.get(tier, {})) for tier in TIERS}))


def _plan(tier: str, limits: object) -> Plan:
    if not isinstance(limits, Mapping):
        raise ValueError(f"plans.{tier}: has to be a table")
    known = {field.name: field.type for field in fields(Plan) if field.name != "tier"}
    for key, value in limits.items():
        if key not in known:
            raise ValueError(f"plans.{tier}.{key}: no such key, there are {', '.join(known)}")
        _check(f"plans.{tier}.{key}", value, is_switch=known[key] is bool)
    return Plan(tier, **limits)


def _check(key: str, value: object, *, is_switch: bool) -> None:
    if is_switch and not isinstance(value, bool):
        raise ValueError(f"{key}: has to be true or false")
    if not is_switch and (type(value) is not int or not 0 <= value <= MOST):
        raise ValueError(f"{key}: has to be a whole number from 0 (no limit) to {MOST:,}")


NO_LIMITS = Plans(MappingProxyType({tier: Plan(tier) for tier in TIERS}))
