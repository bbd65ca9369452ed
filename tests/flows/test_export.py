"""`/decide export`: the team's decisions as CSV in a direct message; nothing of a ballot, nothing of another team."""

import asyncio
import csv
import dataclasses
import io
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.demo.techcorp import techcorp
from bot.errors import NotFound
from bot.services import export as exports
from bot.services import outcome as outcomes
from bot.store.db import connect
from bot.views import export as view
from sandbox.people import CannotDo, Message
from sandbox.spec import LEAST_SCOPES
from tests.support.house import living
from tests.support.team import Team

ON_ITS_WAY = "Your team's decisions are on their way: look at your direct messages with me in a moment."
Row = dict[str, str]


def rows_of(table: bytes) -> list[Row]:
    """By the standard library's reader; newest first, as they stand."""
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True))


async def direct_messages(team: Team, name: str) -> list[Message]:
    found: list[Message] = await team.house.person(name).messages("dm")
    return found


async def exported(team: Team, name: str = "lisa") -> bytes:
    """Type the command; the file that came."""
    person = team.house.person(name)
    before = len(await direct_messages(team, name))
    answer = await person.slash("/decide export")
    assert answer.ok, answer
    await team.settled()
    (message,) = [m for m in (await direct_messages(team, name))[before:] if m.files]
    (file,) = message.files
    found: bytes = await person.download(file["path"])
    return found


async def the_row(team: Team) -> Row:
    """The only decision's."""
    (row,) = rows_of(await exported(team))
    return row


async def test_the_command_brings_the_teams_decisions_as_a_file_to_ones_direct_messages(team: Team) -> None:
    await team.to_resolved()
    lisa = team.house.person("lisa")
    table = await exported(team)

    await lisa.see(ON_ITS_WAY)
    (message,) = [m for m in await direct_messages(team, "lisa") if m.files]
    assert message.text.startswith(
        "1 decision of CS Team as CSV. Amounts are in the currency that stands last in their line, "
    )
    assert message.files[0]["name"] == f"cs-team-decisions-{datetime.now(UTC):%Y-%m-%d}.csv"
    assert table.startswith(b"\xef\xbb\xbfNumber,Title,Type,Customer,")
    assert table.count(b"\n") == table.count(b"\r\n") == 2
    (row,) = rows_of(table)
    assert row["Title"] == "Refund for the outage"
    assert row["Options"] == "1. Full refund (8.0) | 2. Partial credit (5.0)"
    assert (row["Leader"], row["Chosen"], row["Chose the leader"]) == ("Full refund", "Full refund", "yes")
    assert (row["Reason"], row["Resolved by"], row["Owner"]) == ("It leads.", "Mike Chen", "Sarah Johnson")
    assert (row["Scored"], row["Asked"]) == ("4", "4")
    assert [m.files for m in await direct_messages(team, "mike") if m.files] == []
    ((by, details),) = team.sql("SELECT user_id, details FROM audit_logs WHERE action = 'team.exported'")
    assert by == team.actors["lisa"].member.id
    assert details == {"team": str(team.actors["lisa"].team.id), "way": "slack"}
    team.check_deliveries()


