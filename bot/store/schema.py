"""Which version of the schema a database has, and moving it to another. Imports Alembic only when asked.

URLs are written as for DATABASE_URL. All functions block.
"""

from __future__ import annotations

import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, pool

from bot.store.connection import sqlalchemy_url

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# Alembic's `context` and `op` are globals of the process; between processes an advisory lock keeps order.
_one_at_a_time = threading.Lock()


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate forward to `revision`. A second migrator waits for the first and then finds nothing to do."""
    from alembic import command

    with _one_at_a_time:
        command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Migrate back to `revision`; what only newer versions can hold is lost."""
    from alembic import command

    with _one_at_a_time:
        command.downgrade(_config(url), revision)


def current(url: str) -> str | None:
    """Return the revision that the database is at; None if it was never migrated."""
    from alembic.migration import MigrationContext

    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool, hide_parameters=True)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the newest revision that this code knows."""
    revision = _migrations().get_current_head()
    assert revision is not None
    return revision


def knows(revision: str) -> bool:
    """Whether this code has the migration `revision`. It has not if a newer version has migrated the database."""
    return revision in {one.revision for one in _migrations().walk_revisions()}


def draft(name: str) -> Path:
    """Write an empty migration, migrations/versions/YYYY-MM-DD_<name>.py, after the newest one."""
    from alembic import command
    from alembic.script import Script

    script = command.revision(_config(), message=name, rev_id=name)
    assert isinstance(script, Script)
    return Path(script.path)


@cache
def _migrations() -> ScriptDirectory:
    """Read once in a process, whose code they are a part of: each look at /readyz would pay 3 ms."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config(url: str | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    # By name, not by import: the store imports nothing above it (tests/test_arrows.py). %% is ConfigParser's plain %.
    spec = find_spec("migrations")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package `migrations` is not installed next to `bot`.")
    config.set_main_option("script_location", spec.submodule_search_locations[0].replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d_%%(slug)s")
    config.set_main_option("timezone", "UTC")
    if url is not None:
        config.attributes["url"] = sqlalchemy_url(url)
    return config
