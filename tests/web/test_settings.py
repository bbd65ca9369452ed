"""What an operator sets for the web pages, and what is refused at start."""

import sys
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from bot import app
from bot.config import Settings
from bot.demo.techcorp import techcorp
from bot.domain.token import Scope
from bot.errors import Invalid, NotFound, StartError
from bot.services import token as tokens
from tests.support.browser import browsing
from tests.support.house import living
from tests.support.team import Team, sarahs_team

SLACK: dict[str, Any] = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s3cret"}


async def _start(**settings: Any) -> None:
    async with app.running(
        Settings(_env_file=None, **SLACK, **settings), database_url="postgresql://nobody@127.0.0.1:9/x"
    ):
        pass


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"slack_client_id": "1.2"}, "SLACK_CLIENT_ID is set without SLACK_CLIENT_SECRET"),
        ({"slack_client_secret": "s"}, "SLACK_CLIENT_SECRET is set without SLACK_CLIENT_ID"),
        ({"slack_client_id": "1.2", "slack_client_secret": "s"}, "Set CONCLAVE_URL"),
        (
            {"slack_client_id": "1.2", "CONCLAVE_URL": "https://c.example"},
            "SLACK_CLIENT_ID is set without SLACK_CLIENT_SECRET",
        ),
    ],
)
async def test_half_of_what_slacks_sign_in_needs_is_refused_at_start(settings: dict[str, str], says: str) -> None:
    with pytest.raises(StartError, match=f"^{says}"):
        await _start(**settings)


async def test_an_address_without_the_extra_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argon2", None)

    with pytest.raises(StartError, match=r"pip install 'conclave\[web\]'"):
        await _start(CONCLAVE_URL="https://c.example")


async def test_a_key_that_is_none_is_refused_at_start() -> None:
    with pytest.raises(StartError, match=r"^CONCLAVE_TOKEN_KEYS holds what is no key of 32 bytes"):
        await _start(CONCLAVE_URL="https://c.example", CONCLAVE_TOKEN_KEYS="none")


def test_networks_that_notes_may_go_to_have_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCLAVE_WEBHOOK_ALLOW", "10.0.0.0/8, ::1")

    assert Settings(_env_file=None).webhook_allow == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    "url",
    [
        "http://c.example",
        "c.example",
        "https://c.example/path",
        "https://user@c.example",
        "https://",
        "ftp://c.example",
    ],
)
def test_an_address_that_is_not_safe_or_not_one_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="the address of the web pages"):
        Settings(_env_file=None, CONCLAVE_URL=url)


@pytest.mark.parametrize("url", ["https://c.example/", "https://C.example", " https://c.example "])
def test_an_address_is_kept_as_browsers_name_it(url: str) -> None:
    assert Settings(_env_file=None, CONCLAVE_URL=url).url == "https://c.example"


def test_trusted_proxies_are_networks_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCLAVE_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")

    assert Settings(_env_file=None).trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32"))


async def test_without_an_address_there_are_no_pages(database_url: str) -> None:
    async with living(database_url, techcorp()) as house, browsing(str(house.sandbox.bot_url)) as browser:
        assert (await browser.get("/")).status == 404
        assert (await browser.get("/healthz")).status == 200
        team = await sarahs_team(house)
        await team.house.person("sarah").slash("/decide web")
        sentence = "Conclave has no web pages here. Whoever runs it can switch them on with CONCLAVE_URL."
        assert sentence in (await team.modal("sarah", at_least="Conclave has")).text


async def test_nobody_takes_away_somebody_elses_token(team: Team) -> None:
    made = await tokens.issue_api_token(team.db, team.by("mike"), label="Bot", scope=Scope.READ, days=30)

    with pytest.raises(NotFound, match="There is no such token among yours; it may have been taken away already"):
        await tokens.revoke(team.db, team.by("lisa"), made.about.id)

    assert [one.label for one in await tokens.mine(team.db, team.by("mike"))] == ["Bot"]
    assert await tokens.mine(team.db, team.by("lisa")) == []


@pytest.mark.parametrize(
    ("label", "days", "says"),
    [
        ("", 30, "Give the token a name of 1 to 80 characters, for example who uses it."),
        ("x" * 81, 30, "Give the token a name of 1 to 80 characters, for example who uses it."),
        ("Bot", 0, "A token lives 30, 90 or 365 days. Choose one of them."),
    ],
)
async def test_a_token_has_a_name_and_an_end(team: Team, label: str, days: int, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        await tokens.issue_api_token(team.db, team.by("mike"), label=label, scope=Scope.READ, days=days)

    assert refused.value.message == says


async def test_in_socket_mode_the_pages_are_served_as_well(database_url: str) -> None:
    served: dict[str, Any] = {"CONCLAVE_URL": "https://c.example"}
    async with (
        living(database_url, techcorp(), mode="socket", **served) as house,
        browsing(str(house.sandbox.bot_url)) as browser,
    ):
        assert (await browser.get("/")).path == "/sign-in"
        assert (await browser.get("/healthz")).status == 200