async def test_a_decision_of_every_state_has_its_line_and_its_cells(team: Team) -> None:
    await team.open(title="One", description="", customer_value=Decimal("120000.5"), customer_id="AC-7")
    await team.open(title="Two")
    await team.change("UPDATE customer_decisions SET current_phase = 2 WHERE id = %s", team.decision_id)
    await team.to_options(title="Three")
    await team.to_scoring(title="Four")
    three = ("sarah", "mike", "lisa")
    await team.to_result(*three, title="Five")
    await team.to_resolved(*three, title="Six", financial_impact=Decimal("-75"))
    await team.to_resolved(*three, title="Seven")
    await outcomes.set_informed(team.db, team.by("mike"), team.decision_id)
    await team.change(
        "UPDATE decision_outcomes SET customer_satisfaction_score = 8, customer_retained = false, "
        "escalation_occurred = true, financial_impact_actual = -12.5, follow_up_date = '2030-01-02 03:04', "
        "outcome_notes = 'They left.', recorded_at = now() WHERE decision_id = %s",
        team.decision_id,
    )
    await team.to_result("sarah", "mike", title="Eight")
    await team.change(
        "UPDATE customer_decisions SET status = 'cancelled', cancel_reason = 'Solved itself.' WHERE id = %s",
        team.decision_id,
    )
    await team.settled()

    table = await exported(team)

    rows = rows_of(table)
    assert [row["Number"] for row in rows] == [str(number) for number in range(8, 0, -1)]
    one, two, options, four, five, six, seven, eight = reversed(rows)
    assert [(row["Status"], row["Phase"]) for row in reversed(rows)] == [
        ("created", "1 Define"),
        ("team input", "2 Criteria"),
        ("team input", "3 Options"),
        ("evaluating", "4 Evaluate"),
        ("evaluating", "4 Evaluate"),
        ("resolved", "5 Act"),
        ("resolved", "6 Learn"),
        ("cancelled", "4 Evaluate"),
    ]
    assert (one["Customer value"], one["Customer id"], one["Options"]) == ("120000.50", "AC-7", "")
    assert two["Expected (UTC)"] == f"{team_expects(team, 2):%Y-%m-%d %H:%M}"
    for row in (options, four):
        assert (row["Options"], row["Leader"], row["Scored"]) == ("Full refund | Partial credit", "", "")
    assert five["Options"] == "1. Full refund | 2. Partial credit", "of three ballots no totals"
    assert (five["Leader"], five["Chosen"], five["Chose the leader"]) == ("Full refund", "", "")
    assert (six["Expected financial impact"], six["Escalated"], six["Satisfaction (1-10)"]) == ("-75.00", "", "")
    assert (six["Customer informed (UTC)"], six["Resolved (UTC)"][:4]) == ("", str(team.now.year))
    assert (seven["Satisfaction (1-10)"], seven["Customer stayed"], seven["Escalated"]) == ("8", "no", "yes")
    assert (seven["Actual financial impact"], seven["Follow-up (UTC)"]) == ("-12.50", "2030-01-02 03:04")
    assert seven["Notes"] == "They left."
    assert seven["Customer informed (UTC)"]
    assert (eight["Cancelled because"], eight["Scored"], eight["Leader"]) == ("Solved itself.", "2", "")
    assert eight["Options"] == "Full refund | Partial credit", "of fewer than 3 people nothing aggregated"
    assert {row["Currency"] for row in rows} == {"USD"}
    assert {row["Suggested type"] for row in rows} <= {"Refund request", ""}
    assert all(0 <= float(row["Confidence of the suggestion (0-1)"]) <= 1 for row in rows)
    assert b"cfo@abc.example" not in table, "an address stays in the product"


def team_expects(team: Team, number: int) -> datetime:
    found: datetime = team.value("SELECT expected_resolution_date FROM customer_decisions WHERE number = %s", number)
    return found


HOSTILE = (
    '=HYPERLINK("http://evil.example","Click")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "＝1+1",
    'Say "hello", then; =1+1',
    "first,=1+1",
    '";=1+1',
    "two\nlines\n=1+1",
    "\u202eevil\u2069 right to left",
    "x" * 500,
    "```\n<!channel> & <b>",
)


async def test_no_cell_of_what_people_typed_starts_a_formula_and_the_table_stays_a_table(team: Team) -> None:
    await team.to_resolved()
    await team.settled()
    many(team, 2 * len(HOSTILE) - 1)
    for number, words in enumerate(HOSTILE, 1):
        ((decision_id,),) = team.sql(
            "UPDATE customer_decisions SET title = %s, customer_name = left(%s, 255), customer_id = left(%s, 100) "
            "WHERE number = %s RETURNING id",
            words, words, words, 2 * number - 1,
        )  # fmt: skip
        await team.change("UPDATE response_options SET title = %s WHERE decision_id = %s", words, decision_id)
        await team.change(
            "UPDATE decision_outcomes SET reason = %s, outcome_notes = %s WHERE decision_id = %s",
            words, words, decision_id,
        )  # fmt: skip
    team.sql("DELETE FROM customer_decisions WHERE title LIKE 'Decision %%'")
    team.sql("UPDATE team_members SET name = '=1+1' WHERE name = 'Sarah Johnson'")

    table = await exported(team)

    rows = rows_of(table)
    assert len(rows) == len(HOSTILE)
    assert table.count(b"\n") == len(HOSTILE) + 1, "one decision is one line"
    assert [row["Title"] for row in reversed(rows)] == [
        '\'=HYPERLINK("http://evil.example","Click")',
        "'+1+1",
        "'-2+3+cmd|' /C calc'!A0",
        "'@SUM(1,1)",
        "'=1+1",
        "'=1+1",
        "'=1+1",
        "'＝1+1",
        'Say "hello", then; \'=1+1',
        "first,'=1+1",
        "\";'=1+1",
        "two lines =1+1",
        "evil right to left",
        "x" * 500,
        "``` <!channel> & <b>",
    ]
    numbers = {"Actual financial impact", "Expected financial impact", "Customer value"}
    for row in rows:
        for name, cell in row.items():
            assert name in numbers or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")), (name, cell)
        assert row["Owner"] == "'=1+1"
        for dangerous in (";=", ",=", "| =", ",+", ";-"):
            assert dangerous not in "".join(row.values())


