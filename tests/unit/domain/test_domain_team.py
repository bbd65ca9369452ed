"""Who may edit a team."""

from dataclasses import replace

import pytest

from bot.domain.team import may_edit_team
from tests.support.dossiers import SARAH


@pytest.mark.parametrize(
    ("authority", "is_active", "is_workspace_admin", "may"),
    [
        (5, True, False, True),
        (4, True, False, False),
        (5, False, False, False),
        (1, True, True, True),
        (1, False, True, True),
    ],
)
def test_a_team_is_edited_by_active_members_of_authority_5_and_by_admins_of_the_workspace(
    authority: int, is_active: bool, is_workspace_admin: bool, may: bool
) -> None:
    member = replace(SARAH, authority=authority, is_active=is_active)

    assert may_edit_team(member, is_workspace_admin=is_workspace_admin) is may
