"""What waits for a person is one answer: nudge, list, Home tab and card of the same person agree, whatever happens."""

import ast
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from bot.config import Settings
from bot.domain.action import Action
from bot.domain.authority import least_authority, required_authority
from bot.domain.by import By
from bot.domain.decider import acts_for, may_carry
from bot.domain.decision import Brief, Dossier, Phase, Status
from bot.domain.home import Home
from bot.domain.option import MAX_OPTIONS, MIN_OPTIONS
from bot.domain.outcome import Outcome, Proposal
from bot.domain.permission import check
from bot.domain.preference import Preferences
from bot.domain.reminder import Asked, Reminder, next_at, reminders
from bot.domain.round import RoundState
from bot.domain.team import Absent, Actor, Member
from bot.domain.waiting import Kind, Line, Waiting, action_for, leading, line, waiting
from bot.views import card, home, more, reminder
from bot.views import decision as decision_view
from bot.views.reminder import Told
from bot.views.slack import ids
from bot.views.waiting import WORDS, todo
from tests.support import dossiers
from tests.support.known import known

ROOT = Path(__file__).resolve().parents[3]
RULES = Settings(_env_file=None).rules
ALWAYS = Preferences(starts=0, ends=1440, days=frozenset(range(7)))
BEGINNINGS = (
    *("define", "criteria", "options", "open", "quorum", "undecided", "second round"),
    *("published", "published", "act", "learn", "learn"),
)
"""Those at the end more often than others: there fewer histories lead."""


# --- Random histories of one decision, played on the values alone.


