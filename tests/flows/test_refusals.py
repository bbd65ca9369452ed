"""Whoever may not do something, or not now, is told privately: where the decision stands, and the way out."""

from uuid import uuid4

from bot.domain.action import Action
from tests.support.team import Team

DEFINING = "#1 is being defined (phase 1 of 6); Sarah Johnson can fill in the case."
CRITERIA = "#1 is getting its criteria (phase 2 of 6); Sarah Johnson submits them."
OPTIONS = "#1 is collecting options (phase 3 of 6); propose one, or Sarah Johnson can start scoring."
PUBLISHED = "#1 is scored and its result published (phase 4 of 6); a decider can resolve it."
RESOLVED = "#1 is resolved (phase 5 of 6); next, the customer is informed."
INFORMED = "#1 is resolved and the customer informed (phase 6 of 6); the outcome can be recorded."
CANCELLED = "#1 is cancelled; open a new one with /decide."


async def test_a_refusal_is_seen_by_nobody_else(team: Team) -> None:
    await team.to_options()
    await team.settled()
    sentence = '"Edit criteria" on #1 is for its owner, Sarah Johnson. Ask them.'
    assert sentence in await team.told("lisa", Action.EDIT_CRITERIA)
    for other in ("sarah", "mike", "tom", "eve"):
        assert sentence not in await team.house.person(other).screen()
    team.check_deliveries()


async def test_a_button_pressed_too_early_names_the_state_and_the_way_out(team: Team) -> None:
    await team.open(description="")
    for action in set(Action) - {Action.COMPLETE_CASE, Action.CANCEL}:
        assert f'"{action.label}" is not possible now. {DEFINING}' in await team.told("sarah", action)
    assert team.state == ("created", 1)


async def test_a_stale_button_names_each_state_that_the_decision_has_moved_to(team: Team) -> None:
    await team.open()
    assert f'"Score" is not possible now. {OPTIONS}' in await team.told("sarah", Action.SCORE)
    await team.change("UPDATE customer_decisions SET current_phase = 2")  # as it was with decisions of before
    assert f'"Score" is not possible now. {CRITERIA}' in await team.told("sarah", Action.SCORE)

    await team.to_resolved()  # another decision, #2
    for standing in (RESOLVED, INFORMED):
        sentence = f'"Resolve" is not possible now. {standing.replace("#1", "#2")}'
        assert sentence in await team.told("mike", Action.RESOLVE)
        await team.press("mike", Action.INFORMED)
        await team.until("SELECT max(current_phase) FROM customer_decisions", 6)


async def test_a_stale_button_names_a_result_that_waits_for_a_decider(team: Team) -> None:
    await team.to_options()
    assert f'"Resolve" is not possible now. {OPTIONS}' in await team.told("mike", Action.RESOLVE)
    await team.to_result()
    published = PUBLISHED.replace("#1", "#2")
    for action, label in (
        (Action.SCORE, "Score"),
        (Action.EDIT_CASE, "Edit case"),
        (Action.VOID_ROUND, "Start over"),
    ):
        assert f'"{label}" is not possible now. {published}' in await team.told("sarah", action)


