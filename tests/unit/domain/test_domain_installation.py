"""Whose installation an event speaks of."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.installation import CLOCKS_APART, Installation, is_older

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (-CLOCKS_APART, True),
        (-CLOCKS_APART + SECOND, None),
        (timedelta(0), None),
        (CLOCKS_APART - SECOND, None),
        (CLOCKS_APART, False),
    ],
)
def test_an_event_is_older_than_an_installation_by_more_than_clocks_differ(
    after: timedelta, expected: bool | None
) -> None:
    assert is_older(NOON + after, NOON) is expected


@pytest.mark.parametrize(
    ("enterprise_id", "team_id", "is_org"),
    [(None, "T1", False), ("E1", "T1", False), ("E1", None, True), (None, None, False)],
)
def test_an_installation_without_a_workspace_is_an_organisations(
    enterprise_id: str | None, team_id: str | None, is_org: bool
) -> None:
    found = Installation(None, enterprise_id, team_id, "xoxb-secret", "U1", "B1")

    assert found.is_org is is_org
    assert "xoxb-secret" not in repr(found)
