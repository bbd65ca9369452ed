"""Where the message with a result is, and whose user group was asked to score.

Revision: people_and_places, after lessons
"""

from alembic import op

revision = "people_and_places"
down_revision = "lessons"
branch_labels = None
depends_on = None

SQL = """
ALTER TABLE customer_decisions ADD COLUMN roster_group jsonb;
COMMENT ON COLUMN customer_decisions.roster_group IS 'The user group whose people were asked: round, id, handle.';
ALTER TABLE card_messages ADD COLUMN results jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN card_messages.results IS 'round id -> [channel, ts] of the message that told its result.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        "ALTER TABLE card_messages DROP COLUMN results; ALTER TABLE customer_decisions DROP COLUMN roster_group"
    )
