"""Endpoints of teams that are told what happens to their decisions, and how the attempts at that went.

Revision: webhooks, after threads

Secrets lie encrypted by CONCLAVE_TOKEN_KEYS. Of an attempt there is no body, neither ours nor the other side's.
"""

from alembic import op

revision = "webhooks"
down_revision = "threads"
branch_labels = None
depends_on = None

SQL = """
CREATE TABLE webhook_endpoints (
    id uuid CONSTRAINT pk_webhook_endpoints PRIMARY KEY DEFAULT gen_random_uuid(),
    team_id uuid NOT NULL CONSTRAINT fk_webhook_endpoints_team_id_teams REFERENCES teams ON DELETE CASCADE,
    owner_id uuid NOT NULL CONSTRAINT fk_webhook_endpoints_owner_id_team_members
        REFERENCES team_members ON DELETE CASCADE,
    workspace_id text NOT NULL,
    label text NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL CONSTRAINT ck_webhook_endpoints_events CHECK (cardinality(events) > 0),
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_until timestamptz,
    key_id text NOT NULL,
    exhausted integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    disabled_why text,
    CONSTRAINT ck_webhook_endpoints_previous CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CONSTRAINT ck_webhook_endpoints_disabled CHECK ((disabled_at IS NULL) = (disabled_why IS NULL))
);
CREATE INDEX ix_webhook_endpoints_team_id ON webhook_endpoints (team_id);
CREATE INDEX ix_webhook_endpoints_owner_id ON webhook_endpoints (owner_id);
COMMENT ON COLUMN webhook_endpoints.exhausted IS 'Deliveries in a row that were given up; a success sets it to 0.';
CREATE TABLE webhook_attempts (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_webhook_attempts PRIMARY KEY,
    endpoint_id uuid NOT NULL CONSTRAINT fk_webhook_attempts_endpoint_id_webhook_endpoints
        REFERENCES webhook_endpoints ON DELETE CASCADE,
    delivery_id bigint NOT NULL,
    event text NOT NULL,
    decision_id uuid CONSTRAINT fk_webhook_attempts_decision_id_customer_decisions
        REFERENCES customer_decisions ON DELETE CASCADE,
    attempt integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    outcome text NOT NULL,
    status integer,
    milliseconds integer NOT NULL
);
CREATE INDEX ix_webhook_attempts_endpoint_id_id ON webhook_attempts (endpoint_id, id);
CREATE INDEX ix_webhook_attempts_decision_id ON webhook_attempts (decision_id);
COMMENT ON COLUMN webhook_attempts.delivery_id IS 'The row of outbox, kept for 30 days after it was settled.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE webhook_attempts, webhook_endpoints")
