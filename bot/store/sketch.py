"""What a language model made of cases (table `sketches`), and what that used up (table `model_usage`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.sketch import READ, Sketch
from bot.store import tables as t


@dataclass(frozen=True)
class Written:
    """A case as it was typed, as far as a model may read it."""

    decision_id: UUID
    team_id: UUID
    title: str
    description: str
    digest: str
    about: tuple[str, ...]
    """The customer's names, and those of the team and its people: what must not leave."""


ABOUT = """
    array_remove(ARRAY[d.customer_name, d.customer_id, d.customer_email, t.name, t.company_name]
        || ARRAY(SELECT m.name FROM team_members m WHERE m.team_id = d.team_id), NULL) AS about
"""
_WRITTEN = text(
    f"""
    SELECT d.id, d.team_id, d.title, left(d.description, :read) AS description, md5(d.title || d.description) AS digest,
        {ABOUT}
    FROM customer_decisions d JOIN teams t ON t.id = d.team_id
    LEFT JOIN sketches s ON s.decision_id = d.id AND s.digest = md5(d.title || d.description)
    WHERE d.id = :decision AND t.asks_model AND d.status IN ('created', 'team_input') AND s.decision_id IS NULL
    """
)


async def find_unread(c: AsyncConnection, decision_id: UUID) -> Written | None:
    """The case, where a model may read it now and has not yet: options are collected, and its team wants it."""
    row = (await c.execute(_WRITTEN, {"decision": decision_id, "read": READ})).one_or_none()
    if row is None:
        return None
    return Written(row.id, row.team_id, row.title, row.description, row.digest, tuple(row.about))


async def is_wanted(c: AsyncConnection, team_id: UUID) -> bool:
    """Whether the team lets a model read its cases."""
    return bool((await c.execute(select(t.teams.c.asks_model).where(t.teams.c.id == team_id))).scalar_one())


_KEEP = text(
    """
    INSERT INTO sketches (decision_id, digest, model, body)
    SELECT d.id, :digest, :model, :body FROM customer_decisions d
    WHERE d.id = :decision AND md5(d.title || d.description) = :digest
    ON CONFLICT (decision_id) DO UPDATE SET digest = excluded.digest, model = excluded.model, body = excluded.body,
        made_at = now()
    RETURNING decision_id
    """
).bindparams(bindparam("body", type_=JSONB))


async def keep(c: AsyncConnection, written: Written, sketch: Sketch, *, model: str) -> bool:
    """False: the text is another one by now, and nothing was kept."""
    given = {"decision": written.decision_id, "digest": written.digest, "model": model, "body": sketch.to_json()}
    return (await c.execute(_KEEP, given)).first() is not None


_SHARPEN = text(
    """
    UPDATE customer_decisions SET ai_classification = ai_classification || :found, ai_confidence_score = NULL
    WHERE id = :decision AND jsonb_typeof(ai_classification -> 'type') = 'null'
    """
).bindparams(bindparam("found", type_=JSONB))


async def sharpen(c: AsyncConnection, decision_id: UUID, found: Mapping[str, object]) -> None:
    """Put what the model read where the words alone abstained. How sure it is nobody has measured: no confidence."""
    await c.execute(_SHARPEN, {"decision": decision_id, "found": dict(found)})


async def find(c: AsyncConnection, decision_id: UUID) -> Sketch | None:
    """What there is of the case as it reads now."""
    d, s = t.customer_decisions.c, t.sketches.c
    of_now = s.digest == func.md5(d.title + d.description)
    query = select(s.body).join(t.customer_decisions, d.id == s.decision_id).where(s.decision_id == decision_id, of_now)
    body = (await c.execute(query)).scalar_one_or_none()
    return None if body is None else Sketch.from_json(body)


_RESERVE = text(
    """
    INSERT INTO model_usage AS u (team_id, day, tokens, asked)
    SELECT :team, :day, :tokens, 1 WHERE :tokens <= :budget
    ON CONFLICT (team_id, day) DO UPDATE SET tokens = u.tokens + excluded.tokens, asked = u.asked + 1
    WHERE u.tokens + excluded.tokens <= :budget
    RETURNING u.tokens
    """
)


async def reserve(c: AsyncConnection, team_id: UUID, *, day: date, tokens: int, budget: int) -> bool:
    """Take tokens out of the team's day before they are used, so that two workers cannot use more. False: too few."""
    given = {"team": team_id, "day": day, "tokens": tokens, "budget": budget}
    return (await c.execute(_RESERVE, given)).first() is not None


async def refuse(c: AsyncConnection, team_id: UUID, *, day: date) -> None:
    """Count a question that the budget did not allow."""
    u = t.model_usage
    first = insert(u).values(team_id=team_id, day=day, refused=1)
    again = first.on_conflict_do_update(index_elements=["team_id", "day"], set_={"refused": u.c.refused + 1})
    await c.execute(again)


async def settle(c: AsyncConnection, team_id: UUID, *, day: date, tokens: int, error: str | None = None) -> None:
    """Correct what was reserved by so many tokens, up or down; with what went wrong, if something did."""
    u = t.model_usage
    values: dict[str, Any] = {"tokens": func.greatest(u.c.tokens + tokens, 0)}
    if error:
        values |= {"failed": u.c.failed + 1, "last_error": error, "failed_at": func.now()}
    await c.execute(update(u).where(u.c.team_id == team_id, u.c.day == day).values(**values))


@dataclass(frozen=True)
class Usage:
    """Of all teams together, in one day and the one before."""

    asked: int
    failed: int
    refused: int
    last_error: str | None
    failed_at: datetime | None


_USAGE = text(
    """
    SELECT coalesce(sum(asked), 0) AS asked, coalesce(sum(failed), 0) AS failed, coalesce(sum(refused), 0) AS refused,
        (array_agg(last_error ORDER BY failed_at DESC NULLS LAST))[1] AS last_error, max(failed_at) AS failed_at
    FROM model_usage WHERE day >= (now() AT TIME ZONE 'UTC')::date - 1
    """
)


async def usage(c: AsyncConnection) -> Usage:
    row: Row[Any] = (await c.execute(_USAGE)).one()
    return Usage(row.asked, row.failed, row.refused, row.last_error, row.failed_at)
