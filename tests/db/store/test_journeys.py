"""A page and a ballot in one call each: how many statements they take, and what they do when many come at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from bot.domain.evaluation import Comments, Page
from bot.domain.team import SlackUser
from bot.services import evaluation, reminder
from bot.services.evaluation import Scoring, Submitted
from bot.store import db as store
from bot.store.batch import HALVED
from bot.store.connection import Connection
from bot.store.db import Db
from tests.support.known import known
from tests.support.vault import ARound, Vault

WORKSPACE = "T1"


@pytest.fixture
async def replica(service_database_url: str) -> AsyncIterator[Db]:
    """Another process of the service."""
    found = store.connect(service_database_url)
    yield found
    await found.close()


def a_round(vault: Vault, *, people: int = 5, options: int = 2, criteria: int = 2) -> ARound:
    """Of people who are in Slack: U0, U1, ..."""
    r = vault.a_round(people=people, options=options, criteria=criteria)
    for number, member in enumerate(r.members):
        vault.do("INSERT INTO slack_identities VALUES (%s, %s, %s)", WORKSPACE, f"U{number}", member)
    vault.do("UPDATE customer_decisions SET workspace_id = 'T1', channel_id = 'C1' WHERE id = %s", r.decision_id)
    return r


def user(number: int) -> SlackUser:
    return SlackUser(WORKSPACE, f"U{number}")


def page(r: ARound, score: int) -> Page:
    return Page(dict.fromkeys(r.options, score), 3)


async def turns(db: Db, r: ARound, number: int, score: int = 7) -> Scoring | None:
    """This person saves their page of the first criterion."""
    return await evaluation.save_at_once(db, user(number), r.id, pages={r.criteria[0]: page(r, score)}, comments=None)


async def hands_in(db: Db, r: ARound, number: int, score: int = 7) -> Submitted | None:
    pages = {criterion: page(r, score) for criterion in r.criteria}
    return await evaluation.submit_at_once(db, user(number), r.id, pages=pages, comments=None)


@dataclass
class Uses:
    """What went to the database."""

    direct: list[Any] = field(default_factory=list)
    by_sqlalchemy: list[str] = field(default_factory=list)


@pytest.fixture
def uses(db: Db, monkeypatch: pytest.MonkeyPatch) -> Uses:
    seen, execute = Uses(), Connection.execute

    async def counted(self: Connection, query: Any, *args: Any, **how: Any) -> Any:
        seen.direct.append(query)
        return await execute(self, query, *args, **how)

    monkeypatch.setattr(Connection, "execute", counted)

    @event.listens_for(db.engine.sync_engine, "before_cursor_execute")
    def note(_1: Any, _2: Any, statement: str, *_: Any) -> None:
        seen.by_sqlalchemy.append(statement)

    return seen


@contextmanager
def held(url: str, r: ARound) -> Iterator[Callable[[], None]]:
    """Nobody gets at the round until the returned function is called."""
    with psycopg.connect(url) as session:
        session.execute("SELECT FROM rounds WHERE id = %s FOR UPDATE", [r.id])
        yield session.commit


async def waits(vault: Vault, sessions: int = 1) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    until = time.monotonic() + 10
    while vault.value(waiting) < sessions:
        assert time.monotonic() < until, "nobody waits"
        await asyncio.sleep(0.005)


def scores(vault: Vault, r: ARound, number: int) -> Any:
    """What the person's page of the first criterion holds; None: it was never saved."""
    saved = vault.mine(r, r.members[number]).get(r.criteria[0])
    return saved and set(saved["scores"].values())


# --- How many statements ---------------------------------------------------------------------------------------------


async def test_a_page_is_one_statement_and_one_use_of_a_connection(vault: Vault, db: Db, uses: Uses) -> None:
    r = a_round(vault)
    await turns(db, r, 0)
    uses.direct.clear()

    scoring = known(await turns(db, r, 1))

    assert (len(uses.direct), uses.by_sqlalchemy) == (1, [])
    assert scoring.ballot.pages == {r.criteria[0]: page(r, 7)}
    assert scoring.questions.criterion_ids == r.criteria


async def test_the_first_page_of_all_is_no_more(vault: Vault, db: Db, uses: Uses) -> None:
    assert await turns(db, a_round(vault), 0)

    assert (len(uses.direct), uses.by_sqlalchemy) == (1, [])


