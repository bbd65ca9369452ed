"""People who have nothing but a browser: what they see, they click."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.window import Room, Window

# Conclave starts its database, its Slack and a browser for each of these.
pytestmark = pytest.mark.usefixtures("sandbox")
CRITERIA = ("Customer trust", "Cost", "Fairness", "Precedent")
CREDIT, FULL, HALF = "Service credit of three months", "Full refund", "Half refund, joint review"
COSTS = {CREDIT: "30000", FULL: "90000", HALF: "45000"}
ABOUT = {
    CREDIT: "Three months free on the next invoice.",
    FULL: "Give back what they paid for the year.",
    HALF: "Give back half, and go through the outage with them.",
}
BALLOTS = {
    "sarah": "4 8 5 7 / 9 2 8 3 / 8 6 8 7",
    "mike": "5 8 5 8 / 9 2 9 3 / 8 6 8 6",
    "lisa": "7 8 7 8 / 8 3 7 4 / 8 6 7 6",
    "tom": "8 9 7 8 / 7 3 6 3 / 7 6 7 6",
    "ana": "3 7 4 6 / 9 3 9 5 / 9 6 8 7",
}
"""One row of scores per option in the order of COSTS, one column per criterion: the team leans towards HALF."""


async def set_up(owner: Any) -> None:
    """Two colleagues join, and Mike may resolve what takes authority 4."""
    await owner.type("/decide setup")
    await owner.see_window("Change the team, or add people to it")
    await owner.pick_people("People to add", "Tom Becker", "Ana Silva")
    await owner.choose("Role of these people", "Support manager")
    await owner.submit()
    await owner.see_window("Tom Becker")
    await owner.page.locator("#window .section", has_text="Mike Chen").get_by_role("button").click()
    await owner.see_window("Nobody raises their own")
    await owner.choose("May decide", "up to USD 50,000")
    await owner.submit()
    await (
        owner.page.locator("#window .section", has_text="Mike Chen")
        .get_by_text("may decide up to USD 50,000")
        .wait_for()
    )
    await owner.leave()


async def complete_the_case(owner: Any, *, leaves: bool = True) -> None:
    await owner.type("/decide list")
    await owner.press("Show")
    await owner.see_window("can fill in the case")
    await owner.press_in_window("Fill in the case")
    await owner.see_window("Decide by")
    await owner.fill("Amount at stake", "30,000")
    due = datetime.now(UTC) + timedelta(days=3)
    await owner.fill("Decide by", f"{due:%Y-%m-%dT10:00}" if await _takes_time(owner) else f"{due:%Y-%m-%d}")
    await owner.submit()
    await owner.see_window("Next: add the options")
    await owner.press_in_window("Show details")
    await owner.see_window("collecting options")
    await owner.press_in_window("Edit criteria")
    await owner.see_window("Word each so that 10 is best for us")
    await owner.submit()
    await owner.see_window("Next: add the options")
    if leaves:
        await owner.leave()


async def _takes_time(owner: Any) -> bool:
    return bool(await owner.field("Decide by").get_attribute("type") == "datetime-local")


async def propose(person: Any, title: str) -> None:
    await person.press_behind_more("Add options")
    await person.see_window("Answers that we could give")
    await person.fill("Option 1", title)
    await person.fill("Cost of option 1", COSTS[title])
    await person.press_in_window("More fields")
    await person.see_window("Description of option 1")
    await person.fill("Description of option 1", ABOUT[title])
    await person.submit()
    await person.see_window("1 option added")
    await person.leave()


async def start_scoring(owner: Any) -> None:
    await owner.press("Start scoring")
    await owner.see_window("Who scores")
    await owner.submit()
    await owner.see_window("Scoring of #1 has started")
    await owner.leave()


async def score_as(person: Any, ballot: str, *, comment: str = "") -> None:
    """Score everything by what the labels say, and submit it. ballot: as in BALLOTS; the window is open."""
    await person.see_window("You are about to submit 12 scores.")
    for title, row in zip(COSTS, ballot.split("/"), strict=True):
        for criterion, score in zip(CRITERIA, row.split(), strict=True):
            await person.type_score(title, criterion, score)
    if comment:
        await person.press_in_window("Add a comment")
        await person.see_window(f"Comment on {HALF}")
        await person.fill(f"Comment on {HALF}", comment)
    await person.submit()
    await person.see_window("Submitted in secret")
    await person.leave()


async def ready_to_score(room: Room, *names: str) -> list[Any]:
    """The sample decision, its scoring open: a window for each of these people, an option each for up to three."""
    windows = [await room.come(name) for name in names]
    owner = windows[0]
    await set_up(owner)
    await complete_the_case(owner)
    for person, title in zip(windows, COSTS, strict=False):
        await propose(person, title)
    await start_scoring(owner)
    return windows


async def test_five_people_take_a_whole_decision_by_clicking(room: Room) -> None:
    sarah, mike, lisa, tom, ana = people = await ready_to_score(room, *BALLOTS)
    for person in people:
        await person.see_card("0 of 5 have scored")
    await sarah.shot("card")

    await mike.press("Score")
    await mike.see_window("cost USD 45,000 · effort medium · risk medium")
    await mike.type_score(HALF, "Customer trust", "8")
    await mike.type_score(CREDIT, "Customer trust", "5")
    await mike.shot("scoring")
    await score_as(mike, BALLOTS["mike"])
    for person in (sarah, lisa, tom):
        await person.press("Score")
        await score_as(person, BALLOTS[person.who])
    await tom.see_card("4 of 5 have scored")
    await ana.press("Score")
    await score_as(ana, BALLOTS["ana"], comment="They will remember who sat down with them.")
    await lisa.see_card(f"The team leans towards {HALF}")
    await lisa.page.locator("#main .replies").last.click()
    told = lisa.page.locator("#thread article", has_text="Result of #1")
    await told.get_by_role("img", name=f"{HALF[:10]}").wait_for()
    await told.get_by_text("Customer trust 8.0 · Cost 6.0 · Fairness 7.6 · Precedent 6.4").wait_for()
    for width in (1280, 390):
        await lisa.page.set_viewport_size({"width": width, "height": 900})
        assert await sideways(told.locator(".chart-box > .scroll")) == 0
        assert await sideways(told) == 0
    await lisa.shot("results", of=told)

    await mike.press("Resolve")
    await mike.see_window("You may decide up to USD 50,000")
    await mike.choose("Option", HALF)
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
    await tom.shot("decided", of=tom.page.locator("#main article", has_text=f"Decided: {HALF}").first)


async def sideways(place: Any) -> int:
    """How many pixels of what is there are out of sight to the right."""
    return int(await place.evaluate("place => place.scrollWidth - place.clientWidth"))


async def confirmed(person: Any) -> None:
    """Agree in the button's own dialog, and put away what the app says to it."""
    await person.page.locator("dialog.confirm[open] [data-yes]").click()
    await person.page.locator("dialog.confirm[open]").wait_for(state="hidden")
    if await person.page.locator("#window").is_visible():
        await person.leave()


