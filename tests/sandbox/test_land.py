"""Several workspaces behind one address: consent, tokens that end, refresh tokens that work once, an organisation."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.demo.techcorp import globex, techcorp
from sandbox.consent import CODE_SECONDS, TOKEN_SECONDS, AppSpec
from sandbox.land import Land, running

OURS, THEIRS, ACME = "T0TECHCORP", "T0GLOBEX", "E0ACME"
BACK = "https://app.example/back"
APP = AppSpec(rotates=True)


@pytest.fixture
async def land() -> AsyncIterator[Land]:
    specs = [techcorp(), replace(globex(), enterprise_id=ACME)]
    async with running(specs, app=APP, organisations={ACME: "Acme"}) as found:
        yield found


async def call(land: Land, method: str, token: str = "", **arguments: str) -> dict[str, Any]:
    head = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{land.api_url}{method}", data=arguments, headers=head) as answer,
    ):
        found: dict[str, Any] = await answer.json()
        return found


async def access(land: Land, *, secret: str = APP.client_secret, **arguments: str) -> dict[str, Any]:
    who = base64.b64encode(f"{APP.client_id}:{secret}".encode()).decode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{land.api_url}oauth.v2.access", data=arguments, headers={"Authorization": f"Basic {who}"}
        ) as answer,
    ):
        found: dict[str, Any] = await answer.json()
        return found


def code_for(land: Land, place: str) -> str:
    return land.consents.grant_code(land.place(place), scopes=("chat:write",), user="U1", redirect_uri=BACK)


async def test_the_page_of_consent_offers_every_place_and_no(land: Land) -> None:
    address = f"{land.url}/oauth/v2/authorize?client_id={APP.client_id}&scope=chat:write&state=s&redirect_uri={BACK}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        page = await answer.text()

    for label in ("Allow in TechCorp", "Allow in Globex", "Allow in Acme", "Cancel"):
        assert label in page


async def test_a_code_works_once_for_ten_minutes_with_its_address_and_the_apps_secret(land: Land) -> None:
    code = code_for(land, OURS)
    assert (await access(land, secret="guessed", code=code, redirect_uri=BACK))["error"] == "bad_client_secret"
    assert (await access(land, code=code, redirect_uri="https://else"))["error"] == "bad_redirect_uri"
    granted = await access(land, code=code, redirect_uri=BACK)
    assert (granted["team"], granted["enterprise"]) == ({"id": OURS, "name": "TechCorp"}, None)
    assert granted["expires_in"] == TOKEN_SECONDS
    assert (await access(land, code=code, redirect_uri=BACK))["error"] == "code_already_used"

    late = code_for(land, OURS)
    land.consents.codes[late].ends -= CODE_SECONDS + 1
    assert (await access(land, code=late, redirect_uri=BACK))["error"] == "invalid_code"


async def test_a_refresh_token_works_once_and_the_old_bot_token_until_it_ends(land: Land) -> None:
    first = await access(land, code=code_for(land, OURS), redirect_uri=BACK)
    how = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await access(land, **how)
    assert (await access(land, **how))["error"] == "invalid_refresh_token"
    for granted in (first, second):
        assert (await call(land, "auth.test", granted["access_token"]))["team_id"] == OURS
    land.consents.tokens[first["access_token"]].ends = 0.0
    assert (await call(land, "auth.test", first["access_token"]))["error"] == "token_expired"


async def test_a_token_is_good_for_its_own_workspace_alone(land: Land) -> None:
    granted = await access(land, code=code_for(land, OURS), redirect_uri=BACK)

    assert (await call(land, "auth.test", granted["access_token"]))["team_id"] == OURS
    posted = await call(land, "chat.postMessage", granted["access_token"], channel="C0GLOBEX", text="hi")
    assert posted["error"] == "channel_not_found"
    assert (await call(land, "auth.test", "xoxb-guessed"))["error"] == "invalid_auth"


async def test_an_organisations_token_has_to_name_the_workspace(land: Land) -> None:
    granted = await access(land, code=code_for(land, ACME), redirect_uri=BACK)
    token = granted["access_token"]

    assert (granted["team"], granted["is_enterprise_install"]) == (None, True)
    assert (await call(land, "auth.test", token))["enterprise_id"] == ACME
    assert (await call(land, "chat.postMessage", token, channel="C0GLOBEX", text="hi"))["error"] == "missing_argument"
    where = {"channel": "C0GLOBEX", "text": "hi"}
    assert (await call(land, "chat.postMessage", token, team_id=THEIRS, **where))["ok"]
    assert (await call(land, "chat.postMessage", token, team_id=OURS, **where))["error"] == "team_access_not_granted"


async def test_after_an_uninstall_tokens_are_dead_and_only_there(land: Land) -> None:
    ours = await access(land, code=code_for(land, OURS), redirect_uri=BACK)
    theirs = await access(land, code=code_for(land, THEIRS), redirect_uri=BACK)
    await land.uninstall(OURS, tells=False)

    assert (await call(land, "auth.test", ours["access_token"]))["error"] == "token_revoked"
    how = {"grant_type": "refresh_token", "refresh_token": ours["refresh_token"]}
    assert (await access(land, **how))["error"] == "invalid_refresh_token"
    assert (await call(land, "auth.test", theirs["access_token"]))["ok"]
    assert (await call(land, "auth.revoke", theirs["access_token"]))["revoked"]
    assert (await call(land, "auth.test", theirs["access_token"]))["error"] == "token_revoked"
