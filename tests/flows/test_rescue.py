"""An admin of the workspace looks after a team that is not theirs: which one, what they may, and who hears of it."""

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from bot.domain.press import Press
from bot.services import team as teams
from tests.support.house import living
from tests.support.team import Team

NEW = {"Team": "Second", "Company": "TechCorp", "Your own role": "Sales manager"}
ADDS_ANA = {"People to add": ["ana"], "Role of these people": "Support manager"}


@pytest.fixture
async def ruled(database_url: str) -> AsyncIterator[Team]:
    """Mike (authority 5) and Lisa are a team; Sarah and Eve are admins of the workspace, and in none."""
    spec = techcorp()
    people = tuple(dataclasses.replace(p, is_admin=p.name in ("sarah", "eve")) for p in spec.people)
    # Between two people a command is typed in a direct message too; that with the app has no box in Slack.
    spec = dataclasses.replace(spec, people=people, messages_tab_read_only=False)
    async with living(database_url, spec) as house:
        yield await Team(house).gather("lisa", owner="mike")


async def opened(team: Team, name: str, *, channel: str | None = None, at_least: str = "Team size") -> Any:
    assert (await team.house.person(name).slash("/decide setup", channel=channel)).ok
    return await team.modal(name, at_least=at_least)


async def second_team(team: Team) -> None:
    """Sarah's, in the same workspace."""
    other = teams.Fields("Billing", "TechCorp", None, 3, "USD")
    await teams.create(
        team.db, profile=team.profile("sarah"), fields=other, role="sales_manager", domain=None, channel_id=None,
        press=Press("V-other", "1", "1"),
    )  # fmt: skip


@pytest.mark.parametrize("channel", [None, "dm"])
async def test_setup_is_about_the_team_there_is_and_adds_people_to_it_which_the_team_hears(
    ruled: Team, channel: str | None
) -> None:
    modal = await opened(ruled, "eve", channel=channel)
    assert "This is about CS Team, TechCorp. You are not one of its active members" in modal.text
    assert (await ruled.submit("eve", ADDS_ANA)).ok  # all else is filled in

    await ruled.modal("eve", at_least="Ana Silva")

    assert ruled.sql("SELECT name, company_name FROM teams") == [("CS Team", "TechCorp")]
    await ruled.house.person("lisa").see(
        "@eve, an admin of this workspace from outside the team CS Team, added or changed people of it: Ana Silva "
        "(may decide up to USD 100)."
    )
    rows = ruled.sql("SELECT user_id, details ->> 'workspace_admin' FROM audit_logs WHERE action = 'member.added'")
    assert rows[-1] == (None, "U0EVE")
    await ruled.house.person("ana").slash("/decide list")
    await ruled.house.person("ana").see("No open decisions. Open one with /decide.")
    ruled.check_deliveries()


async def test_a_team_of_which_everybody_is_inactive_comes_back(ruled: Team) -> None:
    await ruled.change("UPDATE team_members SET is_active = false")
    await ruled.house.person("lisa").slash("/decide list")
    await ruled.house.person("lisa").see(
        "You are an inactive member of CS Team. An admin of this workspace can make you active again with "
        "/decide setup."
    )
    await opened(ruled, "eve")
    assert (await ruled.submit("eve", {})).ok
    await ruled.modal("eve", at_least="Mike Chen")
    assert (await ruled.house.person("eve").click("Edit Mike Chen")).ok
    await ruled.modal("eve", at_least="May decide")

    assert (await ruled.submit("eve", {"Active": True})).ok

    await ruled.modal("eve", at_least="1 active of 2 members")
    await ruled.house.person("mike").see("added or changed people of it: Mike Chen (may decide any amount).")
    ((who, details),) = ruled.sql("SELECT user_id, details FROM audit_logs WHERE action = 'member.changed'")
    assert (who, details["workspace_admin"], details["is_active"]) == (None, "U0EVE", [False, True])
    await ruled.open(by="mike")


async def test_an_inactive_member_who_is_an_admin_of_the_workspace_comes_back_by_themselves(team: Team) -> None:
    await team.change("UPDATE team_members SET is_active = false")
    modal = await opened(team, "sarah")
    assert "This is about CS Team, TechCorp. You are not one of its active members" in modal.text
    assert (await team.submit("sarah", {})).ok
    await team.modal("sarah", at_least="Sarah Johnson")
    assert (await team.house.person("sarah").click("Edit Sarah Johnson")).ok
    await team.modal("sarah", at_least="May decide")

    assert (await team.submit("sarah", {"Active": True})).ok

    assert team.value("SELECT is_active FROM team_members WHERE name = 'Sarah Johnson'")
    await team.house.person("sarah").see("people of it: Sarah Johnson (may decide any amount).")


