"""Scoring in secret: one page or many, drafts, skipping, comments, changing one's mind."""

from typing import Any
from uuid import uuid4

import pytest

from bot.demo.story.pressing import press
from bot.domain.action import Action
from tests.support.known import known
from tests.support.scoring import (
    ADD_COMMENT,
    COST,
    FULL,
    PARTIAL,
    TRUST,
    by_hand,
    field,
    scores_in,
    skips,
    sure,
    typed,
    unfold_comments,
)
from tests.support.team import Team

DRAFTS = "SELECT count(*) FROM ballot_pages WHERE criteria_id IS NOT NULL"
MANY = tuple(f"Option {letter}" for letter in "ABCDEFGHIJK")
"""With two criteria more than fits one page."""
SCALE = "Scores are whole numbers from 1 to 10. If you can't judge this criterion, say so beside its name."


async def submits(team: Team, name: str, values: dict[str, str] | None = None) -> Any:
    modal = await team.modal(name)
    assert modal.submit == "Submit in secret"
    return await team.submit(name, values or {})


async def test_a_ballot_is_scored_on_one_page_and_submitted_in_secret(team: Team) -> None:
    await team.to_scoring()
    modal = await team.window("lisa", Action.SCORE)
    assert modal.text.startswith("=== Score #1 ===\nRefund for the outage · ABC Corporation\nScore every option")
    assert "You are about to submit 4 scores." in modal.text
    assert "Secret: your team never sees who scored what." in modal.text
    assert "[ Close without saving ]" in modal.text

    assert (await submits(team, "lisa", {**typed(9, 4, on=[TRUST]), **typed(3, 8, on=[COST]), **sure(2, on=[COST])})).ok

    assert "Submitted in secret. 1 of 4 has scored." in (await team.modal("lisa")).text
    assert "1 of 4 has scored" in await team.card("mike")
    rows = team.sql(
        "SELECT o.title, k.name, e.score, e.confidence FROM evaluations e "
        "JOIN response_options o ON o.id = e.option_id JOIN decision_criteria k ON k.id = e.criteria_id ORDER BY 1, 2"
    )
    assert rows == [(FULL, COST, 3, 2), (FULL, TRUST, 9, None), (PARTIAL, COST, 8, 2), (PARTIAL, TRUST, 4, None)]
    assert team.value("SELECT count(*) FROM submissions WHERE created_kind NOT IN ('decision', 'criterion.edit', "
                      "'option.propose', 'round.start', 'team')") == 0  # fmt: skip
    team.check_deliveries()


async def test_more_than_twenty_scores_are_asked_for_page_by_page(team: Team) -> None:
    await team.to_scoring(titles=MANY)
    lisa = team.house.person("lisa")
    modal = await team.window("lisa", Action.SCORE)
    assert "Criterion 1 of 2" in modal.text
    assert "[ Back ]" not in modal.text
    first = dict.fromkeys(scores_in(modal.inputs), "7")
    assert len(first) == 11
    assert (await team.submit("lisa", first)).ok
    second = dict.fromkeys(scores_in((await team.modal("lisa", at_least="Criterion 2 of 2")).inputs), "3")

    await lisa.fill({**second, **sure(1, on=[COST])})
    await lisa.click("Back")
    modal = await team.modal("lisa", at_least="Criterion 1 of 2")
    assert set(modal.inputs.values()) == {"7", ""}, "the scores, and nothing about being sure"
    assert (await lisa.submit()).ok
    modal = await team.modal("lisa", at_least="Criterion 2 of 2")
    assert modal.inputs["How sure are you about Cost?"] == "1 · guessing"
    assert (await lisa.submit()).ok

    modal = await team.modal("lisa", at_least="Check your scores")
    assert "Option A: 3" in modal.text
    assert (await submits(team, "lisa")).ok
    assert "Submitted in secret. 1 of 4 has scored." in (await team.modal("lisa", at_least="Submitted")).text
    assert team.sql("SELECT score, count(*) FROM evaluations GROUP BY 1 ORDER BY 1") == [(3, 11), (7, 11)]
    team.check_deliveries()


