"""Reminders: what waits for whom and when to say so, when the sweep last ran, and whose Home tab is open.

Revision: reminders, after conclave

Short locks only: three new tables, one column without a default, two partial indexes on a small part of their tables.
"""

from alembic import op

revision = "reminders"
down_revision = "conclave"
branch_labels = None
depends_on = None

# A row stays as long as its decision, also when nothing waits any more: `step` has to go on growing, since it makes the
# keys of deliveries unique. `waiting_since` NULL: nothing waits. `next_at` NULL: the person is not told again.
REMINDERS = """
CREATE TABLE reminders (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_reminders PRIMARY KEY,
    decision_id uuid NOT NULL
        CONSTRAINT fk_reminders_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    member_id uuid NOT NULL
        CONSTRAINT fk_reminders_member_id REFERENCES team_members ON DELETE CASCADE,
    kind text NOT NULL,
    step int NOT NULL DEFAULT 0,
    waiting_since timestamptz,
    asked smallint NOT NULL DEFAULT 0,
    last_at timestamptz,
    next_at timestamptz,
    CONSTRAINT uq_reminders_decision_id_member_id_kind UNIQUE (decision_id, member_id, kind)
) WITH (autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX ix_reminders_due ON reminders (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ix_reminders_member_due ON reminders (member_id, next_at) WHERE next_at IS NOT NULL;

CREATE TABLE sweep_runs (
    is_only boolean DEFAULT true CONSTRAINT pk_sweep_runs PRIMARY KEY CONSTRAINT ck_sweep_runs_is_only CHECK (is_only),
    last_ok timestamptz NOT NULL
);

CREATE TABLE homes (
    workspace_id text NOT NULL,
    slack_user_id text NOT NULL,
    page int NOT NULL DEFAULT 0,
    shown text,
    opened_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_homes PRIMARY KEY (workspace_id, slack_user_id)
);

ALTER TABLE customer_decisions ADD planned_revision bigint;
CREATE INDEX ix_customer_decisions_unplanned ON customer_decisions (id)
    WHERE planned_revision IS DISTINCT FROM revision;
CREATE INDEX ix_rounds_collecting ON rounds (closes_at) WHERE closed_at IS NULL AND voided_at IS NULL;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(REMINDERS)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP INDEX ix_rounds_collecting, ix_customer_decisions_unplanned;
        ALTER TABLE customer_decisions DROP planned_revision;
        DROP TABLE homes, sweep_runs, reminders;
        """
    )