async def test_another_teams_rows_are_in_nobody_elses_table(team: Team) -> None:
    await team.to_resolved(title="Ours alone")
    other, member, decision, option, round_id = (uuid4() for _ in range(5))
    team.sql("INSERT INTO teams(id, name, company_name) VALUES (%s, 'Others', 'Globex')", other)
    team.sql(
        "INSERT INTO team_members(id, team_id, email, name, password_hash, role) "
        "VALUES (%s, %s, 'h@globex.example', 'Hank', '!', 'support_manager')",
        member, other,
    )  # fmt: skip
    team.sql(
        "INSERT INTO customer_decisions(id, team_id, created_by, customer_name, title, description, decision_type, "
        "status, current_phase, actual_resolution_date) VALUES "
        "(%s, %s, %s, 'Theirs', 'Theirs alone', '-', 'refund_request', 'resolved', 5, now())",
        decision, other, member,
    )  # fmt: skip
    team.sql(
        "INSERT INTO response_options(id, decision_id, title, description) VALUES (%s, %s, 'Their option', '-')",
        option, decision,
    )  # fmt: skip
    team.sql(
        "INSERT INTO decision_outcomes(decision_id, selected_option_id, reason) VALUES (%s, %s, 'Their reason')",
        decision, option,
    )  # fmt: skip
    team.sql(
        "INSERT INTO rounds(id, decision_id, number, closes_at, snapshot, thresholds, closed_at, published_at) "
        "SELECT %s, %s, 1, closes_at, snapshot, thresholds, closed_at, published_at FROM rounds LIMIT 1",
        round_id, decision,
    )  # fmt: skip
    team.sql(
        "INSERT INTO round_results(round_id, version, ballots, body) "
        "SELECT %s, version, 77, body || '{\"ballots\": 77}' FROM round_results LIMIT 1",
        round_id,
    )  # fmt: skip

    table = await exported(team)

    (row,) = rows_of(table)
    assert (row["Title"], row["Scored"], row["Reason"]) == ("Ours alone", "4", "It leads.")
    assert b"Their" not in table


async def test_two_exports_around_a_ballot_are_the_same_bytes(team: Team) -> None:
    """The attack: export, let one colleague score, export again, subtract."""
    await team.to_scoring()
    await team.settled()
    before = await exported(team)
    after_each = []
    for name, scores in (("sarah", (9, 2)), ("mike", (3, 8)), ("lisa", (6, 6))):
        await team.ballot(name, *scores, comment="A word of mine")
        await team.save_pages("tom", *scores)
        await team.settled()
        after_each.append(await exported(team))

    assert after_each == [before, before, before]

    await team.end_round_now()
    assert await exported(team) == before, "past its time, not closed yet"


async def test_a_round_that_closed_without_quorum_tells_no_count(team: Team) -> None:
    await team.to_scoring()
    await team.settled()
    before = await exported(team)
    await team.ballot("sarah")
    await team.end_round_now()
    await team.told("mike", "round.close")
    await team.settled()

    assert team.value("SELECT closed_at IS NOT NULL AND published_at IS NULL FROM rounds") is True
    assert await exported(team) == before


async def test_the_table_tells_of_a_published_round_what_the_result_message_tells_and_no_more(team: Team) -> None:
    await team.to_scoring()
    for name, scores in (("sarah", (9, 5)), ("mike", (8, 5)), ("lisa", (8, 4)), ("tom", (8, 5))):
        await team.ballot(name, *scores, comment="Not for a table")
    await team.published()
    await team.settled()

    table = await exported(team)

    (row,) = rows_of(table)
    card = await team.card()
    assert row["Options"] == "1. Full refund (8.5) | 2. Partial credit (5.0)", "halves only: exactly 8.25 and 4.75"
    assert "1.  Full refund · 8.5" in card
    assert "2.  Partial credit · 5.0" in card
    assert b"Not for a table" not in table
    assert b"8.25" not in table


