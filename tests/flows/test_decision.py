"""`/decide`, its words and its shortcuts; opening, editing and cancelling a decision."""

import dataclasses
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.action import Action
from tests.support.known import known
from tests.support.team import Team

NEW = {"Type of decision": "Refund request", "Customer": "ABC Corporation"}
FULL = {**NEW, "What happened": "They want everything back."}
PLACE = "Channel of the card"


async def open_form(
    team: Team, words: str = "Refund", *, by: str = "sarah", channel: str | None = None, is_whole: bool = False
) -> Any:
    """The window "New decision". is_whole: with "More fields" unfolded."""
    assert (await team.house.person(by).slash(f"/decide {words}", channel=channel)).ok
    modal = await team.modal(by, at_least="Decide by")
    if is_whole:
        await team.house.person(by).click("More fields")
        modal = await team.modal(by, at_least="Customer tier")
    return modal


async def test_words_after_the_command_become_the_title(team: Team) -> None:
    modal = await open_form(team, "Refund <!channel> & more")
    assert modal.inputs["Title"] == "Refund <!channel> & more"
    assert "The card appears in #customer-decisions." in modal.text
    assert (await team.submit("sarah", FULL)).ok
    told = (await team.modal("sarah")).text
    assert "#1 created. Next: add the options, at least two." in told
    assert "4 criteria from the refund request template." in told
    card = await team.card("lisa")
    assert card.startswith("#1 · Refund <!channel> & more")
    assert "Phase 3 of 6" in card
    assert team.value("SELECT count(*) FROM decision_criteria") == 4
    team.check_deliveries()


async def test_what_nobody_sees_is_cleaned_wherever_it_comes_in(team: Team) -> None:
    modal = await open_form(team, "Re\u200bfund\u202e for the 👩\u200d💻")
    assert modal.inputs["Title"] == "Refund for the 👩\u200d💻"
    typed = {**FULL, "Customer": "A\u00adB\x9fC", "What happened": "They\x07 want\u2063\neverything."}
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
    await team.change("UPDATE customer_decisions SET current_phase = 2")  # nothing of these waits for Mike
    await team.open(by="mike", channel_id=None, title="Of Mike", urgency_level=1)
    mike = team.house.person("mike")
    await mike.slash("/decide list")
    screen = await mike.see("12 open decisions, 1 to 10 shown")
    assert screen.index("Of Mike") < screen.index("Of Sarah 0")
    assert "Waiting for you: propose options, then start scoring" in screen
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


async def test_where_there_is_no_team_a_button_opens_its_setup(newcomers: Team) -> None:
    eve = newcomers.house.person("eve")
    await eve.slash("/decide Refund")
    modal = await newcomers.modal("eve")
    assert "There is no team here yet. Set one up; it takes a minute." in modal.text
    await eve.click("Set up your team")
    modal = await newcomers.modal("eve", at_least="Team size")
    assert modal.depth == 1
    await eve.fill({"Team": "Care", "Company": "TechCorp", "Team size": "5", "Your own role": "Support manager"})
    assert (await eve.submit()).ok
    await newcomers.modal("eve", at_least="Eve")
    await newcomers.house.person("mike").see("set up")


async def test_where_there_is_no_team_somebody_who_may_not_make_one_is_told_who_may(newcomers: Team) -> None:
    workspace = newcomers.house.sandbox.town.workspace
    eve = workspace.person("eve")
    workspace.people[eve.id] = dataclasses.replace(eve, is_restricted=True)
    await newcomers.house.person("eve").slash("/decide Refund")
    told = (await newcomers.modal("eve", at_least="no team here")).text
    assert "Any full member of this workspace can set one up with /decide setup; it takes a minute." in told


async def test_somebody_unknown_is_told_who_can_add_them(team: Team) -> None:
    sentence = (
        "You are not a member of a team here yet. Sarah Johnson or a workspace admin can add you with /decide setup."
    )
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
    assert modal.inputs[PLACE] == ""
    assert (await team.submit("sarah", {**FULL, PLACE: "customer-decisions"})).ok
    assert (await team.card()).startswith("#1 · Refund")


