"""Cards show that a follow-up is due from its date on.

Revision: follow_ups, after traces
"""

from alembic import op

revision = "follow_ups"
down_revision = "traces"
branch_labels = None
depends_on = None

# What is due already is on lists and Home tabs: not every old card is drawn anew.
SQL = """
ALTER TABLE decision_outcomes ADD COLUMN follow_up_shown timestamp;
COMMENT ON COLUMN decision_outcomes.follow_up_shown IS 'The follow_up_date whose passing card and Home tab show.';
UPDATE decision_outcomes SET follow_up_shown = follow_up_date WHERE follow_up_date <= timezone('UTC', now());
CREATE INDEX ix_decision_outcomes_follow_up ON decision_outcomes (follow_up_date)
    WHERE recorded_at IS NOT NULL AND follow_up_shown IS DISTINCT FROM follow_up_date;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE decision_outcomes DROP COLUMN follow_up_shown")
