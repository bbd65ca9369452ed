"""The time of the local Slack in a real browser."""

import pytest

from tests.support.window import Room

pytestmark = pytest.mark.usefixtures("sandbox")


async def test_a_day_later_is_one_press_away_and_everybody_sees_it(room: Room) -> None:
    sarah, mike = await room.come("sarah"), await room.come("mike")

    await sarah.page.get_by_role("button", name="+1 day").click()

    await sarah.page.get_by_text("1 d ahead").wait_for()
    await mike.page.get_by_text("1 d ahead").wait_for()
    assert await sarah.page.evaluate("document.activeElement.id") == "later-day"
