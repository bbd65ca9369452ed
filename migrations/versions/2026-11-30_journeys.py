"""What people do most often, each in one call: a page of scores, a ballot, a snooze. The vault once more.

Revision: journeys, after told

Short locks: functions are replaced. No row changes.
"""

from alembic import op

from migrations import journeys, vault

revision = "journeys"
down_revision = "told"
branch_labels = None
depends_on = None


def upgrade() -> None:
    vault.install(op.get_bind())
    journeys.install(op.get_bind())


def downgrade() -> None:
    """The vault's other functions stay as they are: those of before had the same names and answers."""
    journeys.remove(op.get_bind())
    for function in vault.FUNCTIONS_OF_JOURNEYS[:2]:
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {function}")
