"""Being told: one message per event and person, within seconds for who is at work, and nothing twice."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.services import decision as decisions
from bot.services import outcome as outcomes
from bot.services import round as rounds
from bot.services import sweep
from bot.views.slack import ids
from sandbox.people import Message
from tests.support.hours import ALWAYS
from tests.support.plans import plan, waiting
from tests.support.team import TITLES, Team

NEVER = json.dumps({"push": True, "days": [(datetime.now(UTC).weekday() + 3) % 7]})
PEOPLE = ("sarah", "mike", "lisa", "tom")
ROSTER = ("sarah", "lisa", "tom")
SECONDS = 10.0


@pytest.fixture
def at_work(team: Team) -> Team:
    """Everybody is, whatever the hour at which the test runs."""
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    return team


async def dms(team: Team, name: str) -> list[Message]:
    return [m for m in await team.house.person(name).messages("dm") if not m.ephemeral]


async def counts(team: Team) -> dict[str, int]:
    """Direct messages so far, of everybody."""
    await team.settled()
    return {name: len(await dms(team, name)) for name in PEOPLE}


async def last(team: Team, name: str) -> str:
    return (await dms(team, name))[-1].rendered


async def replies(team: Team, *, containing: str) -> list[Message]:
    found = await team.house.person("lisa").messages("#customer-decisions")
    return [m for m in found if containing in m.rendered and m.thread_ts not in (None, m.ts)]


async def resolve(team: Team, by: str, title: str = TITLES[0]) -> None:
    option_id = team.option_id(title)
    await outcomes.resolve(team.db, team.by(by), team.decision_id, option_id=option_id, reason="It leads.")


def channel_is(team: Team, shared_with: str) -> None:
    team.house.sandbox.town.channel("customer-decisions").shared_with = shared_with


async def test_who_is_asked_is_told_within_ten_seconds_of_the_start(at_work: Team) -> None:
    team = at_work
    await team.to_options()
    await team.settled()
    assert await counts(team) == dict.fromkeys(PEOPLE, 0)

    began = time.monotonic()
    people = [team.actors[name].member.id for name in ROSTER]
    closes_at = team.now + timedelta(days=1)
    await rounds.start(
        team.db, team.by("sarah"), team.decision_id, member_ids=people, closes_at=closes_at, is_two_confirmed=True
    )
    for name in ("lisa", "tom"):
        await team.house.person(name).see("Score #1 Refund for the outage", timeout=SECONDS)
    took = time.monotonic() - began

    assert took <= SECONDS
    assert await counts(team) == {"sarah": 0, "mike": 0, "lisa": 1, "tom": 1}  # Sarah has started it
    (message,) = await dms(team, "tom")
    for part in ("ABC Corporation", "USD 500", "They want everything back.", "Scoring closes"):
        assert part in message.rendered
    (card,) = await team.cards()
    assert f"/p{card.ts.replace('.', '')}" in str(message.blocks)
    assert ids.OPEN_SETTINGS in str(message.blocks)
    assert ids.COMMAND not in message.rendered
    assert (await team.house.person("tom").click("Score", channel="dm")).ok
    team.check_deliveries()


async def test_who_is_asleep_is_told_when_they_begin_to_work_unless_it_is_critical(at_work: Team) -> None:
    team = at_work
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", NEVER)
    await team.to_scoring(*ROSTER)
    assert await counts(team) == dict.fromkeys(PEOPLE, 0)

    await team.to_scoring(*ROSTER, urgency_level=5, title="Fire")

    assert await counts(team) == {"sarah": 0, "mike": 0, "lisa": 1, "tom": 1}
    assert "Fire" in await last(team, "tom")


async def test_the_result_reaches_owner_and_decider_by_message_and_everybody_else_in_the_channel(at_work: Team) -> None:
    team = at_work
    await team.to_scoring(*ROSTER, financial_impact=7000)
    before = await counts(team)

    for name in ROSTER:
        await team.ballot(name)
    await team.published()

    after = await counts(team)
    assert {name: after[name] - before[name] for name in PEOPLE} == {"sarah": 1, "mike": 1, "lisa": 0, "tom": 0}
    decider = await last(team, "mike")
    assert "Resolve #1 Refund for the outage" in decider
    assert "Full refund leads" in decider
    assert "Result of #1" in await last(team, "sarah")
    (reply,) = await replies(team, containing="Result of #1")
    assert reply.broadcast
    assert (await team.house.person("mike").click("Resolve", channel="dm")).ok


async def test_an_owner_who_may_resolve_is_asked_and_the_lowest_rung_hears_once_that_it_may(at_work: Team) -> None:
    team = at_work
    await team.to_scoring(*ROSTER, financial_impact=50)
    before = await counts(team)

    for name in ROSTER:
        await team.ballot(name)
    await team.published()

    after = await counts(team)
    told = {name for name in PEOPLE if after[name] > before[name]}
    assert told == {"sarah", "lisa", "tom"}  # Lisa and Tom have the least authority that suffices
    assert all(after[name] - before[name] <= 1 for name in PEOPLE)
    assert "Resolve #1" in await last(team, "sarah")
    assert "Sarah Johnson is asked to decide; you can as well." in await last(team, "tom")


@pytest.mark.parametrize("reason", ["another company reads it", "Slack does not say", "the team does not want it"])
async def test_what_the_channel_is_not_shown_comes_to_who_was_asked_by_message(at_work: Team, reason: str) -> None:
    team = at_work
    if reason == "another company reads it":
        channel_is(team, "another company")
    elif reason == "Slack does not say":
        team.house.sandbox.fail("conversations.info", "error", error="missing_scope", times=3)
    else:
        team.sql("UPDATE teams SET broadcasts = false")
    await team.to_scoring(*ROSTER, financial_impact=7000)
    if reason == "another company reads it":
        await team.settled()
        assert (await team.house.person("sarah").click("Show it to them")).ok
    before = await counts(team)

    for name in ROSTER:
        await team.ballot(name)
    await team.published()

    after = await counts(team)
    assert {name: after[name] - before[name] for name in PEOPLE} == dict.fromkeys(PEOPLE, 1)
    assert "Result of #1" in await last(team, "tom")
    assert "Full refund leads" in await last(team, "tom")
    assert [m.broadcast for m in await replies(team, containing="Result of #1")] == [False]

    await resolve(team, "mike")

    resolved = await counts(team)
    assert {name: resolved[name] - after[name] for name in PEOPLE} == {"sarah": 1, "mike": 0, "lisa": 1, "tom": 1}
    assert "Decided: #1" in await last(team, "tom")
    assert [m.broadcast for m in await replies(team, containing="Decided: #1")] == [False]


async def test_a_resolution_is_told_to_the_owner_and_shown_to_the_channel(at_work: Team) -> None:
    team = at_work
    await team.to_result(*ROSTER, financial_impact=7000)
    before = await counts(team)

    await resolve(team, "mike")

    after = await counts(team)
    assert {name: after[name] - before[name] for name in PEOPLE} == {"sarah": 1, "mike": 0, "lisa": 0, "tom": 0}
    told = await last(team, "sarah")
    for part in ("Decided: #1 Refund for the outage", "Full refund", "by Mike", "It leads."):
        assert part in told
    (reply,) = await replies(team, containing="Decided: #1")
    assert reply.broadcast


async def test_who_resolves_their_own_is_not_told_so(at_work: Team) -> None:
    team = at_work
    await team.to_result(*ROSTER, financial_impact=50)
    before = await counts(team)

    await resolve(team, "sarah")

    assert await counts(team) == before
    assert len(await replies(team, containing="Decided: #1")) == 1


async def test_a_choice_that_was_taken_back_and_made_anew_is_told_anew(at_work: Team) -> None:
    team = at_work
    await team.to_result(*ROSTER, financial_impact=7000)
    await team.settled()
    await resolve(team, "mike")
    before = await counts(team)
    await outcomes.reopen(team.db, team.by("mike"), team.decision_id, reason="Too dear.")
    assert await counts(team) == before

    await resolve(team, "mike", TITLES[1])

    after = await counts(team)
    assert {name: after[name] - before[name] for name in PEOPLE} == {"sarah": 1, "mike": 0, "lisa": 0, "tom": 0}
    assert "Partial credit" in await last(team, "sarah")
    assert len(await replies(team, containing="Decided: #1")) == 2


@pytest.mark.parametrize("event", ["voided", "cancelled"])
async def test_what_is_called_off_is_told_to_who_was_asked_and_had_not_finished(at_work: Team, event: str) -> None:
    team = at_work
    await team.to_scoring(*ROSTER)
    await team.ballot("lisa")
    before = await counts(team)

    if event == "voided":
        await rounds.void(
            team.db, team.by("sarah"), team.decision_id, round_id=team.round_id, reason="An option was missing."
        )
    else:
        await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="They withdrew.")

    after = await counts(team)
    assert {name: after[name] - before[name] for name in PEOPLE} == {"sarah": 0, "mike": 0, "lisa": 0, "tom": 1}
    told = await last(team, "tom")
    assert "Called off: #1 Refund for the outage" in told
    assert ("They withdrew." if event == "cancelled" else "Scoring starts over") in told


async def test_who_had_not_been_told_of_a_round_hears_nothing_of_its_end(at_work: Team) -> None:
    team = at_work
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb WHERE name LIKE 'Tom%%'", NEVER)
    await team.to_scoring(*ROSTER)
    await team.settled()

    await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="They withdrew.")

    assert (await counts(team))["tom"] == 0
    assert team.value("SELECT count(*) FROM reminders WHERE next_at IS NOT NULL") == 0


async def test_an_extension_asks_those_anew_who_have_not_scored(at_work: Team) -> None:
    team = at_work
    await team.to_scoring()
    await team.ballot("lisa")
    await team.settled()
    await team.end_round_now()
    await rounds_closed(team)
    before = await counts(team)

    closes_at = team.now + timedelta(days=2)
    await rounds.extend(team.db, team.by("mike"), team.decision_id, closes_at=closes_at)

    after = await counts(team)
    assert {name: after[name] - before[name] for name in PEOPLE} == {"sarah": 0, "mike": 1, "lisa": 0, "tom": 1}
    assert "Score #1" in await last(team, "tom")


async def rounds_closed(team: Team) -> None:
    await sweep.sweep(team.db, now=team.now, rules=team.rules)
    await team.until("SELECT closed_at IS NOT NULL FROM rounds", True)
    await team.settled()


async def test_without_a_channel_each_person_who_is_asked_has_the_case_by_message(at_work: Team) -> None:
    team = at_work
    await team.to_scoring(*ROSTER, channel_id=None, financial_impact=7000)
    assert await counts(team) == {"sarah": 0, "mike": 0, "lisa": 1, "tom": 1}
    (message,) = await dms(team, "tom")
    assert "They want everything back." in message.rendered
    assert ids.SHOW in str(message.blocks)

    for name in ROSTER:
        await team.ballot(name)
    await team.published()

    assert await counts(team) == {"sarah": 1, "mike": 1, "lisa": 2, "tom": 2}
    assert await replies(team, containing="Result of #1") == []


async def test_news_can_be_muted_and_what_waits_still_comes(at_work: Team) -> None:
    team = at_work
    tom = team.house.person("tom")
    assert (await tom.slash("/decide settings")).ok
    await team.modal("tom", at_least="Your settings")
    assert (await team.submit("tom", {"News": []})).ok
    channel_is(team, "another company")

    await team.to_scoring(*ROSTER, financial_impact=7000)
    before = await counts(team)
    for name in ROSTER:
        await team.ballot(name)
    await team.published()

    after = await counts(team)
    assert {name: after[name] - before[name] for name in PEOPLE} == {"sarah": 1, "mike": 1, "lisa": 1, "tom": 0}
    assert "Score #1" in await last(team, "tom")


async def test_after_a_month_offline_everybody_gets_one_message_for_all_of_it(at_work: Team) -> None:
    team = at_work
    channel_is(team, "another company")
    for title in ("Scored", "Half scored", "Open"):
        await team.to_scoring("lisa", "tom", "mike", title=title, financial_impact=7000)
        for name in {"Scored": ("lisa", "tom", "mike"), "Half scored": ("lisa",), "Open": ()}[title]:
            await team.save_pages(name)
            if title != "Scored":
                await team.ballot(name)
        team.forget()
    before = await counts(team)
    await team.change("UPDATE sweep_runs SET last_ok = now() - interval '30 days'")
    await team.change("UPDATE reminders SET next_at = now() - interval '20 days' WHERE next_at IS NOT NULL")
    late = "UPDATE rounds SET closes_at = now() - interval '25 days' FROM customer_decisions d WHERE d.id = decision_id"
    await team.change(f"{late} AND d.title <> 'Open'")

    first = await sweep.sweep(team.db, now=team.now, rules=team.rules)
    assert (first.closed, first.overdue, first.due) == (2, 0, 0), "what fell due waits for the results"
    for _ in range(4):
        await team.settled()
        await sweep.sweep(team.db, now=team.now, rules=team.rules)
    await team.settled()

    after = await counts(team)
    assert max(after[name] - before[name] for name in PEOPLE) == 1
    assert after["sarah"] == before["sarah"] + 1
    assert team.value("SELECT last_ok > now() - interval '1 minute' FROM sweep_runs")


async def test_nothing_that_was_said_holds_a_score_before_scoring_closes(at_work: Team) -> None:
    team = at_work
    await team.to_scoring(*ROSTER)
    await team.ballot("lisa", 9, 2, comment="zqcomment")
    await team.settled()
    await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="They withdrew.")
    await team.settled()

    for name in PEOPLE:
        for message in await dms(team, name):
            for word in ("zqcomment", "leads", "Lisa"):
                assert word not in str(message.blocks) + message.text


async def test_a_decider_chooses_in_setup_whether_the_channel_is_shown_results(team: Team) -> None:
    assert (await team.house.person("sarah").slash("/decide setup")).ok
    await team.modal("sarah", at_least="Show them to the whole channel")

    assert (await team.submit("sarah", {"Results and decisions": []})).ok

    await team.until("SELECT broadcasts FROM teams", False)


async def test_who_may_resolve_beside_the_owner_are_the_same_three_when_it_is_planned_anew(newcomers: Team) -> None:
    """They were asked for something else meanwhile, and it would be the turn of others."""
    able = ("mike", "lisa", "tom", "ana", "eve")
    team = await newcomers.gather(*able)
    for name in able:
        team.give(name, 4)
    await team.to_result("sarah", "mike", "lisa")
    await team.settled()
    told = sorted(name for name, kinds in waiting(team).items() if "news.result" in kinds)
    assert len(told) == 3

    turn = "UPDATE reminders SET kind = 'resolve', last_at = now() WHERE kind = 'news.result' AND decision_id = %s"
    first, _ = team.decision_id, await team.to_result("sarah", "mike", "lisa", title="Another")
    await team.settled()
    await team.change(turn, team.decision_id)
    team._decision_id = first
    await plan(team)

    assert sorted(name for name, kinds in waiting(team).items() if "news.result" in kinds) == told
