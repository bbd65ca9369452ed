"""The page for everybody: axe-core finds nothing serious, and a redraw leaves the keyboard where it was."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.browser.test_clicking import FULL, complete_the_case, propose
from tests.support.window import PHONE, WIDE, Room, Window

pytestmark = pytest.mark.usefixtures("sandbox")
SERIOUS = ("serious", "critical")
# Off unless asked for: who speaks to the computer says what stands on the button.
OPTIONS = {"rules": {"label-content-name-mismatch": {"enabled": True}}, "resultTypes": ["violations"]}
LOOKS = list(product((WIDE, PHONE), ("light", "dark")))


async def check(window: Window, place: str) -> None:
    """Look at what is shown now in both sizes, by day and by night. Raises AssertionError with what axe says."""
    from axe_playwright_python.async_playwright import Axe

    found = []
    for (width, height), scheme in LOOKS:
        await window.page.set_viewport_size({"width": width, "height": height})
        await window.page.emulate_media(color_scheme=scheme)
        answer = await Axe().run(window.page, options=OPTIONS)
        found += [f"{place}, {width} px, {scheme}: {line}" for line in _said(answer.response)]
    await window.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    assert not found, "\n".join(found)


def _said(response: dict[str, Any]) -> Iterator[str]:
    for rule in response["violations"]:
        if rule["impact"] in SERIOUS or "best-practice" in rule["tags"]:
            places = [node["html"][:160] for node in rule["nodes"][:4]]
            yield f"{rule['id']} ({rule['impact']}): {rule['help']}: {places}"


async def test_axe_finds_nothing_serious_wherever_people_go(room: Room) -> None:
    sarah = await room.come("sarah")
    await complete_the_case(sarah)
    await sarah.type("/decide list")
    await sarah.see("waiting for you")
    await check(sarah, "a channel")
    await sarah.press("Show")
    await sarah.see_window("#1")
    await check(sarah, "a window that shows")
    await sarah.leave()
    await sarah.type("/decide A pony")
    await sarah.see_window("Type of decision")
    await sarah.submit()
    await sarah.page.locator("#window .has-error").first.wait_for()
    await check(sarah, "a form with errors")
    await sarah.leave()
    await sarah.type("/decide setup")
    await sarah.see_window("Change the team, or add people to it")
    await sarah.pick_people("People to add", "Tom Becker")
    await check(sarah, "a form with people picked")


@pytest.mark.parametrize("place", ["/home", "/dm", "/inspector"])
async def test_axe_finds_nothing_serious_in(room: Room, place: str) -> None:
    sarah = await room.come("sarah", place=place)

    await sarah.page.locator("#main").wait_for()

    await check(sarah, place)


async def test_axe_finds_nothing_serious_where_people_are_chosen(room: Room) -> None:
    sarah = await room.come("sarah")
    await sarah.page.goto(room.sandbox.url)

    await check(sarah, "the choice of people")


async def test_axe_finds_nothing_serious_in_a_thread(room: Room) -> None:
    sarah = await room.come("sarah")
    await sarah.type("Shall we?")
    message = sarah.page.locator("#main article", has_text="Shall we?")
    await message.hover()
    await message.get_by_label("Actions for this message").click()
    await message.get_by_role("menuitem", name="Reply in thread").click()
    await sarah.page.locator("#reply-text").fill("Yes.")
    await sarah.page.locator("#reply-text").press("Enter")
    await sarah.page.locator("#thread article", has_text="Yes.").wait_for()

    await check(sarah, "a thread")


async def test_a_redraw_leaves_the_keyboard_on_the_same_button(room: Room) -> None:
    sarah, lisa = await room.come("sarah"), await room.come("lisa")
    await complete_the_case(sarah)
    await lisa.see_card("Options")
    await lisa.page.locator("#main").get_by_role("button", name="Add options").last.focus()

    await propose(sarah, FULL)
    await lisa.see_card("Full refund")

    assert await _focused(lisa) == "Add options"
    assert await _focused(sarah) == "More"  # she came back from the windows that this button had opened


async def _focused(window: Window) -> str:
    return str(await window.page.evaluate("document.activeElement.textContent.trim()"))
