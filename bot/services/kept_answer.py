"""Keep the answers to programs' requests, so that a request that is sent again is not done again."""

from bot.domain.kept_answer import Before, KeptAnswer, KeptName
from bot.store import kept_answer
from bot.store.db import Db, autocommit


async def claim(db: Db, name: KeptName) -> Before | None:
    """None: nobody has begun with this request, and from now on the caller has. Else what is known of it."""
    return await autocommit(db, lambda c: kept_answer.claim(c, name))


async def keep(db: Db, name: KeptName, answer: KeptAnswer) -> None:
    await autocommit(db, lambda c: kept_answer.keep(c, name, answer))


async def forget(db: Db, name: KeptName) -> None:
    """It was not done: the next one with this key begins anew."""
    await autocommit(db, lambda c: kept_answer.forget(c, name))
