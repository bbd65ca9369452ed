"""Scoring in secret: pages, drafts, abstaining, comments, changing one's mind."""

from typing import Any
from uuid import uuid4

from bot.demo.story.pressing import press
from bot.domain.action import Action
from tests.support.known import known
from tests.support.team import Team

FULL, PARTIAL = "Full refund", "Partial credit"
DRAFTS = "SELECT count(*) FROM ballot_pages WHERE criteria_id IS NOT NULL"


async def score(team: Team, name: str, full: int | None, partial: int | None, **more: Any) -> Any:
    """Fill one page and press Next."""
    return await team.submit(name, {FULL: _digit(full), PARTIAL: _digit(partial), **more})


def _digit(score: int | None) -> str | None:
    return None if score is None else str(score)


async def check(team: Team, name: str, **values: Any) -> Any:
    """Tick the box of the last page and submit."""
    modal = await team.modal(name, at_least="Check your scores")
    assert modal.submit == "Submit in secret"
    return await team.submit(name, {**values, "Before you submit": True})


async def test_a_ballot_is_scored_page_by_page_and_submitted_in_secret(team: Team) -> None:
    await team.to_scoring()
    modal = await team.window("lisa", Action.SCORE)
    assert "Criterion 1 of 2: Trust" in modal.text
    assert "below 3 ballots nothing" in modal.text
    assert "Closing this window loses what is new on this page" in modal.text
    assert (await score(team, "lisa", 9, 4)).ok
    assert "Criterion 2 of 2: Cost" in (await team.modal("lisa")).text
    assert (await score(team, "lisa", 3, 8, **{"How sure": "2"})).ok
    modal = await team.modal("lisa", at_least="Check your scores")
    assert f"{FULL}: 9" in modal.text
    assert f"{PARTIAL}: 8" in modal.text
    assert (await check(team, "lisa")).ok
    assert "Submitted in secret. 1 of 4 has scored." in (await team.modal("lisa")).text
    assert "1 of 4 has scored" in await team.card("mike")
    rows = team.sql(
        "SELECT o.title, k.name, e.score, e.confidence FROM evaluations e "
        "JOIN response_options o ON o.id = e.option_id JOIN decision_criteria k ON k.id = e.criteria_id ORDER BY 1, 2"
    )
    assert rows == [(FULL, "Cost", 3, 2), (FULL, "Trust", 9, 5), (PARTIAL, "Cost", 8, 2), (PARTIAL, "Trust", 4, 5)]
    assert team.value("SELECT count(*) FROM submissions WHERE created_kind NOT IN ('decision', 'criterion.edit', "
                      "'option.propose', 'round.start', 'team')") == 0  # fmt: skip
    team.check_deliveries()


