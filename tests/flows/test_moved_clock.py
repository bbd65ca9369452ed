"""The demo's clock: moved in the workspace, it moves the database's and the bot's."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from bot.demo import sample
from bot.demo.clock import DatabaseClock, StageClock
from bot.demo.demo import neighbours
from bot.demo.story import opening
from bot.demo.story.stage import Stage
from sandbox.server import Sandbox

COMMAND = (sys.executable, "-m", "bot")
SOON = timedelta(seconds=30)
DAY = timedelta(days=1)


@pytest.fixture
def stage_clock(database_url: str, service_database_url: str) -> Iterator[StageClock]:
    sample.load(service_database_url, workspace_id="T0TECHCORP", domain="techcorp")
    with contextlib.closing(StageClock.put_up(database_url, service_database_url)) as clock:
        yield clock


@pytest.fixture
async def demo(
    database_url: str, service_database_url: str, stage_clock: StageClock, tmp_path: Path
) -> AsyncIterator[tuple[Sandbox, Stage]]:
    """What `conclave demo` starts, and a look into its tables."""
    living = neighbours(COMMAND, database_url=service_database_url, clock=stage_clock, log_path=tmp_path / "log")
    async with living as (sandbox, bot), Stage.built(sandbox, bot, database_url, lambda _: None, None) as stage:
        yield sandbox, stage


async def test_a_day_after_scoring_has_started_those_who_are_missing_are_nudged(demo: tuple[Sandbox, Stage]) -> None:
    sandbox, stage = demo
    mike = sandbox.person("mike")
    await opening.play(stage)
    await stage.database.execute("UPDATE customer_decisions SET urgency_level = 5")  # nudges at any hour
    sarah = stage.actor("sarah")
    await sarah.press("Start scoring", within="#1 ·", channel="customer-decisions", sees="Who scores")
    await sarah.fill({"Scoring closes": datetime.now(UTC) + 3 * DAY})
    await sarah.submit(sees="Scoring of #1 has started")
    await mike.see("Snooze until tomorrow", timeout=SOON.total_seconds())
    before = await mike.messages("dm")

    await sandbox.clock.move(DAY)

    async with asyncio.timeout(SOON.total_seconds()):
        while len(found := await mike.messages("dm")) == len(before):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.05)
    nudge = found[-1]
    assert "Score #1" in nudge.rendered
    assert abs(datetime.fromtimestamp(float(nudge.ts), UTC) - datetime.now(UTC) - DAY) < SOON


async def test_it_stays_ahead_when_the_demo_is_started_again(
    database_url: str, service_database_url: str, stage_clock: StageClock
) -> None:
    await stage_clock.move(DAY)

    with contextlib.closing(StageClock.put_up(database_url, service_database_url)) as again:
        assert again.ahead == DAY
    with contextlib.closing(DatabaseClock(service_database_url)) as clock:
        assert abs(clock.now() - datetime.now(UTC) - DAY) < SOON


async def test_defaults_of_columns_and_functions_go_by_it(
    database_url: str, service_database_url: str, stage_clock: StageClock
) -> None:
    noon = datetime(2031, 5, 1, 12, tzinfo=UTC)
    stage_clock.stand_at(noon)

    with psycopg.connect(service_database_url, autocommit=True) as service:
        (made,) = service.execute(
            "INSERT INTO teams(name, company_name) VALUES ('x', 'y') RETURNING created_at"
        ).fetchall()
    with psycopg.connect(database_url, autocommit=True) as owner:
        remembered = owner.execute(
            "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc ~ 'now\\(\\)' "
            "AND NOT 'search_path=stage, pg_catalog, public, pg_temp' = ANY(proconfig)"
        ).fetchall()

    assert made == (noon.replace(tzinfo=None),)
    assert remembered == [(0,)]


async def test_the_services_login_cannot_move_it(service_database_url: str, stage_clock: StageClock) -> None:
    with (
        psycopg.connect(service_database_url, autocommit=True) as service,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        service.execute("UPDATE stage.clock SET ahead = interval '1 day'")


def test_nothing_but_the_demo_knows_of_it() -> None:
    root = Path(__file__).resolve().parents[2]
    files = (file for room in ("bot", "handlers", "migrations") for file in (root / room).rglob("*.*"))
    knowing = {
        file.relative_to(root).parts[:2]
        for file in files
        if file.suffix in (".py", ".sql", ".toml") and "stage." in file.read_text(encoding="utf-8")
    }

    assert knowing == {("bot", "demo")}
