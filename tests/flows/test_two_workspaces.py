"""Two workspaces with a bot each, on one database: they never meet."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.demo.techcorp import globex, techcorp
from bot.domain.action import Action
from bot.store import preference
from bot.store.db import run_tx
from tests.support.house import living
from tests.support.scoring import typed
from tests.support.team import Team

NO_SUCH = "Your team has no such decision. /decide list shows those it has."


@pytest.fixture
async def both(database_url: str) -> AsyncIterator[tuple[Any, Any]]:
    """Sarah's team of TechCorp and Hank's of Globex."""
    async with living(database_url, techcorp()) as one, living(database_url, globex()) as two:
        ours = await Team(one).gather("mike", "lisa", "tom")
        theirs = await Team(two).gather("homer", "priya", owner="hank")
        ours.give("mike", 4)
        theirs.give("homer", 4)
        yield ours, theirs


async def test_both_play_a_whole_decision_at_once_and_see_only_their_own(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    await asyncio.gather(
        ours.to_resolved(resolver="mike", title="Ours alone"),
        theirs.to_resolved(resolver="homer", by="hank", title="Theirs alone"),
    )
    assert (await ours.card()).startswith("#1 · Ours alone")
    assert (await theirs.card("hank")).startswith("#1 · Theirs alone")
    for name in ("sarah", "mike", "lisa"):
        assert "Theirs alone" not in await ours.house.person(name).screen()
    for name in ("hank", "homer", "priya"):
        assert "Ours alone" not in await theirs.house.person(name).screen()
    assert ours.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0
    for team in both:
        assert [c for c in team.house.sandbox.calls() if c.answer and not c.answer.get("ok")] == []
        team.check_deliveries()


async def test_the_others_decision_is_refused_like_one_that_does_not_exist(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    await theirs.to_scoring(by="hank")
    foreign = theirs.decision_id
    for action in [*Action, "decision.show", "card.post", "card.shared", "round.take_in"]:
        assert NO_SUCH in await ours.told("sarah", action, foreign)
    await ours.house.person("sarah").slash("/decide show 1")
    await ours.house.person("sarah").see("Your team has no decision #1. /decide list shows those it has.")
    await ours.house.person("sarah").slash("/decide list")
    await ours.house.person("sarah").see("No open decisions.")
    assert "Your team has no such member." in await ours.told(
        "sarah", "team.edit_member", theirs.actors["priya"].member.id
    )


async def test_a_window_forged_with_the_others_ids_saves_nothing(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    await theirs.to_scoring(by="hank")
    await ours.to_scoring()
    workspace = ours.house.sandbox.town.workspace

    def forge(user: str, mine: object, foreign: object) -> None:
        view = workspace.top(user)
        view.given = {**view.given, "private_metadata": view.given["private_metadata"].replace(str(mine), str(foreign))}

    await ours.window("lisa", Action.SCORE)
    forge("U0LISA", ours.round_id, theirs.round_id)
    answer = await ours.submit("lisa", typed(9, 3))
    assert answer.error == "Your team has no such round of scoring. /decide list shows its decisions."
    await ours.window("sarah", Action.CANCEL)
    forge("U0SARAH", ours.decision_id, theirs.decision_id)
    answer = await ours.submit("sarah", {"Reason": "Mine now."})
    assert answer.error == NO_SUCH
    assert ours.value("SELECT count(*) FROM ballot_pages") == 0
    assert theirs.state == ("evaluating", 4)


async def test_each_bot_delivers_only_to_its_own_workspace_and_leaves_the_others_rows_alone(database_url: str) -> None:
    async with living(database_url, techcorp()) as one:
        ours = await Team(one).gather("mike", "lisa")
        ours.sql(
            "INSERT INTO outbox (kind, lane, dedupe_key, payload) "
            "SELECT 'card', 'slack:T0GLOBEX:C' || n, 'noise:' || n, "
            "jsonb_build_object('decision', gen_random_uuid(), 'revision', 1) FROM generate_series(1, 50) n"
        )
        await ours.open()
        await ours.until("SELECT count(*) FROM outbox WHERE lane LIKE 'slack:T0TECHCORP:%' AND state = 'ready'", 0)
        assert len(await ours.cards()) == 1
        assert ours.value("SELECT sum(attempts) FROM outbox WHERE lane LIKE 'slack:T0GLOBEX:%'") == 0


async def test_noise_of_other_teams_changes_nothing(both: tuple[Any, Any]) -> None:
    ours, _ = both
    await ours.to_scoring("sarah", "mike", "lisa", "tom")
    ours.sql("INSERT INTO teams (name, company_name) SELECT 'Noise', 'N' || n FROM generate_series(1, 5) n")
    ours.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role, escalation_authority) "
        "SELECT t.id, t.company_name || n || '@noise.example', 'Noise', '!', 'sales_manager', 5 "
        "FROM teams t, generate_series(1, 4) n WHERE t.name = 'Noise'"
    )
    ours.sql(
        "INSERT INTO customer_decisions (team_id, created_by, customer_name, title, description, decision_type, "
        "status, current_phase, urgency_level) SELECT team_id, id, 'Noise', 'Noise', 'Noise', 'refund_request', "
        "'evaluating', 4, 5 FROM team_members WHERE name = 'Noise'"
    )
    for name in ("sarah", "mike", "lisa", "tom"):
        await ours.ballot(name)
    await ours.published()
    assert "1.  Full refund · 8.0" in await ours.card()
    await ours.house.person("mike").slash("/decide list")
    screen = await ours.house.person("mike").see("1 open decision")
    assert "Noise" not in screen
    await ours.house.person("mike").close() if await ours.house.person("mike").modal() else None
    assert "Noise" not in await ours.told("lisa", Action.RESOLVE)


async def test_the_same_person_in_two_workspaces_is_two_members(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    ours.sql("UPDATE team_members SET email = 'eve@techcorp.com' WHERE name = 'Priya Raman'")
    await ours.house.person("eve").slash("/decide list")
    await ours.house.person("eve").see("Sarah Johnson or a workspace admin can add you")
    assert ours.value("SELECT count(*) FROM slack_identities WHERE slack_user_id = 'U0EVE'") == 0
    assert len(theirs.actors) == 3


async def test_the_hours_of_somebody_in_several_workspaces_are_those_of_the_one_that_tells_them(team: Team) -> None:
    tom = team.actors["tom"]
    zones = {"T0EARLIER": "Asia/Tokyo", tom.workspace_id: "Europe/Berlin", "T0LATER": "America/New_York"}
    for workspace_id, tz in zones.items():
        team.sql(
            "INSERT INTO slack_identities (workspace_id, slack_user_id, member_id, tz) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (workspace_id, slack_user_id) DO UPDATE SET tz = excluded.tz",
            *(workspace_id, tom.user_id, tom.member.id, tz),
        )

    async def read(c: AsyncConnection, workspace_id: str) -> tuple[str | None, str | None]:
        one = await preference.find_ways(c, member_id=tom.member.id, workspace_id=workspace_id)
        of_all = await preference.ways(c, [tom.member.id], workspace_id=workspace_id)
        return one.tz, of_all[tom.member.id].tz

    for workspace_id, tz in zones.items():
        assert await run_tx(team.db, partial(read, workspace_id=workspace_id)) == (tz, tz)
    assert None not in await run_tx(team.db, partial(read, workspace_id="T0ELSEWHERE"))
