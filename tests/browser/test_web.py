"""The web pages in a real browser: signing in, axe, the policy of what may load, keyboard, without JavaScript."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.demo.techcorp import techcorp
from sandbox.openid import CLIENT_ID, CLIENT_SECRET
from tests.browser.test_axe import check
from tests.support.gallery import fill
from tests.support.house import living
from tests.support.team import Team, sarahs_team
from tests.support.web import link_for
from tests.support.window import PHONE, WIDE

SHOTS = os.environ.get("WEB_SCREENSHOTS")
PAGES = ("/", "/decisions", "/learning", "/customers", "/team", "/audit", "/settings", "/settings/webhooks")


@dataclass
class Tab:
    """One page of a browser: `page` is Playwright's; the name is what `check` of the sandbox's page expects."""

    page: Any
    url: str
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def shoot(self, name: str) -> None:
        if SHOTS is None:
            return
        for (width, height), scheme in ((WIDE, "light"), (PHONE, "light"), (WIDE, "dark")):
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.emulate_media(color_scheme=scheme)
            await self.page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
        await self.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        await self.page.emulate_media(color_scheme="light")


@pytest.fixture
async def team(database_url: str) -> AsyncIterator[Team]:
    async with living(database_url, techcorp(), CONCLAVE_URL="http://127.0.0.1:9") as house:
        yield await sarahs_team(house)


@pytest.fixture
async def at_home(database_url: str) -> AsyncIterator[Team]:
    """The same at the address that it names: Slack sends people back there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    client: dict[str, Any] = {"slack_client_id": CLIENT_ID, "slack_client_secret": CLIENT_SECRET}
    url = f"http://127.0.0.1:{port}"
    async with living(database_url, techcorp(), port=port, CONCLAVE_URL=url, **client) as house:
        yield await sarahs_team(house)


async def open_tab(browser: Any, team: Team, **how: Any) -> Tab:
    context = await browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, **how)
    tab = Tab(await context.new_page(), str(team.house.sandbox.bot_url))
    tab.page.on("console", lambda message: tab.complaints.append(message.text) if message.type == "error" else None)
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    return tab


async def enter(tab: Tab, team: Team, name: str) -> None:
    await tab.go(await link_for(team, name))
    await tab.page.get_by_role("button", name="Sign in as").click()
    await tab.page.get_by_role("heading", name="Inbox").wait_for()


async def number_of(team: Team) -> str:
    key = team.actors["sarah"].team.key
    return f"/d/{key}-{team.value('SELECT number FROM customer_decisions WHERE id = %s', team.decision_id)}"


@pytest.fixture
async def full(team: Team) -> dict[str, str]:
    """A team with a past; a decision being scored, one with its result, one that is decided. Name -> its path."""
    await asyncio.to_thread(fill, team.house.database_url)
    found = {}
    await team.to_scoring(customer_name="Globex", title="Extend the trial by a month?", urgency_level=4)
    found["scoring"] = await number_of(team)
    await team.to_result(title="Refund the double charge of March", financial_impact=900)
    found["result"] = await number_of(team)
    await team.to_resolved(title="Refund for the outage")
    found["resolved"] = await number_of(team)
    await team.open(title="Waive the fee?", description="")
    await team.settled()
    return found


async def test_axe_finds_nothing_and_nothing_is_loaded_from_elsewhere_on_any_page(
    browser: Any, team: Team, full: dict[str, str]
) -> None:
    tab = await open_tab(browser, team)
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    await tab.go("/sign-in")
    await check(tab, "the sign-in")  # type: ignore[arg-type]
    await tab.shoot("sign-in")
    link = await link_for(team, "sarah")
    await tab.go(link)
    await check(tab, "the link")  # type: ignore[arg-type]
    await tab.shoot("link")
    await tab.page.get_by_role("button", name="Sign in as Sarah").click()
    await tab.page.get_by_role("heading", name="Inbox").wait_for()
    for path in (*PAGES, *full.values(), f"{full['resolved']}/earlier", "/api/docs", "/nowhere"):
        await tab.go(path)
        await tab.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        await check(tab, path)  # type: ignore[arg-type]
        wide = await tab.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert wide, f"{path} is wider than the window"
        await tab.shoot(next((k for k, v in full.items() if v == path), path.strip("/") or "inbox"))

    assert [url for url in asked if not url.startswith(tab.url)] == []
    assert [one for one in tab.complaints if "404" not in one] == []
    await tab.page.context.close()


async def test_a_phone_shows_no_page_wider_than_itself(browser: Any, team: Team, full: dict[str, str]) -> None:
    tab = await open_tab(browser, team)
    await enter(tab, team, "sarah")
    await tab.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})

    for path in (*PAGES, *full.values(), "/api/docs"):
        await tab.go(path)
        assert await tab.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    await tab.page.context.close()


