"""Tickets that other systems hand in: from the signed call to the opened decision, and the note that goes back."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook

from bot.config import Settings
from bot.demo.techcorp import techcorp
from bot.domain.evaluation import Comments, Page
from bot.domain.hook import Kind
from bot.errors import Conflict, Invalid, NotAllowed, NotFound
from bot.keyring import new_key
from bot.services import erasure
from bot.services import evaluation as evaluations
from bot.services import hook as hooks
from bot.services import outcome as outcomes
from bot.services.hook import Change, Known
from sandbox.helpdesk import INTERCOM_TOKEN, SIGNED, ZENDESK_TOKEN, Note, call, zendesk_signature
from tests.support.house import House, living
from tests.support.team import Team

URL = "http://127.0.0.1:9"
OPEN = "Open as a decision"
NOBODY = "There is no such hook, or the call is not signed as it has to be, or too old."
TICKET = {
    "id": "4711",
    "subject": "Refund for the outage",
    "description": "Two days without service.",
    "organization": "Northwind",
    "requester_email": "cfo@northwind.example",
    "priority": "urgent",
    "assignee_email": "LISA@techcorp.com",
    "url": "https://acme.zendesk.com/agent/tickets/4711",
}
CONVERSATION = {
    "type": "notification_event",
    "id": "notif_1",
    "topic": "conversation.user.created",
    "data": {
        "item": {
            "type": "conversation",
            "id": "215",
            "source": {
                "subject": "<p>Refund for the outage</p>",
                "body": "<p>Two days &amp; nights.</p><p>All of it.</p>",
                "author": {"name": "Northwind", "email": "cfo@northwind.example"},
            },
            "links": {"conversation_web": "https://app.intercom.com/a/inbox/x/215"},
        }
    },
}
GENERIC = {
    "title": "Refund for the outage",
    "description": "Two days without service.",
    "customer": "Northwind",
    "type": "Refund request",
    "amount": 400.10,
    "owner": "lisa@techcorp.com",
    "reference": "T-9",
}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    more: dict[str, Any] = {"CONCLAVE_TOKEN_KEYS": new_key(), "CONCLAVE_WEBHOOK_ALLOW": "127.0.0.0/8"}
    async with living(database_url, techcorp(), CONCLAVE_URL=URL, **more) as house:
        yield house


async def made(team: Team, kind: Kind, *, secret: str = "their-signing-secret", **change: Any) -> Known:
    """A hook of Sarah's, whose outcome goes back to the sandbox."""
    settings = team.house.bot.deps.settings
    known = await hooks.make(team.db, team.by("sarah"), settings.keyring, name="Desk", kind=kind, secret=secret)
    token = {Kind.ZENDESK: ZENDESK_TOKEN, Kind.INTERCOM: INTERCOM_TOKEN, Kind.GENERIC: ""}[kind]
    place = f"{team.house.sandbox.url}/{kind}{'/notes' if kind is Kind.GENERIC else ''}"
    said: dict[str, Any] = {"reply_base": place, "reply_as": "77", "reply_secret": token}
    said |= {"mapping": known.hook.mapping, "fallback_id": known.hook.fallback_id}
    await hooks.change(team.db, team.by("sarah"), settings.keyring, known.hook.id, Change("Desk", **{**said, **change}))
    return known


def address(team: Team, known: Known) -> str:
    return f"{team.house.sandbox.bot_url}/in/{known.hook.id}"


async def hand_in(team: Team, known: Known, body: Any, **headers: str) -> tuple[int, Any]:
    status, text = await call(known.hook.kind, address(team, known), known.secrets.secret, body, **headers)
    return status, json.loads(text)


async def ask(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], Any]:
    sent = {"Content-Type": "application/json", **headers}
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=sent) as answer:
        return answer.status, answer.headers, json.loads(await answer.text())


def drafts(team: Team) -> list[Any]:
    return team.sql("SELECT reference, body ->> 'title', status FROM drafts ORDER BY created_at")


async def resolved(team: Team, title: str = "Refund for the outage") -> None:
    """Lisa opens the draft; it is scored and resolved."""
    lisa = team.house.person("lisa")
    await lisa.see(f"Desk asks for a decision: {title}")
    assert (await lisa.click(OPEN)).ok
    await team.modal("lisa", at_least="Filled in from Desk")
    await lisa.fill({"Type of decision": "Refund request", "Amount at stake": "400"})
    assert (await lisa.submit()).ok
    await team.modal("lisa", at_least="#1 created")
    await lisa.close(everything=True)
    for option in ("Zqkestrel refund", "Zqheron voucher"):
        await team.window("lisa", "option.propose")
        assert (await team.submit("lisa", {"Option 1": option})).ok
        await lisa.close(everything=True)
    await team.starts("sarah", "mike", "tom", by="lisa")
    for name in ("sarah", "mike", "tom"):
        await scored(team, name)
    await team.published()
    first = team.option_id("Zqkestrel refund")
    await outcomes.resolve(team.db, team.by("sarah"), team.decision_id, option_id=first, reason="Zqreason of ours")


