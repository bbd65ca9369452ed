"""Nudges: who gets which direct message when, what its button opens, and what stops it."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bot import jobs
from bot.deps import Deps
from bot.domain.preference import Preferences
from bot.services import decision as decisions
from bot.services import preference as preferences
from bot.services import reminder as reminders
from bot.services import round as rounds
from bot.services import sweep
from bot.services import team as teams
from sandbox.people import Message
from tests.support.hours import ALWAYS
from tests.support.team import Team

SNOOZED = json.dumps({"push": True, "snoozed_until": (datetime.now(UTC) + timedelta(hours=9)).isoformat()})


@dataclass
class Clock:
    """The test's hands on the clock of the tick and of planning; the bot's own process keeps real time."""

    team: Team
    ahead: timedelta = timedelta(0)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @property
    def deps(self) -> Deps:
        return replace(self.team.house.bot.deps, clock=lambda: self.now)

    async def tick(self) -> None:
        # A tick leaves alone what somebody holds, as a delivery that is under way does.
        await self.team.settled()
        await jobs.tick(self.deps)
        await self.team.settled()

    async def due(self, kind: str, *, but: str = "") -> None:
        """Whatever waits of this kind falls due now."""
        await self.team.settled()
        self.team.sql(
            "UPDATE reminders SET next_at = now() - interval '1 second' WHERE kind = %s AND waiting_since IS NOT NULL",
            kind,
        )
        await self.tick()


@pytest.fixture
def clock(team: Team) -> Clock:
    """Everybody works around the clock here, so that no test depends on the hour at which it runs."""
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    return Clock(team)


async def dms(team: Team, name: str, *, containing: str = "Snooze") -> list[Message]:
    found = await team.house.person(name).messages("dm")
    return [m for m in found if containing in m.rendered and not m.ephemeral]


async def scoring(team: Team, *names: str, **case: Any) -> None:
    """Scoring has started, and whoever is at work has had the first word of it: what follows are reminders."""
    await team.to_scoring(*names, **case)
    await team.settled()
    for channel in team.house.sandbox.town.workspace.channels.values():
        if channel.is_dm:
            channel.messages.clear()


def rows(team: Team, kind: str) -> list[str]:
    """Names of those for whom something of this kind is planned."""
    found = team.sql(
        "SELECT m.name FROM reminders r JOIN team_members m ON m.id = r.member_id "
        "WHERE r.kind = %s AND r.next_at IS NOT NULL ORDER BY m.name",
        kind,
    )
    return [name for (name,) in found]


async def test_only_those_who_have_not_scored_are_nudged_and_the_button_opens_the_ballot(
    team: Team, clock: Clock
) -> None:
    await scoring(team, "sarah", "lisa", "tom")
    await team.ballot("lisa")

    await clock.due("score")

    assert await dms(team, "lisa") == []
    assert await dms(team, "mike") == []
    (nudge,) = await dms(team, "tom")
    assert "Score #1 Refund for the outage" in nudge.rendered
    assert "1 of 3 has scored" in nudge.rendered
    assert "Lisa" not in nudge.rendered
    tom = team.house.person("tom")
    assert (await tom.click("Score", channel="dm")).ok
    assert "Trust" in (await team.modal("tom", at_least="Trust")).text
    team.check_deliveries()


async def test_a_nudge_is_sent_once_and_the_next_is_planned_by_the_urgency(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4)
    await clock.due("score")
    for _ in range(3):
        await clock.tick()

    assert len(await dms(team, "tom")) == 1
    (left,) = {left for (left,) in team.sql("SELECT next_at - last_at FROM reminders WHERE kind = 'score'")}
    assert left == timedelta(hours=4)


async def test_it_stops_at_once_when_the_person_submits(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom")
    await team.settled()
    assert rows(team, "score") == ["Lisa Rodriguez", "Sarah Johnson", "Tom Becker"]

    await team.ballot("tom")
    await team.settled()

    assert rows(team, "score") == ["Lisa Rodriguez", "Sarah Johnson"]
    await clock.due("score")
    assert await dms(team, "tom") == []


async def test_a_change_silences_its_reminders_in_its_own_transaction(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom")
    await team.settled()
    db = team.db
    from bot.store import decision
    from bot.store.db import run_tx

    class Stop(Exception):
        pass

    async def work(c: Any) -> None:
        await decision.changed(c, team.decision_id)
        found = await c.exec_driver_sql("SELECT count(*) FROM reminders WHERE next_at IS NOT NULL")
        assert found.scalar_one() == 0
        raise Stop

    with pytest.raises(Stop):
        await run_tx(db, work)
    assert len(rows(team, "score")) == 3


async def test_what_is_under_way_when_the_decision_is_cancelled_is_not_sent_any_more(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom")
    await team.settled()
    for person in ("U0SARAH", "U0LISA", "U0TOM"):
        team.sql(
            "INSERT INTO outbox(kind, lane, dedupe_key, run_at) VALUES ('held', %s, %s, now() + interval '1 hour')",
            *(f"slack:T0TECHCORP:{person}", f"held:{person}"),
        )
    team.sql("UPDATE reminders SET next_at = now() - interval '1 second' WHERE kind = 'score'")
    await sweep.sweep(team.db, now=clock.now, rules=team.rules)
    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'nudge' AND state = 'ready'") == 3
    await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="They withdrew.")
    assert rows(team, "score") == []

    team.sql("UPDATE outbox SET state = 'done', done_at = now() WHERE kind = 'held'")
    await team.settled()

    assert [m for name in ("sarah", "lisa", "tom") for m in await dms(team, name)] == []
    again = "kind = 'nudge' AND payload ->> 'kind' = 'score' AND payload ->> 'step' = '2'"
    assert team.value(f"SELECT count(*) FROM outbox WHERE {again} AND state = 'done'") == 2
    assert len(await dms(team, "tom", containing="Called off: #1")) == 1


def _press() -> Any:
    from uuid import uuid4

    from bot.domain.press import Press

    return Press(uuid4().hex, uuid4().hex, uuid4().hex)


async def test_several_things_become_one_digest_with_a_button_each(team: Team, clock: Clock) -> None:
    for title in ("Refund A", "Refund B", "Refund C"):
        await scoring(team, "sarah", "lisa", "tom", title=title)
        team._decision_id = None
    await clock.due("score")

    (digest,) = await dms(team, "tom")
    assert "3 things wait for you" in digest.rendered
    for title in ("Refund A", "Refund B", "Refund C"):
        assert title in digest.rendered
    assert (await team.house.person("tom").click("Score", within="Refund B", channel="dm")).ok
    assert (await team.modal("tom", at_least="Trust")).title == "Score #2"


async def test_snooze_until_tomorrow_is_quiet_at_once_and_says_until_when(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4)
    await clock.due("score")
    tom = team.house.person("tom")
    assert (await tom.click("Snooze until tomorrow", channel="dm")).ok
    await tom.see("Quiet until")
    assert "Tom Becker" not in rows(team, "score")
    await clock.tick()

    (at,) = team.sql(
        "SELECT r.next_at > now() + interval '5 minutes' FROM reminders r JOIN team_members m ON m.id = r.member_id "
        "WHERE m.name = 'Tom Becker' AND r.kind = 'score'"
    )
    assert at == (True,)
    await clock.due("score")
    assert len(await dms(team, "tom")) == 1
    assert len(await dms(team, "lisa")) == 2


async def test_outside_working_hours_nobody_is_told_unless_it_is_critical(team: Team, clock: Clock) -> None:
    now = datetime.now(UTC)
    today = json.dumps({"push": True, "starts": "00:00", "ends": "24:00", "days": [(now.weekday() + 3) % 7]})
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", today)
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4, title="Calm")
    await clock.due("score")
    assert await dms(team, "tom") == []
    assert team.value("SELECT max(asked) FROM reminders WHERE kind = 'score'") == 0

    await scoring(team, "sarah", "lisa", "tom", urgency_level=5, title="Fire")
    await clock.due("score")
    (nudge,) = await dms(team, "tom")
    assert "Fire" in nudge.rendered
    assert "Calm" not in nudge.rendered


async def test_an_urgent_decision_is_escalated_step_by_step_with_counts_and_without_names(
    team: Team, clock: Clock
) -> None:
    team.give("tom", 3)
    await scoring(team, "lisa", "tom", "mike", urgency_level=4, by="lisa", financial_impact=5000)
    await team.ballot("lisa")
    await team.settled()
    planned = team.sql(
        "SELECT m.name, r.next_at - w.opened_at FROM reminders r JOIN team_members m ON m.id = r.member_id "
        "JOIN rounds w ON w.decision_id = r.decision_id WHERE r.kind = 'escalation.scoring' ORDER BY r.next_at"
    )
    assert [name for name, _ in planned] == ["Tom Becker", "Mike Chen", "Sarah Johnson"]
    half = team.value("SELECT (closes_at - opened_at) / 2 FROM rounds")
    assert [after - half for _, after in planned] == [timedelta(0), timedelta(hours=4), timedelta(hours=8)]

    await clock.due("escalation.scoring")

    (told,) = await dms(team, "sarah", containing="You hear of it because")
    assert "Urgent and still being scored: #1" in told.rendered
    assert "More than half of the time" in told.rendered
    assert "1 of 3 has scored, and at least 3 must" in told.rendered
    assert "because you may decide any amount" in told.rendered
    for name in ("Tom", "Mike", "Lisa", "U0"):
        assert name not in told.rendered.replace("@sarah", "")
    for _ in range(2):
        await clock.due("escalation.scoring")
    assert len(await dms(team, "mike", containing="because you may decide")) <= 3


async def test_a_calm_decision_is_never_escalated(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=3)
    await team.settled()
    assert team.value("SELECT count(*) FROM reminders WHERE kind LIKE 'escalation%%'") == 0


async def test_a_round_past_its_closing_time_is_closed_by_the_tick_and_its_result_published(
    team: Team, clock: Clock
) -> None:
    await scoring(team, "sarah", "mike", "lisa", "tom")
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.end_round_now()

    await clock.tick()

    assert team.value("SELECT close_cause FROM rounds WHERE published_at IS NOT NULL") == "closing_time"
    await clock.due("resolve")
    assert len(await dms(team, "mike")) + len(await dms(team, "sarah")) >= 1


async def test_a_round_without_quorum_asks_its_owner_at_once(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "mike", "lisa", "tom")
    await team.ballot("lisa")
    await team.end_round_now()

    await clock.tick()
    await clock.tick()

    (asked,) = await dms(team, "sarah")
    assert "Too few have scored: #1 Refund for the outage" in asked.rendered
    assert "1 of 4 has scored, and at least 3 must" in asked.rendered
    assert (await team.house.person("sarah").click("Extend", channel="dm")).ok
    assert "closing time" in (await team.modal("sarah", at_least="closing")).text
    assert await dms(team, "tom") == []


async def test_the_resolver_and_then_the_owner_are_asked_for_what_comes_after_the_choice(
    team: Team, clock: Clock
) -> None:
    await team.to_resolved("sarah", "mike", "lisa", "tom")
    await clock.due("inform")
    (inform,) = await dms(team, "mike", containing="Tell the customer")
    assert "Customer informed" in inform.rendered
    assert (await team.house.person("mike").click("Customer informed", channel="dm")).ok
    await team.until("SELECT current_phase FROM customer_decisions", 6)

    await clock.due("outcome")
    (outcome,) = await dms(team, "sarah", containing="Did it work?")
    assert "#1 Refund for the outage" in outcome.rendered
    await team.change(
        "UPDATE decision_outcomes SET recorded_at = now(), follow_up_required = true, "
        "follow_up_date = now() AT TIME ZONE 'UTC' + interval '2 days'"
    )
    await team.change("UPDATE customer_decisions SET revision = revision + 1")
    await clock.tick()
    assert rows(team, "follow_up") == ["Sarah Johnson"]
    assert rows(team, "outcome") == []
    await clock.due("follow_up")
    assert len(await dms(team, "sarah", containing="Follow up on #1")) == 1
    assert rows(team, "follow_up") == []


async def test_somebody_gone_from_slack_is_excused_and_asked_no_more(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", "mike")
    people = team.house.sandbox.town.workspace.people
    people["U0TOM"] = replace(people["U0TOM"], deleted=True)

    await clock.due("score")
    await team.settled()

    assert "Tom Becker" not in rows(team, "score")
    assert team.value("SELECT count(*) FROM round_members WHERE excused_at IS NOT NULL") == 1
    assert team.value("SELECT is_active FROM team_members WHERE name = 'Tom Becker'") is False
    assert team.value("SELECT details->>'cause' FROM audit_logs WHERE action = 'member.changed'") == "gone_from_slack"
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0


async def test_a_new_authority_is_planned_by_the_next_sweep(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4, financial_impact=5000)
    await team.settled()
    assert "Lisa Rodriguez" not in rows(team, "escalation.scoring")
    lisa = team.actors["lisa"].member
    fields = teams.MemberFields(lisa.name, lisa.email, lisa.role, 3, (), True)
    await teams.edit_member(team.db, team.by("sarah"), lisa.id, fields=fields, is_workspace_admin=True)

    await clock.tick()

    assert "Lisa Rodriguez" in rows(team, "escalation.scoring")


async def test_what_a_sweep_plans_and_finds_due_goes_out_with_it(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom")
    await team.settled()
    team.sql("UPDATE reminders SET next_at = NULL")
    team.sql("UPDATE customer_decisions SET planned_revision = NULL")
    clock.ahead = (team.value("SELECT closes_at FROM rounds") - clock.now) * 0.9  # asked again at three quarters

    swept = await sweep.sweep(team.db, now=clock.now, rules=team.rules)

    assert swept.planned == 1
    assert swept.due > 0


async def test_four_replicas_ticking_at_once_double_nothing(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom")
    await team.settled()
    team.sql(
        "INSERT INTO reminders(decision_id, member_id, kind, waiting_since, next_at) "
        "SELECT %s, m.id, 'load' || n, now(), now() - interval '1 minute' "
        "FROM team_members m, generate_series(1, 100) n",
        team.decision_id,
    )
    expected = team.value("SELECT count(*) FROM reminders WHERE next_at <= now()")

    await asyncio.gather(*(sweep.sweep(team.db, now=clock.now, rules=team.rules) for _ in range(4)))

    load = "kind = 'nudge' AND payload ->> 'kind' LIKE 'load%%'"
    sent = team.value(f"SELECT count(*) FROM outbox WHERE {load}")
    distinct = team.value(f"SELECT count(DISTINCT payload - 'at' - 'step') FROM outbox WHERE {load}")
    assert (sent, distinct) == (expected, expected)


async def test_settings_change_hours_and_channels_and_what_waits_is_planned_by_them(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4)
    await team.settled()
    tom = team.house.person("tom")
    assert (await tom.slash("/decide settings")).ok
    modal = await team.modal("tom", at_least="Tell me by")
    assert "Europe/Berlin" in modal.text
    assert "SMS" not in modal.text
    bad = await team.submit("tom", {"From": "18:00", "Until": "09:00"})
    assert bad.error == "The end has to be later than the beginning, on the same day."
    answer = await team.submit(
        "tom", {"From": "10:00", "Until": "16:30", "Days": ["Tuesday"], "Snooze": "Quiet for a week"}
    )
    assert answer.ok, answer
    assert "Quiet until" in (await team.modal("tom", at_least="Saved")).text
    found = team.value("SELECT notification_preferences FROM team_members WHERE name = 'Tom Becker'")
    assert (found["starts"], found["ends"], found["days"]) == ("10:00", "16:30", [1])
    assert Preferences.from_json(found).snoozed_until is not None
    await clock.tick()
    soon = team.value(
        "SELECT min(r.next_at) > now() + interval '6 days' FROM reminders r JOIN team_members m ON m.id = r.member_id "
        "WHERE m.name = 'Tom Becker' AND r.next_at IS NOT NULL"
    )
    assert soon in (True, None)


async def test_settings_saved_while_a_plan_is_under_way_count_for_it(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4)
    await team.settled()
    # As before the first plan: no rows yet that the settings could find.
    team.sql("DELETE FROM reminders")
    await team.change("UPDATE customer_decisions SET planned_revision = NULL")
    how: dict[str, Any] = {"now": clock.now, "rules": team.rules}
    with psycopg.connect(team.house.database_url) as someone:
        someone.execute("SELECT FROM customer_decisions FOR UPDATE")
        plan = asyncio.create_task(reminders.plan(team.db, decision_id=team.decision_id, **how))
        await team.waiting_for_locks(1)
        save = asyncio.create_task(
            preferences.change(team.db, team.by("tom"), preferences=Preferences(), phone=None, snooze="week")
        )
        await asyncio.wait({save}, timeout=0.2)
    await asyncio.gather(plan, save)

    await sweep.sweep(team.db, **how)

    assert rows(team, "score") == ["Lisa Rodriguez", "Sarah Johnson"]


async def test_who_has_switched_messages_off_gets_none(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom")
    team.sql(
        "UPDATE team_members SET notification_preferences = %s::jsonb WHERE name = 'Tom Becker'", '{"push": false}'
    )
    await clock.due("score")
    assert await dms(team, "tom") == []


async def test_planning_and_ticking_at_once_tell_everybody_once_a_time(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4)
    await team.settled()
    for turn in range(1, 6):
        team.sql("UPDATE reminders SET next_at = now() - interval '1 second', last_at = NULL WHERE kind = 'score'")
        how: dict[str, Any] = {"now": clock.now, "rules": team.rules}
        await asyncio.gather(
            *(sweep.sweep(team.db, **how) for _ in range(3)),
            *(reminders.plan(team.db, decision_id=team.decision_id, **how) for _ in range(3)),
        )
        await team.settled()
        assert team.value("SELECT count(*) FROM outbox WHERE kind = 'nudge'") <= 3 + 3 * turn
    assert len(await dms(team, "tom")) <= 5


async def test_the_clock_goes_on_when_the_scheduler_sleeps(team: Team) -> None:
    deps = team.house.bot.deps
    quick = replace(deps, settings=deps.settings.model_copy(update={"tick_seconds": 0.3}))
    ticking = jobs.Ticking(quick).start()
    ticking._scheduler.pause()  # what a wall clock that was set back does to it
    team.sql("DELETE FROM sweep_runs")
    try:
        await team.until("SELECT count(*) FROM sweep_runs", 1)
        assert ticking.age_seconds < 1
    finally:
        await ticking.stop()


async def test_who_is_written_to_anyhow_hears_of_what_is_due_soon_but_not_of_an_escalation(
    team: Team, clock: Clock
) -> None:
    for title in ("Refund A", "Refund B"):
        await scoring(team, "sarah", "lisa", "tom", title=title, urgency_level=4)
        team._decision_id = None
    await team.settled()
    team.sql(
        "UPDATE reminders r SET next_at = now() + CASE WHEN r.kind <> 'score' THEN interval '1 minute' "
        "WHEN d.title = 'Refund A' THEN interval '-1 minute' ELSE interval '90 minutes' END "
        "FROM customer_decisions d WHERE d.id = r.decision_id"
    )

    await clock.tick()

    (digest,) = await dms(team, "tom")
    assert "2 things wait for you" in digest.rendered
    assert "Urgent" not in digest.rendered
    assert rows(team, "escalation.scoring") != []
    assert team.value("SELECT max(asked) FROM reminders WHERE kind LIKE 'escalation%%'") == 0


async def make_inactive(team: Team, name: str) -> None:
    await make_active(team, name, False)


async def make_active(team: Team, name: str, is_active: bool) -> None:
    m = team.actors[name].member
    fields = teams.MemberFields(m.name, m.email, m.role, m.authority, (), is_active)
    await teams.edit_member(team.db, team.by("sarah"), m.id, fields=fields, is_workspace_admin=True)
    await team.settled()


async def test_a_roster_that_falls_below_two_asks_its_owner_at_once_and_nobody_for_a_score(
    team: Team, clock: Clock
) -> None:
    await scoring(team, "lisa", "tom")
    await make_inactive(team, "tom")

    for _ in range(2):
        await clock.tick()

    (asked,) = await dms(team, "sarah")
    assert "Too few left to score #1 Refund for the outage" in asked.rendered
    assert "1 of 2 people can still score" in asked.rendered
    assert rows(team, "score") == []
    assert await dms(team, "lisa") == []
    assert (await team.house.person("sarah").click("Start over", channel="dm")).ok
    assert "Reason" in (await team.modal("sarah", at_least="Reason")).text
    assert "Tom" not in asked.rendered


async def test_a_round_that_ends_with_one_person_left_offers_its_owner_what_still_helps(
    team: Team, clock: Clock
) -> None:
    await scoring(team, "lisa", "tom")
    await team.ballot("lisa")
    await make_inactive(team, "tom")

    for _ in range(2):
        await clock.tick()

    (asked,) = await dms(team, "sarah")
    assert "Too few have scored: #1" in asked.rendered
    assert "Scoring has closed, and 1 person scored. The others are excused" in asked.rendered
    assert (await team.house.person("sarah").click("Publish anyway", channel="dm")).ok
    assert "Reason" in (await team.modal("sarah", at_least="Reason")).text


async def test_an_extended_round_is_escalated_to_nobody_a_second_time(team: Team, clock: Clock) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4, by="lisa", financial_impact=5000)
    await clock.due("escalation.scoring")
    assert len(await dms(team, "mike", containing="because you may decide")) == 1
    await team.end_round_now()
    await clock.tick()
    await rounds.extend(team.db, team.by("lisa"), team.decision_id, closes_at=team.now + timedelta(hours=1))

    for _ in range(3):
        await clock.tick()

    assert rows(team, "escalation.scoring") == []
    found = await dms(team, "mike", containing="because you may decide")
    assert len([m for m in found if "still being scored" in m.rendered]) == 1


@pytest.mark.parametrize(("impact", "asked"), [(80, ["Lisa Rodriguez"]), (5000, ["Tom Becker"])])
async def test_the_owner_who_may_resolve_is_asked_and_else_the_lowest_rung(
    team: Team, clock: Clock, impact: int, asked: list[str]
) -> None:
    team.give("tom", 3)
    await team.to_result("lisa", "tom", "mike", by="lisa", financial_impact=impact)
    await team.settled()

    assert rows(team, "resolve") == asked


async def test_somebody_made_active_again_is_asked_for_what_has_waited_meanwhile(team: Team, clock: Clock) -> None:
    await team.to_options(by="tom")
    await make_active(team, "tom", False)
    await clock.tick()
    assert rows(team, "options") == []
    await make_active(team, "tom", True)

    await clock.tick()

    assert rows(team, "options") == ["Tom Becker"]


async def test_somebody_added_hears_of_it_where_nobody_may_resolve(team: Team, clock: Clock) -> None:
    await team.to_result(financial_impact=60_000)
    for name in ("mike", "lisa", "tom"):
        await make_inactive(team, name)
    await clock.tick()
    assert rows(team, "beyond") == []
    await teams.add_people(team.db, team.by("sarah"), profiles=[team.profile("ana")], role="support_manager")

    await clock.tick()

    assert len(rows(team, "beyond")) == 1


async def test_a_decision_that_somebody_holds_keeps_no_other_from_being_closed_and_planned(
    team: Team, clock: Clock
) -> None:
    """As an operator's forgotten transaction does."""
    await scoring(team, "sarah", "lisa", "tom", title="Held")
    held, its_round = team.decision_id, team.round_id
    await scoring(team, "sarah", "lisa", "tom", title="Free")
    await team.settled()
    free = "SELECT count(*) FROM customer_decisions WHERE planned_revision IS NULL AND title = 'Free'"
    with psycopg.connect(team.house.database_url) as someone:
        someone.execute("UPDATE customer_decisions SET planned_revision = NULL WHERE title = 'Free'")
        someone.commit()
        someone.execute("SELECT FROM customer_decisions WHERE id = %s FOR UPDATE", (held,))
        await team.change("UPDATE rounds SET closes_at = now() - interval '1 minute' WHERE id = %s", its_round)
        await sweep.sweep(team.db, now=clock.now, rules=team.rules)
        assert team.value(free) == 0
        assert team.value("SELECT closed_at IS NULL FROM rounds WHERE decision_id = %s", held) is True
    await sweep.sweep(team.db, now=clock.now, rules=team.rules)
    assert team.value("SELECT closed_at IS NULL FROM rounds WHERE decision_id = %s", held) is False


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_what_was_handed_out_again_while_nothing_could_be_sent_counts_once(
    team: Team, clock: Clock, is_allowed: bool
) -> None:
    await scoring(team, "sarah", "lisa", "tom", urgency_level=4)
    await team.settled()
    team.sql(
        "INSERT INTO outbox(kind, lane, dedupe_key, run_at) VALUES ('held', %s, 'held', now() + interval '1 hour')",
        "slack:T0TECHCORP:U0MIKE",
    )
    mike = team.actors["mike"].member.id
    # Without the row of what waited before scoring began: it is there where the bot was quick enough to plan it.
    his = "member_id = %s AND kind = 'escalation.scoring'"
    for _ in range(3):  # days, in which what was lost is handed out again
        team.sql(f"UPDATE reminders SET next_at = now() - interval '1 second' WHERE {his}", mike)
        await sweep.sweep(team.db, now=clock.now, rules=team.rules)
    assert team.sql(f"SELECT asked FROM reminders WHERE {his}", mike) == [(3,)]
    if not is_allowed:
        team.sql("UPDATE team_members SET notification_preferences = %s::jsonb WHERE id = %s", SNOOZED, mike)

    team.sql("UPDATE outbox SET state = 'done', done_at = now() WHERE kind = 'held'")
    await team.settled()

    assert len(await dms(team, "mike")) == is_allowed
    found = team.sql(f"SELECT asked, next_at IS NULL FROM reminders WHERE {his}", mike)
    assert found == [(1, True) if is_allowed else (0, False)]