async def test_one_of_many_pages_is_skipped_where_it_stands_and_resumed_at(team: Team) -> None:
    await team.to_scoring(titles=MANY)
    lisa = team.house.person("lisa")
    await team.window("lisa", Action.SCORE)
    assert (await lisa.click(skips(TRUST))).ok
    modal = await team.modal("lisa", at_least="You can't judge Trust")
    assert "Criterion 1 of 2" in modal.text
    assert scores_in(modal.inputs) == []
    assert (await lisa.submit()).ok
    await team.modal("lisa", at_least="Criterion 2 of 2")
    await lisa.fill({field("Option A", on=COST): "3"})
    await lisa.click("Save for later")
    await team.modal("lisa", at_least="Saved, 1 of 2")

    modal = await team.window("lisa", Action.SCORE)

    assert "Criterion 2 of 2" in modal.text
    assert modal.inputs[field("Option A", on=COST)] == "3"
    assert (await team.submit("lisa", dict.fromkeys(scores_in(modal.inputs), "4"))).ok
    await team.modal("lisa", at_least="Check your scores")
    assert (await submits(team, "lisa")).ok
    rows = team.sql("SELECT DISTINCT name, score FROM evaluations e JOIN decision_criteria k ON k.id = criteria_id")
    assert rows == [(COST, 4)]


async def test_a_draft_is_resumed_with_what_was_saved(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    lisa = team.house.person("lisa")
    half = {**typed(9, 4, on=[TRUST]), field(FULL, on=COST): "3"}
    await lisa.fill(half)
    await lisa.click("Save for later")
    modal = await team.modal("lisa", at_least="Saved")
    assert (
        "Saved, 1 of 2 criteria complete. Close this window; Score on #1 resumes here. It counts once you submit it."
        in modal.text
    )
    assert "0 of 4 have scored" in await team.card()

    modal = await team.window("lisa", Action.SCORE)

    assert {label: modal.inputs[label] for label in half} == half
    assert modal.inputs[field(PARTIAL, on=COST)] == ""
    lasting = ["Save for later", "What will be shown?", "I should not score this one"]
    assert modal.buttons == [skips(TRUST), skips(COST), ADD_COMMENT, *lasting]


async def test_closing_the_window_loses_only_what_was_typed_since(team: Team) -> None:
    await team.to_scoring()
    lisa = team.house.person("lisa")
    await team.window("lisa", Action.SCORE)
    await lisa.fill(typed(9, 4))
    await lisa.click("Save for later")
    await team.modal("lisa", at_least="Saved")
    await team.window("lisa", Action.SCORE)
    await lisa.fill(typed(1, 1))
    await lisa.close(everything=True)

    modal = await team.window("lisa", Action.SCORE)

    assert modal.inputs[field(FULL, on=TRUST)] == "9"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "Please complete this required field."),
        ("0", "Please enter a number of at least 1."),
        ("11", "Please enter a number of at most 10."),
        ("7.5", "Please enter a whole number."),
    ],
)
async def test_what_is_no_score_is_refused_at_its_field_by_slack_already(team: Team, value: str, told: str) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    answer = await team.submit("lisa", {**typed(9, 4), field(PARTIAL, on=COST): value})
    assert answer.status == "refused"
    assert (await team.modal("lisa")).errors == {field(PARTIAL, on=COST): told}
    assert team.value(DRAFTS) == 0


@pytest.mark.parametrize("value", ["", "0", "11", "7.5"])
async def test_what_is_no_score_and_comes_all_the_same_is_refused_at_its_field(team: Team, value: str) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    await team.house.person("lisa").fill({**typed(9, 4), field(PARTIAL, on=COST): value})
    for block in known(team.house.sandbox.town.workspace.top("U0LISA")).blocks:
        if block["type"] == "input":  # another client, which checks nothing
            block["optional"] = True
            for limit in ("min_value", "max_value"):
                block["element"].pop(limit, None)
            block["element"].update({"is_decimal_allowed": True} if block["element"]["type"] == "number_input" else {})

    answer = await team.house.person("lisa").submit()

    assert answer.status == "errors"
    modal = await team.modal("lisa")
    assert modal.errors == {field(PARTIAL, on=COST): SCALE}
    assert modal.inputs[field(FULL, on=TRUST)] == "9"
    assert team.value("SELECT count(*) FROM evaluations") == 0