async def test_a_choice_that_was_taken_back_is_not_in_the_table(team: Team) -> None:
    await team.to_resolved()
    await outcomes.reopen(team.db, team.by("mike"), team.decision_id, reason="Too early.")
    await team.settled()

    row = await the_row(team)

    for name in ("Chosen", "Reason", "Resolved by", "Resolved (UTC)", "Chose the leader", "Hours to resolve"):
        assert row[name] == "", name


async def test_who_does_not_follow_the_leader_is_told_apart(team: Team) -> None:
    await team.to_resolved()
    second = team.option_id("Partial credit")
    await team.change("UPDATE decision_outcomes SET selected_option_id = %s", second)

    row = await the_row(team)

    assert (row["Leader"], row["Chosen"], row["Chose the leader"]) == ("Full refund", "Partial credit", "no")


# --- Who may have it ------------------------------------------------------------------------------------------


async def test_somebody_outside_the_team_gets_a_sentence_and_no_file(team: Team) -> None:
    await team.to_resolved()
    eve = team.house.person("eve")
    await eve.slash("/decide export")
    await eve.see("You are not a member of a team here yet.")
    await team.settled()

    assert await direct_messages(team, "eve") == []
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'team.exported'") == 0


async def test_a_team_without_decisions_is_told_so(team: Team) -> None:
    lisa = team.house.person("lisa")
    await lisa.slash("/decide export")
    await lisa.see("Your team has no decision yet. Open the first one with /decide.")
    assert await direct_messages(team, "lisa") == []


async def test_who_leaves_the_team_while_it_is_on_its_way_gets_nothing(team: Team) -> None:
    await team.to_resolved()
    await team.settled()
    team.house.sandbox.fail("conversations.open", "ratelimited", retry_after=1)
    await team.house.person("lisa").slash("/decide export")
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'export' AND last_error = 'ratelimited'", 1)
    await team.change("UPDATE team_members SET is_active = false WHERE id = %s", team.actors["lisa"].member.id)
    await team.settled()

    assert await direct_messages(team, "lisa") == []
    assert team.house.sandbox.calls("files.completeUploadExternal") == []


@pytest.mark.parametrize("when", ["before the file", "before a part"])
async def test_an_export_to_somebody_gone_from_slack_is_settled_and_they_are_asked_no_more(
    team: Team, when: str
) -> None:
    await team.to_resolved()
    await team.settled()
    if when == "before a part":
        team.house.sandbox.fail("files.getUploadURLExternal", "error", error="file_uploads_disabled")
        team.house.sandbox.fail("chat.postMessage", "ratelimited", retry_after=1)
    else:
        team.house.sandbox.fail("conversations.open", "ratelimited", retry_after=1)
    await team.house.person("lisa").slash("/decide export")
    await team.until("SELECT count(*) FROM outbox WHERE kind LIKE 'export%' AND last_error = 'ratelimited'", 1)
    team.house.sandbox.deactivate("lisa")
    await team.settled()

    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0
    assert team.value("SELECT is_active FROM team_members WHERE name LIKE 'Lisa%'") is False


async def test_who_is_gone_from_slack_while_it_is_on_its_way_is_made_inactive_and_nothing_is_given_up(
    team: Team,
) -> None:
    await team.open()
    team.house.sandbox.deactivate("tom")

    assert await exports.request(team.db, team.by("tom"))
    await team.settled()

    assert team.value("SELECT is_active FROM team_members WHERE name = 'Tom Becker'") is False
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0


async def test_a_colleague_cannot_download_what_was_sent_to_somebody_else(team: Team) -> None:
    await team.to_resolved()
    await exported(team)
    (message,) = [m for m in await direct_messages(team, "lisa") if m.files]
    path = message.files[0]["path"]

    with pytest.raises(CannotDo):
        await team.house.person("eve").download(path.replace("/lisa/", "/eve/"))


# --- On its way -----------------------------------------------------------------------------------------------


