"""The vault once more: a whole ballot is saved and submitted in one step, and how sure somebody is may stay open.

Revision: one_page, after operating

Short locks: functions are replaced. Ballots that were submitted before keep the certainty that was written for those
who had not said it; whoever submits again corrects it.
"""

from alembic import op

from migrations import vault

revision = "one_page"
down_revision = "operating"
branch_labels = None
depends_on = None


def upgrade() -> None:
    vault.install(op.get_bind())


def downgrade() -> None:
    """The other functions stay as they are: those of before had the same names and answers."""
    op.get_bind().exec_driver_sql("DROP FUNCTION submit_pages(uuid, uuid, jsonb)")