async def test_a_ballot_that_is_not_the_last_is_one_statement(vault: Vault, db: Db, uses: Uses) -> None:
    r = a_round(vault)

    done = known(await hands_in(db, r, 0))

    assert (len(uses.direct), uses.by_sqlalchemy) == (1, [])
    assert (done.decision_id, done.submitted, done.roster, done.is_closed) == (r.decision_id, 1, 5, False)
    assert len(vault.stored(r)) == 4


async def test_a_snooze_is_two(vault: Vault, db: Db, uses: Uses) -> None:
    r = a_round(vault)

    until = known(await reminder.snooze_at_once(db, user(0), datetime.now(UTC)))

    assert (len(uses.direct), uses.by_sqlalchemy) == (2, [])
    kept = "SELECT notification_preferences ->> 'snoozed_until' FROM team_members WHERE id = %s"
    assert vault.value(kept, r.members[0]) == until.isoformat()
    assert vault.rows("SELECT user_id, details FROM audit_logs WHERE action = 'reminders.snoozed'") == [
        (r.members[0], {"until": until.isoformat()})
    ]


async def test_those_of_a_team_who_snooze_together_are_written_together(
    vault: Vault, db: Db, uses: Uses, database_url: str
) -> None:
    r = a_round(vault, people=6)
    vault.do("UPDATE team_members SET is_active = false WHERE id = %s", r.members[5])
    team = vault.value("SELECT team_id FROM team_members WHERE id = %s", r.members[0])
    now = datetime.now(UTC)
    with psycopg.connect(database_url) as planning:
        planning.execute("SELECT pg_advisory_xact_lock(hashtextextended('plans:' || %s, 7))", [str(team)])
        first = asyncio.create_task(reminder.snooze_at_once(db, user(0), now))
        await waits(vault)
        others = [asyncio.create_task(reminder.snooze_at_once(db, user(number), now)) for number in range(1, 6)]
        until = time.monotonic() + 10
        while len(db.silences.lines[team]) < 4:
            assert time.monotonic() < until, "they do not line up"
            await asyncio.sleep(0.005)
        vault.do("UPDATE team_members SET notification_preferences = '{\"push\": false}' WHERE id = %s", r.members[4])
        planning.commit()
        answers = await asyncio.gather(first, *others)

    assert sum("snooze_member" in query for query in uses.direct) == 2
    assert [answer is not None for answer in answers] == [True, True, True, True, False, False]
    silent = "SELECT id FROM team_members WHERE notification_preferences ? 'snoozed_until' ORDER BY id"
    assert vault.rows(silent) == [(member,) for member in r.members[:4]]


async def test_a_snooze_counted_by_other_hours_does_nothing(vault: Vault) -> None:
    r = a_round(vault)
    team = vault.value("SELECT team_id FROM team_members WHERE id = %s", r.members[0])

    done = vault.value("SELECT snooze_member(%s, %s, %s, 'x')", r.members[0], team, Jsonb({"push": False}))

    assert done is False
    assert vault.value("SELECT count(*) FROM audit_logs WHERE user_id = %s", r.members[0]) == 0


def test_none_of_it_reads_a_big_table_from_end_to_end(vault: Vault) -> None:
    r = a_round(vault)
    vault.do(
        "INSERT INTO team_members (team_id, email, name, password_hash, role) SELECT (SELECT id FROM teams LIMIT 1), "
        "n || '@example.com', 'M', 'x', 'support_manager' FROM generate_series(1, 3000) n"
    )
    vault.do("INSERT INTO slack_identities SELECT 'T2', 'U' || id, id FROM team_members")
    vault.do(
        "INSERT INTO decision_criteria (decision_id, name, created_by) SELECT %s, 'Other', %s FROM "
        "generate_series(1, 3000)",
        *(vault.a_round().decision_id, r.members[0]),
    )
    vault.do("ANALYZE")
    sent = Jsonb([{"place": 0, "workspace": WORKSPACE, "person": "U0", "pages": []}])
    calls: list[tuple[str, list[object]]] = [
        ("SELECT * FROM turn_pages(%s, NULL, %s)", [r.id, sent]),
        ("SELECT * FROM hand_in(%s, %s)", [r.id, sent]),
        ("SELECT decision_changed(%s, false)", [r.decision_id]),
        ("SELECT snooze_member(%s, (SELECT id FROM teams LIMIT 1), NULL, 'x')", [r.members[0]]),
    ]
    for query, arguments in calls:
        # The view counts what has not been handed on to everybody's statistics yet, earlier transactions included.
        vault.do("SELECT pg_stat_force_next_flush()")
        with vault.connection.transaction(force_rollback=True):
            vault.do(query, *arguments)
            read = vault.rows("SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0 AND seq_tup_read > 1000")
        assert read == [], query


