"""Who may resolve a decision, who of them is asked first, and who carries it on when somebody it needs has left.

One rule for buttons, refusals, list, Home tab and nudges. Pure: `people` are always the active members of the team.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.domain.authority import OWN_DECISION_LIMIT, least_authority, second_authority
from bot.domain.by import Rules
from bot.domain.decision import Brief, Decision, Dossier
from bot.domain.outcome import Proposal
from bot.domain.team import TOP_AUTHORITY, Absent, Member

RUNG = 3
"""How many are told at once: to ask all would be to ask nobody."""
RUNGS = 5
"""How many times at most somebody higher, or somebody else, is told: a plan costs no more rows than RUNG x RUNGS."""


def authority_on(decision: Decision, member: Member) -> int:
    """1..5: what this person may decide of it, by themselves or for somebody absent; 0: nothing, as a guest."""
    if member.is_guest:
        return 0
    return max([member.authority, *(_lent(decision, member, absent) for absent in member.stands_for)])


def _lent(decision: Decision, deputy: Member, absent: Absent) -> int:
    """What a deputy may in the place of somebody absent: nothing on their own decision, and no more than the absent."""
    if deputy.id == decision.created_by:
        return 0
    return min(absent.authority, OWN_DECISION_LIMIT) if absent.id == decision.created_by else absent.authority


def acts_for(decision: Decision, member: Member, needed: int) -> Absent | None:
    """Whose authority the member needs for what takes `needed`; None where their own suffices, or none does."""
    if member.is_guest or member.authority >= needed:
        return None
    return next((absent for absent in member.stands_for if _lent(decision, member, absent) >= needed), None)


def may_carry(decision: Decision, member: Member, needed: int) -> bool:
    """Whether this person may resolve what takes authority `needed`."""
    is_own = member.id == decision.created_by
    return authority_on(decision, member) >= needed and not (is_own and needed > OWN_DECISION_LIMIT)


def may_confirm(decision: Decision, member: Member, proposal: Proposal, needed: int) -> bool:
    """Whether this person may be the second of two, where that takes `needed`.

    Never who has proposed it, for whom that was done, or who stands in for them: that would be one person twice.
    """
    firsts = {proposal.proposed_by, proposal.proposed_for}
    is_first = member.id in firsts or any(absent.id in firsts for absent in member.stands_for)
    return not is_first and may_carry(decision, member, needed)


def seconds(brief: Brief, proposal: Proposal, people: Iterable[Member], rules: Rules) -> tuple[tuple[Member, ...], ...]:
    """Who may confirm it, in the rungs of `ladder`."""
    option = next((o for o in brief.options if o.id == proposal.option_id), None)
    if option is None:
        return ()
    needed = second_authority(brief.decision.case, option, rules.of(brief.decision.team_id).authority)
    able = [m for m in people if may_confirm(brief.decision, m, proposal, needed)]
    return ladder(brief.decision, _present(brief.decision, able))


def highest_reach(dossier: Dossier, people: Iterable[Member]) -> int:
    """The most authority that somebody of `people` may resolve this decision with; 0 where nobody may."""
    levels, everybody = range(TOP_AUTHORITY, 0, -1), tuple(people)
    return next((level for level in levels if any(may_carry(dossier.decision, m, level) for m in everybody)), 0)


@dataclass(frozen=True)
class Deciders:
    """Who may resolve a decision; where nobody may, those who come closest to it.

    They also carry it on when its owner has left: one of them takes it over.
    """

    members: tuple[Member, ...]
    """The least authority first."""
    may_resolve: bool
    owner: Member | None
    """Where the owner is one of them."""
    rungs: tuple[tuple[Member, ...], ...]
    """The others, in the order in which they are told: see `ladder`."""

    @property
    def first(self) -> tuple[Member, ...]:
        """Who is asked first: the owner if among them, else the lowest rung."""
        return (self.owner,) if self.owner else self.rungs[0] if self.rungs else ()

    @property
    def others(self) -> tuple[Member, ...]:
        """Those who may as well."""
        return tuple(m for m in self.members if m not in self.first)


def deciders(brief: Brief, people: Iterable[Member], rules: Rules) -> Deciders:
    """`people`: the least recently asked first, for `ladder`. Who is away is not asked: their deputy is."""
    decision, everybody = brief.decision, _present(brief.decision, people)
    least = least_authority(decision.case, brief.options, rules.of(decision.team_id).authority)
    able = [m for m in everybody if may_carry(decision, m, least)]
    found = able or _closest(decision, everybody, least)
    owner = next((m for m in found if m.id == decision.created_by), None)
    rungs = ladder(decision, [m for m in found if m != owner])
    return Deciders(tuple(sorted(found, key=lambda m: m.authority)), bool(able), owner, rungs)


def _present(decision: Decision, people: Iterable[Member]) -> tuple[Member, ...]:
    """Those who are there, each with the authority that they have on the decision; all, where nobody is there."""
    everybody = tuple(_on(decision, m) for m in people if not m.is_guest)
    return tuple(m for m in everybody if m.away_until is None) or everybody


def _on(decision: Decision, member: Member) -> Member:
    """With their authority on the decision. As they are where that is their own: a list asks it of everybody for each
    of its decisions, and a copy costs more than all the rest of the question."""
    authority = authority_on(decision, member)
    return member if member.authority == authority else replace(member, authority=authority)


def _closest(decision: Decision, people: Iterable[Member], least: int) -> list[Member]:
    """Those with the most authority, but for an owner who may not resolve their own decision with any."""
    is_barred = least > OWN_DECISION_LIMIT
    return _highest(m for m in people if not (is_barred and m.id == decision.created_by))


def stand_ins(decision: Decision, gone: Member, people: Iterable[Member]) -> tuple[Member, ...]:
    """Who does what somebody had to do that takes their authority, and who has left; those asked first come first.

    Whoever has as much authority; where nobody has, those who come closest to it.
    """
    everybody = _present(decision, people)
    found = [m for m in everybody if m.authority >= gone.authority] or _highest(everybody)
    first = next(iter(ladder(decision, found)), ())
    return (*first, *(m for m in found if m not in first))


def _highest(people: Iterable[Member]) -> list[Member]:
    everybody = tuple(people)
    top = max((m.authority for m in everybody), default=0)
    return [m for m in everybody if m.authority == top]


def ladder(decision: Decision, people: Sequence[Member]) -> tuple[tuple[Member, ...], ...]:
    """The rungs in which these people are told, one after the other: at most RUNGS of at most RUNG people each.

    Three of the lowest authority, then three of the next higher one, and so on; after the highest the next three of
    the lowest. Of the same authority come first: who is on the ladder already (whoever was told stays the one who is
    asked), whose expertise fits, then the order given, which is the least recently asked first.
    """
    places = {member_id: place for place, member_id in enumerate(decision.ladder)}

    def turn(m: Member) -> tuple[int, int, bool]:
        return m.authority, places.get(m.id, len(places)), decision.case.decision_type not in m.expertise_areas

    levels = [tuple(level) for _, level in groupby(sorted(people, key=turn), key=lambda m: m.authority)]
    starts = range(0, max(map(len, levels), default=0), RUNG)
    rungs = [level[start : start + RUNG] for start in starts for level in levels if level[start:]]
    return tuple(rungs[:RUNGS])
