"""The Home tab: what members and strangers see there, its buttons, its pages, and how changes reach it."""

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

from bot.domain.team import SlackUser
from bot.services import dossier as dossiers
from bot.services import home as homes
from bot.services import team as teams
from tests.support.team import Team


async def tab(team: Team, name: str, *, showing: str, timeout: float = 30.0) -> str:
    """What the tab shows, once it shows this."""
    person = team.house.person(name)
    end = time.monotonic() + timeout
    while showing not in (found := await person.home()):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.05)
    return str(found)


async def open_tab(team: Team, name: str, *, showing: str) -> str:
    await team.house.person(name).open_home()
    return await tab(team, name, showing=showing)


async def test_the_first_look_welcomes_and_says_the_next_step(team: Team) -> None:
    found = await open_tab(team, "lisa", showing="Welcome, Lisa Rodriguez.")
    assert "CS Team, TechCorp" in found
    assert "4 active members" in found
    assert "Next step: open your team's first decision." in found
    assert (await team.house.person("lisa").click("New decision", channel="home")).ok
    assert "Customer" in (await team.modal("lisa", at_least="Customer")).text
    team.check_deliveries()


async def test_it_shows_what_waits_with_the_button_that_leads_there_and_what_is_open(team: Team) -> None:
    await team.to_scoring("sarah", "lisa", "tom", title="Mine to score")
    await team.open(title="Somebody else's", urgency_level=5, description="")
    found = await open_tab(team, "tom", showing="Waiting for you: 1")
    waiting, others = found.split("Also open in the team: 1")
    assert "Mine to score" in waiting
    assert "Somebody else's" in others
    assert (await team.house.person("tom").click("Score", channel="home")).ok
    assert "Trust" in (await team.modal("tom", at_least="Trust")).text


async def test_the_owner_is_led_on_by_the_number_of_options(team: Team) -> None:
    await team.to_options(["Only one"], title="Needs another")
    await team.to_options(title="May start")

    needs, may_start = (await open_tab(team, "sarah", showing="Waiting for you: 2")).split("#2 ")

    assert "To do: propose options, then start scoring\n[ Add options ]" in needs
    assert "To do: start scoring once the options are complete\n[ Start scoring ]" in may_start


async def test_an_owner_who_may_not_resolve_their_own_is_not_told_to(team: Team) -> None:
    team.give("sarah", 5)
    await team.to_result("sarah", "lisa", "tom", title="Mine", financial_impact=Decimal(5000))

    found = await open_tab(team, "sarah", showing="Mine")

    assert "To do: resolve" not in found


async def test_it_follows_what_changes_once_it_was_opened(team: Team) -> None:
    await open_tab(team, "tom", showing="Welcome")
    await team.to_scoring("sarah", "lisa", "tom", title="Fresh case")
    assert "Welcome" not in await tab(team, "tom", showing="Waiting for you: 1")
    await team.ballot("tom")
    found = await tab(team, "tom", showing="Nothing waits for you")
    assert "Fresh case" in found
    assert team.value("SELECT count(*) FROM homes") == 1


async def test_a_tab_that_nobody_opened_for_thirty_days_is_left_alone_until_they_do(team: Team) -> None:
    for name in ("tom", "lisa"):
        await open_tab(team, name, showing="Welcome")
    await team.change("UPDATE homes SET opened_at = now() - interval '29 days 23 hours' WHERE slack_user_id = 'U0LISA'")
    await team.change("UPDATE homes SET opened_at = now() - interval '30 days 1 minute' WHERE slack_user_id = 'U0TOM'")

    await team.open(title="Fresh case")
    await team.settled()

    assert "Fresh case" in await team.house.person("lisa").home()
    assert "Fresh case" not in await team.house.person("tom").home()
    await open_tab(team, "tom", showing="Fresh case")


async def test_a_burst_of_changes_collapses_and_the_last_one_arrives(team: Team) -> None:
    await open_tab(team, "tom", showing="Welcome")
    team.house.sandbox.fail("views.publish", "ratelimited", retry_after=4)
    for number in range(6):
        await team.open(title=f"Case {number}")
    await team.settled()
    found = await team.house.person("tom").home()
    assert all(f"Case {number}" in found for number in range(6))
    of_home = "SELECT count(*) FROM outbox WHERE kind = 'home' AND state = 'done' AND "
    assert team.value(of_home + "attempts = 0") > team.value(of_home + "attempts > 0"), (
        "covered by those that were sent"
    )


async def test_decided_cases_stay_in_sight(team: Team) -> None:
    await team.to_resolved("sarah", "mike", "lisa", "tom", title="Decided lately")
    found = await open_tab(team, "lisa", showing="Recently decided")
    assert "Decided lately" in found.split("Recently decided")[1]
    assert "Full refund" in found


async def test_a_stranger_learns_who_can_add_them_and_nothing_of_anybodys_decisions(team: Team) -> None:
    await team.open(title="Not for Eve")
    found = await open_tab(team, "eve", showing="You are not a member of a team here yet.")
    assert "Sarah Johnson or a workspace admin can add you" in found
    assert "Not for Eve" not in found