async def test_a_message_becomes_the_description_and_the_way_back_to_it_is_kept(team: Team) -> None:
    lisa = team.house.person("lisa")
    said = await lisa.say("They want *all* back & now: <b>", "#general")
    assert (await lisa.shortcut("Decide about this message", message=said)).ok
    modal = await team.modal("lisa", at_least="Decide by")
    assert modal.inputs["What happened"] == "They want all back & now: <b>"
    assert "The card appears in #general." in modal.text
    await lisa.click("More fields")
    assert (await team.modal("lisa", at_least=PLACE)).inputs[PLACE] == "general"
    values = {**NEW, "Title": "All back", PLACE: "customer-decisions"}
    assert (await team.submit("lisa", values)).ok
    link = team.value("SELECT permalink FROM customer_decisions")
    assert link == f"https://techcorp.slack.com/archives/C0GENERAL/p{said.ts.replace('.', '')}"


async def test_the_global_shortcut_opens_a_decision_from_anywhere(team: Team) -> None:
    assert (await team.house.person("mike").shortcut("New customer decision")).ok
    assert (await team.modal("mike", at_least="Decide by")).inputs[PLACE] == ""


async def test_the_global_shortcut_answers_somebody_unknown_in_its_window(team: Team) -> None:
    await team.house.person("eve").shortcut("New customer decision")
    assert "You are not a member of a team here yet." in (await team.modal("eve")).text


HELPDESK: dict[str, Any] = {
    "text": "",
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "Ticket 4711"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*ABC* wants <https://abc.example|all> back"}},
    ],
}


async def test_a_message_of_a_helpdesk_app_is_read_from_its_blocks(team: Team) -> None:
    workspace = team.house.sandbox.town.workspace
    posted = workspace.post(workspace.channels["C0GENERAL"], user=team.house.sandbox.spec.bot_user_id, **HELPDESK)
    lisa = team.house.person("lisa")
    (said,) = [m for m in await lisa.messages("general") if m.ts == posted.ts]
    assert (await lisa.shortcut("Decide about this message", message=said)).ok
    assert (await team.modal("lisa", at_least="Decide by")).inputs["What happened"] == (
        "Ticket 4711\nABC wants all (https://abc.example) back"
    )


async def test_more_fields_keep_what_was_typed_and_what_they_ask_is_saved(team: Team) -> None:
    await open_form(team)
    sarah = team.house.person("sarah")
    await sarah.fill({**FULL, "Amount at stake": "48k"})
    await sarah.click("More fields")
    modal = await team.modal("sarah", at_least="Customer tier")
    assert (modal.inputs["Customer"], modal.inputs["Amount at stake (USD)"]) == ("ABC Corporation", "48k")
    assert (await team.submit("sarah", {"Customer tier": "Premium", "Customer value": "1.2m"})).ok
    rows = team.sql("SELECT customer_tier, customer_value::text, financial_impact::text FROM customer_decisions")
    assert rows == [("premium", "1200000.00", "48000.00")]
    team.check_deliveries()


async def test_what_an_amount_takes_is_said_while_one_types(team: Team) -> None:
    await open_form(team)
    sarah = team.house.person("sarah")
    await sarah.fill({"Type of decision": "Refund request"})
    unknown = "Amount unknown: needs a decider up to USD 10,000; give the amount to lower it."
    await team.modal("sarah", at_least=unknown)
    await sarah.fill({"Amount at stake": "USD 48,000"})
    modal = await team.modal("sarah", at_least="USD 48,000: needs a decider up to USD 50,000.")
    assert unknown not in modal.text
    assert modal.inputs["Amount at stake (USD)"] == "USD 48,000"


async def test_the_date_follows_the_urgency_until_somebody_chooses_one(team: Team) -> None:
    days = {}
    for urgency in ("3", "1"):
        await open_form(team)
        sarah = team.house.person("sarah")
        await sarah.fill({**FULL, "Urgency": urgency})
        await team.modal("sarah", at_least="Then it is to be decided by") if urgency == "1" else None
        assert (await team.submit("sarah", {})).ok
        days[urgency] = team.value(
            "SELECT expected_resolution_date - now() FROM customer_decisions WHERE urgency_level = %s", int(urgency)
        ).days
    assert days["3"] < 6 < 12 < days["1"] + 1
    chosen = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    await open_form(team)
    assert (await team.submit("sarah", {**FULL, "Urgency": "5", "Decide by": chosen})).ok
    query = "SELECT expected_resolution_date FROM customer_decisions WHERE urgency_level = 5"
    assert team.value(query).replace(tzinfo=UTC) == chosen


