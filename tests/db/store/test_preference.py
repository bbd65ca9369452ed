"""Where somebody lives who is in two workspaces: where they act from, and in the other one where they are not there."""

import pytest

from bot.store import preference, team
from bot.store.db import Db, run_tx
from tests.support.vault import Vault


async def test_a_zone_is_followed_where_it_was_told_and_nowhere_else(vault: Vault, db: Db) -> None:
    first, second, _ = vault.a_round(people=3, options=2, criteria=1).members
    seat = "INSERT INTO slack_identities (workspace_id, slack_user_id, member_id, tz) VALUES (%s, %s, %s, 'UTC')"
    for workspace, user, member in (("T1", "U1", first), ("T2", "U1", first), ("T1", "U2", second)):
        vault.do(seat, workspace, user, member)

    await run_tx(db, lambda c: team.set_zone(c, workspace_id="T1", user_id="U1", tz="Asia/Tokyo"))

    zones = vault.rows("SELECT workspace_id, slack_user_id, tz FROM slack_identities ORDER BY 1, 2")
    assert zones == [("T1", "U1", "Asia/Tokyo"), ("T1", "U2", "UTC"), ("T2", "U1", "UTC")]


@pytest.mark.parametrize(
    ("workspace_id", "zone"), [("T1", "Europe/Berlin"), ("T2", "Asia/Tokyo"), ("T3", None), (None, None)]
)
async def test_the_zone_of_the_workspace_goes_before_any_other(
    vault: Vault, db: Db, workspace_id: str | None, zone: str | None
) -> None:
    (member, *_) = vault.a_round(people=3, options=2, criteria=1).members
    for workspace, tz in (("T2", "Asia/Tokyo"), ("T1", "Europe/Berlin")):
        seat = "INSERT INTO slack_identities (workspace_id, slack_user_id, member_id, tz) VALUES (%s, 'U1', %s, %s)"
        vault.do(seat, workspace, member, tz)

    found = await run_tx(db, lambda c: preference.find_ways(c, member_id=member, workspace_id=workspace_id))

    assert found.tz == zone if zone else found.tz in ("Europe/Berlin", "Asia/Tokyo")
