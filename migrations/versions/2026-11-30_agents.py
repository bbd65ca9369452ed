"""Tokens of agents, which never end a decision: the table refuses the scope as well.

Revision: agents, after hand_in
"""

from alembic import op

revision = "agents"
down_revision = "hand_in"
branch_labels = None
depends_on = None

SQL = """
ALTER TABLE auth_tokens
    ADD for_agent boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT ck_auth_tokens_for_agent CHECK (NOT for_agent OR scopes <@ ARRAY['read', 'open']);
COMMENT ON COLUMN auth_tokens.for_agent IS 'Held by an agent: it reads and opens, and leaves what ends to people.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE auth_tokens DROP for_agent")