class History:
    """One decision of a team of six. Whatever may happen to it happens, in any order, and time passes in between."""

    def __init__(self, dice: Random) -> None:
        """It begins in any phase, so that what comes late in life comes as often as what comes early."""
        self.given, self.dice = dossiers, dice
        self.now = dossiers.NOW + timedelta(hours=dice.choice((0, 13, 13, 30)))
        highest = dice.choice((2, 4, 5, 5))
        self.people = [
            dossiers.a_member(n, name, authority=dice.randint(1, highest), slack_user_id=f"U{n}")
            for n, name in enumerate(("Ada", "Bo", "Cy", "Di", "Ed", "Flo"))
        ]
        begins = dossiers.situations()[dice.choice(BEGINNINGS)].brief
        self.brief = replace(begins, decision=replace(begins.decision, created_by=self.people[0].id))
        impact = dice.choice((None, 50, 700, 5000, 20_000, 90_000))
        self.set_case(urgency_level=dice.choice((2, 3, 4, 4, 5)), financial_impact=Decimal(impact) if impact else None)
        self.set_case(promised_by=dice.choice((None, self.now)))
        if begins.round:
            members = dossiers.a_round(people=self.people[: dice.choice((2, 2, 3, 6))]).members
            self.set_round(members=tuple(replace(m, submitted=dice.random() < 0.4) for m in members))
        if begins.outcome:
            recorded_at = dice.choice((None, begins.outcome.recorded_at))
            self.set_outcome(resolved_by=self.people[2].id, recorded_at=recorded_at)
        if dice.random() < 0.5:
            self.leaves(1)
        if dice.random() < 0.5:
            self.somebody_goes_away()

    def goes_on(self) -> str:
        """One thing that may happen now does; returns its name."""
        move = self.dice.choice([*ALWAYS_POSSIBLE, *self.possible()])
        move(self)
        return move.__name__

    def possible(self) -> Sequence[Callable[["History"], None]]:
        decision, found = self.brief.decision, self.brief.round
        if decision.status is Status.EVALUATING and found:
            return ROUND_MOVES[found.state(self.now)]
        return MOVES.get(decision.state, ())

    def set_case(self, **facts: Any) -> None:
        decision = self.brief.decision
        self.brief = replace(self.brief, decision=replace(decision, case=replace(decision.case, **facts)))

    def set_round(self, **facts: Any) -> None:
        assert self.brief.round
        self.brief = replace(self.brief, round=replace(self.brief.round, **facts))

    def set_outcome(self, **facts: Any) -> None:
        assert self.brief.outcome
        self.brief = replace(self.brief, outcome=replace(self.brief.outcome, **facts))

    def move(self, status: Status, phase: int, **facts: Any) -> None:
        """facts: of the brief; `called_off`, `unheard`, `proposal`: of the decision."""
        kept = {name: facts.pop(name) for name in ("called_off", "unheard", "proposal") if name in facts}
        decision = replace(self.brief.decision, status=status, phase=Phase(phase), **kept)
        self.brief = replace(self.brief, decision=decision, **facts)

    def later(self) -> datetime:
        at: datetime = self.now + timedelta(hours=self.dice.randint(2, 100))
        return at

    # What the team and the clock do.

    def time_passes(self) -> None:
        self.now += timedelta(hours=self.dice.choice((1, 5, 30)))

    def an_authority_changes(self) -> None:
        who = self.dice.randrange(6)
        self.people[who] = replace(self.people[who], authority=self.dice.randint(1, 5))

    def the_urgency_changes(self) -> None:
        self.set_case(urgency_level=self.dice.randint(1, 5))

    def somebody_leaves(self) -> None:
        self.leaves(self.dice.randrange(6))

    def leaves(self, who: int) -> None:
        """Excused from a round that has no result yet, for good."""
        gone = self.people[who] = replace(self.people[who], is_active=False)
        if self.brief.round and not self.brief.round.published_at:
            members = self.brief.round.members
            self.set_round(
                members=tuple(replace(m, is_excused=m.is_excused or m.member_id == gone.id) for m in members)
            )

    def somebody_comes_back(self) -> None:
        who = self.dice.randrange(6)
        self.people[who] = replace(self.people[who], is_active=True)

    def somebody_goes_away(self) -> None:
        """For good; one deputy stands in for them."""
        away, deputy = self.dice.sample(range(6), 2)
        until = self.now + timedelta(days=30)
        gone = self.people[away] = replace(self.people[away], away_until=until)
        absent = Absent(gone.id, gone.name, gone.authority, until)
        self.people[deputy] = replace(self.people[deputy], stands_for=(absent,))

    # What the buttons do.

    def the_case_is_completed(self) -> None:
        self.move(Status.TEAM_INPUT, 2)
        self.set_case(expected_resolution_date=self.later())

    def criteria_are_set(self) -> None:
        self.move(Status.TEAM_INPUT, 3)

    def an_option_is_proposed(self) -> None:
        number, cost = len(self.brief.options), self.dice.choice(("0", "300", "8000", "60000"))
        if number < MAX_OPTIONS:
            offer = self.given.an_option(number, f"Offer {number}", cost=cost, risk=self.dice.choice(("low", "high")))
            self.brief = replace(self.brief, options=(*self.brief.options, offer))

    def scoring_starts(self) -> None:
        active = [m for m in self.people if m.is_active]
        if len(self.brief.options) >= MIN_OPTIONS and len(active) >= 2:
            roster = self.dice.sample(active, self.dice.randint(2, len(active)))
            found = replace(self.given.a_round(people=roster, closes_at=self.later()), opened_at=self.now)
            self.move(Status.EVALUATING, 4, round=found)

    def somebody_scores(self) -> None:
        assert self.brief.round
        one = self.dice.choice(self.brief.round.members)
        members = self.brief.round.members
        self.set_round(
            members=tuple(replace(m, submitted=True) if m == one and not m.is_excused else m for m in members)
        )

    def the_round_is_closed(self) -> None:
        assert self.brief.round
        if self.brief.round.has_quorum or self.brief.round.state(self.now) is RoundState.DUE:
            self.set_round(closed_at=self.now)

    def the_round_is_extended(self) -> None:
        self.set_round(closed_at=None, closes_at=self.later())

    def the_owner_proceeds_without_quorum(self) -> None:
        self.set_round(override_reason="Enough.")

    def the_result_is_published(self) -> None:
        self.set_round(published_at=self.now)
        self.move(Status.EVALUATING, 4, unheard=self.dice.choice((None, Kind.RESULT.value)))

    def the_round_is_voided(self) -> None:
        if self.brief.round and not self.brief.round.is_second:
            asked = tuple(m.member_id for m in self.brief.round.roster if not m.submitted)
            self.move(Status.TEAM_INPUT, 3, called_off=asked, round=None)

    def a_second_round_is_asked_for(self) -> None:
        assert self.brief.round
        active = {m.id for m in self.people if m.is_active}
        members = tuple(replace(m, submitted=False) for m in self.brief.round.roster if m.member_id in active)
        is_free = not (self.brief.round.is_second or self.brief.decision.open_proposal(self.now))
        if len(members) >= 2 and is_free:
            fresh = self.given.a_round(closes_at=self.later(), follows=UUID(int=1))
            self.brief = replace(self.brief, round=replace(fresh, members=members, opened_at=self.now))

    def somebody_resolves(self) -> None:
        decision, member, options = self.brief.decision, self.dice.choice(self.people), self.brief.options
        least = least_authority(decision.case, options, RULES.authority)
        if member.is_active and may_carry(decision, member, least) and not decision.open_proposal(self.now):
            absent = acts_for(decision, member, least)
            chosen = Outcome(
                decision.id, options[0].id, "So be it.", member.id, resolved_for=absent.id if absent else None
            )
            self.move(Status.RESOLVED, 5, outcome=chosen)

    def somebody_proposes(self) -> None:
        decision, member, option = self.brief.decision, self.dice.choice(self.people), self.brief.options[0]
        needed = required_authority(decision.case, option, RULES.authority)
        if member.is_active and may_carry(decision, member, needed) and not decision.open_proposal(self.now):
            absent = acts_for(decision, member, needed)
            made = Proposal(option.id, "So be it.", member.id, self.now, absent.id if absent else None)
            self.move(Status.EVALUATING, 4, proposal=made)

    def the_choice_is_sent_back(self) -> None:
        decision, member = self.brief.decision, self.dice.choice(self.people)
        if proposal := decision.open_proposal(self.now):
            returned = replace(proposal, returned_by=member.id, returned_reason="No.")
            self.move(Status.EVALUATING, 4, proposal=returned)

    def the_choice_is_taken_back(self) -> None:
        self.move(Status.EVALUATING, 4, outcome=None)

    def the_customer_is_informed(self) -> None:
        self.move(Status.RESOLVED, 6)
        self.set_outcome(response_sent_at=self.now)

    def the_outcome_is_recorded(self) -> None:
        days = self.dice.randint(0, 3)
        self.set_outcome(recorded_at=self.now, follow_up_date=self.now + timedelta(days=days) if days else None)

    def somebody_takes_over(self) -> None:
        decision, owner = self.brief.decision, self.dossier().owner
        items = waiting(self.brief, self.people, now=self.now, rules=RULES)
        led = [item.member_id for item in items if item.action is Action.TAKE_OVER]
        if led:
            taken = replace(decision, created_by=self.dice.choice(led), taken_from=owner.id)
            self.brief = replace(self.brief, decision=taken)

    def it_is_cancelled(self) -> None:
        if self.dice.random() < 0.1:
            self.move(Status.CANCELLED, self.brief.decision.phase)

    # What everybody is told.

    def dossier(self) -> Dossier:
        brief, by_id = self.brief, {m.id: m for m in self.people}
        resolver = by_id[brief.outcome.resolved_by] if brief.outcome else None
        return Dossier(
            brief.decision, self.given.TEAM, by_id[brief.decision.created_by], self.given.CRITERIA, brief.options,
            brief.round, outcome=brief.outcome, resolver=resolver,
            result=self.given.RESULT if brief.round and brief.round.published_at else None,
            principal=by_id.get(brief.outcome.resolved_for) if brief.outcome and brief.outcome.resolved_for else None,
            proposer=by_id[brief.decision.proposal.proposed_by] if brief.decision.proposal else None,
            predecessor=by_id.get(brief.decision.taken_from) if brief.decision.taken_from else None,
            colleagues=tuple(m for m in self.people if m.is_active),
        )  # fmt: skip

    def actor(self, member: Member) -> Actor:
        return Actor(member, self.given.TEAM, "T1", member.slack_user_id or "")


