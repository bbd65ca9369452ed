"""How a migration runs: one migrator at a time, in UTC. It gives up rather than keep people waiting for its locks.

Reads nothing but the `url` that `bot.store.schema` hands over; there is no alembic.ini and no offline mode.
"""

from alembic import context
from sqlalchemy import create_engine, pool, text

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
        with context.begin_transaction():
            context.run_migrations()
            # Also if there was nothing to migrate: an operator who has made the roles in the meantime runs this again.
            if set(context.get_context().get_current_heads()) == set(context.script.get_heads()):
                vault.share(connection)


migrate()
