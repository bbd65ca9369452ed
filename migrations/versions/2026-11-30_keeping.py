"""What is kept of whom: erasures, decisions whose texts are gone, runs of Workflow Builder. The vault once more.

Revision: keeping, after learning

`erasures` holds ids alone, so that a restored backup can be erased anew. The index finds decisions that are old enough
to lose their texts; building it holds up changes of decisions, about a second for 100,000.
"""

from alembic import op

from migrations import vault

revision = "keeping"
down_revision = "learning"
branch_labels = None
depends_on = None

ERASURES = """
CREATE TABLE erasures (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_erasures PRIMARY KEY,
    kind text NOT NULL CONSTRAINT ck_erasures_kind CHECK (kind IN ('member', 'customer', 'team')),
    subject uuid NOT NULL,
    decisions uuid[] NOT NULL DEFAULT '{}',
    also_free_text boolean NOT NULL DEFAULT false,
    erased_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE erasures IS
    'Whom the operator had erased, by id alone: of a member or team its row, of a customer the decisions about it.';
"""
DECISIONS = """
ALTER TABLE customer_decisions ADD erased_at timestamptz;
CREATE INDEX ix_customer_decisions_kept ON customer_decisions (team_id, actual_resolution_date)
    WHERE status IN ('resolved', 'cancelled') AND erased_at IS NULL;
"""
WORKFLOWS = """
CREATE TABLE workflow_runs (
    execution_id text CONSTRAINT pk_workflow_runs PRIMARY KEY,
    workspace_id text NOT NULL,
    decision_id uuid CONSTRAINT fk_workflow_runs_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
CREATE INDEX ix_workflow_runs_decision ON workflow_runs (decision_id) WHERE ended_at IS NULL;
COMMENT ON TABLE workflow_runs IS 'Steps of Workflow Builder that wait for a decision; ended_at: the answer is queued.';
"""


def upgrade() -> None:
    for sql in (ERASURES, DECISIONS, WORKFLOWS):
        op.get_bind().exec_driver_sql(sql)
    vault.install(op.get_bind())


def downgrade() -> None:
    for function in vault.FUNCTIONS_OF_KEEPING:
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {function}")
    op.get_bind().exec_driver_sql(
        """
        DROP TABLE workflow_runs, erasures;
        DROP INDEX ix_customer_decisions_kept;
        ALTER TABLE customer_decisions DROP erased_at;
        """
    )
