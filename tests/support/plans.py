"""What is planned to be told about a decision, as its reminders say."""

from bot.services import reminder as reminders
from tests.support.team import Team


def waiting(team: Team) -> dict[str, set[str]]:
    """By name, whom the plan tells of what."""
    rows = team.sql(
        "SELECT m.name, array_agg(r.kind) FROM reminders r JOIN team_members m ON m.id = r.member_id "
        "WHERE r.waiting_since IS NOT NULL AND r.decision_id = %s GROUP BY m.name",
        team.decision_id,
    )
    return {name: set(kinds) for name, kinds in rows}


async def plan(team: Team) -> None:
    await reminders.plan(team.db, decision_id=team.decision_id, now=team.now, rules=team.rules)
