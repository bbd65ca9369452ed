"""Vectors of cases (table `case_vectors`): which are wanted, how they are kept, which are near to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import LargeBinary, Text, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Decision
from bot.store import tables as t
from bot.store.precedent import NEWEST, scope

CHARACTERS = 1000
"""Of what happened; a model reads less than that."""


@dataclass(frozen=True)
class Wanted:
    """A case without a vector of this model."""

    decision_id: UUID
    text: str
    digest: str
    """Of the text as it was read: a vector is kept only while the text is the same."""


# Three ways into one index: cases without any vector first, then those of other models.
_OTHERS = "SELECT decision_id FROM case_vectors WHERE model {} LIMIT :at_most"
_WANTED = text(
    f"""
    SELECT d.id, d.title || '. ' || left(d.description, {CHARACTERS}) AS text, md5(d.title || d.description) AS digest
    FROM ({" UNION ALL ".join(f"({_OTHERS.format(how)})" for how in ("IS NULL", "< :model", "> :model"))}) AS w
    JOIN customer_decisions d ON d.id = w.decision_id LIMIT :at_most
    """
)
_KEEP = text(
    """
    UPDATE case_vectors v SET model = :model, vector = n.vector
    FROM unnest(:ids, :digests, :vectors) AS n (id, digest, vector) JOIN customer_decisions d ON d.id = n.id
    WHERE v.decision_id = n.id AND md5(d.title || d.description) = n.digest
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("digests", type_=ARRAY(Text)),
    bindparam("vectors", type_=ARRAY(LargeBinary)),
)


_OF_SCOPE = text(
    """
    WITH newest AS MATERIALIZED (
        SELECT decision_id FROM precedents
        WHERE words @@ quote_literal(:scope)::tsquery AND decision_id <> :decision
        ORDER BY resolved_at DESC, decision_id LIMIT :newest)
    SELECT v.decision_id, v.vector FROM newest n JOIN case_vectors v ON v.decision_id = n.decision_id
    WHERE v.model = :model
    """
)


async def wanted(c: AsyncConnection, *, model: str, at_most: int) -> list[Wanted]:
    rows = await c.execute(_WANTED, {"model": model, "at_most": at_most})
    return [Wanted(row.id, row.text, row.digest) for row in rows]


async def keep(c: AsyncConnection, cases: Sequence[Wanted], vectors: Sequence[bytes], *, model: str) -> None:
    """Vectors of these cases, in their order; not of those whose text has changed since it was read."""
    ids, digests = [case.decision_id for case in cases], [case.digest for case in cases]
    await c.execute(_KEEP, {"model": model, "ids": ids, "digests": digests, "vectors": list(vectors)})


async def find(c: AsyncConnection, decision_id: UUID) -> tuple[str, bytes] | None:
    """(model, vector) of a case; None until it was embedded."""
    v = t.case_vectors.c
    row = (await c.execute(select(v.model, v.vector).where(v.decision_id == decision_id))).one_or_none()
    return (row.model, row.vector) if row and row.model else None


async def of_scope(c: AsyncConnection, decision: Decision, *, model: str) -> list[tuple[UUID, bytes]]:
    """(case, vector) of decided cases of its team and type, but for itself: the newest, and by one model."""
    within = scope(decision.team_id, decision.case.decision_type)
    given = {"scope": within, "model": model, "decision": decision.id, "newest": NEWEST}
    rows = await c.execute(_OF_SCOPE, given)
    return [(row.decision_id, row.vector) for row in rows]
