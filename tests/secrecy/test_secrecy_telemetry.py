"""What a Sentry and a collector of spans get to know: names, classes and ids, also when a database quotes a ballot."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import structlog

from bot import reports, tracing
from bot.delivery import worker
from bot.errors import StartError
from handlers import refusal
from tests.secrecy.test_secrecy_failures import FAIL, QUOTED
from tests.support.scoring import by_hand, unfold_comments
from tests.support.sink import Sink, open_sink
from tests.support.team import Team

CANARIES = (QUOTED, "zqcomment", "Refund for the outage", "Full refund", "ABC Corporation", "Lisa", "lisa@")


@pytest.fixture
def sink() -> Iterator[Sink]:
    with open_sink() as found:
        yield found


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch, sink: Sink) -> Iterator[Sink]:
    """Error lines go to a Sentry, as in a process that has its DSN."""
    with reports.sending(sink.dsn) as report:
        assert report is not None
        for module in (refusal, worker):
            lines = structlog.PrintLogger(io.StringIO())
            named: list[Any] = [structlog.processors.add_log_level, report, structlog.processors.JSONRenderer()]
            monkeypatch.setattr(module, "log", structlog.wrap_logger(lines, processors=named))
        yield sink


async def test_a_submit_that_fails_is_reported_without_what_the_database_said(team: Team, reported: Sink) -> None:
    await team.to_scoring()
    await team.save_pages("lisa", 9, 3)
    await team.change(FAIL.format(when="submitted", table="round_members", word=QUOTED))
    await team.window("lisa", "evaluation.open")
    await unfold_comments(team, "lisa")
    answer = await team.submit("lisa", {"Comment on Full refund": "zqcomment"})
    assert "Something went wrong on our side" in str(answer.error)

    event = _event(await _sent(reported))
    assert event["logentry"]["message"] == "unexpected error"
    assert event["exception"]["values"][0]["type"] == "DBAPIError"
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"]
    assert event["tags"]["sqlstate"] == "23514"
    assert event.keys() <= set(reports.KEPT)
    for canary in (*CANARIES, '"scores"'):
        assert canary not in reported.text


async def _sent(sink: Sink) -> str:
    """Sends on a thread of its own."""
    await asyncio.to_thread(sink.came.wait, 30)
    return sink.text


def _event(envelope: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(envelope.splitlines()[2])
    return found


async def test_spans_name_what_was_done_and_hold_ids_alone(team: Team, sink: Sink) -> None:
    with tracing.exporting(sink.spans):
        await team.to_scoring("sarah", "mike", "lisa")
        await team.house.person("lisa").slash("/decide list")
        for name in ("sarah", "mike", "lisa"):
            await team.ballot(name, 9, 3, comment="zqcomment")
        await team.published()
        await team.settled()

    for name in ("request command", "list_open", "bot.services.round.start", "delivery card", "conclave.attempt"):
        assert name in sink.text
    for canary in (*CANARIES, '"scores"', "SELECT", "INSERT"):
        assert canary not in sink.text


async def test_a_message_is_in_the_trace_of_the_press_that_caused_it(team: Team, sink: Sink) -> None:
    with tracing.exporting(sink.spans):
        await team.to_scoring("sarah", "mike", "lisa")
        await team.house.person("lisa").slash("/decide export")
        await team.settled()

    spans = {span.span_id: span for span in sink.all_spans}
    ways = [_way_up(span, spans) for span in spans.values() if span.name.startswith("delivery ")]
    assert [way[-1] for way in ways if way[0] == "delivery export"] == ["request command"]
    cards = [way[1] for way in ways if way[0] == "delivery card"]
    assert cards
    assert all(around.startswith("bot.services.") for around in cards)
    assert team.value("SELECT count(*) FROM outbox WHERE traceparent IS NOT NULL") == 0


def _way_up(span: Any, spans: Mapping[bytes, Any]) -> list[str]:
    """Its name, and those of the spans around it."""
    return [span.name, *(_way_up(spans[span.parent_span_id], spans) if span.parent_span_id else [])]


async def test_nothing_that_is_delivered_is_in_the_trace_of_a_ballot(team: Team, sink: Sink) -> None:
    """Neither by the quick way nor by the other, which the last ballot takes."""
    await team.to_scoring("sarah", "mike", "lisa")
    await team.settled()
    with tracing.exporting(sink.spans):
        for name in ("sarah", "mike", "lisa"):
            await by_hand(team, name, 9, 3)
        await team.published()
        await team.settled()

    by_trace: dict[bytes, set[str]] = {}
    for span in sink.all_spans:
        by_trace.setdefault(span.trace_id, set()).add(span.name)
    ballots = [names for names in by_trace.values() if "request view" in names]
    assert len(ballots) >= 3
    assert not any(name.startswith("delivery") for names in ballots for name in names)
    assert "delivery card" in sink.text


async def test_a_span_tells_of_an_error_its_class(sink: Sink) -> None:
    with tracing.exporting(sink.spans), pytest.raises(ValueError, match=QUOTED), tracing.span("request", listener="x"):
        raise ValueError(QUOTED)

    assert "ValueError" in sink.text
    assert QUOTED not in sink.text


@pytest.mark.parametrize(
    ("module", "starting"), [("sentry_sdk", reports.sending), ("opentelemetry", tracing.exporting)]
)
def test_without_the_extra_the_start_says_how_to_install_it(
    module: str, starting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(StartError, match="Install it with: pip install 'conclave"), starting("http://k@127.0.0.1:9/1"):
        pass


def test_a_dsn_that_is_none_is_not_quoted() -> None:
    with pytest.raises(StartError) as refused, reports.sending("zqsecret"):
        pass
    assert str(refused.value) == "CONCLAVE_SENTRY_DSN is none. Copy it from the project's settings in Sentry."


def test_neither_is_imported_unless_it_is_wanted() -> None:
    """Their import takes a fifth of a second and 20 MB."""
    code = "import sys, bot.app, bot.reports; print([m for m in ('sentry_sdk', 'opentelemetry') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
