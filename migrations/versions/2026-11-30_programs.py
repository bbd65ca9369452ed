"""Answers to programs' requests, kept for a day, so that one that is sent again is not done again.

Revision: programs, after web
"""

from alembic import op

revision = "programs"
down_revision = "web"
branch_labels = None
depends_on = None

SQL = """
CREATE TABLE kept_answers (
    token_id uuid NOT NULL CONSTRAINT fk_kept_answers_token_id_auth_tokens
        REFERENCES auth_tokens ON DELETE CASCADE,
    key text NOT NULL,
    digest text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    status integer,
    headers jsonb,
    body text,
    CONSTRAINT pk_kept_answers PRIMARY KEY (token_id, key)
);
CREATE INDEX ix_kept_answers_begun_at ON kept_answers (begun_at);
COMMENT ON COLUMN kept_answers.status IS 'Empty while the request is worked on.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE kept_answers")
