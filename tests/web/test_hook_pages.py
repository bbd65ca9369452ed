"""The pages on which an admin makes hooks, says what stands where, and tries it on an example."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.demo.techcorp import techcorp
from bot.keyring import new_key
from tests.support.browser import Browser
from tests.support.house import House, living
from tests.support.team import Team
from tests.support.web import sign_in
from tests.web.conftest import URL, NewBrowser

HOOKS = "/settings/hooks"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    more: dict[str, Any] = {"CONCLAVE_TOKEN_KEYS": new_key()}
    async with living(database_url, techcorp(), CONCLAVE_URL=URL, **more) as house:
        yield house


async def made(browser: Browser, kind: str = "generic", secret: str = "") -> tuple[str, str]:
    """(its page, what the page says)."""
    answer = await browser.post(HOOKS, {"name": "Desk", "kind": kind, "secret": secret})
    assert answer.status == 200, answer.text
    found = re.search(r"/in/([0-9a-f-]{36})", answer.body)
    assert found
    return f"{HOOKS}/{found[1]}", answer.text


async def test_a_secret_of_ours_is_shown_once_and_one_of_theirs_never(sarah: Browser) -> None:
    page, text = await made(sarah)
    assert re.search(r"whsec_\S{40,}", text)
    assert f"{URL}/in/" in text

    again = await sarah.get(page)

    assert "whsec_" not in again.body
    _, text = await made(sarah, "zendesk", "what-zendesk-shows")
    assert "what-zendesk-shows" not in text
    assert "Desk" in (await sarah.get(HOOKS)).text


async def test_the_table_is_tried_on_an_example_and_every_problem_is_a_sentence(team: Team, sarah: Browser) -> None:
    page, _ = await made(sarah)
    example = {"a": {"b": "Refund for the outage"}, "kind": "Complaint", "who": "lisa@techcorp.com"}
    table = {"map.title": "a.b", "map.type": "kind", "map.owner": "who", "map.urgency": "=high"}

    answer = await sarah.post(page, {"name": "Desk", "do": "test", "example": json.dumps(example), **table})

    assert answer.status == 200
    for words in (
        "Lisa Rodriguez would get it.",
        "Refund for the outage",
        "“Complaint” is no type of decision; there are Refund request,",
        "Nothing was found for the customer.",
    ):
        assert words in answer.text, words
    assert 'value="a.b"' in answer.body, "what was typed stays"
    assert 'value="a.b"' not in (await sarah.get(page)).body, "and is not saved by trying it"
    assert team.value("SELECT count(*) FROM drafts") == 0
    wrong = await sarah.post(page, {"name": "Desk", "do": "test", "example": "[]", **table})
    assert wrong.status == 422
    assert "The example is no JSON object. Paste a whole body, from the first { to the last }." in wrong.text


async def test_what_is_saved_stays_and_what_cannot_be_is_refused_with_what_was_typed(
    team: Team, sarah: Browser
) -> None:
    page, _ = await made(sarah)
    mike = team.actors["mike"].member.id
    typed = {"name": "Desk 2", "do": "save", "map.title": "a.b", "fallback": str(mike), "reply_base": ""}

    assert (await sarah.post(page, typed)).status == 200

    assert team.sql("SELECT name, mapping, fallback_id, reply_base FROM hooks") == [
        ("Desk 2", {"title": "a.b"}, mike, None)
    ]
    refused = await sarah.post(page, {**typed, "name": "Desk 3", "reply_base": "nowhere"})
    assert refused.status == 422
    assert "Give an address like https://example.com" in refused.text
    assert 'value="Desk 3"' in refused.body
    assert team.value("SELECT name FROM hooks") == "Desk 2"
    assert (await sarah.post(f"{page}/remove")).path == HOOKS
    assert team.value("SELECT count(*) FROM hooks") == 0


async def test_nobody_else_gets_at_hooks(team: Team, sarah: Browser, new_browser: NewBrowser) -> None:
    page, _ = await made(sarah)
    mike, nobody = await new_browser(), await new_browser()
    await sign_in(team, mike, "mike")

    for answer in (
        await mike.get(HOOKS),
        await mike.get(page),
        await mike.post(page, {"name": "x", "do": "save"}),
        await mike.post(f"{page}/remove"),
        await mike.post(HOOKS, {"name": "x", "kind": "generic"}),
    ):
        assert answer.status == 403
        assert "Only somebody who may decide any amount can look after hooks." in answer.text
    assert (await nobody.post(page, {"name": "x"})).status == 401
    assert HOOKS not in (await mike.get("/settings")).body
    assert HOOKS in (await sarah.get("/settings")).body
    assert (await sarah.get(f"{HOOKS}/nothing")).status == 404
    assert (await sarah.post(HOOKS, {"name": "x", "kind": "other"})).status == 422
    assert team.value("SELECT name FROM hooks") == "Desk"


async def test_without_keys_the_page_names_the_variable_and_how_to_make_one(team: Team, sarah: Browser) -> None:
    team.house.bot.deps.settings.__dict__["keyring"] = None

    answer = await sarah.get(HOOKS)

    assert "CONCLAVE_TOKEN_KEYS is missing. Whoever runs Conclave makes one with conclave keys new" in answer.text
    assert "Make a hook" not in answer.text
    assert (await sarah.post(HOOKS, {"name": "x", "kind": "generic"})).status == 409


async def test_the_plan_counts_hooks(team: Team, sarah: Browser) -> None:
    for _ in range(5):
        await made(sarah)

    answer = await sarah.post(HOOKS, {"name": "One more", "kind": "generic"})

    assert answer.status == 409
    assert (
        "The plan starter allows 5 hooks, and CS Team has 5. Remove one that nothing comes by any more." in answer.text
    )