async def test_a_stale_button_tells_how_far_an_open_round_is(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("mike")
    told = await team.told("sarah", Action.START_SCORING)
    assert (
        '"Start scoring" is not possible now. #1 is being scored (phase 4 of 6): 1 of 4 has scored, at least 3 must'
        in told
    )
    assert "and scoring closes" in told
    assert "UTC" in told


async def test_a_cancelled_decision_offers_nothing(team: Team) -> None:
    await team.open()
    await team.change("UPDATE customer_decisions SET status = 'cancelled' WHERE id = %s", team.decision_id)
    for action, label in ((Action.CANCEL, "Cancel decision"), (Action.EDIT_CRITERIA, "Edit criteria")):
        assert f'"{label}" is not possible now. {CANCELLED}' in await team.told("sarah", action)


async def test_what_is_the_owners_names_the_owner(team: Team) -> None:
    await team.to_options()
    for action in (Action.START_SCORING, Action.EDIT_CRITERIA, Action.EDIT_CASE):
        sentence = f'"{action.label}" on #1 is for its owner, Sarah Johnson. Ask them.'
        assert sentence in await team.told("mike", action)
    assert team.state == ("team_input", 3)


async def test_only_the_owner_completes_the_case_and_sets_the_criteria(team: Team) -> None:
    await team.open(description="")
    sentence = '"Fill in the case" on #1 is for its owner, Sarah Johnson. Ask them.'
    assert sentence in await team.told("mike", Action.COMPLETE_CASE)
    await team.open()
    sentence = '"Edit criteria" on #2 is for its owner, Sarah Johnson. Ask them.'
    assert sentence in await team.told("mike", Action.EDIT_CRITERIA)


async def test_only_the_owner_changes_the_urgency_while_the_team_scores(team: Team) -> None:
    await team.to_scoring()
    sentence = '"Change urgency" on #1 is for its owner, Sarah Johnson. Ask them.'
    assert sentence in await team.told("mike", Action.EDIT_URGENCY)


async def test_what_is_the_owners_or_a_deciders_names_the_authority_it_takes(team: Team) -> None:
    await team.to_scoring()
    for action in (Action.CANCEL, Action.VOID_ROUND):
        assert (
            f'"{action.label}" on #1 is for its owner, Sarah Johnson, or a decider up to USD 1,000; '
            "you may decide up to USD 100. Ask them."
        ) in await team.told("lisa", action)
        assert (await team.window("mike", action)).callback_id == action


async def test_closing_early_is_for_owner_and_deciders_once_quorum_holds(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "lisa"):
        await team.ballot(name)
    told = await team.told("sarah", Action.CLOSE_SCORING)
    assert (
        '"Close scoring" is not possible now. #1 is being scored (phase 4 of 6): 2 of 4 have scored, at least 3 must'
        in told
    )
    await team.ballot("tom")
    assert await team.told("lisa", Action.CLOSE_SCORING) == (
        '"Close scoring" on #1 is for its owner, Sarah Johnson, or a decider up to USD 1,000; you may decide up '
        "to USD 100. "
        "Ask them."
    )
    assert await team.told("mike", Action.CLOSE_SCORING) == ("Scoring of #1 is closed. The result follows in a moment.")
    await team.published()


async def test_somebody_who_is_not_on_the_roster_is_told_who_can_add_them(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    sentence = (
        "You are not asked to score #1: who scores was settled when scoring started. Sarah Johnson can start "
        "over with you."
    )
    assert sentence in await team.told("tom", Action.SCORE)


async def test_resolving_names_the_authority_that_it_takes(team: Team) -> None:
    await team.to_result()
    assert (
        "Resolving #1 needs a decider up to USD 1,000; you may decide up to USD 100. Ask a teammate who may "
        "decide more; Show details names "
        "them, or says who can change that."
    ) in await team.told("lisa", Action.RESOLVE)


async def test_an_option_beyond_ones_authority_is_refused_under_its_field(team: Team) -> None:
    await team.to_result(financial_impact=20_000)
    team.give("mike", 4)
    await team.change("UPDATE response_options SET risk_level = 'high' WHERE title = 'Full refund'")
    await team.window("mike", Action.RESOLVE)
    answer = await team.submit("mike", {"Option": "Full refund", "Reason": "It is right."})
    assert answer.status == "errors"
    assert (await team.modal("mike")).errors == {
        "Option": "This option needs a decider for any amount; you may decide up to USD 50,000. Ask a teammate who may "
        "decide more; Show details names "
        "them, or says who can change that."
    }
    answer = await team.submit("mike", {"Option": "Partial credit"})
    assert answer.ok
    assert team.state == ("resolved", 5)


async def test_above_level_two_nobody_resolves_their_own_decision(team: Team) -> None:
    await team.to_result(financial_impact=5_000)
    assert (
        "You opened #1, and a decision of this size is not resolved by whoever opened it. Ask Mike Chen."
    ) in await team.told("sarah", Action.RESOLVE)
    assert team.state == ("evaluating", 4)


async def test_an_owner_reads_first_which_options_somebody_else_has_to_resolve_with(team: Team) -> None:
    await team.to_result()
    await team.change("UPDATE response_options SET financial_cost = 9000 WHERE title = 'Full refund'")
    modal = await team.window("sarah", Action.RESOLVE)
    assert 'This is your own decision: you cannot resolve it with "Full refund". Ask Mike Chen.' in modal.text
    answer = await team.submit("sarah", {"Option": "Full refund", "Reason": "Mine."})
    assert answer.error is not None
    assert answer.error.startswith("This option needs a decider up to USD 10,000, and what takes so much is not")
    assert (await team.modal("sarah")).inputs["Reason"] == "Mine."
    assert (await team.submit("sarah", {"Option": "Partial credit"})).ok


async def test_an_amount_that_nobody_gave_takes_a_decider_of_the_third_level(team: Team) -> None:
    await team.to_result(financial_impact=None)
    await team.change("UPDATE response_options SET financial_cost = NULL")
    team.give("lisa", 2)
    assert "needs a decider up to USD 10,000; you may decide up to USD 1,000" in await team.told("lisa", Action.RESOLVE)
    assert "is not resolved by whoever opened it. Ask Mike Chen." in await team.told("sarah", Action.RESOLVE)
    await team.window("mike", Action.RESOLVE)
    assert (await team.submit("mike", {"Option": "Full refund", "Reason": "It leads."})).ok


async def test_up_to_level_two_the_owner_resolves_the_own_decision(team: Team) -> None:
    await team.to_result()
    await team.window("sarah", Action.RESOLVE)
    assert (await team.submit("sarah", {"Option": "Full refund", "Reason": "Small enough."})).ok
    assert team.state == ("resolved", 5)


async def test_after_resolving_the_resolver_or_somebody_higher_goes_on(team: Team) -> None:
    await team.to_resolved(resolver="mike")
    for action in (Action.INFORMED, Action.CHANGE_CHOICE):
        assert (
            f'"{action.label}" on #1 is for Mike Chen, who resolved it, or a decider up to USD 50,000; '
            "you may decide up to USD 100. Ask them."
        ) in await team.told("lisa", action)


async def test_the_outcome_is_for_owner_and_resolver(team: Team) -> None:
    await team.to_resolved(resolver="mike")
    assert "Noted: the customer of #1 knows." in await team.told("mike", Action.INFORMED)
    assert (
        '"Record outcome" on #1 is for its owner, Sarah Johnson, or its resolver, Mike Chen. Ask them.'
    ) in await team.told("lisa", Action.RECORD_OUTCOME)
    for name in ("sarah", "mike"):
        assert (await team.window(name, Action.RECORD_OUTCOME)).callback_id == Action.RECORD_OUTCOME


async def test_a_submit_is_refused_by_the_state_it_finds_not_by_the_one_the_window_was_opened_in(team: Team) -> None:
    await team.to_options()
    await team.window("mike", Action.PROPOSE_OPTION)
    await team.house.person("mike").fill({"Option 1": "Third"})
    await team.change("UPDATE customer_decisions SET current_phase = 2")
    answer = await team.house.person("mike").submit()
    assert answer.error == f'"Add options" is not possible now. {CRITERIA}'
    assert team.value("SELECT count(*) FROM response_options") == 2
    assert "Third" in (await team.modal("mike")).text


SOMEBODY_ELSES = "Your team has no such decision. /decide list shows those it has."


async def test_a_button_about_a_decision_that_does_not_exist_says_so(team: Team) -> None:
    for action in [*Action, "decision.show", "card.post"]:
        assert SOMEBODY_ELSES in await team.told("sarah", action, uuid4())
    team.check_deliveries()


async def test_a_button_with_a_value_that_is_no_id_is_out_of_date(team: Team) -> None:
    for value in ("", "42", "'; DROP TABLE teams", "x" * 2000):
        for action in ("decision.show", Action.SCORE, Action.CLOSE_SCORING, "option.choose", "team.edit_member"):
            assert (
                "This button is out of date. Use /decide list to see where your decisions stand."
            ) in await team.told("sarah", action, value)
    team.check_deliveries()


async def test_a_button_of_another_version_says_so(team: Team) -> None:
    assert await team.told("sarah", "decision.teleport", "x") == (
        "This belongs to another version of Conclave. Use /decide list to see where your decisions stand."
    )
    team.check_deliveries()


async def test_somebody_unknown_is_told_who_can_add_them_whatever_they_press(team: Team) -> None:
    await team.to_scoring()
    sentence = (
        "You are not a member of a team here yet. Sarah Johnson or a workspace admin can add you with /decide setup."
    )
    for action in (Action.SCORE, Action.CLOSE_SCORING, "decision.show", Action.PROPOSE_OPTION):
        assert sentence in await team.told("eve", action)
    assert "Eve" not in await team.card()


async def test_an_expired_trigger_is_told_privately_with_the_way_out(team: Team) -> None:
    await team.open()
    sarah = team.house.person("sarah")
    team.house.sandbox.fail("views.open", "error", error="expired_trigger_id")
    assert (await team.press("sarah", Action.EDIT_CRITERIA)).ok
    await sarah.see("Slack did not let the window open in time. Try it once more.")
    assert "Slack did not let" not in await team.house.person("mike").screen()
    assert await sarah.modal() is None


async def test_an_expired_trigger_inside_a_window_is_told_in_a_direct_message(team: Team) -> None:
    await team.to_options()
    await team.press("sarah", "decision.show")
    await team.modal("sarah", at_least="Description")
    team.house.sandbox.fail("views.push", "error", error="expired_trigger_id", times=2)
    assert (await team.house.person("sarah").click("Add options")).ok
    await team.house.person("sarah").see("Slack did not let the window open in time. Try it once more.")
    assert len(await team.house.person("sarah").messages("dm")) == 1
    assert "Description" in (await team.modal("sarah")).text


async def test_scoring_does_not_start_without_a_criterion(team: Team) -> None:
    await team.to_options()
    await team.change("DELETE FROM decision_criteria")
    sentence = '#1 needs at least 1 criterion. Use "Edit criteria".'
    assert sentence in await team.told("sarah", Action.START_SCORING)


async def test_a_card_without_a_channel_cannot_be_posted(team: Team) -> None:
    await team.open()
    await team.change("UPDATE customer_decisions SET channel_id = NULL")
    sentence = "#1 was opened without a channel. Use /decide show 1."
    assert sentence in await team.told("sarah", "card.post")
