"""What a history needs: the trail in order, the currency of each decision's amounts, indexes for what is not over.

Revision: history, after one_page

`audit_logs` and `customer_decisions` are held up while their rows are written anew, about a second for 100,000.

A line of the trail is numbered when it is written, under the lock of its decision: `created_at` is when its transaction
began. Lines of before are numbered as they lie in the table, to which lines are only ever added.

All amounts of a decision are in the currency that its team had when it was opened. Decisions of before get that of now:
nobody knows another one.
"""

from alembic import op

revision = "history"
down_revision = "one_page"
branch_labels = None
depends_on = None

TRAIL = """
ALTER TABLE audit_logs ADD seq bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX ix_audit_logs_decision_id_seq ON audit_logs (decision_id, seq);
"""

# `overdue_shown`: the date to resolve by whose passing card and Home tab show.
COLUMNS = """
ALTER TABLE customer_decisions ADD currency char(3), ADD overdue_shown timestamp;
ALTER TABLE customer_decisions DISABLE TRIGGER touch_updated_at;
UPDATE customer_decisions d SET currency = t.currency FROM teams t WHERE t.id = d.team_id;
ALTER TABLE customer_decisions ENABLE TRIGGER touch_updated_at;
"""
CURRENCY = """
ALTER TABLE customer_decisions ALTER currency SET NOT NULL,
    ADD CONSTRAINT ck_customer_decisions_currency CHECK (currency ~ '^[A-Z]{3}$');

CREATE FUNCTION keep_currency() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.currency := coalesce(NEW.currency, (SELECT currency FROM teams WHERE id = NEW.team_id));
    RETURN NEW;
END $$;
CREATE TRIGGER keep_currency BEFORE INSERT ON customer_decisions
    FOR EACH ROW EXECUTE FUNCTION keep_currency();
"""

# Of the decisions of years those few that are not over; of those the fewer whose date has passed since they were shown.
INDEXES = """
CREATE INDEX ix_customer_decisions_open ON customer_decisions (team_id)
    WHERE status IN ('created', 'team_input', 'evaluating');
CREATE INDEX ix_customer_decisions_resolved ON customer_decisions (team_id, actual_resolution_date)
    WHERE status = 'resolved';
CREATE INDEX ix_decision_outcomes_going_on ON decision_outcomes (decision_id)
    WHERE recorded_at IS NULL OR follow_up_date IS NOT NULL;
CREATE INDEX ix_customer_decisions_turning ON customer_decisions (expected_resolution_date)
    WHERE status IN ('created', 'team_input', 'evaluating') AND overdue_shown IS DISTINCT FROM expected_resolution_date;
DROP INDEX ix_customer_decisions_expected;
CREATE INDEX ix_reminders_silent ON reminders (last_at) WHERE waiting_since IS NULL AND next_at IS NULL;
"""


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    for sql in (TRAIL, COLUMNS, CURRENCY, INDEXES):
        run(sql)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        CREATE INDEX ix_customer_decisions_expected ON customer_decisions (expected_resolution_date)
            WHERE status IN ('created', 'team_input', 'evaluating');
        DROP INDEX ix_customer_decisions_open, ix_customer_decisions_resolved, ix_decision_outcomes_going_on,
            ix_customer_decisions_turning, ix_reminders_silent;
        DROP TRIGGER keep_currency ON customer_decisions;
        DROP FUNCTION keep_currency();
        ALTER TABLE customer_decisions DROP currency, DROP overdue_shown;
        ALTER TABLE audit_logs DROP seq;
        """
    )
