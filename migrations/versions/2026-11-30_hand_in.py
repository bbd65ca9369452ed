"""Hooks, by which other systems hand tickets in, and where the outcome of a draft goes back to.

Revision: hand_in, after drafts
"""

from alembic import op

revision = "hand_in"
down_revision = "drafts"
branch_labels = None
depends_on = None

SQL = """
CREATE TABLE hooks (
    id uuid CONSTRAINT pk_hooks PRIMARY KEY DEFAULT gen_random_uuid(),
    team_id uuid NOT NULL CONSTRAINT fk_hooks_team_id REFERENCES teams ON DELETE CASCADE,
    workspace_id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CONSTRAINT ck_hooks_kind CHECK (kind IN ('generic', 'zendesk', 'intercom')),
    mapping jsonb NOT NULL DEFAULT '{}',
    fallback_id uuid CONSTRAINT fk_hooks_fallback_id REFERENCES team_members ON DELETE SET NULL,
    reply_base text,
    reply_as text NOT NULL DEFAULT '',
    secret bytea NOT NULL,
    reply_secret bytea,
    key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used date
);
CREATE INDEX ix_hooks_team_id ON hooks (team_id);
CREATE INDEX ix_hooks_key_id ON hooks (key_id);
COMMENT ON COLUMN hooks.secret IS 'Encrypted, as is reply_secret, by the key that key_id names.';
ALTER TABLE drafts ADD reply_to text;
COMMENT ON COLUMN drafts.reply_to IS 'Where the outcome of this one is posted to, in place of its hook''s address.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE drafts DROP reply_to; DROP TABLE hooks")
