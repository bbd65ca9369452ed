"""What waits for whom, said of single decisions: the borders that random histories seldom meet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.decider import deciders
from bot.domain.decision import Brief, Dossier, Status
from bot.domain.team import Member
from bot.domain.waiting import Kind, Waiting, waiting
from tests.support.dossiers import (
    ANA,
    LISA,
    MIKE,
    NOW,
    PEOPLE,
    SARAH,
    TOM,
    a_decision,
    an_option,
    by,
    situations,
)

SITUATIONS = situations()
RULES = by(SARAH).rules


def waits(
    found: Brief | Dossier, kind: Kind, people: Sequence[Member] = PEOPLE, *, now: datetime = NOW
) -> list[Waiting]:
    brief = found.brief if isinstance(found, Dossier) else found
    return [item for item in waiting(brief, people, now=now, rules=RULES) if item.kind is kind]


def names(items: Sequence[Waiting]) -> list[str]:
    by_id = {member.id: member.name.split()[0] for member in PEOPLE}
    return [by_id[item.member_id] for item in items]


def test_a_score_is_asked_of_those_alone_who_have_not_submitted() -> None:
    assert names(waits(SITUATIONS["open"], Kind.SCORE)) == ["Lisa", "Tom", "Ana"]


def urgent(*, expected: datetime | None) -> Brief:
    case = replace(a_decision(Status.TEAM_INPUT, 2).case, expected_resolution_date=expected)
    return Brief(a_decision(Status.TEAM_INPUT, 2, case=case))


def test_an_urgent_decision_that_does_not_move_is_told_of_when_half_of_its_time_is_over() -> None:
    made = a_decision(Status.TEAM_INPUT, 2).created_at

    stalled = waits(urgent(expected=made + timedelta(days=4)), Kind.STALLED)

    assert names(stalled) == ["Mike"]
    assert (stalled[0].since, stalled[0].begins) == (made, made + timedelta(days=2))


def test_without_a_date_to_resolve_by_nothing_is_late() -> None:
    assert waits(urgent(expected=None), Kind.STALLED) == []


def at_stake(amount: str) -> Brief:
    """Published, and its only option costs as much."""
    published = SITUATIONS["published"].brief
    case = replace(published.decision.case, financial_impact=Decimal(amount))
    return replace(
        published, decision=replace(published.decision, case=case), options=(an_option(0, "Refund", cost=amount),)
    )


def test_where_nobody_may_resolve_the_most_powerful_hear_of_it_and_an_owner_only_of_what_they_might_resolve() -> None:
    owner, same = replace(SARAH, authority=1), replace(TOM, authority=1)

    small = deciders(at_stake("900"), [owner, same], RULES)  # takes 2: the owner could, with that authority
    large = deciders(at_stake("9000"), [owner, same], RULES)  # takes 3, which no owner resolves

    assert (small.may_resolve, {m.name for m in small.members}) == (False, {SARAH.name, TOM.name})
    assert (large.may_resolve, {m.name for m in large.members}) == (False, {TOM.name})


def test_the_owner_is_asked_first_if_they_may_resolve_it_and_else_the_least_authority() -> None:
    own = deciders(at_stake("900"), [ANA, LISA, MIKE, SARAH], RULES)
    others = deciders(at_stake("9000"), [ANA, LISA, MIKE, SARAH, replace(TOM, authority=3)], RULES)

    assert [m.name for m in own.first] == [SARAH.name]
    assert [m.name for m in own.others] == [LISA.name, MIKE.name]
    assert [m.name for m in others.first] == [TOM.name]
    assert [m.name for m in others.others] == [MIKE.name]