Moves = tuple[Callable[[History], None], ...]
ALWAYS_POSSIBLE: Moves = (
    History.time_passes,
    History.an_authority_changes,
    History.the_urgency_changes,
    History.somebody_leaves,
    History.somebody_comes_back,
    History.somebody_takes_over,
)
MOVES: dict[tuple[Status, int], Moves] = {
    (Status.CREATED, 1): (History.the_case_is_completed, History.it_is_cancelled),
    (Status.TEAM_INPUT, 2): (History.criteria_are_set, History.it_is_cancelled),
    (Status.TEAM_INPUT, 3): (History.an_option_is_proposed, History.scoring_starts, History.it_is_cancelled),
    (Status.RESOLVED, 5): (History.the_choice_is_taken_back, History.the_customer_is_informed),
    (Status.RESOLVED, 6): (History.the_outcome_is_recorded,),
}
ROUND_MOVES: dict[RoundState, Moves] = {
    RoundState.OPEN: (History.somebody_scores, History.the_round_is_closed, History.the_round_is_voided),
    RoundState.DUE: (History.the_round_is_closed,),
    RoundState.UNDECIDED: (History.the_round_is_extended, History.the_owner_proceeds_without_quorum),
    RoundState.CLOSED: (History.the_result_is_published,),
    RoundState.PUBLISHED: (
        *(History.a_second_round_is_asked_for, History.somebody_resolves, History.it_is_cancelled),
        *(History.somebody_proposes, History.the_choice_is_sent_back),
    ),
}


