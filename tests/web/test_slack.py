"""Sign in with Slack: the browser that left comes back, and Slack says who it is."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.demo.techcorp import techcorp
from bot.domain.team import SlackUser
from bot.services import team as teams
from sandbox.openid import CLIENT_ID, CLIENT_SECRET
from tests.support.browser import Answer, Browser
from tests.support.house import House, living
from tests.support.team import Team
from tests.web.conftest import URL, NewBrowser

NOT_CONFIRMED = "Slack did not confirm who you are."


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    client = {"slack_client_id": CLIENT_ID, "slack_client_secret": CLIENT_SECRET}
    async with living(database_url, techcorp(), CONCLAVE_URL=URL, **client) as house:  # type: ignore[arg-type]
        yield house


async def _leave(browser: Browser) -> str:
    """Where Slack is asked."""
    return (await browser.get("/sign-in/slack")).headers["Location"]


async def _say_yes(address: str, name: str) -> str:
    """The path that Slack sends the browser back to."""
    async with aiohttp.ClientSession() as http, http.get(f"{address}&as={name}", allow_redirects=False) as answer:
        return answer.headers["Location"].removeprefix(URL)


async def _sign_in(browser: Browser, name: str) -> Answer:
    return await browser.get(await _say_yes(await _leave(browser), name))


async def test_whom_slack_names_is_signed_in(team: Team, browser: Browser) -> None:
    assert "Sign in with Slack" in (await browser.get("/sign-in")).text

    done = await _sign_in(browser, "mike")

    assert (done.status, done.path) == (200, "/")
    assert "Mike Chen" in done.text
    assert list(browser.cookies) == ["conclave"]
    assert team.value("SELECT details FROM audit_logs WHERE action = 'session.began'") == {"way": "slack"}


async def test_slack_is_asked_for_no_more_than_who_it_is(team: Team, browser: Browser) -> None:
    asked = parse_qs(urlsplit(await _leave(browser)).query)

    assert asked["scope"] == ["openid"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{URL}/sign-in/slack/back"]
    assert len({*asked["state"], *asked["nonce"], *asked["code_challenge"]}) == 3


async def test_a_browser_that_did_not_leave_cannot_come_back(
    team: Team, browser: Browser, new_browser: NewBrowser
) -> None:
    back = await _say_yes(await _leave(browser), "mike")
    other = await new_browser()
    await _leave(other)

    for stranger in (other, await new_browser()):
        refused = await stranger.get(back)
        assert refused.status == 403
        assert NOT_CONFIRMED in refused.text
        assert "conclave" not in stranger.cookies


async def test_an_answer_of_slacks_signs_in_once(team: Team, browser: Browser) -> None:
    back = await _say_yes(await _leave(browser), "mike")
    kept = dict(browser.cookies)
    await browser.get(back)

    browser.cookies = kept

    assert (await browser.get(back)).status == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"aud": "somebody.else"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"https://slack.com/user_id": None},
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    team: Team, browser: Browser, changed: dict[str, object]
) -> None:
    team.house.sandbox.openid.changed = changed

    refused = await _sign_in(browser, "mike")

    assert refused.status == 403
    assert "conclave" not in browser.cookies


async def test_a_token_with_another_key_is_refused(team: Team, browser: Browser) -> None:
    from joserfc.jwk import RSAKey

    openid = team.house.sandbox.openid
    published = openid.key.as_dict(private=False)
    back = await _say_yes(await _leave(browser), "mike")
    openid.key = await asyncio.to_thread(RSAKey.generate_key, 2048, {"kid": "sandbox", "use": "sig", "alg": "RS256"})
    openid.published = [published]

    assert (await browser.get(back)).status == 403


async def test_somebody_of_no_team_and_somebody_inactive_are_told_so(team: Team, browser: Browser) -> None:
    mike = team.actors["mike"]
    await teams.deactivate(team.db, user=SlackUser(mike.workspace_id, mike.user_id), cause="test")

    assert "You are an inactive member of CS Team" in (await _sign_in(browser, "mike")).text
    await team.change("DELETE FROM slack_identities WHERE slack_user_id = %s", mike.user_id)
    assert "you are in no team here" in (await _sign_in(browser, "mike")).text


async def test_slack_that_does_not_answer_signs_nobody_in(team: Team, browser: Browser) -> None:
    back = await _say_yes(await _leave(browser), "mike")
    team.house.sandbox.openid.grants.clear()

    assert NOT_CONFIRMED in (await browser.get(back)).text
    assert (await browser.get("/sign-in/slack/back?error=access_denied")).status == 403
