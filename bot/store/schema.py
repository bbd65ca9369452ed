"""Which version of the schema a database has, and moving it to another. Imports Alembic only to move it.

URLs are written as for DATABASE_URL. All functions block.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, pool, text

from bot.store.connection import sqlalchemy_url

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic's `context` and `op` are globals of the process; between processes an advisory lock keeps order.
_one_at_a_time = threading.Lock()
_NAMED = re.compile(r"""^(revision|down_revision) = (?:None|["'](\w+)["'])$""", re.MULTILINE)


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
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool, hide_parameters=True)
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def head() -> str:
    """Return the newest revision that this code knows: the one that no other comes after."""
    before = _revisions()
    [newest] = before.keys() - before.values()
    return newest


def knows(revision: str) -> bool:
    """Whether this code has the migration `revision`. It has not if a newer version has migrated the database."""
    return revision in _revisions()


@cache
def _revisions() -> dict[str, str | None]:
    """Revision -> the one before it, read from the first lines of the migrations.

    Alembic would import them all, and itself: a tenth of a second and 10 MB in every process, to compare two names.
    """
    files = sorted((_place() / "versions").glob("*.py"))
    found = [dict(_NAMED.findall(file.read_text(encoding="utf-8"))) for file in files]
    return {names["revision"]: names["down_revision"] or None for names in found}


def _place() -> Path:
    """The folder of the migrations. By name: the store imports nothing above it (tests/test_arrows.py)."""
    spec = find_spec("migrations")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package `migrations` is not installed next to `bot`.")
    return Path(spec.submodule_search_locations[0])


def draft(name: str) -> Path:
    """Write an empty migration, migrations/versions/YYYY-MM-DD_<name>.py, after the newest one."""
    from alembic import command
    from alembic.script import Script

    script = command.revision(_config(), message=name, rev_id=name)
    assert isinstance(script, Script)
    _revisions.cache_clear()
    return Path(script.path)


def _config(url: str | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    # %% is ConfigParser's plain %.
    config.set_main_option("script_location", str(_place()).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d_%%(slug)s")
    config.set_main_option("timezone", "UTC")
    if url is not None:
        config.attributes["url"] = sqlalchemy_url(url)
    return config
