"""Signing in with a password: off until an admin allows it, slow to guess, silent on what does not fit."""

import pytest

from bot.store import attempt
from tests.support.browser import Answer, Browser
from tests.support.team import Team
from tests.support.web import sign_in
from tests.web.conftest import NewBrowser

PASSWORD = "correct horse battery staple"
WRONG = "That does not fit."


async def _enter(browser: Browser, email: str, password: str) -> Answer:
    return await browser.post("/sign-in/password", {"email": email, "password": password})


@pytest.fixture
async def mike(team: Team, sarah: Browser, new_browser: NewBrowser) -> Browser:
    """Mike's browser, signed in by the link, in a team that allows passwords."""
    assert (await sarah.post("/settings/passwords", {"on": "yes"})).status == 200
    browser = await new_browser()
    await sign_in(team, browser, "mike")
    return browser


async def test_a_password_is_set_after_another_sign_in_and_opens_the_door(
    team: Team, mike: Browser, new_browser: NewBrowser
) -> None:
    assert (await mike.post("/settings/password", {"password": PASSWORD})).path == "/settings"
    other = await new_browser()

    done = await _enter(other, f" {_email(team, 'mike').upper()} ", PASSWORD)

    assert (done.status, done.path) == (200, "/")
    assert "Mike Chen" in done.text


async def test_what_does_not_fit_is_answered_alike(team: Team, mike: Browser, new_browser: NewBrowser) -> None:
    await mike.post("/settings/password", {"password": PASSWORD})
    other = await new_browser()

    answers = [
        await _enter(other, email, password)
        for email, password in [
            (_email(team, "mike"), "wrong password indeed"),
            (_email(team, "lisa"), PASSWORD),  # who has set none
            ("nobody@nowhere.example", PASSWORD),
            ("", ""),
            (_email(team, "lisa"), "!"),
        ]
    ]

    assert {answer.status for answer in answers} == {403}
    assert len({answer.body for answer in answers}) == 1
    assert WRONG in answers[0].text
    assert other.cookies == {}


@pytest.mark.parametrize(
    "hash", ["$2b$12$sample.hash.of.another.program", "hashed_password_1", "$argon2id$nonsense", ""]
)
async def test_hashes_of_other_programs_fit_nothing(
    team: Team, mike: Browser, new_browser: NewBrowser, hash: str
) -> None:
    await team.change("UPDATE team_members SET password_hash = %s WHERE name = 'Mike Chen'", hash)

    assert WRONG in (await _enter(await new_browser(), _email(team, "mike"), hash)).text


async def test_passwords_are_off_until_an_admin_allows_them(
    team: Team, sarah: Browser, new_browser: NewBrowser
) -> None:
    lisa, stranger = await new_browser(), await new_browser()
    await sign_in(team, lisa, "lisa")

    assert "With a password" not in (await stranger.get("/sign-in")).text
    assert (await lisa.post("/settings/password", {"password": PASSWORD})).status == 403
    assert (await lisa.post("/settings/passwords", {"on": "yes"})).status == 403

    await sarah.post("/settings/passwords", {"on": "yes"})
    assert "With a password" in (await stranger.get("/sign-in")).text
    assert (await lisa.post("/settings/password", {"password": PASSWORD})).status == 200
    await sarah.post("/settings/passwords", {"on": "no"})
    assert WRONG in (await _enter(await new_browser(), _email(team, "lisa"), PASSWORD)).text


async def test_a_password_that_is_too_short_is_refused_in_words(team: Team, mike: Browser) -> None:
    refused = await mike.post("/settings/password", {"password": "short"})

    assert refused.status == 422
    assert "A password has 12 to 200 characters. Several words do well." in refused.text


async def test_guessing_ends_after_ten_tries_of_one_account_also_with_the_right_one(
    team: Team, mike: Browser, new_browser: NewBrowser
) -> None:
    await mike.post("/settings/password", {"password": PASSWORD})
    other = await new_browser()

    for _ in range(10):
        assert WRONG in (await _enter(other, _email(team, "mike"), "a wrong guess")).text

    refused = await _enter(other, _email(team, "mike"), PASSWORD)
    assert "Too many tries. Wait 15 minutes, or sign in from Slack with /decide web." in refused.text
    await team.change("UPDATE attempts SET began_at = began_at - interval '15 minutes'")
    assert (await _enter(other, _email(team, "mike"), PASSWORD)).path == "/"


async def test_guessing_at_many_accounts_ends_as_well(team: Team, browser: Browser) -> None:
    await team.change("INSERT INTO attempts VALUES (%s, 30, now())", attempt.key_of("address:127.0.0.1"))

    assert "Too many tries." in (await _enter(browser, "nobody@nowhere.example", PASSWORD)).text


async def test_no_address_is_kept_of_who_tried(team: Team, browser: Browser) -> None:
    await _enter(browser, "somebody@private.example", PASSWORD)

    assert "private" not in str(team.sql("SELECT * FROM attempts"))


async def test_a_password_that_was_removed_fits_no_more(team: Team, mike: Browser, new_browser: NewBrowser) -> None:
    await mike.post("/settings/password", {"password": PASSWORD})
    assert "You have one." in (await mike.get("/settings")).text

    await mike.post("/settings/password/remove")

    assert WRONG in (await _enter(await new_browser(), _email(team, "mike"), PASSWORD)).text
    lines = [line for (line,) in team.sql("SELECT action FROM audit_logs WHERE action LIKE 'password.%%' ORDER BY seq")]
    assert lines == ["password.allowed", "password.set", "password.removed"]
    assert PASSWORD not in str(team.sql("SELECT * FROM audit_logs"))


def _email(team: Team, name: str) -> str:
    return team.actors[name].member.email