def everybody_is_told_the_same(history: History) -> set[Kind]:
    """Asserts it of everybody, of what one of them is shown, too; returns what waits."""
    brief, people, now, dossier = history.brief, history.people, history.now, history.dossier()
    said = reminders(brief, people, now=now, rules=RULES)
    items = waiting(brief, people, now=now, rules=RULES)
    leads = leading(brief, now, is_orphaned=dossier.is_orphaned)
    looked_at = history.dice.choice(people)
    shown_card = card.card(dossier, now=now)
    for member in people:
        theirs = [item for item in items if item.member_id == member.id and item.is_there(now)]
        nudges_say([one for one in said if one.item.member_id == member.id], theirs, now)
        buttons_let_in(theirs, dossier, member, now)
        card_leads_to(theirs, shown_card, leads)
        if any(item.action for item in theirs):
            window_leads_to(theirs, more.more(dossier, By(history.actor(member), now, RULES)))
        if member == looked_at:
            shown = line(brief, items, member.id, now=now)
            list_and_home_show(shown, theirs, history.actor(member), now)
            nudge_has_the_same_button(theirs, brief, member)
    assert {item.member_id for item in items} <= {m.id for m in people if m.is_active}
    return {item.kind for item in items if item.is_there(now)}


def list_and_home_show(shown: Line, theirs: Sequence[Waiting], actor: Actor, now: datetime) -> None:
    theirs = [item for item in theirs if not item.kind.is_news]
    assert shown.waits == (theirs[0] if theirs else None)
    tab = home.home(Home(actor, (shown,), (), 6), now=now)
    lines = str(decision_view.decision_list([shown], total=1, offset=0, now=now))
    if shown.waits is None:
        assert "To do" not in str(tab)
        assert "Waiting for you" not in lines
    else:
        assert f"To do: {todo(shown.waits)}" in str(tab)
        assert f"Waiting for you: {todo(shown.waits)}*" in lines
        about = [e["action_id"] for e in elements(tab) if e.get("value") == str(shown.decision.id)]
        assert about == [*([shown.waits.action] if shown.waits.action else []), ids.SHOW]


def nudges_say(said: Sequence[Reminder], theirs: Sequence[Waiting], now: datetime) -> None:
    """Aloud: all that is there but invitations; and nothing sooner than list and Home tab show it."""
    aloud = [item for item in theirs if not item.kind.is_invitation]
    assert {one.item.kind: one.item for one in said if one.item.is_there(now)} == {item.kind: item for item in aloud}
    for one in said:
        asked = Asked(one.item.since or now)
        at = next_at(one, asked, now=now, preferences=ALWAYS, zone=UTC)
        assert at is None or one.item.is_there(at)


def buttons_let_in(theirs: Sequence[Waiting], dossier: Dossier, member: Member, now: datetime) -> None:
    """Nobody is led to a button that refuses them."""
    for item in theirs:
        if item.action:
            check(item.action, dossier, By(Actor(member, dossier.team, "T1", "U1"), now, RULES))


def nudge_has_the_same_button(theirs: Sequence[Waiting], brief: Brief, member: Member) -> None:
    for item in theirs:
        if not item.kind.is_invitation:
            message = reminder.nudge([Told(brief, item)], authority=member.authority)
            first = next(e for e in elements(message) if e["action_id"] not in ids.ANSWERS.values())
            assert first["action_id"] == (item.action or ids.SHOW)


def card_leads_to(theirs: Sequence[Waiting], shown: Any, leads: Action | None) -> None:
    """What this person is asked for is the one action on the card."""
    styles = {e["action_id"]: e.get("style") for e in elements(shown)}
    asked = {item.action for item in theirs if item.action and not item.kind.is_escalation}
    assert asked <= {leads, Action.PROPOSE_OPTION}
    assert asked - {Action.PROPOSE_OPTION} <= styles.keys()
    assert [action for action, style in styles.items() if style == "primary"] in ([], [leads])
    assert styles.keys() <= {leads, ids.SHOW, ids.MORE}


