"""Somebody who comes for the first time, and has nothing but the screen: what is there, and what leads them on."""

from typing import Any

import pytest

from bot.demo import prelude
from bot.demo.cases import COLLECTING, DECIDED, SCORING
from handlers.routes import VIEWS
from sandbox.server import Sandbox
from tests.support.window import PHONE, WIDE, Room, Window


@pytest.fixture
async def played(sandbox: Sandbox, service_database_url: str) -> Sandbox:
    await prelude.play(sandbox, service_database_url)
    return sandbox


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
async def visitor(request: pytest.FixtureRequest, room: Room, played: Sandbox) -> Window:
    """Picks Sarah, as the first page proposes."""
    sarah = await room.come("sarah")
    width, height = request.param
    await sarah.page.set_viewport_size({"width": width, "height": height})
    await sarah.page.goto(played.url)
    await sarah.page.get_by_role("link", name="Begin here").click()
    return sarah


def hints(visitor: Window, state: str = "") -> Any:
    return visitor.page.locator(f"#hints li{state}")


async def test_three_decisions_and_three_hints_are_there(visitor: Window) -> None:
    for told in (DECIDED, COLLECTING, SCORING):
        await visitor.see_card(told.case.title)
    await visitor.see_card(DECIDED.reason)
    await visitor.shot("first-screen")

    assert await hints(visitor).count() == 3
    assert "Score a decision." in await hints(visitor, ".next").inner_text()
    newest = visitor.page.locator("#main article").last
    assert await newest.get_by_role("button", name="Score").first.is_visible()  # without scrolling
    assert await visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_the_hints_lead_on_and_stay_until_they_are_done(visitor: Window) -> None:
    await visitor.press("Score")
    await visitor.page.locator("#window input[inputmode]").first.wait_for()
    for field in await visitor.page.locator("#window input[inputmode]").all():
        await field.fill("7")
    await visitor.submit()
    await visitor.see_window("Submitted in secret")
    await visitor.leave()
    await hints(visitor, ".done").first.wait_for()

    await visitor.type("/decide Late delivery for Initech")
    await visitor.see_window("Type of decision")
    await visitor.shot("new-decision")
    await fill_what_is_required(visitor)
    await visitor.submit()
    await visitor.see_window("#44")
    await visitor.leave()

    await hints(visitor, ".done").nth(1).wait_for()
    await visitor.page.reload()
    assert "Let your team score it." in await hints(visitor, ".next").inner_text()
    assert await hints(visitor).last.is_visible()


async def test_home_says_what_waits_and_leads_to_what_outcomes_teach(visitor: Window, played: Sandbox) -> None:
    await visitor.page.goto(f"{played.url}/as/sarah/home")
    await visitor.page.get_by_text("Waiting for you").wait_for()
    await visitor.shot("home")

    await visitor.page.get_by_role("button", name="What outcomes teach").click()
    await visitor.see_window("How decisions turned out")
    await visitor.shot("learning")

    assert "worked in about" in await visitor.page.locator("#window").inner_text()


async def fill_what_is_required(visitor: Window) -> None:
    for select in await visitor.page.locator("#window select[aria-required=true]").all():
        if not await select.input_value():
            await select.select_option(index=1)
    for field in await visitor.page.locator("#window :is(input[type=text], textarea)[aria-required=true]").all():
        if not await field.input_value():
            await field.fill("Initech")


async def test_each_hint_is_done_by_something_that_the_app_takes(played: Sandbox) -> None:
    kinds = {hint.done_by[0] for hint in played.spec.hints}

    assert kinds == {"view_submission"}
    assert [hint.done_by[1] for hint in played.spec.hints if hint.done_by[1] not in VIEWS] == []


async def test_a_demo_that_is_started_again_shows_its_cards_again(
    room: Room, played: Sandbox, service_database_url: str
) -> None:
    for channel in played.town.workspace.channels.values():
        channel.messages.clear()

    await prelude.play(played, service_database_url)

    sarah = await room.come("sarah")
    for told in (DECIDED, COLLECTING, SCORING):
        await sarah.see_card(told.case.title)
    assert await sarah.page.locator("#main article").count() == 3