async def test_a_decision_without_a_channel_is_asked_scored_and_resolved(team: Team) -> None:
    await open_form(team, is_whole=True)
    assert (await team.submit("sarah", {**FULL, "Amount at stake": "90", "Card": True})).ok
    assert team.value("SELECT channel_id FROM customer_decisions") is None
    sarah, mike = team.house.person("sarah"), team.house.person("mike")
    await sarah.click("Add options")
    await team.modal("sarah", at_least="Option 2")
    assert (await team.submit("sarah", {"Option 1": "Full refund", "Option 2": "Partial credit"})).ok
    await sarah.click("Start scoring")
    await team.modal("sarah", at_least="Who scores")
    assert (await team.submit("sarah", {})).ok
    await sarah.close(everything=True)
    for name in ("sarah", "mike", "lisa", "tom"):
        await team.ballot(name)
    await team.published()
    await team.settled()
    assert await mike.messages("customer-decisions") == []
    await mike.see("Result of #1")
    await mike.slash("/decide list")
    await mike.see("#1 Refund")
    await team.window("mike", Action.RESOLVE)
    assert (await team.submit("mike", {"Option": "Full refund", "Reason": "It leads."})).ok
    assert team.state == ("resolved", 5)
    team.check_deliveries()


async def test_what_is_needed_is_asked_at_once(team: Team) -> None:
    await open_form(team)
    assert (await team.submit("sarah", {**NEW, "Decide by": None})).status == "refused"
    assert set((await team.modal("sarah")).errors) == {"What happened", "Decide by"}
    assert team.value("SELECT count(*) FROM customer_decisions") == 0


async def test_an_incomplete_case_says_what_is_missing_and_is_completed_later(team: Team) -> None:
    await team.open(description="", expected_resolution_date=None)
    assert team.state == ("created", 1)
    modal = await team.window("sarah", Action.COMPLETE_CASE)
    assert "a description of the problem and a date to decide by" in modal.text
    values = {"What happened": "All back.", "Decide by": datetime.now(UTC) + timedelta(days=2)}
    assert (await team.submit("sarah", values)).ok
    assert "#1 saved. Next: add the options, at least two." in (await team.modal("sarah")).text
    assert team.value("SELECT count(*) FROM decision_criteria") >= 3


async def test_a_team_of_one_cannot_go_on_to_criteria(newcomers: Team) -> None:
    team = await newcomers.gather()
    await open_form(team)
    assert (await team.submit("sarah", FULL)).ok
    assert "Still missing: at least 2 active team members." in (await team.modal("sarah")).text


AMOUNT = "Type it like 1200 or 1,200.50."
UNUSABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"Amount at stake": "12kk"}, "Amount at stake (USD)", f"That is not an amount that I can read. {AMOUNT}"),
    ({"Customer value": "-5"}, "Customer value (USD)", f"This amount cannot be below 0. {AMOUNT}"),
    ({"Customer value": "99999999999"}, "Customer value (USD)",
     f"That is too large: the most is 9,999,999,999.99. {AMOUNT}"),
    ({"Amount at stake": "€ 5"}, "Amount at stake (USD)",
     f"Amounts here are in USD: convert it, type the number. {AMOUNT}"),
    ({"Decide by": datetime(2020, 1, 1, tzinfo=UTC)}, "Decide by",
     "The date to decide by is in the past; choose a later one."),
    ({"Title": "  "}, "Title", "Write the title."),
    ({"Title": "\u200b\u3164\u2800\ufeff"}, "Title", "Write the title."),
]  # fmt: skip