async def test_a_submit_with_errors_keeps_the_modal_and_says_what_is_wrong_under_the_fields(room: Room) -> None:
    sarah = await room.come("sarah")
    await sarah.type("/decide A pony for ABC")
    await sarah.see_window("Type of decision")
    await sarah.press_in_window("More fields")
    await sarah.see_window("Customer value")
    await sarah.fill("Customer value", "a lot")

    await sarah.submit()

    missing = sarah.page.locator("#window .has-error", has_text="Customer").first
    await missing.locator(".error", has_text="Please complete this required field.").wait_for()
    assert await sarah.page.evaluate("document.activeElement.closest('.has-error') !== null")
    assert await sarah.field("Title").input_value() == "A pony for ABC"
    await sarah.choose("Type of decision", "Refund request")
    await sarah.page.locator("#window").get_by_label("Customer", exact=True).fill("ABC")
    await sarah.fill("What happened", "They ask for a pony.")
    await fill_required(sarah)
    await sarah.submit()
    wrong = sarah.page.locator("#window .has-error", has_text="Customer value")
    await wrong.locator(".error").wait_for()
    assert await sarah.field("Customer value").input_value() == "a lot"
    assert await sarah.field("Customer value").get_attribute("aria-invalid") == "true"
    await sarah.fill("Customer value", "1200")
    await sarah.submit()
    await sarah.see_window("#2 created")


