"""Who stands in for somebody who is away: what a deputy may is `decider.authority_on`'s to say."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.domain.team import Member
from bot.errors import Invalid, NotAllowed


@dataclass(frozen=True)
class Absence:
    """From when until when somebody is away, and who acts with their authority meanwhile."""

    member_id: UUID
    deputy_id: UUID
    begins: datetime
    until: datetime

    def overlaps(self, begins: datetime, until: datetime) -> bool:
        return self.begins < until and begins < self.until


def check_absence(
    absent: Member, deputy: Member | None, by: Member, *, begins: datetime, until: datetime, own: Absence | None
) -> None:
    """Raise Invalid or NotAllowed, with the field, where that person cannot stand in. own: the deputy's absence."""
    if until <= begins:
        raise Invalid("The end has to be later than the beginning.", field="until")
    if deputy is None or deputy.team_id != absent.team_id or not deputy.is_active or deputy.is_guest:
        raise Invalid("A deputy is an active member of the team, and no guest. Choose another one.", field="deputy")
    if deputy.id == absent.id:
        raise Invalid("Nobody stands in for themselves. Choose somebody else.", field="deputy")
    if deputy.id == by.id:
        raise NotAllowed(
            f"Nobody makes themselves a deputy. Ask {absent.name}, or another team admin, to do it.", field="deputy"
        )
    if own and own.overlaps(begins, until):
        raise Invalid(
            f"{deputy.name} is away then, and what is lent is not passed on. Choose somebody else.", field="deputy"
        )