def window_leads_to(theirs: Sequence[Waiting], window: Any) -> None:
    """What they are invited to is behind "More", as is what they are asked for."""
    assert {item.action for item in theirs if item.action} <= {e["action_id"] for e in elements(window)}


def elements(message_or_view: Any) -> list[dict[str, Any]]:
    """Its buttons, from the top."""
    found = [e for block in message_or_view["blocks"] for e in (*block.get("elements", []), block.get("accessory", {}))]
    return [e for e in found if "action_id" in e]


def test_whatever_happens_everybody_is_told_the_same_everywhere() -> None:
    """`PROPERTY_CASES` sets how many histories are played."""
    seen: set[Kind] = set()

    @settings(max_examples=int(os.environ.get("PROPERTY_CASES", "200")), deadline=None)
    @given(dice=st.randoms(use_true_random=True))
    def play(dice: Random) -> None:
        history = History(dice)
        for _ in range(8):
            seen.update(everybody_is_told_the_same(history))
            note(history.goes_on())

    play()

    # An owner who leaves an urgent decision for long enough is too rare for chance to be relied on.
    assert seen | {Kind.ORPHANED} == set(Kind), "histories that never come so far show nothing"


# --- The words.


def test_whatever_waits_has_words_for_list_and_home_tab() -> None:
    for dossier in dossiers.situations().values():
        for kind in (kind for kind in Kind if not kind.is_news):
            assert (kind, action_for(kind, dossier.brief)) in WORDS


def test_no_words_are_kept_for_what_never_waits() -> None:
    """A row that nothing reaches is the sign of a button that was forgotten in `action_for`."""
    everything = [dossier.brief for dossier in dossiers.situations().values()]
    found = dossiers.a_round(submitted=1, people=dossiers.PEOPLE[:2], closed_at=dossiers.NOW)
    left = replace(found, members=(found.members[0], replace(found.members[1], is_excused=True)))
    too_small = replace(dossiers.situations()["undecided"].brief, round=left)
    waiting_kinds = [kind for kind in Kind if not kind.is_news]
    reached = {(kind, action_for(kind, brief)) for brief in (*everything, too_small) for kind in waiting_kinds}
    # Deciders who may not resolve are led nowhere.
    reached |= {(kind, None) for kind in Kind if kind.is_escalation}

    assert set(WORDS) - reached == set()


# --- What is right for people, case by case.


def waits(brief: Brief, people: Sequence[Member], now: datetime) -> dict[str, list[Kind]]:
    """What is there for each of them but news."""
    found = waiting(brief, people, now=now, rules=RULES)
    items = [item for item in found if item.is_there(now) and not item.kind.is_news]
    return {m.name: kinds for m in people if (kinds := [i.kind for i in items if i.member_id == m.id])}


def at_urgency(brief: Brief, urgency: int, **facts: Any) -> Brief:
    case = replace(brief.decision.case, urgency_level=urgency, **facts)
    return replace(brief, decision=replace(brief.decision, case=case))


@pytest.mark.parametrize(("urgency", "others"), [(3, Kind.MAY_RESOLVE), (4, Kind.UNRESOLVED)])
def test_the_lowest_authority_is_asked_to_resolve_and_the_others_may(urgency: int, others: Kind) -> None:
    published = at_urgency(dossiers.situations()["published"].brief, urgency, financial_impact=Decimal(700))
    people = [replace(m, authority=5) if m == dossiers.LISA else m for m in dossiers.PEOPLE]

    found = waits(published, people, dossiers.NOW)

    assert found == {"Mike Chen": [Kind.RESOLVE], "Lisa Rodriguez": [others]}


STEPS_OF_THE_OWNER = ("define", "criteria", "options", "undecided", "learn")


