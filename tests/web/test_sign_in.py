"""The bot's door: a link that Slack shows to one person signs a browser in, once, and names whom."""

import asyncio
import time
from datetime import timedelta

import pytest

from bot.domain.team import SlackUser
from bot.services import team as teams
from tests.support.browser import SAME_ORIGIN, Browser
from tests.support.records import PATIENCE_SECONDS
from tests.support.team import Team
from tests.support.web import link_for, sign_in
from tests.web.conftest import NewBrowser

OVER = "This link has been used, or is older than 5 minutes. Get a new one in Slack with /decide web."


async def test_the_link_names_whom_it_signs_in_and_does_so(team: Team, browser: Browser) -> None:
    link = await link_for(team, "mike")

    asked = await browser.get(link)
    done = await browser.post(link)

    assert "Sign in as Mike Chen?" in asked.text
    assert (done.status, done.path) == (200, "/")
    assert "Mike Chen" in done.text


async def test_looking_does_not_use_the_link_up(team: Team, browser: Browser, new_browser: NewBrowser) -> None:
    link = await link_for(team, "mike")
    preview = await new_browser()

    for method in ("GET", "HEAD", "GET"):
        assert (await preview.get(link, method=method)).status == 200

    assert (await browser.post(link)).path == "/"
    assert preview.cookies == {}


async def test_a_link_works_once(team: Team, browser: Browser, new_browser: NewBrowser) -> None:
    link = await link_for(team, "mike")
    await browser.post(link)

    second = await new_browser()
    again = await second.post(link)

    assert (again.status, second.cookies) == (404, {})
    assert OVER in again.text
    assert OVER in (await second.get(link)).text


async def test_a_link_of_five_minutes_ago_is_over_like_one_that_never_was(team: Team, browser: Browser) -> None:
    link = await link_for(team, "mike")
    team.sql("UPDATE auth_tokens SET expires_at = created_at WHERE kind = 'link'")

    late, unknown = await browser.post(link), await browser.post("/link/" + "x" * 43)

    assert (late.status, late.body) == (unknown.status, unknown.body) == (404, late.body)
    assert OVER in late.text


async def test_a_form_of_another_site_signs_nobody_in(team: Team, browser: Browser) -> None:
    link = await link_for(team, "mike")

    for origin in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}, {"Origin": "null"}):
        assert (await browser.post(link, origin=origin)).status == 403
    assert browser.cookies == {}

    assert (await browser.post(link, origin={"Origin": "http://127.0.0.1:9"})).path == "/"


async def test_the_session_is_a_new_one_and_ends_the_one_before(
    team: Team, browser: Browser, new_browser: NewBrowser
) -> None:
    planted = await new_browser()
    planted.cookies["conclave"] = browser.cookies["conclave"] = "planted-by-somebody-else"
    await sign_in(team, browser, "mike")
    first = browser.cookies["conclave"]

    await sign_in(team, browser, "lisa")

    assert "planted" not in first
    assert browser.cookies["conclave"] != first
    planted.cookies["conclave"] = first
    assert (await planted.get("/")).path.startswith("/sign-in")


async def test_signing_out_ends_the_session_wherever_its_cookie_is_kept(team: Team, sarah: Browser) -> None:
    kept = dict(sarah.cookies)

    assert (await sarah.post("/sign-out")).path == "/sign-in"

    assert sarah.cookies == {}
    sarah.cookies = kept
    assert (await sarah.get("/")).path == "/sign-in"


async def test_sign_out_everywhere_ends_all_of_the_persons_sessions_and_nobody_elses(
    team: Team, sarah: Browser, new_browser: NewBrowser
) -> None:
    at_home, mikes = await new_browser(), await new_browser()
    await sign_in(team, at_home, "sarah")
    await sign_in(team, mikes, "mike")
    link = await link_for(team, "sarah")

    await sarah.post("/sign-out-everywhere")

    assert (await at_home.get("/")).path == "/sign-in"
    assert (await mikes.get("/")).path == "/"
    assert (await at_home.post(link)).status == 404