async def test_an_impatient_second_command_finds_the_first_on_its_way(team: Team) -> None:
    await team.to_resolved()
    await team.settled()
    lisa = team.house.person("lisa")
    await team.change(
        "INSERT INTO outbox(kind, lane, dedupe_key, run_at) VALUES ('card', %s, 'ahead', now() + interval '1 hour')",
        "slack:T0TECHCORP:U0LISA",
    )
    await lisa.slash("/decide export")
    await lisa.see(ON_ITS_WAY)
    await lisa.slash("/decide export")
    await lisa.see("Your last export is still on its way; it comes as a direct message.")

    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'export'") == 1
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'team.exported'") == 1
    ((payload,),) = team.sql("SELECT payload FROM outbox WHERE kind = 'export'")
    assert "outage" not in str(payload), "ids only"


@pytest.mark.parametrize("kind", ["export", "export.part"])
async def test_an_export_that_is_being_delivered_is_on_its_way_as_well(team: Team, kind: str) -> None:
    await team.open()
    await team.settled()
    await team.change(
        "INSERT INTO outbox(kind, lane, dedupe_key, run_at, attempts, token) "
        "VALUES (%s, %s, 'tried', now() + interval '1 hour', 1, 1)",
        kind,
        "slack:T0TECHCORP:U0LISA",
    )
    lisa = team.house.person("lisa")
    await lisa.slash("/decide export")
    await lisa.see("Your last export is still on its way; it comes as a direct message.")
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'team.exported'") == 0


async def test_the_file_survives_a_slack_that_is_ill(team: Team) -> None:
    await team.to_resolved()
    await team.settled()
    team.house.sandbox.fail("files.getUploadURLExternal", "http_500")

    (row,) = rows_of(await exported(team))

    assert row["Number"] == "1"


# --- Without the optional scope -------------------------------------------------------------------------------


@pytest.fixture
async def without_files(database_url: str) -> Any:
    async with living(database_url, dataclasses.replace(techcorp(), scopes=LEAST_SCOPES)) as house:
        team = await Team(house).gather("mike", "lisa", "tom")
        team.give("mike", 4)
        yield team


def from_messages(messages: list[Message]) -> bytes:
    """What somebody has who copies the blocks one below the other."""
    blocks = [b for m in messages for b in m.blocks if b["type"] == "rich_text"]
    text = "\n".join(b["elements"][0]["elements"][0]["text"] for b in blocks)
    return text.replace("\n", "\r\n").encode()


async def test_with_the_least_scopes_the_table_comes_as_text_in_direct_messages(without_files: Any) -> None:
    team = without_files
    await team.to_resolved(title='Say "hi", =1+1 ```')
    await team.settled()
    answer = await team.house.person("lisa").slash("/decide export")
    assert answer.ok
    await team.settled()

    (message,) = await direct_messages(team, "lisa")

    assert "1 decision of CS Team as CSV, newest first; I may not upload files here." in message.text
    assert "That is all." in message.rendered
    (row,) = rows_of(from_messages([message]))
    assert row["Title"] == 'Say "hi", \'=1+1 ```'
    assert row["Options"] == "1. Full refund (8.0) | 2. Partial credit (5.0)"


async def test_a_large_team_gets_a_bounded_number_of_messages_and_the_way_to_the_whole(without_files: Any) -> None:
    team = without_files
    await team.open()
    await team.settled()
    await asyncio.to_thread(many, team, 1_200)
    await team.house.person("lisa").slash("/decide export")
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'export.part' AND state = 'done'", 10, timeout=20)
    await team.settled()

    messages = await direct_messages(team, "lisa")

    assert len(messages) == view.MOST_PARTS
    numbers = [int(row["Number"]) for row in rows_of(from_messages(messages))]
    assert numbers == list(range(1_201, 1_201 - len(numbers), -1)), "none twice, none left out"
    assert f"As much as fits into 10 messages: down to #{numbers[-1]}." in messages[-1].rendered
    assert 'conclave export --team "CS Team"' in messages[-1].rendered
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0