async def test_a_draft_is_resumed_where_it_was_left_with_what_was_saved(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    await score(team, "lisa", 9, 4)
    lisa = team.house.person("lisa")
    await lisa.fill({FULL: "3"})
    await lisa.click("Save for later")
    modal = await team.modal("lisa", at_least="Saved")
    assert (
        "Saved, 1 of 2 criteria complete. Close this window; Score on #1 resumes here. It counts once you submit it."
        in modal.text
    )
    assert "0 of 4 have scored" in await team.card()
    modal = await team.window("lisa", Action.SCORE)
    assert "Criterion 2 of 2" in modal.text
    assert modal.inputs[FULL].startswith("3 ·")
    assert modal.inputs[PARTIAL] == ""
    await lisa.click("Back")
    modal = await team.modal("lisa", at_least="Criterion 1 of 2")
    assert (modal.inputs[FULL], modal.inputs[PARTIAL]) == ("9 · very good", "4 · rather poor")
    assert modal.buttons == ["I can't judge this one", "Save for later"]


async def test_back_keeps_an_incomplete_page_and_a_changed_score(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    await score(team, "lisa", 9, 4)
    lisa = team.house.person("lisa")
    await lisa.fill({PARTIAL: "7", "How sure": "1"})
    await lisa.click("Back")
    await team.modal("lisa", at_least="Criterion 1 of 2")
    assert (await score(team, "lisa", 2, 4)).ok
    modal = await team.modal("lisa", at_least="Criterion 2 of 2")
    assert (modal.inputs[FULL], modal.inputs[PARTIAL]) == ("", "7 · rather good")
    assert modal.inputs["How sure are you about this page?"].startswith("1 ·")
    await score(team, "lisa", 5, 7)
    assert f"{FULL}: 2" in (await team.modal("lisa", at_least="Check your scores")).text


async def test_closing_the_window_loses_only_the_page_at_hand(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    await score(team, "lisa", 9, 4)
    lisa = team.house.person("lisa")
    await lisa.fill({FULL: "1", PARTIAL: "1"})
    await lisa.close(everything=True)
    modal = await team.window("lisa", Action.SCORE)
    assert "Criterion 2 of 2" in modal.text
    assert modal.inputs[FULL] == ""


async def test_an_incomplete_page_is_refused_under_the_option_that_lacks_a_score(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    assert (await score(team, "lisa", 9, None)).status == "refused"
    assert (await team.modal("lisa")).errors == {PARTIAL: "Please complete this required field."}
    assert team.value(DRAFTS) == 0


async def test_whoever_cannot_judge_a_criterion_abstains_from_it(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    assert (await team.house.person("lisa").click("I can't judge this one")).ok
    await team.modal("lisa", at_least="Criterion 2 of 2")
    assert (await score(team, "lisa", 6, 7)).ok
    assert "You can't judge this one; it does not count." in (await team.modal("lisa", at_least="Check")).text
    assert (await check(team, "lisa")).ok
    assert team.value("SELECT count(*) FROM evaluations") == 2


async def test_going_back_over_a_page_that_cannot_be_judged_leaves_it_so(team: Team) -> None:
    await team.to_scoring()
    lisa = team.house.person("lisa")
    await team.window("lisa", Action.SCORE)
    await score(team, "lisa", 6, 7)
    await lisa.click("I can't judge this one")
    await team.modal("lisa", at_least="Check")

    await lisa.click("Back")
    assert "You can't judge this one; it does not count." in (await team.modal("lisa", at_least="Criterion 2")).text
    await lisa.click("Back")
    await team.modal("lisa", at_least="Criterion 1")

    assert (await score(team, "lisa", 6, 7)).ok
    await lisa.click("I can't judge this one")
    await team.modal("lisa", at_least="Check")
    assert (await check(team, "lisa")).ok


async def test_leaving_an_empty_page_of_a_round_that_is_over_says_so(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    await score(team, "lisa", 6, 7)
    for name in ("sarah", "mike", "tom"):
        await team.ballot(name)
    await team.settled()
    assert (await press(team.house.person("sarah"), "Close scoring")).ok
    await team.published()

    await team.house.person("lisa").click("Back")

    assert "is not possible now" in (await team.modal("lisa", at_least="not possible")).text


async def test_a_ballot_that_abstains_from_everything_is_refused(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    for next_page in ("Criterion 2 of 2", "Check"):
        assert (await team.house.person("lisa").click("I can't judge this one")).ok
        await team.modal("lisa", at_least=next_page)
    answer = await check(team, "lisa")
    assert answer.error == ("You could judge none of the criteria, so there is nothing to submit. Score at least one.")
    assert team.value("SELECT count(*) FROM round_members WHERE submitted") == 0


async def test_a_changed_ballot_replaces_the_first_and_changes_nothing_that_others_see(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("lisa", 2, 2)
    await team.card()
    updates = len(team.house.sandbox.calls("chat.update"))
    modal = await team.window("lisa", Action.SCORE)
    assert "Your submitted ballot stands until you submit again." in modal.text
    assert "Criterion 1 of 2" in modal.text
    assert modal.inputs[FULL] == "2 · very poor"
    await score(team, "lisa", 10, 1)
    assert team.value("SELECT count(*) FROM evaluations WHERE score = 10") == 0
    await score(team, "lisa", 10, 1)
    assert (await check(team, "lisa")).ok
    assert "1 of 4 has scored" in (await team.modal("lisa")).text
    assert team.value("SELECT count(*) FROM evaluations WHERE score = 2") == 0
    assert team.value("SELECT count(*) FROM evaluations WHERE score = 10") == 2
    await team.settled()
    assert len(team.house.sandbox.calls("chat.update")) == updates


async def test_comments_and_their_sharing_are_kept_from_visit_to_visit(team: Team) -> None:
    await team.to_scoring()
    await team.save_pages("lisa")
    await team.window("lisa", Action.SCORE)
    values = {f"Comment on {FULL}": "Worth <every> cent", "My comments": True}
    await team.house.person("lisa").fill(values)
    await team.house.person("lisa").click("Save for later")
    await team.modal("lisa", at_least="Saved, 2 of 2 criteria")
    modal = await team.window("lisa", Action.SCORE)
    assert modal.inputs[f"Comment on {FULL}"] == "Worth <every> cent"
    assert (await check(team, "lisa", **{f"Comment on {PARTIAL}": "  "})).ok
    rows = team.sql("SELECT anonymous_comment, share_comment FROM evaluations WHERE anonymous_comment IS NOT NULL")
    assert rows == [("Worth <every> cent", True)]


async def test_the_box_of_the_last_page_has_to_be_ticked(team: Team) -> None:
    await team.to_scoring()
    await team.save_pages("lisa")
    await team.window("lisa", Action.SCORE)
    assert (await team.house.person("lisa").submit()).status == "refused"
    assert team.value("SELECT count(*) FROM evaluations") == 0


async def test_a_submit_past_the_closing_time_is_refused_and_closes_the_round(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "tom"):
        await team.ballot(name)
    await team.save_pages("lisa")
    await team.window("lisa", Action.SCORE)
    await team.end_round_now()
    answer = await check(team, "lisa")
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
    answer = await score(team, "tom", 5, 5)
    assert answer.error == ("Scoring of #1 has ended: its closing time is past. What you had submitted before counts.")
    assert team.value("SELECT close_cause FROM rounds") == "closing_time"


async def test_somebody_off_the_roster_cannot_save_a_page_by_a_forged_window(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    await team.window("lisa", Action.SCORE)
    workspace = team.house.sandbox.town.workspace
    workspace.stacks["U0TOM"] = [workspace.stacks["U0LISA"].pop()]
    answer = await score(team, "tom", 10, 10)
    assert answer.error == (
        "You are not on the roster of #1: it was fixed when scoring started. Sarah Johnson can void the round and "
        "start again with you."
    )
    assert team.value("SELECT count(*) FROM ballot_pages") == 0


async def test_a_page_with_an_option_or_criterion_that_is_none_of_the_rounds_is_not_saved(team: Team) -> None:
    await team.to_scoring()
    foreign = str(uuid4())
    for ours in (str(team.option_id(FULL)), str(team.value("SELECT id FROM decision_criteria WHERE name = 'Trust'"))):
        await team.window("lisa", Action.SCORE)
        await team.house.person("lisa").fill({FULL: "9", PARTIAL: "9"})
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
        answer = await score(team, "lisa", 5, 5)
        assert answer.error == (
            "This page is out of date. Close the window and press Score again; what you saved is still there."
        )
    await team.window("lisa", Action.SCORE)
    view = known(team.house.sandbox.town.workspace.top("U0LISA"))
    view.given = {
        **view.given,
        "private_metadata": view.given["private_metadata"].replace(str(team.round_id), str(uuid4())),
    }
    answer = await score(team, "lisa", 5, 5)
    assert answer.error == "Your team has no such round of scoring. /decide list shows its decisions."
    team.check_deliveries()


async def test_the_last_one_missing_whose_answer_got_lost_learns_that_the_ballot_counts(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    for name in ("sarah", "mike"):
        await team.ballot(name)
    await team.save_pages("lisa")
    await team.window("lisa", Action.SCORE)
    await team.house.person("lisa").fill({"Before you submit": True})
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
        order = [label for label in modal.inputs if label in (FULL, PARTIAL)]
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