@pytest.mark.parametrize("situation", STEPS_OF_THE_OWNER)
def test_what_waits_for_an_owner_who_has_left_waits_for_those_who_may_take_over(situation: str) -> None:
    brief = at_urgency(dossiers.situations()[situation].brief, 3, financial_impact=Decimal(700))
    others = [replace(m, authority=4 if m == dossiers.MIKE else 1) for m in dossiers.PEOPLE[1:]]
    people = [replace(dossiers.SARAH, is_active=False), *others]

    found = [i for i in waiting(brief, people, now=dossiers.TOMORROW, rules=RULES) if i.kind is not Kind.PROPOSE]

    assert [(i.member_id, i.kind, i.action, i.gone) for i in found] == [
        (dossiers.MIKE.id, Kind.TAKE_OVER, Action.TAKE_OVER, "Sarah Johnson")
    ]
    assert todo(found[0]) == "take over: Sarah Johnson, its owner, is no longer active"
    assert leading(brief, dossiers.TOMORROW, is_orphaned=True) is Action.TAKE_OVER
    assert Kind.TAKE_OVER not in str(waits(brief, dossiers.PEOPLE, dossiers.TOMORROW))


def test_three_are_asked_to_take_over_the_others_may_and_an_urgent_one_climbs() -> None:
    options = at_urgency(dossiers.situations()["options"].brief, 3, financial_impact=None)
    people = [replace(dossiers.SARAH, is_active=False), *(dossiers.a_member(n, f"N{n}") for n in range(20, 30))]

    calm = waiting(options, people, now=dossiers.NOW, rules=RULES)
    urgent = waiting(at_urgency(options, 4), people, now=dossiers.NOW, rules=RULES)

    assert [i.kind for i in calm] == [Kind.TAKE_OVER] * 3 + [Kind.MAY_TAKE_OVER] * 7
    assert [i.rung for i in urgent] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]
    assert {i.kind for i in urgent[3:]} == {Kind.ORPHANED}


def test_where_the_resolver_has_left_somebody_of_their_authority_informs_the_customer() -> None:
    act = dossiers.situations()["act"].brief
    people = [replace(m, is_active=m != dossiers.MIKE) for m in dossiers.PEOPLE]

    assert waits(act, people, dossiers.NOW) == {"Sarah Johnson": [Kind.INFORM]}


def test_an_owner_who_may_resolve_is_asked_before_everybody() -> None:
    cheap = (replace(dossiers.OPTIONS[0], financial_cost=Decimal(50)),)
    published = replace(at_urgency(dossiers.situations()["published"].brief, 3, financial_impact=None), options=cheap)

    found = waits(published, dossiers.PEOPLE, dossiers.NOW)

    assert found.pop("Sarah Johnson") == [Kind.RESOLVE]
    assert set(found) == {"Mike Chen", "Lisa Rodriguez", "Tom Becker", "Ana Silva"}
    assert all(kinds == [Kind.MAY_RESOLVE] for kinds in found.values())


@pytest.mark.parametrize("urgency", [3, 5])
def test_where_nobody_may_resolve_those_who_come_closest_hear_of_it_and_of_nothing_else(urgency: int) -> None:
    published = at_urgency(dossiers.situations()["published"].brief, urgency, financial_impact=Decimal(90_000))

    # Sarah has the authority, and owns it.
    assert waits(published, dossiers.PEOPLE, dossiers.NOW) == {"Mike Chen": [Kind.BEYOND]}


def news(brief: Brief, people: Sequence[Member] = dossiers.PEOPLE) -> dict[str, Waiting]:
    """By name what somebody is told once, although nothing waits for them."""
    found = [item for item in waiting(brief, people, now=dossiers.NOW, rules=RULES) if item.kind.is_news]
    names = {m.id: m.name for m in people}
    assert len({item.member_id for item in found}) == len(found), "one message per event and person"
    return {names[item.member_id]: item for item in found}


def test_an_owner_who_may_not_resolve_hears_of_the_result_and_nobody_else_where_the_channel_has_it() -> None:
    published = at_urgency(dossiers.situations()["published"].brief, 3, financial_impact=Decimal(700))

    assert {name: item.kind for name, item in news(published).items()} == {"Sarah Johnson": Kind.RESULT}


def test_where_the_owner_may_resolve_the_lowest_rung_hears_once_that_it_may_as_well() -> None:
    cheap = (replace(dossiers.OPTIONS[0], financial_cost=Decimal(50)),)
    published = replace(at_urgency(dossiers.situations()["published"].brief, 3, financial_impact=None), options=cheap)

    equals = [dossiers.SARAH, *(replace(m, authority=1) for m in dossiers.PEOPLE[1:])]

    found = news(published, equals)

    assert len(found) == 3 < len(equals) - 1
    assert {(item.kind, item.action) for item in found.values()} == {(Kind.RESULT, Action.RESOLVE)}
    assert "Sarah Johnson" not in found