async def test_somebody_who_was_deactivated_is_signed_out_with_the_next_page(team: Team, browser: Browser) -> None:
    await sign_in(team, browser, "mike")
    mike = team.actors["mike"]

    await teams.deactivate(team.db, user=SlackUser(mike.workspace_id, mike.user_id), cause="test")

    assert (await browser.get("/")).path == "/sign-in"
    assert (await browser.get("/sign-in")).status == 200


@pytest.mark.parametrize("column", ["idle_until", "expires_at"])
async def test_a_session_ends_when_it_is_not_used_or_too_old(team: Team, sarah: Browser, column: str) -> None:
    assert (await sarah.get("/")).status == 200
    team.sql(f"UPDATE auth_tokens SET {column} = created_at - interval '1 second' WHERE kind = 'session'")

    assert (await sarah.get("/")).path == "/sign-in"


async def test_use_keeps_a_session_alive_but_not_beyond_seven_days(team: Team, sarah: Browser) -> None:
    team.sql("UPDATE auth_tokens SET idle_until = now() + interval '1 hour' WHERE kind = 'session'")

    await sarah.get("/")

    ((idle, ends, made, day),) = team.sql(
        "SELECT idle_until - now(), expires_at, created_at, last_used FROM auth_tokens WHERE kind = 'session'"
    )
    assert timedelta(hours=11, minutes=50) < idle <= timedelta(hours=12)
    assert ends - made == timedelta(days=7)
    assert day is not None


async def test_the_database_holds_no_token_that_opens_anything(team: Team, sarah: Browser) -> None:
    link = await link_for(team, "mike")

    kept = str(team.sql("SELECT * FROM auth_tokens")) + str(team.sql("SELECT * FROM audit_logs"))

    assert sarah.cookies["conclave"] not in kept
    assert link.rpartition("/")[2] not in kept


async def test_the_trail_says_how_and_from_where_somebody_signed_in(team: Team, sarah: Browser) -> None:
    ((details, address, agent, team_id),) = team.sql(
        "SELECT details, host(ip_address), user_agent, team_id FROM audit_logs WHERE action = 'session.began'"
    )

    assert (details, address, agent) == ({"way": "link"}, "127.0.0.1", "Tests/1.0")
    assert team_id == team.actors["sarah"].team.id


async def test_after_signing_in_one_is_where_one_wanted_to_go_but_never_elsewhere(
    team: Team, browser: Browser, new_browser: NewBrowser
) -> None:
    assert (await browser.get("/nowhere")).status == 404
    link = await link_for(team, "mike")

    for back in ("https://evil.example", "//evil.example", "/\\evil.example"):
        there = await (await new_browser()).get(f"{link}?next={back}")
        assert "evil" not in there.body
    gone = await browser.post(f"{link}?next=//evil.example", origin=SAME_ORIGIN)
    assert gone.path == "/"


async def test_a_form_that_is_too_large_is_refused(team: Team, browser: Browser) -> None:
    link = await link_for(team, "mike")

    assert (await browser.post(link, {"x": "y" * 70_000})).status == 413
    assert (await browser.post(link)).path == "/"


async def test_pages_bind_the_browser(team: Team, sarah: Browser) -> None:
    for path in ("/", "/sign-in", "/static/web.css", "/nowhere"):
        headers = (await sarah.get(path)).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert (await sarah.get("/")).headers["Cache-Control"] == "no-store"
    sheet = await sarah.get("/static/web.css")
    assert (await sarah.get("/static/web.css", If_None_Match=sheet.headers["ETag"])).status == 304


async def test_the_home_tab_leads_to_the_dashboard(team: Team) -> None:
    sarah = team.house.person("sarah")
    await sarah.open_home()
    end = time.monotonic() + PATIENCE_SECONDS
    while "Open dashboard" not in await sarah.home():
        assert time.monotonic() < end, await sarah.home()
        await asyncio.sleep(0.02)

    await sarah.click("Open dashboard", channel="home")

    assert "Open the dashboard" in (await team.modal("sarah", at_least="Open the dashboard")).text
