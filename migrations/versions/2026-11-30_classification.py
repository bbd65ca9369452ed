"""Whether a team wants suggestions from the text of a case, and its own words for them.

Revision: classification, after journeys

Short locks: two columns with constant defaults on a small table.
"""

from alembic import op

revision = "classification"
down_revision = "journeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        ALTER TABLE teams ADD suggests_from_text boolean NOT NULL DEFAULT true,
            ADD suggestion_words jsonb NOT NULL DEFAULT '{}';
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE teams DROP suggests_from_text, DROP suggestion_words;")