@pytest.mark.parametrize(("situation", "kind"), [("published", Kind.RESULT), ("act", Kind.RESOLVED)])
def test_who_was_asked_hears_in_person_what_the_channel_was_not_shown(situation: str, kind: Kind) -> None:
    brief = at_urgency(dossiers.situations()[situation].brief, 3, financial_impact=Decimal(700))
    unheard = replace(brief, decision=replace(brief.decision, unheard=kind.value))

    found = news(unheard)

    assert {item.kind for item in found.values()} == {kind}
    # Mike is asked to resolve, or has resolved: he knows.
    assert set(found) == {"Sarah Johnson", "Lisa Rodriguez", "Tom Becker", "Ana Silva"}
    other = Kind.RESOLVED if kind is Kind.RESULT else Kind.RESULT
    assert set(news(replace(brief, decision=replace(brief.decision, unheard=other.value)))) == {"Sarah Johnson"}


def test_what_was_called_off_is_told_until_they_are_asked_anew() -> None:
    options, open_ = dossiers.situations()["options"].brief, dossiers.situations()["open"].brief
    asked = (dossiers.LISA.id, dossiers.TOM.id)

    found = news(replace(options, decision=replace(options.decision, called_off=asked)))

    assert {name: item.kind for name, item in found.items()} == {
        "Lisa Rodriguez": Kind.CALLED_OFF,
        "Tom Becker": Kind.CALLED_OFF,
    }
    assert news(replace(open_, decision=replace(open_.decision, called_off=asked))) == {}


def test_everybody_may_propose_an_option_until_no_more_fit() -> None:
    options = at_urgency(dossiers.situations()["options"].brief, 3)
    full = replace(options, options=tuple(dossiers.an_option(n, f"Offer {n}") for n in range(MAX_OPTIONS)))

    assert waits(options, dossiers.PEOPLE[:3], dossiers.NOW) == {
        "Sarah Johnson": [Kind.OPTIONS],
        "Mike Chen": [Kind.PROPOSE],
        "Lisa Rodriguez": [Kind.PROPOSE],
    }
    assert waits(full, dossiers.PEOPLE, dossiers.NOW) == {"Sarah Johnson": [Kind.OPTIONS]}


def test_the_owner_records_the_outcome_and_the_resolver_may() -> None:
    informed = replace(dossiers.OUTCOME, response_sent_at=dossiers.NOW)
    learn = replace(dossiers.situations()["learn"].brief, outcome=informed)

    assert waits(learn, dossiers.PEOPLE, dossiers.NOW) == {
        "Sarah Johnson": [Kind.OUTCOME],
        "Mike Chen": [Kind.MAY_RECORD],
    }


def test_a_follow_up_waits_from_its_day_on_and_not_before() -> None:
    learn = dossiers.situations()["learn"].brief

    assert waits(learn, dossiers.PEOPLE, dossiers.NOW) == {}
    assert leading(learn, dossiers.NOW) is None
    assert waits(learn, dossiers.PEOPLE, dossiers.TOMORROW) == {"Sarah Johnson": [Kind.FOLLOW_UP]}
    assert leading(learn, dossiers.TOMORROW) is Action.RECORD_OUTCOME


@pytest.mark.parametrize(
    ("situation", "kind", "wakes"),
    [
        ("define", Kind.COMPLETE, False),
        ("criteria", Kind.CRITERIA, False),
        ("options", Kind.OPTIONS, False),
        ("options", Kind.STALLED, False),
        ("open", Kind.SCORE, True),
        ("open", Kind.SCORING, True),
        ("undecided", Kind.UNDECIDED, True),
        ("published", Kind.RESOLVE, True),
        ("act", Kind.INFORM, False),
        ("learn", Kind.FOLLOW_UP, False),
    ],
)
def test_a_critical_decision_wakes_people_for_scoring_and_resolving_alone(
    situation: str, kind: Kind, wakes: bool
) -> None:
    brief = at_urgency(dossiers.situations()[situation].brief, 5, financial_impact=Decimal(700))

    told = {one.item.kind: one for one in reminders(brief, dossiers.PEOPLE, now=dossiers.NOW, rules=RULES)}

    assert told[kind].urgency == (5 if wakes else 4)


