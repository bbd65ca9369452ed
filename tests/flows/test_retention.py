"""What grows old loses its texts, and rounds that nobody moves on lose their ballots."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import psycopg

from bot.domain.plan import TIERS, Plan, Plans
from bot.services import erasure, housekeeping
from bot.services import result as results
from bot.services import round as rounds
from tests.support.team import Team

A_YEAR = Plans(MappingProxyType({tier: Plan(tier, retention_months=12) for tier in TIERS}))
FOR_EVER = Plans(MappingProxyType({tier: Plan(tier) for tier in TIERS}))
MANY = 10_000


async def age(team: Team, days: int) -> None:
    """The decision at hand ended so long ago."""
    await team.change(
        "UPDATE customer_decisions SET actual_resolution_date = timezone('UTC', now()) - %s * interval '1 day' "
        "WHERE id = %s", days, team.decision_id,
    )  # fmt: skip


async def test_nothing_is_erased_unless_a_plan_says_after_how_long(team: Team) -> None:
    await team.to_resolved("sarah", "lisa", "tom", title="zqold")
    await age(team, 4000)

    assert await erasure.retain(team.db, FOR_EVER, now=team.now) == 0
    assert team.value("SELECT title FROM customer_decisions") == "zqold"


async def test_a_decision_older_than_its_plan_keeps_loses_its_texts_and_comments_and_stays_sealed(team: Team) -> None:
    await team.to_scoring("sarah", "lisa", "tom", "mike", title="zqold", description="zqold", customer_name="zqold")
    for name in ("sarah", "lisa", "tom", "mike"):
        await team.ballot(name, comment="zqold", share=True)
    await team.published()
    await team.change(
        "UPDATE customer_decisions SET status = 'resolved', current_phase = 6 WHERE id = %s", team.decision_id
    )
    await age(team, 361)
    old, result = team.decision_id, team.sql("SELECT body FROM round_results")
    await team.to_resolved("sarah", "lisa", "tom", title="zqyoung")
    await age(team, 359)

    assert await erasure.retain(team.db, A_YEAR, now=team.now) == 1
    await team.settled()

    row: Any = team.sql("SELECT d::text, erased_at IS NOT NULL FROM customer_decisions d WHERE id = %s", old)[0]
    assert "zqold" not in row[0]
    assert row[1]
    assert "zqold" not in str(team.sql("SELECT e::text FROM evaluations e"))
    assert result[0] in team.sql("SELECT body FROM round_results")
    assert team.value("SELECT title FROM customer_decisions WHERE id = %s", team.decision_id) == "zqyoung"
    verified = await results.verify(team.db, number=1, team_name=None)
    assert (verified.order, verified.is_as_published) == ("sealed", True)
    assert await erasure.retain(team.db, A_YEAR, now=team.now) == 0


@contextmanager
def longest(url: str) -> Iterator[list[float]]:
    """The age of the oldest transaction of the service's login at any moment, looked at a hundred times a second."""
    ages, over = [0.0], threading.Event()
    query = (
        "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float FROM pg_stat_activity "
        "WHERE usename = 'conclave_test_service' AND backend_xid IS NOT NULL AND datname = current_database()"
    )

    def look() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.wait(0.01):
                ((age,),) = connection.execute(query).fetchall()
                ages.append(age)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield ages
    finally:
        over.set()
        thread.join()


async def test_ten_thousand_old_decisions_are_erased_without_holding_a_lock_for_a_second(team: Team) -> None:
    member = team.actors["sarah"].member
    await team.change(
        "INSERT INTO customer_decisions (team_id, created_by, customer_name, title, description, decision_type, "
        "status, current_phase, actual_resolution_date, planned_revision) SELECT %s, %s, 'C' || n, 'T' || n, 'D', "
        "'refund_request', 'resolved', 6, timezone('UTC', now()) - interval '3 years', 1 FROM generate_series(1, %s) n",
        member.team_id, member.id, MANY,
    )  # fmt: skip
    await team.change(
        "INSERT INTO response_options (decision_id, title, description, created_by) "
        "SELECT id, 'For ' || customer_name, 'D', created_by FROM customer_decisions"
    )
    begun = time.monotonic()

    with longest(team.house.database_url) as ages:
        assert await erasure.retain(team.db, A_YEAR, now=team.now) == MANY

    took = f"{MANY} decisions in {time.monotonic() - begun:.0f} s; the longest transaction took {max(ages):.2f} s\n"
    sys.stdout.write(took)
    assert max(ages) < 1
    assert team.value("SELECT count(*) FROM customer_decisions WHERE erased_at IS NULL OR title LIKE 'T%%'") == 0
    assert team.value("SELECT count(*) FROM response_options WHERE title = 'For (erased)'") == MANY


# --- Rounds that are left alone.


async def a_round_without_quorum(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa", "tom")
    await team.ballot("mike")
    await team.end_round_now()
    await team.tick()
    await team.until("SELECT closed_at IS NOT NULL FROM rounds", True)
    await team.settled()


async def left_alone(team: Team, *, days: int, told: int) -> None:
    await team.change("UPDATE rounds SET closed_at = now() - %s * interval '1 day'", days)
    await team.change("UPDATE reminders SET asked = %s WHERE kind = 'undecided'", told)


async def test_a_round_without_quorum_is_given_up_after_a_fortnight_and_two_reminders(team: Team) -> None:
    await a_round_without_quorum(team)
    for days, told in ((13, 5), (15, 1)):
        await left_alone(team, days=days, told=told)
        assert await housekeeping.give_up_rounds(team.db, now=team.now) == 0

    await left_alone(team, days=15, told=2)
    assert await housekeeping.give_up_rounds(team.db, now=team.now) == 1
    await team.settled()

    assert team.state == ("team_input", 3)
    assert team.sql("SELECT count(*) FROM evaluations") + team.sql("SELECT count(*) FROM ballot_pages") == [(0,), (0,)]
    assert team.sql("SELECT voided_by, void_reason FROM rounds") == [
        (None, "Closed without enough scores, and left alone.")
    ]
    assert await housekeeping.give_up_rounds(team.db, now=team.now) == 0


async def test_where_nobody_could_be_told_twice_the_time_is_enough(team: Team) -> None:
    await a_round_without_quorum(team)
    await left_alone(team, days=29, told=0)

    assert await housekeeping.give_up_rounds(team.db, now=team.now) == 1


async def test_a_round_that_was_extended_is_not_given_up(team: Team) -> None:
    await a_round_without_quorum(team)
    await left_alone(team, days=29, told=3)
    await rounds.extend(team.db, team.by("sarah"), team.decision_id, closes_at=team.now + timedelta(days=1))

    assert await housekeeping.give_up_rounds(team.db, now=team.now) == 0
