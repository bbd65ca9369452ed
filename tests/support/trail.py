"""The trail (table `audit_logs`): what it says that a deed has added, and what the deed should have added."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.team import Team

OFF_THE_DECISION = ("team.", "member.", "settings.", "suggestions.", "reminders.", "wording.", "deputy.")
"""What is about the team or a person, not about a decision."""


@dataclass(frozen=True)
class Row:
    """One line. by: the person, None for the bot itself and where the trail keeps silent about who it was."""

    action: str
    by: str | None = None
    details: Callable[[Any], Mapping[str, Any] | None] = lambda team: None


def trail(team: Team) -> list[tuple[Any, ...]]:
    return list(team.sql("SELECT id, action, user_id, decision_id, details FROM audit_logs"))


def added(team: Team, before: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """(action, who, about which decision, details) of what is there since."""
    known = {row[0] for row in before}
    return sorted((row[1:] for row in trail(team) if row[0] not in known), key=str)


def expected(team: Team, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    """The same of what should be there: about the decision at hand, where it is about one."""
    lines = (
        (
            row.action,
            team.actors[row.by].member.id if row.by else None,
            None if row.action.startswith(OFF_THE_DECISION) else team.decision_id,
            row.details(team),
        )
        for row in rows
    )
    return sorted(lines, key=str)
