"""Rounds of scoring and their rosters. Closing, extending and voiding go through the vault's functions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.criterion import Criterion
from bot.domain.decision import Status
from bot.domain.option import Option
from bot.domain.round import Round, RoundMember, Thresholds
from bot.domain.team import UserGroup
from bot.domain.waiting import Kind
from bot.store import tables as t
from bot.store.team import identity_in


async def open_round(
    c: AsyncConnection,
    *,
    decision_id: UUID,
    opened_by: UUID,
    closes_at: datetime,
    options: Sequence[Option],
    criteria: Sequence[Criterion],
    member_ids: Sequence[UUID],
    thresholds: Thresholds,
) -> UUID:
    """Open a round. Roster, options, criteria, weights, closing time and thresholds are frozen in it.

    The snapshot holds ids, and digests of the titles and names: by them `conclave verify` sees whether two options or
    two criteria have swapped names since.
    """
    names = {option.id: option.title for option in options} | {criterion.id: criterion.name for criterion in criteria}
    count = select(func.count() + 1).where(t.rounds.c.decision_id == decision_id)
    row = await c.execute(
        insert(t.rounds)
        .values(
            decision_id=decision_id,
            number=count.scalar_subquery(),
            opened_by=opened_by,
            closes_at=closes_at,
            snapshot={
                "options": [str(option.id) for option in options],
                "criteria": [{"id": str(k.id), "weight": str(k.weight)} for k in criteria],
                "names": {str(id_): f"sha256:{sha256(name.encode()).hexdigest()}" for id_, name in names.items()},
            },
            thresholds=asdict(thresholds),
        )
        .returning(t.rounds.c.id)
    )
    round_id: UUID = row.scalar_one()
    await set_roster(c, round_id, member_ids)
    return round_id


async def set_roster(c: AsyncConnection, round_id: UUID, member_ids: Sequence[UUID]) -> None:
    """Ask these people, in an open round that has no ballot yet; RuntimeError in another."""
    row = await c.execute(text("SELECT set_roster(:round, :members)"), {"round": round_id, "members": list(member_ids)})
    answer: str = row.scalar_one()
    if answer != "set":
        raise RuntimeError(f"The roster of a round cannot be set: {answer}.")


async def set_group(c: AsyncConnection, decision_id: UUID, round_id: UUID, group: UserGroup) -> None:
    """Remember that the people of this user group were asked in the round."""
    d = t.customer_decisions
    kept = {"round": str(round_id), "id": group.id, "handle": group.handle}
    await c.execute(update(d).where(d.c.id == decision_id).values(roster_group=kept))


async def find_group(c: AsyncConnection, decision_id: UUID, round_id: UUID) -> UserGroup | None:
    """The user group whose people were asked in this very round; None where people were chosen one by one."""
    d = t.customer_decisions.c
    kept = (await c.execute(select(d.roster_group).where(d.id == decision_id))).scalar_one_or_none()
    return UserGroup(kept["id"], kept["handle"]) if kept and kept["round"] == str(round_id) else None


@dataclass(frozen=True)
class Found:
    """A round's row, not read yet: so that one that cannot be read spoils only its own decision, not all of a list."""

    row: Any
    members: tuple[RoundMember, ...]

    def read(self) -> Round:
        """Raises whatever comes of a row that is not as this version expects it."""
        return round_of(self.row, self.members)


_R = t.rounds.c
_LIVE = (
    select(*_R)
    .where(_R.decision_id == t.any_of("decisions"), _R.voided_at.is_(None))
    .order_by(_R.decision_id, _R.number.desc())
    .ext(distinct_on(_R.decision_id))
)


async def live_of_decisions(c: AsyncConnection, decision_ids: Sequence[UUID]) -> dict[UUID, Found]:
    """By decision its latest round that was not voided, where there is one. Two statements for all of them."""
    rows = await c.execute(_LIVE, {"decisions": list(decision_ids)})
    found = {row.id: row for row in rows}
    members = await _members(c, list(found)) if found else {}
    return {row.decision_id: Found(row, members.get(row.id, ())) for row in found.values()}


_M = t.round_members.c
ASKED_COLUMNS = (
    _M.member_id,
    t.team_members.c.name,
    t.slack_identities.c.slack_user_id,
    _M.submitted,
    _M.excused_at,
)
BY_NAME = (t.team_members.c.name, _M.member_id)
_ASKED = (
    select(_M.round_id, *ASKED_COLUMNS)
    .join(t.rounds, _R.id == _M.round_id)
    .join(t.customer_decisions, t.customer_decisions.c.id == _R.decision_id)
    .join(t.team_members, t.team_members.c.id == _M.member_id)
    .outerjoin(t.slack_identities, identity_in(t.customer_decisions.c.workspace_id))
    .where(_M.round_id == t.any_of("rounds"))
    .order_by(_M.round_id, *BY_NAME)
)


async def _members(c: AsyncConnection, round_ids: Sequence[UUID]) -> dict[UUID, tuple[RoundMember, ...]]:
    """By round those who are asked, by name, with who they are in the workspace of the decision."""
    rows = await c.execute(_ASKED, {"rounds": list(round_ids)})
    return {
        round_id: tuple(member_of(person) for person in people)
        for round_id, people in groupby(rows, key=lambda row: row.round_id)
    }


def member_of(row: Any) -> RoundMember:
    return RoundMember(row.member_id, row.name, row.slack_user_id, row.submitted, row.excused_at is not None)


