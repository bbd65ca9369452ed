"""People who have nothing but a browser: what they see, they click."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

# Conclave starts its database, its Slack and a browser for each of these.
pytestmark = pytest.mark.usefixtures("sandbox")
CRITERIA = 4


async def set_up(owner: Any) -> None:
    """Two colleagues join, and Mike may resolve what takes authority 4."""
    await owner.type("/decide setup")
    await owner.see_window("Change the team, or add people to it")
    await owner.pick_people("People to add", "Tom Becker", "Ana Silva")
    await owner.choose("Role of these people", "Support manager")
    await owner.submit()
    await owner.see_window("Tom Becker")
    await owner.page.locator("#window .section", has_text="Mike Chen").get_by_role("button").click()
    await owner.see_window("What this person may resolve")
    await owner.choose("Authority", "4")
    await owner.submit()
    await owner.page.locator("#window .section", has_text="Mike Chen").get_by_text("authority 4").wait_for()
    await owner.leave()


async def complete_the_case(owner: Any, *, leaves: bool = True) -> None:
    await owner.type("/decide list")
    await owner.press("Show")
    await owner.see_window("can complete the case")
    await owner.press_in_window("Complete the case")
    await owner.see_window("Resolve by")
    due = datetime.now(UTC) + timedelta(days=3)
    await owner.fill("Resolve by", f"{due:%Y-%m-%dT10:00}" if await _takes_time(owner) else f"{due:%Y-%m-%d}")
    await owner.submit()
    await owner.see_window("Next: set the criteria")
    await owner.press_in_window("Edit criteria")
    await owner.see_window("Word each so that 10 is best for us")
    await owner.submit()
    await owner.see_window("Next: propose the options")
    if leaves:
        await owner.leave()


async def _takes_time(owner: Any) -> bool:
    return await owner.field("Resolve by").get_attribute("type") == "datetime-local"


async def propose(person: Any, title: str, cost: str) -> None:
    await person.press("Propose option")
    await person.see_window("An answer that we could give")
    await person.fill("Title", title)
    await person.fill("Description", f"{title}, at once and without conditions.")
    await person.fill("Cost", cost)
    await person.submit()
    await person.see_window("is proposed")
    await person.leave()


async def start_scoring(owner: Any) -> None:
    await owner.press("Start scoring")
    await owner.see_window("Who scores")
    await owner.submit()
    await owner.see_window("Scoring of #1 has started")
    await owner.leave()


async def score_page(person: Any, number: int, score: int) -> None:
    """Give all options of one page a score, the second one less."""
    await person.see_window(f"Criterion {number} of {CRITERIA}")
    selects = person.page.locator("#window select")
    await selects.nth(0).select_option(str(score))
    await selects.nth(1).select_option(str(max(1, score - 2)))
    await person.submit()


async def score_all(person: Any, score: int) -> None:
    await person.press("Score")
    for number in range(1, CRITERIA + 1):
        await score_page(person, number, score)
    await finish(person)


async def finish(person: Any) -> None:
    await person.see_window("Check your scores")
    await person.check("I have checked my scores")
    await person.submit()
    await person.see_window("Submitted in secret")
    await person.leave()


async def ready_to_score(room: Any, *names: str) -> list[Any]:
    """The sample decision with two options, its scoring open; one window for each of these people."""
    windows = [await room.come(name) for name in names]
    owner = windows[0]
    await set_up(owner)
    await complete_the_case(owner)
    await propose(owner, "Service credit of three months", "30000")
    await propose(windows[1], "Full refund", "90000")
    await start_scoring(owner)
    return windows


async def test_four_people_take_a_whole_decision_by_clicking(room: Any) -> None:
    sarah, mike, lisa, tom = people = await ready_to_score(room, "sarah", "mike", "lisa", "tom")
    for person in people:
        await person.see_card("0 of 5 have scored")
    await sarah.shot("card")

    await mike.press("Score")
    await mike.see_window(f"Criterion 1 of {CRITERIA}")
    await mike.shot("scoring")
    for number in range(1, CRITERIA + 1):
        await score_page(mike, number, 9)
    await finish(mike)
    for person, score in ((sarah, 8), (lisa, 6), (tom, 9)):
        await score_all(person, score)
    await mike.see_card("4 of 5 have scored")
    await mike.press("Close scoring")
    await confirmed(mike)
    await lisa.see_card("Result")
    await lisa.page.locator("#main .replies").last.click()
    await lisa.page.locator("#thread article").nth(1).wait_for()
    await lisa.shot("results")

    await mike.press("Resolve")
    await mike.see_window("You have authority 4")
    await mike.choose("Option", "Service credit of three months")
    await mike.fill("Reason", "The outage was ours.")
    await mike.submit()
    await mike.see_window("is resolved")
    await mike.leave()
    await mike.press("Customer informed")
    await confirmed(mike)
    await sarah.see_card("Record outcome")
    await sarah.press("Record outcome")
    await sarah.see_window("Did the customer stay?")
    await sarah.check("Yes, the customer stayed")
    await sarah.submit()
    await sarah.see_window("The outcome of #1 is recorded")
    await sarah.leave()

    await tom.see_card("The customer stayed")


async def confirmed(person: Any) -> None:
    """Agree in the button's own dialog, and put away what the app says to it."""
    await person.page.locator("dialog.confirm[open] [data-yes]").click()
    await person.page.locator("dialog.confirm[open]").wait_for(state="hidden")
    if await person.page.locator("#window").is_visible():
        await person.leave()


