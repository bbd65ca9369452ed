"""What the database is asked meanwhile: two answers that tell the same may still tell apart by how they are found."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from tests.support.team import Team


@contextmanager
def statements(team: Team) -> Iterator[list[str]]:
    """The statements of the bot's pool, without their values."""
    found: list[str] = []

    def heard(conn: object, cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    engine = team.house.bot.deps.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", heard)
