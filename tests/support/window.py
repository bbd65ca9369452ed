"""People before real browsers: each in a window of their own, clicking what they see."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.server import Sandbox

SHOTS = os.environ.get("SCREENSHOTS")
ALL_SHOTS = bool(os.environ.get("SCREENSHOTS_ALL"))
WIDE, PHONE = (1280, 860), (390, 800)
AROUND = 170
"""Height of what stands above and below the messages of a thread, in pixels."""


@dataclass
class Window:
    """One person's browser window. Nothing here knows ids: it clicks and fills what can be read."""

    page: Any
    who: str
    complaints: list[str] = field(default_factory=list)

    def note(self, said: Any) -> None:
        """What the page writes to its console."""
        if said.type == "error":
            self.complaints.append(said.text)

    async def type(self, words: str) -> None:
        """Type into the composer and press Enter."""
        await self.page.fill("#composer-text", words)
        await self.page.press("#composer-text", "Enter")

    async def see(self, words: str) -> None:
        await self.page.get_by_text(words).last.wait_for(state="visible")

    async def see_card(self, words: str) -> None:
        await self.page.locator("#main article", has_text=words).last.wait_for(state="visible")

    async def see_window(self, words: str) -> None:
        """Wait until the open modal says this."""
        await self.page.locator("#window form", has_text=words).wait_for(state="visible")

    async def press(self, name: str) -> None:
        """Press the newest button of this name in the channel."""
        await self.page.locator("#main").get_by_role("button", name=name).last.click()

    async def press_behind_more(self, name: str) -> None:
        """Press a button of the newest card's window "More"."""
        await self.press("More that you may do")
        await self.press_in_window(name)

    async def press_in_window(self, name: str) -> None:
        await self.page.locator("#window").get_by_role("button", name=name).first.click()

    async def submit(self) -> None:
        await self.page.click("#window [data-submit]")

    async def leave(self) -> None:
        """Close the modal by its X, and wait until it is gone."""
        await self.page.click("#window [data-close-all]")
        await self.gone()

    async def gone(self) -> None:
        await self.page.locator("#window").wait_for(state="hidden")

    def field(self, label: str) -> Any:
        return self.page.locator("#window").get_by_label(label).first

    async def focus_is_in(self, label: str) -> None:
        """Wait until typing goes into this field."""
        await self.page.locator("#window :focus").and_(self.page.get_by_label(label)).wait_for()

    async def fill(self, label: str, value: str) -> None:
        await self.field(label).fill(value)

    async def choose(self, label: str, value: str) -> None:
        await self.field(label).select_option(label=value)

    async def check(self, words: str) -> None:
        await self.page.locator("#window .choice", has_text=words).locator("input").check()

    async def pick_people(self, label: str, *names: str) -> None:
        await self.page.locator("#window .multi").filter(has=self.page.locator("summary")).first.click()
        for name in names:
            await self.check(name)

    async def type_score(self, option: str, criterion: str, score: str) -> None:
        await self._score(option, criterion).fill(score)

    async def score(self, option: str, criterion: str) -> str:
        """What stands in the field for this score."""
        return str(await self._score(option, criterion).input_value())

    def _score(self, option: str, criterion: str) -> Any:
        return self.page.locator("#window").get_by_label(f"{option} · {criterion}", exact=True)

    async def shot(self, name: str, *, of: Any = None) -> None:
        """Keep pictures of this, wide by day and narrow by night (or all four), where pictures are asked for.

        of: a message that is to be seen from its first line to its last.
        """
        if not SHOTS:
            return
        every = [(shape, scheme) for shape in ("wide", "phone") for scheme in ("light", "dark")]
        for shape, scheme in every if ALL_SHOTS else (("wide", "light"), ("phone", "dark")):
            width, height = WIDE if shape == "wide" else PHONE
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.emulate_media(color_scheme=scheme)
            await self.page.mouse.move(0, 0)
            if of is not None:
                room = int((await of.bounding_box())["height"]) + AROUND
                await self.page.set_viewport_size({"width": width, "height": max(height, room)})
                await of.evaluate("message => message.scrollIntoView()")
            await asyncio.sleep(0.2)
            await self.page.screenshot(path=Path(SHOTS) / f"{name}-{shape}-{scheme}.png")
        await self.page.emulate_media(color_scheme="light")
        await self.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


class Room:
    """People who come in with a window each. Afterwards no window may have complained."""

    def __init__(self, browser: Any, sandbox: Sandbox) -> None:
        self.browser = browser
        self.sandbox = sandbox
        self.contexts: list[Any] = []
        self.windows: list[Window] = []

    async def come(self, who: str, *, place: str = "", size: tuple[int, int] = WIDE) -> Window:
        """Open a window of one's own, the first-run hint put away."""
        width, height = size
        context = await self.browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", timezone_id="UTC", locale="en-US"
        )
        self.contexts.append(context)
        await context.add_init_script("localStorage.setItem('hint', 'seen')")
        page = await context.new_page()
        page.set_default_timeout(20_000)
        window = Window(page, who)
        page.on("console", window.note)
        page.on("pageerror", lambda error: window.complaints.append(str(error)))
        await page.goto(f"{self.sandbox.url}/as/{who}{place}")
        self.windows.append(window)
        return window

    async def close(self) -> list[str]:
        for context in self.contexts:
            await context.close()
        return [f"{window.who}: {complaint}" for window in self.windows for complaint in window.complaints]