def test_nobody_is_asked_to_score_once_the_closing_time_is_past() -> None:
    collecting = at_urgency(dossiers.situations()["open"].brief, 5)

    assert Kind.SCORE in waits(collecting, dossiers.PEOPLE, dossiers.NOW)["Tom Becker"]
    assert waits(collecting, dossiers.PEOPLE, dossiers.TOMORROW) == {}


def test_deciders_see_an_urgent_decision_once_half_of_its_time_is_over() -> None:
    collecting = known(dossiers.situations()["open"].round)
    brief = at_urgency(dossiers.situations()["open"].brief, 4)
    half = collecting.opened_at + (collecting.closes_at - collecting.opened_at) / 2

    def seen(at: datetime) -> list[Kind]:
        return waits(brief, [dossiers.SARAH, dossiers.MIKE], at).get("Mike Chen", [])

    assert Kind.SCORING not in seen(half - timedelta(minutes=1))
    assert Kind.SCORING in seen(half)
    assert Kind.SCORING not in waits(at_urgency(brief, 3), [dossiers.MIKE], half).get("Mike Chen", [])


def test_deciders_see_that_an_urgent_decision_has_no_quorum() -> None:
    undecided = dossiers.situations()["undecided"].brief

    assert waits(at_urgency(undecided, 4), dossiers.PEOPLE, dossiers.NOW) == {
        "Sarah Johnson": [Kind.UNDECIDED],
        "Mike Chen": [Kind.NO_QUORUM],
    }
    assert waits(at_urgency(undecided, 3), dossiers.PEOPLE, dossiers.NOW) == {"Sarah Johnson": [Kind.UNDECIDED]}


def test_the_card_of_a_round_that_is_too_small_leads_to_what_still_helps() -> None:
    def seen(**closing: Any) -> tuple[str, list[str]]:
        found = dossiers.a_round(submitted=1, people=dossiers.PEOPLE[:2], **closing)
        members = (found.members[0], replace(found.members[1], is_excused=True))
        dossier = dossiers.a_dossier(Status.EVALUATING, 4, round=replace(found, members=members))
        shown = card.card(dossier, now=dossiers.NOW)
        return str(shown), [e["action_id"] for e in elements(shown) if e.get("style") == "primary"]

    assert seen()[1] == []  # nobody is asked to score, and voiding the round is red
    words, primary = seen(**dossiers.CLOSED)
    assert primary == [Action.PROCEED]
    assert "Sarah Johnson (owner) or a decider can publish anyway or cancel" in words


# --- One function.


def callers(name: str) -> set[str]:
    """The functions of bot, handlers and web that call one of this name, imported from `domain/waiting.py`."""
    found = set()
    for folder in ("bot", "handlers", "web"):
        for file in (ROOT / folder).rglob("*.py"):
            source = file.read_text(encoding="utf-8")
            if "bot.domain.waiting" not in source:
                continue
            tree = ast.parse(source)
            imported = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "bot.domain.waiting"]
            if any(alias.name == name for node in imported for alias in node.names):
                module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
                found |= {f"{module}.{function}" for function in functions_that_call(tree, name)}
    return found


def functions_that_call(tree: ast.Module, name: str) -> Iterator[str]:
    for function in tree.body:
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
        if any(isinstance(call.func, ast.Name) and call.func.id == name for call in calls):
            yield getattr(function, "name", "the module itself")


def test_what_waits_is_asked_in_one_function_and_these_ask_it() -> None:
    assert callers("waiting") == {
        "bot.domain.reminder.reminders",  # nudge, digest, letter
        "bot.services.decision.unfinished",  # list and Home tab
    }
    assert callers("leading") == {"bot.views.card._buttons", "bot.views.details._top", "bot.views.more._offer"}


def test_nobody_else_makes_something_wait() -> None:
    made = {path for path in (ROOT / "bot").rglob("*.py") if "Waiting(" in path.read_text(encoding="utf-8")}

    assert made == {ROOT / "bot" / "domain" / "waiting.py"}


@pytest.mark.parametrize(("options", "leads"), [(1, Action.PROPOSE_OPTION), (MIN_OPTIONS, Action.START_SCORING)])
def test_the_owner_is_led_to_propose_until_there_are_enough_options_and_then_to_start(
    options: int, leads: Action
) -> None:
    brief = dossiers.situations()["options"].brief
    some = replace(brief, options=tuple(dossiers.an_option(n, f"Offer {n}") for n in range(options)))

    assert action_for(Kind.OPTIONS, some) is leads
    assert leading(some, dossiers.NOW) is leads
