"""Who may press what: each refusal tells whose turn it is, and each button is there for those whom it is for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.action import Action
from bot.domain.decider import highest_reach
from bot.domain.decision import Dossier, Status
from bot.domain.permission import check, check_resolution, offered, others_in_words, standing
from bot.domain.round import RoundMember
from bot.domain.stability import StabilityLabel
from bot.domain.team import Member
from bot.errors import Conflict, NotAllowed
from tests.support.dossiers import (
    ANA,
    CLOSED,
    LISA,
    MIKE,
    NOW,
    OPTIONS,
    OUTCOME,
    RESULT,
    SARAH,
    TOM,
    a_decision,
    a_dossier,
    a_member,
    a_round,
    an_option,
    by,
    situations,
)

SITUATIONS = situations()
CHEAP = (an_option(0, "A voucher", cost="50"),)
CLEAR = replace(RESULT, label=StabilityLabel.CLEAR, rows=RESULT.rows[:1], cells=RESULT.cells[:1])
STRANGER = a_member(9, "Uma", authority=1)


def refusal(action: Action, dossier: Dossier, member: Member) -> str | None:
    """The sentence for this person; None where they may."""
    try:
        check(action, dossier, by(member))
    except (Conflict, NotAllowed) as refused:
        return refused.message
    return None


# --- Which buttons there are.


def test_what_can_be_done_while_the_team_scores() -> None:
    scoring = SITUATIONS["open"]

    assert offered(scoring, NOW) == (Action.SCORE, Action.VOID_ROUND, Action.CANCEL, Action.EDIT_URGENCY)


def test_a_cancelled_decision_has_no_buttons() -> None:
    cancelled = SITUATIONS["cancelled"]

    assert offered(cancelled, NOW) == ()


def test_a_button_of_another_phase_is_refused_with_where_the_decision_stands() -> None:
    assert refusal(Action.START_SCORING, SITUATIONS["define"], SARAH) == (
        '"Start scoring" is not possible now. #42 is being defined (phase 1 of 6); Sarah Johnson can fill in the case.'
    )


# --- Rounds.


def test_a_second_round_cannot_be_voided_while_it_has_no_result() -> None:
    said = refusal(Action.VOID_ROUND, SITUATIONS["second round"], SARAH)

    assert said is not None
    assert "so its second round cannot start over. Let it run, or cancel the decision." in said


@pytest.mark.parametrize("name", ["published", "second result"])
def test_what_is_published_is_not_voided_and_the_refusal_says_that_it_can_be_resolved(name: str) -> None:
    said = refusal(Action.VOID_ROUND, SITUATIONS[name], SARAH)

    assert said is not None
    assert "its result published" in said
    assert "a decider can resolve it" in said


def test_there_is_no_third_round() -> None:
    said = refusal(Action.SECOND_ROUND, SITUATIONS["second result"], MIKE)

    assert said is not None
    assert "had its second round already, and there is no third" in said


def test_a_clear_result_takes_no_second_round_and_the_refusal_says_which_one_does() -> None:
    clear = replace(SITUATIONS["published"], result=CLEAR)

    said = refusal(Action.SECOND_ROUND, clear, MIKE)

    assert said is not None
    assert "too close to call or splits the team; that of #42 is neither" in said
    assert refusal(Action.SECOND_ROUND, SITUATIONS["published"], MIKE) is None


def test_before_there_is_a_result_the_refusal_of_a_second_round_tells_where_scoring_is() -> None:
    said = refusal(Action.SECOND_ROUND, SITUATIONS["open"], MIKE)

    assert said is not None
    assert "is being scored (phase 4 of 6): 2 of 5 have scored, at least 3 must" in said


def test_outside_scoring_no_refusal_speaks_of_second_rounds() -> None:
    for name in ("options", "act"):
        said = refusal(Action.SECOND_ROUND, SITUATIONS[name], MIKE)

        assert said is not None
        assert "second round" not in said.removeprefix('"Second round"')


def roster_of(dossier: Dossier, *, excused: bool) -> Dossier:
    """The dossier with Tom among those who are asked, excused or not."""
    assert dossier.round is not None
    others = tuple(m for m in dossier.round.members if m.member_id != TOM.id)
    toms = RoundMember(TOM.id, TOM.name, None, False, excused)
    return replace(dossier, round=replace(dossier.round, members=(*others, toms)))


@pytest.mark.parametrize("name", ["open", "second round"])
def test_only_who_is_on_the_roster_and_not_excused_may_score(name: str) -> None:
    assert refusal(Action.SCORE, roster_of(SITUATIONS[name], excused=False), TOM) is None
    assert refusal(Action.SCORE, roster_of(SITUATIONS[name], excused=True), TOM) is not None
    assert refusal(Action.SCORE, SITUATIONS[name], STRANGER) is not None


def test_who_may_not_score_is_told_why() -> None:
    first, second = SITUATIONS["open"], SITUATIONS["second round"]

    assert "who scores was settled when scoring started" in (refusal(Action.SCORE, first, STRANGER) or "")
    assert "You are excused" in (refusal(Action.SCORE, roster_of(first, excused=True), TOM) or "")
    assert "those of the first one" in (refusal(Action.SCORE, second, STRANGER) or "")
    assert "those of the first one" in (refusal(Action.SCORE, roster_of(second, excused=True), TOM) or "")


# --- By authority. 8,000.50 are at stake, which takes 3 by the usual table.


@pytest.mark.parametrize("action", [Action.VOID_ROUND, Action.CANCEL])
def test_what_the_owner_may_do_somebody_with_the_authority_to_resolve_may_do_too(action: Action) -> None:
    scoring = replace(SITUATIONS["open"], options=CHEAP)
    enough, too_little = replace(TOM, authority=3), replace(TOM, authority=2)

    assert refusal(action, scoring, enough) is None
    said = refusal(action, scoring, too_little)
    assert said is not None
    assert "is for its owner, Sarah Johnson, or a decider up to USD 10,000; you may decide up to USD 1,000" in said
    assert refusal(action, scoring, replace(SARAH, authority=1)) is None


def test_what_is_for_the_owner_alone_is_refused_to_the_highest_authority() -> None:
    said = refusal(Action.EDIT_URGENCY, SITUATIONS["open"], replace(TOM, authority=5))

    assert said == '"Change urgency" on #42 is for its owner, Sarah Johnson. Ask them.'
    assert refusal(Action.EDIT_URGENCY, SITUATIONS["open"], SARAH) is None


@pytest.mark.parametrize(
    ("action", "begins"),
    [(Action.RESOLVE, "Resolving #42 needs"), (Action.SECOND_ROUND, "A second round of #42 needs")],
)
def test_a_decider_has_the_authority_of_the_easiest_option(action: Action, begins: str) -> None:
    published = SITUATIONS["published"]

    assert refusal(action, published, replace(TOM, authority=3)) is None
    said = refusal(action, published, replace(TOM, authority=2))
    assert said is not None
    assert said.startswith(
        f"{begins} a decider up to USD 10,000; you may decide up to USD 1,000. Ask a teammate who may decide more"
    )


def test_one_resolves_with_an_option_that_ones_own_authority_reaches() -> None:
    published, option = SITUATIONS["published"], OPTIONS[0]

    check_resolution(published, option, by(replace(TOM, authority=3)))
    with pytest.raises(NotAllowed) as refused:
        check_resolution(published, option, by(replace(TOM, authority=2)))

    assert refused.value.message.startswith(
        "This option needs a decider up to USD 10,000; you may decide up to USD 1,000. "
    )
    assert refused.value.field == "option"


def test_nobody_resolves_their_own_decision_above_the_limit() -> None:
    published = SITUATIONS["published"]
    small = replace(published.decision, case=replace(published.decision.case, financial_impact=None))

    check_resolution(replace(published, decision=small), CHEAP[0], by(SARAH))
    with pytest.raises(NotAllowed) as refused:
        check_resolution(published, OPTIONS[0], by(SARAH))

    assert "what takes so much is not resolved by whoever opened the decision" in refused.value.message
    assert refused.value.field == "option"


def test_the_highest_reach_is_that_of_the_best_person_and_of_an_owner_only_up_to_the_limit() -> None:
    published = SITUATIONS["published"]

    assert highest_reach(published, []) == 0
    assert highest_reach(published, [ANA]) == 1
    assert highest_reach(published, [ANA, LISA]) == 2
    assert highest_reach(published, [SARAH, ANA]) == 2
    assert highest_reach(published, [SARAH, replace(TOM, authority=5)]) == 5


# --- Of those who resolved it.


def test_what_follows_a_choice_is_for_who_made_it_or_has_as_much_authority() -> None:
    resolved = SITUATIONS["act"]

    assert refusal(Action.INFORMED, resolved, replace(MIKE, authority=1)) is None
    assert refusal(Action.INFORMED, resolved, replace(TOM, authority=4)) is None
    said = refusal(Action.INFORMED, resolved, replace(TOM, authority=3))
    assert said == (
        '"Customer informed" on #42 is for Mike Chen, who resolved it, or a decider up to USD 50,000; '
        "you may decide up to USD 10,000. Ask them."
    )


def test_the_outcome_is_recorded_by_the_owner_or_the_resolver() -> None:
    informed = SITUATIONS["learn"]

    assert refusal(Action.RECORD_OUTCOME, informed, SARAH) is None
    assert refusal(Action.RECORD_OUTCOME, informed, MIKE) is None
    assert refusal(Action.RECORD_OUTCOME, informed, replace(TOM, authority=5)) == (
        '"Record outcome" on #42 is for its owner, Sarah Johnson, or its resolver, Mike Chen. Ask them.'
    )


def test_where_nobody_knows_who_resolved_it_the_refusal_says_whoever() -> None:
    nameless = replace(SITUATIONS["learn"], resolver=None, outcome=OUTCOME)

    said = refusal(Action.RECORD_OUTCOME, nameless, TOM)

    assert said is not None
    assert "or its resolver, whoever resolved it" in said


# --- Where a decision stands.


def test_a_round_past_its_time_is_being_closed_and_one_that_is_closed_is_being_published() -> None:
    due = a_dossier(Status.EVALUATING, 4, round=a_round(submitted=4, closes_at=NOW))
    closed = a_dossier(Status.EVALUATING, 4, round=a_round(submitted=4, **CLOSED))

    assert "ended 23 Nov 2026, 12:00 UTC and is being closed" in standing(due, NOW)
    assert "is being published" in standing(closed, NOW)
    assert "closes 23 Nov 2026, 12:00 UTC" in standing(due, NOW - timedelta(seconds=1))


def test_what_is_finished_says_all_that_was_done() -> None:
    said = standing(SITUATIONS["learn"], NOW)

    assert said == "#42 is finished: resolved, the customer informed, the outcome recorded."


def test_extending_is_a_way_out_only_while_enough_people_are_left_for_a_quorum() -> None:
    enough = a_dossier(Status.EVALUATING, 4, round=a_round(submitted=1, **CLOSED))
    alone = a_dossier(Status.EVALUATING, 4, round=a_round(people=[SARAH], **CLOSED))

    assert "can extend it, publish what there is, or cancel" in standing(enough, NOW)
    assert "can publish what there is, or cancel" in standing(alone, NOW)


def test_a_result_that_leaves_much_open_may_be_asked_about_once_more() -> None:
    published = SITUATIONS["published"]

    assert "or ask the team once more" in standing(published, NOW)
    assert "once more" not in standing(replace(published, result=CLEAR), NOW)


def test_what_is_informed_and_recorded_is_finished() -> None:
    waiting = a_dossier(Status.RESOLVED, 6, decision=a_decision(Status.RESOLVED, 6), outcome=OUTCOME)

    assert "the outcome can be recorded" in standing(waiting, NOW)
    assert "is finished" in standing(SITUATIONS["learn"], NOW)


def test_who_else_may_resolve_is_named_and_where_nobody_may_who_can_change_that() -> None:
    published = SITUATIONS["published"]
    nobody = "Nobody else in the team may yet; a workspace admin can change that in /decide setup."

    assert others_in_words(published, [SARAH, ANA], 3) == nobody
    assert others_in_words(published, [SARAH, replace(MIKE, authority=3), replace(TOM, authority=4)], 3) == (
        "Ask Mike Chen or Tom Becker."
    )
