"""What a language model made of the threads beneath cards, while their decisions are open.

Revision: threads, after programs
"""

from alembic import op

revision = "threads"
down_revision = "programs"
branch_labels = None
depends_on = None

SQL = """
CREATE TABLE thread_summaries (
    decision_id uuid CONSTRAINT pk_thread_summaries PRIMARY KEY
        CONSTRAINT fk_thread_summaries_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    ts text NOT NULL,
    language text NOT NULL,
    replies integer NOT NULL,
    body text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE thread_summaries IS
    'A thread in short. ts: of the card above it; replies: how many people had written; body: empty, not to be shown.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE thread_summaries")
