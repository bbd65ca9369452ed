"""The pages of a big team read no table from end to end. `python -m benchmarks.pages` measures what that is worth."""

import re
from typing import Any

import aiohttp
import psycopg
import pytest
from sqlalchemy import event

from benchmarks import pages
from bot.domain.search import PAGE_LINES
from bot.domain.team import SlackUser
from bot.services import dashboard
from bot.services import team as teams
from bot.store import dashboard as dashboard_store
from bot.store import learning
from tests.db.test_sweep_plans import scanned

DECISIONS = 3_000
LATEST = 30
"""As many of the decisions here as 1,000 are of 100,000."""
FEW_ROWS = 1_000
"""Up to here reading everything is right, and what PostgreSQL does: teams and their people."""


async def test_no_statement_of_a_page_scans_a_big_table_and_the_last_page_is_found_by_its_number(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((learning, "MOST"), (dashboard_store, "MOST"), (dashboard, "MOST_ENTRIES")):
        monkeypatch.setattr(module, name, LATEST)
    pages.fill(database_url, decisions=DECISIONS)
    statements: dict[str, tuple[str, Any]] = {}
    numbers: list[int] = []
    async with pages.served(database_url) as (opened, base, cookies), aiohttp.ClientSession(cookies=cookies) as http:
        asked = [""]

        @event.listens_for(opened.engine.sync_engine, "before_cursor_execute")
        def note(_1: Any, _2: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.setdefault(statement, (asked[0], parameters))

        actor = await teams.find_actor(opened, SlackUser(pages.WORKSPACE, pages.USER))
        assert actor is not None
        word = pages.common_word(database_url)
        paths = dict(pages.addresses(DECISIONS, word=word, member=actor.member.id, key=actor.team.key))
        del paths["one as data"]  # it looks for precedents, whose plans are read in test_precedent_plans
        for name, path in paths.items():
            asked[0] = name
            async with http.get(base + path, allow_redirects=False) as answer:
                assert answer.status == 200, name
                if name == "decisions, the last page":
                    shown = re.findall(r'class="title" href="/d/[0-9a-f]{8}-(\d+)"', await answer.text())
                    numbers = [int(number) for number in shown]

    scans: dict[str, list[str]] = {}
    with psycopg.connect(database_url) as connection:
        # For a disk without moving parts: by PostgreSQL's own cost a scan is right for 1,000 of so few rows.
        connection.execute("SET random_page_cost = 1.1")
        rows: list[tuple[str, float]] = connection.execute("SELECT relname, reltuples FROM pg_class").fetchall()
        sizes = dict(rows)
        for statement, (name, parameters) in statements.items():
            if re.match(r"\s*(SELECT|WITH)", statement):
                big = [table for table in scanned(connection, statement, parameters) if sizes[table] > FEW_ROWS]
                scans |= {f"{name}: {statement}": big} if big else {}
    assert scans == {}, list(scans.values())
    assert len(statements) > 20
    assert numbers == list(range(DECISIONS + 19, DECISIONS + 19 - min(PAGE_LINES, 19), -1))
