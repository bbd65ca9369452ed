"""People change in Slack, and are in the team as they are: guests, gone, renamed, with a new address or zone."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.action import Action
from tests.support.steps import NAMES, does, edited_by_sarah
from tests.support.team import Team

FOLLOWED = "SELECT details - 'member' FROM audit_logs WHERE action = 'member.changed' ORDER BY seq DESC LIMIT 1"
SCORERS = ("lisa", "tom", "sarah")
ADDS_ANA = {"People to add": ["ana"], "Role of these people": "Sales manager"}


async def set_up(team: Team, values: dict[str, Any]) -> str:
    """By Sarah; what the list of members says then."""
    sarah = team.house.person("sarah")
    assert (await sarah.slash("/decide setup")).ok
    await team.modal("sarah", at_least="Team size")
    answer = await team.submit("sarah", values)
    assert answer.ok, answer
    said = (await team.modal("sarah", at_least="active of")).text
    await sarah.close(everything=True)
    return said


def change(team: Team, name: str, **facts: Any) -> None:
    """In Slack, which tells the bot."""
    team.house.sandbox.town.change(name, **facts)


async def is_so(team: Team, column: str, value: object, *, of: str = "tom") -> None:
    await team.until(f"SELECT {column} FROM team_members WHERE id = %s", value, team.actors[of].member.id)


async def test_a_guest_is_added_where_an_admin_allows_it_scores_and_never_decides(team: Team) -> None:
    change(team, "ana", is_restricted=True)
    said = await set_up(team, ADDS_ANA)
    assert "Ana Silva was skipped: bots, guests and deactivated accounts cannot score." in said
    assert "A guest can, where setup allows it." in said

    said = await set_up(team, {**ADDS_ANA, "Guests": True})

    assert "guest, decides nothing" in said
    team.sql("UPDATE team_members SET escalation_authority = 5 WHERE name = 'Ana Silva'")
    await team.to_options(by="lisa")
    await does(team, "lisa", Action.START_SCORING, {"Who scores": ["Ana Silva", *map(NAMES.get, SCORERS)]})
    assert "You are about to submit" in (await team.window("ana", Action.SCORE)).text
    for name in SCORERS:
        await team.ballot(name)
    await does(team, "mike", Action.CLOSE_SCORING)
    await team.published()
    assert "you may decide nothing, as a guest of the workspace" in await team.told("ana", Action.RESOLVE)


async def test_whoever_becomes_a_guest_loses_the_right_to_decide_at_once(team: Team) -> None:
    await set_up(team, {"Guests": True})
    await team.to_result("lisa", "tom", "sarah", by="lisa")

    change(team, "mike", is_restricted=True)

    await is_so(team, "is_guest", True, of="mike")
    assert "you may decide nothing, as a guest of the workspace" in await team.told("mike", Action.RESOLVE)
    assert team.value(FOLLOWED) == {"is_guest": [False, True], "cause": "slack"}
    change(team, "mike", is_restricted=False)
    await is_so(team, "is_guest", False, of="mike")
    await team.window("mike", Action.RESOLVE)


@pytest.mark.parametrize(("fact", "cause"), [("is_restricted", "guest"), ("deleted", "gone_from_slack")])
async def test_without_that_a_guest_is_inactive_as_is_who_is_gone_and_excused(
    team: Team, fact: str, cause: str
) -> None:
    await team.to_scoring("lisa", "tom", "sarah", by="lisa")

    change(team, "tom", **{fact: True})

    await is_so(team, "is_active", False)
    assert team.value(FOLLOWED) == {"is_active": [True, False], "cause": cause}
    assert "0 of 2 have scored" in await team.card("lisa")


async def test_a_new_name_address_and_zone_are_followed_and_in_the_trail(team: Team) -> None:
    change(team, "tom", real_name="Thomas Becker", email="thomas@techcorp.com", tz="Asia/Tokyo")

    await is_so(team, "email", "thomas@techcorp.com")
    said = team.value(FOLLOWED)
    assert said["name"] == ["Tom Becker", "Thomas Becker"]
    assert said["email"] == [team.actors["tom"].member.email, "thomas@techcorp.com"]
    assert said["zone"][1] == "Asia/Tokyo"
    assert "Thomas Becker" in await set_up(team, {})


@pytest.mark.parametrize("where", ["in Slack", "in setup"])
async def test_cards_follow_a_new_name(team: Team, where: str) -> None:
    """What the button asks back says whom it is for."""
    await team.to_resolved("lisa", "tom", "sarah", by="lisa", resolver="mike")
    assert "This is for Mike Chen" in await asked_back(team)

    if where == "in Slack":
        change(team, "mike", real_name="Mike Okafor")
        await is_so(team, "name", "Mike Okafor", of="mike")
    else:
        await edited_by_sarah(team, "mike", {"Name": "Mike Okafor"})

    assert "This is for Mike Okafor" in await asked_back(team)


async def asked_back(team: Team) -> str:
    await team.settled()
    (card,) = await team.cards("lisa")
    channel = team.house.sandbox.town.workspace.channels["C0DECISIONS"]
    return str(channel.messages[card.ts].blocks)


async def test_what_an_admin_has_written_is_not_overwritten_by_slack(team: Team) -> None:
    await edited_by_sarah(team, "tom", {"Name": "Tom from care"})

    change(team, "tom", real_name="Thomas Becker", tz="Asia/Tokyo")

    await team.until("SELECT tz FROM slack_identities WHERE slack_user_id = %s", "Asia/Tokyo", "U0TOM")
    assert team.value("SELECT name FROM team_members WHERE id = %s", team.actors["tom"].member.id) == "Tom from care"


async def test_what_slack_did_not_tell_is_seen_at_the_next_window(team: Team) -> None:
    people = team.house.sandbox.town.workspace.people
    people["U0TOM"] = replace(people["U0TOM"], real_name="Thomas Becker")

    assert (await team.house.person("tom").slash("/decide settings")).ok

    await team.modal("tom", at_least="Tell me by")
    await is_so(team, "name", "Thomas Becker")


async def test_the_window_says_to_whom_an_unlinked_seat_goes_and_the_trail_who_took_it(team: Team) -> None:
    team.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role) "
        "SELECT id, 'seat@techcorp.com', 'Somebody Else', '!', 'sales_manager' FROM teams"
    )
    sarah = team.house.person("sarah")
    assert (await sarah.slash("/decide setup")).ok
    await team.modal("sarah", at_least="Team size")
    assert (await sarah.submit()).ok
    await team.modal("sarah", at_least="Somebody Else")
    assert (await sarah.click("Edit Somebody Else")).ok
    await team.modal("sarah", at_least="whoever has the e-mail address above takes this seat")
    answer = await team.submit("sarah", {"E-mail": team.profile("ana").email})
    assert answer.ok, answer
    assert team.value(FOLLOWED) == {"email": ["seat@techcorp.com", team.profile("ana").email]}

    assert (await team.house.person("ana").slash("/decide list")).ok

    await team.until("SELECT count(*) FROM audit_logs WHERE action = 'member.linked'", 1)
    ((who, details),) = team.sql("SELECT user_id, details - 'member' FROM audit_logs WHERE action = 'member.linked'")
    assert (who, details) == (None, {"workspace": "T0TECHCORP", "user": "U0ANA"})
