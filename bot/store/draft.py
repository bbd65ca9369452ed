"""Drafts of decisions (table `drafts`): added once per source and reference, without their text once they are over."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.draft import KEPT, Content, Draft, Source, Status
from bot.domain.option import OptionDraft
from bot.domain.team import Actor
from bot.errors import NotFound
from bot.store import tables as t

ENDED_KEPT = timedelta(days=30)
"""A draft that was put away is known for so long, so that its ticket does not make another one."""
GONE = (
    f"This draft is gone: nobody took it within {KEPT.days} days, or it was erased. Open the decision with /decide, or "
    "hand the ticket in once more."
)
_D = t.drafts.c


def _drafts() -> Select[Any]:
    m, d = t.team_members.c, t.customer_decisions.c
    found = select(t.drafts, m.name.label("owner"), d.number)
    return found.join(t.team_members, m.id == _D.owner_id).outerjoin(t.customer_decisions, d.id == _D.decision_id)


def _draft(row: Any) -> Draft:
    return Draft(
        id=row.id,
        team_id=row.team_id,
        owner_id=row.owner_id,
        owner=row.owner,
        source=Source(row.source, row.source_name),
        reference=row.reference,
        link=row.link,
        content=Content.from_json(row.body),
        status=Status(row.status),
        decision=f"#{row.number}" if row.number else None,
    )


async def add(
    c: AsyncConnection,
    owner: Actor,
    *,
    source: Source,
    reference: str,
    link: str | None,
    content: Content,
) -> tuple[UUID, bool]:
    """(its id, whether it is new): this source may have handed in this reference before."""
    row = insert(t.drafts).values(
        team_id=owner.team.id,
        owner_id=owner.member.id,
        workspace_id=owner.workspace_id,
        source=source.key,
        source_name=source.name,
        reference=reference,
        link=link,
        body=content.to_json(),
    )
    added = (await c.execute(row.on_conflict_do_nothing().returning(_D.id))).scalar_one_or_none()
    if added is not None:
        return added, True
    known = select(_D.id).where(_D.team_id == owner.team.id, _D.source == source.key, _D.reference == reference)
    return (await c.execute(known)).scalar_one(), False


async def get(c: AsyncConnection, draft_id: UUID, *, team_id: UUID, lock: bool = False) -> Draft:
    """Raises NotFound, also for another team's."""
    found = _drafts().where(_D.id == draft_id, _D.team_id == team_id)
    row = (await c.execute(found.with_for_update(of=t.drafts) if lock else found)).one_or_none()
    if row is None:
        raise NotFound(GONE)
    return _draft(row)


async def find(c: AsyncConnection, draft_id: UUID) -> Draft | None:
    row = (await c.execute(_drafts().where(_D.id == draft_id))).one_or_none()
    return _draft(row) if row else None


async def open_as(c: AsyncConnection, draft_id: UUID, decision_id: UUID, options: tuple[OptionDraft, ...]) -> None:
    """Of what it said only the options stay, until they are added."""
    left = Content(options=options).to_json() if options else {}
    await _end(c, draft_id, status=Status.OPENED, decision_id=decision_id, body=left)


async def dismiss(c: AsyncConnection, draft_id: UUID) -> None:
    await _end(c, draft_id, status=Status.DISMISSED, body={}, link=None)


async def _end(c: AsyncConnection, draft_id: UUID, **values: object) -> None:
    await c.execute(update(t.drafts).where(_D.id == draft_id).values(ended_at=func.now(), **values))


async def take_options(c: AsyncConnection, decision_id: UUID) -> tuple[OptionDraft, ...]:
    """The options that were proposed together with this decision, once."""
    mine = and_(_D.decision_id == decision_id, _D.body != {})
    body = (await c.execute(select(_D.body).where(mine).with_for_update())).scalar_one_or_none()
    if body is None:
        return ()
    await c.execute(update(t.drafts).where(mine).values(body={}))
    return Content.from_json(body).options


async def purge(c: AsyncConnection) -> None:
    """Those that nobody took, and those that were put away long ago. One that was opened goes with its decision."""
    untaken = and_(_D.status == Status.WAITING, _D.created_at < func.now() - KEPT)
    put_away = and_(_D.status == Status.DISMISSED, _D.ended_at < func.now() - ENDED_KEPT)
    await c.execute(delete(t.drafts).where(or_(untaken, put_away)))