async def test_what_is_typed_while_an_update_is_on_its_way_stays(room: Room) -> None:
    sarah = await room.come("sarah")
    await sarah.type("/decide A pony for ABC")
    await sarah.see_window("Type of decision")
    customer = sarah.page.locator("#window").get_by_label("Customer", exact=True)
    is_drawn, is_typed = asyncio.Event(), asyncio.Event()

    async def late(route: Any) -> None:
        answer = await route.fetch()
        if "needs a decider" in await answer.text():
            is_drawn.set()
            await is_typed.wait()
        await route.fulfill(response=answer)

    await sarah.page.route("**/page/parts/**", late)
    await sarah.choose("Type of decision", "Refund request")
    await is_drawn.wait()
    await customer.fill("ABC")
    is_typed.set()
    await sarah.see_window("needs a decider")

    assert await customer.input_value() == "ABC"
    await sarah.page.unroute_all(behavior="wait")


async def fill_required(person: Any) -> None:
    """Choose something in every select that is required and empty."""
    for select in await person.page.locator("#window select[aria-required=true]").all():
        if not await select.input_value():
            await select.select_option(index=1)


async def test_a_window_beneath_a_finished_form_is_up_to_date(room: Room) -> None:
    sarah = await room.come("sarah")
    await complete_the_case(sarah, leaves=False)

    await sarah.page.click("#window [data-close]")

    await sarah.see_window("phase 3 of 6")


async def test_a_draft_saved_for_later_is_there_again(room: Room) -> None:
    sarah, mike = await ready_to_score(room, "sarah", "mike")
    await mike.press("Score")
    await mike.type_score(CREDIT, "Cost", "9")
    await mike.press_in_window("I can't judge Fairness")
    await mike.see_window("You can't judge Fairness")
    await mike.page.locator("#window").get_by_role("button", name="Save your scores").click()
    await mike.see_window("resumes here")
    await mike.leave()

    await mike.press("Score")

    await mike.see_window("Left out: Fairness.")
    assert await mike.score(CREDIT, "Cost") == "9"
    await sarah.see_card("0 of 5 have scored")


async def test_skipping_unfolding_and_looking_up_lose_nothing_that_was_typed(room: Room) -> None:
    _, mike = await ready_to_score(room, "sarah", "mike")
    await mike.press("Score")
    await mike.type_score(CREDIT, "Cost", "9")
    await mike.type_score(CREDIT, "Fairness", "3")

    await mike.press_in_window("I can't judge Fairness")
    await mike.see_window("You can't judge Fairness")
    await mike.type_score(CREDIT, "Precedent", "11")
    await mike.press_in_window("Add a comment")
    await mike.see_window(f"Comment on {CREDIT}")
    await mike.page.locator("#window textarea:focus").first.wait_for()  # not thrown back to the top
    await mike.press_in_window("What will be shown?")
    await mike.see_window("of fewer than 3 people nothing")
    await mike.page.click("#window [data-close]")
    await mike.press_in_window("I can judge Fairness")
    await mike.see_window("I can't judge Fairness")

    assert [await mike.score(CREDIT, c) for c in CRITERIA] == ["", "9", "3", "11"]
    await mike.submit()
    await mike.see_window("Please enter a number of at most 10.")


async def test_a_whole_ballot_is_typed_without_the_mouse(room: Room) -> None:
    """A number and the tabulator for each score; menus and buttons between them are passed over by it."""
    _, mike = await ready_to_score(room, "sarah", "mike")
    await mike.press("Score")
    await mike.see_window("You are about to submit 8 scores.")
    await mike.page.locator("#window input[inputmode]").first.focus()
    keys = 0
    for row in range(len(CRITERIA)):
        for number in ("7", "10"):
            await mike.page.keyboard.type(number)
            await mike.page.keyboard.press("Tab")
            keys += len(number) + 1
        if row < len(CRITERIA) - 1:
            for _ in range(2):  # how sure one is, and the button of the next criterion
                await mike.page.keyboard.press("Tab")
                keys += 1

    typed = [await field.input_value() for field in await mike.page.locator("#window input[inputmode]").all()]

    assert typed == ["7", "10"] * len(CRITERIA)
    assert keys == 26
    await mike.submit()
    await mike.see_window("Submitted in secret")


async def test_a_message_shortcut_takes_the_message_along(room: Room) -> None:
    lisa = await room.come("lisa")
    await lisa.type("ABC wants its money back <b>now</b>")
    message = lisa.page.locator("#main article", has_text="ABC wants its money back <b>now</b>")
    await message.hover()
    await message.get_by_label("Actions for this message").click()
    await lisa.page.wait_for_function("document.querySelector('details.menu.over[open]')")  # else it would be cut off

    await message.get_by_role("menuitem", name="Decide about this message").click()

    await lisa.see_window("Type of decision")
    assert "ABC wants its money back <b>now</b>" in await lisa.field("What happened").input_value()


