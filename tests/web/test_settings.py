"""What an operator sets for the web pages, and what is refused at start."""

import sys
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from bot import app
from bot.config import Settings
from bot.demo.techcorp import techcorp
from bot.errors import StartError
from tests.support.browser import browsing
from tests.support.house import living

SLACK: dict[str, Any] = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s3cret"}


async def _start(**settings: Any) -> None:
    async with app.running(
        Settings(_env_file=None, **SLACK, **settings), database_url="postgresql://nobody@127.0.0.1:9/x"
    ):
        pass


async def test_an_address_without_the_extra_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argon2", None)

    with pytest.raises(StartError, match=r"pip install 'conclave\[web\]'"):
        await _start(CONCLAVE_URL="https://c.example")


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


async def test_in_socket_mode_the_pages_are_served_as_well(database_url: str) -> None:
    served: dict[str, Any] = {"CONCLAVE_URL": "https://c.example"}
    async with (
        living(database_url, techcorp(), mode="socket", **served) as house,
        browsing(str(house.sandbox.bot_url)) as browser,
    ):
        assert (await browser.get("/")).path == "/sign-in"
        assert (await browser.get("/healthz")).status == 200
