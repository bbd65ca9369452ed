"""Answers to programs' requests (table `kept_answers`), for a day."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.kept_answer import Before, KeptAnswer, KeptName
from bot.store import tables as t

KEPT = timedelta(days=1)
# A process that died has left its row without an answer: after a minute, which no request takes, it is begun anew.
_CLAIM = text(
    """
    INSERT INTO kept_answers (token_id, key, digest) VALUES (:token_id, :key, :digest)
    ON CONFLICT (token_id, key) DO UPDATE SET begun_at = now()
      WHERE kept_answers.status IS NULL AND kept_answers.digest = excluded.digest
        AND kept_answers.begun_at < now() - interval '1 minute'
    RETURNING 1
    """
)
_K = t.kept_answers.c


async def claim(c: AsyncConnection, name: KeptName) -> Before | None:
    words = {"token_id": name.token_id, "key": name.key, "digest": name.digest}
    if (await c.execute(_CLAIM, words)).first() is not None:
        return None
    row = (await c.execute(select(t.kept_answers).where(*_its(name)))).one_or_none()
    if row is None:  # forgotten in between
        return Before(is_same=True, answer=None)
    answer = None if row.status is None else KeptAnswer(row.status, row.headers, row.body)
    return Before(row.digest == name.digest, answer)


async def keep(c: AsyncConnection, name: KeptName, answer: KeptAnswer) -> None:
    values = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
    await c.execute(update(t.kept_answers).where(*_its(name)).values(**values))


async def forget(c: AsyncConnection, name: KeptName) -> None:
    await c.execute(delete(t.kept_answers).where(*_its(name), _K.status.is_(None)))


async def purge(c: AsyncConnection) -> None:
    await c.execute(delete(t.kept_answers).where(_K.begun_at < func.now() - KEPT))


def _its(name: KeptName) -> tuple[ColumnElement[bool], ...]:
    return (_K.token_id == name.token_id, _K.key == name.key)
