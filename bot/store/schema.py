"""Which version of the schema a database has, and moving it to another. Imports Alembic only to move it.

Migrations of a release come in two kinds. Those that expand add; the code of the release before goes on running on what
they leave. Those that contract, marked `phase = "contract"` and last in the release, take away what that code alone
used. In between, both versions run (docs/decisions/0039-expand-and-contract.md).

URLs are written as for DATABASE_URL. All functions block.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, pool, text

from bot.errors import StartError
from bot.store.connection import sqlalchemy_url

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic's `context` and `op` are globals of the process; between processes an advisory lock keeps order.
_one_at_a_time = threading.Lock()
_NAMED = re.compile(r"""^(revision|down_revision|phase) = (?:None|["'](\w+)["'])$""", re.MULTILINE)
_CONTRACT = "contract"
_SERVES = "also serves:"
"""How the comment on `alembic_version` begins, which names the code that goes on running on an expanded schema."""


@dataclass(frozen=True)
class Standing:
    """What a database says of its schema."""

    revision: str | None
    """None if it was never migrated."""
    serves: tuple[str, ...] = ()
    """Newest revisions of older code, which still runs on it."""

    @classmethod
    def read(cls, revision: str | None, comment: str | None) -> Standing:
        said = (comment or "").partition(_SERVES)[2]
        return cls(revision, tuple(re.findall(r"\w+", said)))

    @property
    def is_ours(self) -> bool:
        """Whether this code runs on it: its own schema, with or without what contracts, or one expanded from it."""
        return self.revision in _last() or head() in self.serves


COMMENT_OF = f"{_SERVES} {{}}"
READ = """
    SELECT (SELECT version_num FROM alembic_version), obj_description('alembic_version'::regclass, 'pg_class')
"""
"""Revision and comment, for `Standing.read`."""


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate forward to `revision`: from then on no older code runs on it.

    A second migrator waits for the first and then finds nothing to do.
    """
    from alembic import command

    with _one_at_a_time:
        command.upgrade(_config(url), revision)


def expand(url: str) -> None:
    """Migrate forward as far as the code of the release before goes on running. Raises StartError."""
    from alembic import command

    steps = _revisions()
    pending = _pending(current(url))
    kinds = [steps[name].is_contract for name in pending]
    if kinds != sorted(kinds):
        raise StartError(
            "The last upgrade was not ended, or more than one release was skipped. Stop all processes and run conclave "
            "migrate; or, where they are all of the release before this one, let it run conclave migrate --contract."
        )
    with _one_at_a_time:
        command.upgrade(_config(url, is_expanding=True), _last()[-1])


def contract(url: str) -> None:
    """Take away what only older code used. Raises StartError where the schema was not expanded before."""
    if any(not _revisions()[name].is_contract for name in _pending(current(url))):
        raise StartError("There is something to add first. Run: conclave migrate --expand")
    upgrade(url)


def _pending(found: str | None) -> list[str]:
    """What comes after the revision `found`, in order."""
    steps, names, at = _revisions(), list[str](), head()
    while at != found:
        names.append(at)
        before = steps[at].before
        if before is None:
            break
        at = before
    return names[::-1]


def _last() -> Sequence[str]:
    """The newest revision, and back to the one on which the last release's contracting ones follow."""
    steps, names = _revisions(), [head()]
    while steps[names[-1]].is_contract:
        names.append(steps[names[-1]].before or "")
    return names


def downgrade(url: str, revision: str = "base") -> None:
    """Migrate back to `revision`; what only newer versions can hold is lost."""
    from alembic import command

    with _one_at_a_time:
        command.downgrade(_config(url), revision)


def current(url: str) -> str | None:
    """Return the revision that the database is at; None if it was never migrated."""
    return standing(url).revision


def standing(url: str) -> Standing:
    """Return what the database says of its schema."""
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool, hide_parameters=True)
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return Standing(None)
        return Standing.read(*connection.execute(text(READ)).one())


def head() -> str:
    """Return the newest revision that this code knows: the one that no other comes after."""
    steps = _revisions()
    [newest] = steps.keys() - {step.before for step in steps.values()}
    return newest


def knows(revision: str) -> bool:
    """Whether this code has the migration `revision`. It has not if a newer version has migrated the database."""
    return revision in _revisions()


@dataclass(frozen=True)
class _Step:
    before: str | None
    """The revision that it comes after."""
    is_contract: bool


@cache
def _revisions() -> dict[str, _Step]:
    """Revision -> what its migration's first lines say.

    Alembic would import them all, and itself: a tenth of a second and 10 MB in every process, to compare two names.
    """
    files = sorted((_place() / "versions").glob("*.py"))
    found = [dict(_NAMED.findall(file.read_text(encoding="utf-8"))) for file in files]
    return {n["revision"]: _Step(n["down_revision"] or None, n.get("phase") == _CONTRACT) for n in found}


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


def _config(url: str | None = None, *, is_expanding: bool = False) -> Config:
    from alembic.config import Config

    config = Config()
    # %% is ConfigParser's plain %.
    config.set_main_option("script_location", str(_place()).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d_%%(slug)s")
    config.set_main_option("timezone", "UTC")
    if url is not None:
        config.attributes["url"] = sqlalchemy_url(url)
    config.attributes["comment"] = COMMENT_OF if is_expanding else None
    return config