async def test_somebody_inactive_who_is_added_again_is_named_with_the_way_to_make_them_active(ruled: Team) -> None:
    await ruled.change("UPDATE team_members SET is_active = false WHERE name = 'Lisa Rodriguez'")
    await opened(ruled, "eve")
    assert (await ruled.submit("eve", {**ADDS_ANA, "People to add": ["lisa"]})).ok
    modal = await ruled.modal("eve", at_least="To know")
    assert "Lisa Rodriguez is in the team, and inactive: Edit makes them active again." in modal.text


async def test_an_admin_makes_one_more_team_only_on_purpose(ruled: Team) -> None:
    await opened(ruled, "eve")
    assert (await ruled.house.person("eve").click("Make a new team")).ok
    await ruled.modal("eve", at_least="This makes one more team, beside those that there are.")
    assert (await ruled.submit("eve", NEW)).ok

    await ruled.modal("eve", at_least="Eve Novak")

    assert {name for (name,) in ruled.sql("SELECT name FROM teams")} == {"CS Team", "Second"}
    await ruled.to_options(by="mike")
    assert "Your team has no such decision." in await ruled.told("eve", Action.PROPOSE_OPTION)


async def test_a_window_for_the_first_team_makes_no_second_one(newcomers: Team) -> None:
    await opened(newcomers, "sarah")  # an admin of the workspace
    await newcomers.gather("lisa", owner="mike")

    answer = await newcomers.submit("sarah", NEW)

    assert (
        answer.error
        == "This workspace has a team already. Mike Chen or a workspace admin can add you to it with /decide setup."
    )
    assert newcomers.value("SELECT count(*) FROM teams") == 1


async def test_of_several_teams_setup_is_about_the_one_that_decides_in_the_channel(ruled: Team) -> None:
    await second_team(ruled)
    await ruled.open(by="mike")

    modal = await opened(ruled, "eve")

    assert "This is about CS Team, TechCorp." in modal.text


async def test_of_several_teams_an_admin_is_asked_which_where_the_channel_does_not_tell(ruled: Team) -> None:
    await second_team(ruled)
    modal = await opened(ruled, "eve", channel="dm", at_least="This workspace has 2 teams. Which one is it about?")
    assert {"This one", "Make a new team"} <= set(modal.buttons)

    assert (await ruled.house.person("eve").click("CS Team")).ok

    modal = await ruled.modal("eve", at_least="This is about CS Team, TechCorp.")
    assert "Another team of this workspace" in modal.buttons


async def test_an_admin_who_has_a_team_is_shown_their_own_and_finds_the_others(ruled: Team) -> None:
    await second_team(ruled)
    modal = await opened(ruled, "sarah", channel="dm")
    assert "This is about Billing, TechCorp. Change the team" in modal.text
    assert "Make a new team" not in modal.buttons

    assert (await ruled.house.person("sarah").click("Another team of this workspace")).ok
    await ruled.modal("sarah", at_least="Which one is it about?")
    assert (await ruled.house.person("sarah").click("CS Team")).ok
    await ruled.modal("sarah", at_least="This is about CS Team, TechCorp. You are not one")
    assert (await ruled.submit("sarah", {"Team": "Care"})).ok

    await ruled.modal("sarah", at_least="Care, TechCorp")
    assert {name for (name,) in ruled.sql("SELECT name FROM teams")} == {"Billing", "Care"}


async def test_who_is_no_admin_any_more_changes_neither_that_team_nor_their_own(ruled: Team) -> None:
    await second_team(ruled)
    await ruled.open(by="mike")
    await opened(ruled, "sarah")  # in the channel of Mike's team
    people = ruled.house.sandbox.town.workspace.people
    people["U0SARAH"] = dataclasses.replace(people["U0SARAH"], is_admin=False)

    answer = await ruled.submit("sarah", {"Team": "Stolen"})

    assert answer.error == "This window is about another team than yours. Use /decide setup again."
    assert ruled.value("SELECT count(*) FROM teams WHERE name = 'Stolen'") == 0
