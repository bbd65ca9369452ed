"""Who is asked among those who may decide: three at a time, the fitting ones first, and nobody twice for nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Settings
from bot.domain.decider import RUNG, RUNGS, deciders, ladder, stand_ins
from bot.domain.decision import Decision
from bot.domain.reminder import reminders
from bot.domain.team import Absent, Member
from tests.support import dossiers

RULES = Settings(_env_file=None).rules
DECISION = dossiers.situations()["options"].decision


def people(*authorities: int, first: int = 20) -> list[Member]:
    return [dossiers.a_member(first + n, f"N{n}", authority=authority) for n, authority in enumerate(authorities)]


def names(rungs: Sequence[Sequence[Member]]) -> list[list[str]]:
    return [[m.name for m in rung] for rung in rungs]


def test_a_rung_is_three_of_one_authority_and_after_the_highest_come_the_next_three_of_the_lowest() -> None:
    assert names(ladder(DECISION, people(4, 1, 1, 1, 1, 2))) == [["N1", "N2", "N3"], ["N5"], ["N0"], ["N4"]]


def test_whose_expertise_fits_comes_before_who_was_asked_longer_ago() -> None:
    found = people(1, 1, 1, 1, 1)
    found[4] = replace(found[4], expertise_areas=(DECISION.case.decision_type,))

    assert names(ladder(DECISION, found))[0] == ["N4", "N0", "N1"]


def test_who_is_on_the_ladder_stays_there_whoever_was_asked_since() -> None:
    found = people(1, 1, 1, 1, 1, 1)
    asked = replace(DECISION, ladder=tuple(m.id for m in (found[5], found[3], found[1])))

    assert names(ladder(asked, found)) == [["N5", "N3", "N1"], ["N0", "N2", "N4"]]


def test_where_somebody_on_the_ladder_leaves_the_next_moves_up() -> None:
    found = people(1, 1, 1, 1)
    asked = replace(DECISION, ladder=tuple(m.id for m in found))

    assert names(ladder(asked, found[1:])) == [["N1", "N2", "N3"]]


@given(authorities=st.lists(st.integers(1, 5), max_size=60), dice=st.randoms())
def test_a_ladder_has_a_bound_holds_nobody_twice_and_is_the_same_when_it_is_asked_again(
    authorities: list[int], dice: Random
) -> None:
    found = people(*authorities)
    rungs = ladder(DECISION, found)
    on_it = [m for rung in rungs for m in rung]

    assert len(rungs) <= RUNGS
    assert all(1 <= len(rung) <= RUNG and len({m.authority for m in rung}) == 1 for rung in rungs)
    assert len(set(on_it)) == len(on_it)
    assert {m.authority for m in on_it} == set(authorities)
    assert ladder(known_to(DECISION, on_it), dice.sample(found, len(found))) == rungs


def known_to(decision: Decision, on_it: Sequence[Member]) -> Decision:
    return replace(decision, ladder=tuple(m.id for m in on_it))


@pytest.mark.parametrize("situation", ["options", "open", "undecided", "published"])
@pytest.mark.parametrize("is_gone", [False, True])
def test_a_hundred_people_of_one_authority_cost_a_plan_no_more_than_the_ladder(situation: str, is_gone: bool) -> None:
    brief = dossiers.situations()[situation].brief
    case = replace(brief.decision.case, urgency_level=5, financial_impact=None)
    cheap = tuple(replace(option, financial_cost=Decimal(0), risk_level="low") for option in brief.options)
    urgent = replace(brief, decision=replace(brief.decision, case=case), options=cheap)
    team = [replace(dossiers.SARAH, authority=1, is_active=not is_gone), *people(*([1] * 100))]

    told = reminders(urgent, team, now=dossiers.NOW, rules=RULES)

    asked = [one for one in told if one.item.rung is not None and not one.item.kind.is_news]
    assert len(asked) <= RUNG * RUNGS
    assert len(told) - len(asked) <= 1 + len(dossiers.PEOPLE), "the owner, and those who score"
    by_moment: dict[timedelta, int] = {}
    for one in asked:
        by_moment[one.first] = by_moment.get(one.first, 0) + 1
    assert set(by_moment.values()) <= {RUNG}


def test_where_nobody_has_the_authority_those_who_come_closest_carry_it_on() -> None:
    brief = dossiers.situations()["options"].brief
    costly = replace(brief, options=tuple(replace(o, risk_level="high") for o in brief.options))
    found = people(1, 2, 2)

    able = deciders(costly, found, RULES)

    assert not able.may_resolve
    assert able.members == (found[1], found[2])


def test_a_deputy_is_asked_with_the_authority_that_is_lent_and_everybody_else_as_they_are() -> None:
    deputy, other = people(3, 3)
    deputy = replace(deputy, stands_for=(Absent(UUID(int=9), "Away", 5, dossiers.NOW + timedelta(days=1)),))

    able = deciders(dossiers.situations()["options"].brief, [deputy, other], RULES)

    assert able.rungs == ((other,), (replace(deputy, authority=5),))
    assert able.rungs[0][0] is other


def test_a_resolver_is_stood_in_for_by_as_much_authority_or_by_the_most_there_is() -> None:
    gone = dossiers.a_member(1, "Gone", authority=4)
    assert [m.name for m in stand_ins(DECISION, gone, people(5, 4, 1))] == ["N1", "N0"]
    assert [m.name for m in stand_ins(DECISION, gone, people(3, 2, 3))] == ["N0", "N2"]
