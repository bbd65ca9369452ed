"""How a migration runs: one migrator at a time, in UTC. It gives up rather than keep people waiting for its locks.

Reads nothing but the `url` and the `comment` that `bot.store.schema` hands over; there is no alembic.ini and no offline
mode. comment: where the schema is expanded, in what words it says so; else None.
"""

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from bot.store.tables import metadata
from migrations import vault

MIGRATORS_LOCK = 7_249_301_846  # any number, as long as nobody else takes it
# A migration that waits for a lock makes everybody behind it wait too: better to fail and be run again.
LOCK_TIMEOUT = "4s"


def migrate() -> None:
    engine = create_engine(
        context.config.attributes["url"],
        poolclass=pool.NullPool,
        hide_parameters=True,
        connect_args={"application_name": "conclave migrate"},
    )
    with engine.connect() as connection:
        # Before lock_timeout, which would count here too: the second migrator waits for the first and then
        # finds nothing to do. A session's lock: it outlives an autocommit block and goes with the connection.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATORS_LOCK})
        # Whatever the login's own search_path is: new tables belong into public, where the vault's functions look.
        connection.execute(text("SET search_path = public"))
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
        before = context.get_context().get_current_revision()
        comment = context.config.attributes["comment"]
        with context.begin_transaction():
            context.run_migrations()
            # Also if there was nothing to migrate: an operator who has made the roles in the meantime runs this again.
            # An expanded schema has all that roles.sql names.
            if comment or set(context.get_context().get_current_heads()) == set(context.script.get_heads()):
                vault.share(connection)
            _say_whom_it_serves(connection, before, comment)


def _say_whom_it_serves(connection: Connection, before: str | None, comment: str | None) -> None:
    """Write down that the code which knows the schema up to `before` goes on running on it; without comment: no longer.

    Several expansions add up: the first may have broken off in the middle.
    """
    place = "COMMENT ON TABLE alembic_version IS"
    after = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if comment is None:
        connection.exec_driver_sql(f"{place} NULL")
    elif before not in (None, after):
        said = connection.scalar(text("SELECT obj_description('alembic_version'::regclass, 'pg_class')"))
        words = f"{said} {before}" if said else comment.format(before)
        connection.exec_driver_sql(f"{place} '{words}'")


migrate()