async def scored(team: Team, name: str) -> None:
    ids = [team.option_id(title) for title in ("Zqkestrel refund", "Zqheron voucher")]
    page = Page(dict(zip(ids, (9, 3), strict=True)), 4)
    criteria = team.sql("SELECT id FROM decision_criteria WHERE decision_id = %s", team.decision_id)
    await evaluations.save(team.db, team.by(name), team.round_id, pages={one: page for (one,) in criteria})
    said = Comments({ids[0]: f"Zqcomment of {name}"}, True)
    await evaluations.submit(team.db, team.by(name), team.round_id, pages={}, comments=said)


async def note_of(team: Team) -> Note:
    await team.settled()
    (found,) = team.house.sandbox.helpdesk.notes
    return found


def check_secrecy(note: Note) -> None:
    """The choice is told; of ballots, comments, reasons and people nothing."""
    assert "Zqkestrel refund" in note.body
    for word in ("Zqheron", "Zqcomment", "Zqreason", "Sarah", "Mike", "Tom", "Lisa", "score", "average", "leads"):
        assert word.casefold() not in note.body.casefold(), word


# --- From the call to the note.


async def test_a_ticket_of_zendesk_becomes_a_decision_and_hears_of_its_end_in_an_internal_note(team: Team) -> None:
    known = await made(team, Kind.ZENDESK)

    status, answer = await hand_in(team, known, {"ticket": TICKET})

    assert (status, answer["is_new"]) == (202, True)
    assert team.value("SELECT count(*) FROM customer_decisions") == 0
    await resolved(team)
    note = await note_of(team)
    assert (note.system, note.ticket, note.is_public) == ("zendesk", "4711", False)
    assert "Refund request, Northwind" in note.body
    check_secrecy(note)
    case = "SELECT urgency_level, customer_email, permalink FROM customer_decisions"
    assert team.sql(case) == [(5, "cfo@northwind.example", TICKET["url"])]


async def test_a_conversation_of_intercom_becomes_a_decision_and_hears_of_its_end_in_a_note(team: Team) -> None:
    lisa = team.actors["lisa"].member.id
    known = await made(team, Kind.INTERCOM, fallback_id=lisa)

    assert (await hand_in(team, known, CONVERSATION))[0] == 202

    await resolved(team)
    note = await note_of(team)
    assert (note.system, note.ticket, note.is_public) == ("intercom", "215", False)
    check_secrecy(note)
    assert team.value("SELECT description FROM customer_decisions") == "Two days & nights.\nAll of it."
    assert await hand_in(team, known, {"topic": "ping"}) == (200, {"draft": None})


@pytest.mark.parametrize("way", ["bearer", "signature"])
async def test_any_other_system_hands_in_and_is_told_in_a_signed_call(team: Team, way: str) -> None:
    known = await made(team, Kind.GENERIC)
    body = json.dumps({**GENERIC, "reply_to": f"{team.house.sandbox.url}/generic/notes"}).encode()
    headers = signed(known, body) if way == "signature" else SIGNED["generic"](known.secrets.secret, body)

    status, _, _ = await ask(address(team, known), headers, body)

    assert status == 202
    await resolved(team)
    note = await note_of(team)
    told = Webhook(known.secrets.secret).verify(note.body, dict(note.headers))
    assert told["type"] == "decision.resolved"
    assert (told["data"]["reference"], told["data"]["decision"]) == ("T-9", 1)
    check_secrecy(note)


def signed(known: Known, body: bytes, *, at: datetime | None = None, id: str = "msg_1") -> dict[str, str]:
    stamp = at or datetime.now(UTC)
    signature = Webhook(known.secrets.secret).sign(id, stamp, body.decode())
    return {"webhook-id": id, "webhook-timestamp": str(int(stamp.timestamp())), "webhook-signature": signature}


# --- Who is let in.


