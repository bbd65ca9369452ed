"""Where somebody lives who is in two workspaces: where they act from, and in the other one where they are not there."""

import pytest

from bot.store import db as store
from bot.store import preference
from bot.store.db import run_tx
from tests.support.vault import Vault


@pytest.mark.parametrize(
    ("workspace_id", "zone"), [("T1", "Europe/Berlin"), ("T2", "Asia/Tokyo"), ("T3", None), (None, None)]
)
async def test_the_zone_of_the_workspace_goes_before_any_other(
    vault: Vault, service_database_url: str, workspace_id: str | None, zone: str | None
) -> None:
    (member, *_) = vault.a_round(people=3, options=2, criteria=1).members
    for workspace, tz in (("T2", "Asia/Tokyo"), ("T1", "Europe/Berlin")):
        seat = "INSERT INTO slack_identities (workspace_id, slack_user_id, member_id, tz) VALUES (%s, 'U1', %s, %s)"
        vault.do(seat, workspace, member, tz)
    db = store.connect(service_database_url)
    try:
        found = await run_tx(db, lambda c: preference.find_ways(c, member_id=member, workspace_id=workspace_id))
    finally:
        await db.close()

    assert found.tz == zone if zone else found.tz in ("Europe/Berlin", "Asia/Tokyo")