async def test_saving_something_that_is_no_score_is_refused_and_keeps_it_in_the_window(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    lisa = team.house.person("lisa")
    await lisa.fill({**typed(9, 4), field(PARTIAL, on=COST): "11"})

    await lisa.click("Save for later")

    await team.modal("lisa", at_least="Scores are whole numbers from 1 to 10. Nothing is saved yet")
    await lisa.close()
    modal = await team.modal("lisa")
    assert (modal.inputs[field(PARTIAL, on=COST)], modal.inputs[field(FULL, on=TRUST)]) == ("11", "9")
    assert team.value(DRAFTS) == 0


async def test_whoever_cannot_judge_a_criterion_skips_it_and_keeps_what_else_was_typed(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    lisa = team.house.person("lisa")
    await lisa.fill({**typed(6, 7, on=[COST]), field(FULL, on=TRUST): "9"})

    assert (await lisa.click(skips(TRUST))).ok

    modal = await team.modal("lisa", at_least="You can't judge Trust: it does not count.")
    assert "You are about to submit 2 scores. Left out: Trust." in modal.text
    assert scores_in(modal.inputs) == [label for label in scores_in(modal.inputs) if label.endswith(COST)]
    assert modal.inputs[field(FULL, on=COST)] == "6"
    assert (await submits(team, "lisa")).ok
    assert team.value("SELECT count(*) FROM evaluations") == 2


async def test_skipping_is_undone_the_same_way_and_gives_back_what_was_typed(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    lisa = team.house.person("lisa")
    await lisa.fill({**typed(6, 7, on=[COST]), field(FULL, on=TRUST): "9"})
    await lisa.click(skips(TRUST))
    await team.modal("lisa", at_least="You can't judge Trust")
    await lisa.fill({field(FULL, on=COST): "5"})
    await lisa.click(skips(COST))
    await team.modal("lisa", at_least="Left out: Trust and Cost.")

    for criterion in (TRUST, COST):
        assert (await lisa.click(f"I can judge {criterion}")).ok
        await team.modal("lisa", at_least=skips(criterion))

    modal = await team.modal("lisa")
    assert [modal.inputs[label] for label in (*typed(0, 0, on=[TRUST]), *typed(0, 0, on=[COST]))] == ["9", "", "5", "7"]


async def test_a_skip_is_kept_by_a_draft(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    lisa = team.house.person("lisa")
    await lisa.click(skips(TRUST))
    await team.modal("lisa", at_least="You can't judge Trust")
    await lisa.click("Save for later")
    await team.modal("lisa", at_least="Saved, 1 of 2")

    modal = await team.window("lisa", Action.SCORE)

    assert "You can't judge Trust" in modal.text
    assert (await submits(team, "lisa", typed(6, 7, on=[COST]))).ok


async def test_skipping_in_a_round_that_is_over_says_so(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    for name in ("sarah", "mike", "tom"):
        await team.ballot(name)
    await team.settled()
    assert (await press(team.house.person("sarah"), "Close scoring")).ok
    await team.published()

    await team.house.person("lisa").click(skips(TRUST))

    assert "Scoring is closed; this page was not saved." in (await team.modal("lisa", at_least="not saved")).text


async def test_a_ballot_that_skips_everything_is_refused(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    for criterion in (TRUST, COST):
        assert (await team.house.person("lisa").click(skips(criterion))).ok
        await team.modal("lisa", at_least=f"You can't judge {criterion}")
    await submits(team, "lisa")
    told = "You could judge none of the criteria, so there is nothing to submit. Score at least one."
    assert told in (await team.modal("lisa", at_least="nothing to submit")).text
    assert team.value("SELECT count(*) FROM round_members WHERE submitted") == 0


async def test_what_will_be_shown_is_told_upon_the_page_which_stays_as_it_is(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    lisa = team.house.person("lisa")
    await lisa.fill(typed(9, 4))

    assert (await lisa.click("What will be shown?")).ok

    assert "of fewer than 3 people nothing" in (await team.modal("lisa", at_least="What the team sees")).text
    await lisa.close()
    assert (await team.modal("lisa")).inputs[field(FULL, on=TRUST)] == "9"
    assert (await submits(team, "lisa")).ok


async def test_a_changed_ballot_replaces_the_first_and_changes_nothing_that_others_see(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("lisa", 2, 2)
    await team.card()
    updates = len(team.house.sandbox.calls("chat.update"))
    modal = await team.window("lisa", Action.SCORE)
    assert "What you submitted stands until you submit again." in modal.text
    assert modal.inputs[field(FULL, on=TRUST)] == "2"
    await team.house.person("lisa").fill(typed(10, 1))
    await team.house.person("lisa").click("Save for later")
    assert "What you submitted stands until you submit again." in (await team.modal("lisa", at_least="Saved")).text
    assert team.value("SELECT count(*) FROM evaluations WHERE score = 10") == 0
    await team.window("lisa", Action.SCORE)
    assert (await submits(team, "lisa")).ok
    assert "1 of 4 has scored" in (await team.modal("lisa")).text
    assert team.value("SELECT count(*) FROM evaluations WHERE score = 2") == 0
    assert team.value("SELECT count(*) FROM evaluations WHERE score = 10") == 2
    await team.settled()
    assert len(team.house.sandbox.calls("chat.update")) == updates


async def test_comments_unfold_on_the_page_and_lose_nothing_of_it(team: Team) -> None:
    await team.to_scoring()
    modal = await team.window("lisa", Action.SCORE)
    assert "Comment on" not in modal.text
    await team.house.person("lisa").fill({**typed(9, 4, on=[TRUST]), field(FULL, on=COST): "11"})

    modal = await unfold_comments(team, "lisa")

    assert ADD_COMMENT not in modal.buttons
    assert modal.inputs[field(PARTIAL, on=TRUST)] == "4"
    assert modal.inputs[field(FULL, on=COST)] == "11", "no score, and yet not lost"


async def test_comments_and_their_sharing_are_kept_from_visit_to_visit(team: Team) -> None:
    await team.to_scoring()
    await team.save_pages("lisa")
    await team.window("lisa", Action.SCORE)
    await unfold_comments(team, "lisa")
    values = {f"Comment on {FULL}": "Worth <every> cent", "My comments": True}
    await team.house.person("lisa").fill(values)
    await team.house.person("lisa").click("Save for later")
    await team.modal("lisa", at_least="Saved, 2 of 2 criteria")
    modal = await team.window("lisa", Action.SCORE)
    assert modal.inputs[f"Comment on {FULL}"] == "Worth <every> cent"
    assert (await submits(team, "lisa", {f"Comment on {PARTIAL}": "  "})).ok
    rows = team.sql("SELECT anonymous_comment, share_comment FROM evaluations WHERE anonymous_comment IS NOT NULL")
    assert rows == [("Worth <every> cent", True)]


async def test_a_ballot_by_hand_with_a_comment(team: Team) -> None:
    await team.to_scoring()
    await by_hand(team, "lisa", 9, 4, comment="Fair.")
    assert team.value("SELECT count(*) FROM evaluations WHERE anonymous_comment = 'Fair.'") == 1


async def test_a_submit_past_the_closing_time_is_refused_and_closes_the_round(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "tom"):
        await team.ballot(name)
    await team.save_pages("lisa")
    await team.window("lisa", Action.SCORE)
    await team.end_round_now()
    answer = await submits(team, "lisa")
    assert answer.status == "errors"
    assert answer.error is not None
    assert "closed" in answer.error or "ended" in answer.error
    await team.published()
    assert team.value("SELECT ballots FROM round_results") == 3
    assert team.value("SELECT count(*) FROM ballot_pages") == 0


async def test_a_page_past_the_closing_time_is_refused_and_closes_the_round(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("lisa")
    await team.window("tom", Action.SCORE)
    await team.end_round_now()
    answer = await team.submit("tom", typed(5, 5))
    assert answer.error == ("Scoring of #1 has ended: its closing time is past. What you had submitted before counts.")
    assert team.value("SELECT close_cause FROM rounds") == "closing_time"


async def test_somebody_off_the_roster_cannot_save_a_page_by_a_forged_window(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    await team.window("lisa", Action.SCORE)
    workspace = team.house.sandbox.town.workspace
    workspace.stacks["U0TOM"] = [workspace.stacks["U0LISA"].pop()]
    answer = await team.submit("tom", typed(10, 10))
    assert answer.error == (
        "You are not asked to score #1: who scores was settled when scoring started. Sarah Johnson can start "
        "over with you."
    )
    assert team.value("SELECT count(*) FROM ballot_pages") == 0


async def test_a_page_with_an_option_or_criterion_that_is_none_of_the_rounds_is_not_saved(team: Team) -> None:
    await team.to_scoring()
    foreign = str(uuid4())
    for ours in (str(team.option_id(FULL)), str(team.value("SELECT id FROM decision_criteria WHERE name = 'Trust'"))):
        await team.window("lisa", Action.SCORE)
        await team.house.person("lisa").fill(typed(9, 9))
        view = known(team.house.sandbox.town.workspace.top("U0LISA"))
        for block in view.blocks:
            block["block_id"] = block["block_id"].replace(ours, foreign)
        view.states = {(b.replace(ours, foreign), a): held for (b, a), held in view.states.items()}
        answer = await team.house.person("lisa").submit()
        assert answer.error == (
            "This page belongs to an earlier state of the decision. Close it and press Score again."
        )
    assert team.value("SELECT count(*) FROM ballot_pages") == 0
    team.check_deliveries()


async def test_a_window_whose_round_is_unknown_says_so(team: Team) -> None:
    await team.to_scoring()
    for metadata in ("", "{}", "[]", "no json", '{"round": "x", "page": "0"}', '{"round": null}'):
        await team.window("lisa", Action.SCORE)
        view = known(team.house.sandbox.town.workspace.top("U0LISA"))
        view.given = {**view.given, "private_metadata": metadata}
        answer = await team.submit("lisa", typed(5, 5))
        assert answer.error == (
            "This page is out of date. Close the window and press Score again; what you saved is still there."
        )
    await team.window("lisa", Action.SCORE)
    view = known(team.house.sandbox.town.workspace.top("U0LISA"))
    view.given = {
        **view.given,
        "private_metadata": view.given["private_metadata"].replace(str(team.round_id), str(uuid4())),
    }
    answer = await team.submit("lisa", typed(5, 5))
    assert answer.error == "Your team has no such round of scoring. /decide list shows its decisions."
    team.check_deliveries()


async def test_the_last_one_missing_whose_answer_got_lost_learns_that_the_ballot_counts(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    for name in ("sarah", "mike"):
        await team.ballot(name)
    await team.save_pages("lisa")
    await team.window("lisa", Action.SCORE)
    await team.house.person("lisa").submit(lose_answer=True)
    await team.published()
    answer = await team.house.person("lisa").submit()
    assert answer.error is not None
    assert answer.error.startswith("Scoring is closed; this page was not saved. What you had submitted before counts. ")
    assert team.value("SELECT ballots FROM round_results") == 3


async def test_everybody_reads_the_options_in_an_order_of_their_own_that_stays(team: Team) -> None:
    await team.to_scoring()
    seen: dict[str, list[str]] = {}
    for name in ("lisa", "lisa", "tom", "mike", "sarah"):
        modal = await team.window(name, Action.SCORE)
        order = [label for label in scores_in(modal.inputs) if label.endswith(TRUST)]
        assert seen.setdefault(name, order) == order


async def test_pages_that_were_never_submitted_do_not_count_and_are_deleted_at_close(team: Team) -> None:
    await team.to_scoring()
    await team.save_pages("tom", 1, 10)
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.card()
    assert (await press(team.house.person("sarah"), "Close scoring")).ok
    await team.published()
    assert team.value("SELECT ballots FROM round_results") == 3
    assert team.value("SELECT count(*) FROM ballot_pages") == 0
    assert team.value("SELECT count(*) FROM evaluations WHERE score IN (1, 10)") == 0