async def test_two_windows_of_two_people_see_an_update_as_it_happens(room: Room) -> None:
    sarah, lisa = await room.come("sarah"), await room.come("lisa")
    await complete_the_case(sarah)
    await lisa.see_card("Options")
    marked = await lisa.page.evaluate("document.querySelector('#main article:last-child').id")

    await propose(sarah, FULL)

    await lisa.see_card("Full refund")
    assert await lisa.page.evaluate("document.querySelector('#main article:last-child').id") == marked
    await lisa.type("Looks fair to me")
    await sarah.see_card("Looks fair to me")


async def test_what_is_private_stays_in_the_window_of_its_reader(room: Room) -> None:
    sarah, lisa = await room.come("sarah"), await room.come("lisa")

    await sarah.type("/decide list")

    await sarah.see_card("Only visible to you")
    await lisa.type("Anybody here?")
    await sarah.see_card("Anybody here?")
    assert await lisa.page.locator("#main article", has_text="Only visible to you").count() == 0


async def test_the_keyboard_alone_opens_and_leaves_a_modal(room: Room) -> None:
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


async def test_typing_starts_in_the_first_field_and_half_a_date_is_not_sent(room: Room) -> None:
    sarah = await room.come("sarah")
    await sarah.type("/decide list")
    await sarah.press("Show")
    await sarah.press_in_window("Fill in the case")
    await sarah.see_window("Decide by")

    await sarah.focus_is_in("Title")
    await sarah.field("Decide by").focus()
    await sarah.page.keyboard.type("11")
    await sarah.submit()

    assert await sarah.field("Decide by").evaluate("field => field === document.activeElement")
    assert await sarah.page.locator("#window [data-submit]").get_attribute("aria-busy") is None


async def half_a_thought(room: Room) -> Window:
    """Sarah, in a window in which she has typed something."""
    sarah = await room.come("sarah")
    await sarah.type("/decide")
    await sarah.see_window("Type of decision")
    await sarah.fill("Title", "Half a thought")
    return sarah


async def test_leaving_what_was_typed_is_asked_first(room: Room) -> None:
    sarah = await half_a_thought(room)
    await sarah.page.keyboard.press("Escape")
    await sarah.page.locator("#leave").get_by_role("button", name="Stay").click()

    assert await sarah.field("Title").input_value() == "Half a thought"
    await sarah.page.keyboard.press("Escape")
    await sarah.page.locator("#leave").get_by_role("button", name="Leave").click()
    await sarah.gone()


async def test_leaving_at_once_after_staying_leaves(room: Room) -> None:
    sarah = await half_a_thought(room)
    await sarah.page.keyboard.press("Escape")
    await sarah.page.locator("#leave").get_by_role("button", name="Stay").wait_for()
    # The second Escape comes before the browser has told that the first question was closed.
    await sarah.page.evaluate(
        """async () => {
            document.querySelector("#leave [data-no]").click();
            for (let turn = 0; turn < 20; turn++) await null;
            document.querySelector("#window").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
        }"""
    )
    await sarah.page.locator("#leave").get_by_role("button", name="Leave").click()

    await sarah.gone()


async def test_the_inspector_shows_the_requests_but_no_ballot(room: Room) -> None:
    _, mike = await ready_to_score(room, "sarah", "mike")
    await mike.press("Score")
    await mike.see_window("You are about to submit")
    for field in await mike.page.locator("#window input[inputmode]").all():
        await field.fill("9")
    await mike.submit()
    await mike.see_window("Submitted in secret")

    tool = await room.come("sarah", place="/inspector")

    entry = tool.page.locator(".entry", has_text="evaluation.ballot").first
    await entry.click()
    await entry.get_by_text("Hidden: this is a view in which somebody scores.").first.wait_for()
    assert "selected_option" not in await entry.inner_text()


async def test_slack_misbehaves_when_told_to(room: Room) -> None:
    tool, sarah = await room.come("sarah", place="/inspector"), await room.come("sarah")
    await tool.page.get_by_role("button", name="Next trigger expired").click()
    await tool.see("Trigger expired: the next 1.")

    await sarah.type("/decide Refund for ABC")

    await tool.page.locator(".entry.failed", has_text="expired_trigger_id").first.wait_for()
    assert not await sarah.page.locator("#window").is_visible()
