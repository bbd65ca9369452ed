"""Scoring leaves no trace outside the vault but the count: no digest, no time, no line in any trail."""

from typing import Any

from bot.domain.action import Action
from tests.support.scoring import TRUST, by_hand, sure, typed
from tests.support.team import Team

FULL, PARTIAL = "Full refund", "Partial credit"
VAULT = {"evaluations", "ballot_pages"}
OF_THE_CLOCK = {"sweep_runs"}


def everything_else(team: Team) -> dict[str, Any]:
    """Every row of every other table; of the roster also which transaction wrote it."""
    names = [n for (n,) in team.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
    rows = {n: team.sql(f"SELECT t::text FROM {n} t ORDER BY 1") for n in names if n not in VAULT | OF_THE_CLOCK}
    return rows | {"xmin": team.sql("SELECT member_id, xmin::text FROM round_members ORDER BY 1")}


async def ballot_by_hand(team: Team, name: str, full: int, partial: int, comment: str) -> None:
    await by_hand(team, name, full, partial, comment=comment, **sure(2))
    await team.house.person(name).close(everything=True)


async def test_a_draft_and_a_changed_ballot_change_nothing_that_anybody_else_can_look_up(team: Team) -> None:
    await team.to_scoring()
    await team.settled()
    before = everything_else(team)
    await team.window("lisa", Action.SCORE)
    await team.house.person("lisa").fill(typed(9, 2, on=[TRUST]))
    await team.house.person("lisa").click("Save for later")
    await team.modal("lisa", at_least="Saved, 1 of 2")
    await team.house.person("lisa").close(everything=True)
    assert everything_else(team) == before

    await ballot_by_hand(team, "lisa", 9, 2, "zqfirst")
    await team.settled()
    once = everything_else(team)
    assert once["audit_logs"] == before["audit_logs"]
    assert once["submissions"] == before["submissions"]
    await ballot_by_hand(team, "lisa", 1, 10, "zqsecond")
    await team.settled()
    assert everything_else(team) == once
    assert team.value("SELECT count(DISTINCT created_at) FROM evaluations") == 1