async def test_a_submit_with_errors_keeps_the_modal_and_says_what_is_wrong_under_the_fields(room: Any) -> None:
    sarah = await room.come("sarah")
    await sarah.type("/decide A pony for ABC")
    await sarah.see_window("Type of decision")
    await sarah.fill("Customer value", "a lot")

    await sarah.submit()

    missing = sarah.page.locator("#window .has-error", has_text="Customer").first
    await missing.locator(".error", has_text="Please complete this required field.").wait_for()
    assert await sarah.page.evaluate("document.activeElement.closest('.has-error') !== null")
    assert await sarah.field("Title").input_value() == "A pony for ABC"
    await sarah.choose("Type of decision", "Refund request")
    await sarah.page.locator("#window").get_by_label("Customer", exact=True).fill("ABC")
    await fill_required(sarah)
    await sarah.submit()
    wrong = sarah.page.locator("#window .has-error", has_text="Customer value")
    await wrong.locator(".error").wait_for()
    assert await sarah.field("Customer value").input_value() == "a lot"
    assert await sarah.field("Customer value").get_attribute("aria-invalid") == "true"
    await sarah.fill("Customer value", "1200")
    await sarah.submit()
    await sarah.see_window("#2 created")


async def fill_required(person: Any) -> None:
    """Choose something in every select that is required and empty."""
    for select in await person.page.locator("#window select[aria-required=true]").all():
        if not await select.input_value():
            await select.select_option(index=1)


async def test_a_window_beneath_a_finished_form_is_up_to_date(room: Any) -> None:
    sarah = await room.come("sarah")
    await complete_the_case(sarah, leaves=False)

    await sarah.page.click("#window [data-close]")

    await sarah.see_window("phase 3 of 6")


async def test_a_draft_saved_for_later_is_there_again(room: Any) -> None:
    sarah, mike = await ready_to_score(room, "sarah", "mike")
    await mike.press("Score")
    await score_page(mike, 1, 9)
    await mike.see_window(f"Criterion 2 of {CRITERIA}")
    await mike.page.locator("#window select").nth(0).select_option("4")
    await mike.page.locator("#window").get_by_role("button", name="Save your scores").click()
    await mike.see_window("resumes here")
    await mike.leave()

    await mike.press("Score")

    await mike.see_window(f"Criterion 2 of {CRITERIA}")
    assert await mike.page.locator("#window select").nth(0).input_value() == "4"
    await mike.page.locator("#window").get_by_role("button", name="Back").last.click()
    await mike.see_window(f"Criterion 1 of {CRITERIA}")
    assert await mike.page.locator("#window select").nth(0).input_value() == "9"
    await sarah.see_card("0 of 5 have scored")


async def test_a_message_shortcut_takes_the_message_along(room: Any) -> None:
    lisa = await room.come("lisa")
    await lisa.type("ABC wants its money back <b>now</b>")
    message = lisa.page.locator("#main article", has_text="ABC wants its money back <b>now</b>")
    await message.hover()
    await message.get_by_label("Actions for this message").click()
    await lisa.page.wait_for_function("document.querySelector('details.menu.over[open]')")  # else it would be cut off

    await message.get_by_role("menuitem", name="Decide about this message").click()

    await lisa.see_window("Type of decision")
    assert "ABC wants its money back <b>now</b>" in await lisa.field("Description").input_value()


