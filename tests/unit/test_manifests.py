"""The manifests hold what the code uses: scopes, events, addresses."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.intake import SLACK
from bot.oauth import BACK
from bot.scopes import OPTIONAL, REQUIRED
from handlers.routes import EVENTS

ROOT = Path(__file__).resolve().parents[2]
ONE, SOCKET, MANY = "manifest.json", "manifest.socket.json", "manifest.workspaces.json"


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / name).read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", [ONE, SOCKET, MANY])
def test_a_manifest_asks_for_the_scopes_that_the_code_names(name: str) -> None:
    scopes = read(name)["oauth_config"]["scopes"]

    assert set(scopes) == {"bot", "bot_optional"}
    assert scopes["bot"] == [*REQUIRED, *OPTIONAL]
    assert scopes["bot_optional"] == [*OPTIONAL]


def test_an_app_of_many_workspaces_hears_every_event_that_has_a_handler_and_comes_back_to_our_address() -> None:
    manifest = read(MANY)

    assert sorted(manifest["settings"]["event_subscriptions"]["bot_events"]) == sorted(EVENTS)
    assert manifest["settings"]["event_subscriptions"]["request_url"].endswith(SLACK)
    assert [url.partition("example.com")[2] for url in manifest["oauth_config"]["redirect_urls"]] == [BACK]
    assert manifest["settings"]["org_deploy_enabled"]


def test_beside_that_the_manifest_of_many_workspaces_is_that_of_one() -> None:
    one, many = read(ONE), read(MANY)
    del many["oauth_config"]["redirect_urls"]
    one["settings"].pop("event_subscriptions"), many["settings"].pop("event_subscriptions")
    one["settings"].pop("org_deploy_enabled"), many["settings"].pop("org_deploy_enabled")

    assert one == many
