"""Who a decision was taken over from, and who is asked to decide it.

Revision: people, after history

An owner who has left is followed by a colleague, and `taken_from` keeps whom they followed. `ladder` holds the people
who are asked as some of several who may, in their order, so that whoever was told stays the one who is asked. The index
finds when somebody was asked last, so that people take turns. Building it holds up plans, about a second for a million
rows.
"""

from alembic import op

revision = "people"
down_revision = "history"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE customer_decisions
    ADD COLUMN taken_from uuid CONSTRAINT fk_customer_decisions_taken_from REFERENCES team_members,
    ADD COLUMN ladder uuid[];
CREATE INDEX ix_reminders_turn ON reminders (member_id, greatest(last_at, next_at))
    WHERE kind IN ('resolve', 'beyond', 'take_over') OR starts_with(kind, 'escalation.');
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(UP)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP INDEX ix_reminders_turn;
        ALTER TABLE customer_decisions DROP COLUMN taken_from, DROP COLUMN ladder;
        """
    )
