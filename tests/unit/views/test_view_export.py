"""The table's messages and names, where the flows do not reach."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from bot.domain.decision import Decision, Phase, Status
from bot.domain.export import Record
from bot.domain.outcome import Answer, Outcome
from bot.domain.result import Result, ResultRow
from bot.domain.round import Thresholds
from bot.views import export as view
from tests.support.dossiers import CASE, NOW, TEAM, an_option


def a_record(number: int = 7, *, title: str = "Refund", results: tuple[Result, ...] = ()) -> Record:
    case = replace(CASE, title=title)
    decision = Decision(UUID(int=9), TEAM.id, number, 1, UUID(int=101), NOW, Status.EVALUATING, Phase.EVALUATE, case)
    return Record(decision, "Sarah", (an_option(1, "Refund all"), an_option(2, "Refund half")), results)


def cells(record: Record) -> dict[str, str]:
    table = view.heading() + view.line(record)
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    return row


def a_result(*rows: ResultRow) -> Result:
    return Result(1, 5, 6, Thresholds(), rows)


def test_ties_rounding_and_what_is_not_ranked_are_told_as_published() -> None:
    one, two = (option.id for option in a_record().options)
    tie = a_result(ResultRow(one, 1, "6.5"), ResultRow(two, 1, "6.5"))
    about = a_result(ResultRow(two, 1, "6.5", is_about=True), ResultRow(one, 2, "6.5", is_about=True))
    alone = a_result(ResultRow(two, 1, None), ResultRow(one, None, None, needs=(UUID(int=201),)))

    assert cells(a_record(results=(tie,)))["Options"] == "1= Refund all (6.5) | 1= Refund half (6.5)"
    assert cells(a_record(results=(tie,)))["Leader"] == "Refund all | Refund half"
    assert cells(a_record(results=(about,)))["Options"] == "1. Refund half (about 6.5) | 2. Refund all (about 6.5)"
    assert cells(a_record(results=(alone,)))["Options"] == "1. Refund half | not ranked: Refund all"


def test_of_two_rounds_the_second_stands_and_the_first_is_named() -> None:
    one, two = (option.id for option in a_record().options)
    first = a_result(ResultRow(one, 1, "6.5"), ResultRow(two, 2, "6.0"))
    second = a_result(ResultRow(two, 1, None), ResultRow(one, 2, None))

    found = cells(a_record(results=(first, second)))

    assert found["Options"] == "1. Refund half | 2. Refund all"
    assert found["First round"] == "1. Refund all (6.5) | 2. Refund half (6.0)"
    assert found["Leader"] == "Refund half"


@pytest.mark.parametrize("name", ["CS Team", "  ../../etc  ", "客服", 'a"b\r\nc', "x" * 300])
def test_a_files_name_is_plain_whatever_the_team_is_called(name: str) -> None:
    found = view.file_name(replace(TEAM, name=name), datetime(2026, 11, 27, tzinfo=UTC))

    assert found.endswith("-decisions-2026-11-27.csv")
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert 0 < len(found) < 100


def test_a_decision_too_long_for_a_message_is_cut_and_the_next_one_follows() -> None:
    records = [a_record(2, title="\\" * 30_000), a_record(1)]

    message, took, goes_on = view.part(TEAM, records, number=1, decisions=2, has_more=False)
    following, took_then, goes_on_then = view.part(TEAM, records[took:], number=2, decisions=2, has_more=False)

    assert (took, goes_on) == (1, True)
    assert "…" in str(message["blocks"])
    assert (took_then, goes_on_then) == (1, False)
    assert "That is all." in str(following["blocks"])


RESOLVED = Outcome(UUID(int=9), UUID(int=1), "It leads.", UUID(int=101))


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (None, ""),
        (RESOLVED, "unknown"),
        (replace(RESOLVED, answer=Answer.NEVER), "unknown"),
        (replace(RESOLVED, worked=True), "worked"),
        (replace(RESOLVED, worked=False), "did not work"),
        (replace(RESOLVED, answer=Answer.EARLY), "too early to say"),
        (replace(RESOLVED, answer=Answer.EARLY, customer_retained=True), "worked"),
        (replace(RESOLVED, escalation_occurred=True), "did not work"),
    ],
)
def test_whether_it_worked_is_told_as_far_as_somebody_said(outcome: Outcome | None, said: str) -> None:
    assert cells(replace(a_record(), outcome=outcome))["Worked"] == said
