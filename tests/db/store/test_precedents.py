"""Decided cases like one case: which are found, which are not, and that the index cannot forget one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import event, text

from bot.domain.decision import Case, Decision, Phase, Status
from bot.domain.precedent import nearest
from bot.store import precedent, schema
from bot.store.db import Db, connect, run_tx
from tests.conftest import service_url
from tests.support.history import decided

CASE = Case("refund_request", "Initech", "Refund for an outage on Tuesday", "It cost them a day of sales.")


def a_team(url: str, name: str = "Care") -> UUID:
    with psycopg.connect(url) as c:
        row = c.execute(
            "INSERT INTO teams (name, company_name) VALUES (%s, 'TechCorp') RETURNING id", [name]
        ).fetchone()
        assert row is not None
        c.execute(
            "INSERT INTO team_members (team_id, email, name, password_hash, role) VALUES (%s, %s, 'Mia', '!', %s)",
            [row[0], f"{name}@techcorp.example", "support_manager"],
        )
    team_id: UUID = row[0]
    return team_id


def rows(url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as c:
        cursor = c.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []


def a_decision(team_id: UUID, **case: Any) -> Decision:
    now = datetime.now(UTC)
    found = replace(CASE, **case)
    return Decision(uuid4(), team_id, 99, 1, uuid4(), now, Status.TEAM_INPUT, Phase.OPTIONS, found)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Db]:
    """As the service has it: with a login that may no more than that."""
    opened = connect(service_url(database_url), budget_seconds=30)
    yield opened
    await opened.close()


async def found(db: Db, decision: Decision, *, of_choices: bool = False) -> list[UUID]:
    hits = await run_tx(db, lambda c: precedent.by_words(c, decision, of_choices=of_choices))
    return [hit.decision_id for hit in hits.hits]


async def test_the_case_that_shares_the_rarer_words_comes_first(db: Db, database_url: str) -> None:
    team = a_team(database_url)
    for n in range(5):
        decided(database_url, team, title=f"Refund for a late parcel {n}", description="It came on Tuesday.")
    outage = decided(database_url, team, title="They want a refund", description="Two outages cost them sales.")
    decided(database_url, team, title="Broken cup", description="Nothing in common")

    order = await found(db, a_decision(team))

    assert order[0] == outage
    assert len(order) == 6


async def test_other_teams_and_other_types_are_not_found(db: Db, database_url: str) -> None:
    mine, other = a_team(database_url), a_team(database_url, "Other")
    here = decided(database_url, mine)
    decided(database_url, other)
    decided(database_url, mine, decision_type="billing_dispute")

    assert await found(db, a_decision(mine)) == [here]


async def test_nothing_is_found_where_no_word_is_shared_or_none_is_there(db: Db, database_url: str) -> None:
    team = a_team(database_url)
    decided(database_url, team)

    assert await found(db, a_decision(team, title="Zebra", description="", customer_name="Zoo")) == []
    assert await found(db, a_decision(team, title="...", description="", customer_name="?!")) == []


async def test_signs_of_the_search_language_are_only_signs(db: Db, database_url: str) -> None:
    team = a_team(database_url)
    here = decided(database_url, team, title="O'Neill & Sons | outage: !(down)", customer="O'Neill \\ Sons")

    order = await found(db, a_decision(team, title="O'Neill's outage') OR (1=1 --", customer_name="a' | 'b \\' :*"))

    assert order == [here]


async def test_words_of_the_choice_count_only_where_that_is_asked_for(db: Db, database_url: str) -> None:
    """Else whoever describes a case in the words of a choice would find out which cases chose it."""
    team = a_team(database_url)
    decided(database_url, team, title="A", description="b", choice=0, reason="Unprecedented generosity")
    asked = a_decision(team, title="Unprecedented generosity, full refund", description="")

    assert await found(db, asked) == []
    assert len(await found(db, asked, of_choices=True)) == 1


@pytest.mark.parametrize(
    ("language", "there", "asked", "is_found"),
    [
        ("english", "Refunding the outages", "refund outage", True),
        ("german", "Erstattungen der Ausfälle", "Erstattung Ausfall", True),
        ("english", "Erstattungen der Ausfälle", "Erstattung Ausfall", False),
        ("simple", "Refunding the outages", "refund outage", False),
    ],
)
async def test_words_are_compared_as_the_teams_language_has_it(
    db: Db, database_url: str, language: str, there: str, asked: str, is_found: bool
) -> None:
    team = a_team(database_url)
    decided(database_url, team, title=there, description="")
    rows(database_url, "UPDATE teams SET language = %s WHERE id = %s", language, team)

    order = await found(db, a_decision(team, title=asked, description="", customer_name="Someone"))

    assert bool(order) is is_found


INDEXED = "SELECT decision_id FROM precedents WHERE words @@ %s::tsquery"


async def test_the_index_follows_every_change_of_a_decided_case(database_url: str) -> None:
    one = decided(database_url, a_team(database_url), title="Alpha")
    changes = {
        "beta": "UPDATE customer_decisions SET title = 'Beta'",
        "gamma": "UPDATE customer_decisions SET description = 'Gamma'",
        "delta": "UPDATE customer_decisions SET customer_name = 'Delta'",
        "epsilon": "UPDATE decision_outcomes SET reason = 'Epsilon'",
    }

    assert rows(database_url, INDEXED, "alpha") == [(one,)]
    changes["'=epsilon'"] = changes.pop("epsilon")  # a word of the choice
    for word, change in changes.items():
        rows(database_url, change)
        assert rows(database_url, INDEXED, word) == [(one,)]
    assert rows(database_url, INDEXED, "alpha") == []
    rows(database_url, "UPDATE customer_decisions SET status = 'evaluating', current_phase = 4")
    assert rows(database_url, "SELECT * FROM precedents") == []
    rows(database_url, "UPDATE customer_decisions SET status = 'resolved', current_phase = 5")
    assert rows(database_url, INDEXED, "beta & '=epsilon'") == [(one,)]


async def test_a_text_too_long_for_an_index_is_kept_and_found_by_its_beginning(db: Db, database_url: str) -> None:
    team = a_team(database_url)
    long = "outage " + " ".join(f"word{n}" for n in range(300_000))

    one = decided(database_url, team, description=long)

    assert await found(db, a_decision(team)) == [one]


async def test_similar_amounts_and_newer_cases_come_first(db: Db, database_url: str) -> None:
    team = a_team(database_url)
    far = decided(database_url, team, amount=Decimal(90_000), age=timedelta(days=10))
    old = decided(database_url, team, amount=Decimal(500), age=timedelta(days=1500))
    near = decided(database_url, team, amount=Decimal(500), age=timedelta(days=20))
    asked = a_decision(team, financial_impact=Decimal(500))

    async def work(c: Any) -> list[UUID]:
        hits = await precedent.by_words(c, asked, of_choices=False)
        cases = await precedent.cases(c, [hit.decision_id for hit in hits.hits], team_id=team)
        amount = asked.case.financial_impact
        order = nearest(hits.hits, (), cases, words=hits.words, amount=amount, currency="USD", now=datetime.now(UTC))
        return [one.decision_id for one in order]

    order = await run_tx(db, work)

    assert order == [near, old, far]


async def test_no_statement_reads_a_ballot(db: Db, database_url: str) -> None:
    """The login may not either; this says that none tries."""
    team = a_team(database_url)
    one = decided(database_url, team)
    seen: list[str] = []

    @event.listens_for(db.engine.sync_engine, "before_cursor_execute")
    def note(_1: Any, _2: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    async def work(c: Any) -> None:
        await precedent.by_words(c, a_decision(team), of_choices=True)
        await precedent.cases(c, [one], team_id=team)
        assert [a.kind for a in await precedent.answers(c, [one])] == ["partial"]
        assert await precedent.count_resolved(c, team) == 1
        await c.execute(text("SELECT 1"))

    await run_tx(db, work)

    assert len(seen) >= 5
    assert [s for s in seen if any(t in s for t in ("evaluations", "ballot", "sealed", "round_results"))] == []


async def test_cases_that_were_decided_before_the_upgrade_are_found_after_it(db_url_unmigrated: str) -> None:
    schema.upgrade(db_url_unmigrated, "unknown_amounts")
    team = a_team(db_url_unmigrated)
    one = decided(db_url_unmigrated, team)

    schema.upgrade(db_url_unmigrated)

    opened = connect(db_url_unmigrated, budget_seconds=30)
    try:
        assert await found(opened, a_decision(team)) == [one]
    finally:
        await opened.close()
    assert rows(db_url_unmigrated, "SELECT decision_id, model FROM case_vectors") == [(one, None)]