# --- Many at once ----------------------------------------------------------------------------------------------------


async def test_what_comes_during_a_write_goes_into_the_next_together(
    vault: Vault, db: Db, uses: Uses, database_url: str
) -> None:
    r = a_round(vault, people=1 + HALVED)
    with held(database_url, r) as let_go:
        first = asyncio.create_task(turns(db, r, 0))
        await waits(vault)
        others = [asyncio.create_task(turns(db, r, number, 1 + number % 10)) for number in range(1, 1 + HALVED)]
        await asyncio.sleep(0)
        let_go()
        answers = await asyncio.gather(first, *others)

    assert len(uses.direct) == 2
    assert [known(scoring).member_id for scoring in answers] == list(r.members)
    assert [scores(vault, r, number) for number in range(1, 1 + HALVED)] == [
        {1 + number % 10} for number in range(1, 1 + HALVED)
    ]


async def test_ballots_that_come_together_change_the_decision_once(vault: Vault, db: Db, database_url: str) -> None:
    r = a_round(vault, people=2 + HALVED)
    before = vault.value("SELECT revision FROM customer_decisions WHERE id = %s", r.decision_id)
    with held(database_url, r) as let_go:
        first = asyncio.create_task(hands_in(db, r, 0))
        await waits(vault)
        others = [asyncio.create_task(hands_in(db, r, number)) for number in range(1, 1 + HALVED)]
        await asyncio.sleep(0)
        let_go()
        answers = await asyncio.gather(first, *others)

    assert sorted(known(done).submitted for done in answers) == list(range(1, 2 + HALVED))
    assert vault.value("SELECT revision FROM customer_decisions WHERE id = %s", r.decision_id) == before + 2
    assert vault.rows("SELECT kind, count(*) FROM outbox GROUP BY 1 ORDER BY 1") == [
        ("card", 2),
        ("decision.changed", 2),
    ]


async def test_who_sends_twice_is_saved_in_that_order(vault: Vault, db: Db, database_url: str) -> None:
    r = a_round(vault)
    with held(database_url, r) as let_go:
        sent = [asyncio.create_task(turns(db, r, 0, 3))]
        await waits(vault)
        sent += [asyncio.create_task(turns(db, r, number, score)) for number, score in ((1, 4), (0, 5), (1, 6), (0, 9))]
        await asyncio.sleep(0)
        let_go()
        answers = await asyncio.gather(*sent)

    shown = [set(known(scoring).ballot.pages[r.criteria[0]].scores.values()) for scoring in answers]
    assert shown == [{3}, {4}, {5}, {6}, {9}]
    assert (scores(vault, r, 0), scores(vault, r, 1)) == ({9}, {6})


def sent(r: ARound, *places: tuple[int, int]) -> Jsonb:
    """Ballots for save_pages and submit_early: the number of the member, and what they give to everything."""
    ballots = []
    for place, (number, score) in enumerate(places):
        body = {"scores": {str(option): score for option in r.options}}
        pages = [{"criterion": str(criterion), "page": body} for criterion in r.criteria]
        ballots.append({"place": place, "member": str(r.members[number]), "pages": pages})
    return Jsonb(ballots)


@pytest.mark.parametrize(("function", "saved"), [("save_pages", "saved"), ("submit_early", "submitted")])
def test_who_comes_twice_by_two_accounts_is_taken_once_and_told_to_come_again(
    vault: Vault, function: str, saved: str
) -> None:
    r = a_round(vault)

    answers = vault.rows(
        f"SELECT place, answer FROM {function}(%s, %s) ORDER BY 1", r.id, sent(r, (0, 3), (1, 4), (0, 9))
    )

    assert answers == [(0, saved), (1, saved), (2, "again")]
    assert (scores(vault, r, 0), scores(vault, r, 1)) == ({3}, {4})