async def test_wrong_missing_and_old_signatures_and_unknown_hooks_are_answered_alike(team: Team) -> None:
    zendesk, generic, intercom = [await made(team, kind) for kind in (Kind.ZENDESK, Kind.GENERIC, Kind.INTERCOM)]
    body, long_ago = json.dumps({"ticket": TICKET}).encode(), datetime.now(UTC) - timedelta(minutes=6)
    soon = datetime.now(UTC) + timedelta(minutes=6)
    secret = zendesk.secrets.secret
    unknown = address(team, zendesk)[:-12] + "0" * 12
    tries: list[tuple[str, Mapping[str, str]]] = [
        (address(team, zendesk), {}),
        (address(team, zendesk), SIGNED["zendesk"]("another-secret", body)),
        (address(team, zendesk), SIGNED["zendesk"](secret, body + b" ")),
        (address(team, zendesk), zendesk_signature(secret, body, at=long_ago)),
        (address(team, zendesk), zendesk_signature(secret, body, at=soon)),
        (address(team, zendesk), {**SIGNED["zendesk"](secret, body), "X-Zendesk-Webhook-Signature-Timestamp": "now"}),
        (address(team, zendesk), SIGNED["generic"](secret, body)),
        (address(team, intercom), SIGNED["intercom"]("another-secret", body)),
        (address(team, intercom), {"X-Hub-Signature": "sha1="}),
        (address(team, generic), SIGNED["generic"](secret, body)),
        (address(team, generic), {"Authorization": "Bearer"}),
        (address(team, generic), signed(generic, body, at=long_ago)),
        (address(team, generic), {**signed(generic, body), "webhook-signature": "v1,%%% x"}),
        (address(team, generic), {**signed(generic, body), "webhook-timestamp": "nan"}),
        (address(team, generic), signed(with_another_secret(generic), body)),
        (unknown, SIGNED["zendesk"](secret, body)),
        (f"{team.house.sandbox.bot_url}/in/nothing", SIGNED["generic"](secret, body)),
    ]

    answers = [await ask(url, headers, body) for url, headers in tries]

    assert {(status, answer["detail"]) for status, _, answer in answers} == {(401, NOBODY)}
    assert len({tuple(sorted(h)) for _, h, _ in answers}) == 1
    assert drafts(team) == []


def with_another_secret(known: Known) -> Known:
    """The same hook, with another secret of the right form."""
    return replace(known, secrets=replace(known.secrets, secret="whsec_" + "B" * 43 + "="))