async def test_everything_works_without_javascript_and_by_keyboard_alone(
    browser: Any, team: Team, full: dict[str, str]
) -> None:
    tab = await open_tab(browser, team, java_script_enabled=False)
    await tab.go(await link_for(team, "sarah"))
    await tab.page.get_by_role("button", name="Sign in as Sarah").focus()
    await tab.page.keyboard.press("Enter")
    await tab.page.get_by_role("heading", name="Inbox").wait_for()

    await tab.page.keyboard.press("Tab")
    assert await tab.page.locator(":focus").inner_text() == "Skip to the content"
    await tab.page.get_by_role("link", name="Decisions").focus()
    await tab.page.keyboard.press("Enter")
    await tab.page.get_by_label("Words, or a number").fill("double charge")
    await tab.page.keyboard.press("Enter")
    await tab.page.get_by_role("link", name=re.compile("double charge of March")).focus()
    await tab.page.keyboard.press("Enter")

    await tab.page.get_by_role("heading", name=re.compile("^#.*double charge of March")).wait_for()
    await tab.page.get_by_role("button", name="Sign out").click()
    await tab.page.get_by_role("heading", name="Sign in").wait_for()
    await tab.page.context.close()


async def test_the_count_of_those_who_have_scored_is_asked_for_again(
    browser: Any, team: Team, full: dict[str, str]
) -> None:
    tab = await open_tab(browser, team)
    await enter(tab, team, "sarah")
    await tab.go(full["scoring"])
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))

    ask = "htmx.ajax('GET', location.pathname + '/turnout', {target: '#turnout', swap: 'outerHTML'})"
    await tab.page.evaluate(ask)
    await tab.page.locator("#turnout", has_text="scored").wait_for()

    # The browser asks for the page's icon whenever it likes.
    assert [url for url in asked if "/static/" not in url] == [f"{tab.url}{full['scoring']}/turnout"]
    assert tab.complaints == []
    await tab.page.context.close()


@pytest.mark.parametrize("has_scripts", [True, False])
async def test_with_slack_by_password_and_by_link_people_come_in_by_keyboard_and_go_out_everywhere(
    browser: Any, at_home: Team, has_scripts: bool
) -> None:
    tab = await open_tab(browser, at_home, java_script_enabled=has_scripts)
    secret = "four plain words do"

    await tab.go("/sign-in")
    await press(tab, "link", "Sign in with Slack")
    await press(tab, "link", "Sarah Johnson")  # on Slack's page
    await tab.page.get_by_role("heading", name="Inbox").wait_for()

    await tab.go("/settings")
    await press(tab, "button", "Allow passwords in the team")
    await tab.page.get_by_label("New password").fill(secret)
    await tab.page.keyboard.press("Enter")
    await tab.page.get_by_label("Another password").wait_for()
    await press(tab, "button", "Sign out everywhere")
    await tab.page.get_by_role("heading", name="Sign in").wait_for()
    await tab.go("/team")
    assert "/sign-in" in tab.page.url

    if has_scripts:
        await check(tab, "the door with all three ways")  # type: ignore[arg-type]
        await tab.shoot("door")
    await tab.page.get_by_text("With a password").focus()
    await tab.page.keyboard.press("Enter")
    await tab.page.get_by_label("E-mail").fill("sarah@techcorp.com")
    await tab.page.get_by_label("Password").fill(secret)
    await tab.page.keyboard.press("Enter")
    await tab.page.get_by_role("button", name="Sign out").wait_for()

    await press(tab, "button", "Sign out")
    await tab.page.get_by_role("heading", name="Sign in").wait_for()
    link = await link_for(at_home, "sarah")
    for _ in range(2):  # a preview, then the person
        await tab.go(link)
    await press(tab, "button", "Sign in as Sarah")
    await tab.page.get_by_role("heading", name="Inbox").wait_for()
    assert [one for one in tab.complaints if "404" not in one] == []  # Slack's page has no icon
    await tab.page.context.close()


async def press(tab: Tab, role: str, name: str) -> None:
    """By the keyboard."""
    await tab.page.get_by_role(role, name=name).first.focus()
    await tab.page.keyboard.press("Enter")


async def test_on_paper_there_is_no_navigation(browser: Any, team: Team, full: dict[str, str]) -> None:
    tab = await open_tab(browser, team)
    await enter(tab, team, "sarah")
    await tab.go(full["resolved"])

    await tab.page.emulate_media(media="print")

    assert not await tab.page.get_by_role("navigation").first.is_visible()
    assert await tab.page.get_by_role("heading", name=re.compile("^Decided")).is_visible()
    if SHOTS:
        await tab.page.screenshot(path=Path(SHOTS) / "print.png", full_page=True)
    await tab.page.context.close()
