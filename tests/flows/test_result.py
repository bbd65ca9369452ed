"""What is shown once a round is published, by the number of ballots; and nothing before."""

from bot.domain.action import Action
from bot.domain.evaluation import Comments, Page
from bot.services import evaluation as evaluations
from tests.support.known import known
from tests.support.steps import does
from tests.support.team import Team


async def test_two_ballots_show_nothing_aggregated(team: Team) -> None:
    await team.to_result("sarah", "mike")
    sentence = "No ranking: 2 people scored, and at least 3 must, or it would give away who scored what."
    card = await team.card()
    assert sentence in card
    await team.house.person("mike").see("Next: talk it over; then a decider presses Resolve.")
    assert team.value("SELECT count(*) FROM evaluations") == 0
    assert team.value("SELECT body -> 'rows' FROM round_results") == []
    await team.window("mike", "outcome.resolve")
    assert "The ranking has no leader: your reason alone carries the choice." in (await team.modal("mike")).text


async def test_four_ballots_show_the_ranking_totals_to_a_half_and_shared_comments_only(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("sarah", 9, 5, comment="Private word")
    await team.ballot("mike", 8, 5, comment="Shared word", share=True)
    await team.ballot("lisa", 8, 4)
    await team.ballot("tom", 8, 5)
    await team.published()
    card = await team.card()
    assert "1.  Full refund · 8.5" in card
    assert "2.  Partial credit · 5.0" in card
    result = await team.house.person("lisa").see("Result of #1")
    assert "4 of 4 scored." in result
    assert "Shared word" in result
    assert "Private word" not in result
    assert team.value("SELECT count(*) FROM evaluations WHERE anonymous_comment = 'Private word'") == 0


async def test_once_it_is_decided_the_result_no_longer_says_what_comes_next_and_nobody_hears_of_that(
    team: Team,
) -> None:
    await team.to_result("sarah", "mike", "lisa")
    lisa = team.house.person("lisa")
    await team.settled()
    await lisa.see("a decider presses Resolve")
    before = len(await lisa.notifications())

    await does(team, "mike", Action.RESOLVE, {"Option": "Full refund", "Reason": "It leads."})
    await team.settled()

    await lisa.see_no("a decider presses Resolve")
    await lisa.see("Result of #1")
    told = (await lisa.notifications())[before:]
    assert [one.text for one in told if "Result of #1" in one.text] == []


async def test_a_choice_that_is_taken_back_brings_the_next_step_back_and_a_cancelled_one_ends_it(team: Team) -> None:
    await team.to_resolved("sarah", "mike", "lisa")
    lisa = team.house.person("lisa")
    await team.settled()
    await lisa.see_no("a decider presses Resolve")

    await does(team, "mike", Action.CHANGE_CHOICE, {"Reason": "They want something else."})
    await team.settled()
    await lisa.see("a decider presses Resolve")

    await does(team, "sarah", Action.CANCEL, {"Reason": "The customer withdrew."})
    await team.settled()
    await lisa.see_no("a decider presses Resolve")


async def test_a_result_that_was_deleted_in_slack_is_not_posted_again(team: Team) -> None:
    await team.to_result("sarah", "mike", "lisa")
    await team.settled()
    ((channel_id, ts),) = team.sql("SELECT r.value ->> 0, r.value ->> 1 FROM card_messages, jsonb_each(results) r")
    del team.house.sandbox.town.workspace.channels[channel_id].messages[ts]

    await does(team, "mike", Action.RESOLVE, {"Option": "Full refund", "Reason": "It leads."})
    await team.settled()

    assert team.value("SELECT state FROM outbox WHERE kind = 'result.redrawn'") == "done"
    await team.house.person("lisa").see_no("Result of #1")


async def test_three_ballots_show_the_ranking_and_no_totals_and_say_why(team: Team) -> None:
    await team.to_scoring("sarah", "lisa", "tom")
    for name in ("sarah", "lisa", "tom"):
        await team.ballot(name, 9, 5)
    await team.published()

    card = await team.card()
    told = await team.house.person("lisa").see("Result of #1")

    assert (
        team.value(
            "SELECT bool_or(r ? 'total' AND r -> 'total' <> 'null') FROM round_results, "
            "jsonb_array_elements(body -> 'rows') AS r"
        )
        is False
    )
    for seen in (card, told):
        assert "1.  Full refund\n2.  Partial credit\n" in f"{seen}\n"
    assert "With 3 people no totals are shown: they would give away what single people scored." in told
    assert "[chart" not in told


async def test_a_total_that_is_left_out_is_explained(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa", "tom")
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.save_pages("tom")
    criterion = team.value("SELECT id FROM decision_criteria WHERE name = 'Cost'")
    tom, round_id = team.by("tom"), team.round_id
    await evaluations.submit(team.db, tom, round_id, pages={criterion: Page(abstain=True)}, comments=Comments())
    await team.published()

    result = await team.house.person("lisa").see("A total is left out where fewer than 4 people scored")

    assert "1.  Full refund\n" in result


async def test_five_ballots_show_totals_to_a_tenth_and_every_comment(newcomers: Team) -> None:
    team = await newcomers.gather("mike", "lisa", "tom", "ana")
    await team.to_scoring()
    for name, full in (("sarah", 9), ("mike", 8), ("lisa", 8), ("tom", 8), ("ana", 7)):
        await team.ballot(name, full, 5, comment=f"Word of {full}" if full != 8 else "")
    await team.published()
    card = await team.card()
    assert "1.  Full refund · 8.0" in card
    result = await team.house.person("lisa").see("Result of #1")
    for word in ("Word of 9", "Word of 7"):
        assert word in result
    (message,) = [m for m in await team.house.person("lisa").messages() if "Result of #1" in m.rendered]
    (posted,) = await team.cards()
    assert message.thread_ts == posted.ts
    assert message.text.startswith("Result of #1 Refund for the outage: Full refund leads, and the lead is clear.")
    assert "Full refund leads, and the lead is clear." in card
    assert "[chart: Score of each option, from 1 to 10]" in result
    assert "Score: Full refund 8.0, Partial credit 5.0" in result
    assert "Full refund: Trust\u00a08.0\u00a0· Cost\u00a08.0" in result
    assert team.value("SELECT body ->> 'version' FROM round_results") == "3"
    await team.press("lisa", "decision.show")
    details = await team.modal("lisa", at_least="Full refund leads, and the lead is clear.")
    assert "Full refund: Trust\u00a08.0\u00a0· Cost\u00a08.0" in details.text


async def test_where_slack_refuses_charts_the_same_result_comes_without(newcomers: Team) -> None:
    team = await newcomers.gather("mike", "lisa", "tom", "ana")
    await team.to_scoring()
    team.house.sandbox.fail("chat.postMessage", "refuse_block")
    for name in ("sarah", "mike", "lisa", "tom", "ana"):
        await team.ballot(name, 8, 5)
    await team.published()
    result = await team.house.person("lisa").see("Result of #1")
    await team.settled()
    assert "[chart" not in result
    assert "1.  Full refund · 8.0" in result
    assert "Full refund: Trust\u00a08.0\u00a0· Cost\u00a08.0" in result
    refused, posted = [c for c in team.house.sandbox.calls("chat.postMessage") if "Result of #1" in str(c.arguments)]
    assert (known(refused.answer)["error"], known(posted.answer)["ok"]) == ("invalid_blocks", True)
    assert team.value("SELECT attempts FROM outbox WHERE kind = 'result'") == 1


async def test_a_message_that_is_refused_in_every_look_is_given_up(newcomers: Team) -> None:
    team = await newcomers.gather("mike", "lisa")
    await team.to_scoring()
    await team.settled()
    team.house.sandbox.fail("chat.postMessage", "error", error="invalid_blocks", times=50)
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name, 8, 5)
    await team.published()
    await team.until("SELECT state FROM outbox WHERE kind = 'result'", "dead")
    assert team.value("SELECT last_error FROM outbox WHERE kind = 'result'") == "invalid_blocks"


async def test_a_split_team_is_told_where_before_it_resolves(newcomers: Team) -> None:
    team = await newcomers.gather("mike", "lisa", "tom", "ana")
    team.give("mike", 4)
    await team.to_scoring()
    for name, full in (("sarah", 10), ("mike", 10), ("lisa", 9), ("tom", 3), ("ana", 3)):
        await team.ballot(name, full, 7)
    await team.published()
    result = await team.house.person("lisa").see("Result of #1")
    assert "The team is split on Trust: 3 and 2.\n" in result
    assert "Next: hear both sides; then a decider presses Resolve or Second round." in result
    assert "1=  Full refund" in result
    assert "Where to talk: the team is in two camps on Trust (Full refund: 3 and 2) and Cost (Full refund)." in result
    assert "Full refund: Trust\u00a07.0 (split)\u00a0· Cost\u00a07.0 (split)" in result
    await team.window("mike", "outcome.resolve")
    assert "The order says little here: your reason carries the choice." in (await team.modal("mike")).text


async def test_a_result_of_version_1_is_shown_without_what_it_lacks(team: Team) -> None:
    await team.to_result()
    await team.settled()
    new = {"label", "topics", "cells", "low", "dominated", "weight_limits", "confident_leaders"}
    old = "jsonb_set(body - %s::text[], '{version}', '1')"
    await team.change(f"UPDATE round_results SET version = 1, body = {old}", list(new))
    assert team.value("SELECT body ->> 'label' FROM round_results") is None
    await team.press("lisa", "decision.show")
    details = (await team.modal("lisa", at_least="Full refund leads.")).text
    assert "1.  Full refund · 8.0" in details
    for part in ("the lead is clear", "Where to talk", "close together"):
        assert part not in details


async def test_equal_options_share_the_first_place(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    for name, scores in (("sarah", (9, 3)), ("mike", (3, 9)), ("lisa", (6, 6))):
        await team.ballot(name, *scores)
    await team.published()
    card = await team.card()
    assert card.count("1=") == 2
    await team.window("mike", "outcome.resolve")
    assert "Too close to call: Full refund and Partial credit share the first place." in (await team.modal("mike")).text


async def test_nothing_of_a_result_is_shown_before_publication_to_anybody(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name, 9, 2, comment="Early word")
    await team.card()
    for name in ("sarah", "mike", "tom"):
        await team.press(name, "decision.show")
        modal = await team.modal(name, at_least="Description")
        screen = await team.house.person(name).screen()
        for word in ("Early word", "Result", "leads", "1.  "):
            assert word not in screen
        assert "Have scored" in modal.text
    assert team.value("SELECT count(*) FROM round_results") == 0


async def test_proposers_are_named_once_scoring_has_closed(team: Team) -> None:
    await team.to_result()
    await team.press("lisa", "decision.show")
    assert "proposed by Sarah Johnson" in (await team.modal("lisa", at_least="Description")).text


async def test_where_the_card_cannot_be_posted_owner_and_roster_get_the_result_directly(team: Team) -> None:
    always = '{"starts": "00:00", "ends": "24:00", "days": [0, 1, 2, 3, 4, 5, 6]}'
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", always)
    team.house.sandbox.kick_bot("customer-decisions")
    await team.to_result("mike", "lisa", "tom")
    for name in ("sarah", "mike", "lisa", "tom"):
        await team.house.person(name).see("Full refund leads")
    await team.settled()
    for name in ("sarah", "mike", "lisa", "tom"):
        assert len([m for m in await team.house.person(name).messages("dm") if "Full refund leads" in m.rendered]) == 1
    assert "Full refund leads" not in await team.house.person("eve").screen()


async def test_a_published_round_is_published_once_and_its_rows_are_sealed(team: Team) -> None:
    await team.to_result()
    await team.settled()
    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'result.publish'") == 1
    assert team.value("SELECT round_order(id) FROM rounds") == "sealed"
    screens = await team.house.person("lisa").messages()
    assert sum("Result of #1" in m.rendered for m in screens) == 1
