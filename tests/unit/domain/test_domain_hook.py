"""Hooks: paths into a body, signatures, and what goes back, without a database."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from bot.domain.hook import (
    FIELDS,
    PRESETS,
    Hook,
    Kind,
    Secrets,
    handed,
    is_signed,
    note,
    owner_among,
    signature,
    value_at,
    without_tags,
)
from bot.domain.team import Member
from sandbox.helpdesk import SIGNED, zendesk_signature

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
BODY: dict[str, Any] = {"ticket": {"id": 7, "tags": ["a", {"b": "c"}], "none": None, "": "empty"}}
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def a_hook(kind: Kind = Kind.GENERIC, **more: Any) -> Hook:
    return replace(Hook(uuid4(), uuid4(), "T1", "Desk", kind, PRESETS[kind], None, None, ""), **more)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ticket.id", 7),
        ("ticket.tags.0", "a"),
        ("ticket.tags.1.b", "c"),
        ("ticket.tags.2", None),
        ("ticket.tags.-1", None),
        ("ticket.tags.99999", None),
        ("ticket.none", None),
        ("ticket.none.more", None),
        ("ticket.id.more", None),
        ("other", None),
        ("", None),
        ("=", ""),
        ("=refund request", "refund request"),
        ("=a.b", "a.b"),
    ],
)
def test_a_path_leads_to_a_value_or_to_nothing(path: str, value: object) -> None:
    assert value_at(BODY, path) == value


@given(st.text(max_size=30))
def test_no_path_fails(path: str) -> None:
    value_at(BODY, path)


def test_every_preset_names_fields_that_there_are() -> None:
    for kind in Kind:
        assert PRESETS[kind].keys() <= FIELDS.keys()
        assert {"title", "description", "customer", "reference", "link"} <= PRESETS[kind].keys()


def test_tags_of_html_become_lines() -> None:
    assert without_tags("<p>One &amp; two</p><p>Three<br/>four</p>") == "One & two\nThree\nfour"
    assert without_tags("1 < 2 and 3 > 2") == "1 < 2 and 3 > 2"
    assert without_tags(7) == 7


def test_what_a_call_says_of_itself_is_on_one_line_and_of_a_bounded_length() -> None:
    body = {"reference": "r" * 300, "link": "l" * 600, "owner": " a@b.example\n", "reply_to": "https://x.example"}

    found = handed(a_hook(), body, event_id="e")

    assert (len(found.reference), len(found.link or ""), found.owner) == (200, 500, "a@b.example")
    assert found.reply_to == "https://x.example"
    assert found.is_empty
    assert handed(a_hook(), {}, event_id="e").reference == "e"
    assert handed(a_hook(), {"reference": True}, event_id="e").reference == "e"
    zendesk = a_hook(Kind.ZENDESK, mapping={"reply_to": "=https://x.example"})
    assert handed(zendesk, {}, event_id="e").reply_to is None


@pytest.mark.parametrize("name", ["title", "description", "customer"])
def test_one_word_is_enough_to_decide_about(name: str) -> None:
    assert not handed(a_hook(), {name: "A"}, event_id="e").is_empty
    assert handed(a_hook(), {name: " "}, event_id="e").is_empty


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_call_of_zendesk_is_taken_within_five_minutes(minutes: int) -> None:
    headers = {k.lower(): v for k, v in zendesk_signature("s", b"{}", at=NOW + timedelta(minutes=minutes)).items()}

    assert is_signed(Kind.ZENDESK, "s", headers, b"{}", now=NOW)
    assert not is_signed(Kind.ZENDESK, "t", headers, b"{}", now=NOW)
    assert not is_signed(Kind.ZENDESK, "s", headers, b"{ }", now=NOW)
    for late in (timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)):
        assert not is_signed(Kind.ZENDESK, "s", headers, b"{}", now=NOW + timedelta(minutes=minutes) + late)


@given(st.dictionaries(st.sampled_from(["authorization", "x-hub-signature", "x-zendesk-webhook-signature",
       "x-zendesk-webhook-signature-timestamp"]), st.text(max_size=40)), st.sampled_from(Kind))  # fmt: skip
def test_whatever_headers_hold_nobody_comes_in_without_the_secret(headers: dict[str, str], kind: Kind) -> None:
    assert not is_signed(kind, SECRET, headers, b"{}", now=NOW)


def test_intercom_and_bearers_are_known_by_their_secret() -> None:
    for kind, secret in ((Kind.INTERCOM, "s"), (Kind.GENERIC, SECRET)):
        headers = {k.lower(): v for k, v in SIGNED[kind](secret, b"{}").items()}
        assert is_signed(kind, secret, headers, b"{}", now=NOW)
        assert not is_signed(kind, secret + "x", headers, b"{}", now=NOW)


def test_what_we_send_is_signed_as_the_specification_has_it() -> None:
    body = b'{"a": 1}'
    headers = signature(SECRET, id="note_1", at=datetime.now(UTC), body=body)

    assert Webhook(SECRET).verify(body, dict(headers)) == {"a": 1}


def test_a_note_goes_to_the_ticket_and_only_for_eyes_inside() -> None:
    how: dict[str, Any] = {"reply_to": None, "text": "Decided: <b>\nCost: 4", "number": 42}
    secrets = Secrets("s", "me@x.example/token:k")

    zendesk = note(a_hook(Kind.ZENDESK, reply_base="https://a.example"), secrets, "7", **how)
    assert zendesk is not None
    assert (zendesk.method, zendesk.url) == ("PUT", "https://a.example/api/v2/tickets/7.json")
    assert zendesk.body["ticket"]["comment"] == {"body": how["text"], "public": False}
    assert base64.b64decode(zendesk.headers["Authorization"].removeprefix("Basic ")).decode() == secrets.reply

    place = {"reply_base": "https://a.example", "reply_as": "77"}
    intercom = note(a_hook(Kind.INTERCOM, **place), Secrets("s", "k"), "7", **how)
    assert intercom is not None
    assert (intercom.method, intercom.url) == ("POST", "https://a.example/conversations/7/reply")
    assert intercom.body["message_type"] == "note"
    assert intercom.body["body"] == "Decided: &lt;b&gt;<br>Cost: 4"
    assert intercom.headers["Authorization"] == "Bearer k"

    generic = note(a_hook(reply_base="https://a.example"), Secrets(SECRET), "x", **how)
    assert generic is not None
    assert (generic.url, generic.signs) == ("https://a.example", SECRET)
    assert json.loads(json.dumps(generic.body))["data"]["note"] == how["text"]
    own = note(a_hook(reply_base="https://a.example"), Secrets(SECRET), "x", **{**how, "reply_to": "https://b.example"})
    assert own is not None
    assert own.url == "https://b.example"
    assert SECRET not in repr(generic)


@pytest.mark.parametrize(
    ("kind", "secrets", "reference", "base"),
    [
        (Kind.ZENDESK, Secrets("s", "k"), "7/../9", "https://a.example"),
        (Kind.ZENDESK, Secrets("s", ""), "7", "https://a.example"),
        (Kind.ZENDESK, Secrets("s", "k"), "7", None),
        (Kind.INTERCOM, Secrets("s", "k"), "", "https://a.example"),
        (Kind.GENERIC, Secrets("s"), "7", None),
    ],
)
def test_without_a_way_back_no_note_goes(kind: Kind, secrets: Secrets, reference: str, base: str | None) -> None:
    assert note(a_hook(kind, reply_base=base), secrets, reference, reply_to=None, text="t", number=1) is None


def test_a_draft_goes_to_whom_it_names_else_to_the_hooks_choice_else_to_who_may_decide_most() -> None:
    low, high = (Member(uuid4(), uuid4(), name, f"{name}@x.example", "r", n) for name, n in (("low", 1), ("high", 5)))
    chosen = replace(low, id=uuid4(), email="chosen@x.example")
    people, hook = [low, high, chosen], a_hook(fallback_id=chosen.id)

    assert owner_among(people, hook, "LOW@x.example") == low
    assert owner_among(people, hook, "") == chosen
    assert owner_among(people, hook, "else@x.example") == chosen
    assert owner_among([low, high], hook, "") == high
    assert owner_among([], hook, "") is None
