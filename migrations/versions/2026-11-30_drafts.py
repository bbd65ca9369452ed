"""Drafts of decisions, which tickets and programs hand in.

Revision: drafts, after programs
"""

from alembic import op

revision = "drafts"
down_revision = "programs"
branch_labels = None
depends_on = None

SQL = """
CREATE TABLE drafts (
    id uuid CONSTRAINT pk_drafts PRIMARY KEY DEFAULT gen_random_uuid(),
    team_id uuid NOT NULL CONSTRAINT fk_drafts_team_id REFERENCES teams ON DELETE CASCADE,
    owner_id uuid NOT NULL CONSTRAINT fk_drafts_owner_id REFERENCES team_members ON DELETE CASCADE,
    workspace_id text NOT NULL,
    source text NOT NULL,
    source_name text NOT NULL,
    reference text NOT NULL,
    link text,
    body jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'waiting'
        CONSTRAINT ck_drafts_status CHECK (status IN ('waiting', 'opened', 'dismissed')),
    decision_id uuid CONSTRAINT fk_drafts_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT uq_drafts_team_id_source_reference UNIQUE (team_id, source, reference)
);
CREATE INDEX ix_drafts_owner_id ON drafts (owner_id);
CREATE INDEX ix_drafts_decision_id ON drafts (decision_id);
CREATE INDEX ix_drafts_created_at ON drafts (created_at) WHERE status <> 'opened';
COMMENT ON COLUMN drafts.source IS 'hook:<id> or token:<id>';
COMMENT ON COLUMN drafts.body IS 'What is proposed; empty once the draft is opened or put away.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE drafts")