async def test_two_windows_of_two_people_see_an_update_as_it_happens(room: Any) -> None:
    sarah, lisa = await room.come("sarah"), await room.come("lisa")
    await complete_the_case(sarah)
    await lisa.see_card("Options")
    marked = await lisa.page.evaluate("document.querySelector('#main article:last-child').id")

    await propose(sarah, "Full refund", "90000")

    await lisa.see_card("Full refund")
    assert await lisa.page.evaluate("document.querySelector('#main article:last-child').id") == marked
    await lisa.type("Looks fair to me")
    await sarah.see_card("Looks fair to me")


async def test_what_is_private_stays_in_the_window_of_its_reader(room: Any) -> None:
    sarah, lisa = await room.come("sarah"), await room.come("lisa")

    await sarah.type("/decide list")

    await sarah.see_card("Only visible to you")
    await lisa.type("Anybody here?")
    await sarah.see_card("Anybody here?")
    assert await lisa.page.locator("#main article", has_text="Only visible to you").count() == 0


async def test_the_keyboard_alone_opens_and_leaves_a_modal(room: Any) -> None:
    sarah = await room.come("sarah")
    await sarah.page.keyboard.type("/de")
    await sarah.page.locator("#suggest [role=option]").first.wait_for()
    await sarah.page.keyboard.press("Tab")
    await sarah.page.keyboard.type("Refund for ABC")
    await sarah.page.keyboard.press("Enter")
    await sarah.see_window("Type of decision")

    for _ in range(40):
        await sarah.page.keyboard.press("Tab")
        assert await sarah.page.evaluate("document.querySelector('#window').contains(document.activeElement)")
    await sarah.page.keyboard.press("Escape")

    await sarah.gone()
    assert await sarah.page.evaluate("document.activeElement.id") == "composer-text"


async def test_typing_starts_in_the_first_field_and_half_a_date_is_not_sent(room: Any) -> None:
    sarah = await room.come("sarah")
    await sarah.type("/decide list")
    await sarah.press("Show")
    await sarah.press_in_window("Complete the case")
    await sarah.see_window("needed before criteria can be set")

    assert await sarah.page.evaluate("document.activeElement.labels[0].innerText") == "Title"
    await sarah.field("Resolve by").focus()
    await sarah.page.keyboard.type("11")
    await sarah.submit()

    assert await sarah.field("Resolve by").evaluate("field => field === document.activeElement")
    assert await sarah.page.locator("#window [data-submit]").get_attribute("aria-busy") is None


async def test_leaving_what_was_typed_is_asked_first(room: Any) -> None:
    sarah = await room.come("sarah")
    await sarah.type("/decide")
    await sarah.see_window("Type of decision")
    await sarah.fill("Title", "Half a thought")

    await sarah.page.keyboard.press("Escape")
    await sarah.page.locator("#leave").get_by_role("button", name="Stay").click()

    assert await sarah.field("Title").input_value() == "Half a thought"
    await sarah.page.keyboard.press("Escape")
    await sarah.page.locator("#leave").get_by_role("button", name="Leave").click()
    await sarah.gone()


async def test_the_inspector_shows_the_requests_but_no_ballot(room: Any) -> None:
    _, mike = await ready_to_score(room, "sarah", "mike")
    await mike.press("Score")
    await score_page(mike, 1, 9)
    await mike.see_window(f"Criterion 2 of {CRITERIA}")

    tool = await room.come("sarah", place="/inspector")

    entry = tool.page.locator(".entry", has_text="evaluation.page").first
    await entry.click()
    await entry.get_by_text("Hidden: this is a view in which somebody scores.").first.wait_for()
    assert "selected_option" not in await entry.inner_text()


async def test_slack_misbehaves_when_told_to(room: Any) -> None:
    tool, sarah = await room.come("sarah", place="/inspector"), await room.come("sarah")
    await tool.page.get_by_role("button", name="Next trigger expired").click()
    await tool.see("The next 1 trigger(s) will have expired.")

    await sarah.type("/decide Refund for ABC")

    await tool.page.locator(".entry.failed", has_text="expired_trigger_id").first.wait_for()
    assert not await sarah.page.locator("#window").is_visible()


async def test_the_first_visit_says_what_to_do(browser: Any, sandbox: Any) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 800})
    page = await context.new_page()
    await page.goto(sandbox.url)
    await page.get_by_role("link", name="Sarah Johnson").click()
    hint = page.locator("#hint")
    await hint.wait_for(state="visible")

    assert "/decide list" in await hint.inner_text()
    await page.get_by_label("Message customer-decisions").fill("/decide list")
    await page.keyboard.press("Enter")

    await page.get_by_text("Waiting for you: complete the case").wait_for()
    await hint.wait_for(state="hidden")
    await context.close()
