"""An operator who reads every log learns nothing that somebody scored or wrote."""

import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import urlencode

import aiohttp
import pytest
import structlog

from bot import log
from handlers import refusal
from sandbox.delivery import sign
from tests.support.house import House
from tests.support.scoring import typed
from tests.support.team import Team

BALLOT = {
    "type": "view_submission",
    "team": {"id": "T0TECHCORP"},
    "user": {"id": "U0LISA", "team_id": "T0TECHCORP"},
    "view": {
        "id": "V1",
        "callback_id": "evaluation.check",
        "state": {"values": {"comment": {"comment": {"type": "plain_text_input", "value": "zqcomment"}}}},
    },
}


@pytest.fixture
def everything_logged(house: House) -> Iterator[io.StringIO]:
    """What all loggers of the process write at the most talkative level that can be configured."""
    written = io.StringIO()
    log.configure("DEBUG")
    root = logging.getLogger()
    handler = logging.StreamHandler(written)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    log.configure("INFO")


@pytest.mark.parametrize("wrong", ["secret", "clock"])
async def test_a_ballot_whose_signature_does_not_fit_is_refused_without_being_logged(
    house: House, everything_logged: io.StringIO, wrong: str
) -> None:
    body = urlencode({"payload": json.dumps(BALLOT)})
    secret = house.sandbox.spec.signing_secret
    signed = sign("another secret", body) if wrong == "secret" else sign(secret, body, timestamp=1_000_000_000)
    headers = {"Content-Type": "application/x-www-form-urlencoded", **signed}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{house.sandbox.bot_url}/slack/events", data=body, headers=headers) as answer,
    ):
        assert answer.status == 401
    assert "zqcomment" not in everything_logged.getvalue()
    assert "U0LISA" not in everything_logged.getvalue()


async def test_a_database_that_quotes_the_ballot_in_its_error_is_not_quoted(
    team: Team, everything_logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = io.StringIO()
    monkeypatch.setattr(refusal, "log", structlog.wrap_logger(structlog.PrintLogger(ours)))
    await team.to_scoring()
    team.sql(
        """
        CREATE OR REPLACE FUNCTION hand_in(p_round uuid, p_ballots jsonb)
        RETURNS TABLE (place int, answer text, submitted int, roster int, decision uuid, number int)
        LANGUAGE plpgsql AS $$ BEGIN RAISE 'zqerror %', p_ballots USING DETAIL = 'zqerror ' || p_ballots::text; END $$
        """
    )
    await team.window("lisa", "evaluation.open")
    answer = await team.submit("lisa", typed(9, 3))
    assert "Something went wrong on our side; nothing was lost." in str(answer.error)
    screen = await team.house.person("lisa").screen()
    for text in (str(answer), ours.getvalue(), everything_logged.getvalue(), screen):
        assert "zqerror" not in text
        assert "abstain" not in text
    assert "unexpected error" in ours.getvalue()


async def test_a_mutilated_ballot_is_not_logged_either(house: House, everything_logged: io.StringIO) -> None:
    url, secret = f"{house.sandbox.bot_url}/slack/events", house.sandbox.spec.signing_secret
    bodies = ("payload={zqcomment", "payload=%7B%22zqcomment", "zqcomment", '{"zqcomment": ')
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        for body in bodies:
            for content_type in ("application/x-www-form-urlencoded", "application/json"):
                headers = {"Content-Type": content_type, **sign(secret, body)}
                async with session.post(url, data=body, headers=headers) as answer:
                    assert "zqcomment" not in await answer.text()
    assert "zqcomment" not in everything_logged.getvalue()