def test_of_those_who_hand_in_together_only_the_last_one_missing_is_held_back(vault: Vault) -> None:
    r = a_round(vault, people=4)
    early = "SELECT place, answer, submitted, is_first FROM submit_early(%s, %s) ORDER BY 1"
    assert vault.rows(early, r.id, sent(r, (1, 5))) == [(0, "submitted", 1, True)]

    answers = vault.rows(early, r.id, sent(r, (3, 5), (2, 5), (1, 6), (0, 5)))

    assert answers == [
        (0, "last", 0, False),
        (1, "submitted", 3, True),
        (2, "submitted", 2, False),
        (3, "submitted", 2, True),
    ]
    assert scores(vault, r, 3) is None
    assert vault.rows(early, r.id, sent(r, (0, 6), (3, 5))) == [(0, "submitted", 3, False), (1, "last", 0, False)]
    assert vault.submit_pages(r, r.members[3], {c: vault.page(r, 5, 5) for c in r.criteria}).closed


def test_one_of_those_who_hand_in_together_may_be_refused_for_a_reason_of_their_own(vault: Vault) -> None:
    r, other = a_round(vault, people=6), vault.a_round()
    vault.excuse(r, r.members[4])
    ballots = sent(r, (0, 5), (1, 11), (2, 5), (4, 5)).obj
    ballots[2]["pages"].pop()
    ballots.append({"place": 4, "member": str(other.members[0]), "pages": []})
    ballots.append({"place": 5, "member": str(r.members[5]), "pages": []})
    for page in sent(r, (3, 5)).obj[0]["pages"]:
        ballots[5]["pages"].append({**page, "page": {"scores": {}, "abstain": True}})

    answers = vault.rows("SELECT place, answer FROM submit_early(%s, %s) ORDER BY 1", r.id, Jsonb(ballots))

    words = ["submitted", "invalid", "incomplete", "not_on_roster", "not_on_roster", "empty"]
    assert [answer for _, answer in answers] == words
    voters = vault.rows("SELECT DISTINCT evaluator_id FROM evaluations WHERE decision_id = %s", r.decision_id)
    assert voters == [(r.members[0],)]
    assert [len(vault.mine(r, member)) for member in r.members] == [2, 0, 1, 0, 0, 2]


def test_plans_that_were_made_while_the_tables_of_ballots_were_empty_do_not_read_them_whole_later(vault: Vault) -> None:
    r = a_round(vault, people=20)
    vault.do("VACUUM evaluations, ballot_pages")
    whole = """SELECT relname, seq_scan FROM pg_stat_user_tables
        WHERE relname IN ('evaluations', 'ballot_pages') AND seq_scan > 0"""
    vault.do("SELECT pg_stat_reset()")

    for number in range(8):
        vault.do("SELECT submit_early(%s, %s)", r.id, sent(r, (number, 5)))
        vault.do("SELECT save_pages(%s, %s)", r.id, sent(r, (number, 6)))

    vault.do("SELECT pg_stat_force_next_flush()")
    assert vault.rows(whole) == []


async def test_one_that_cannot_be_written_keeps_nobody_else_from_it(vault: Vault, db: Db, database_url: str) -> None:
    r = a_round(vault)
    unwritable = Comments({r.options[0]: "\0"})
    with held(database_url, r) as let_go:
        first = asyncio.create_task(turns(db, r, 0))
        await waits(vault)
        bad = asyncio.create_task(evaluation.save_at_once(db, user(1), r.id, pages={}, comments=unwritable))
        good = [asyncio.create_task(turns(db, r, number)) for number in (2, 3)]
        await asyncio.sleep(0)
        let_go()
        answers = await asyncio.gather(first, bad, *good, return_exceptions=True)

    assert isinstance(answers[1], DBAPIError)
    assert [isinstance(answer, Scoring) for answer in answers] == [True, False, True, True]


async def test_two_processes_that_save_the_same_people_never_wait_for_each_other_in_a_ring(
    vault: Vault, db: Db, replica: Db
) -> None:
    r = a_round(vault, people=40)
    for attempt in range(5):
        forth, back = range(40), reversed(range(40))
        pages = [turns(db, r, n, 1 + attempt) for n in forth] + [turns(replica, r, n, 6 + attempt) for n in back]
        ballots = [hands_in(d, r, n) for n in range(10) for d in (db, replica)]
        answers = await asyncio.gather(*pages, *ballots)
        assert all(answers)
    for number in range(10, 40):
        assert scores(vault, r, number) in ({5}, {10})
    assert vault.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0