async def test_what_cannot_be_used_is_said_under_its_field_and_nothing_is_saved(team: Team) -> None:
    for values, field, sentence in UNUSABLE:
        await open_form(team, is_whole=True)
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
    await open_form(team, is_whole=True)
    nasty = "<!channel>&*_~`"
    values = {
        **NEW,
        "Title": (nasty * 20)[:150],
        "Customer": (nasty * 20)[:150],
        "What happened": (nasty * 300)[:3000],
        "Customer id": (nasty * 10)[:100],
        "Amount at stake": "-9,999,999,999.99",
    }
    assert (await team.submit("sarah", values)).ok
    assert "#1 created" in (await team.modal("sarah")).text
    await team.card()
    await team.house.person("sarah").click("Show details")
    await team.modal("sarah", at_least="Description")
    refused = [c for c in team.house.sandbox.calls() if c.answer and not c.answer.get("ok")]
    # What is said beneath the amount gives way to whatever was typed after it.
    assert [c for c in refused if (c.answer or {})["error"] != "hash_conflict"] == []


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


@pytest.mark.parametrize("is_own", [False, True], ids=["the template's", "the owner's own"])
async def test_another_type_after_a_lost_answer_brings_its_criteria_unless_the_owner_has_edited_them(
    team: Team, is_own: bool
) -> None:
    await open_form(team)
    await team.house.person("sarah").fill(FULL)
    assert not (await team.house.person("sarah").submit(lose_answer=True)).ok
    await team.until("SELECT count(*) FROM decision_criteria", 4)
    if is_own:
        await team.change("UPDATE decision_criteria SET name = 'Mine' WHERE position = 0")
    names = "SELECT name FROM decision_criteria ORDER BY position"
    before = team.sql(names)

    assert (await team.submit("sarah", {"Type of decision": "Service escalation"})).ok

    assert "#1 created" in (await team.modal("sarah")).text
    brought = [(draft.name,) for draft in team.house.bot.deps.rules.templates.of("service_escalation")]
    assert brought != before
    assert team.sql(names) == (before if is_own else brought)


async def test_a_channel_changed_after_a_lost_answer_takes_the_card_along_and_the_old_one_says_so(team: Team) -> None:
    team.house.sandbox.invite_bot("general")
    await open_form(team)
    await team.house.person("sarah").fill(FULL)
    assert not (await team.house.person("sarah").submit(lose_answer=True)).ok
    assert "ABC Corporation" in await team.card()

    await team.house.person("sarah").click("More fields")
    await team.modal("sarah", at_least=PLACE)
    assert (await team.submit("sarah", {PLACE: "general"})).ok
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
    assert modal.inputs["Amount at stake (USD)"] == "500"
    assert (await team.submit("sarah", {"Title": "Refund, amended", "Customer value": "12,000.50"})).ok
    assert (await team.card()).startswith("#1 · Refund, amended")
    assert team.value("SELECT customer_value FROM customer_decisions") == Decimal("12000.50")


async def test_the_urgency_changes_even_while_the_team_scores(team: Team) -> None:
    await team.to_scoring()
    await team.press("sarah", "decision.show")
    await team.modal("sarah", at_least="Description")
    await team.house.person("sarah").click("Change urgency")
    await team.modal("sarah", at_least="Urgency")
    assert (await team.submit("sarah", {"Urgency": "5"})).ok
    assert "The urgency of #1 is 5 now." in (await team.modal("sarah")).text
    assert "5, critical (was 3, normal)" in await team.card()


async def test_an_amount_that_is_changed_stands_beside_what_it_was_at_first(team: Team) -> None:
    await team.to_options()
    for typed in ("60k", "700"):
        await team.window("sarah", Action.EDIT_CASE)
        assert (await team.submit("sarah", {"Amount at stake": typed})).ok
    assert "USD 700 (was USD 500)" in await team.card()
    details = team.sql("SELECT details FROM audit_logs WHERE action = 'decision.edited' ORDER BY created_at")
    assert [row for (row,) in details] == [
        {"financial_impact": ["500.00", "60000.00"]},
        {"financial_impact": ["60000.00", "700.00"]},
    ]
    await team.window("sarah", Action.EDIT_CASE)
    assert (await team.submit("sarah", {"Amount at stake": "500"})).ok
    assert "(was" not in await team.card()


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
