"""The six phases: states, moves and guards as the method's table has them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.decision import (
    DECISION_TYPES,
    TRANSITIONS,
    VALID_STATES,
    Case,
    Decision,
    Phase,
    State,
    Status,
    Transition,
    missing_for_criteria,
)
from bot.errors import Conflict
from tests.support.dossiers import situations

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)

METHOD_STATES = [
    ("created", 1),
    ("team_input", 2),
    ("team_input", 3),
    ("evaluating", 4),
    ("resolved", 5),
    ("resolved", 6),
    ("cancelled", 1),
    ("cancelled", 2),
    ("cancelled", 3),
    ("cancelled", 4),
]
METHOD_TRANSITIONS = {
    "T1": (None, ("created", 1)),
    "T2": (("created", 1), ("team_input", 2)),
    "T3": (("team_input", 2), ("team_input", 3)),
    "T3b": (("team_input", 3), ("team_input", 2)),
    "T4": (("team_input", 3), ("evaluating", 4)),
    "T4b": (("evaluating", 4), ("team_input", 3)),
    "T5": (("evaluating", 4), ("evaluating", 4)),
    "T6": (("evaluating", 4), ("evaluating", 4)),
    "T7": (("evaluating", 4), ("resolved", 5)),
    "T8": (("resolved", 5), ("resolved", 6)),
    "T9": (("resolved", 6), ("resolved", 6)),
    "T10": (("resolved", 5), ("evaluating", 4)),
    "T11a": (("created", 1), ("cancelled", 1)),
    "T11b": (("team_input", 2), ("cancelled", 2)),
    "T11c": (("team_input", 3), ("cancelled", 3)),
    "T11d": (("evaluating", 4), ("cancelled", 4)),
}


def a_decision(state: State = (Status.CREATED, Phase.DEFINE)) -> Decision:
    return Decision(
        id=UUID(int=1),
        team_id=UUID(int=2),
        number=42,
        revision=1,
        created_by=UUID(int=3),
        created_at=NOW,
        status=state[0],
        phase=state[1],
        case=Case("refund_request", "ABC Corporation", "Refund for the outage"),
    )


def test_the_states_are_those_of_the_method() -> None:
    assert {(str(status), phase) for status, phase in VALID_STATES} == set(METHOD_STATES)


def test_the_moves_are_those_of_the_method() -> None:
    assert {transition.value: move for transition, move in TRANSITIONS.items()} == METHOD_TRANSITIONS
    assert set(TRANSITIONS) == set(Transition)


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("state", sorted(VALID_STATES))
def test_a_move_starts_in_its_own_state_and_nowhere_else(transition: Transition, state: State) -> None:
    start, end = TRANSITIONS[transition]
    decision = a_decision(state)

    if start == state:
        assert decision.moved(transition) == replace(decision, status=end[0], phase=end[1])
    else:
        with pytest.raises(Conflict, match="#42") as refusal:
            decision.moved(transition)
        assert decision.place in refusal.value.message
        assert "/decide show 42" in refusal.value.message


def test_a_refused_move_names_the_state_and_the_way_out() -> None:
    with pytest.raises(Conflict) as refusal:
        a_decision((Status.EVALUATING, Phase.EVALUATE)).moved(Transition.SET_CRITERIA)

    sentence = "#42 has moved on: it is now in phase 4 of 6 (Evaluate). Use /decide show 42."
    assert refusal.value.message == sentence


def test_nothing_leads_out_of_a_cancelled_decision() -> None:
    assert not [t for t, (start, _) in TRANSITIONS.items() if start and start[0] is Status.CANCELLED]


def test_every_phase_and_state_can_be_reached_from_the_first() -> None:
    reached: set[State] = {(Status.CREATED, Phase.DEFINE)}
    for _ in TRANSITIONS:
        reached |= {end for start, end in TRANSITIONS.values() if start in reached}

    assert reached == VALID_STATES
    assert {phase for _, phase in reached} == set(Phase)


class Walk(RuleBasedStateMachine):
    """Press anything at any time: a decision never leaves the valid states, and a refusal changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.decision = a_decision()
        self.was_cancelled = False

    @rule(transition=st.sampled_from(Transition))
    def press_anything(self, transition: Transition) -> None:
        before = self.decision
        try:
            self.decision = before.moved(transition)
        except Conflict:
            assert TRANSITIONS[transition][0] != before.state
        else:
            assert (before.state, self.decision.state) == TRANSITIONS[transition]
            assert not self.was_cancelled

    @precondition(lambda self: not self.was_cancelled)
    @rule(data=st.data())
    def press_what_is_offered(self, data: st.DataObject) -> None:
        offered = [t for t, (start, _) in TRANSITIONS.items() if start == self.decision.state]
        self.decision = self.decision.moved(data.draw(st.sampled_from(offered)))

    @invariant()
    def is_in_a_valid_state(self) -> None:
        assert self.decision.state in VALID_STATES
        self.was_cancelled |= self.decision.status is Status.CANCELLED

    @invariant()
    def keeps_all_the_rest(self) -> None:
        assert replace(self.decision, status=Status.CREATED, phase=Phase.DEFINE) == a_decision()


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)


def test_the_decision_types_are_the_six_of_the_schema() -> None:
    assert set(DECISION_TYPES) == {
        "refund_request",
        "billing_dispute",
        "service_escalation",
        "policy_exception",
        "contract_modification",
        "churn_prevention",
    }


COMPLETE = Case(
    "refund_request",
    "ABC Corporation",
    "Refund",
    description="Down for 8 hours",
    expected_resolution_date=NOW + timedelta(days=2),
)


@pytest.mark.parametrize(
    ("case", "active_members", "missing"),
    [
        (COMPLETE, 2, ()),
        (replace(COMPLETE, description=" \n"), 2, ("a description of the problem",)),
        (replace(COMPLETE, expected_resolution_date=None), 2, ("a date to decide by",)),
        (COMPLETE, 1, ("at least 2 active team members",)),
        (
            replace(COMPLETE, description="", expected_resolution_date=None),
            0,
            (
                "a description of the problem",
                "a date to decide by",
                "at least 2 active team members",
            ),
        ),
    ],
)
def test_what_is_missing_before_criteria_is_named_in_words(
    case: Case, active_members: int, missing: tuple[str, ...]
) -> None:
    assert missing_for_criteria(case, active_members=active_members) == missing


@pytest.mark.parametrize("transition", Transition)
def test_a_decision_stands_where_a_move_has_led_it(transition: Transition) -> None:
    start, end = TRANSITIONS[transition]
    if start is None:
        return

    assert a_decision(start).moved(transition).moved_to_by(transition)
    assert a_decision(start).moved_to_by(transition) is (start == end)


def test_options_and_criteria_of_a_decision_are_found_by_their_ids_and_no_others() -> None:
    dossier = situations()["options"]

    assert [dossier.option(o.id) for o in dossier.options] == list(dossier.options)
    assert [dossier.criterion(k.id) for k in dossier.criteria] == list(dossier.criteria)
    assert (dossier.option(UUID(int=0)), dossier.criterion(UUID(int=0))) == (None, None)