# --- What is no ordinary case ----------------------------------------------------------------------------------------


async def test_the_last_ballot_is_left_to_the_way_that_closes(vault: Vault, db: Db) -> None:
    r = a_round(vault, people=2)

    first, last = await hands_in(db, r, 0), await hands_in(db, r, 1)

    assert first is not None
    assert last is None
    assert vault.value("SELECT closed_at FROM rounds WHERE id = %s", r.id) is None
    assert scores(vault, r, 1) is None


async def test_somebody_made_inactive_is_refused_by_the_next_press(vault: Vault, db: Db) -> None:
    r = a_round(vault)
    assert await turns(db, r, 0, 3)
    vault.do("UPDATE team_members SET is_active = false WHERE id = %s", r.members[0])

    assert await turns(db, r, 0, 9) is None
    assert await hands_in(db, r, 0) is None
    assert await reminder.snooze_at_once(db, user(0), datetime.now(UTC)) is None
    assert scores(vault, r, 0) == {3}


async def test_somebody_of_another_team_saves_nothing(vault: Vault, db: Db) -> None:
    r, other = a_round(vault), vault.a_round()
    vault.do("INSERT INTO slack_identities VALUES (%s, 'U99', %s)", WORKSPACE, other.members[0])

    assert await turns(db, r, 99) is None
    assert await hands_in(db, r, 99) is None


@pytest.mark.parametrize("how", ["closed", "voided", "too late", "off the roster", "unknown"])
async def test_who_may_not_save_is_left_to_the_way_that_says_why(vault: Vault, db: Db, how: str) -> None:
    r = a_round(vault)
    match how:
        case "closed":
            vault.do("UPDATE rounds SET closed_at = now() WHERE id = %s", r.id)
        case "voided":
            vault.void(r)
        case "too late":
            vault.end_time(r)
        case "off the roster":
            vault.excuse(r, r.members[0])
        case _:
            r = ARound(UUID(int=1), r.decision_id, r.members, r.options, r.criteria)

    assert await turns(db, r, 0) is None
    assert await hands_in(db, r, 0) is None


async def test_what_is_asked_is_read_anew_when_it_has_changed_whoever_changed_it(
    vault: Vault, db: Db, replica: Db
) -> None:
    r = a_round(vault)
    before = [known(await turns(d, r, 0)).questions for d in (db, replica)]
    vault.do("UPDATE customer_decisions SET title = 'Half of it', revision = revision + 1 WHERE id = %s", r.decision_id)

    after = [known(await turns(d, r, 0)).questions for d in (db, replica)]

    assert {one.title for one in before} == {"Refund"}
    assert {one.title for one in after} == {"Half of it"}


async def test_a_page_whose_time_is_up_in_line_is_not_saved_and_says_so(
    vault: Vault, db: Db, database_url: str
) -> None:
    r = a_round(vault)
    with held(database_url, r) as let_go:
        first = asyncio.create_task(turns(db, r, 0))
        await waits(vault)
        second = asyncio.create_task(turns(db, r, 1))
        await asyncio.sleep(0)
        second.cancel()
        let_go()
        await first
        with pytest.raises(asyncio.CancelledError):
            await second

    assert scores(vault, r, 1) is None


async def test_what_was_committed_after_all_is_not_called_unsaved(vault: Vault, service_database_url: str) -> None:
    """The order to stop comes to a statement that ends well all the same."""
    hurried = store.connect(service_database_url, budget_seconds=0.3)
    stubborn = "DO $$ BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END $$"

    async def work(c: Any) -> str:
        await c.execute(text(stubborn))
        return "saved"

    assert await store.run_tx(hurried, work) == "saved"
    await hurried.close()


@pytest.mark.parametrize(("asked", "stays"), [("", 1), ("pooler=transaction", 0)])
async def test_a_statement_stays_prepared_unless_a_pooler_forbids_it(
    service_database_url: str, asked: str, stays: int
) -> None:
    found = store.connect(f"{service_database_url}{'&' if '?' in service_database_url else '?'}{asked}")
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"

    for _ in range(2):
        rows = await store.direct(found, prepared, ["%pg_prepared_statements%"])

    assert rows == [(stays,)]
    await found.close()
