"""A delivery is in the trace of the press that caused it, where traces are exported.

Revision: traces, after people_and_places
"""

from alembic import op

revision = "traces"
down_revision = "people_and_places"
branch_labels = None
depends_on = None

# Filled by the default, so that rows which functions write have it too: bot/store/db.py says the trace at the beginning
# of a transaction. Without that it stays empty, as in all rows that there are.
SQL = """
ALTER TABLE outbox ADD traceparent text DEFAULT nullif(current_setting('conclave.traceparent', true), '');
COMMENT ON COLUMN outbox.traceparent IS 'The span that queued it (W3C); empty once it is settled.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE outbox DROP traceparent")
