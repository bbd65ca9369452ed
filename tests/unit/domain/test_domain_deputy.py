"""Who may stand in for whom, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from bot.domain.deputy import Absence, check_absence
from bot.domain.team import Member
from bot.errors import Invalid, NotAllowed

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LISA, TOM, MIKE = (
    Member(UUID(int=place), UUID(int=9), name, f"{name}@techcorp.com", "support_manager", 3)
    for place, name in enumerate(("Lisa", "Tom", "Mike"), 1)
)


def check(
    deputy: Member | None, *, by: Member = LISA, own: Absence | None = None, until: datetime = MONDAY + DAY
) -> None:
    """Tom for Lisa, on Monday, unless it is said otherwise."""
    check_absence(LISA, deputy, by, begins=MONDAY, until=until, own=own)


def test_whoever_is_active_in_the_team_and_there_themselves_may() -> None:
    check(TOM)
    check(TOM, own=Absence(TOM.id, MIKE.id, MONDAY + DAY, MONDAY + 2 * DAY))
    check(TOM, own=Absence(TOM.id, MIKE.id, MONDAY - DAY, MONDAY))


@pytest.mark.parametrize(
    "deputy",
    [None, replace(TOM, team_id=UUID(int=8)), replace(TOM, is_active=False), replace(TOM, is_guest=True)],
    ids=["nobody", "of another team", "inactive", "a guest"],
)
def test_nobody_else_may(deputy: Member | None) -> None:
    with pytest.raises(Invalid, match="A deputy is an active member of the team, and no guest"):
        check(deputy)


def test_nobody_stands_in_for_themselves_or_makes_themselves_a_deputy() -> None:
    with pytest.raises(Invalid, match="Nobody stands in for themselves"):
        check(LISA)
    with pytest.raises(NotAllowed, match="Ask Lisa, or another team admin, to do it"):
        check(TOM, by=TOM)


def test_an_absence_ends_after_it_begins() -> None:
    with pytest.raises(Invalid, match="The end has to be later than the beginning"):
        check(TOM, until=MONDAY)


def test_whoever_is_away_then_does_not_stand_in() -> None:
    with pytest.raises(Invalid, match="Tom is away then, and what is lent is not passed on"):
        check(TOM, own=Absence(TOM.id, MIKE.id, MONDAY - DAY, MONDAY + timedelta(hours=1)))
