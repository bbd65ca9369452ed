"""The time that decides is the database's, whatever the wall clock of a process says."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import psycopg
import pytest
from psycopg import sql

from bot.clock import DatabaseClock
from bot.demo.techcorp import techcorp
from bot.deps import Clock
from bot.http import readiness
from tests.support.house import living
from tests.support.team import Team

ELSEWHERE = """
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.clock (ahead interval NOT NULL);
INSERT INTO elsewhere.clock VALUES ('0');
CREATE FUNCTION elsewhere.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.now() + ahead FROM elsewhere.clock';
GRANT USAGE ON SCHEMA elsewhere TO PUBLIC;
GRANT SELECT ON elsewhere.clock TO PUBLIC;
DO $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT d.adrelid::regclass AS tbl, a.attname AS col FROM pg_attrdef d
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        JOIN pg_class c ON c.oid = d.adrelid
        WHERE c.relnamespace = 'public'::regnamespace AND pg_get_expr(d.adbin, d.adrelid) = 'now()'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT elsewhere.now()', one.tbl, one.col);
    END LOOP;
    FOR one IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosrc ~ 'now\\(\\)'
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = elsewhere, pg_catalog, public, pg_temp', one.name);
    END LOOP;
END $$;
"""
"""A database whose clock is not this machine's: what the product's statements call now() is this schema's."""
SCORE = "SELECT count(*) FROM reminders WHERE kind = 'score' AND next_at IS NOT NULL"


@pytest.fixture
async def behind(database_url: str) -> AsyncIterator[Team]:
    """A team whose database is two days behind the process: seen from there, the process runs ahead."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(ELSEWHERE)
        owner.execute("UPDATE elsewhere.clock SET ahead = '-2 days'")
        whole = sql.SQL("ALTER DATABASE {} SET search_path = elsewhere, pg_catalog, public")
        owner.execute(whole.format(sql.Identifier(owner.info.dbname)))
    async with living(database_url, techcorp()) as house:
        team = await Team(house).gather("mike", "lisa", "tom")
        team.give("mike", 4)
        yield team


def is_ahead(clock: Clock, by: timedelta) -> bool:
    return abs(clock() - datetime.now(UTC) - by) < timedelta(seconds=5)


async def test_a_process_tells_the_time_of_the_database(behind: Team) -> None:
    assert is_ahead(behind.house.bot.deps.clock, timedelta(days=-2))


async def test_a_clock_that_is_set_is_followed_at_the_next_look(behind: Team) -> None:
    clock = behind.house.bot.deps.clock
    assert isinstance(clock, DatabaseClock)
    await behind.change("UPDATE elsewhere.clock SET ahead = '3 hours'")
    await clock.look()
    assert is_ahead(clock, timedelta(hours=3))


async def test_between_two_looks_the_wall_clock_of_the_machine_changes_nothing(
    behind: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, right = behind.house.bot.deps.clock, time.time
    before = clock()
    monkeypatch.setattr(time, "time", lambda: right() + 86400)
    assert clock() - before < timedelta(seconds=5)


async def test_a_round_that_is_open_in_the_database_keeps_its_nudges_though_a_process_is_past_its_closing_time(
    behind: Team,
) -> None:
    """The process's own clock is a day past the closing time: what it plans and sweeps goes by the database's."""
    await behind.to_scoring(urgency_level=5)
    await behind.change("UPDATE rounds SET opened_at = elsewhere.now(), closes_at = elsewhere.now() + interval '1 day'")
    await behind.change("UPDATE customer_decisions SET planned_revision = NULL")
    await behind.tick()
    await behind.settled()

    assert behind.value("SELECT closed_at IS NULL FROM rounds") is True
    assert behind.value(SCORE) == 4


async def test_a_round_past_its_closing_time_in_the_database_is_closed_at_the_tick(behind: Team) -> None:
    await behind.to_scoring()
    await behind.change("UPDATE rounds SET closes_at = elsewhere.now() - interval '1 second'")
    await behind.tick()
    assert behind.value("SELECT closed_at IS NOT NULL FROM rounds") is True


@pytest.mark.parametrize("ahead", [600, -600])
async def test_a_machine_whose_clock_is_far_from_slacks_is_not_ready_for_its_requests(
    team: Team, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    right = time.time
    bot = team.house.bot
    before, _ = await readiness(bot.deps, bot.identity, None, has_signatures=True)
    monkeypatch.setattr("bot.clock.time.time", lambda: right() + ahead)
    after, told = await readiness(bot.deps, bot.identity, None, has_signatures=True)
    working, _ = await readiness(bot.deps, bot.identity, None)

    assert (before["clock"], after["clock"]) == (True, False)
    assert "clock" not in working
    assert told["clock_ahead_seconds"] == pytest.approx({"slack": ahead, "database": ahead}, abs=5)


async def test_a_database_that_is_elsewhere_in_time_makes_nobody_unready(behind: Team) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{behind.house.sandbox.bot_url}/readyz") as answer:
        told = await answer.json()
        assert answer.status == 200
    assert told["clock_ahead_seconds"]["database"] == pytest.approx(2 * 86400, abs=5)
    assert abs(told["clock_ahead_seconds"]["slack"]) < 5


async def test_where_slack_says_no_date_the_database_is_what_a_clock_is_compared_with(behind: Team) -> None:
    bot = behind.house.bot
    bot.identity.slack_time = None
    checks, _ = await readiness(bot.deps, bot.identity, None, has_signatures=True)
    assert checks["clock"] is False
