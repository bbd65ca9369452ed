"""People of other companies and of other teams in the same workspace: what they can become, and what they are told."""

from typing import Any
from uuid import uuid4

import pytest

from bot.domain.action import Action
from bot.profile import read_profile
from bot.services import team as teams
from tests.support.team import Team

NO_SUCH = "Your team has no such decision. /decide list shows those it has."
SARAH = {"real_name": "Sarah Johnson", "email": "sarah@techcorp.com"}


class Directory:
    """Slack's `users.info`, which answers for people of shared channels as well."""

    def __init__(self, **user: Any) -> None:
        self._user = user

    async def users_info(self, *, user: str) -> dict[str, Any]:
        return {"ok": True, "user": {"id": user, **self._user}}


async def test_somebody_of_another_company_in_a_shared_channel_is_no_person_of_ours_and_no_admin() -> None:
    """Their company chooses the address: it could be that of a member who has not met the bot yet."""
    client: Any = Directory(team_id="T0EVIL", profile=SARAH, is_admin=True, is_owner=True, is_stranger=False)
    found = await read_profile(client, workspace_id="T0TECHCORP", user_id="U0MALLORY")
    assert (found.is_person, found.is_admin) == (False, False)


@pytest.mark.parametrize(
    "home", [{"team_id": "T0TECHCORP"}, {}, {"team_id": "T0EAST", "enterprise_user": {"teams": ["T0TECHCORP"]}}]
)
async def test_a_colleague_is_one_of_ours_in_whichever_workspace_of_the_company_they_began(home: Any) -> None:
    client: Any = Directory(profile=SARAH, is_admin=True, **home)
    found = await read_profile(client, workspace_id="T0TECHCORP", user_id="U0SARAH")
    assert (found.is_person, found.is_admin) == (True, True)


async def test_a_stranger_with_a_members_address_is_not_taken_for_that_member(team: Team) -> None:
    team.sql("DELETE FROM slack_identities WHERE slack_user_id = 'U0LISA'")
    client: Any = Directory(team_id="T0EVIL", profile={"email": "lisa@techcorp.com"})
    await teams.link_by_email(team.db, await read_profile(client, workspace_id="T0TECHCORP", user_id="U0MALLORY"))
    assert team.value("SELECT count(*) FROM slack_identities WHERE slack_user_id = 'U0MALLORY'") == 0


async def test_another_team_of_the_same_workspace_gets_nothing_by_any_button_of_a_card_it_sees(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    await team.settled()
    ours = team.decision_id
    other, member = uuid4(), uuid4()
    team.sql("INSERT INTO teams (id, name, company_name) VALUES (%s, 'Other', 'TechCorp')", other)
    team.sql("INSERT INTO team_workspaces (workspace_id, team_id) VALUES ('T0TECHCORP', %s)", other)
    team.sql(
        "INSERT INTO team_members (id, team_id, email, name, password_hash, role, escalation_authority) "
        "VALUES (%s, %s, 'ana@techcorp.com', 'Ana Silva', '!', 'support_manager', 5)",
        member,
        other,
    )
    for action in [*Action, "decision.show", "card.post"]:
        assert NO_SUCH in await team.told("ana", action, ours)
    ana = team.house.person("ana")
    await ana.slash("/decide show 1")
    await ana.see("Your team has no decision #1.")
    await ana.open_home()
    assert "Refund for the outage" not in await ana.home()
    assert team.value("SELECT count(*) FROM slack_identities WHERE member_id = %s", member) == 1
    assert "Your team has no such member." in await team.told("ana", "team.edit_member", team.actors["lisa"].member.id)