def many(team: Team, number: int) -> None:
    """So many more decisions of the team, each with two options, half of them resolved."""
    team.sql(
        "INSERT INTO customer_decisions(team_id, created_by, customer_name, title, description, decision_type, status, "
        "current_phase, expected_resolution_date, actual_resolution_date, planned_revision) "
        "SELECT team_id, created_by, 'Customer ' || n, 'Decision ' || n, '-', 'refund_request', "
        "CASE WHEN n %% 2 = 0 THEN 'resolved' ELSE 'team_input' END, CASE WHEN n %% 2 = 0 THEN 5 ELSE 3 END, "
        "now(), now(), 1 "
        "FROM customer_decisions, generate_series(1, %s) n WHERE number = 1",
        number,
    )
    team.sql(
        "INSERT INTO response_options(decision_id, title, description, position) "
        "SELECT d.id, 'Option ' || n, '-', n FROM customer_decisions d, generate_series(1, 2) n WHERE d.number > 1"
    )
    team.sql(
        "INSERT INTO decision_outcomes(decision_id, selected_option_id, reason, resolved_by) "
        "SELECT d.id, o.id, 'Because it is right, and fair.', d.created_by FROM customer_decisions d "
        "JOIN response_options o ON o.decision_id = d.id AND o.position = 1 "
        "WHERE d.status = 'resolved' AND d.number > 1"
    )


async def test_five_thousand_decisions_come_as_one_file_while_the_bot_answers_others(team: Team) -> None:
    await team.open()
    await team.settled()
    await asyncio.to_thread(many, team, 5_000)
    exporting = asyncio.create_task(exported(team))
    answers = []
    while not exporting.done():
        answers.append(await team.house.person("tom").slash("/decide help"))

    rows = rows_of(await exporting)

    assert [int(row["Number"]) for row in rows] == list(range(5_001, 0, -1))
    assert answers
    assert all(answer.ok for answer in answers), "within Slack's 3 s"


# --- For an operator ------------------------------------------------------------------------------------------


async def conclave(team: Team, *arguments: str | Path) -> tuple[int, bytes, bytes]:
    environment = {**os.environ, "DATABASE_URL": team.house.database_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *map(str, arguments), env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out, err


async def test_the_operators_command_writes_the_same_bytes_to_a_file_and_to_standard_output(
    team: Team, tmp_path: Path
) -> None:
    await team.to_resolved()
    await team.settled()
    table = await exported(team)
    place = tmp_path / "decisions.csv"

    code, out, err = await conclave(team, "export", "--team", "cs team", "--output", place)
    assert (code, out, err) == (0, b"", b"")
    assert place.read_bytes() == table
    assert (await conclave(team, "export"))[1] == table
    ways = team.sql("SELECT user_id, details ->> 'way' FROM audit_logs WHERE action = 'team.exported'")
    assert sorted(ways, key=str) == [
        (None, "command line"),
        (None, "command line"),
        (team.actors["lisa"].member.id, "slack"),
    ]


async def test_the_operators_command_names_what_it_cannot_do(team: Team, tmp_path: Path) -> None:
    code, out, err = await conclave(team, "export", "--team", "Nobody")
    assert (code, out) == (1, b"")
    assert b"There is no team called Nobody." in err

    code, _, err = await conclave(team, "export", "--output", tmp_path / "no" / "such.csv")
    assert code == 2
    assert b"cannot be written" in err


async def test_an_operator_of_several_teams_has_to_name_one(team: Team) -> None:
    team.sql("INSERT INTO teams(name, company_name) VALUES ('Others', 'Globex')")
    database = connect(team.house.database_url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with pytest.raises(Exception, match="Several teams match"):
            await exports.for_operator(database, team_name=None)
        with pytest.raises(NotFound):
            await exports.for_operator(database, team_name="Neither")
        assert (await exports.for_operator(database, team_name="OTHERS")).name == "Others"
    finally:
        await database.close()


def test_the_columns_are_these_and_none_is_of_a_persons_ballot() -> None:
    """A new column is a decision about what leaves the product: docs/decisions/0012-export.md."""
    assert [name for name, _ in view.COLUMNS] == [
        "Number", "Title", "Type", "Customer", "Customer id", "Customer tier", "Customer value",
        "Expected financial impact", "Urgency", "Status", "Phase", "Owner", "Opened (UTC)", "Expected (UTC)",
        "Resolved (UTC)", "Scored", "Asked", "Options", "First round", "Leader", "Chosen", "Chose the leader",
        "Reason", "Resolved by", "Hours to resolve", "Customer informed (UTC)", "Satisfaction (1-10)",
        "Customer stayed", "Actual financial impact", "Escalated", "Follow-up (UTC)", "Notes", "Cancelled because",
        "Suggested type", "Confidence of the suggestion (0-1)", "Suggested options", "Currency", "Worked",
    ]  # fmt: skip