async def test_whoever_opens_it_takes_the_seat_that_waits_at_their_address(team: Team) -> None:
    await team.change("DELETE FROM slack_identities WHERE slack_user_id = 'U0LISA'")

    assert "CS Team, TechCorp" in await open_tab(team, "lisa", showing="Welcome, Lisa Rodriguez.")
    linked = "SELECT m.name FROM slack_identities i JOIN team_members m ON m.id = i.member_id WHERE slack_user_id = %s"
    assert team.value(linked, "U0LISA") == "Lisa Rodriguez"


async def test_where_there_is_no_team_the_tab_sets_one_up(newcomers: Team) -> None:
    await open_tab(newcomers, "mike", showing="There is no team here yet.")
    assert (await newcomers.house.person("mike").click("Set up your team", channel="home")).ok
    assert "Team size" in (await newcomers.modal("mike", at_least="Team size")).text


async def test_a_long_list_has_pages(team: Team) -> None:
    team.sql(
        "INSERT INTO customer_decisions(team_id, created_by, customer_name, title, description, decision_type, "
        "workspace_id, planned_revision) "
        "SELECT team_id, id, 'ABC', 'Case ' || n, 'd', 'refund_request', 'T0TECHCORP', 1 "
        "FROM team_members, generate_series(1, 60) n WHERE name = 'Sarah Johnson'"
    )
    found = await open_tab(team, "lisa", showing="Page 1 of 3")
    assert "Also open in the team: 1 to 25 of 60" in found
    assert (await team.house.person("lisa").click("Next", channel="home")).ok
    second = await tab(team, "lisa", showing="Page 2 of 3")
    assert "Previous" in second
    assert "Also open in the team: 26 to 50 of 60" in second
    owner = await open_tab(team, "sarah", showing="Page 1 of 3")
    assert "Waiting for you: 1 to 25 of 60" in owner


async def test_a_page_turned_while_the_tab_is_brought_up_to_date_stays_turned(team: Team) -> None:
    team.sql(
        "INSERT INTO customer_decisions(team_id, created_by, customer_name, title, description, decision_type, "
        "workspace_id, planned_revision) "
        "SELECT team_id, id, 'ABC', 'Case ' || n, 'd', 'refund_request', 'T0TECHCORP', 1 "
        "FROM team_members, generate_series(1, 60) n WHERE name = 'Sarah Johnson'"
    )
    await open_tab(team, "lisa", showing="Page 1 of 3")
    await team.house.sandbox.idle()
    team.house.sandbox.fail("views.publish", "slow", seconds=1.5)
    await team.open()
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'home' AND token IS NOT NULL AND state = 'ready'", 1)
    end = time.monotonic() + 5
    while team.house.sandbox.town.faults.waiting:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    assert (await team.house.person("lisa").click("Next", channel="home")).ok
    await tab(team, "lisa", showing="Page 2 of 3")
    await team.settled()
    await team.house.sandbox.idle()

    assert "Page 2 of 3" in await team.house.person("lisa").home()


async def test_settings_open_from_the_tab(team: Team) -> None:
    await open_tab(team, "tom", showing="Welcome")
    assert (await team.house.person("tom").click("My settings", channel="home")).ok
    assert "Europe/Berlin" in (await team.modal("tom", at_least="Tell me by")).text


async def test_an_inactive_member_reads_why(team: Team) -> None:
    team.sql("UPDATE team_members SET is_active = false WHERE name = 'Tom Becker'")
    shown = await open_tab(team, "tom", showing="inactive")
    assert "You are an inactive member of CS Team." in shown
    assert "Set up your team" not in shown
    how: dict[str, Any] = {"now": team.now, "rules": team.rules, "is_first": False}
    found = await homes.read(team.db, user=SlackUser("T0TECHCORP", "U0TOM"), **how)
    assert "decision" not in json.dumps(found.__dict__, default=str)


async def test_who_opened_it_sees_that_too_few_are_left_to_score_and_the_last_one_is_not_asked(team: Team) -> None:
    await team.to_scoring("lisa", "tom")
    await open_tab(team, "lisa", showing="Waiting for you: 1")
    await teams.deactivate(team.db, user=SlackUser("T0TECHCORP", "U0TOM"), cause="account_inactive")

    sarah = await open_tab(team, "sarah", showing="too few are left to score")
    assert "To do: start over or cancel, since too few are left to score" in sarah
    assert "Start over" in sarah
    await tab(team, "lisa", showing="Nothing waits for you.")
    card = await team.card()
    assert "Too few people are left to score: Sarah Johnson (owner) can start over or cancel the decision." in card

    await team.end_round_now()
    await dossiers.close_due_and_get(team.db, team.by("sarah"), team.decision_id)
    sarah = await tab(team, "sarah", showing="To do: publish anyway or cancel")
    assert "Publish anyway" in sarah


async def test_a_change_that_a_repeated_delivery_covers_reaches_the_tab(team: Team) -> None:
    await open_tab(team, "tom", showing="Welcome")
    await team.open(title="As it was")
    await team.settled()
    # Its worker has queued the fresh tabs, and died before it could say so.
    team.sql(
        "UPDATE outbox SET state = 'ready', done_at = NULL, token = 1, run_at = now() + interval '1 hour' "
        "WHERE kind = 'decision.changed'"
    )
    await team.retitle("As it is")
    team.sql("UPDATE outbox SET run_at = now() WHERE token = 1")
    await team.settled()

    assert "As it is" in await team.house.person("tom").home()