def round_of(row: Any, members: tuple[RoundMember, ...]) -> Round:
    return Round(
        id=row.id,
        decision_id=row.decision_id,
        number=row.number,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        closes_at=row.closes_at,
        option_ids=tuple(UUID(option) for option in row.snapshot["options"]),
        weights=_weights(row.snapshot),
        thresholds=Thresholds(**row.thresholds),
        follows=row.follows,
        members=members,
        closed_at=row.closed_at,
        close_cause=row.close_cause,
        override_by=row.override_by,
        override_reason=row.override_reason,
        published_at=row.published_at,
        voided_at=row.voided_at,
    )


def _weights(snapshot: Mapping[str, Any]) -> tuple[tuple[UUID, Decimal], ...]:
    return tuple((UUID(k["id"]), Decimal(k["weight"])) for k in snapshot["criteria"])


async def weights_of(c: AsyncConnection, round_id: UUID) -> tuple[tuple[UUID, Decimal], ...]:
    """(criterion id, weight) as frozen when the round was opened."""
    snapshot = await c.execute(select(t.rounds.c.snapshot).where(t.rounds.c.id == round_id))
    return _weights(snapshot.scalar_one())


async def of_decision(c: AsyncConnection, decision_id: UUID) -> list[UUID]:
    """The decision's rounds, voided or not, oldest first."""
    r = t.rounds.c
    rows = await c.execute(select(r.id).where(r.decision_id == decision_id).order_by(r.number))
    return list(rows.scalars())


_DECISION = (
    select(t.customer_decisions.c.team_id, t.customer_decisions.c.id)
    .join(t.rounds, _R.decision_id == t.customer_decisions.c.id)
    .where(_R.id == bindparam("round"))
)


async def find_decision(c: AsyncConnection, round_id: UUID) -> tuple[UUID, UUID] | None:
    """(team id, decision id) of a round."""
    row = (await c.execute(_DECISION, {"round": round_id})).one_or_none()
    return (row.team_id, row.id) if row else None


async def unpublished_rounds_of(c: AsyncConnection, member_id: UUID) -> list[tuple[UUID, UUID]]:
    """(decision id, round id) of the unpublished rounds that ask the member."""
    rows = await c.execute(
        select(t.rounds.c.decision_id, t.rounds.c.id)
        .join(t.round_members, t.round_members.c.round_id == t.rounds.c.id)
        .where(
            t.round_members.c.member_id == member_id,
            t.round_members.c.excused_at.is_(None),
            # One that closed without quorum may be extended and ask again.
            t.rounds.c.published_at.is_(None),
            t.rounds.c.voided_at.is_(None),
        )
        .order_by(t.rounds.c.decision_id)
    )
    return [(row.decision_id, row.id) for row in rows]


async def excuse(c: AsyncConnection, *, round_id: UUID, member_id: UUID) -> None:
    """Take this person off those who are asked; a ballot that they have submitted stays and counts."""
    await c.execute(text("SELECT excuse_member(:round, :member)"), {"round": round_id, "member": member_id})


async def open_second(
    c: AsyncConnection, *, decision_id: UUID, by: UUID, closes_at: datetime
) -> tuple[str, UUID | None]:
    """Ask the people of the published round once more; ('opened', the new round), else ('unpublished' | 'followed' |
    'past' | 'too_few', None)."""
    row = (
        await c.execute(
            text("SELECT answer, round_id FROM open_second_round(:decision, :by, :at)"),
            {"decision": decision_id, "by": by, "at": closes_at},
        )
    ).one()
    return row.answer, row.round_id


async def close(c: AsyncConnection, round_id: UUID, *, by: UUID | None) -> str:
    """'closed' | 'already' | 'not_yet' | 'no_quorum' | 'voided' (see migrations/vault.sql)."""
    row = await c.execute(text("SELECT close_round(:round, :by)"), {"round": round_id, "by": by})
    answer: str = row.scalar_one()
    return answer


async def extend(c: AsyncConnection, round_id: UUID, *, closes_at: datetime) -> str:
    """'extended' | 'published' | 'voided' | 'has_quorum' | 'past'."""
    row = await c.execute(text("SELECT extend_round(:round, :at)"), {"round": round_id, "at": closes_at})
    answer: str = row.scalar_one()
    return answer


async def override(c: AsyncConnection, round_id: UUID, *, by: UUID, reason: str) -> str:
    """'recorded' | 'open' | 'has_quorum' | 'published' | 'voided'."""
    row = await c.execute(
        text("SELECT override_round(:round, :by, :reason)"), {"round": round_id, "by": by, "reason": reason}
    )
    answer: str = row.scalar_one()
    return answer


async def left_alone(c: AsyncConnection, *, before: datetime, least_told: int, whatever: datetime) -> list[UUID]:
    """Decisions with a round that closed `before` then and was neither published nor voided, whose owner was told so
    often, as the reminders count; `whatever`: of rounds that closed before this one nobody need have been told."""
    d, r, m = t.customer_decisions.c, t.rounds.c, t.reminders.c
    is_told = exists().where(m.decision_id == d.id, m.member_id == d.created_by, m.kind == Kind.UNDECIDED.value)
    rows = await c.execute(
        select(d.id)
        .join(t.rounds, r.decision_id == d.id)
        .where(
            d.status == Status.EVALUATING.value,
            r.closed_at < before,
            r.published_at.is_(None),
            r.voided_at.is_(None),
            r.override_reason.is_(None),
            or_(is_told.where(m.asked >= least_told), r.closed_at < whatever),
        )
        .order_by(r.closed_at)
    )
    return list(rows.scalars())


async def void(c: AsyncConnection, round_id: UUID, *, by: UUID | None, reason: str) -> str:
    """'voided' | 'published' | 'already'. Deletes every ballot of the round."""
    row = await c.execute(
        text("SELECT void_round(:round, :by, :reason)"), {"round": round_id, "by": by, "reason": reason}
    )
    answer: str = row.scalar_one()
    return answer
