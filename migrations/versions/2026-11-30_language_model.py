"""Whether a team lets a language model read its cases, what the model made of them, and what that used.

Revision: language_model, after installations

Short locks: a column with a constant default on a small table, and two new tables.
"""

from alembic import op

revision = "language_model"
down_revision = "installations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        ALTER TABLE teams ADD asks_model boolean NOT NULL DEFAULT true;
        CREATE TABLE sketches (
            decision_id uuid CONSTRAINT pk_sketches PRIMARY KEY
                CONSTRAINT fk_sketches_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
            digest text NOT NULL,
            model text NOT NULL,
            body jsonb NOT NULL,
            made_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE sketches IS
            'What a language model made of the text of a case. digest: of the title and description that it read.';
        CREATE TABLE model_usage (
            team_id uuid NOT NULL CONSTRAINT fk_model_usage_team_id REFERENCES teams ON DELETE CASCADE,
            day date NOT NULL,
            tokens integer NOT NULL DEFAULT 0,
            asked integer NOT NULL DEFAULT 0,
            failed integer NOT NULL DEFAULT 0,
            refused integer NOT NULL DEFAULT 0,
            last_error text,
            failed_at timestamptz,
            CONSTRAINT pk_model_usage PRIMARY KEY (team_id, day)
        );
        COMMENT ON TABLE model_usage IS
            'Of a team and a day (UTC): tokens used, questions asked, failed, and refused because of the budget.';
        CREATE INDEX ix_model_usage_day ON model_usage (day);
        """
    )


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE model_usage, sketches; ALTER TABLE teams DROP asks_model;")