async def test_nothing_is_parsed_of_a_call_that_is_not_signed(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    known = await made(team, Kind.GENERIC)

    def parsed(sent: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("web.hand_in.parsed", parsed)

    assert (await ask(address(team, known), {}, b"{}"))[0] == 401
    assert (await hand_in(team, known, {}))[0] == 500, "the same body, signed, is"


async def test_a_ticket_five_times_at_once_and_replayed_makes_one_draft(team: Team) -> None:
    zendesk, intercom = await made(team, Kind.ZENDESK), await made(team, Kind.INTERCOM)

    five = await asyncio.gather(*(hand_in(team, zendesk, {"ticket": TICKET}) for _ in range(5)))
    for _ in range(2):
        await hand_in(team, intercom, CONVERSATION)

    assert [status for status, _ in five] == [202] * 5
    assert sorted(answer["is_new"] for _, answer in five) == [False] * 4 + [True]
    assert len({answer["draft"] for _, answer in five}) == 1
    assert [row[0] for row in drafts(team)] == ["4711", "215"]
    without_id = {**TICKET, "id": None}
    for id_ in ("one", "one", "two"):
        await hand_in(team, zendesk, {"ticket": without_id}, x_zendesk_webhook_invocation_id=id_)
    assert [row[0] for row in drafts(team)] == ["4711", "215", "one", "two"]


async def test_bodies_that_are_too_long_too_deep_or_no_object_make_nothing(team: Team) -> None:
    known = await made(team, Kind.GENERIC)
    cases: list[tuple[bytes, int]] = [
        (b"[" * 100_000, 400),
        (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"title": ' + b"9" * 10_000 + b"}", 400),
        (b"\xff\xfe", 400),
        (b"", 400),
        (b'{"other": 1}', 422),
        (b'{"title": {"a": 1}, "customer": []}', 422),
    ]
    for body, status in cases:
        assert (await hand_in(team, known, body))[0] == status, body[:20]
    large = b'{"title": "' + b"x" * 1_000_000 + b'"}'
    assert (await ask(address(team, known), {}, large))[0] == 413
    assert (await hand_in(team, known, large))[0] == 413
    assert (await hand_in(team, known, GENERIC, content_type="text/plain"))[0] == 415
    assert drafts(team) == []


async def test_wrong_types_and_missing_fields_are_said_to_the_owner_and_cost_nothing(team: Team) -> None:
    known = await made(team, Kind.GENERIC)

    status, _ = await hand_in(
        team, known, {"title": 7, "customer": ["x"], "amount": True, "urgency": 9.5, "owner": {"a": 1}, "link": 3}
    )

    assert status == 202
    unread = team.value("SELECT body ->> 'unread' FROM drafts")
    for sentence in (
        "The field customer is neither a text nor a number.",
        "The field amount is neither a text nor a number.",
        "“9.5” is no urgency",
        "Nothing was found for the customer.",
    ):
        assert sentence in unread
    await team.house.person("sarah").see("Desk asks for a decision: 7")


async def test_an_owner_who_is_no_member_falls_back_and_it_is_said(team: Team) -> None:
    known = await made(team, Kind.GENERIC, fallback_id=team.actors["tom"].member.id)
    await hand_in(team, known, {**GENERIC, "owner": "eve@elsewhere.example"})

    await team.house.person("tom").see("Desk asks for a decision: Refund for the outage")
    unread = team.value("SELECT body ->> 'unread' FROM drafts")
    assert "“eve@elsewhere.example” is no member of CS Team who can be told, so it came to you." in unread
    await team.change("UPDATE team_members SET is_active = false WHERE name = 'Tom Becker'")
    await hand_in(team, known, {**GENERIC, "owner": "", "reference": "T-10"})
    await team.house.person("sarah").see("Desk asks for a decision: Refund for the outage")
    await team.change("DELETE FROM slack_identities")
    status, answer = await hand_in(team, known, {**GENERIC, "reference": "T-11"})
    assert (status, answer["detail"]) == (
        409,
        "Nobody of CS Team can be told in Slack. Somebody of it has to use /decide there once.",
    )


async def test_more_than_sixty_calls_a_minute_are_asked_to_wait_and_others_hooks_are_not(team: Team) -> None:
    known, other = await made(team, Kind.GENERIC), await made(team, Kind.GENERIC)
    body = json.dumps(GENERIC).encode()
    headers = SIGNED["generic"](known.secrets.secret, body)

    answers = [await ask(address(team, known), headers, body) for _ in range(61)]

    assert [status for status, _, _ in answers] == [202] * 60 + [429]
    assert 0 < int(answers[-1][1]["Retry-After"]) <= 60
    assert answers[-1][2]["detail"] == "A hook takes 60 calls a minute."
    assert (await hand_in(team, other, GENERIC))[0] == 202


# --- The way back.


async def test_a_note_is_tried_again_and_one_that_is_refused_is_given_up(team: Team) -> None:
    known = await made(team, Kind.ZENDESK)
    await hand_in(team, known, {"ticket": TICKET})
    team.house.sandbox.helpdesk.answers += [503, 429]

    await resolved(team)

    assert (await note_of(team)).ticket == "4711"
    team.house.sandbox.helpdesk.answers += [403]
    await team.change("UPDATE outbox SET state = 'ready', run_at = now() WHERE kind = 'note'")
    await team.until("SELECT last_error FROM outbox WHERE kind = 'note'", "http 403")


async def test_a_note_goes_nowhere_where_the_address_is_not_public(team: Team) -> None:
    known = await made(team, Kind.ZENDESK)
    await hand_in(team, known, {"ticket": TICKET})
    team.house.bot.deps.settings.__dict__["webhook_allow"] = ()

    await resolved(team)

    await team.until("SELECT last_error FROM outbox WHERE kind = 'note'", "address refused")
    assert team.house.sandbox.helpdesk.notes == []


async def test_a_choice_that_was_taken_back_before_is_not_told(team: Team) -> None:
    known = await made(team, Kind.ZENDESK)
    await hand_in(team, known, {"ticket": TICKET})
    team.house.sandbox.helpdesk.answers += [503]
    await resolved(team)
    await team.until("SELECT last_error FROM outbox WHERE kind = 'note'", "http 503")

    await outcomes.reopen(team.db, team.by("sarah"), team.decision_id, reason="Not yet.")

    await team.until("SELECT state FROM outbox WHERE kind = 'note'", "done")
    assert team.house.sandbox.helpdesk.notes == []


async def test_without_an_address_to_write_to_nothing_is_queued(team: Team) -> None:
    known = await made(team, Kind.ZENDESK, reply_base="")
    await hand_in(team, known, {"ticket": TICKET})

    await resolved(team)

    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'note'") == 0


# --- Looking after hooks.


async def test_only_admins_of_the_team_look_after_hooks_and_the_plan_counts_them(team: Team) -> None:
    keyring, sarah = team.house.bot.deps.settings.keyring, team.by("sarah")
    known = await made(team, Kind.GENERIC)
    how: dict[str, Any] = {"name": "B", "kind": Kind.GENERIC, "secret": ""}
    only = "Only somebody who may decide any amount can look after hooks. /decide setup shows who that is."
    with pytest.raises(NotAllowed, match=only):
        await hooks.every(team.db, team.by("mike"))
    with pytest.raises(NotAllowed, match=only):
        await hooks.make(team.db, team.by("mike"), keyring, **how)
    with pytest.raises(Conflict, match="no key is set for that: CONCLAVE_TOKEN_KEYS is missing"):
        await hooks.make(team.db, sarah, None, **how)
    with pytest.raises(NotFound, match=r"There is no such hook in your team; it may have been removed."):
        await hooks.remove(team.db, sarah, sarah.member.id)
    with pytest.raises(Invalid, match=r"Give the hook a name, of 80 characters at most."):
        await hooks.make(team.db, sarah, keyring, name=" ", kind=Kind.GENERIC, secret="")
    with pytest.raises(Invalid, match=r"Paste the secret that the other system shows for it."):
        await hooks.make(team.db, sarah, keyring, name="B", kind=Kind.ZENDESK, secret="short")
    await hooks.remove(team.db, sarah, known.hook.id)
    assert (await hand_in(team, known, GENERIC))[0] == 401
    actions = [
        action for (action,) in team.sql("SELECT action FROM audit_logs WHERE action LIKE 'hook%%' ORDER BY seq")
    ]
    assert actions == ["hook.made", "hook.changed", "hook.removed"]


async def test_a_way_back_that_cannot_be_is_refused_when_it_is_saved(team: Team) -> None:
    keyring, sarah = team.house.bot.deps.settings.keyring, team.by("sarah")
    known = await hooks.make(team.db, sarah, keyring, name="I", kind=Kind.INTERCOM, secret="12345678")
    for said, sentence in (
        ({"reply_base": "acme"}, "Give an address like https://example.com, without a name or a password in it."),
        ({"reply_base": "https://u:p@acme.example"}, "Give an address like https://example.com"),
        ({"reply_base": "https://acme.example"}, "To write into Intercom it takes a token of its own."),
        (
            {"reply_base": "https://acme.example", "reply_secret": "t"},
            "Intercom takes the id of the admin who writes the note, a number.",
        ),
    ):
        change = Change("I", {}, None, **{"reply_as": "", **said})
        with pytest.raises(Invalid, match=sentence):
            await hooks.change(team.db, sarah, keyring, known.hook.id, change)


async def test_secrets_lie_encrypted_and_another_key_takes_them_over(team: Team) -> None:
    known = await made(team, Kind.ZENDESK)
    settings = team.house.bot.deps.settings
    stored = str(team.sql("SELECT h::text FROM hooks h"))
    for secret in (known.secrets.secret, ZENDESK_TOKEN):
        assert secret not in stored
        assert secret.encode().hex() not in stored
    keys = f"{new_key()} {settings.token_keys.get_secret_value()}"
    keyring = Settings(_env_file=None, CONCLAVE_TOKEN_KEYS=keys).keyring
    assert keyring is not None

    assert await hooks.rotate_keys(team.db, keyring) == 1

    newest = type(keyring)(keyring.keys[:1])
    found = await hooks.find(team.db, newest, known.hook.id)
    assert found is not None
    assert (found.secrets.secret, found.secrets.reply) == (known.secrets.secret, ZENDESK_TOKEN)
    assert await hooks.find(team.db, settings.keyring, known.hook.id) is None
    assert (await hand_in(team, known, {"ticket": TICKET}))[0] == 401, "the running service has only the old key"
    assert settings.keyring is not None
    assert await hooks.lost_keys(team.db, settings.keyring) == {keyring.newest: 1}
    assert await hooks.forget_key(team.db, keyring.newest) == 1


async def test_erasing_the_team_takes_its_hooks_along(team: Team) -> None:
    known = await made(team, Kind.GENERIC)
    await hand_in(team, known, GENERIC)
    await team.settled()

    await erasure.erase_team(team.db, team.actors["sarah"].team.id)

    assert (team.sql("SELECT * FROM hooks"), team.sql("SELECT * FROM drafts")) == ([], [])
    assert (await hand_in(team, known, GENERIC))[0] == 401
