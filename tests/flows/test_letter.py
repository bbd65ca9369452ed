"""Nudges by e-mail and SMS: a real SMTP server and an HTTP sink take what a person chose, and nothing else."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from bot.services import decision as decisions
from bot.services import sweep
from tests.support.known import known
from tests.support.postbox import Postbox, open_postbox
from tests.support.team import Team

HOURS = {"starts": "00:00", "ends": "24:00", "days": [0, 1, 2, 3, 4, 5, 6]}
ALWAYS = {"push": False, **HOURS}


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    with open_postbox(sender="bot@conclave.example") as found:
        yield found


@pytest.fixture
def phones() -> Iterator[tuple[list[tuple[str, str]], str]]:
    """(path, body) of every message that a gateway was handed."""
    taken: list[tuple[str, str]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append((self.path, json.loads(body)["message"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield taken, f"json://127.0.0.1:{server.server_port}/{{phone}}"
    server.shutdown()
    thread.join()
    server.server_close()


def configure(team: Team, **urls: str) -> None:
    """What an operator would set before the start."""
    deps = team.house.bot.deps
    secrets = {name: SecretStr(url) for name, url in urls.items()}
    object.__setattr__(deps, "settings", deps.settings.model_copy(update=secrets))


def choose(team: Team, name: str, **chosen: object) -> None:
    body = json.dumps({**ALWAYS, "email": False, **chosen})
    team.sql(
        "UPDATE team_members SET notification_preferences = %s::jsonb WHERE id = %s",
        *(body, team.actors[name].member.id),
    )


async def nudge(team: Team) -> None:
    """Everybody who has not scored is nudged now."""
    await team.settled()
    due = 0
    while not due:  # the bot ticks as well, and may plan at this very moment what is called due here
        await sweep.sweep(team.db, now=team.now, rules=team.rules)
        await team.change(
            "UPDATE reminders SET next_at = now() - interval '1 second' WHERE kind = 'score' AND next_at IS NOT NULL"
        )
        due = (await sweep.sweep(team.db, now=team.now, rules=team.rules)).due


async def arrived(team: Team, letters: list[Any], number: int = 1) -> None:
    end = time.monotonic() + 30
    while len(letters) < number:
        assert time.monotonic() < end, (
            letters,
            team.sql("SELECT kind, state, attempts, last_error FROM outbox WHERE kind IN ('nudge', 'email', 'sms')"),
            team.sql("SELECT kind, asked, last_at, next_at FROM reminders"),
        )
        await asyncio.sleep(0.05)


async def test_a_letter_reaches_who_chose_mail_as_html_and_text_without_names_or_scores(
    team: Team, postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    configure(team, email_url=url)
    for name in team.actors:
        choose(team, name)
    choose(team, "tom", email=True)
    await team.to_scoring("sarah", "lisa", "tom", title="Refund <b>now</b> & more")
    await team.settled()
    await team.ballot("lisa", 7, 3, comment="Never again", share=True)
    await nudge(team)
    await arrived(team, box.letters, 2)
    await team.settled()

    _, (to, letter) = box.letters
    assert to == ["tom@techcorp.com"]
    assert letter["subject"] == "Conclave: Score #1 Refund <b>now</b> & more"
    html = known(letter.get_body(("html",))).get_content()
    plain = known(letter.get_body(("plain",))).get_content()
    assert "Refund &lt;b&gt;now&lt;/b&gt; &amp; more" in html
    assert "1 of 3 has scored" in html
    assert "1 of 3 has scored" in plain
    for secret in ("Lisa", "Never again"):
        assert secret not in html + plain


async def test_who_was_added_from_slack_gets_no_letter_until_they_choose_to(
    team: Team, postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    configure(team, email_url=url)
    team.sql("UPDATE team_members SET notification_preferences = notification_preferences || %s", json.dumps(HOURS))
    await team.to_scoring("sarah", "lisa", "tom")
    await team.settled()
    await nudge(team)
    await team.settled()

    # Two are asked at once, as Sarah has started it; then all three are reminded.
    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'nudge'") == 5
    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'email'") == 0
    assert box.letters == []


async def test_a_busy_mail_server_gets_the_letter_again(team: Team, postbox: tuple[Postbox, str]) -> None:
    box, url = postbox
    box.busy = 1
    configure(team, email_url=url)
    choose(team, "tom", email=True)
    await team.to_scoring("lisa", "tom")
    choose(team, "lisa")
    await nudge(team)
    await arrived(team, box.letters)
    assert team.value("SELECT max(attempts) FROM outbox WHERE kind = 'email'") == 2


async def test_a_text_message_goes_to_the_number_that_the_person_gave(
    team: Team, phones: tuple[list[tuple[str, str]], str]
) -> None:
    taken, url = phones
    configure(team, sms_url=url)
    for name in team.actors:
        choose(team, name)
    await team.to_scoring("sarah", "lisa", "tom")
    tom = team.house.person("tom")
    assert (await tom.slash("/decide settings")).ok
    await team.modal("tom", at_least="Phone for SMS")
    refused = await team.submit("tom", {"Tell me by": ["SMS"], "Phone for SMS": "call me"})
    assert refused.error == "Write the number with its country code, as in +14155550123."
    assert (await team.submit("tom", {"Tell me by": ["SMS"], "Phone for SMS": "+1 (415) 555-0123"})).ok
    await nudge(team)
    await arrived(team, taken)

    ((path, message),) = taken
    assert "14155550123" in path
    assert message.startswith("Score #1 Refund for the outage. Scoring closes")
    assert len(message) <= 320


async def test_nobody_is_written_to_about_what_is_done_meanwhile(team: Team, postbox: tuple[Postbox, str]) -> None:
    from bot.delivery import letter
    from bot.store.outbox import Delivery

    box, url = postbox
    configure(team, email_url=url)
    choose(team, "tom", email=True)
    await team.to_scoring("lisa", "tom")
    await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="Gone.")
    member: UUID = team.actors["tom"].member.id
    payload = {"member": str(member), "items": [{"decision": str(team.decision_id), "kind": "score"}]}
    delivery = Delivery(1, 1, "email", f"email:{member}", "email:x", payload, 1, False, team.now)

    await letter.send_email(team.house.bot.deps, delivery)

    assert box.letters == []
