"""`/decide`, its words and its shortcuts; opening, editing and cancelling a decision."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.action import Action
from tests.support.known import known
from tests.support.team import Team

NEW = {"Type of decision": "Refund request", "Customer": "ABC Corporation", "Customer tier": "Enterprise"}
FULL = {**NEW, "Description": "They want everything back."}


async def open_form(team: Team, words: str = "Refund", *, by: str = "sarah", channel: str | None = None) -> Any:
    assert (await team.house.person(by).slash(f"/decide {words}", channel=channel)).ok
    return await team.modal(by, at_least="Channel of the card")


async def test_words_after_the_command_become_the_title(team: Team) -> None:
    modal = await open_form(team, "Refund <!channel> & more")
    assert modal.inputs["Title"] == "Refund <!channel> & more"
    assert modal.inputs["Channel of the card"] == "customer-decisions"
    assert (await team.submit("sarah", FULL)).ok
    assert "#1 created. Next: set the criteria." in (await team.modal("sarah")).text
    card = await team.card("lisa")
    assert card.startswith("#1 · Refund <!channel> & more")
    assert "Phase 2 of 6" in card
    team.check_deliveries()


async def test_what_nobody_sees_is_cleaned_wherever_it_comes_in(team: Team) -> None:
    modal = await open_form(team, "Re\u200bfund\u202e for the 👩\u200d💻")
    assert modal.inputs["Title"] == "Refund for the 👩\u200d💻"
    typed = {**FULL, "Customer": "A\u00adB\x9fC", "Description": "They\x07 want\u2063\neverything."}
    assert (await team.submit("sarah", typed)).ok
    kept = team.value("SELECT title || chr(10) || customer_name || chr(10) || description FROM customer_decisions")
    assert kept == "Refund for the 👩\u200d💻\nABC\nThey want\neverything."


async def test_words_that_are_no_command_are_titles(team: Team) -> None:
    for word in ("settings now", "export all", "list all", "setup now", "helpful", "show me"):
        assert (await open_form(team, word)).inputs["Title"] == word


async def test_a_number_shows_the_card_privately(team: Team) -> None:
    for number, words in enumerate(("show 1", "show #2", "SHOW 3", "#4"), start=1):
        await team.open(channel_id=None)
        lisa = team.house.person("lisa")
        assert (await lisa.slash(f"/decide {words}")).ok
        await lisa.see(f"#{number} · Refund for the outage")
    assert all(message.ephemeral for message in await lisa.messages())
    assert "Refund" not in await team.house.person("mike").screen()


async def test_an_unknown_number_is_told_with_the_way_to_the_right_one(team: Team) -> None:
    await team.house.person("sarah").slash("/decide show 7")
    await team.house.person("sarah").see("Your team has no decision #7. /decide list shows those it has.")


async def test_help_lists_what_exists(team: Team) -> None:
    await team.house.person("eve").slash("/decide help")
    screen = await team.house.person("eve").screen()
    for line in ("/decide list", "/decide show 42", "/decide setup", "/decide settings", "/decide export"):
        assert line in screen
    assert "Decide about this message" in screen


async def test_the_list_puts_what_waits_for_me_first_and_turns_its_pages(team: Team) -> None:
    for n in range(11):
        await team.open(by="sarah", channel_id=None, title=f"Of Sarah {n}", urgency_level=5)
    await team.open(by="mike", channel_id=None, title="Of Mike", urgency_level=1)
    mike = team.house.person("mike")
    await mike.slash("/decide list")
    screen = await mike.see("12 open decisions, 1 to 10 shown")
    assert screen.index("Of Mike") < screen.index("Of Sarah 0")
    assert "Waiting for you: set the criteria" in screen
    await mike.click("Next")
    screen = await mike.see("12 open decisions, 11 to 12 shown")
    assert "Of Mike" not in screen
    await mike.click("Previous")
    await mike.see("12 open decisions, 1 to 10 shown")
    assert "open decisions" not in await team.house.person("lisa").screen()


async def test_finished_and_cancelled_decisions_leave_the_list(team: Team) -> None:
    await team.open(channel_id=None)
    await team.change("UPDATE customer_decisions SET status = 'cancelled'")
    await team.house.person("sarah").slash("/decide list")
    await team.house.person("sarah").see("No open decisions. Open one with /decide.")


async def test_where_there_is_no_team_everybody_is_told_how_to_make_one(newcomers: Team) -> None:
    await newcomers.house.person("eve").slash("/decide Refund")
    modal = await newcomers.modal("eve")
    assert "There is no team here yet. Set one up with /decide setup; it takes a minute." in modal.text


async def test_somebody_unknown_is_told_who_can_add_them(team: Team) -> None:
    sentence = "You are not a member of a team here yet. Sarah Johnson can add you with /decide setup."
    eve = team.house.person("eve")
    await eve.slash("/decide Refund")
    assert sentence in (await team.modal("eve")).text
    await eve.close()
    for words in ("list", "show 1"):
        await eve.slash(f"/decide {words}")
        await eve.see(sentence)
    assert sentence not in await team.house.person("sarah").screen()


async def test_a_direct_message_is_never_the_place_of_the_card(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = team.house.sandbox.town.workspace  # with somebody else: that with the app has no box in Slack
    monkeypatch.setattr(workspace, "spec", replace(workspace.spec, messages_tab_read_only=False))
    modal = await open_form(team, "Refund", channel="dm")
    assert modal.inputs["Channel of the card"] == ""
    answer = await team.submit("sarah", FULL)
    assert answer.status == "refused"


async def test_a_message_becomes_the_description_and_the_way_back_to_it_is_kept(team: Team) -> None:
    lisa = team.house.person("lisa")
    said = await lisa.say("They want *all* back & now: <b>", "#general")
    assert (await lisa.shortcut("Decide about this message", message=said)).ok
    modal = await team.modal("lisa", at_least="Channel of the card")
    assert modal.inputs["Description"] == "They want all back & now: <b>"
    assert modal.inputs["Channel of the card"] == "general"
    values = {**NEW, "Title": "All back", "Channel of the card": "customer-decisions"}
    assert (await team.submit("lisa", values)).ok
    link = team.value("SELECT permalink FROM customer_decisions")
    assert link == f"https://techcorp.slack.com/archives/C0GENERAL/p{said.ts.replace('.', '')}"


async def test_the_global_shortcut_opens_a_decision_from_anywhere(team: Team) -> None:
    assert (await team.house.person("mike").shortcut("New customer decision")).ok
    assert (await team.modal("mike", at_least="Channel of the card")).inputs["Channel of the card"] == ""


async def test_the_global_shortcut_answers_somebody_unknown_in_its_window(team: Team) -> None:
    await team.house.person("eve").shortcut("New customer decision")
    assert "You are not a member of a team here yet." in (await team.modal("eve")).text


async def test_an_incomplete_case_says_what_is_missing_and_is_completed_later(team: Team) -> None:
    await open_form(team)
    assert (await team.submit("sarah", {**NEW, "Resolve by": None})).ok
    modal = await team.modal("sarah")
    assert (
        "#1 created. Next: complete the case. Still missing: a description of the problem and a date to resolve by."
    ) in modal.text
    assert team.value("SELECT current_phase FROM customer_decisions") == 1
    await team.house.person("sarah").click("Complete the case")
    await team.modal("sarah", at_least="Customer id")
    values = {"Description": "All back.", "Resolve by": datetime.now(UTC) + timedelta(days=2)}
    assert (await team.submit("sarah", values)).ok
    assert "#1 saved. Next: set the criteria." in (await team.modal("sarah")).text
    assert team.value("SELECT count(*) FROM decision_criteria") >= 3


async def test_a_team_of_one_cannot_go_on_to_criteria(newcomers: Team) -> None:
    team = await newcomers.gather()
    await open_form(team)
    assert (await team.submit("sarah", FULL)).ok
    assert "Still missing: at least 2 active team members." in (await team.modal("sarah")).text


AMOUNT = "Type it like 1200 or 1,200.50."
UNUSABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"Financial impact": "12k"}, "Financial impact (USD)", f"That is not an amount that I can read. {AMOUNT}"),
    ({"Customer value": "-5"}, "Customer value (USD)", f"This amount cannot be below 0. {AMOUNT}"),
    ({"Customer value": "99999999999"}, "Customer value (USD)",
     f"That is too large: the most is 9,999,999,999.99. {AMOUNT}"),
    ({"Financial impact": "€ 5"}, "Financial impact (USD)",
     f"Amounts here are in USD: convert it, type the number. {AMOUNT}"),
    ({"Resolve by": datetime(2020, 1, 1, tzinfo=UTC)}, "Resolve by",
     "The date to resolve by is in the past; choose a later one."),
    ({"Title": "  "}, "Title", "Write the title."),
    ({"Title": "\u200b\u3164\u2800\ufeff"}, "Title", "Write the title."),
]  # fmt: skip


async def test_what_cannot_be_used_is_said_under_its_field_and_nothing_is_saved(team: Team) -> None:
    for values, field, sentence in UNUSABLE:
        await open_form(team)
        assert (await team.submit("sarah", {**FULL, **values})).status == "errors"
        modal = await team.modal("sarah")
        assert modal.errors == {field: sentence}
        assert modal.inputs["Customer"] == "ABC Corporation"
    assert team.value("SELECT count(*) FROM customer_decisions") == 0


async def test_what_is_longer_than_the_form_allows_is_refused_even_if_slack_let_it_through(team: Team) -> None:
    await open_form(team)
    await team.house.person("sarah").fill(FULL)
    view = known(team.house.sandbox.town.workspace.top("U0SARAH"))
    for block in view.blocks:
        if block["block_id"].startswith(("title", "description")):
            block["element"]["max_length"] = 3000
    answer = await team.submit("sarah", {"Title": "x" * 151})
    assert answer.error == "The title is too long: 150 characters at most."


async def test_the_longest_case_passes_every_limit(team: Team) -> None:
    await open_form(team)
    nasty = "<!channel>&*_~`"
    values = {
        **NEW,
        "Title": (nasty * 20)[:150],
        "Customer": (nasty * 20)[:150],
        "Description": (nasty * 300)[:3000],
        "Customer id": (nasty * 10)[:100],
        "Financial impact": "-9,999,999,999.99",
    }
    assert (await team.submit("sarah", values)).ok
    assert "#1 created" in (await team.modal("sarah")).text
    await team.card()
    await team.house.person("sarah").click("Show details")
    await team.modal("sarah", at_least="Description")
    assert [c for c in team.house.sandbox.calls() if c.answer and not c.answer.get("ok")] == []


async def test_the_same_press_thrice_at_once_opens_one_decision(team: Team) -> None:
    await open_form(team)
    await team.house.person("sarah").fill(FULL)
    assert (await team.house.person("sarah").submit(copies=3)).ok
    assert "#1 created" in (await team.modal("sarah")).text
    assert team.value("SELECT count(*) FROM customer_decisions") == 1
    assert (await team.house.person("sarah").again()).ok
    assert team.value("SELECT count(*) FROM customer_decisions") == 1
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'decision.opened'") == 1
    team.check_deliveries()


async def test_edited_text_after_a_lost_answer_updates_the_decision_that_the_first_press_opened(team: Team) -> None:
    await open_form(team)
    await team.house.person("sarah").fill(FULL)
    assert not (await team.house.person("sarah").submit(lose_answer=True)).ok
    await team.until("SELECT count(*) FROM customer_decisions", 1)
    assert (await team.submit("sarah", {"Title": "Another title"})).ok
    assert "#1 created" in (await team.modal("sarah")).text
    assert team.sql("SELECT title, number FROM customer_decisions") == [("Another title", 1)]
    assert (await team.card()).startswith("#1 · Another title")


async def test_a_channel_changed_after_a_lost_answer_takes_the_card_along_and_the_old_one_says_so(team: Team) -> None:
    team.house.sandbox.invite_bot("general")
    await open_form(team)
    await team.house.person("sarah").fill(FULL)
    assert not (await team.house.person("sarah").submit(lose_answer=True)).ok
    assert "ABC Corporation" in await team.card()

    assert (await team.submit("sarah", {"Channel of the card": "general"})).ok
    await team.settled()

    (card,) = await team.cards("mike")
    assert card.channel == "#general"
    (old,) = await team.house.person("mike").messages("customer-decisions")
    assert old.rendered.strip() == "#1 has moved: its card is in #general now."
    assert "ABC" not in json.dumps([old.text, old.blocks])


async def test_the_owner_edits_the_case_until_scoring_starts(team: Team) -> None:
    await team.to_options()
    modal = await team.window("sarah", Action.EDIT_CASE)
    assert modal.inputs["Title"] == "Refund for the outage"
    assert modal.inputs["Financial impact (USD)"] == "500"
    assert (await team.submit("sarah", {"Title": "Refund, amended", "Customer value": "12,000.50"})).ok
    assert (await team.card()).startswith("#1 · Refund, amended")
    assert "USD 12,000.50" in await team.card()


async def test_the_urgency_changes_even_while_the_team_scores(team: Team) -> None:
    await team.to_scoring()
    await team.press("sarah", "decision.show")
    await team.modal("sarah", at_least="Description")
    await team.house.person("sarah").click("Change urgency")
    await team.modal("sarah", at_least="Urgency")
    assert (await team.submit("sarah", {"Urgency": "5"})).ok
    assert "The urgency of #1 is 5 now." in (await team.modal("sarah")).text
    assert "5 · critical" in await team.card()


async def test_a_cancelled_decision_shows_its_reason_and_its_ballots_are_gone(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("mike")
    await team.window("sarah", Action.CANCEL)
    assert (await team.submit("sarah", {"Reason": "The customer withdrew."})).ok
    assert "#1 is cancelled. Its reason stands on the card." in (await team.modal("sarah")).text
    card = await team.card()
    assert "Cancelled in phase 4 of 6" in card
    assert "The customer withdrew." in card
    assert team.value("SELECT count(*) FROM evaluations") == 0
    assert team.value("SELECT count(*) FROM ballot_pages") == 0


async def test_cancelling_twice_with_another_reason_after_a_lost_answer_keeps_the_last_reason(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.CANCEL)
    await team.house.person("sarah").fill({"Reason": "First"})
    await team.house.person("sarah").submit(lose_answer=True)
    await team.until("SELECT status FROM customer_decisions", "cancelled")
    assert (await team.submit("sarah", {"Reason": "Second"})).ok
    assert team.value("SELECT cancel_reason FROM customer_decisions") == "Second"
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'decision.cancelled'") == 1


async def test_a_card_can_be_cancelled_only_with_a_reason(team: Team) -> None:
    await team.open()
    await team.window("sarah", Action.CANCEL)
    answer = await team.submit("sarah", {"Reason": "   "})
    assert answer.error == "Write a reason: the team reads it on the card."


async def test_the_customers_address_is_on_the_details_and_never_on_the_card(team: Team) -> None:
    await team.open()
    assert "cfo@abc.example" not in await team.card()
    await team.press("lisa", "decision.show")
    assert "cfo@abc.example" in (await team.modal("lisa", at_least="Description")).text
