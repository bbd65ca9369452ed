"""The web pages read by an index what is of their team: no table is read whole, however many decisions others have."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import event

from benchmarks import precedents as bench
from bot.config import Settings
from bot.domain.by import By
from bot.domain.search import State, Wanted
from bot.domain.team import Actor, Member, Team
from bot.domain.token import Kind
from bot.services import search, trail
from bot.services import token as tokens
from bot.store import db as store
from tests.db.test_sweep_plans import scanned

DECISIONS, TEAMS, BIG = 6_000, 60, 2_000
LARGE = {"customer_decisions", "decision_outcomes", "response_options", "audit_logs", "auth_tokens", "decision_words"}


@pytest.fixture(scope="module")
def filled(shared_database_url: str) -> str:
    bench.fill(shared_database_url, decisions=DECISIONS, teams=TEAMS, big=BIG)
    with psycopg.connect(shared_database_url) as c:
        c.execute(
            "INSERT INTO audit_logs (decision_id, user_id, action) SELECT id, created_by, 'decision.opened' "
            "FROM customer_decisions, generate_series(1, 3)"
        )
        c.execute(
            "INSERT INTO auth_tokens (user_id, token_hash, kind, expires_at) SELECT m.id, md5(n::text), 'session', "
            "now() + interval '1 day' FROM team_members m, generate_series(1, 5000) n WHERE m.id IN "
            "(SELECT id FROM team_members LIMIT 1)"
        )
    with psycopg.connect(shared_database_url, autocommit=True) as c:
        c.execute("VACUUM ANALYZE")
    return shared_database_url


def of_some_team(url: str, *, is_big: bool) -> By:
    """A member of the team with the most decisions, or of one with few."""
    order = "DESC" if is_big else "ASC"
    with psycopg.connect(url) as c:
        row = c.execute(
            "SELECT team_id, min(created_by::text) FROM customer_decisions GROUP BY 1 "
            f"ORDER BY count(*) {order} LIMIT 1"
        ).fetchone()
    assert row is not None
    member = Member(UUID(row[1]), row[0], "Somebody", "", "support_manager", 5)
    team = Team(row[0], "Team", "Company", None, 5, "USD")
    return By(Actor(member, team, "T1", "U1"), datetime.now(UTC), Settings(_env_file=None).rules)


ASKED = {
    "all": Wanted(),
    "words": Wanted(words="refund outage"),
    "open": Wanted(state=State.OPEN),
    "customer": Wanted(customer="Globex"),
    "later page": Wanted(before=20),
    "much": Wanted(words="credit", state=State.RESOLVED, urgency=3, since=date(2020, 1, 1), until=date(2030, 1, 1)),
}


@pytest.mark.parametrize("is_big", [False, True], ids=["a team of seventy", "a team of two thousand"])
@pytest.mark.parametrize("asked", [*ASKED, "trail", "session"])
async def test_no_table_is_read_whole(filled: str, asked: str, is_big: bool) -> None:
    by, opened = of_some_team(filled, is_big=is_big), store.connect(filled, budget_seconds=60)
    statements: dict[str, Any] = {}
    try:

        @event.listens_for(opened.engine.sync_engine, "before_cursor_execute")
        def note(_1: Any, _2: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.setdefault(statement, parameters)

        if asked == "trail":
            assert (await trail.read(opened, by)).lines
        elif asked == "session":
            await tokens.find(opened, str(uuid4()), Kind.SESSION, now=by.now)
        else:
            await search.find(opened, by, ASKED[asked])
    finally:
        await opened.close()

    with psycopg.connect(filled) as connection:
        connection.execute("SET random_page_cost = 1.1")  # a disk without moving parts
        read = {table for sql, values in statements.items() for table in scanned(connection, sql, values)}
    assert read & LARGE == set()
    assert statements
