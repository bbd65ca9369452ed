"""A release after this one: the same code with two migrations more, one that expands and one that contracts."""

import shutil
from pathlib import Path

from bot.store import schema

ROOT = Path(__file__).resolve().parents[2]
EXPANDS = "ALTER TABLE teams ADD greeting text; CREATE TABLE greetings (id int PRIMARY KEY)"
CONTRACTS = "DROP INDEX idx_outcomes_satisfaction"
_MIGRATION = '''"""Only in tests.

Revision: {name}, after {before}
"""

from alembic import op

revision = "{name}"
down_revision = "{before}"
{phase}

def upgrade() -> None:
    op.get_bind().exec_driver_sql("""{sql}""")


def downgrade() -> None:
    raise NotImplementedError
'''


def next_migrations(place: Path) -> Path:
    """This release's migrations and the two that follow, `greeted` and `ungreeted`, in the folder place/migrations."""
    made = place / "migrations"
    shutil.copytree(ROOT / "migrations", made, ignore=shutil.ignore_patterns("__pycache__"))
    add(made, "greeted", after=schema.head(), sql=EXPANDS)
    add(made, "ungreeted", after="greeted", sql=CONTRACTS, phase="contract")
    return made


def add(migrations: Path, name: str, *, after: str, sql: str, phase: str = "") -> None:
    words = f'phase = "{phase}"\n' if phase else ""
    file = migrations / "versions" / f"2999-01-01_{name}.py"
    file.write_text(_MIGRATION.format(name=name, before=after, sql=sql, phase=words))


def next_release(place: Path) -> Path:
    """A folder to start the next release from: put before this one by PYTHONPATH."""
    next_migrations(place)
    for package in ("bot", "handlers", "slack_limits"):
        shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    return place
